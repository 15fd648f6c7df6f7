"""Applying answers: what share of correct, damaged and ambiguous answers becomes exactly the edit that was meant.

For each change (a real commit, or a seeded edit of real OCaml code) a correct answer is written in each format, then damaged in every
way that models are known to damage theirs. An answer is applied *exactly*, *refused*, or applied *wrongly*: anything else than what was
meant, half of it included. Peers get the same answers in the same run.
"""

import argparse
import json
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.edits.patch import Reading
from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor
from benchmarks.apply import peers as tools
from benchmarks.apply.ambiguous import TRAPS
from benchmarks.apply.answers import FORMATS, answer, render
from benchmarks.apply.case import Case, Tree, seeded
from benchmarks.apply.corpus import PACKAGES, QUICK_PACKAGES, clone_name, commits, packages
from benchmarks.apply.damages import RECOVERABLE
from benchmarks.apply.losses import UNRECOVERABLE
from benchmarks.apply.speed import speed

PEERS = ("git apply", "patch", "aider udiff", "aider blocks")
PEER_FORMATS = {
    "git apply": "unified_diff",
    "patch": "unified_diff",
    "aider udiff": "unified_diff",
    "aider blocks": "search_replace",
}


@dataclass
class Score:
    exact: int = 0
    refused: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        return self.exact + self.refused + self.wrong

    def add(self, verdict: str) -> None:
        setattr(self, verdict, getattr(self, verdict) + 1)

    def __str__(self) -> str:
        return f"{100 * self.exact / self.total:.1f}" + (f" ({self.wrong}!)" if self.wrong else "") if self.total else "-"


@dataclass
class Board:
    """All scores, by (group, damage, format or peer)."""

    scores: dict[tuple[str, str, str], Score] = field(default_factory=dict)
    long: dict[str, Score] = field(default_factory=dict)
    rungs: Counter = field(default_factory=Counter)
    samples: list[tuple[str, str, str, str]] = field(default_factory=list)

    def score(self, *key: str) -> Score:
        return self.scores.setdefault(key, Score())  # pyright: ignore

    def sum(self, group: str, who: Iterable[str], damage: str | None = None) -> Score:
        total = Score()
        for (one, named, by), score in self.scores.items():
            if one == group and by in who and damage in (None, named):
                total.exact += score.exact
                total.refused += score.refused
                total.wrong += score.wrong
        return total


