"""Parses OCaml with tree-sitter and speaks `str` offsets: tree-sitter's bytes end here.

    text ──parse──▶ Tree ── root (tree-sitter nodes) ── span(node), name(node), node_at(span)

Any text parses. Lines such as `#ifdef X` are blank to the grammar, in files that have an `#endif` too.
Bytes that are not UTF-8 (lone surrogates in the `str`) are parsed as if each were one letter.
"""

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from copy import copy
from threading import Lock

from tree_sitter import Node, Parser, Point
from tree_sitter import Tree as RawTree

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.languages import grammar, kinds

Kind = str
"""The ending of a file's name that says its grammar: `.ml`, `.mli`, `.mll`, ... (`languages.kinds`)."""

_STEP = 512
"""Every how many characters a text that is not ASCII gets a mark, from which offsets are counted."""

_LARGE = 50_000
"""Characters from which on a text is parsed anew only where it changed; a smaller one takes a few milliseconds."""
_SIMILAR = 20_000

_CONDITIONAL = re.compile(rb"^[ \t]*#[ \t]*if[^\n]*\n(?:.*\n)?[ \t]*#[ \t]*endif\b", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(rb"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif|else|endif|undef|include)\b[^\n]*", re.MULTILINE)
"""What a preprocessor takes out, cppo for one: to the grammar it is `x #ifdef`, the call of a method."""
_DIRECTIVE_TEXT = re.compile(_DIRECTIVE.pattern.decode(), re.MULTILINE)

_SURROGATE = re.compile("[\ud800-\udfff]")


def kind_of(path: str) -> Kind:
    """Which grammar a path (or a bare kind) asks for; `.ml` where it asks for none that there is."""
    ending = f".{path.rpartition('.')[2]}"
    return ending if ending in kinds() else ".ml"


class Tree:
    """One parsed text. Nodes are tree-sitter's; whatever leaves this room is in `str` offsets."""

    __slots__ = ("__weakref__", "_data", "_marks", "_parsed", "kind", "raw", "text")

    def __init__(self, kind: Kind, text: str, like: "Tree | None" = None) -> None:
        self.kind: Kind = kind
        self.text = text
        self._parsed = text
        self._data = _bytes(text)
        self._marks = None if len(self._data) == len(text) else _marks(text)
        code = _DIRECTIVE.sub(_blank, self._data) if _CONDITIONAL.search(self._data) else self._data
        old = like.edited(self._data) if like is not None and code is self._data else None
        parser = Parser(grammar(kind))
        self.raw: RawTree = parser.parse(code) if old is None else parser.parse(code, old)

    def within(self, text: str) -> "Tree":
        """The tree as that of a text that has more than what was parsed at the same places: a lexer around its OCaml."""
        other = copy(self)
        other.text = text
        return other

    def edited(self, data: bytes) -> RawTree | None:
        """The tree made ready for parsing a text that differs in one small stretch; None where it differs too much to help."""
        start = _common(self._data, data)
        tail = _common(self._data[start:][::-1], data[start:][::-1])
        old_end, new_end = len(self._data) - tail, len(data) - tail
        if max(old_end, new_end) - start > _SIMILAR:
            return None
        raw = self.raw.copy()
        raw.edit(start, old_end, new_end, _point(data, start), _point(self._data, old_end), _point(data, new_end))
        return raw

    @property
    def code(self) -> str:
        """The text as the grammar sees it: what a preprocessor takes out is blank."""
        if not _CONDITIONAL.search(self._data):
            return self._parsed
        return _DIRECTIVE_TEXT.sub(lambda match: " " * len(match.group()), self._parsed)

    @property
    def root(self) -> Node:
        """The compilation unit."""
        return self.raw.root_node

    def offset(self, byte: int) -> int:
        """The `str` offset of a byte; of one past the end (an unclosed comment), the end."""
        if self._marks is None:
            return min(byte, len(self._data))
        mark = bisect_right(self._marks, byte) - 1
        return mark * _STEP + len(self._data[self._marks[mark] : byte].decode("utf-8", "ignore"))

    def byte(self, offset: int) -> int:
        """The byte of a `str` offset."""
        offset = min(offset, len(self.text))
        if self._marks is None:
            return offset
        mark = min(offset // _STEP, len(self._marks) - 1)
        return self._marks[mark] + len(_bytes(self._parsed[mark * _STEP : offset]))

    def span(self, node: Node) -> Span:
        """Where a node lies."""
        return Span(self.offset(node.start_byte), self.offset(node.end_byte))

    def written(self, node: Node) -> str:
        """A node's characters."""
        return self.span(node).of(self.text)

    def node_at(self, span: Span) -> Node:
        """The smallest node that covers a span."""
        return self.root.descendant_for_byte_range(self.byte(span.start), self.byte(span.end)) or self.root


_trees: OrderedDict[tuple[Kind, str], Tree] = OrderedDict()
_lock = Lock()
_KEPT_TREES = 64
_KEPT_CHARACTERS = 6_000_000
"""A tree takes some twenty times the memory of its text."""


def parse(path_or_kind: str, text: str) -> Tree:
    """Parses a text, or remembers having done so; safe to call from several threads."""
    key = (kind_of(path_or_kind), text)
    with _lock:
        known = _trees.get(key)
        if known is not None:
            _trees.move_to_end(key)
            return known
        like = next((tree for (kind, old), tree in reversed(_trees.items()) if _alike(kind, old, key)), None)
    tree = Tree(*key, like)
    with _lock:
        _trees[key] = tree
        while len(_trees) > 1 and (len(_trees) > _KEPT_TREES or sum(len(text) for _, text in _trees) > _KEPT_CHARACTERS):
            _trees.popitem(last=False)
    return tree


def _blank(match: re.Match[bytes]) -> bytes:
    return b" " * len(match.group())


def _alike(kind: Kind, old: str, key: tuple[Kind, str]) -> bool:
    """Whether an older tree can save work: a large text's, a few keystrokes ago."""
    new = key[1]
    return kind == key[0] and len(new) >= _LARGE and abs(len(old) - len(new)) <= _SIMILAR and old[:200] == new[:200]


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two begin with in common; halves its way, since comparing slices is much quicker than a loop."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(data: bytes, byte: int) -> Point:
    return Point(data.count(b"\n", 0, byte), byte - data.rfind(b"\n", 0, byte) - 1)


def error_spans(text: str, kind: str) -> tuple[Span, ...]:
    """Where tree-sitter could not make sense of a text (ERROR), and where it missed something (MISSING, empty spans)."""
    tree = parse(kind, text)
    return tuple(tree.span(node) for node in error_nodes(tree.root))


def error_nodes(root: Node) -> Iterator[Node]:
    """The outermost ERROR and MISSING nodes, in the text's order."""
    pending = [root]
    while pending:
        node = pending.pop()
        if node.is_error or node.is_missing:
            yield node
        elif node.has_error:
            pending.extend(reversed(node.children))


def _bytes(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("_", text).encode()


def _marks(text: str) -> list[int]:
    marks = [0]
    for start in range(0, len(text) - _STEP, _STEP):
        marks.append(marks[-1] + len(_bytes(text[start : start + _STEP])))
    return marks
