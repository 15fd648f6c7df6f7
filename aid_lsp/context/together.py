"""Shows what used to change together with the place's file, as the version control's history tells, and what changed of late."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.ocaml.names import is_module

_FILES = 6
_ITEMS = 150
"""Of each file; more of them would all be as unlikely."""


class Together:
    """Definitions of the files that commits changed together with the place's; without a history it has nothing to say."""

    name = "together"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields them, the more the oftener."""
        place = scene.request.place
        if place is None:
            return
        for path, share in scene.history.together(place.path)[:_FILES]:
            if share < 0.05 or scene.text(path) is None or not is_module(path):
                continue
            why = f"its file changed together with {place.path.rpartition('/')[2]} in {share:.0%} of its commits"
            for item in [item for item in scene.outline(path) if item.kind not in ("constructor", "field")][:_ITEMS]:
                yield scene.definition(path, item, why, 1.5 + 2.2 * share, 1.2)
