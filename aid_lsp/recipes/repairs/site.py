"""Where an error is, and what one repair of it is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.sites import Replacements
from aid_lsp.recipes.sources import OCamlLines
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View


@dataclass(frozen=True, slots=True)
class Repair:
    """One way to make one error go away."""

    path: str
    replacements: Replacements
    does: str
    """For people: `aera becomes area`."""
    hole: str = ""
    """What is left to be written by hand: `the case Rect _`; the repair builds, but is not the end."""
    sure: bool = False
    """Whether the compiler itself hints at it; else an error that comes up close by is taken to be its fault."""
    gain: int = 0
    """By how many errors fewer there must be for it to count: 1 for what may break those who use it, 2 where they have to ask for it."""


Side = Literal["", "interface", "implementation"]
"""Of a pair of files that disagree; empty: nobody says which."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What tells which of two sides that disagree is to give way."""

    asked: Side = ""
    """The one that the instruction wants changed."""
    was: Mapping[str, str] = field(default_factory=dict[str, str])
    """The texts at the last commit, by path, as far as they are known."""


@dataclass(frozen=True)
class Site:
    """An error and the text that it is in."""

    path: str
    text: str
    span: Span
    diagnostic: Diagnostic
    view: View = field(repr=False)
    evidence: "Evidence" = field(default_factory=lambda: Evidence(), repr=False)

    @property
    def tree(self) -> Tree:
        """The file's syntax tree."""
        return parse(self.path, self.text)

    @cached_property
    def message(self) -> str:
        """The message on one line, with plain quotes."""
        return " ".join(re.sub(r"`([^`'\s]+)'", r'"\1"', self.diagnostic.message).split())

    @property
    def inside(self) -> str:
        """What the compiler points at."""
        return self.span.of(self.text)

    @property
    def node(self) -> Node:
        """The syntax of what the compiler points at: the largest node of just that stretch."""
        node = self.tree.node_at(self.span)
        while node.parent is not None and self.tree.span(node.parent) == self.tree.span(node):
            node = node.parent
        return node

    def above(self, node: Node | None = None) -> Iterator[Node]:
        """The nodes around what the compiler points at, innermost first."""
        above = (node or self.node).parent
        while above is not None:
            yield above
            above = above.parent

    def replace(self, span: Span, new: str, does: str = "") -> Repair:
        """The repair that writes something else in one place."""
        return Repair(self.path, {span: new}, does or f"{short(span.of(self.text)) or 'nothing'} becomes {short(new)}")

    def wrap(self, function: str, span: Span | None = None) -> Repair:
        """The repair that applies something to what the compiler points at: `e` becomes `(f e)`, or `f e` where that is enough."""
        span = span or self.span
        written = span.of(self.text)
        if (bare := re.fullmatch(r"\(\s*([\w'.]+)\s*\)", written)) and function not in ("!", "~"):
            return self.replace(span, f"({function} {bare[1]})")
        argument = written if is_simple(written) else f"({written})"
        whole = f"{function}{argument}" if function in ("!", "~") else f"{function} {argument}"
        bare = function == "!" or not self.needs_parentheses(span)
        return self.replace(span, whole if bare else f"({whole})")

    def wrap_argument(self, argument: str) -> Repair:
        """The repair that gives what the compiler points at an argument: `Ok` becomes `Ok ()`."""
        whole = f"{self.inside} {argument}"
        return self.replace(self.span, f"({whole})" if self.needs_parentheses() else whole)

    def needs_parentheses(self, span: Span | None = None) -> bool:
        """Whether an application that comes to stand there has to be put in parentheses: it would be an argument, or be looked into."""
        here = span or self.span
        if self.text[here.start - 1 : here.start] == "(" and self.text[here.end : here.end + 1] == ")":
            return False
        node = self.node if span is None else self.tree.node_at(span)
        while node.parent is not None and self.tree.span(node.parent) == self.tree.span(node):
            node = node.parent
        return node.parent is not None and node.parent.type in TIGHT


TIGHT = frozenset({
    "application_expression", "labeled_argument", "prefix_expression", "field_get_expression", "method_invocation", "array_get_expression",
    "string_get_expression", "constructor_pattern", "lazy_pattern", "tag_pattern", "sign_expression", "assert_expression", "lazy_expression",
})  # fmt: skip
"""What an application has to be put in parentheses for."""


def is_simple(text: str) -> bool:
    """Whether an expression may be an argument as it stands."""
    return re.fullmatch(r"!?[\w'.]+|\".*\"|'.*'|\(.*\)|\[.*\]", text.strip(), re.DOTALL) is not None and balanced(text)


def balanced(text: str) -> bool:
    """Whether the parentheses around a text belong to each other."""
    depth = 0
    for index, letter in enumerate(text):
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(letter, 0)
        if depth == 0 and text[:1] in "([" and index < len(text) - 1:
            return False
    return depth == 0


def short(text: str) -> str:
    """A stretch of code for people."""
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:37]}…"


def site_of(diagnostic: Diagnostic, view: View, evidence: Evidence | None = None) -> Site | None:
    """The place of an error; None where there is no such place in the view."""
    path = diagnostic.path
    text = view.text(path) if path else None
    if path is None or text is None:
        return None
    lines = OCamlLines(text)
    start, end = lines.offset(diagnostic.line, diagnostic.column), lines.offset(diagnostic.end_line, diagnostic.end_column)
    if start is None or end is None or end < start:
        return None
    return Site(path, text, Span(start, end), diagnostic, view, evidence or Evidence())
