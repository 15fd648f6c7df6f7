"""Changes that overtake the `didOpen` of their document, put behind it.

Helix 25.01 sends each notification from a task of its own. Where it applies an edit to a file that it has to open first, `didChange`
of version 1 may come before `didOpen` of version 0 (seen in 1 of about 20 runs on two busy cores), and nothing mends the text later.
"""

import time
from collections.abc import Callable

from aid_lsp.front.places import file_of
from aid_lsp.front.wire import Message, table

_MOST = 64
_LONGEST_S = 3.0
"""A change that came so long ago overtook nothing: it was of a document that is closed."""


class Early:
    """What came too early; one for each editor."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: set[str] = set()
        self._kept: list[tuple[float, Message]] = []

    def in_order(self, told: Message) -> tuple[Message, ...]:
        """What may be passed on now that a notification has come, in order."""
        uri, version = _document(told)
        if told.method == "textDocument/didOpen":
            self._open.add(uri)
        elif told.method == "textDocument/didClose":
            self._open.discard(uri)
            self._kept = [kept for kept in self._kept if _document(kept[1])[0] != uri]
        elif told.method == "textDocument/didChange" and uri and uri not in self._open:
            self._kept = [*self._kept[1 - _MOST :], (self._now(), told)]
            return ()
        return (told, *self._followers(uri, version)) if self._kept else (told,)

    def _followers(self, uri: str, version: int | None) -> list[Message]:
        """The changes kept of a document that lead on from a version, without a gap."""
        self._kept = [(at, told) for at, told in self._kept if self._now() - at < _LONGEST_S]
        mine = {_document(told)[1]: told for _, told in self._kept if _document(told)[0] == uri}
        found: list[Message] = []
        while version is not None and (version := version + 1) in mine:
            found.append(mine[version])
        self._kept = [(at, told) for at, told in self._kept if told not in found]
        return found


def _document(told: Message) -> tuple[str, int | None]:
    """What names a notification's document, empty where it has none, and the version."""
    item = table(told.params.get("textDocument")) if told.method.startswith("textDocument/") else {}
    uri, version = item.get("uri"), item.get("version")
    return (str(file_of(uri) or uri) if isinstance(uri, str) else ""), (version if isinstance(version, int) else None)