class Files:
    """A tree as the engine sees it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def text(self, path: str) -> str | None:
        return self.tree.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(self.tree)


ANCHOR = OCamlAnchor()


def applied(tree: Tree, reading: Reading) -> Tree | None:
    if reading.patch is None:
        return None
    after = dict(tree)
    for change in reading.patch.changes:
        if after.get(change.path) != change.before:
            raise AssertionError(f"the patch was made for another text of {change.path}")
        if change.after is None:
            del after[change.path]
        else:
            after[change.path] = change.after
    return after


def verdict(after: Tree | None, before: Tree, meant: Tree) -> str:
    """An answer that changes nothing has been refused."""
    if after is None or after == before != meant:
        return "refused"
    return "exact" if after == meant else "wrong"


def run(
    cases: Iterable[Case], rng: random.Random, peers: dict[str, tools.Peer], peer_share: float, keep: int, board: Board
) -> int:
    """Scores every damage of every case; returns how many answers there were."""
    answers = 0
    for count, case in enumerate(cases, 1):
        if count % 50 == 0:
            print(f"\r{count} changes, {answers} answers", end="", file=sys.stderr, flush=True)
        ask_peers = rng.random() < peer_share
        is_long = any(case.before.get(path, "").count("\n") > 500 for path in case.changed)
        for format, group, damage, text in answers_of(case, rng):
            answers += 1
            reading = read(text, Files(case.before), rng.choice(("auto", format)), ANCHOR)
            result = verdict(applied(case.before, reading), case.before, case.after)
            board.score(group, damage, format).add(result)
            if group == "recoverable" and is_long:
                board.long.setdefault(format, Score()).add(result)
            board.rungs.update(placement.rung for placement in reading.placements)
            if result == "wrong" or (result == "refused" and group in ("undamaged", "recoverable") and len(board.samples) < keep):
                why = (
                    reading.complaints[0].message if reading.complaints else difference(applied(case.before, reading), case.after)
                )
                board.samples.append((f"{result} {group} {damage} {format} {case.name}", text, why, ""))
            if ask_peers:
                for name, peer in peers.items():
                    if PEER_FORMATS[name] == format:
                        board.score(group, damage, name).add(verdict(peer(case.before, text), case.before, case.after))
    return answers


def difference(after: Tree | None, meant: Tree) -> str:
    after = after or {}
    for path in sorted(after.keys() | meant.keys()):
        if after.get(path) != meant.get(path):
            x, y = (after.get(path) or "").split("\n"), (meant.get(path) or "").split("\n")
            at = next((i for i, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), min(len(x), len(y)))
            return f"{path}:{at + 1}: got {x[at : at + 4]!r}, meant {y[at : at + 4]!r}"
    return ""


def answers_of(case: Case, rng: random.Random) -> Iterator[tuple[str, str, str, str]]:
    for format in FORMATS:
        correct = answer(case, format)
        if correct is None:
            continue
        yield format, "undamaged", "", render(correct)
        for group, damages in (("recoverable", RECOVERABLE), ("unrecoverable", UNRECOVERABLE)):
            for name, (damage, formats) in damages.items():
                if format in formats:
                    text = damage(correct.copy(), case, rng)
                    if text is not None:
                        yield format, group, name, text


def traps(
    cases: list[Case], rng: random.Random, wanted: int, peers: dict[str, tools.Peer], peer_share: float, keep: int, board: Board
) -> int:
    """Scores the ambiguity suite."""
    made = 0
    for _ in range(20 * wanted):
        if made >= wanted:
            break
        case = rng.choice(cases)
        for name, maker in TRAPS.items():
            trap = maker(case, rng)
            if trap is None:
                continue
            made += 1
            tree, text, format, _ = trap
            reading = read(text, Files(tree), rng.choice(("auto", format)), ANCHOR)
            after = applied(tree, reading)
            result = "refused" if after is None or after == tree else "wrong"
            board.score("ambiguous", name, "aid").add(result)
            if result == "wrong":
                board.samples.append((f"wrong ambiguous {name} {format} {case.name}", text, difference(after, tree), ""))
            if rng.random() < peer_share:
                for peer_name, peer in peers.items():
                    if PEER_FORMATS[peer_name] == format:
                        after = peer(tree, text)
                        board.score("ambiguous", name, peer_name).add("refused" if after is None or after == tree else "wrong")
    return made


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


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench apply", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three small projects, under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all scores")
    parser.add_argument(
        "--repo",
        type=Path,
        nargs="+",
        default=[],
        metavar="PATH",
        help="take real commits of these clones instead of seeded edits",
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, help="how many changes (default 400; 40 with --quick)")
    parser.add_argument("--no-peers", action="store_true", help="leave the other tools out")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N answers that failed")
    given = parser.parse_args()
    rng = random.Random(given.seed)
    cases = given.cases or (40 if given.quick else 400)
    start = time.monotonic()
    if given.repo:
        share = max(1, cases // len(given.repo))
        listed = [case for repo in given.repo for case in commits(repo, share, rng)]
        corpus = f"real commits of {', '.join(clone_name(repo) for repo in given.repo)}"
    else:
        names = QUICK_PACKAGES if given.quick else PACKAGES
        trees = packages(names)
        made = (
            seeded(f"{name}#{number}", tree, rng) for number in range(cases * 3) for name, tree in [trees[number % len(trees)]]
        )
        listed = [case for case in made if case is not None][:cases]
        corpus = f"seeded edits of Debian's {', '.join(names)}"
    aider = None if given.no_peers else tools.Aider()
    peers: dict[str, tools.Peer] = {}
    if aider is not None:
        peers = {"git apply": tools.git_apply, "patch": tools.gnu_patch}
        peers |= {"aider udiff": aider.peer("udiff"), "aider blocks": aider.peer("editblock")}
    board = Board()
    answers = run(listed, rng, peers, 0.1 if given.quick else 0.2, max(given.show, 40), board)
    made = traps(listed, rng, 1500 if given.quick else 14000, peers, 0.02, max(given.show, 40), board)
    if aider is not None:
        aider.close()
    print("\r", end="", file=sys.stderr)
    print(f"corpus: {corpus}; {len(listed)} changes, {answers} answers and {made} traps; seed {given.seed}")
    print(f"machine: {platform.machine()}, Python {platform.python_version()}; {time.monotonic() - start:.0f} s")
    print("\nPercent applied exactly; (n!) n answers applied wrongly; the rest was refused.\n")
    who = (*FORMATS, *(PEERS if peers else ()))
    print("Undamaged and recoverable\n" + table(board, "undamaged", [""], who))
    print(table(board, "recoverable", RECOVERABLE, who).partition("\n")[2])
    print("\nUnrecoverable: refuse, or be right\n" + table(board, "unrecoverable", UNRECOVERABLE, who))
    print("\nAmbiguous: refuse (percent refused)\n" + refusals(board, ("aid", *PEERS)))
    print("\n" + plot(board))
    print("\nrungs: " + ", ".join(f"{rung} {count}" for rung, count in board.rungs.most_common()))
    for title, text, why, _ in sorted(board.samples, key=lambda one: not one[0].startswith("wrong"))[: given.show]:
        print(f"\n==== {title}\n{text[:3000]}\n---- {why[:1500]}")
    bars = measured(board, given.quick)
    for name, value, goal, met in bars:
        print(f"bar {name}: {value} (goal {goal}) {'met' if met else 'short'}")
    if given.json:
        scores = [
            {"group": g, "damage": d, "who": w, "exact": s.exact, "refused": s.refused, "wrong": s.wrong}
            for (g, d, w), s in board.scores.items()
        ]
        data = {
            "corpus": corpus,
            "seed": given.seed,
            "scores": scores,
            "bars": [dict(zip(("name", "value", "goal", "met"), bar, strict=True)) for bar in bars],
        }
        given.json.write_text(json.dumps(data, indent=1))
    return 0 if all(met for *_, met in bars) else 1


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
    behind = [
        f"{damage} ({name})"
        for name in PEERS
        for damage in (*RECOVERABLE, *UNRECOVERABLE)
        for group in ("recoverable", "unrecoverable")
        if (score := board.scores.get((group, damage, name)))
        and (ours := board.scores.get((group, damage, PEER_FORMATS[name])))
        and not score.wrong
        and score.exact * ours.total > ours.exact * score.total
    ]
    if any((group, damage, name) in board.scores for group, damage, name in board.scores for name in PEERS):
        bars.append(("kinds of damage where a peer applies more, none wrongly", ", ".join(behind) or "none", "none", not behind))
    median = speed()
    bars.append(("reading a 100-line answer over three 2,000-line files", f"{1000 * median:.1f} ms", "< 15 ms", median < 0.015))
    return bars


def share(score: Score) -> str:
    return f"{100 * score.exact / max(1, score.total):.2f} % of {score.total}"


if __name__ == "__main__":
    sys.exit(main())
