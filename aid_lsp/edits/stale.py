"""Rung `named`: some lines of the block are stale, but the definition that it names is there once, and so is all that it changes in it."""

from itertools import pairwise

from aid_lsp.edits.anchor import Anchor, Named
from aid_lsp.edits.blocks import Change, Rows
from aid_lsp.edits.found import Found, LineEdit
from aid_lsp.edits.headings import region
from aid_lsp.edits.indentation import indentation
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.respell import spelled_out
from aid_lsp.edits.sequence import changes
from aid_lsp.edits.target import Target

_LONGEST = 3000
"""Lines of a definition that a stale block is laid beside."""


def placed_by_name(rows: Rows, change: Change, target: Target, anchor: Anchor | None) -> Found | None:
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
    outcome = spelled_out("stripped", core, inside[0], target, len(before), prefixed=True)
    return (inside[0], outcome.edits) if outcome is not None and outcome.rung == "trailing-space" else None
