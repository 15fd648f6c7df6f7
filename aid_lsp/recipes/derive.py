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

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import interface_of
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
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
_DERIVERS = {
    "equal": (("ppx_deriving.eq", "eq"), ("ppx_compare", "equal"), ("ppx_jane", "equal"), ("ppx_deriving.std", "eq")),
    "compare": (("ppx_deriving.ord", "ord"), ("ppx_compare", "compare"), ("ppx_jane", "compare"), ("ppx_deriving.std", "ord")),
    "pp": (("ppx_deriving.show", "show"), ("ppx_deriving.std", "show")),
}
_BASE = {"int": "Int", "string": "String", "bool": "Bool", "char": "Char", "float": "Float", "unit": "Unit"}
_FORMATS = {"int": "%d", "string": "%S", "bool": "%B", "char": "%C", "float": "%F"}


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
            if _called(wish, item.name) in there:
                raise Unsure(f"{spot.path} has {_called(wish, item.name)} already.")
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
        written = [_Writer(spot.path, text, item).function(wish) for wish in self.wished]
        plan.put(spot.path, Span(item.group.end, item.group.end), "".join(f"\n\n{one}" for one in written))
        if declared is not None:
            values = [f"val {_called(wish, item.name)} : {_type(wish, item.name)}" for wish in self.wished]
            plan.put(interface_of(spot.path), Span(declared.span.end, declared.span.end), "".join(f"\n\n{one}" for one in values))
        shown = ", ".join(_called(wish, item.name) for wish in self.wished)
        plan.said = f"write {shown} for {subject}{', in the interface too' if declared is not None else ''}"
        return plan


def _called(wish: str, type_: str) -> str:
    return wish if type_ == "t" else f"{wish}_{type_}"


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


class _Writer:
    """Writes functions of one type by hand."""

    def __init__(self, path: str, text: str, item: Item) -> None:
        self._tree: Tree = parse(path, text)
        self._name = item.name
        node: Node | None = self._tree.node_at(item.name_span)
        while node is not None and node.type != "type_binding":
            node = node.parent
        body = node.child_by_field_name("body") if node is not None else None
        if node is None or body is None or body.type not in ("variant_declaration", "record_declaration"):
            raise Unsure(f"{item.name} has neither constructors nor fields; AID writes functions only for such types.")
        if any(child.type == "type_variable" for child in node.children):
            raise Unsure(f"{item.name} has parameters; AID writes functions only for types without.")
        self._body = body
        self._recursive = re.search(rf"(?<![\w.'])(?<!\.){re.escape(item.name)}(?![\w'])", self._tree.written(body)) is not None

    def function(self, wish: str) -> str:
        """The definition of one function."""
        head = f"let {'rec ' if self._recursive else ''}{_called(wish, self._name)} {'ppf x' if wish == 'pp' else 'a b'} ="
        if self._body.type == "record_declaration":
            return self._of_record(wish, head)
        return self._of_variant(wish, head)

    def _of_record(self, wish: str, head: str) -> str:
        fields = [
            (self._tree.written(next(c for c in part.children if c.type == "field_name")), part.child_by_field_name("type"))
            for part in self._body.children
            if part.type == "field_declaration"
        ]
        if wish == "pp":
            shown = "; ".join(f"{name} = %a" for name, _ in fields)
            given = " ".join(f"{self._by('pp', type_)} x.{name}" for name, type_ in fields)
            return f'{head}\n  Format.fprintf ppf "{{ {shown} }}" {given}'
        parts = [f"{self._by(wish, type_)} a.{name} b.{name}" for name, type_ in fields]
        return f"{head}\n  {self._joined(wish, parts)}"

    def _of_variant(self, wish: str, head: str) -> str:
        lines: list[str] = []
        constructors = [part for part in self._body.children if part.type == "constructor_declaration"]
        all_patterns: list[str] = []
        for number, part in enumerate(constructors):
            name = self._tree.written(part.children[0])
            if any(child.type in (":", "record_declaration") for child in part.children):
                raise Unsure(f"{name} is of a kind (GADT, inline record) that AID does not write functions for.")
            types = [child for child in part.named_children[1:] if child.type not in ("comment", "attribute")]
            a, b = (self._pattern(name, [f"{letter}{i + 1}" for i in range(len(types))]) for letter in ("a", "b"))
            anything = f"{name} _" if types else name
            all_patterns.append(anything)
            if wish == "pp":
                args = " ".join(f"{self._by('pp', type_)} a{i + 1}" for i, type_ in enumerate(types))
                form = f"{name} ({', '.join(['%a'] * len(types))})" if types else name
                lines.append(f'  | {a} -> Format.fprintf ppf "{form}"{" " if args else ""}{args}')
                continue
            parts = [f"{self._by(wish, type_)} a{i + 1} b{i + 1}" for i, type_ in enumerate(types)]
            lines.append(f"  | {a}, {b} -> {self._joined(wish, parts)}")
            if wish == "compare" and number < len(constructors) - 1:
                lines += [f"  | {anything}, _ -> -1", f"  | _, {anything} -> 1"]
        if wish == "equal" and len(constructors) > 1:
            lines.append(f"  | ({' | '.join(all_patterns)}), _ -> false")
        subject = "x" if wish == "pp" else "(a, b)"
        return f"{head}\n  match {subject} with\n" + "\n".join(lines)

    @staticmethod
    def _pattern(name: str, variables: Sequence[str]) -> str:
        if not variables:
            return name
        return f"{name} {variables[0]}" if len(variables) == 1 else f"{name} ({', '.join(variables)})"

    @staticmethod
    def _joined(wish: str, parts: Sequence[str]) -> str:
        if not parts:
            return "true" if wish == "equal" else "0"
        if wish == "equal":
            return " && ".join(parts)
        *before, last = parts
        for part in reversed(before):
            last = f"match {part} with 0 -> {last if last == parts[-1] else f'({last})'} | c -> c"
        return f"({last})" if before else last

    def _by(self, wish: str, node: Node | None) -> str:
        """The function that does it for a part's type."""
        written = " ".join(self._tree.written(node).split()) if node is not None else ""
        if written == self._name:
            return _called(wish, self._name)
        if written in _BASE:
            return f"{_BASE[written]}.{wish}" if wish != "pp" else self._printer(written)
        match = re.fullmatch(r"(?:([\w.']+)|\((.*)\)) (list|option)", written)
        if match and node is not None and node.named_children:
            inner = self._by(wish, node.named_children[0])
            module = match[3].capitalize()
            if wish == "pp":
                return f"(Format.pp_print_{match[3]} {inner})"
            return f"({module}.{wish} {inner})"
        other = re.fullmatch(r"((?:[A-Z][\w']*\.)+)(\w+)", written)
        if other:
            return f"{other[1]}{_called(wish, other[2])}"
        if re.fullmatch(r"[a-z_][\w']*", written):
            return _called(wish, written)
        raise Unsure(f"AID does not know how to {wish} a value of type {written}; write that part by hand.")

    @staticmethod
    def _printer(base: str) -> str:
        if base == "unit":
            return '(fun ppf () -> Format.pp_print_string ppf "()")'
        return f'(fun ppf -> Format.fprintf ppf "{_FORMATS[base]}")'
