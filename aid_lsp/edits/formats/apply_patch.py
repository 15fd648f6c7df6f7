"""The patch envelope that some model families are trained on (V4A).

*** Begin Patch
*** Update File: lib/shape.ml
@@ let area s =
-  s.width * s.width
+  s.width * s.height
*** End Patch
"""

import re

from aid_lsp.edits.blocks import Block, Change, Create, Delete, Fault, Parsed, Rename, Rows, Tag
from aid_lsp.edits.formats.fences import Known
from aid_lsp.edits.formats.unified_diff import may_lack_prefixes, with_prefixes
from aid_lsp.edits.lines import Span

NAME = "apply_patch"

INSTRUCTIONS = """\
Answer with one patch in this envelope:

*** Begin Patch
*** Update File: lib/shape.ml
@@ let area s =
 let area s =
-  s.width * s.width
+  s.width * s.height
*** Add File: lib/square.ml
+let area width = width * width
*** Delete File: lib/old.ml
*** End Patch

- Behind `@@` write the first line of the definition that you change; one `@@` for each place.
- Start each line with a space (kept), `-` (removed) or `+` (added), then the line itself as it is in the file, every space, never `...`.
- Show three kept lines above and below; together with the `@@` line they must fit one place only.
- To rename a file, write `*** Move to: new/path.ml` under its `*** Update File:` line.
- The patch is applied all or none; `*** End Patch` must be its last line."""

MOST_HUNKS = 2000
_MOST_HEADINGS = 20
_BEGIN = re.compile(r"^[ \t]{0,9}\*\*\* Begin Patch[ \t\r]{0,40}$", re.MULTILINE)
_END = re.compile(r"^[ \t]{0,9}\*\*\* End Patch[ \t\r]{0,40}$", re.MULTILINE)
_ACTION = re.compile(r"^\*\*\* (Update|Add|Delete|Create|Remove) File:[ \t]{0,9}(.+?)[ \t\r]{0,40}$", re.IGNORECASE)
_MOVE = re.compile(r"^\*\*\* (?:Move|Rename) to:[ \t]{0,9}(.+?)[ \t\r]{0,40}$", re.IGNORECASE)
_NUMBERS = re.compile(r"^-\d+(?:,\d+)?[ \t]{1,9}\+\d+(?:,\d+)?[ \t]{0,9}(?:@@)?[ \t]{0,9}")


def looks_like(answer: str) -> bool:
    """Whether the answer opens the envelope."""
    return _BEGIN.search(answer) is not None


def parse(answer: str, known: Known, default_path: str | None) -> Parsed:
    """Reads every envelope of the answer."""
    blocks: list[Block] = []
    faults: list[Fault] = []
    used: list[Span] = []
    at = 0
    while (begin := _BEGIN.search(answer, at)) is not None:
        end = _END.search(answer, begin.end())
        if end is None:
            faults.append(Fault(None, None, "the patch has no `*** End Patch` line: the answer was cut off"))
            used.append(Span(begin.start(), len(answer)))
            break
        again = _BEGIN.search(answer, begin.end(), end.start())
        if again is not None:
            faults.append(Fault(None, None, "a patch starts before the one above it has ended with `*** End Patch`"))
            break
        _envelope(answer[begin.end() + 1 : end.start()], blocks, faults)
        used.append(Span(begin.start(), end.end()))
        at = end.end()
        if len(blocks) + len(faults) > MOST_HUNKS:
            faults.append(Fault(None, None, f"the answer has more than {MOST_HUNKS} hunks"))
            return Parsed((), tuple(faults), tuple(used))
    if not used:
        faults.append(Fault(None, None, "it has no `*** Begin Patch` line"))
    return Parsed(tuple(blocks), tuple(faults), tuple(used))


