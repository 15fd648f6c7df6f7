"""Writes a block that has its place in the file's own spelling: indentation, typography."""

from aid_lsp.edits.blocks import Rows
from aid_lsp.edits.found import Found, line_edits
from aid_lsp.edits.indentation import rewritten
from aid_lsp.edits.target import Target
from aid_lsp.edits.typography import fold, marks_in


def spelled_out(spelling: str, rows: Rows, at: int, target: Target, count: int, *, prefixed: bool) -> Found | None:
    """The edits of rows whose kept and removed lines are the file's lines from `at`, in the file's own spelling."""
    if spelling in ("exact", "trailing"):
        rung = "exact" if spelling == "exact" else "trailing-space"
        return Found(rung, at, line_edits(rows, at), spelling=spelling)
    file_lines = target.contents[at : at + count]
    curled = False
    if spelling == "folded":
        refolded = _refolded(rows, file_lines, target)
        if refolded is None:
            return None
        rows, curled = refolded
    outcome = rewritten(rows, [fold(line) for line in file_lines] if spelling == "folded" else file_lines, prefixed=prefixed)
    if outcome is None:
        return None
    rung, added = outcome
    fresh = iter(added)
    rows = tuple((tag, next(fresh) if tag == "+" else line) for tag, line in rows)
    lost = "trailing" if rung == "trailing-space" else "stripped"
    return Found("typography" if spelling == "folded" else rung, at, line_edits(rows, at), curled, spelling=lost)


def _refolded(rows: Rows, file_lines: list[str], target: Target) -> tuple[Rows, bool] | None:
    """The rows in plain typography where the answer was curled; None where folding could spoil what the file means."""
    curled = False
    index = 0
    for tag, line in rows:
        if tag == "+":
            continue
        theirs = file_lines[index]
        index += 1
        if line.strip() == theirs.strip():
            continue
        if marks_in(theirs) and tag == "-":
            return None
        if marks_in(line):
            curled = True
    if curled:
        own = marks_in(target.text)
        if own and any(tag == "+" and own & marks_in(line) for tag, line in rows):
            return None
        return tuple((tag, fold(line)) for tag, line in rows), True
    return tuple((tag, line if tag == "+" else fold(line)) for tag, line in rows), False
