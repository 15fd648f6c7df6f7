"""Reads where a change is wanted: `FILE[:LINE[:COL]][-LINE[:COL]]`, lines and columns from 1, columns in characters."""

import re
from pathlib import Path

from aid_lsp.edits.lines import Lines, Span
from aid_lsp.errors import NotFound
from aid_lsp.workspace.request import Place
from aid_lsp.workspace.view import View

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+)(?::(?P<column>\d+))?(?:-(?P<end_line>\d+)(?::(?P<end_column>\d+))?)?)?")


def read_place(text: str, view: View, folder: Path) -> Place:
    """The place that `text` names; the file is looked for below `folder` first, then below the workspace's root.

    Without a line it is the whole file, without a column whole lines. Raises `NotFound` for a file that is not in the workspace.
    """
    match = _PLACE.fullmatch(text)
    assert match is not None  # the file part matches anything
    path = _path(match["file"], view, folder)
    content = view.text(path) or ""
    lines = Lines(content)
    if match["line"] is None:
        return Place(path, Span(0, len(content)))
    first = int(match["line"]) - 1
    last = int(match["end_line"]) - 1 if match["end_line"] else first
    whole = lines.span_of_lines(min(first, len(lines)), max(first, last))
    start = lines.offset(first, int(match["column"]) - 1) if match["column"] else whole.start
    if match["end_column"]:
        end = lines.offset(last, int(match["end_column"]) - 1)
    elif match["column"] and not match["end_line"]:
        end = start
    else:
        end = whole.end
    return Place(path, Span(start, max(start, end)))


def _path(name: str, view: View, folder: Path) -> str:
    known = set(view.paths())
    for base in (folder, view.root):
        candidate = (base / name).resolve()
        if candidate.is_relative_to(view.root):
            path = candidate.relative_to(view.root).as_posix()
            if path in known:
                return path
    raise NotFound(f"{name!r} is not a file of the workspace {view.root}.")
