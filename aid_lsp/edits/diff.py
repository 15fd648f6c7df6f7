"""Compares texts: edits for editors, hunks for pages, a unified diff for `git apply` and `patch -p1`.

edits_between(before, after)   the smallest edits, cut to whole words
hunks(before, after)           rows with line numbers and word marks, as data
unified(patch)                 text; carries git's blob names, so that AID (and git) can tell what it was made for
stat(patch)                    lines added and removed
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from aid_lsp.edits.lines import Span, split_lines
from aid_lsp.edits.patch import Edit, FileChange, Patch
from aid_lsp.edits.sequence import Change, changes, slid

Heading = Callable[[str, str, int], str]
"""heading(path, text, line): the definition that encloses a line (from 0), as a hunk header shows it; empty for none."""

_WORD = re.compile(r"[^\W\d]['\w]*|\d[\w.]*|[^\S\r\n]+|\r\n|[^\w\s]|\s|\w")
_LINE_OF_GIT = re.compile(r"[^\n]*\n|[^\n]+")
_PLAIN_PATH = re.compile(r"[ !#-\[\]-~]+")
_ESCAPES = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}
_NO_NEWLINE = "\\ No newline at end of file"
_NAME = 10
"""So many digits of a blob's name are written, as git does, which writes seven or more."""
_LONGEST_MARKED = 2000
"""Lines longer than this get no word marks: nobody reads them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a hunk."""

    tag: Literal[" ", "-", "+"]
    text: str
    """The line with its end; a last line may have none."""
    old: int | None
    """Its number before, from 1; None for an added line."""
    new: int | None
    """Its number after; None for a removed line."""
    marks: tuple[Span, ...] = ()
    """The parts of a changed line that differ from the line it replaces; empty where all of it is new or gone."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Changed lines with the lines around them."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    heading: str
    rows: tuple[Row, ...]

    @property
    def header(self) -> str:
        """`@@ -1,4 +1,5 @@ let area shape =`."""
        old = f"{self.old_start},{self.old_count}" if self.old_count != 1 else f"{self.old_start}"
        new = f"{self.new_start},{self.new_count}" if self.new_count != 1 else f"{self.new_start}"
        return f"@@ -{old} +{new} @@ {self.heading}".rstrip()


def line_changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """The runs of lines that differ, moved to where people expect them: at the start of an item, before a blank line."""
    return slid(before, after, changes(before, after), _awkwardness)


def edits_between(before: str, after: str) -> tuple[Edit, ...]:
    """The smallest edits by lines, each cut down to the words that differ; empty for equal texts.

    `apply_edits(before, edits_between(before, after)) == after`. No edit starts or ends inside `\\r\\n`.
    """
    old, new = split_lines(before), split_lines(after)
    edits: list[Edit] = []
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    for run in line_changes(old, new):
        pairs = [(run.a0, run.a1, run.b0, run.b1)]
        if run.a1 - run.a0 == run.b1 - run.b0 and all(
            _alike(x, y) for x, y in zip(old[run.a0 : run.a1], new[run.b0 : run.b1], strict=True)
        ):
            pairs = [(run.a0 + i, run.a0 + i + 1, run.b0 + i, run.b0 + i + 1) for i in range(run.a1 - run.a0)]
        for a0, a1, b0, b1 in pairs:
            x, y = "".join(old[a0:a1]), "".join(new[b0:b1])
            head, tail = _common_ends(x, y)
            edits.append(Edit(Span(offsets[a0] + head, offsets[a1] - tail), y[head : len(y) - tail]))
    return tuple(edits)


def hunks(before: str, after: str, *, path: str = "", heading: Heading | None = None, context: int = 3) -> tuple[Hunk, ...]:
    """The hunks of one file, as data for pages, with word marks."""
    return _hunks(before, after, split_lines, path, heading, context, marks=True)


def _hunks(
    before: str, after: str, split: Callable[[str], list[str]], path: str, heading: Heading | None, context: int, *, marks: bool
) -> tuple[Hunk, ...]:
    old, new = split(before), split(after)
    runs = line_changes(old, new)
    groups: list[list[Change]] = []
    for run in runs:
        if groups and run.a0 - groups[-1][-1].a1 <= 2 * context:
            groups[-1].append(run)
        else:
            groups.append([run])
    result: list[Hunk] = []
    for group in groups:
        a0 = max(0, group[0].a0 - context)
        a1 = min(len(old), group[-1].a1 + context)
        b0 = group[0].b0 - (group[0].a0 - a0)
        b1 = group[-1].b1 + (a1 - group[-1].a1)
        rows: list[Row] = []
        at, other = a0, b0
        for run in group:
            rows += (Row(" ", old[at + i], at + i + 1, other + i + 1) for i in range(run.a0 - at))
            rows += _changed_rows(old, new, run, marks=marks)
            at, other = run.a1, run.b1
        rows += (Row(" ", old[at + i], at + i + 1, other + i + 1) for i in range(a1 - at))
        name = heading(path, before, group[0].a0) if heading and before else ""
        result.append(
            Hunk(
                old_start=a0 + 1 if a1 > a0 else a0,
                old_count=a1 - a0,
                new_start=b0 + 1 if b1 > b0 else b0,
                new_count=b1 - b0,
                heading=" ".join(name.split())[:80],
                rows=tuple(rows),
            )
        )
    return tuple(result)


def unified(patch: Patch, heading: Heading | None = None, context: int = 3) -> str:
    """A git-style unified diff that `git apply` and `patch -p1` accept; empty for an empty patch.

    Renames, new, deleted and empty files are said in git's extended headers; lines keep their own ends.
    """
    moved = {change.moved_from: change for change in patch.changes if change.moved_from is not None and change.before is None}
    pieces: list[str] = []
    for change in patch.changes:
        target = moved.get(change.path)
        if change.after is None and target is not None:
            continue  # said by the rename's own section
        pieces += _section(patch, change, heading, context)
    return "".join(pieces)


def stat(patch: Patch) -> dict[str, tuple[int, int]]:
    """Lines (added, removed) by path."""
    counts: dict[str, tuple[int, int]] = {}
    for change in patch.changes:
        runs = changes(split_lines(change.before or ""), split_lines(change.after or ""))
        counts[change.path] = (sum(run.b1 - run.b0 for run in runs), sum(run.a1 - run.a0 for run in runs))
    return counts


def blob_name(text: str) -> str:
    """What git calls a file of this text: the hash on a diff's `index` line."""
    data = text.encode("utf-8", "surrogateescape") if _encodable(text) else text.encode("utf-8", "surrogatepass")
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _encodable(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _section(patch: Patch, change: FileChange, heading: Heading | None, context: int) -> list[str]:
    origin = next((c for c in patch.changes if c.path == change.moved_from and c.after is None), None)
    renamed = origin is not None and change.before is None
    old_path = change.moved_from if renamed and change.moved_from is not None else change.path
    before = origin.before if renamed and origin is not None else change.before
    pieces = [f"diff --git {_quoted('a/', old_path, spaces=True)} {_quoted('b/', change.path, spaces=True)}\n"]
    if renamed:
        pieces.append(f"rename from {_quoted('', old_path)}\nrename to {_quoted('', change.path)}\n")
    elif before is None:
        pieces.append("new file mode 100644\n")
    elif change.after is None:
        pieces.append("deleted file mode 100644\n")
    if before == change.after:
        return pieces
    old, new = (("0" * 40 if text is None else blob_name(text))[:_NAME] for text in (before, change.after))
    pieces.append(f"index {old}..{new}{'' if before is None or change.after is None else ' 100644'}\n")
    found = _hunks(before or "", change.after or "", _LINE_OF_GIT.findall, change.path, heading, context, marks=False)
    if found:
        pieces.append(f"--- {'/dev/null' if before is None else _quoted('a/', old_path, tab=True)}\n")
        pieces.append(f"+++ {'/dev/null' if change.after is None else _quoted('b/', change.path, tab=True)}\n")
    for hunk in found:
        pieces.append(f"{hunk.header}\n")
        pieces += (f"{row.tag}{row.text}" + ("" if row.text.endswith("\n") else f"\n{_NO_NEWLINE}\n") for row in hunk.rows)
    return pieces


def _quoted(prefix: str, path: str, *, tab: bool = False, spaces: bool = False) -> str:
    """A path as git writes it: in C quotes where it must; with a tab behind a space, so that `patch` reads no date into it.

    `spaces` quotes for spaces too: `patch` finds the names of a bare rename in no other way.
    """
    if _PLAIN_PATH.fullmatch(path) and not (spaces and " " in path):
        return f"{prefix}{path}\t" if tab and " " in path else f"{prefix}{path}"
    data = path.encode("utf-8", "surrogateescape")
    quoted = "".join(_ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in data)
    return f'"{prefix}{quoted}"'


def _changed_rows(old: list[str], new: list[str], run: Change, *, marks: bool) -> list[Row]:
    """The removed lines, then the added ones; where as many go as come, each pair shows the words that differ."""
    removed, added = old[run.a0 : run.a1], new[run.b0 : run.b1]
    gone: list[tuple[Span, ...]] = [()] * len(removed)
    come: list[tuple[Span, ...]] = [()] * len(added)
    if marks and len(removed) == len(added):
        for index, (x, y) in enumerate(zip(removed, added, strict=True)):
            gone[index], come[index] = word_marks(x, y)
    rows = [Row("-", text, run.a0 + i + 1, None, gone[i]) for i, text in enumerate(removed)]
    return rows + [Row("+", text, None, run.b0 + i + 1, come[i]) for i, text in enumerate(added)]


def word_marks(before: str, after: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The parts of two versions of one line that differ, in words; both empty where the lines have too little in common."""
    if max(len(before), len(after)) > _LONGEST_MARKED:
        return (), ()
    x: list[str] = _WORD.findall(before)
    y: list[str] = _WORD.findall(after)
    runs = changes(x, y)
    kept = len("".join(x)) - sum(len("".join(x[run.a0 : run.a1])) for run in runs)
    blank = sum(len(word) for word in x if word.isspace())
    if 3 * (kept - blank) < max(len(before.strip()), len(after.strip())) - blank:
        return (), ()
    return _marked(x, [(run.a0, run.a1) for run in runs]), _marked(y, [(run.b0, run.b1) for run in runs])


def _marked(words: list[str], runs: list[tuple[int, int]]) -> tuple[Span, ...]:
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    return tuple(Span(offsets[start], offsets[end]) for start, end in runs if start < end)


def _alike(x: str, y: str) -> bool:
    """Whether one line became the other, rather than being replaced by it."""
    head, tail = _common_ends(x, y)
    return 2 * (head + tail) >= max(len(x), len(y))


def _common_ends(x: str, y: str) -> tuple[int, int]:
    """How many characters two texts share at their start and at their end, cut to whole words."""
    limit = min(len(x), len(y))
    head = _shared(x, y, limit)
    tail = _shared_end(x, y, limit - head)
    while head and _inside_word(x, head, y):
        head -= 1
    while tail and (_inside_word(x, len(x) - tail, y, len(y) - tail) or len(x) - tail < head):
        tail -= 1
    return head, tail


def _shared(x: str, y: str, limit: int) -> int:
    """The length of the common start, found by halves: comparing slices is quicker than comparing characters."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if x[low:middle] == y[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _shared_end(x: str, y: str, limit: int) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if x[len(x) - middle : len(x) - low] == y[len(y) - middle : len(y) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _inside_word(x: str, at: int, y: str, other: int | None = None) -> bool:
    """Whether a cut would part a word, or a line end, in either text."""
    return any(
        0 < index < len(text)
        and ((_is_word(text[index - 1]) and _is_word(text[index])) or (text[index - 1] == "\r" and text[index] == "\n"))
        for text, index in ((x, at), (y, at if other is None else other))
    )


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_'"


def _awkwardness(lines: Sequence[str], start: int, end: int) -> int:
    """How badly a block of lines reads as one inserted or removed piece: best from an item's first line to the blank after it."""
    first = lines[start]
    if not first.strip():
        return 1000
    indentation = len(first) - len(first.lstrip())
    return 2 * min(indentation, 400) + (0 if not lines[end - 1].strip() or start == 0 or not lines[start - 1].strip() else 1)
