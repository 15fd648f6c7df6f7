"""Plain HTTP for small questions, where no model library is needed."""

import urllib.request


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *arguments: object, **more: object) -> None:
        """Follows none, so that a redirect is an HTTP error."""


def opener() -> urllib.request.OpenerDirector:
    """Opens addresses; a redirect is an HTTP error."""
    return urllib.request.build_opener(_NoRedirect())
