"""Exposes a definition in its module's interface, or hides it.

    expose helper       lib/shape.mli   + val helper : int -> t      where the implementation has it; the compiler tells the type
    hide helper         lib/shape.mli   - val helper : int -> t      if nobody outside uses it; its documentation moves along

Nothing is exposed or hidden beyond what was named.
"""

import re
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of
from aid_lsp.ocaml.outline import Item
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.interface_terms import in_interface
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.subject_found import subjects_named
from aid_lsp.recipes.target import around
from aid_lsp.recipes.wording import NameKind, Rename
from aid_lsp.recipes.words import THIS, names, pattern

ENTRIES = (
    Entry(
        "expose and hide",
        "expose helper in the interface",
        "Declares a value, type or exception in the `.mli`, with the type it has.",
    ),
    Entry("expose and hide", "hide helper from the interface", "Takes its declaration out, if nothing outside uses it."),
)
_NAME = rf"(?:the\s+)?(?:(?P<kind>function|value|type|exception)\s+)?(?P<name>{THIS}|(?:[A-Z][\w']*\.)*[\w']+)"
_WHERE = (
    r"\s+(?:in|to|into|from|of|through)\s+(?:the\s+|its\s+)?(?:(?P<module>[A-Z]\w*)(?:'s)?\s+)?"
    r"(?:interface|signature|mli|\.mli|(?P<file>[\w/.-]+\.mli?))(?:\s+(?:file\s+)?of\s+(?P<of>[A-Z]\w*))?"
)
_OF = r"\s+(?:of|from|in)\s+(?:the\s+)?(?:module\s+)?(?P<home>(?-i:[A-Z])\w*)"
_EXPOSE = (
    pattern(rf"(?:expose|export|publish)\s+{_NAME}(?:{_WHERE}|{_OF})?"),
    pattern(rf"make\s+{_NAME}\s+(?:public|visible)"),
    pattern(rf"(?:add|declare)\s+{_NAME}{_WHERE}"),
)
_HIDE = (
    pattern(rf"(?:hide|unexport|un-export)\s+{_NAME}(?:{_WHERE}|{_OF})?"),
    pattern(rf"make\s+{_NAME}\s+(?:private|invisible)"),
    pattern(rf"(?:remove|drop|delete)\s+{_NAME}{_WHERE}"),
)
_KINDS: dict[str, NameKind] = {"function": "value", "value": "value", "type": "type", "exception": "exception"}
_PROBE = "unit"


def understand(sentence: str) -> "Expose | Hide | None":
    """The wish to expose or to hide something."""
    for forms, make in ((_EXPOSE, Expose), (_HIDE, Hide)):
        for form in forms:
            match = form.match(sentence)
            if match is None:
                continue
            found = match.groupdict()
            path, module = names(found["name"]), found.get("module") or found.get("of") or found.get("home")
            module = module or implementation_of(found.get("file") or "")
            if module and path and path[0] != module:
                path = (module, *path)
            return make(path, _KINDS[found["kind"].lower()] if found["kind"] else None)
    return None


def _said(path: tuple[str, ...]) -> str:
    name = ".".join(part for part in path if "/" not in part and not part.endswith(".ml"))
    return name or "the definition at the cursor"


def _item(scene: Scene, path: tuple[str, ...], kind: NameKind | None) -> tuple[Subject, str, Item]:
    """What is meant, its implementation's file, and its definition there."""
    sources = scene.sources
    if not path:
        item = around(sources, scene.place) if scene.place is not None else None
        if item is None or scene.place is None:
            raise Unsure("Say what, or put the cursor on it.")
        path, file = item.path, implementation_of(scene.place.path)
    else:
        file = ""
    found: list[tuple[Subject, str, Item]] = []
    for subject in subjects_named(sources, path[-1], Rename(kind, path, "")):
        for spot in subject.definitions:
            if subject.kind in ("value", "type", "exception") and (not file or implementation_of(spot.path) == file):
                items = [one for one in sources.items(spot.path) if one.name_span == spot.span]
                if spot.path.endswith(".ml") and items and items[0].parent is None:
                    found.append((subject, spot.path, items[0]))
    near = [one for one in found if scene.place is not None and one[1] == implementation_of(scene.place.path)]
    found = near if len(found) > 1 and near else found
    if len(found) != 1:
        shown = ", ".join(str(sources.spot(file, item.name_span)) for _, file, item in found[:5])
        if not found:
            raise Unsure(f"No module defines {'.'.join(path)} at its top.")
        raise Unsure(f"Several things are called {path[-1]!r}: {shown}; say it with its module and what it is.")
    return found[0]


def _declared(scene: Scene, file: str, item: Item) -> Item | None:
    interface = interface_of(file)
    if not scene.sources.exists(interface):
        raise Unsure(f"{file} has no interface, so all of it can be seen; `create the interface of {file}` makes one.")
    alike = {"value", "external"} if item.kind in ("value", "external") else {item.kind}
    return next(
        (one for one in scene.sources.items(interface) if one.name == item.name and one.parent is None and one.kind in alike),
        None,
    )


