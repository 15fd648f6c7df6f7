"""From the build's diagnostics to the client's: byte columns become its own, hunks become lines, places become links.

    Diagnostic(lib/é.ml, line 3, bytes 9-13) ──▶ lsp.Diagnostic(range in the client's encoding, source "aid (dune)")

Positions are of the saved text: the build has seen no other.
"""

import re
from collections.abc import Callable, Sequence

from lsprotocol import types as lsp

from aid_lsp.edits.lines import Encoding, Lines
from aid_lsp.recipes.sources import OCamlLines
from aid_lsp.server.capabilities import Client
from aid_lsp.workspace.diagnostic import Diagnostic

SOURCE = "aid (dune)"
PROMOTION = "promotion"
"""The code of a difference that can be promoted."""

_HUNK = re.compile(r"@@ -(\d+)")
_UNUSED = re.compile(r"\d+ \[(?:unused-[\w-]+|unused[\w-]*)\]|(?:2[67]|3[2-9]|69)\b")
_LONGEST = 20_000
"""Characters of one message: a failing test may print a book."""


class Texts:
    """The texts that positions are in, each read once."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self._read = read
        self._known: dict[str, tuple[OCamlLines, Lines]] = {}

    def position(self, path: str, line: int, column: int, encoding: Encoding) -> lsp.Position:
        """Where OCaml's line (from 1) and byte column are for the client; clamped into the text."""
        by_ocaml, by_lsp = self._lines(path)
        offset = by_ocaml.offset(line, column)
        if offset is None:
            offset = by_lsp.offset(line - 1, column, "utf-8")
        return lsp.Position(*by_lsp.position(offset, encoding))

    def whole_line(self, path: str, line: int, encoding: Encoding) -> lsp.Range:
        """What is written on a line (from 0), without the blanks before it."""
        content = self._lines(path)[1].line(line)
        start, end = len(content) - len(content.lstrip()), len(content)
        lines = Lines(content)
        return lsp.Range(
            lsp.Position(line, lines.position(start, encoding)[1]), lsp.Position(line, lines.position(end, encoding)[1])
        )

    def _lines(self, path: str) -> tuple[OCamlLines, Lines]:
        if path not in self._known:
            text = self._read(path) or ""
            self._known[path] = OCamlLines(text), Lines(text)
        return self._known[path]


def to_client(
    diagnostics: Sequence[Diagnostic], path: str, texts: Texts, client: Client, uri: Callable[[str], str]
) -> list[lsp.Diagnostic]:
    """The diagnostics of one file, by line. `uri` says what the client calls a path."""
    found = [_one(one, path, texts, client, uri) for one in diagnostics]
    return sorted(found, key=lambda one: (one.range.start.line, one.range.start.character, one.severity or 0, str(one.message)))


def _one(said: Diagnostic, path: str, texts: Texts, client: Client, uri: Callable[[str], str]) -> lsp.Diagnostic:
    message = said.message[:_LONGEST]
    if said.promotion:
        message = f"This is not what the test prints now; `AID: promote test output` takes it over.\n{message}"
    related = [one for one in said.related if one.message]
    links = None
    if client.related_information:
        links = [
            lsp.DiagnosticRelatedInformation(lsp.Location(uri(one.path), lsp.Range(place, place)), one.message)
            for one in related
            for place in [texts.position(one.path, one.line, one.column, client.encoding)]
        ]
    else:
        message = "\n".join([message, *(f"{one.path}:{one.line}: {one.message}" for one in related)])
    return lsp.Diagnostic(
        _range(said, path, texts, client.encoding),
        message,
        severity=lsp.DiagnosticSeverity.Error if said.severity == "error" else lsp.DiagnosticSeverity.Warning,
        code=PROMOTION if said.promotion else said.code,
        source=SOURCE,
        tags=_tags(said, client),
        related_information=links or None,
    )


def _range(said: Diagnostic, path: str, texts: Texts, encoding: Encoding) -> lsp.Range:
    if path != said.path:  # not in a file that people write
        return texts.whole_line(path, 0, encoding)
    if said.promotion:
        return texts.whole_line(path, _first_change(said.message), encoding)
    start = texts.position(path, said.line, said.column, encoding)
    end = texts.position(path, said.end_line, said.end_column, encoding)
    if (end.line, end.character) > (start.line, start.character):
        return lsp.Range(start, end)
    whole = texts.whole_line(path, start.line, encoding)
    return lsp.Range(start, whole.end) if whole.end.character > start.character else lsp.Range(start, start)


def _first_change(diff: str) -> int:
    """The line (from 0) of the first difference."""
    line: int | None = None
    for row in diff.split("\n"):
        if hunk := _HUNK.match(row):
            line = max(0, int(hunk.group(1)) - 1)
        elif line is not None and row[:1] in ("-", "+"):
            return line
        elif line is not None:
            line += 1
    return 0


def _tags(said: Diagnostic, client: Client) -> list[lsp.DiagnosticTag] | None:
    if said.code and client.diagnostic_tags:
        if said.code in ("alert deprecated", "3 [deprecated]"):
            return [lsp.DiagnosticTag.Deprecated]
        if _UNUSED.match(said.code):
            return [lsp.DiagnosticTag.Unnecessary]
    return None
