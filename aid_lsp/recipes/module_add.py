"""Adds a module: its file, its interface, its mention in dune where that lists modules, and a test if one is wished.

add module Figure to lib with an interface and a test    lib/figure.ml, lib/figure.mli, (modules … figure), test/test_figure.ml

The files are empty: what belongs there, only its author knows. The test links the module, so that it is ready for what it will say.
"""

import re
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_dune, is_module_name
from aid_lsp.ocaml.stanzas import Stanza, stanzas
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.test_home import new_test, reached
from aid_lsp.recipes.words import pattern

ENTRIES = (
    Entry(
        "add a module",
        "add module Figure to lib with an interface and a test",
        "Makes the files, and tells dune where it lists modules or tests.",
    ),
)
_ADD = pattern(
    r"(?:(?:add|create|make|introduce)\s+(?:an?\s+)?|(?=new\b))(?:new\s+)?(?:empty\s+)?module\s+(?:called\s+|named\s+)?(?:(?P<folder>[\w./-]+)/)?(?P<name>[A-Za-z]\w*)(?:\.ml)?"
    r"(?:\s+(?:to|in|into|under|for)\s+(?:the\s+)?(?:(?:library|folder|executable|directory)\s+)?(?P<where>[\w./-]+?)/?(?:\s+(?:library|folder|directory))?)?"
    r"(?P<with>(?:,?\s+(?:with|and|including|plus|its|an?|the|interface|mli|\.mli|signature|tests?|dune\s+entry)\b)*)"
    r"(?P<without>\s+without\s+(?:an?\s+)?(?:interface|mli))?"
)


def understand(sentence: str) -> "AddModule | None":
    """The wish for a module."""
    match = _ADD.match(sentence)
    if match is None:
        return None
    words = match["with"].lower()
    interface = False if match["without"] else True if re.search("interface|mli|signature", words) else None
    name = match["name"][:1].upper() + match["name"][1:]
    return AddModule(name, match["where"] or match["folder"] or "", interface, test="test" in words)


@dataclass(frozen=True, slots=True)
class AddModule:
    """Wishes for a new module."""

    name: str
    where: str
    interface: bool | None
    """None: as its neighbours have it."""
    test: bool = False

    def said(self) -> str:
        """What was understood."""
        extras = [word for word, wished in (("an interface", self.interface), ("a test", self.test)) if wished]
        return f"add module {self.name} to {self.where or 'this folder'}{' with ' if extras else ''}{' and '.join(extras)}"

    def plan(self, scene: Scene) -> Planned:
        """The files."""
        if not is_module_name(self.name):
            raise Unsure(f"{self.name!r} cannot be the name of a module.")
        view = scene.sources.view
        paths = view.paths()
        dune, stanza = self._home(scene)
        folder = dune.rpartition("/")[0]
        base = f"{folder}/" if folder else ""
        stem = f"{base}{self.name[:1].lower()}{self.name[1:]}"
        if f"{stem}.ml" in paths or f"{stem}.mli" in paths:
            raise Unsure(f"{stem}.ml is there already.")
        near = [path for path in paths if path.rpartition("/")[0] == folder and path.endswith(".ml")]
        described = [path for path in near if f"{path}i" in paths]
        interface = self.interface if self.interface is not None else len(described) * 2 > len(near)
        plan = Planned()
        plan.created[f"{stem}.ml"] = ""
        if interface:
            plan.created[f"{stem}.mli"] = ""
        if stanza.modules is not None:
            listed = list(stanza.modules.items[1:])
            if listed and "\\" not in stanza.modules.words() and not stanza.owns(self.name):
                end = listed[-1].span.end
                plan.put(dune, Span(end, end), f" {stem.rpartition('/')[2]}")
        if self.test:
            file, _ = new_test(scene.sources, plan, stanza, self.name)
            plan.created[file] = f"module _ = {reached(scene.sources, plan, dune, stanza, self.name, new=True)}\n"
        files = ", ".join(sorted(plan.created))
        shown_by = [path for path in plan.edits if not is_dune(path)]
        files += f"; {' and '.join(shown_by)} show{'s' if len(shown_by) == 1 else ''} it" if shown_by else ""
        plan.said = f"add module {self.name} to {stanza.kind} {' '.join(stanza.names)}: {files}"
        return plan

    def _home(self, scene: Scene) -> tuple[str, Stanza]:
        view = scene.sources.view
        where = self.where or (scene.place.path.rpartition("/")[0] if scene.place is not None else "")
        if not where and not self.where and scene.place is None:
            raise Unsure(f"Say where: `add module {self.name} to lib`.")
        found = [
            (path, stanza)
            for path in view.paths()
            if path.rpartition("/")[2] == "dune"
            for stanza in stanzas(scene.sources.text(path))
            if stanza.has_modules
            and not stanza.folder
            and (where in (path, path.rpartition("/")[0]) or where in (*stanza.names, *stanza.public_names))
        ]
        if len(found) > 1:
            found = [one for one in found if one[1].modules is None] or found
        if len(found) != 1:
            raise Unsure(
                f"{where} has several stanzas; say the library's name."
                if found
                else f"There is no library, executable or folder {where} with a dune file."
            )
        return found[0]
