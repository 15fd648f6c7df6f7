"""Shows the place itself: the definition around it, or else the lines."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import innermost

_WINDOWS = (80, 20, 5)
"""Lines before and after the place, tried in turn where the definition around it is too long."""


class Enclosing:
    """The definition at the place, whole, and the head of its file."""

    name = "enclosing"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields the place's own surroundings."""
        place = scene.request.place
        text = scene.text(place.path) if place is not None else None
        if place is None or text is None:
            return
        path = place.path
        items = scene.outline(path)
        around = scene.at_place
        if around is not None:
            last = innermost(items, place.span.end) or around
            span = Span(min(around.span.start, last.span.start), max(around.span.end, last.span.end))
            yield scene.snippet(path, span, f"{around.kind} {around.dotted}, where the change is asked for", 20.0)
            yield scene.snippet(path, around.group, f"defined together with {around.name}", 18.0)
        for number, rows in enumerate(_WINDOWS):
            yield scene.around(path, place.span.start, rows, "the lines around the place", 17.0 - number)
        if items:
            yield scene.snippet(path, Span(0, items[0].span.start), "what the file opens", 12.0)
