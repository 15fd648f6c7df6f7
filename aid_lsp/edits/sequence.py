"""Finds how one sequence became another: the least number of changed elements, for sequences that differ by little.

changes("abcd", "axcd") == [Change(1, 2, 1, 2)]

Myers' algorithm, with a budget: where two sequences share almost nothing it would take quadratic time, so elements that
occur once in both cut them into pieces (patience), and a piece that is still too costly counts as replaced.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

_STEPS = 400_000
"""How many steps of Myers' algorithm one comparison may take; about a tenth of a second."""
_SLIDES = 200


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """`a[a0:a1]` became `b[b0:b1]`; one of the two may be empty, never both."""

    a0: int
    a1: int
    b0: int
    b1: int


def changes(a: Sequence[T], b: Sequence[T]) -> list[Change]:
    """The runs of elements that differ, in order; between two of them at least one element is common."""
    numbers: dict[T, int] = {}
    x = [numbers.setdefault(element, len(numbers)) for element in a]
    y = [numbers.setdefault(element, len(numbers)) for element in b]
    matched: list[tuple[int, int, int]] = []
    budget = [_STEPS]
    pending = [(0, len(x), 0, len(y))]
    while pending:
        a0, a1, b0, b1 = pending.pop()
        while a0 < a1 and b0 < b1 and x[a0] == y[b0]:
            start = a0
            while a0 < a1 and b0 < b1 and x[a0] == y[b0]:
                a0, b0 = a0 + 1, b0 + 1
            matched.append((start, b0 - (a0 - start), a0 - start))
        end = a1
        while a0 < a1 and b0 < b1 and x[a1 - 1] == y[b1 - 1]:
            a1, b1 = a1 - 1, b1 - 1
        if end > a1:
            matched.append((a1, b1, end - a1))
        if a0 == a1 or b0 == b1:
            continue
        shared = set(x[a0:a1]).intersection(y[b0:b1])
        if not shared:
            continue
        found = _myers(x[a0:a1], y[b0:b1], budget)
        if found is not None:
            matched += ((a0 + i, b0 + j, n) for i, j, n in found)
            continue
        i, j = a0, b0
        for k, m in (*_patience(x, y, a0, a1, b0, b1), (a1, b1)):
            if i < k or j < m:
                pending.append((i, k, j, m))
            if k < a1:
                matched.append((k, m, 1))
            i, j = k + 1, m + 1
        if pending and pending[-1] == (a0, a1, b0, b1):
            pending.pop()  # no element is unique in both: replaced as a whole
    matched.sort()
    runs: list[Change] = []
    i = j = 0
    for start, other, length in (*matched, (len(x), len(y), 0)):
        if i < start or j < other:
            runs.append(Change(i, start, j, other))
        i, j = start + length, other + length
    return runs


def _myers(a: list[int], b: list[int], budget: list[int]) -> list[tuple[int, int, int]] | None:
    """The common runs (start in a, start in b, length) of a shortest edit script; None where the budget ends."""
    n, m = len(a), len(b)
    middle = n + m + 1
    far = [0] * (2 * middle + 1)
    trail: list[list[int]] = []
    share = budget[0] - budget[0] // 4
    for d in range(n + m + 1):
        budget[0] -= d + 1
        if budget[0] < share:
            return None
        row: list[int] = []
        for k in range(-d, d + 1, 2):
            down = k == -d or (k != d and far[middle + k - 1] < far[middle + k + 1])
            i = far[middle + k + 1] if down else far[middle + k - 1] + 1
            j = i - k
            while i < n and j < m and a[i] == b[j]:
                i, j = i + 1, j + 1
            far[middle + k] = i
            row.append(i)
            if i >= n and j >= m:
                trail.append(row)
                return _walk_back(trail, n, m)
        trail.append(row)
    return None


def _walk_back(trail: list[list[int]], n: int, m: int) -> list[tuple[int, int, int]]:
    """Reads the common runs off the furthest points of each step."""
    runs: list[tuple[int, int, int]] = []
    i, j = n, m
    for d in range(len(trail) - 1, 0, -1):
        k = i - j
        row = trail[d - 1]  # holds the diagonals -(d-1), -(d-3), ..., d-1
        below = row[(k - 1 + d - 1) // 2] if -(d - 1) <= k - 1 <= d - 1 else -1
        above = row[(k + 1 + d - 1) // 2] if -(d - 1) <= k + 1 <= d - 1 else -1
        down = k == -d or (k != d and below < above)
        at = above if down else below + 1
        if i > at:
            runs.append((at, at - k, i - at))
        i = at if down else at - 1
        j = i - (k + 1 if down else k - 1)
    if i:
        runs.append((0, 0, i))
    return [run for run in runs if run[2]]


def _patience(x: list[int], y: list[int], a0: int, a1: int, b0: int, b1: int) -> list[tuple[int, int]]:
    """The longest increasing row of elements that occur exactly once in both pieces."""
    once_a = _once(x, a0, a1)
    once_b = _once(y, b0, b1)
    pairs = sorted((i, once_b[value]) for value, i in once_a.items() if value in once_b)
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        before.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(j)
            ends.append(index)
        else:
            tails[at], ends[at] = j, index
    row: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        row.append(pairs[at])
        at = before[at]
    return row[::-1]


def _once(values: list[int], start: int, end: int) -> dict[int, int]:
    places: dict[int, int] = {}
    for index in range(start, end):
        places[values[index]] = -1 if values[index] in places else index
    return {value: index for value, index in places.items() if index >= 0}


def slid(a: Sequence[T], b: Sequence[T], runs: list[Change], cost: Callable[[Sequence[T], int, int], int]) -> list[Change]:
    """Moves pure insertions and deletions along equal elements to where `cost(sequence, start, end)` is least; ties go down."""
    result: list[Change] = []
    for index, run in enumerate(runs):
        if run.a0 < run.a1 and run.b0 < run.b1:
            result.append(run)
            continue
        inserted = run.a0 == run.a1
        sequence = b if inserted else a
        start, end = (run.b0, run.b1) if inserted else (run.a0, run.a1)
        after = result[-1] if result else Change(-1, -1, -1, -1)
        before = runs[index + 1] if index + 1 < len(runs) else Change(len(a) + 1, 0, len(b) + 1, 0)
        lowest = (after.b1 if inserted else after.a1) + 1
        highest = (before.b0 if inserted else before.a0) - 1
        moves = [0]
        while (
            len(moves) < 200 and start + moves[-1] > lowest and sequence[start + moves[-1] - 1] == sequence[end + moves[-1] - 1]
        ):
            moves.append(moves[-1] - 1)
        moves.reverse()
        while len(moves) < 400 and end + moves[-1] < highest and sequence[start + moves[-1]] == sequence[end + moves[-1]]:
            moves.append(moves[-1] + 1)
        best = min(reversed(moves), key=lambda move: cost(sequence, start + move, end + move))
        result.append(Change(run.a0 + best, run.a1 + best, run.b0 + best, run.b1 + best))
    return result
