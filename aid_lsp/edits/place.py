"""The ladder: finds the one place that a block means, or says why there is none.

    exact            the lines are in the file, once
    trailing-space   ... but for spaces at line ends
    indentation      ... but for one difference of indentation, tabs included, that all lines share
    typography       ... but for curly quotes, long dashes, unbreakable spaces
    heading          they are there several times, once inside the definition that the block names
    elision          the block leaves its middle out (`...`), and each piece is there once, in order
    layout           a whole definition, named once in the file, its line breaks aside
    named            some lines are stale, but the definition they name is there once, and so is what the block changes in it

A rung that finds several places refuses; the ladder is not climbed past it. Nothing here measures similarity.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from aid_lsp.edits.anchor import Anchor, Named
from aid_lsp.edits.blocks import Change, Rows
from aid_lsp.edits.elision import elisions, is_elision
from aid_lsp.edits.indentation import indentation, rewritten
from aid_lsp.edits.lines import Lines, split_lines
from aid_lsp.edits.sequence import changes
from aid_lsp.edits.target import Target, spelled
from aid_lsp.edits.typography import fold, marks_in

_LONGEST = 3000
"""Lines of a definition that a stale block is laid beside."""
_CANDIDATES = 6
"""So many places are listed in a complaint."""
SPELLINGS = ("exact", "trailing", "stripped", "folded")
"""How lines are compared: as they are, without spaces at the end, without any at either end, in plain typography."""
_CODE = (".ml", ".mli", ".mll", ".mly", ".mlp", ".eliom", ".re", ".rei", ".c", ".h", "dune", "dune-project", "dune-workspace")


@dataclass(frozen=True, slots=True, order=True)
class LineEdit:
    """Replaces lines `start` to `end` (exclusive, from 0)."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A block's edits, and how its place was found."""

    rung: str
    line: int
    """Where the block starts in the file, from 0."""
    edits: tuple[LineEdit, ...]
    curled: bool = False
    """Whether the answer went through a word processor: it has curly quotes where the file has straight ones."""
    final_newline: bool | None = None
    spelling: str = "exact"
    """How loosely lines had to be compared, typography aside: exact, trailing or stripped."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a block has no place."""

    kind: str
    """several, nowhere, blank, no-context, indentation, typography, contradiction, elided-change, elided-addition."""
    lines: tuple[int, ...] = ()
    """The candidates, from 0."""
    wanted: tuple[str, ...] = ()
    """What was looked for."""
    detail: str = ""


def is_code(path: str) -> bool:
    """Whether a bare `...` can have no business in a file."""
    return path.endswith(_CODE)


def place(change: Change, target: Target, anchor: Anchor | None, *, curled: bool = False, loosest: str = "exact") -> Found | Lost:
    """Places one block; `curled` folds the typography of what it adds.

    `loosest` is the spelling that another block of the answer needed: what that one lost, this one may have lost, too, so its place
    must be the only one even in that spelling.
    """
    if curled:
        change = _uncurled(change, target)
    lost: Lost | None = None
    added = _elided_addition(change, target)
    if added is not None:
        return added
    for spelling in SPELLINGS:
        outcomes: list[Found] = []
        for index, rows in enumerate(change.readings):
            outcome = _at(spelling, rows, change, target, anchor, loosest)
            if isinstance(outcome, Found):
                if change.rival_readings:
                    outcomes.append(outcome)
                elif not _outdone(change.readings[:index], outcome, target):
                    return outcome
            elif outcome.kind != "nowhere" and not (change.rival_readings and outcome.kind in ("blank", "no-context")):
                return outcome
            elif lost is None:
                lost = outcome
        if len({outcome.edits for outcome in outcomes}) > 1:
            return Lost("several", tuple(outcome.line for outcome in outcomes), detail="its divider can be read in two ways")
        if outcomes:
            return outcomes[0]
    for rows in change.readings:
        outcome = (
            _elided(rows, change, target, anchor, loosest)
            or _layout(rows, change, target, anchor)
            or _named(rows, change, target, anchor)
        )
        if outcome is not None:
            return outcome
    return lost or Lost("nowhere")


