"""Shows who uses the definition at the place: they have to follow when it changes."""

from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.ocaml.names import module_name

_MOST = 60


class Callers:
    """Definitions with its name in them: in its own file, and where its module's name stands too."""

    name = "callers"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields them."""
        place, item = scene.request.place, scene.at_place
        if place is None or item is None or item.kind in ("test", "toplevel"):
            return
        module = module_name(place.path)
        for hit, user in scene.found(scene.index.users(item.name, _MOST)):
            if hit.path == place.path and user != item:
                yield scene.definition(hit.path, user, f"uses {item.name}", 0.6, 1.0)
        for hit, user in scene.found(scene.index.users(item.name, _MOST, beside=module)):
            if module_name(hit.path) != module:
                yield scene.definition(hit.path, user, f"uses {module}.{item.name}", 0.6, 1.0)
