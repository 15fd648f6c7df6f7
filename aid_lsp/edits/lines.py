"""Lines and columns, as LSP and OCaml count them.

Inside AID a place in a text is a `str` index (an *offset*). Columns are converted once, at the edge:

    text            let s = "é😋" let y = 1
    column of `let y`   13 in utf-32 (and `str`)   14 in utf-16 (LSP's default)   17 in utf-8 (OCaml, dune, tree-sitter)

A line ends at \\n, \\r\\n or \\r and nowhere else: form feeds and U+2028 are ordinary characters (LSP 3.17, `str.splitlines`
disagrees and corrupts buffers).
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NewType

Offset = NewType("Offset", int)
"""An index into a `str`."""

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""What a column counts: bytes, UTF-16 code units, or code points."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text, end exclusive, in `str` offsets."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def of(self, text: str) -> str:
        """The characters that the span covers."""
        return text[self.start : self.end]

    def meets(self, other: "Span") -> bool:
        """Whether the two overlap or touch."""
        return self.start <= other.end and other.start <= self.end


def split_lines(text: str) -> list[str]:
    """Splits into lines that keep their ends; `"".join` is the inverse; an empty text has no lines."""
    if "\r" in text:
        return _LINE.findall(text)
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def width(text: str, encoding: Encoding) -> int:
    """How many columns a piece of one line takes."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def index_of_column(line: str, column: int, encoding: Encoding) -> int:
    """The index in `line` of a column; past the end clamps to the end, inside a character to its start."""
    if column <= 0:
        return 0
    if encoding == "utf-32" or line.isascii():
        return min(column, len(line))
    seen = 0
    for index, character in enumerate(line):
        size = width(character, encoding)
        if seen + size > column:
            return index
        seen += size
    return len(line)


class Lines:
    """Converts between offsets and (line, column) in one text; lines and columns count from 0.

    A position past the end of a line means the end of that line (before its line end), past the last line the end of the text.
    """

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        starts = [0]
        for line in split_lines(text):
            starts.append(starts[-1] + len(line))
        if len(starts) > 1 and not text.endswith(("\n", "\r")):
            starts.pop()
        self._starts = starts

    def __len__(self) -> int:
        """How many lines there are, the empty one after a final line end included."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """The line without its end; empty past the last line."""
        if not 0 <= number < len(self._starts):
            return ""
        return self.text[self._starts[number] : self._end(number)].rstrip("\r\n")

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """The offset of a position, clamped into the text."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        return self._starts[line] + index_of_column(self.line(line), column, encoding)

    def position(self, offset: int, encoding: Encoding = "utf-32") -> tuple[int, int]:
        """The (line, column) of an offset, clamped into the text."""
        offset = max(0, min(offset, len(self.text)))
        number = bisect_right(self._starts, offset) - 1
        return number, width(self.text[self._starts[number] : offset], encoding)

    def span_of_lines(self, first: int, last: int) -> Span:
        """The span of whole lines `first` to `last`, both included, with their ends."""
        start = self.offset(first, 0)
        return Span(start, max(start, self._end(min(last, len(self._starts) - 1))))

    def _end(self, number: int) -> int:
        return self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)


@lru_cache(maxsize=8)
def lines_of(text: str) -> Lines:
    """`Lines` of a text that is asked for again and again, as the blocks of one answer do."""
    return Lines(text)
