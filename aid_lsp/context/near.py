"""Shows what stands near the place in its file: nearer definitions first."""

import math
from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet


class Near:
    """Every definition of the place's file; most changes that touch a second definition touch one of the same file."""

    name = "near"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields the definitions of the file, weaker with each that lies between."""
        place = scene.request.place
        if place is None:
            return
        items = [item for item in scene.outline(place.path) if item.kind not in ("constructor", "field")]
        here = scene.at_place
        at = None if here is None or here not in items else items.index(here)
        before = sum(item.span.end <= place.span.start for item in items)
        for number, item in enumerate(items):
            if number != at:
                distance = min(abs(number - before), abs(number - before + 1)) if at is None else abs(number - at)
                yield scene.definition(place.path, item, "near the place", 4.6 - 0.28 * math.log1p(distance), 2.6)
