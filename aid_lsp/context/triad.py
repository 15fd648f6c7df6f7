"""Shows the other files of the place's module: interface, implementation, tests, dune stanza."""

import re
from collections.abc import Iterator

from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import MUST, Snippet
from aid_lsp.ocaml.names import is_module
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.triads import triad

_TESTS = 3
_ITEMS = 4


class Triad:
    """Of the interface and the tests first what names the definition at the place, then the whole, if it is small."""

    name = "triad"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields the counterpart, the stanza and the tests of the place's module."""
        place = scene.request.place
        if place is None or not is_module(place.path) or scene.text(place.path) is None:
            return
        names = _names(scene)
        yield from around_module(scene, place.path, names, MUST + 1)


def around_module(scene: Scene, path: str, names: tuple[str, ...], evidence: float) -> Iterator[Snippet]:
    """The files that belong to a module's file; `names` are the definitions of it that matter, `evidence` is that of their interface."""
    files = triad(path, scene.sources, scene.text)
    for other in (files.interface, files.implementation):
        if other is None or other == path:
            continue
        word = "interface" if other == files.interface else "implementation"
        for item in _items_named(scene, other, names):
            yield scene.definition(other, item, f"{item.name} in the {word} of {files.module}", evidence)
        if scene.small(other, 0.15):
            yield scene.whole(other, f"the {word} of {files.module}", evidence - 5)
    if files.dune is not None and files.stanza is not None:
        yield scene.snippet(files.dune, files.stanza.span, f"the dune stanza that builds {files.module}", evidence - 0.5)
    for number, test in enumerate(files.tests[:_TESTS]):
        yield from _test(scene, test, files.module, names, evidence - 7 - number / 10)


def _test(scene: Scene, path: str, module: str, names: tuple[str, ...], evidence: float) -> Iterator[Snippet]:
    text = scene.text(path) or ""
    if scene.small(path, 0.1):
        yield scene.whole(path, f"tests that mention {module}", evidence)
    mention = re.compile(rf"(?<![\w'])(?:{'|'.join(re.escape(name) for name in (*names, module))})(?![\w'])")
    items = [item for item in scene.outline(path) if item.parent is None and mention.search(text, item.core.start, item.core.end)]
    for item in items[:_ITEMS]:
        yield scene.definition(path, item, f"a test that mentions {module}", evidence)


def _names(scene: Scene) -> tuple[str, ...]:
    """The definitions at the place, the innermost first."""
    item = scene.at_place
    names: list[str] = []
    while item is not None:
        if item.kind not in ("test", "toplevel"):
            names.append(item.name)
        item = item.parent
    return tuple(names)


def _items_named(scene: Scene, path: str, names: tuple[str, ...]) -> list[Item]:
    return [item for item in scene.outline(path) if item.name in names and item.kind not in ("constructor", "field")][:_ITEMS]