@dataclass(frozen=True, slots=True)
class Expose:
    """Wishes that a definition can be used from outside."""

    path: tuple[str, ...]
    kind: NameKind | None

    def said(self) -> str:
        """What was understood."""
        return f"expose {_said(self.path)} in the interface"

    def plan(self, scene: Scene) -> Planned:
        """The declaration, behind what comes before it in the implementation."""
        subject, file, item = _item(scene, self.path, self.kind)
        if _declared(scene, file, item) is not None:
            raise Unsure(f"{interface_of(file)} declares {item.name} already.")
        text = scene.sources.text(file)
        if item.kind in ("type", "exception"):
            written = re.sub(r"^and\b", "type", item.core.of(text))
        else:
            written = f"val {_shown(item.name)} : {in_interface(scene.sources, file, _type_of(scene, item.name))}"
        plan = Planned()
        put_declaration(scene, plan, file, item, written)
        plan.said = f"expose {subject} in {interface_of(file)}: {' '.join(written.split())[:100]}"
        return plan


def put_declaration(scene: Scene, plan: Planned, file: str, item: Item, written: str) -> None:
    """Puts a declaration into the interface of a file, where the implementation has the definition."""
    sources, interface = scene.sources, interface_of(file)
    text = sources.text(interface)
    order = {_key(one): one.span.start for one in sources.items(file) if one.parent is None}
    declared = [one for one in sources.items(interface) if one.parent is None]
    moved_in = _key(item) not in order
    before = [one for one in declared if moved_in or order.get(_key(one), item.span.start) < item.span.start]
    if before:
        end = max(one.span.end for one in before)
        plan.put(interface, Span(end, end), f"\n\n{written}")
    elif declared:
        start = min(one.span.start for one in declared)
        plan.put(interface, Span(start, start), f"{written}\n\n")
    else:
        end = len(text.rstrip())
        plan.put(interface, Span(end, end), f"\n\n{written}" if end else f"{written}\n")


def _key(item: Item) -> tuple[str, str]:
    return "value" if item.kind == "external" else item.kind, item.name


def _shown(name: str) -> str:
    return name if re.match(r"[\w']", name) else f"( {name} )"


def _type_of(scene: Scene, name: str) -> str:
    """The type that the compiler said the value has, when it was told a wrong one; the wrong one before that."""
    return next((type_ for one in scene.tries for error in one.errors if (type_ := told_type(error.message, name))), _PROBE)


def told_type(message: str, name: str) -> str:
    """The type that a message says the implementation has."""
    match = re.search(rf"val {re.escape(_shown(name))} :\s*(.*?)\s*is not included in", message, re.DOTALL)
    return " ".join(match[1].split()) if match else ""


@dataclass(frozen=True, slots=True)
class Hide:
    """Wishes that a definition cannot be used from outside."""

    path: tuple[str, ...]
    kind: NameKind | None

    def said(self) -> str:
        """What was understood."""
        return f"hide {_said(self.path)} from the interface"

    def plan(self, scene: Scene) -> Planned:
        """The declaration goes; its documentation comes to stand at the definition, if that has none."""
        subject, file, item = _item(scene, self.path, self.kind)
        declared = _declared(scene, file, item)
        if declared is None:
            raise Unsure(f"{interface_of(file)} does not declare {item.name}; it is hidden already.")
        interface = interface_of(file)
        text = scene.sources.text(interface)
        plan = Planned()
        start, end = declared.span.start, declared.span.end
        while text[end : end + 1] == "\n" and (text[:start].endswith("\n") or start == 0) and text[end : end + 1].isspace():
            end += 1
        if end == len(text):
            start = len(text[:start].rstrip())
            end = len(text.rstrip())
        plan.put(interface, Span(start, end), "")
        comment = re.search(r"\(\*\*.*?\*\)", declared.span.of(text), re.DOTALL)
        if comment and item.span.start == item.core.start and item.core.start == item.group.start:
            above = scene.sources.text(file)[: item.span.start]
            gap = "" if not above or above.endswith("\n\n") else "\n"
            plan.put(file, Span(item.span.start, item.span.start), f"{gap}{comment[0]}\n")
        if scene.tries and any("unused" in error.message for error in scene.tries[-1].errors):
            raise Unsure(f"Nothing but the interface uses {item.name}; hidden it would be dead code, which AID does not delete.")
        users = [error for error in scene.tries[-1].errors if "Unbound" in error.message] if scene.tries else []
        if users:
            shown = ", ".join(dict.fromkeys(f"{error.path}:{error.line}" for error in users[:6]))
            raise Unsure(f"{subject} is used outside of its module, at {shown}; hide it once nothing there needs it.")
        plan.said = f"hide {subject}: {interface} no longer declares it"
        return plan
