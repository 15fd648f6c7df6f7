"""Unified diffs as models write them: only the lines count, never the numbers.

    --- a/lib/shape.ml
    +++ b/lib/shape.ml
    @@ let area s =
    -  s.width * s.width
    +  s.width * s.height

A hunk is placed by its lines. Where they occur several times, the definition behind the second @@ may settle it; line numbers do not.
A diff that git's blob names prove to be made for the very text (`index 1f2e3d..`) is applied by its numbers.
`parse_strict` is for diffs that a tool made; it goes through `unidiff`.
"""

import re
from dataclasses import replace

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from aid_lsp.edits.blocks import Block, Change, Create, Delete, Exact, Fault, Parsed, Rename, Rows
from aid_lsp.edits.formats.diff_lines import MOST_HUNKS, DiffFile, DiffHunk, diff_files
from aid_lsp.edits.formats.diff_paths import paths_of
from aid_lsp.edits.formats.fences import Known, fences, path_in_info, path_in_line
from aid_lsp.edits.lines import Span

NAME = "unified_diff"

INSTRUCTIONS = """\
Answer with one unified diff in a ```diff fence:

```diff
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ let area s =
 let area s =
-  s.width * s.width
+  s.width * s.height
```

- Line numbers are not needed. Behind `@@` write the first line of the definition that you change.
- Start each line with a space (kept), `-` (removed) or `+` (added), then the line itself as it is in the file, every space, never `...`.
- The kept and removed lines of a hunk must occur exactly once in the file: show three kept lines on each side, more where needed.
- For a new file write `--- /dev/null`, for a deleted one `+++ /dev/null`; to rename, `rename from old/path.ml` and `rename to new/path.ml`
  under a `diff --git a/old/path.ml b/new/path.ml` line.
- The diff is applied all or none."""

_AT = re.compile(r"^@@(?: |$)", re.MULTILINE)
_CHANGED = re.compile(r"^[ \t]{0,3}[+-]", re.MULTILINE)
_SIGN = re.compile(r"^(?:---|\+\+\+|@@|diff --git )", re.MULTILINE)


def looks_like(answer: str) -> bool:
    """Whether the answer has lines that only diffs have."""
    if re.search(r"^diff --git |^--- [^\n]*\n\+\+\+ ", answer, re.MULTILINE):
        return True
    fenced = fences(answer)
    if any(fence.info.split(" ")[0].lower() in ("diff", "patch", "udiff") for fence in fenced):
        return True
    if _AT.search(answer) is None:
        return False
    # `@@` is an operator, too: lines of the same text that are added or removed tell
    pieces = [
        *(fence.body for fence in fenced),
        *(fence.gap for fence in fenced),
        answer[fenced[-1].span.end :] if fenced else answer,
    ]
    return any(_AT.search(piece) and _CHANGED.search(piece) for piece in pieces)


def parse(answer: str, known: Known, default_path: str | None) -> Parsed:
    """Reads every diff of the answer, fenced or not."""
    blocks: list[Block] = []
    faults: list[Fault] = []
    used: list[Span] = []
    fenced = [fence for fence in fences(answer) if _is_diff(fence.info, fence.body)]
    texts: list[tuple[str, str | None, bool]] = []
    for fence in fenced:
        named = path_in_info(fence.info, known) or path_in_line(fence.before, known)
        texts.append((fence.body, named, True))
        used.append(fence.span)
        if not fence.closed:
            faults.append(Fault(None, None, "the answer ends inside a fence: it was cut off"))
    if not fenced:
        texts.append((answer, None, False))
        used.append(Span(0, len(answer)))
    listed = [(file, named) for text, named, closed in texts for file in diff_files(text, closed=closed, faults=faults)]
    prefixless = any(hunk.rows[index][1] for file, _ in listed for hunk in file.hunks for index in hunk.bare)
    for file, named in listed:
        _blocks(file, named or default_path, known, blocks, faults, prefixless=prefixless)
        if len(blocks) > MOST_HUNKS:
            faults.append(Fault(None, None, f"the answer has more than {MOST_HUNKS} hunks"))
            return Parsed((), tuple(faults), tuple(used))
    return Parsed(tuple(blocks), tuple(faults), tuple(used))


def _is_diff(info: str, body: str) -> bool:
    word = info.partition(" ")[0].lower()
    if word in ("diff", "patch", "udiff", "git"):
        return True
    return _SIGN.match(body) is not None and looks_like(body)


