"""Shows the place itself: the definition around it, then what is near it in its file."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import Item, enclosing

_WINDOWS = (80, 20, 5)
"""Lines before and after the place, tried in turn where the definition around it is too long."""


class Enclosing:
    """The definition at the place, whole; the file, if it is small, else its head and the nearest definitions."""

    name = "enclosing"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields the place's own surroundings."""
        place = scene.request.place
        text = scene.text(place.path) if place is not None else None
        if place is None or text is None:
            return
        path = place.path
        items = scene.outline(path)
        around = enclosing(path, text, place.span.start) if items else None
        if around is not None:
            last = enclosing(path, text, place.span.end) or around
            span = Span(min(around.span.start, last.span.start), max(around.span.end, last.span.end))
            yield scene.snippet(path, span, f"{around.kind} {around.dotted}, where the change is asked for", 1.0)
            yield scene.snippet(path, around.group, f"defined together with {around.name}", 0.98)
        for number, rows in enumerate(_WINDOWS):
            yield scene.around(path, place.span.start, rows, "the lines around the place", 0.99 - number / 1000)
        if scene.small(path, 0.4):
            yield scene.whole(path, "the file that the change is asked for", 0.95)
            return
        if not items:
            return
        yield scene.snippet(path, Span(0, items[0].span.start), "what the file opens", 0.93)
        yield from _neighbours(scene, path, items, around, place.span.start)


def _neighbours(scene: Scene, path: str, items: tuple[Item, ...], around: Item | None, offset: int) -> Iterator[Snippet]:
    parent = around.parent if around is not None else None
    siblings = [item for item in items if item.parent == parent and item is not around]
    siblings.sort(key=lambda item: min(abs(item.span.start - offset), abs(item.span.end - offset)))
    for distance, item in enumerate(siblings[:12]):
        yield scene.snippet(path, item.span, "near the place", 0.55 - distance / 50)
