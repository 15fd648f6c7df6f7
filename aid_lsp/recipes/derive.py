"""Gives a type `equal`, `compare` or `pp`: by deriving where the project derives them, else written by hand.

    type kind = Circle of float | Dot        let equal_kind a b = match (a, b) with
                                       ──▶     | Circle a1, Circle b1 -> Float.equal a1 b1
                                               | Dot, Dot -> true
                                               | (Circle _ | Dot), _ -> false

By hand each part is compared by the function of its own type, never by the polymorphic one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import interface_of
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.derive_by_hand import Writer, called
from aid_lsp.recipes.target import subject_named
from aid_lsp.recipes.words import PATH, names, pattern

ENTRIES = (
    Entry(
        "derive",
        "add equal and compare to type Shape.kind",
        "Writes them by hand, or by `[@@deriving …]` where the project derives.",
    ),
    Entry("derive", "generate pp for Shape.t", "The same for a printer."),
)
_ONE = r"(?:equal(?:ity)?|compare|comparison|pp|printer|pretty-?printer)"
_DERIVE = pattern(
    rf"(?:add|generate|write|create|derive|implement|make)\s+(?:an?\s+|the\s+)?(?P<what>{_ONE}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+)(?:an?\s+)?{_ONE})*)"
    rf"(?:\s+functions?)?\s+(?:to|for|of|on)\s+(?:the\s+)?(?:type\s+)?(?P<type>{PATH})(?:\s+type)?"
)
_WORDS = (("equal", "equal"), ("compar", "compare"), ("p", "pp"))
_REMARK = re.compile(r"[ \t]*\(\*[^\n]*?\*\)(?=[ \t]*\n)")
"""A comment behind a type on its line."""
_DERIVERS = {
    "equal": (("ppx_deriving.eq", "eq"), ("ppx_compare", "equal"), ("ppx_jane", "equal"), ("ppx_deriving.std", "eq")),
    "compare": (("ppx_deriving.ord", "ord"), ("ppx_compare", "compare"), ("ppx_jane", "compare"), ("ppx_deriving.std", "ord")),
    "pp": (("ppx_deriving.show", "show"), ("ppx_deriving.std", "show")),
}


def understand(sentence: str) -> "Derive | None":
    """The wish for functions of a type."""
    match = _DERIVE.match(sentence)
    if match is None:
        return None
    words = re.findall(_ONE, match["what"], re.IGNORECASE)
    wished = tuple(dict.fromkeys(next(name for start, name in _WORDS if word.lower().startswith(start)) for word in words))
    return Derive(wished, names(match["type"]))


@dataclass(frozen=True, slots=True)
class Derive:
    """Wishes for functions of a type."""

    wished: tuple[str, ...]
    type: tuple[str, ...]

    def said(self) -> str:
        """What was understood."""
        return f"add {', '.join(self.wished)} to type {'.'.join(self.type)}"

    def plan(self, scene: Scene) -> Planned:
        """The attribute, or the code; and the interface."""
        sources = scene.sources
        subject = subject_named(sources, "type", self.type, scene.place)
        for error in scene.tries[-1].errors if scene.tries else ():
            said = re.search(
                r'Unbound value "(?P<name>(?:[A-Z]\w*\.)*(?P<wish>equal|compare|pp)(?:_(?P<type>\w+))?)"', error.message
            )
            if said is not None:
                other = f"{said['name'].rpartition('.')[0]}.{said['type'] or 't'}".lstrip(".")
                raise Unsure(f"There is no `{said['name']}` to do it with; say `add {said['wish']} to type {other}` first.")
        spot = next((one for one in subject.definitions if one.path.endswith(".ml")), None)
        if spot is None:
            raise Unsure(f"AID finds no definition of {subject}.")
        item = next(one for one in sources.items(spot.path) if one.name_span == spot.span)
        if item.parent is not None:
            raise Unsure(f"{subject} lies in a module within {spot.path}; AID does that for types at the top only.")
        declared = next(
            (
                one
                for one in sources.items(interface_of(spot.path))
                if one.name == item.name and one.kind == "type" and one.parent is None
            ),
            None,
        )
        there = {one.name for one in sources.items(spot.path) if one.parent is None}
        for wish in self.wished:
            if called(wish, item.name) in there:
                raise Unsure(f"{spot.path} has {called(wish, item.name)} already.")
        _, stanza = owner(spot.path, frozenset(sources.view.paths()), sources.view.text)
        have = stanza.preprocessors if stanza is not None else ()
        derivers = [next((name for ppx, name in _DERIVERS[wish] if ppx in have), None) for wish in self.wished]
        plan = Planned()
        if all(derivers):
            known = [deriver for deriver in derivers if deriver is not None]
            _attribute(plan, spot.path, sources.text(spot.path), item, known)
            if declared is not None:
                _attribute(plan, interface_of(spot.path), sources.text(interface_of(spot.path)), declared, known)
            plan.said = f"derive {', '.join(known)} for {subject}"
            return plan
        text = sources.text(spot.path)
        written = [Writer(spot.path, text, item).function(wish) for wish in self.wished]
        remark = _REMARK.match(text, item.group.end)
        end = remark.end() if remark else item.group.end
        gap = "\n" if re.match(r"[ \t]*\n[ \t]*\S", text[end:]) else ""
        plan.put(spot.path, Span(end, end), "".join(f"\n\n{one}" for one in written) + gap)
        if declared is not None:
            values = [f"val {called(wish, item.name)} : {_type(wish, item.name)}" for wish in self.wished]
            plan.put(interface_of(spot.path), Span(declared.span.end, declared.span.end), "".join(f"\n\n{one}" for one in values))
        shown = ", ".join(called(wish, item.name) for wish in self.wished)
        plan.said = f"write {shown} for {subject}{', in the interface too' if declared is not None else ''}"
        return plan


def _type(wish: str, type_: str) -> str:
    return {
        "equal": f"{type_} -> {type_} -> bool",
        "compare": f"{type_} -> {type_} -> int",
        "pp": f"Format.formatter -> {type_} -> unit",
    }[wish]


def _attribute(plan: Planned, path: str, text: str, item: Item, derivers: Sequence[str]) -> None:
    match = re.search(r"\[@@deriving\s+([^\]]*?)\s*\]", text[item.core.start : item.core.end])
    if match is None:
        plan.put(path, Span(item.core.end, item.core.end), f" [@@deriving {', '.join(derivers)}]")
        return
    end = item.core.start + match.end(1)
    more = [one for one in derivers if one not in re.findall(r"\w+", match[1])]
    plan.put(path, Span(end, end), "".join(f", {one}" for one in more))