def _outdone(readings: tuple[Rows, ...], found: Found, target: Target) -> bool:
    """Whether a plainer reading is in the file, too: but for spaces at line ends, or loosely spelled and nowhere near. Then it counts."""
    for rows in readings:
        lines = [line for tag, line in rows if tag != "+"]
        if not any(line.strip() for line in lines):
            continue
        if target.index("trailing").find([spelled(line, "trailing") for line in lines], 1):
            return True
        starts = target.index("folded").find([spelled(line, "folded") for line in lines], _CANDIDATES + 1)
        if starts and not any(at <= found.line < at + len(lines) for at in starts):
            return True
    return False


def _at(spelling: str, rows: Rows, change: Change, target: Target, anchor: Anchor | None, loosest: str = "exact") -> Found | Lost:
    before = [line for tag, line in rows if tag != "+"]
    if not any(line.strip() for line in before):
        return _without_context(rows, before, change, target)
    wanted = [spelled(line, spelling) for line in before]
    starts = target.index(spelling).find(wanted, _CANDIDATES + 1)
    if change.at_end and len(starts) > 1:
        starts = [at for at in starts if not any(line.strip() for line in target.contents[at + len(wanted) :])] or starts
    found: list[Found] = []
    unclear: list[int] = []
    for at in starts:
        outcome = _spelled_out(spelling, rows, at, target, len(before), prefixed=change.prefixed)
        if outcome is None:
            unclear.append(at)
        else:
            found.append(outcome)
    if found and SPELLINGS.index(spelling) < SPELLINGS.index(loosest):
        alike = target.index(loosest).find([spelled(line, loosest) for line in before], _CANDIDATES + 1)
        if len(alike) > 1:
            twins = [Found(found[0].rung, at, line_edits(rows, at), spelling=spelling) for at in alike]
            settled = _narrowed(twins, change, target, anchor, before)
            if isinstance(settled, Lost) or settled.line not in [one.line for one in found]:
                return Lost("several", tuple(alike), tuple(before), "")
    if len(found) > 1:
        return _narrowed(found, change, target, anchor, before)
    if not found:
        if unclear:
            return Lost("indentation" if spelling == "stripped" else "typography", tuple(unclear), tuple(before))
        return Lost("nowhere", (), tuple(before))
    only = found[0]
    if change.headings and _contradicted(only.line, len(before), change, target, anchor):
        return Lost("contradiction", (only.line,), tuple(before), change.headings[-1])
    return Found(only.rung, only.line, only.edits, only.curled, change.final_newline, only.spelling)


def _spelled_out(spelling: str, rows: Rows, at: int, target: Target, count: int, *, prefixed: bool) -> Found | None:
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


def _uncurled(change: Change, target: Target) -> Change:
    own = marks_in(target.text)

    def uncurled(rows: Rows) -> Rows:
        return tuple((tag, fold(line) if tag == "+" and not own & marks_in(line) else line) for tag, line in rows)

    return replace(change, readings=tuple(uncurled(rows) for rows in change.readings))


def line_edits(rows: Rows, at: int) -> tuple[LineEdit, ...]:
    """The edits of rows that stand at line `at`; runs of changed lines only, so that neighbours may share kept lines."""
    edits: list[LineEdit] = []
    start = at
    fresh: list[str] = []
    for tag, line in rows:
        if tag == " ":
            if at > start or fresh:
                edits.append(LineEdit(start, at, tuple(fresh)))
            at += 1
            start, fresh = at, []
        elif tag == "-":
            at += 1
        else:
            fresh.append(line)
    if at > start or fresh:
        edits.append(LineEdit(start, at, tuple(fresh)))
    return tuple(edits)


def _without_context(rows: Rows, before: list[str], change: Change, target: Target) -> Found | Lost:
    """A block that shows nothing but blank lines has a place only in an empty file, or at the end if it says so."""
    if not any(line.strip() for line in target.contents):
        added = tuple(line for tag, line in rows if tag != "-")
        return Found("exact", 0, (LineEdit(0, len(target.contents), added),), final_newline=change.final_newline)
    if change.at_end and not before:
        count = len(target.contents)
        return Found("exact", count, line_edits(rows, count), final_newline=change.final_newline)
    return Lost("no-context" if not before else "blank", (), tuple(before))


