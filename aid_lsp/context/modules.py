"""Shows what there is in the modules that the place's file speaks of: a head of each definition, for the new code to use."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.context.resolve import files_of_module
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.ocaml.names import module_name
from aid_lsp.ocaml.outline import Item

_MODULE = re.compile(r"(?<![\w'])([A-Z][\w']*)(?:\.([a-z_][\w']*))?")
_HEAD = 200_000
"""How far into a file modules are looked for."""
_MODULES = 16
_ITEMS = 200
"""Of each module."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells how likely a definition of another module is to be used."""

    at_place: int
    """How often its module is named in the definition at the place."""
    in_file: int
    """How often in the place's file."""
    named: int
    """How often it is named itself there: `Module.name`."""


class Modules:
    """Of a module the interface, where it has one."""

    name = "modules"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields them; those of modules named oftener are likelier."""
        for path, item, signals in signalled(scene):
            here, named = signals.at_place > 0, signals.named > 0
            use = 2.8 + 1.0 * here + 0.5 * named - 0.23 * math.log1p(signals.in_file)
            yield scene.definition(path, item, f"{module_name(path)}, of which the file speaks", 1.3 * here + 0.7 * named, use)


def signalled(scene: Scene) -> Iterator[tuple[str, Item, Signals]]:
    """The definitions of the modules that the place's file names oftenest, those at the place first."""
    place = scene.request.place
    text = scene.text(place.path) if place is not None else None
    if place is None or text is None:
        return
    here, named = Counter[str](), Counter[tuple[str, str]]()
    for module, value in _MODULE.findall(text[:_HEAD]):
        here[module] += 1
        if value:
            named[module, value] += 1
    at_place = Counter(module for module, _ in _MODULE.findall(scene.code_at(place.path, place.span)))
    known = [module for module in here if module in scene.by_module]
    for module in sorted(known, key=lambda module: (-at_place[module], -here[module]))[:_MODULES]:
        files = files_of_module(scene, module, place.path)
        for path in files[:1]:
            items = [item for item in scene.outline(path) if item.parent is None and item.kind not in ("test", "toplevel")]
            for item in items[:_ITEMS]:
                yield path, item, Signals(at_place[module], here[module], named[module, item.name])
