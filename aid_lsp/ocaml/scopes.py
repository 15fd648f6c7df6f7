"""How far the names reach that a file binds: which `x` an `x` means.

    let f x =              x of the parameter: to the end of this `let`
      let x = x + 1 in     the new x: after `in` only; its right side still means the parameter
      x                    what stands at the end of a structure reaches to the structure's `end`

`open`, `include` and functor arguments may bring in names that nobody sees here; they are not known.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node, QueryCursor

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.languages import query, roles
from aid_lsp.ocaml.syntax import Tree


@dataclass(frozen=True, slots=True)
class Leaf:
    """A name's node, and what lies around it."""

    node: Node
    above: Sequence[Node]
    """The outermost first. Kept, since asking tree-sitter for a parent walks down from the root each time."""


@dataclass(frozen=True, slots=True)
class Binder:
    """A name that comes into being, and the stretches of text in which it can be meant."""

    name_span: Span
    reach: Span
    """Where it can be meant, unless something nearer has the same name."""
    local: bool
    """Whether only the expression around it can mean it."""


@cache
def _having(kind: str, role: str) -> frozenset[str]:
    """The types of nodes that `scopes.scm` gives a role."""
    return frozenset(node for node, said in roles(kind, "scopes").items() if role in said)


def binder(tree: Tree, leaf: Leaf) -> Binder | None:
    """The binder that a defining name is; None where nothing can mean it."""
    reach = _reach(tree, leaf)
    return Binder(tree.span(leaf.node), *reach) if reach is not None else None


def meant(binders: Sequence[Binder], uses: Sequence[Span]) -> Iterator[Binder | None]:
    """What each use of one name means: the nearest binder that reaches there. Uses are in the order of the text."""
    waiting = sorted(binders, key=lambda made: made.reach.start, reverse=True)
    around: list[Binder] = []
    for use in uses:
        while waiting and waiting[-1].reach.start <= use.start:
            around.append(waiting.pop())
        while around and around[-1].reach.end < use.end:
            around.pop()
        yield around[-1] if around else None


class Openings:
    """The stretches of text into which names come that nobody sees here."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = sorted(spans)
        self._starts = [span.start for span in self._spans]

    def between(self, binder_end: int, use: int) -> bool:
        """Whether one begins after the binder and reaches to the use."""
        first, last = bisect_left(self._starts, binder_end), bisect_right(self._starts, use)
        return any(use < span.end for span in self._spans[first:last])


def opened(tree: Tree) -> Openings:
    """The stretches of text where `open`, `include` or `M.( )` may bring in names that nobody sees here."""
    found: list[Span] = []
    opens = query(tree.kind, "opens")
    for node in QueryCursor(opens).captures(tree.root).get("open", ()) if opens is not None else ():
        around = node.parent
        if node.type in ("local_open_expression", "local_open_pattern", "local_open_type"):
            found.append(tree.span(node))
        elif around is not None:
            found.append(Span(tree.offset(node.end_byte), tree.offset(around.end_byte)))
    return Openings(found)


def _reach(tree: Tree, leaf: Leaf) -> tuple[Span, bool] | None:
    """The stretches in which a binding pattern's name can be meant, and whether it is local."""
    above, scopes = leaf.above, _having(tree.kind, "scope")
    for place in range(len(above) - 1, -1, -1):
        parent, child = above[place], above[place + 1] if place + 1 < len(above) else leaf.node
        kind = parent.type
        if kind == "let_binding":
            if child.type in ("parameter", "abstract_type"):
                return Span(tree.offset(child.end_byte), tree.offset(parent.end_byte)), True
            return _reach_of_let(tree, above[:place])
        if kind in scopes:
            begin = parent.start_byte if kind == "object_expression" else child.end_byte
            return Span(tree.offset(begin), tree.offset(parent.end_byte)), True
        if kind == "for_expression":
            body = next((c for c in parent.children if c.type == "do_clause"), None)
            return (tree.span(body), True) if body is not None else None
        if kind in ("value_specification", "external"):
            return _reach_of_item(tree, parent, above[place - 1] if place else None)
        if kind in ("attribute_payload", "ERROR"):
            return Span(tree.offset(parent.start_byte), tree.offset(parent.end_byte)), True
    return None


def _reach_of_let(tree: Tree, above: Sequence[Node]) -> tuple[Span, bool] | None:
    """How far the names of a `let_binding` reach that lies below these nodes."""
    if not above:
        return None
    definition = above[-1]
    recursive = any(child.type == "rec" for child in definition.children)
    around = above[-2] if len(above) > 1 else None
    if around is not None and around.type in ("let_expression", "let_class_expression"):
        body = around.child_by_field_name("body")
        start = definition.start_byte if recursive else (body.start_byte if body is not None else definition.end_byte)
        return Span(tree.offset(start), tree.offset(around.end_byte)), True
    return _reach_of_item(tree, definition, around, recursive)


def _reach_of_item(tree: Tree, item: Node, container: Node | None, recursive: bool = False) -> tuple[Span, bool] | None:
    if container is None:
        return None
    start = item.start_byte if recursive else item.end_byte
    return Span(tree.offset(start), tree.offset(container.end_byte)), container.type not in (
        *_having(tree.kind, "structure"),
        "ERROR",
    )