def _narrowed(found: list[Found], change: Change, target: Target, anchor: Anchor | None, before: list[str]) -> Found | Lost:
    """Several places: the one inside the definition that the block names, if it names one and that settles it."""
    within = region(change.headings, target, anchor) if change.headings else None
    if within is not None:
        inside = [one for one in found if within[0] < one.line + len(before) and one.line < within[1] and _inside(one, within)]
        if len(inside) == 1 and len(found) <= _CANDIDATES:
            return replace(inside[0], rung="heading", final_newline=change.final_newline)
    return Lost("several", tuple(one.line for one in found), tuple(before), "" if within is None else change.headings[-1])


def _inside(one: Found, within: tuple[int, int]) -> bool:
    return all(within[0] <= edit.start and edit.end <= within[1] for edit in one.edits)


def _contradicted(line: int, count: int, change: Change, target: Target, anchor: Anchor | None) -> bool:
    """Whether the block names a definition and was found in quite another: the true place has changed, a twin is left."""
    if len(change.headings) != 1:
        within = region(change.headings, target, anchor)
        return within is not None and not (within[0] < line + count and line < within[1])
    first = _heading_line(change.headings[-1], 0, len(target.contents), target)
    if first is None or line <= first < line + count:
        return False
    if first < line and not _definitions_between(first + 1, line, target.contents[first], target):
        return False
    if anchor is None:
        return True
    lines = Lines(target.text)
    known = [one for one in anchor.named(target.path, target.text) if one.whole]
    heads = [lines.position(one.code.start)[0] for one in known]
    if first not in heads:
        return line < first
    own = known[heads.index(first)]
    start, end = lines.position(own.span.start)[0], lines.position(own.span.end)[0]
    if start < line + count and line <= end:
        return False  # inside, or in the comment above
    return line < start or any(end < head < line for head in heads)


def _definitions_between(start: int, end: int, head: str, target: Target) -> bool:
    """Whether a line between two may begin something at the depth of the line `head`, or further left."""
    depth = len(indentation(head))
    return any(
        len(indentation(line)) <= depth
        and line.lstrip()[:1].isalpha()
        and not line.lstrip().startswith(("in ", "end", "done", "with", "then", "else"))
        for line in target.contents[start:end]
        if line.strip()
    )


def region(headings: Iterable[str], target: Target, anchor: Anchor | None) -> tuple[int, int] | None:
    """The lines of the definition that the headings name, outermost first; None where they name none, or several."""
    start, end = 0, len(target.contents)
    for heading in headings:
        at = _heading_line(heading, start, end, target)
        if at is None:
            return None
        start, end = at, _end_of(at, end, target, anchor)
    return start, end


def _heading_line(heading: str, start: int, end: int, target: Target) -> int | None:
    """The one line between two that reads as the heading, or starts with it; None where there are none, or several."""
    wanted = " ".join(heading.split()).removesuffix("...").removesuffix("…").strip()
    if len(wanted) < 3:
        return None
    at = [number for number in _lines_starting(heading.strip(), target) if start <= number < end]
    if not at:
        at = [number for number in range(start, end) if " ".join(target.contents[number].split()).startswith(wanted)]
    whole = [number for number in at if " ".join(target.contents[number].split()) == wanted]
    at = whole if len(whole) == 1 else at
    return at[0] if len(at) == 1 else None


def _lines_starting(heading: str, target: Target) -> list[int]:
    """The lines that start with a text, but for their indentation; the first few hundred."""
    found: list[int] = []
    at = target.text.find(heading)
    for _ in range(300):
        if at < 0:
            break
        start = max(target.text.rfind("\n", 0, at), target.text.rfind("\r", 0, at)) + 1
        if not target.text[start:at].strip():
            found.append(target.text.count("\n", 0, start) if "\r" not in target.text else len(split_lines(target.text[:start])))
        at = target.text.find(heading, at + 1)
    return found


def _end_of(start: int, end: int, target: Target, anchor: Anchor | None) -> int:
    """Where the definition that starts on a line ends."""
    if anchor is not None:
        lines = Lines(target.text)
        spans = [n for n in anchor.named(target.path, target.text) if lines.position(n.code.start)[0] == start]
        if spans:
            return min(end, lines.position(max(n.code.end for n in spans))[0] + 1)
    depth = len(indentation(target.contents[start]).expandtabs(8))
    for number in range(start + 1, end):
        line = target.contents[number]
        if (
            line.strip()
            and len(indentation(line).expandtabs(8)) <= depth
            and not line.lstrip().startswith(("|", ")", "]", "}", "in", "end"))
        ):
            return number
    return end