def _blocks(
    file: DiffFile, fallback: str | None, known: Known, blocks: list[Block], faults: list[Fault], *, prefixless: bool = False
) -> None:
    old, new = paths_of(file.old, file.new, file.git, fallback, known)
    number = len(blocks) + len(faults) + 1
    path = new or old
    if path is None:
        if file.hunks:
            faults.append(Fault(number, None, "it names no file: write `--- a/path` and `+++ b/path` before the first @@"))
        return
    if file.problem:
        faults.append(Fault(number, path, file.problem))
        return
    if file.rename is not None:
        old, new = file.rename
        blocks.append(Rename(number, old, new))
        path = new
        number += 1
    elif old is not None and new is not None and old != new:
        if not known(old) and known(new):
            path = new
        elif file.headed and known(old):
            faults.append(
                Fault(
                    number, path, f"it has two paths, {old!r} and {new!r}; to rename, write `rename from` and `rename to` lines"
                )
            )
            return
    created = file.created or (file.old == "/dev/null")
    deleted = file.deleted or (file.new == "/dev/null")
    if deleted:
        blocks.append(Delete(number, old or path))
        return
    if created:
        rows = [row for hunk in file.hunks for row in hunk.rows]
        lines = [text for tag, text in rows if tag == "+" or (tag == " " and text == "")]
        while lines and rows and not lines[-1] and rows[-1][0] == " ":
            lines.pop()
            rows.pop()
        if any(tag == "-" or (tag == " " and text.strip()) for tag, text in rows):
            faults.append(Fault(number, path, "it creates a file, so each of its lines must start with `+`"))
            return
        ends = not any(hunk.no_newline_new for hunk in file.hunks)
        blocks.append(Create(number, path, "\n".join(lines) + ("\n" if ends and lines else "")))
        return
    if file.index is not None and all(hunk.line is not None and not hunk.bare for hunk in file.hunks) and file.hunks:
        hunks = tuple((hunk.line or 0, tuple(hunk.rows), _final_newline(hunk)) for hunk in file.hunks)
        exact = Exact(
            number,
            path,
            hunks,
            file.index,
            tuple(_change(hunk, number + i, path, prefixless=prefixless) for i, hunk in enumerate(file.hunks)),
        )
        blocks.append(exact)
        return
    blocks += (_change(hunk, number + i, path, prefixless=prefixless) for i, hunk in enumerate(file.hunks) if hunk.rows)


def _final_newline(hunk: DiffHunk) -> bool | None:
    if hunk.no_newline_new:
        return False
    return True if hunk.no_newline_old else None


def _change(hunk: DiffHunk, number: int, path: str, *, prefixless: bool) -> Change:
    rows: Rows = tuple((tag, text.removesuffix("\r")) for tag, text in hunk.rows)
    readings: list[Rows] = [rows]
    bare = set(hunk.bare)
    cut = len(rows)
    while cut and cut - 1 in bare and not rows[cut - 1][1]:
        cut -= 1
    if cut < len(rows):
        readings.append(rows[:cut])
    if may_lack_prefixes(rows[:cut], bare, elsewhere=prefixless):
        readings.append(with_prefixes(rows[:cut], bare))
    at_end = hunk.no_newline_old or hunk.no_newline_new
    headings = (hunk.heading,) if hunk.heading else ()
    return Change(number, path, tuple(readings), False, headings, hunk.line, True, at_end, _final_newline(hunk))


def may_lack_prefixes(rows: Rows, bare: set[int], *, elsewhere: bool) -> bool:
    """Whether a diff's kept lines may have come without their prefix.

    A removed line would show it, and so does a kept one in the first column, here or elsewhere in the answer. Without either, lines that
    are all indented show it too: had the whole block lost its indentation, one of them would stand in the first column.
    """
    kept = [text for index, (tag, text) in enumerate(rows) if tag == " " and text.strip() and index not in bare]
    if not kept:
        return False
    if elsewhere or any(rows[index][1] for index in bare if index < len(rows)) or any(tag == "-" for tag, _ in rows):
        return True
    return all(text.startswith((" ", "\t")) for tag, text in rows if text.strip() and tag != "-")


def with_prefixes(rows: Rows, bare: set[int]) -> Rows:
    """The rows as they are if the kept lines came without their prefix."""
    return tuple(
        (tag, text if tag != " " or index in bare or not text.strip() else f" {text}") for index, (tag, text) in enumerate(rows)
    )


def parse_strict(text: str, known: Known) -> Parsed | None:
    """Reads a diff that a tool made, whose counts and numbers hold; None where `unidiff` does not take it, or finds another number
    of files and hunks than we do.
    """
    try:
        patch = PatchSet(text)
    except (UnidiffParseError, ValueError, IndexError):
        return None
    faults: list[Fault] = []
    files = [file for file in diff_files(text, closed=False, faults=faults) if file.hunks]
    if faults or [len(file.hunks) for file in files] != [len(found) for found in patch if len(found)]:
        return None
    if any(hunk.short or hunk.bare or hunk.line is None for file in files for hunk in file.hunks):
        return None
    blocks: list[Block] = []
    for file in diff_files(text, closed=False, faults=faults):
        _blocks(file, None, known, blocks, faults)
    trusted = [replace(block, blobs=None) if isinstance(block, Exact) else block for block in _with_numbers(blocks)]
    return Parsed(tuple(trusted), tuple(faults), (Span(0, len(text)),))


def _with_numbers(blocks: list[Block]) -> list[Block]:
    """The blocks, with the changes of each file put together as hunks at their line numbers."""
    result: list[Block] = []
    by_path: dict[str, list[Change]] = {}
    for block in blocks:
        if isinstance(block, Change):
            by_path.setdefault(block.path, []).append(block)
        else:
            result.append(block)
    for path, changes in by_path.items():
        hunks = tuple((change.line or 0, change.readings[0], change.final_newline) for change in changes)
        result.append(Exact(changes[0].number, path, hunks, None, tuple(changes)))
    return result