def _envelope(text: str, blocks: list[Block], faults: list[Fault]) -> None:
    lines = text.split("\n")
    if lines and not lines[-1].strip():
        lines.pop()
    prefixless = any(line.strip() and line[0] not in "+- @*\\" for line in lines)
    action, path = "", ""
    body: list[str] = []
    for line in [*lines, "*** Delete File: end"]:
        line = line.removesuffix("\r")
        match = _ACTION.match(line) if line.startswith("***") else None
        if match is None:
            body.append(line)
            continue
        number = len(blocks) + len(faults) + 1
        if action in ("add", "create"):
            _add(number, path, body, blocks, faults)
        elif action == "update":
            _update(number, path, body, blocks, faults, prefixless=prefixless)
        elif action:
            blocks.append(Delete(number, path))
        elif any(one.strip() for one in body):
            faults.append(Fault(number, None, "lines stand before the first `*** Update File:` line"))
        if len(blocks) + len(faults) > MOST_HUNKS:
            return
        action, path, body = match[1].lower(), match[2].strip("`\"'"), []


def _add(number: int, path: str, body: list[str], blocks: list[Block], faults: list[Fault]) -> None:
    while body and not body[-1].strip():
        body.pop()
    if any(line and not line.startswith("+") for line in body):
        faults.append(Fault(number, path, "each line of a new file must start with `+`"))
        return
    lines = [line[1:] for line in body]
    blocks.append(Create(number, path, "\n".join(lines) + "\n" if lines else ""))


def _update(number: int, path: str, body: list[str], blocks: list[Block], faults: list[Fault], *, prefixless: bool) -> None:
    headings: list[str] = []
    rows: list[tuple[Tag, str]] = []
    bare: list[int] = []
    at_end = False
    first = number

    def close() -> None:
        nonlocal number, rows, bare, headings, at_end
        if rows:
            blocks.append(_change(number, path, rows, bare, tuple(headings), at_end=at_end, prefixless=prefixless))
            number += 1
            headings = []
        rows, bare, at_end = [], [], False

    for index, line in enumerate(body):
        if line.startswith("***"):
            move = _MOVE.match(line)
            if move and index == 0:
                blocks.append(Rename(number, path, move[1].strip("`\"'")))
                path = move[1].strip("`\"'")
                number += 1
            elif line.strip() == "*** End of File":
                at_end = True
                close()
            else:
                faults.append(Fault(number, path, f"{line[:80]!r} is not a line of a patch"))
                return
        elif line.startswith("@@"):
            close()
            heading = _NUMBERS.sub("", line[2:].strip()).removesuffix("@@").strip()
            if heading:
                headings.append(heading[:200])
            if len(headings) > _MOST_HEADINGS:
                faults.append(Fault(number, path, f"more than {_MOST_HEADINGS} `@@` lines follow each other without any change"))
                return
        elif line[:1] in ("+", "-", " "):
            tag: Tag = "+" if line[0] == "+" else "-" if line[0] == "-" else " "
            rows.append((tag, line[1:]))
        elif line.startswith("\\"):
            continue
        else:
            bare.append(len(rows))
            rows.append((" ", line))
    close()
    if number == first:
        faults.append(Fault(number, path, "it has no changed lines"))


def _change(
    number: int,
    path: str,
    rows: list[tuple[Tag, str]],
    bare: list[int],
    headings: tuple[str, ...],
    *,
    at_end: bool,
    prefixless: bool,
) -> Change:
    readings: list[Rows] = [tuple(rows)]
    listed = set(bare)
    cut = len(rows)
    while cut and cut - 1 in listed and not rows[cut - 1][1].strip():
        cut -= 1
    if cut < len(rows):
        readings.append(tuple(rows[:cut]))
    if may_lack_prefixes(tuple(rows[:cut]), listed, elsewhere=prefixless):
        readings.append(with_prefixes(tuple(rows[:cut]), listed))
    return Change(number, path, tuple(readings), headings=headings, prefixed=True, at_end=at_end)