def _elided_addition(change: Change, target: Target) -> Lost | None:
    """Refuses new lines that stand for others; one that the block only moves is no new line."""
    if not is_code(target.path) or not change.readings:
        return None
    gone = [line.strip() for tag, line in change.readings[0] if tag == "-"]
    after = [(tag, line) for tag, line in change.readings[0] if tag != "-"]
    for index, line in elisions([line for _, line in after]):
        if after[index][0] == "+" and line.strip() not in gone:
            return Lost("elided-addition", wanted=(line,))
    return None


def _elided(rows: Rows, change: Change, target: Target, anchor: Anchor | None, loosest: str) -> Found | Lost | None:
    """Places the pieces between elisions; each must be there once, one after the other."""
    marks = [
        index
        for index, (tag, line) in enumerate(rows)
        if tag != "+" and is_elision(line) and not target.stripped.places(line.strip())
    ]
    if not marks:
        return None
    if any(rows[index][0] == "-" for index in marks):
        return Lost("elided-change", wanted=tuple(rows[index][1] for index in marks))
    edits: list[LineEdit] = []
    at = 0
    first: int | None = None
    curled = False
    spelling = "exact"
    for start, end in zip([-1, *marks], [*marks, len(rows)], strict=True):
        piece = rows[start + 1 : end]
        if not piece:
            continue
        changed = any(tag != " " for tag, _ in piece)
        part = Change(change.number, change.path, (piece,), headings=change.headings if changed else (), prefixed=change.prefixed)
        found = place(part, target, anchor, loosest=loosest)
        if isinstance(found, Lost):
            return found
        if found.line < at:
            return Lost(
                "nowhere",
                (found.line,),
                tuple(line for tag, line in piece if tag != "+"),
                "the pieces are in another order there",
            )
        edits += found.edits
        at = found.line + sum(1 for tag, _ in piece if tag != "+")
        first = found.line if first is None else first
        curled = curled or found.curled
        spelling = max(spelling, found.spelling, key=SPELLINGS.index)
    return None if first is None else Found("elision", first, tuple(edits), curled, change.final_newline, spelling)


def _layout(rows: Rows, change: Change, target: Target, anchor: Anchor | None) -> Found | None:
    """The block shows one whole definition with other line breaks, and the file has just one definition of that name."""
    if anchor is None:
        return None
    before = "\n".join(line for tag, line in rows if tag != "+")
    mine = _only_definition(before, target.path, anchor)
    if mine is None:
        return None
    twins = [n for n in anchor.named(target.path, target.text) if n.whole and n.kind == mine.kind and _last(n) == _last(mine)]
    if len(twins) != 1 or not twins[0].sound:
        return None
    theirs = twins[0]
    if "".join(theirs.span.of(target.text).split()) != "".join(before.split()):
        return None
    lines = Lines(target.text)
    start, column = lines.position(theirs.span.start)
    end = lines.position(theirs.span.end)[0] + 1
    if target.contents[start][:column].strip() or "".join("".join(target.contents[start:end]).split()) != "".join(before.split()):
        return None
    after = [line for tag, line in rows if tag != "-"]
    shifted = shift(after, indentation(target.contents[start]))
    return None if shifted is None else Found("layout", start, (LineEdit(start, end, tuple(shifted)),))


def _only_definition(text: str, path: str, anchor: Anchor) -> Named | None:
    tops = [n for n in anchor.named(path, text) if n.top]
    if len(tops) != 1 or not tops[0].sound or not tops[0].whole or not anchor.sound(path, text):
        return None
    rest = text[: tops[0].span.start] + text[tops[0].span.end :]
    return None if rest.strip() else tops[0]


def _last(named: Named) -> str:
    return named.name.rpartition(".")[2]


def shift(lines: list[str], indent: str) -> list[str] | None:
    """The lines moved as one so that the first one has the given indentation; None where that cannot be."""
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return lines
    mine = indentation(first)
    if mine == indent:
        return lines
    if indent.endswith(mine):
        more = indent[: len(indent) - len(mine)]
        return [more + line if line.strip() else line for line in lines]
    if mine.endswith(indent):
        less = mine[: len(mine) - len(indent)]
        if all(line.startswith(less) or not line.strip() for line in lines):
            return [line.removeprefix(less) for line in lines]
    return None


