"""Moves a proposal onto a text that changed meanwhile: a three-way merge by lines, as `git merge` does it.

before ──proposal──▶ after          rebase(before, after, current): what `before ─▶ after` makes of `current`
   └────typing─────▶ current        or the places where both changed the same or neighbouring lines
"""

from dataclasses import dataclass

from aid_lsp.edits.diff import line_changes
from aid_lsp.edits.lines import split_lines
from aid_lsp.edits.sequence import Change


@dataclass(frozen=True, slots=True)
class Clash:
    """One place that both sides changed."""

    line: int
    """Where it starts in the current text, from 0."""
    before: str
    after: str
    """What the proposal makes of it."""
    current: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Why a proposal cannot be moved; nothing was merged."""

    places: tuple[Clash, ...]


def rebase(before: str, after: str, current: str) -> str | Conflict:
    """Merges both changes of `before`.

    `rebase(a, b, a) == b`, `rebase(a, a, b) == b`, `rebase(a, b, b) == b`. A line that both sides kept is in the result; equal
    changes count once; changes that touch (no kept line between them) conflict, as the order or the sense is unclear.
    """
    if before == current or after == current:
        return after
    if before == after:
        return current
    old, ours, theirs = split_lines(before), split_lines(after), split_lines(current)
    merged: list[str] = []
    clashes: list[Clash] = []
    at = 0
    for left, right in _groups(line_changes(old, ours), line_changes(old, theirs)):
        start = min(run.a0 for run in (*left, *right))
        end = max(run.a1 for run in (*left, *right))
        merged += old[at:start]
        mine = _side(ours, left, start, end)
        other = _side(theirs, right, start, end)
        if not right or (left and mine == other):
            merged += mine
        elif not left:
            merged += other
        else:
            line = right[0].b0 - (right[0].a0 - start)
            clashes.append(Clash(line, "".join(old[start:end]), "".join(mine), "".join(other)))
        at = end
    if clashes:
        return Conflict(tuple(clashes))
    return "".join(merged + old[at:])


def _groups(left: list[Change], right: list[Change]) -> list[tuple[list[Change], list[Change]]]:
    """Puts together the runs of both sides that overlap or touch in the old text."""
    runs = sorted([(run.a0, run.a1, 0, run) for run in left] + [(run.a0, run.a1, 1, run) for run in right])
    groups: list[tuple[list[Change], list[Change]]] = []
    end = -1
    for a0, a1, side, run in runs:
        if not groups or a0 > end:
            groups.append(([], []))
        groups[-1][side].append(run)
        end = max(end, a1)
    return groups


def _side(lines: list[str], runs: list[Change], start: int, end: int) -> list[str]:
    """What one side made of `old[start:end]`."""
    if not runs:
        return []
    return lines[runs[0].b0 - (runs[0].a0 - start) : runs[-1].b1 + (end - runs[-1].a1)]
