"""The ladder: finds the one place that a block means, or says why there is none.

    exact            the lines are in the file, once
    trailing-space   ... but for spaces at line ends
    indentation      ... but for one difference of indentation, tabs included, that all lines share
    typography       ... but for curly quotes, long dashes, unbreakable spaces
    heading          they are there several times, once inside the definition that the block names
    elision          the block leaves its middle out (`...`), and each piece is there once, in order
    layout           a whole definition, named once in the file, its line breaks aside
    named            some lines are stale, but the definition they name is there once, and so is what the block changes in it

A rung that finds several places refuses; the ladder is not climbed past it. Likeness is never a reason to apply, only one to refuse.
"""

from collections.abc import Container
from dataclasses import replace

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.blocks import Change, Rows
from aid_lsp.edits.elision import is_elision, unwritten
from aid_lsp.edits.found import SPELLINGS, Found, LineEdit, Lost, is_code, line_edits
from aid_lsp.edits.headings import contradicted, region
from aid_lsp.edits.layout import placed_by_layout
from aid_lsp.edits.respell import spelled_out
from aid_lsp.edits.stale import placed_by_name
from aid_lsp.edits.target import Target, spelled
from aid_lsp.edits.typography import fold, marks_in

_CANDIDATES = 6
"""So many places are listed in a complaint."""


def place(
    change: Change,
    target: Target,
    anchor: Anchor | None,
    *,
    curled: bool = False,
    loosest: str = "exact",
    verbatim: Container[str] = (),
) -> Found | Lost:
    """Places one block; `curled` folds the typography of what it adds.

    `loosest` is the spelling that another block of the answer needed: what that one lost, this one may have lost, too, so its place
    must be the only one even in that spelling. `verbatim` lines are declared to stand for no others.
    """
    if curled:
        change = _uncurled(change, target)
    lost: Lost | None = None
    added = _elided_addition(change, target, verbatim)
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
            _elided(rows, change, target, anchor, loosest, verbatim)
            or placed_by_layout(rows, target, anchor)
            or placed_by_name(rows, change, target, anchor)
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
        outcome = spelled_out(spelling, rows, at, target, len(before), prefixed=change.prefixed)
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
    if change.headings and contradicted(
        only.line, len(before), only.edits[0].start if only.edits else only.line, change.headings, target, anchor
    ):
        return Lost("contradiction", (only.line,), tuple(before), change.headings[-1])
    return Found(only.rung, only.line, only.edits, only.curled, change.final_newline, only.spelling)


def _uncurled(change: Change, target: Target) -> Change:
    own = marks_in(target.text)

    def uncurled(rows: Rows) -> Rows:
        return tuple((tag, fold(line) if tag == "+" and not own & marks_in(line) else line) for tag, line in rows)

    return replace(change, readings=tuple(uncurled(rows) for rows in change.readings))


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
        if len(inside) == 1 and len(found) <= _CANDIDATES and not _nearly_there(before, inside[0].line, within, target):
            return replace(inside[0], rung="heading", final_newline=change.final_newline)
    return Lost("several", tuple(one.line for one in found), tuple(before), "" if within is None else change.headings[-1])


def _nearly_there(before: list[str], line: int, within: tuple[int, int], target: Target) -> bool:
    """Whether the definition holds the lines once more with one of them a little changed: that place may have been meant."""
    wanted = [one.strip() for one in before]
    held = [one.strip() for one in target.contents[within[0] : within[1]]]
    for at in range(len(held) - len(wanted) + 1 if len(wanted) > 2 else 0):
        other = [(mine, theirs) for mine, theirs in zip(wanted, held[at : at + len(wanted)], strict=True) if mine != theirs]
        if len(other) == 1 and at + within[0] != line and _mostly_the_same(*other[0]):
            return True
    return False


def _mostly_the_same(one: str, other: str) -> bool:
    """Whether two lines share half of their words or more."""
    mine, theirs = set(one.split()), set(other.split())
    return 2 * len(mine & theirs) >= max(len(mine), len(theirs))


def _inside(one: Found, within: tuple[int, int]) -> bool:
    return all(within[0] <= edit.start and edit.end <= within[1] for edit in one.edits)


def _elided_addition(change: Change, target: Target, verbatim: Container[str]) -> Lost | None:
    """Refuses new lines that stand for others; those that the file really has, and that the block keeps or moves, do not.

    A diff says by its marks what it keeps; of other blocks a line that is kept beside lines that go may stand for them.
    """
    if not is_code(target.path) or not change.readings:
        return None
    before = [line for tag, line in change.readings[0] if tag != "+"]
    after = [(tag, line) for tag, line in change.readings[0] if tag != "-"]
    for index, line in unwritten(before, [line for _, line in after], verbatim):
        if after[index][0] == "+" or (not change.prefixed and target.stripped.places(line.strip())):
            return Lost("elided-addition", wanted=(line,))
    return None


def _elided(
    rows: Rows, change: Change, target: Target, anchor: Anchor | None, loosest: str, verbatim: Container[str]
) -> Found | Lost | None:
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
        found = place(part, target, anchor, loosest=loosest, verbatim=verbatim)
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
