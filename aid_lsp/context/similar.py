"""Shows definitions that speak of the same things as the code at the place: those that share its rare names."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.ocaml.names import KEYWORDS, identifiers

_COMMON = 200
"""A name that stands in more definitions than this says nothing."""
_NAMES = 12
_MOST = 60


class Similar:
    """The dozen rarest names at the place, asked for together."""

    name = "similar"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields what shares them."""
        place = scene.request.place
        if place is None:
            return
        parts = (part for name in identifiers(scene.code_at(place.path, place.span)) for part in name.split("."))
        names = [name for name in dict.fromkeys(parts) if name not in KEYWORDS][:200]
        often = scene.index.frequency(names)
        rare = sorted((name for name in names if 0 < often.get(name, 0) < _COMMON), key=lambda name: often[name])[:_NAMES]
        here = scene.at_place
        hits = scene.index.sharing(rare, _MOST)
        best = max((hit.score for hit in hits), default=1.0) or 1.0
        for hit, item in scene.found(hits):
            if item != here:
                yield scene.definition(hit.path, item, "shares rare names with the place", 0.3 + 1.5 * hit.score / best, 1.3)
