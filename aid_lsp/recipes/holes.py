"""Holes: places of a program that are still to be written, as people mark them, and how what fills one is put there.

_        failwith "TODO: parse"        assert false        raise Todo
"""

import re
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.repairs.site import TIGHT, is_simple

TODO = 'failwith "TODO"'
"""A hole that builds."""

_SAYS_SO = re.compile(
    r"(?:failwith|invalid_arg)\s*\(?\s*\"[^\"]*\b(?:todo|fixme|tbd|hole|fill|implement\w*|unimplemented|not\s+(?:yet\s+)?(?:done|written))\b[^\"]*\"\s*\)?"
    r"|failwith\s*\"\"|assert\s+false|raise\s*\(?\s*(?:[\w.]*\.)?(?:Todo|TODO|Not_?implemented|Unimplemented)\b[^()]*\)?",
    re.IGNORECASE,
)
_LONGEST = 200
"""No hole says more."""
_OPEN = frozenset({"let_binding", "parenthesized_expression", "fun_expression", "let_expression", "let_open_expression"})
"""Whatever stands within these reaches as far as it can, so a `fun` or a `match` may."""


def holes(tree: Tree) -> tuple[Node, ...]:
    """The holes of a file, in order."""
    return tuple(_holes(tree, tree.root))


def _holes(tree: Tree, node: Node) -> Iterator[Node]:
    if _is_hole(tree, node):
        yield node
        return
    for child in node.named_children:
        yield from _holes(tree, child)


def _is_hole(tree: Tree, node: Node) -> bool:
    marked = node.type in ("application_expression", "assert_expression")
    return is_gap(node) or (marked and _SAYS_SO.fullmatch(tree.written(node)) is not None)


def hole_at(tree: Tree, span: Span) -> Node | None:
    """The hole that a cursor is on."""
    node: Node | None = tree.node_at(span)
    while node is not None and tree.span(node).end - tree.span(node).start < _LONGEST:
        if _is_hole(tree, node):
            return node
        node = node.parent
    return None


def is_gap(node: Node) -> bool:
    """Whether it is `_`, with which the compiler does not read the file."""
    return node.type == "hole_expression"


def filled(tree: Tree, hole: Node, expression: str) -> str:
    """An expression as it can stand in place of a hole."""
    around = hole.parent.type if hole.parent is not None else ""
    if is_simple(expression) or around == "parenthesized_expression":
        return expression
    applied = re.match(r"(?:fun|function|match|let|if|try)\b", expression) is None and "::" not in expression
    if (around in _OPEN and hole.parent is not None and _is_last(hole)) or (applied and around not in TIGHT):
        return expression
    return f"({expression})"


def split(tree: Tree, hole: Node, value: str, cases: Sequence[str]) -> tuple[Span, str]:
    """A `match` with a hole for each case, laid out where a hole is; and the stretch that it replaces."""
    span, text = tree.span(hole), tree.text
    line = text.rfind("\n", 0, span.start) + 1
    before = text[line : span.start]
    margin = before[: len(before) - len(before.lstrip())]
    around = hole.parent
    bare = around is not None and (around.type in _OPEN or (around.type == "match_case" and _is_last(around))) and _is_last(hole)
    written = [_case(case) for case in cases]
    if not bare or not before.strip() or (around is not None and around.type == "parenthesized_expression"):
        inner = margin if bare and not before.strip() else f"{margin}  "
        whole = f"match {value} with\n{inner}" + f"\n{inner}".join(written)
        return span, whole if bare else f"({whole})"
    inner = f"{margin}  "
    start = line + len(before.rstrip())
    return Span(start, span.end), f"\n{inner}match {value} with\n{inner}" + f"\n{inner}".join(written)


def to_fill(left: Sequence[str], *, builds: bool = True) -> str:
    """What is left to be written by hand, said loudly: a build is green with a hole, too."""
    but = "builds, but is " if builds else ""
    return f" — {but}NOT DONE: write {', '.join(left)}, which fails with TODO until then" if left else ""


def _case(pattern: str) -> str:
    said = pattern.replace("\\", "\\\\").replace('"', '\\"')
    return f'| {pattern} -> failwith "TODO: {said}"'


def _is_last(node: Node) -> bool:
    """Whether nothing of what is around it comes behind it, but a parenthesis."""
    parent = node.parent
    if parent is None:
        return True
    behind = parent.children[parent.children.index(node) + 1 :]
    return all(child.type in (")", "end", "comment") for child in behind)
