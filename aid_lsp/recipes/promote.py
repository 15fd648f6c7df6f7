"""Takes over what tests print: applies the differences that `dune promote` would accept."""

import re
from collections.abc import Callable, Sequence

from aid_lsp.edits.lines import split_lines
from aid_lsp.workspace.diagnostic import Diagnostic

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def promoted(diagnostics: Sequence[Diagnostic], texts: Callable[[str], str | None]) -> dict[str, str]:
    """The new texts, by path; files whose difference does not fit their text exactly are left out."""
    found: dict[str, str] = {}
    for diagnostic in diagnostics:
        path = diagnostic.path
        text = found.get(path, texts(path)) if path else None
        if path is not None and text is not None:
            after = _applied(text, diagnostic.message)
            if after is not None and after != text:
                found[path] = after
    return found


def _applied(text: str, diff: str) -> str | None:
    """The text with a unified diff's hunks; None unless every line fits."""
    lines = split_lines(text)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    result: list[str] = []
    taken = 0
    rows = diff.split("\n")
    index = 0
    hunks = 0
    while index < len(rows):
        header = _HUNK.match(rows[index])
        index += 1
        if header is None:
            continue
        hunks += 1
        old_left = int(header.group(2) or 1)
        new_left = int(header.group(3) or 1)
        start = int(header.group(1)) - (1 if old_left else 0)
        if start < taken or start > len(lines):
            return None
        result += lines[taken:start]
        taken = start
        while (old_left or new_left) and index < len(rows):
            row = rows[index]
            index += 1
            if row.startswith("\\"):
                continue
            mark, content = (row[:1] or " "), row[1:]
            if mark in " -":
                if taken >= len(lines) or lines[taken].rstrip("\r\n") != content.rstrip("\r"):
                    return None
                if mark == " ":
                    result.append(lines[taken])
                    new_left -= 1
                taken += 1
                old_left -= 1
            elif mark == "+":
                result.append(content.rstrip("\r") + end)
                new_left -= 1
            else:
                return None
        if old_left or new_left:
            return None
    return "".join((*result, *lines[taken:])) if hunks else None
