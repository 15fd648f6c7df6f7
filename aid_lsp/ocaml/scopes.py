"""How far the names reach that a file binds: which `x` an `x` means.

    let f x =              x of the parameter: to the end of this `let`
      let x = x + 1 in     the new x: after `in` only; its right side still means the parameter
      x                    what stands at the end of a structure reaches to the structure's `end`

`open`, `include` and functor arguments may bring in names that nobody sees here; they are not known.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.queries import captures
from aid_lsp.ocaml.syntax import Tree


@dataclass(frozen=True, slots=True)
class Binder:
    """A name that comes into being, and the stretches of text in which it can be meant."""

    name: str
    name_span: Span
    reaches: tuple[Span, ...]
    local: bool
    """Whether only the expression around it can mean it."""

    def reaches_to(self, span: Span) -> bool:
        """Whether a use there can mean it, unless something nearer has the same name."""
        return any(reach.start <= span.start and span.end <= reach.end for reach in self.reaches)


_STRUCTURES = frozenset({"compilation_unit", "structure", "signature"})
_SCOPES = frozenset(
    {
        "fun_expression",
        "class_function",
        "method_definition",
        "class_binding",
        "match_case",
        "object_expression",
        "comprehension",
    }
)


def binders(tree: Tree, names: AbstractSet[str]) -> Mapping[str, Sequence[Binder]]:
    """Where a text binds the values of these names, by name, in the order of the text."""
    found: dict[str, list[Binder]] = {}
    if not names:
        return found
    for node in captures(tree.kind, "binders", tree.root).get("binder", []):
        name = tree.written(node)
        if name in names:
            reach = _reach(tree, node)
            if reach is not None:
                found.setdefault(name, []).append(Binder(name, tree.span(node), *reach))
    return found


def binder_of(known: Mapping[str, Sequence[Binder]], name: str, span: Span, defines: bool) -> Binder | None:
    """What a name means at a place: the binder itself where it defines, else the nearest that reaches there."""
    candidates = known.get(name, ())
    if defines:
        return next((binder for binder in candidates if binder.name_span == span), None)
    nearest: Binder | None = None
    for binder in candidates:
        if binder.name_span.start > span.start and not binder.local:
            continue
        if binder.reaches_to(span) and (nearest is None or _start(binder, span) >= _start(nearest, span)):
            nearest = binder
    return nearest


def opened(tree: Tree) -> tuple[Span, ...]:
    """The stretches of text where `open`, `include` or `M.( )` may bring in names that nobody sees here."""
    found: list[Span] = []
    for node in captures(tree.kind, "opens", tree.root).get("open", []):
        around = node.parent
        if node.type in ("local_open_expression", "local_open_pattern", "local_open_type"):
            found.append(tree.span(node))
        elif around is not None:
            found.append(Span(tree.offset(node.end_byte), tree.offset(around.end_byte)))
    return tuple(found)


def _start(binder: Binder, span: Span) -> int:
    return max(reach.start for reach in binder.reaches if reach.start <= span.start and span.end <= reach.end)


def _reach(tree: Tree, node: Node) -> tuple[tuple[Span, ...], bool] | None:
    """The stretches in which a binding pattern's name can be meant, and whether it is local."""
    for child, parent in _upwards(node):
        kind = parent.type
        if kind == "let_binding":
            if child.type in ("parameter", "abstract_type"):
                return (Span(tree.offset(child.end_byte), tree.offset(parent.end_byte)),), True
            return _reach_of_let(tree, parent)
        if kind in _SCOPES:
            begin = parent.start_byte if kind == "object_expression" else child.end_byte
            return (Span(tree.offset(begin), tree.offset(parent.end_byte)),), True
        if kind == "for_expression":
            body = next((c for c in parent.children if c.type == "do_clause"), None)
            return ((tree.span(body),), True) if body is not None else None
        if kind in ("value_specification", "external"):
            return _reach_of_item(tree, parent)
        if kind in ("attribute_payload", "ERROR"):
            return (Span(tree.offset(parent.start_byte), tree.offset(parent.end_byte)),), True
    return None


def _reach_of_let(tree: Tree, binding: Node) -> tuple[tuple[Span, ...], bool] | None:
    definition = binding.parent
    if definition is None:
        return None
    recursive = any(child.type == "rec" for child in definition.children)
    around = definition.parent
    if around is not None and around.type in ("let_expression", "let_class_expression"):
        body = around.child_by_field_name("body")
        start = definition.start_byte if recursive else (body.start_byte if body is not None else definition.end_byte)
        return (Span(tree.offset(start), tree.offset(around.end_byte)),), True
    return _reach_of_item(tree, definition, recursive)


def _reach_of_item(tree: Tree, item: Node, recursive: bool = False) -> tuple[tuple[Span, ...], bool] | None:
    container = item.parent
    if container is None:
        return None
    start = item.start_byte if recursive else item.end_byte
    return (Span(tree.offset(start), tree.offset(container.end_byte)),), container.type not in (*_STRUCTURES, "ERROR")


def _upwards(node: Node) -> Iterator[tuple[Node, Node]]:
    parent = node.parent
    while parent is not None:
        yield node, parent
        node, parent = parent, parent.parent
