"""What the scores say: tables, a plot, bars."""

from collections.abc import Iterable

from benchmarks.apply.ambiguous import TRAPS
from benchmarks.apply.answers import FORMATS
from benchmarks.apply.board import PEERS, Board, Score
from benchmarks.apply.speed import hostile, speed


def table(board: Board, group: str, names: Iterable[str], who: tuple[str, ...]) -> str:
    rows = [["", *who]]
    for name in names:
        scores = [board.scores.get((group, name, one)) for one in who]
        if any(scores):
            rows.append([name or "undamaged", *(str(score) if score else "" for score in scores)])
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def plot(board: Board) -> str:
    """Exact and wrong shares over all recoverable damages, one bar each."""
    lines: list[str] = []
    for name in (*FORMATS, *PEERS):
        score = board.sum("recoverable", (name,))
        if score.total:
            exact = round(50 * score.exact / score.total)
            wrong = max(round(50 * score.wrong / score.total), 1 if score.wrong else 0)
            label = f"AID {name}" if name in FORMATS else name
            bar = f"{'#' * exact}{'x' * wrong}{'.' * (50 - exact - wrong)}"
            shares = f"{100 * score.exact / score.total:5.1f} % exact, {100 * score.wrong / score.total:5.2f} % wrong"
            lines.append(f"{label:22} |{bar}| {shares}")
    return "\n".join(lines)


def refusals(board: Board, who: tuple[str, ...]) -> str:
    rows = [["", *who]]
    for name in TRAPS:
        scores = [board.scores.get(("ambiguous", name, one)) for one in who]
        if any(scores):
            rows.append(
                [name, *(f"{100 * s.refused / s.total:.1f}" + (f" ({s.wrong}!)" if s.wrong else "") if s else "" for s in scores)]
            )
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def measured(board: Board, quick: bool) -> list[tuple[str, str, str, bool]]:
    bars: list[tuple[str, str, str, bool]] = []
    undamaged = board.sum("undamaged", FORMATS)
    bars.append(("undamaged answers exact", share(undamaged), "100 %", undamaged.exact == undamaged.total > 0))
    recoverable = board.sum("recoverable", FORMATS)
    bars.append(("recoverable damage exact", share(recoverable), ">= 99 %", recoverable.exact >= 0.99 * recoverable.total))
    long = Score()
    for score in board.long.values():
        long.exact, long.refused, long.wrong = long.exact + score.exact, long.refused + score.refused, long.wrong + score.wrong
    bars.append(("recoverable damage exact, files over 500 lines", share(long), ">= 97 %", long.exact >= 0.97 * long.total))
    ambiguous, lost = board.sum("ambiguous", ("aid",)), board.sum("unrecoverable", FORMATS)
    wrong, total = ambiguous.wrong + lost.wrong, ambiguous.total + lost.total
    enough = total >= (1000 if quick else 20_000)
    bars.append(
        (
            "wrong applications, ambiguous or unrecoverable",
            f"{wrong} of {total}",
            "0" if quick else "0 of >= 20000",
            wrong == 0 and enough,
        )
    )
    bars.append(
        (
            "wrong applications, all others",
            f"{undamaged.wrong + recoverable.wrong} of {undamaged.total + recoverable.total}",
            "0",
            undamaged.wrong + recoverable.wrong == 0,
        )
    )
    if board.pairs:
        behind = ", ".join(f"{damage} ({name})" for (group, damage, name), pair in board.pairs.items() if ahead(group, *pair))
        bars.append(("kinds of damage where a peer does better on the same answers", behind or "none", "none", not behind))
    median = speed()
    bars.append(("reading a 100-line answer over three 2,000-line files", f"{1000 * median:.1f} ms", "< 15 ms", median < 0.015))
    worst, name = hostile(quick=quick)
    bars.append(("10 MB of hostile text, the slowest", f"{worst:.2f} s ({name})", "< 2 s", worst < 2))
    return bars


def ahead(group: str, ours: Score, theirs: Score) -> bool:
    """Whether a peer applies more of the very same answers; where nobody can know what was meant, only if none of them wrongly."""
    few = theirs.total < 30
    return theirs.exact > ours.exact and (group != "unrecoverable" or (theirs.wrong == 0 and not few))


def share(score: Score) -> str:
    return f"{100 * score.exact / max(1, score.total):.2f} % of {score.total}"
