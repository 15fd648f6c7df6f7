"""Reads s-expressions as dune writes them, with their places.

(library (name shapes) ; a comment       ──▶  List([Atom library, List([Atom name, Atom shapes])])
 #| block |# #;(skipped))
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.edits.lines import Span

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|;[^\r\n]*)
      | (?P<block>\#\|)
      | (?P<skip>\#;)
      | (?P<open>\()
      | (?P<close>\))
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<atom>(?:(?!\#\||\|\#)[^\s();"])+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"#\||\|#")
_BLOCK_STRING = re.compile(r'"\\[|>][^\r\n]*(?:(?:\r\n|\n|\r)[ \t]*"\\[|>][^\r\n]*)*')
_ESCAPE = re.compile(r"\\(?:(\r\n|\n|\r)[ \t]*|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b"}


@dataclass(frozen=True, slots=True)
class Atom:
    """A word or a string."""

    text: str
    """What it means: without quotes and escapes."""
    span: Span


@dataclass(frozen=True, slots=True)
class List:
    """A list in parentheses."""

    items: tuple["Sexp", ...]
    span: Span

    @property
    def head(self) -> str:
        """The word it begins with; empty where it begins with none."""
        return self.items[0].text if self.items and isinstance(self.items[0], Atom) else ""

    def field(self, name: str) -> "List | None":
        """The first list in it that begins with that word."""
        return next((item for item in self.items if isinstance(item, List) and item.head == name), None)

    def words(self) -> tuple[str, ...]:
        """The words in it after the first."""
        return tuple(item.text for item in self.items[1:] if isinstance(item, Atom))


Sexp = Atom | List


def read_sexps(text: str) -> tuple[Sexp, ...]:
    """All complete s-expressions of a text; what is not closed, or closes nothing, is passed over."""
    stack: list[tuple[int, list[Sexp]]] = [(0, [])]
    skips: list[int] = []
    for kind, start, end in _tokens(text):
        if kind == "open":
            stack.append((start, []))
            continue
        if kind == "skip":
            skips.append(len(stack))
            continue
        if kind == "close":
            if len(stack) == 1:
                continue
            begun, items = stack.pop()
            while skips and skips[-1] > len(stack):
                skips.pop()
            made: Sexp = List(tuple(items), Span(begun, end))
        else:
            made = Atom(_meaning(kind, text[start:end]), Span(start, end))
        if skips and skips[-1] == len(stack):
            skips.pop()
        else:
            stack[-1][1].append(made)
    while len(stack) > 1:
        # a list that is never closed: what begins a line in it stands on its own
        _, items = stack.pop()
        stack[-1][1].extend(item for item in items if isinstance(item, List) and _begins_line(text, item.span.start))
    return tuple(stack[0][1])


def _begins_line(text: str, offset: int) -> bool:
    return offset == 0 or text[offset - 1] in "\r\n"


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    place = 0
    while place < len(text):
        block = _BLOCK_STRING.match(text, place)
        if block is not None:
            yield "block string", place, block.end()
            place = block.end()
            continue
        match = _TOKEN.match(text, place)
        if match is None:
            return
        kind = match.lastgroup or "other"
        place = match.end()
        if kind == "block":
            place = _after_block(text, place)
        elif kind not in ("space", "other"):
            yield kind, match.start(), match.end()


def _after_block(text: str, place: int) -> int:
    depth = 1
    for edge in _BLOCK_EDGE.finditer(text, place):
        depth += 1 if edge.group() == "#|" else -1
        if depth == 0:
            return edge.end()
    return len(text)


def _meaning(kind: str, written: str) -> str:
    if kind == "string":
        return _ESCAPE.sub(lambda match: "" if match[1] else _ESCAPED.get(match[2], match[2]), written[1:-1])
    if kind == "block string":
        return "\n".join(line.strip()[3:].removeprefix(" ") for line in re.split(r"\r\n|\n|\r", written))
    return written


def complete(text: str) -> bool:
    """Whether every list of a text is closed and nothing else is."""
    depth = 0
    for kind, _, _ in _tokens(text):
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if depth < 0:
            return False
    return depth == 0
