"""The text of a file after its edits, its line ends kept."""

import re
from collections.abc import Iterable

from aid_lsp.edits.blocks import Exact
from aid_lsp.edits.diff import blob_name
from aid_lsp.edits.found import LineEdit
from aid_lsp.edits.sequence import changes
from aid_lsp.edits.target import Target

_LINE_OF_GIT = re.compile(r"[^\n]*\n|[^\n]+")


def by_numbers(text: str, block: Exact) -> str | None:
    """The text after a diff's hunks, each where its number says, byte by byte as git counts lines; None where they do not fit.

    Blob names, where the diff has them, must be those of the text before and after.
    """
    if block.blobs is not None and not blob_name(text).startswith(block.blobs[0]):
        return None
    lines = _LINE_OF_GIT.findall(text)
    pieces: list[str] = []
    at = 0
    for start, rows, ends in block.hunks:
        before = [row for tag, row in rows if tag != "+"]
        first = start - 1 if before else start
        theirs = lines[first : first + len(before)]
        if first < at or [line.removesuffix("\n") for line in theirs] != before:
            return None
        pieces += lines[at:first]
        kept = iter(theirs)
        for tag, row in rows:
            if tag == "+":
                pieces.append(f"{row}\n")
            elif tag == " ":
                pieces.append(next(kept))
            else:
                next(kept)
        at = first + len(before)
        if ends is False and at == len(lines) and pieces:
            pieces[-1] = pieces[-1].removesuffix("\n")
    after = "".join([*pieces, *lines[at:]])
    return after if block.blobs is None or blob_name(after).startswith(block.blobs[1]) else None


def rendered(target: Target, edits: Iterable[LineEdit], final_newline: bool | None) -> str:
    """The file's text after the edits: kept lines keep their ends, new lines get the file's, and so does the last one."""
    lines: list[str] = []
    ends: list[str] = []
    at = 0
    for edit in edits:
        lines += target.contents[at : edit.start]
        ends += target.ends[at : edit.start]
        lines += edit.lines
        ends += [target.eol] * len(edit.lines)
        at = edit.end
    lines += target.contents[at:]
    ends += target.ends[at:]
    return _joined(target, lines, ends, final_newline)


def fitted(target: Target, lines: list[str]) -> str:
    """A file's new lines as a text, with the line ends that the file has."""
    if not target.text:
        return "\n".join(lines) + "\n" if lines else ""
    ends = [target.eol] * len(lines)
    if "\r" in target.text or not target.final_newline:
        at = other = 0
        for run in changes(target.contents, lines):
            ends[other : run.b0] = target.ends[at : run.a0]
            at, other = run.a1, run.b1
        ends[other:] = target.ends[at:]
    return _joined(target, lines, ends, None)


def _joined(target: Target, lines: list[str], ends: list[str], final_newline: bool | None) -> str:
    if not lines:
        return ""
    ends = [end or target.eol for end in ends]
    wanted = target.final_newline if final_newline is None else final_newline
    if not wanted:
        ends[-1] = ""
    return "".join([text for pair in zip(lines, ends, strict=True) for text in pair])