def _named(rows: Rows, change: Change, target: Target, anchor: Anchor | None) -> Found | None:
    """Places each change inside the definition that the block shows the first line of, if all that it touches is there once."""
    if anchor is None:
        return None
    lines = Lines(target.text)
    heads: dict[int, Named] = {}
    for named in anchor.named(target.path, target.text):
        if named.whole and named.sound:
            heads.setdefault(lines.position(named.code.start)[0], named)
    within = region(change.headings, target, anchor) if change.headings else None
    edits: list[LineEdit] = []
    pinned: dict[int, int] = {}
    envelope: list[int] = []
    known = shown = 0
    index = 0
    while index < len(rows):
        tag, line = rows[index]
        if tag != "+" and line.strip():
            places = target.stripped.places(line.strip())
            shown += 1
            known += bool(places)
            if len(places) == 1 and places[0] in heads and target.contents[places[0]].split() == line.split():
                head = heads[places[0]]
                within = places[0], lines.position(head.code.end)[0] + 1
            elif within is not None and _may_begin_another(line, places, within, target):
                within = None
        if tag == " ":
            index += 1
            continue
        end = index
        while end < len(rows) and rows[end][0] != " ":
            end += 1
        first, core = _core(rows, index, end)
        found = _once_within(core, within, target) if within is not None and core is not None else None
        if core is None or within is None or found is None:
            return None
        at, more = found
        edits += more
        offset = sum(1 for kind, _ in rows[:first] if kind != "+")
        pinned |= {offset + i: at + i for i in range(sum(1 for kind, _ in core if kind != "+"))}
        envelope += within
        for _, removed in (row for row in rows[index + 1 : end] if row[0] == "-"):
            shown += 1
            known += bool(target.stripped.places(removed.strip()))
        index = end
    ordered = all(a.end <= b.start for a, b in pairwise(edits))
    if not edits or not ordered or 2 * known < shown or not _aligned(rows, pinned, min(envelope), max(envelope), target):
        return None
    return Found("named", edits[0].start, tuple(edits), final_newline=change.final_newline)


def _aligned(rows: Rows, pinned: dict[int, int], start: int, end: int, target: Target) -> bool:
    """Whether the block as a whole, laid beside the lines of the file, has its changed lines where they were found."""
    if end - start > _LONGEST:
        return False
    shown = [line.strip() for tag, line in rows if tag != "+"]
    places: dict[int, int] = {}
    at, there = 0, start
    for run in [*changes(shown, target.stripped.lines[start:end]), None]:
        length = (run.a0 if run is not None else len(shown)) - at
        places |= {at + i: there + i for i in range(length)}
        if run is not None:
            at, there = run.a1, start + run.b1
    return all(places.get(offset) == line for offset, line in pinned.items() if shown[offset])


def _may_begin_another(line: str, places: list[int], within: tuple[int, int], target: Target) -> bool:
    """Whether a stale line stands as far left as the definition's first: what follows it may belong to another one."""
    stale = not any(within[0] <= at < within[1] for at in places)
    return stale and len(indentation(line)) <= len(indentation(target.contents[within[0]]))


def _core(rows: Rows, start: int, end: int) -> tuple[int, Rows | None]:
    """Where a run of changed rows starts with the kept lines on both sides, up to the first that is not blank; and these rows."""
    first = start
    while first > 0 and rows[first - 1][0] == " ":
        first -= 1
        if rows[first][1].strip():
            break
    last = end
    while last < len(rows) and rows[last][0] == " ":
        last += 1
        if rows[last - 1][1].strip():
            break
    core = rows[first:last]
    shown = sum(1 for tag, line in core if tag != "+" and line.strip())
    removed = any(tag == "-" and line.strip() for tag, line in core)
    return first, core if shown >= 2 or removed else None


def _once_within(core: Rows, within: tuple[int, int], target: Target) -> tuple[int, tuple[LineEdit, ...]] | None:
    before = [line.strip() for tag, line in core if tag != "+"]
    starts = target.stripped.find(before, 50)
    inside = [at for at in starts if within[0] <= at and at + len(before) <= within[1]]
    if len(inside) != 1 or len(starts) == 50:
        return None
    outcome = _spelled_out("stripped", core, inside[0], target, len(before), prefixed=True)
    return (inside[0], outcome.edits) if outcome is not None and outcome.rung == "trailing-space" else None
