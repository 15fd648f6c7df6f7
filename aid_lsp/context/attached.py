"""Shows what the person attached to the request: a selection, a file."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet


class Attached:
    """Whole, as far as it fits: somebody pointed at it."""

    name = "attached"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields each piece; of a file too long for the budget, its head."""
        for place in scene.request.attached:
            text = scene.text(place.path)
            if text is None:
                continue
            yield scene.snippet(place.path, place.span, "attached to the request", 16.9)
            if not scene.small(place.path, 0.5):
                yield scene.around(place.path, place.span.start, 80, "attached to the request", 16.8)
