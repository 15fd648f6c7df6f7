"""Prints diffs, verdicts and complaints for people, in colour where a terminal takes it."""

import re
import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.complain import told
from aid_lsp.edits.diff import word_marks
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Complaint
from aid_lsp.workspace.diagnostic import Diagnostic

_HEADER = re.compile(r"diff --git |--- (?:a/|\"a/|/dev/null)|\+\+\+ (?:b/|\"b/|/dev/null)|rename (?:from|to) ")
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "cyan": "36", "bold": "1", "dim": "2"}


class Paper:
    """What is printed on: a stream, with or without colour."""

    def __init__(self, stream: TextIO, colour: bool) -> None:
        self._stream = stream
        self._colour = colour

    def line(self, text: str = "", style: str = "") -> None:
        """Prints one line; the style is a colour's name or `bold`, `dim`. Never fails on odd characters."""
        if self._colour and style:
            text = f"\x1b[{_COLOURS[style]}m{text}\x1b[0m"
        encoding = self._stream.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding), file=self._stream, flush=True)

    def words(self, piece: str) -> None:
        """Prints a piece of a text that comes bit by bit."""
        text = "\n".join(_visible(line) for line in piece.split("\n"))
        encoding = self._stream.encoding or "utf-8"
        print(text.encode(encoding, "backslashreplace").decode(encoding), end="", file=self._stream, flush=True)

    def diff(self, unified: str) -> None:
        """Prints a unified diff; in colour, with the words that differ in reverse."""
        lines = unified.split("\n")
        marks = _marks(lines) if self._colour else {}
        for number, line in enumerate(lines):
            style = "bold" if _HEADER.match(line) else ""
            style = style or {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            pieces: list[str] = []
            at = 0
            for span in marks.get(number, ()):
                pieces += [_visible(line[at : span.start]), "\x1b[7m", _visible(line[span.start : span.end]), "\x1b[27m"]
                at = span.end
            self.line("".join([*pieces, _visible(line[at:])]), style)

    def verdict(self, verdict: Verdict) -> None:
        """Prints a verdict: its state, how far it got, how long it took, and what is wrong."""
        style = {"green": "green", "red": "red", "unknown": "yellow"}[verdict.state]
        times = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in verdict.timings.items())
        self.line(f"{verdict.state} ({verdict.tier.word}){f'  [{times}]' if times else ''}", style)
        if verdict.note:
            self.line(f"  {verdict.note}")
        if verdict.blast is not None:
            self.line(f"  {_visible(verdict.blast.sentence)}", "dim")
        self.diagnostics(verdict.diagnostics)
        for lint in verdict.lints:
            self.line(f"  look at {_visible(lint.path)}:{lint.line} ({lint.name}): {_visible(lint.message)}", "yellow")

    def diagnostics(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Prints diagnostics as OCaml does."""
        for diagnostic in diagnostics:
            place = f"{diagnostic.path}:{diagnostic.line}:{diagnostic.column}" if diagnostic.path else "(no file)"
            code = f" ({diagnostic.code})" if diagnostic.code else ""
            self.line(f"  {place}: {diagnostic.severity}{code}", "red" if diagnostic.severity == "error" else "yellow")
            for line in diagnostic.message.split("\n"):
                self.line(f"    {_visible(line)}")

    def complaints(self, complaints: Sequence[Complaint]) -> None:
        """Prints why an answer cannot be used."""
        for message in told(complaints):
            first, *rest = message.split("\n")
            self.line(_visible(first), "yellow")
            for line in rest:
                self.line(_visible(line))


def paper(stream: TextIO, colour: str = "auto") -> Paper:
    """The paper for a stream; `auto` colours terminals only."""
    return Paper(stream, colour == "always" or (colour == "auto" and stream.isatty()))


def progress(colour: str = "auto") -> Paper:
    """Where progress goes: stderr, so that stdout stays the result."""
    return paper(sys.stderr, colour)


def _marks(lines: list[str]) -> dict[int, tuple[Span, ...]]:
    """The parts of changed lines that differ, by line number, where as many lines came as went."""
    marks: dict[int, tuple[Span, ...]] = {}
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].startswith("-") and not _HEADER.match(lines[end]):
            end += 1
        count = end - at
        added = lines[end : end + count]
        follows = lines[end + count : end + count + 1]
        if count and len(added) == count and all(one.startswith("+") for one in added) and not any(f[:1] == "+" for f in follows):
            for offset in range(count):
                gone, come = word_marks(lines[at + offset][1:], added[offset][1:])
                marks[at + offset] = tuple(Span(one.start + 1, one.end + 1) for one in gone)
                marks[end + offset] = tuple(Span(one.start + 1, one.end + 1) for one in come)
        at = max(end, at + 1)
    return marks


def _visible(text: str) -> str:
    """Keeps a model's or a file's control characters from driving the terminal."""
    return "".join(
        c if c == "\t" or (ord(c) >= 32 and not 0x7F <= ord(c) < 0xA0) else f"\\x{ord(c):02x}" for c in text.rstrip("\r")
    )
