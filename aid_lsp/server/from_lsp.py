"""From the client's words to ours: URIs become paths, positions become offsets."""

import os
import re
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit

from lsprotocol import types as lsp

from aid_lsp.edits.lines import Encoding, Lines, Span
from aid_lsp.server.replies import BadArgument
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.root import find_root

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")


def path_of_uri(uri: str) -> Path | None:
    """The absolute path of a `file:` URI, with links as they are; None for every other URI."""
    if not uri.startswith(("file:", "FILE:")):
        return None
    try:
        parts = urlsplit(uri)
        host = parts.netloc
    except ValueError:
        return None
    if host not in ("", "localhost"):
        return None
    path = os.fsdecode(unquote_to_bytes(parts.path.encode("utf-8", "surrogatepass")))
    if not path.startswith("/") or "\0" in path:
        return None
    return Path(os.path.normpath(path))


def document_key(uri: str) -> str:
    """One spelling for the URIs that mean one document: clients percent-encode as they like."""
    path = path_of_uri(uri)
    return uri if path is None else str(path)


def span_of(lines: Lines, place: lsp.Range, encoding: Encoding) -> Span:
    """The span of a range, clamped into the text."""
    start = lines.offset(place.start.line, place.start.character, encoding)
    end = lines.offset(place.end.line, place.end.character, encoding)
    return Span(min(start, end), max(start, end))


def relative_to(root: Path, path: Path) -> str | None:
    """The path inside a workspace, with `/`; None for a path outside. Links on the way to the file are followed."""
    for candidate in (path, Path(os.path.realpath(path.parent)) / path.name):
        if candidate != root and candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None


def root_for(path: Path, folders: tuple[Path, ...]) -> Path:
    """The workspace that a file belongs to: dune's root, else the client's innermost folder around it, else its own folder."""
    root = find_root(path)
    if (root / "dune-project").is_file() or (root / "dune-workspace").is_file():
        return root
    real = Path(os.path.realpath(path))
    around = [folder for folder in (Path(os.path.realpath(folder)) for folder in folders) if real.is_relative_to(folder)]
    return max(around, key=lambda folder: len(folder.parts), default=root)


def range_of_json(value: object) -> lsp.Range | None:
    """A range as a command's argument carries it; None where there is none. Raises `BadArgument` for another shape."""
    if value is None:
        return None
    match value:
        case {
            "start": {"line": int(line), "character": int(column)},
            "end": {"line": int(end_line), "character": int(end_column)},
        }:
            return lsp.Range(_position(line, column), _position(end_line, end_column))
        case {"line": int(line), "character": int(column)}:
            return lsp.Range(_position(line, column), _position(line, column))
        case _:
            raise BadArgument("`range` has to be an LSP range: {start: {line, character}, end: {line, character}}.")


def diagnostic_of(path: str, lines: Lines, said: lsp.Diagnostic, encoding: Encoding) -> Diagnostic:
    """An editor's diagnostic, in OCaml's coordinates: lines from 1, columns in bytes."""
    span = span_of(lines, said.range, encoding)
    line, column = lines.position(span.start, "utf-8")
    end_line, end_column = lines.position(span.end, "utf-8")
    severe = said.severity in (None, lsp.DiagnosticSeverity.Error)
    return Diagnostic(
        path, line + 1, column, end_line + 1, end_column, "error" if severe else "warning", said.message, _code(said.code)
    )


def diagnostic_of_json(value: object) -> lsp.Diagnostic | None:
    """A diagnostic as a command's argument carries it."""
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    place, message = range_of_json(fields.get("range")), fields.get("message")
    if isinstance(message, dict):
        message = cast("dict[str, Any]", message).get("value")
    if place is None or not isinstance(message, str):
        raise BadArgument("`diagnostic` has to be an LSP diagnostic with `range` and `message`.")
    severity = fields.get("severity")
    known = isinstance(severity, int) and 1 <= severity <= 4
    code = fields.get("code")
    return lsp.Diagnostic(
        place,
        message,
        severity=lsp.DiagnosticSeverity(severity) if known else None,
        code=code if isinstance(code, int | str) else None,
    )


def _code(code: int | str | None) -> str | None:
    return None if code is None else str(code)


def _position(line: int, column: int) -> lsp.Position:
    return lsp.Position(max(0, line), max(0, column))
