"""Writes `equal`, `compare` and `pp` of a type by hand: of constructors, fields, tuples, lists, arrays, options and results.

type kind = Disc of float | Box of { w : int }      ──▶      let equal_kind a b = match (a, b) with | Disc a1, Disc b1 -> Float.equal a1 b1 | …
"""

import re
from collections.abc import Sequence

from tree_sitter import Node

from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.change import Unsure

_BASE = {"int": "Int", "string": "String", "bool": "Bool", "char": "Char", "float": "Float", "unit": "Unit"}
_FORMATS = {"int": "%d", "string": "%S", "bool": "%B", "char": "%C", "float": "%F"}
_ALIASES = ("constructed_type", "tuple_type", "type_constructor_path")


def called(wish: str, type_: str) -> str:
    """The name of a function of a type: `equal` of `t`, `equal_kind` of `kind`."""
    return wish if type_ == "t" else f"{wish}_{type_}"


def _flat(node: Node) -> list[Node]:
    """The elements of a tuple's type."""
    parts: list[Node] = []
    for child in node.named_children:
        parts += _flat(child) if child.type == "tuple_type" and child.start_byte == node.start_byte else [child]
    return parts


class Writer:
    """Writes functions of one type by hand."""

    def __init__(self, path: str, text: str, item: Item) -> None:
        self._tree: Tree = parse(path, text)
        self._name = item.name
        node: Node | None = self._tree.node_at(item.name_span)
        while node is not None and node.type != "type_binding":
            node = node.parent
        body = node.child_by_field_name("body") if node is not None else None
        if body is None and node is not None:
            body = next((child for child in node.named_children[1:] if child.type in _ALIASES), None)
        if node is None or body is None or body.type not in ("variant_declaration", "record_declaration", *_ALIASES):
            raise Unsure(
                f"{item.name} has neither constructors nor fields, and is no other type; AID writes no functions for it."
            )
        if any(child.type == "type_variable" for child in node.children):
            raise Unsure(f"{item.name} has parameters; AID writes functions only for types without.")
        self._body = body
        self._recursive = re.search(rf"(?<![\w.'])(?<!\.){re.escape(item.name)}(?![\w'])", self._tree.written(body)) is not None

    def function(self, wish: str) -> str:
        """The definition of one function."""
        if self._body.type in _ALIASES:
            return self._of_alias(wish)
        head = f"let {'rec ' if self._recursive else ''}{called(wish, self._name)} {'ppf x' if wish == 'pp' else 'a b'} ="
        if self._body.type == "record_declaration":
            return self._of_record(wish, head)
        return self._of_variant(wish, head)

    def _of_alias(self, wish: str) -> str:
        by = self._by(wish, self._body)
        lambda_ = re.fullmatch(r"\(fun (.+?) -> (.+)\)", by, re.DOTALL)
        if lambda_ is not None:
            return f"let {called(wish, self._name)} {lambda_[1]} = {lambda_[2]}"
        given = "ppf x" if wish == "pp" else "a b"
        return f"let {called(wish, self._name)} {given} = {by[1:-1] if by.startswith('(') else by} {given}"

    def _of_record(self, wish: str, head: str) -> str:
        fields = self._fields(self._body)
        if wish == "pp":
            shown = "; ".join(f"{name} = %a" for name, _ in fields)
            given = " ".join(f"{self._by('pp', type_)} x.{name}" for name, type_ in fields)
            return f'{head}\n  Format.fprintf ppf "{{ {shown} }}" {given}'
        parts = [f"{self._by(wish, type_)} a.{name} b.{name}" for name, type_ in fields]
        return f"{head}\n  {self._joined(wish, parts)}"

    def _fields(self, record: Node) -> list[tuple[str, Node | None]]:
        return [
            (self._tree.written(next(c for c in part.children if c.type == "field_name")), part.child_by_field_name("type"))
            for part in record.children
            if part.type == "field_declaration"
        ]

    def _of_variant(self, wish: str, head: str) -> str:
        lines: list[str] = []
        constructors = [part for part in self._body.children if part.type == "constructor_declaration"]
        all_patterns: list[str] = []
        for number, part in enumerate(constructors):
            name = self._tree.written(part.children[0])
            if any(child.type == ":" for child in part.children):
                raise Unsure(f"{name} is that of a GADT; AID does not write functions for such types.")
            record = next((child for child in part.children if child.type == "record_declaration"), None)
            fields = self._fields(record) if record is not None else []
            types = [type_ for _, type_ in fields] or [
                c for c in part.named_children[1:] if c.type not in ("comment", "attribute")
            ]
            labels = [label for label, _ in fields]
            a, b = (self._pattern(name, [f"{letter}{i + 1}" for i in range(len(types))], labels) for letter in ("a", "b"))
            anything = f"{name} _" if types else name
            all_patterns.append(anything)
            if wish == "pp":
                args = " ".join(f"{self._by('pp', type_)} a{i + 1}" for i, type_ in enumerate(types))
                shown = ", ".join(["%a"] * len(types))
                if labels:
                    shown = "; ".join(f"{label} = %a" for label in labels)
                form = f"{name} {{ {shown} }}" if labels else f"{name} ({shown})" if types else name
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
    def _pattern(name: str, variables: Sequence[str], labels: Sequence[str] = ()) -> str:
        if not variables:
            return name
        if labels:
            return f"{name} {{ {'; '.join(f'{label} = {one}' for label, one in zip(labels, variables, strict=True))} }}"
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
            return called(wish, self._name)
        if written in _BASE:
            return f"{_BASE[written]}.{wish}" if wish != "pp" else self._printer(written)
        match = re.fullmatch(r"(?:([\w.']+)|\((.*)\)) (list|option)", written)
        if match and node is not None and node.named_children:
            inner = self._by(wish, node.named_children[0])
            module = match[3].capitalize()
            if wish == "pp":
                return f"(Format.pp_print_{match[3]} {inner})"
            return f"({module}.{wish} {inner})"
        if node is not None and node.type == "parenthesized_type" and len(node.named_children) == 1:
            return self._by(wish, node.named_children[0])
        if match := re.fullmatch(r"(.+) (array|Seq\.t)", written):
            inner = self._by(wish, node.named_children[0]) if node is not None else ""
            if wish == "pp":
                return f"(Format.pp_print_{match[2].removesuffix('.t').lower()} {inner})"
            listed = "Array.to_list" if match[2] == "array" else "List.of_seq"
            return f"(fun a b -> List.{wish} {inner} ({listed} a) ({listed} b))"
        if node is not None and node.type == "tuple_type":
            return self._by_tuple(wish, node)
        if node is not None and written.endswith(" result") and len(node.named_children) == 3:
            ok, error = (self._by(wish, part) for part in node.named_children[:2])
            if wish == "pp":
                return f'(fun ppf -> function Ok x -> Format.fprintf ppf "Ok (%a)" {ok} x | Error e -> Format.fprintf ppf "Error (%a)" {error} e)'
            return f"(Result.{wish} ~ok:{ok} ~error:{error})"
        other = re.fullmatch(r"((?:[A-Z][\w']*\.)+)(\w+)", written)
        if other:
            return f"{other[1]}{called(wish, other[2])}"
        if re.fullmatch(r"[a-z_][\w']*", written):
            return called(wish, written)
        raise Unsure(f"AID does not know how to {wish} a value of type {written}; write that part by hand.")

    def _by_tuple(self, wish: str, node: Node) -> str:
        parts = _flat(node)
        one, two = ([f"{letter}{i + 1}" for i in range(len(parts))] for letter in ("x", "y"))
        if wish == "pp":
            given = " ".join(f"{self._by('pp', part)} {name}" for part, name in zip(parts, one, strict=True))
            return f'(fun ppf ({", ".join(one)}) -> Format.fprintf ppf "({", ".join(["%a"] * len(parts))})" {given})'
        each = [f"{self._by(wish, part)} {a} {b}" for part, a, b in zip(parts, one, two, strict=True)]
        return f"(fun ({', '.join(one)}) ({', '.join(two)}) -> {self._joined(wish, each)})"

    @staticmethod
    def _printer(base: str) -> str:
        if base == "unit":
            return '(fun ppf () -> Format.pp_print_string ppf "()")'
        if base in ("int", "bool"):
            return f"Format.pp_print_{base}"
        return f'(fun ppf -> Format.fprintf ppf "{_FORMATS[base]}")'
