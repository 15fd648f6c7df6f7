"""Shows what was worked on last: definitions that changed since AID looks on, and the files of the latest commits."""

import math
from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.ocaml.names import is_ocaml

_EDITS = 20
_COMMITS = 3
_ITEMS = 100
"""Of each file of a commit; more of them would all be as unlikely."""


class Recent:
    """Edits in the working tree and in unsaved buffers, which the index notices, before commits."""

    name = "recent"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields them, later edits stronger."""
        here = scene.at_place
        for rank, (path, dotted) in enumerate(scene.index.edited_last(_EDITS)):
            for item in scene.outline(path) if scene.text(path) is not None else ():
                if item.dotted == dotted and item != here:
                    yield scene.definition(path, item, "edited lately", 1.5 - 0.3 * math.log1p(rank), 1.0)
        for path in scene.history.recent(_COMMITS):
            if not is_ocaml(path) or scene.text(path) is None:
                continue
            for item in [item for item in scene.outline(path) if item.kind not in ("constructor", "field")][:_ITEMS]:
                yield scene.definition(path, item, "its file was among the last commits", 0.2, 0.4)
