"""Finds items again that a syntax error swallowed.

An open parenthesis or quote makes tree-sitter take all that follows into one broken node. People and ocamlformat begin top-level
items in the first column, so a broken stretch is cut there and its parts are parsed for themselves.

    let a = 1                 intact: kept as it is
    let b = (                 ┐
    let c = 2                 │ one broken node ──▶ parts `let b = (`, `let c = 2`, `let d = 3`
    let d = 3                 ┘
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.languages import nests, roles
from aid_lsp.ocaml.syntax import Tree

_ITEM = re.compile(r"^(?:let|type|module|val|external|exception|class|open|include|\[@@@|\[%%)(?![A-Za-z0-9_'])", re.MULTILINE)
_LONGEST = 2_000_000


@cache
def _beginning(kind: str) -> re.Pattern[str]:
    """What begins an item in the first column: OCaml's keywords, or those that a language's outline has as `@begin`."""
    if nests(kind):
        return _ITEM
    words = [word for word, said in roles(kind, "outline").items() if "begin" in said]
    return re.compile(rf"^(?:{'|'.join(map(re.escape, words))}|\{{)(?![A-Za-z0-9_'])", re.MULTILINE)


class Part(Tree):
    """A stretch of a text, parsed for itself; its offsets are those of the whole text."""

    __slots__ = ("_start",)

    def __init__(self, whole: Tree, span: Span) -> None:
        super().__init__(whole.kind, span.of(whole.text))
        self.text = whole.text
        self._start = span.start

    def offset(self, byte: int) -> int:
        """The offset in the whole text."""
        return self._start + super().offset(byte)


def parts(tree: Tree) -> tuple[tuple[Span, tuple[Part, ...]], ...]:
    """The broken stretches of a text that can be cut, each with its parts in order; none for a text that parses."""
    if len(tree.text) > _LONGEST or not (tree.root.has_error or _is_open(tree, tree.root.children[-1:])):
        return ()
    found: list[tuple[Span, tuple[Part, ...]]] = []
    for stretch in _broken(tree, tree.root):
        cuts = _cuts(tree.text, stretch, _beginning(tree.kind))
        if len(cuts) > 1:
            edges = [*cuts, stretch.end]
            spans = [Span(start, end) for start, end in pairwise(edges)]
            found.append((Span(cuts[0], stretch.end), tuple(Part(tree, span) for span in spans)))
    return tuple(found)


def _broken(tree: Tree, root: Node) -> Sequence[Span]:
    """The runs of top-level nodes with errors in them, to the beginning of what follows."""
    if root.is_error:
        return [Span(0, len(tree.text))]
    stretches: list[Span] = []
    children = root.children
    for index, child in enumerate(children):
        if not (
            child.has_error
            or child.is_error
            or child.is_missing
            or _is_open(tree, children[index:] if index + 1 == len(children) else ())
        ):
            continue
        start = tree.offset(child.start_byte)
        end = tree.offset(children[index + 1].start_byte) if index + 1 < len(children) else len(tree.text)
        if stretches and stretches[-1].end >= start:
            start = stretches.pop().start
        stretches.append(Span(start, max(start, end)))
    return stretches


def _is_open(tree: Tree, last: Sequence[Node]) -> bool:
    """Whether a lonely last node is a comment that is never closed."""
    if len(last) != 1 or last[0].type != "comment":
        return False
    written = tree.written(last[0])
    return not written.endswith("*)") or written.count("(*") > written.count("*)")


def _cuts(text: str, stretch: Span, beginning: re.Pattern[str]) -> list[int]:
    """Where items begin in the first column of a stretch, their comments included."""
    line_start = max(text.rfind("\n", 0, stretch.start), text.rfind("\r", 0, stretch.start)) + 1
    cuts: list[int] = []
    inside = 0
    for match in beginning.finditer(text, line_start, stretch.end):
        if match.start() < inside:
            continue
        if match.group() == "{":  # OCaml in a lexer
            inside = text.find("\n}", match.end(), stretch.end)
        start = _with_comment(text, match.start(), cuts[-1] if cuts else stretch.start)
        if start >= stretch.start:
            cuts.append(start)
    return cuts


def _with_comment(text: str, start: int, least: int) -> int:
    """Takes in the comment that ends on the line before."""
    before = text[least:start].rstrip(" \t\r\n\f")
    if not before.endswith("*)") or text.count("\n", least + len(before), start) > 1:
        return start
    opening = text.rfind("(*", least, least + len(before))
    alone = opening == 0 or (opening > 0 and text[opening - 1] in "\r\n")
    return opening if alone and opening > least else start
