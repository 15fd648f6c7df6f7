"""Where a failing test is: dune names the stanza that runs it, what it printed often tells more.

exception Assert_failure("test/t.ml", 3, 9)                    ──▶ test/t.ml:3:9
Called from Dune__exe__T.go in file "test/t.ml", line 7, …     ──▶ test/t.ml:7
[FAIL]  area  0  rect.      Error: shapes:0:area.              ──▶ the line of test/t.ml that says "rect", "area"
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from aid_lsp.workspace.diagnostic import Diagnostic, Related

_ASSERT = re.compile(r'Assert_failure\("(?P<path>[^"]+)", (?P<line>\d+), (?P<column>\d+)\)')
_FRAME = re.compile(
    r'^(?:Raised|Re-raised|Called|Raised by primitive operation).* (?:in )?file "(?P<path>[^"]+)"(?: \(inlined\))?, '
    r"lines? (?P<line>\d+)(?:-\d+)?, characters (?P<column>\d+)",
    re.MULTILINE,
)
_NAMED = (
    re.compile(r"^.{0,2}\[FAIL\]\s+\S.*?\s+\d+\s+(?P<name>\S.*?)\.?\s*│?$", re.MULTILINE),
    re.compile(r"^Error: (?:\S.*:)?\d*:?(?P<name>[^:\n]+)\.$", re.MULTILINE),
)
_MOST_BYTES = 1 << 20


def at_their_tests(diagnostics: Iterable[Diagnostic], root: Path) -> tuple[Diagnostic, ...]:
    """The diagnostics, failing tests at their own lines as far as those are told; reads the tests' files."""
    return tuple(_placed(one, root) for one in diagnostics)


def _placed(said: Diagnostic, root: Path) -> Diagnostic:
    if said.path is None or said.severity != "error" or said.promotion or Path(said.path).name != "dune":
        return said
    for found in (*_ASSERT.finditer(said.message), *_FRAME.finditer(said.message)):
        if (root / found["path"]).is_file() and not found["path"].startswith(("/", "..")):
            return _at(said, found["path"], int(found["line"]), int(found["column"]))
    return _by_name(said, root) or said


def _by_name(said: Diagnostic, root: Path) -> Diagnostic | None:
    """The test's line by its name in the module that the stanza is named after."""
    name = next((found["name"] for pattern in _NAMED if (found := pattern.search(said.message))), None)
    if name is None or said.path is None or said.end_column <= said.column:
        return None
    stanza = _lines(root / said.path)[said.line - 1 : said.line]
    module = stanza[0].encode()[said.column : said.end_column].decode("utf-8", "replace") if stanza else ""
    path = (Path(said.path).parent / f"{module}.ml").as_posix()
    hits = [number for number, line in enumerate(_lines(root / path), 1) if f'"{name}"' in line]
    cases = [number for number in hits if re.search(r"test_case|>:|\btest\b", _lines(root / path)[number - 1])]
    return _at(said, path, (cases or hits)[0], 0) if hits else None


def _at(said: Diagnostic, path: str, line: int, column: int) -> Diagnostic:
    stanza = Related(said.path or path, said.line, said.column, "this stanza runs the test")
    return replace(said, path=path, line=line, column=column, end_line=line, end_column=column, related=(*said.related, stanza))


def _lines(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace").split("\n")
    except OSError:
        return []
