"""A file that faults are put into, and what they are picked from."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.syntax import Tree, parse

Texts = dict[str, str]
"""A project: texts by path."""


@dataclass(frozen=True)
class Code:
    """One file of a project, and the dice."""

    texts: Texts
    path: str
    rng: random.Random

    @property
    def text(self) -> str:
        return self.texts[self.path]

    @property
    def tree(self) -> Tree:
        return parse(self.path, self.text)

    @property
    def items(self) -> tuple[Item, ...]:
        return outline(self.path, self.text)

    def nodes(self, *types: str) -> Iterator[Node]:
        """All nodes of some kinds, tokens included."""
        pending = [self.tree.root]
        while pending:
            node = pending.pop()
            if node.type in types:
                yield node
            pending.extend(reversed(node.children))

    def written(self, node: Node) -> str:
        return self.tree.written(node)

    def pick(self, *types: str, where: Callable[[Node], bool] = lambda node: True) -> Node | None:
        """One of the nodes, by lot; None if there is none."""
        found = [node for node in self.nodes(*types) if where(node)]
        return self.rng.choice(found) if found else None

    def put(self, node: Node | Span, new: str) -> Texts:
        """The project with something else in place of a node: only the changed file."""
        span = node if isinstance(node, Span) else self.tree.span(node)
        return {self.path: self.text[: span.start] + new + self.text[span.end :]}

    def without(self, node: Node) -> Texts:
        """The file without a token and without the blank before it."""
        span = self.tree.span(node)
        line = self.text.rfind("\n", 0, span.start) + 1
        following = re.compile(r"[ \t]*\n?").match(self.text, span.end)
        after = following.group() if following else ""
        if line and not self.text[line : span.start].strip() and after.endswith("\n"):
            return self.put(Span(line, span.end + len(after)), "")  # nobody leaves an empty line where a lonely `in` was
        if not self.text[line : span.start].strip():
            return self.put(Span(span.start, span.end + len(after)), "")
        start = span.start - 1 if self.text[span.start - 1 : span.start] == " " else span.start
        return self.put(Span(start, span.end), "")

    def exchanged(self, one: Node, other: Node) -> Texts:
        """The file with two nodes in each other's place."""
        a, b = self.tree.span(one), self.tree.span(other)
        text = self.text
        return {self.path: text[: a.start] + b.of(text) + text[a.end : b.start] + a.of(text) + text[b.end :]}


Fault = Callable[[Code], Texts | None]
"""Breaks a file; None where it finds nothing to break. The files that it changes, with their new texts."""


def arguments(call: Node) -> list[Node]:
    """What a call is given."""
    return [child for index, child in enumerate(call.children) if call.field_name_for_child(index) == "argument"]


def misspelt(name: str, rng: random.Random) -> str:
    """A name as a quick typist writes it: two letters exchanged, one left out or doubled."""
    at = rng.randrange(1, len(name) - 1)
    return rng.choice(
        (
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
        )
    )
