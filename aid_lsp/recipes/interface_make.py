"""Creates the interface of a module, or makes the one there is say what the implementation does.

    create the interface of Shape      lib/shape.mli, with all that lib/shape.ml defines and the documentation it has
    update the interface               val area : int -> int  ─▶  val area : float -> float

The types are those that the compiler inferred, with the project's own flags. Nothing becomes visible that was hidden.
"""

import re
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, is_ocaml, module_name
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.interface_edit import told_type
from aid_lsp.recipes.sites import rewritten
from aid_lsp.recipes.target import module_file
from aid_lsp.recipes.words import MODULE, pattern

ENTRIES = (
    Entry(
        "make an interface",
        "create the interface of Shape",
        "Writes the `.mli` of a module that has none, with the inferred types.",
    ),
    Entry(
        "make an interface", "update the interface of Shape", "Gives declarations the types that the implementation has by now."
    ),
)
_THIS = r"(?:this\s+(?:module|file)|it|here|(?:its\s+|the\s+)?implementation)"
_OF = rf"(?:\s+(?:of|for|to|from|with)\s+(?:the\s+)?(?:(?:module|file)\s+)?(?P<module>{MODULE}|{_THIS}))?"
_THING = r"(?:an?\s+|the\s+|its\s+)?(?:(?P<before>[A-Z]\w*)(?:'s)?\s+)?(?:new\s+)?(?:interface|signature|\.?mli)(?:\s+file)?"
_MAKE = pattern(rf"(?:create|make|write|generate|add|infer|extract)\s+{_THING}{_OF}")
_UPDATE = pattern(rf"(?:update|refresh|sync|synchroni[sz]e|adapt|correct|regenerate)\s+(?:{_THING}{_OF}|(?P<file>[\w./-]+\.mli))")


def understand(sentence: str) -> "MakeInterface | UpdateInterface | None":
    """The wish for an interface."""
    for form, make in ((_MAKE, MakeInterface), (_UPDATE, UpdateInterface)):
        match = form.match(sentence)
        if match is not None:
            module = match["before"] or match["module"] or match.groupdict().get("file") or ""
            return make("" if re.fullmatch(_THIS, module, re.IGNORECASE) else module)
    return None


def _file(scene: Scene, module: str) -> str:
    """The `.ml` that is meant; raises `Unsure`."""
    if not module:
        if scene.place is None or not is_ocaml(scene.place.path):
            raise Unsure("Say of which module: `create the interface of Shape`.")
        return implementation_of(scene.place.path)
    return module_file(scene.sources, module)


@dataclass(frozen=True, slots=True)
class MakeInterface:
    """Wishes for an interface that is not there."""

    module: str

    def said(self) -> str:
        """What was understood."""
        return f"create the interface of {self.module or 'this module'}"

    def signature_of(self, scene: Scene) -> str:
        """The file whose inferred signature is needed."""
        path = _file(scene, self.module)
        if not scene.sources.exists(path):
            raise Unsure(f"There is no {path}.")
        if scene.sources.exists(interface_of(path)):
            raise Unsure(
                f"{interface_of(path)} is there already; say `update the interface of {module_name(path)}` to correct it."
            )
        return path

    def plan(self, scene: Scene) -> Planned:
        """The new file."""
        path = self.signature_of(scene)
        # the shortest name of a type may lead through a module that needs this one
        signature = scene.defining_signature if scene.tries else scene.signature
        if not signature:
            raise Unsure(f"The compiler does not say what {path} defines; it may not compile, or it is the program itself.")
        text = scene.sources.text(path)
        documented = {
            item.name: comment[0]
            for item in scene.sources.items(path)
            if item.parent is None and (comment := re.match(r"\(\*\*(?!\*).*?\*\)", item.span.of(text), re.DOTALL))
        }
        pieces: list[str] = []
        for piece in re.split(r"\n(?=\S)(?!end\b|and\b)", signature.strip("\n")):
            name = re.match(
                r"(?:val|type|exception|module|module type|external)\s+(?:nonrec\s+)?(?:\([^)]*\)\s*|'\w+\s+)?([\w']+)", piece
            )
            comment = documented.get(name[1]) if name else None
            pieces.append(f"{piece}\n{comment}" if comment else piece)
        plan = Planned(created={interface_of(path): "\n\n".join(pieces) + "\n"})
        plan.said = f"create {interface_of(path)} with the {len(pieces)} items that {path} defines"
        return plan


@dataclass(frozen=True, slots=True)
class UpdateInterface:
    """Wishes that an interface has the types of the implementation."""

    module: str

    wants_build = True

    def said(self) -> str:
        """What was understood."""
        return f"update the interface of {self.module or 'this module'}"

    def plan(self, scene: Scene) -> Planned:
        """The declarations whose types differ, one build after the other."""
        path = _file(scene, self.module)
        interface = interface_of(path)
        if not scene.sources.exists(interface):
            raise Unsure(f"{path} has no interface; `create the interface of {module_name(path)}` makes one.")
        last = scene.tries[-1]
        plan = last.planned.again()
        text = last.after.text(interface)
        edits: dict[Span, str] = {}
        for item in last.after.items(interface):
            for error in last.errors:
                told = told_type(error.message, item.name)
                if told and error.path in (path, interface) and item.kind == "value" and not item.parent:
                    declared = re.match(r"val\s+(?:\(\s*\S+\s*\)|\S+)\s*:\s*", item.core.of(text))
                    if declared:
                        attributes = re.search(r"(?:\s*\[@@[^\]]*\])*$", item.core.of(text))
                        end = item.core.end - (len(attributes[0]) if attributes else 0)
                        edits[Span(item.core.start + declared.end(), end)] = told
        if not edits and not plan.texts:
            missing = [e for e in last.errors if e.path in (path, interface) and "is required but not provided" in e.message]
            if missing:
                raise Unsure(f"{interface} declares what {path} does not define ({' '.join(missing[0].message.split())[-100:]}).")
            raise Unsure(f"{interface} says what {path} does, as far as the build tells; `expose …` shows more of it.")
        if edits:
            plan.texts[interface] = rewritten(text, edits)
        plan.said = f"update {interface} to the types that {path} has"
        return plan
