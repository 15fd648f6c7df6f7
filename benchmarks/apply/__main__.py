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
from collections.abc import Iterable, Iterator
from pathlib import Path

from aid_lsp.edits.patch import Reading
from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor
from benchmarks.apply import peers as tools
from benchmarks.apply.ambiguous import TRAPS
from benchmarks.apply.answers import FORMATS, answer, render
from benchmarks.apply.board import PEER_FORMATS, PEERS, Board, Score
from benchmarks.apply.careless import CARELESS, CARELESS_RECOVERABLE
from benchmarks.apply.case import Case, Tree, seeded
from benchmarks.apply.corpus import PACKAGES, QUICK_PACKAGES, clone_name, commits, packages
from benchmarks.apply.damages import RECOVERABLE
from benchmarks.apply.losses import UNRECOVERABLE
from benchmarks.apply.report import measured, plot, refusals, table


class Files:
    """A tree as the engine sees it."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def text(self, path: str) -> str | None:
        return self.tree.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(self.tree)


ANCHOR = OCamlAnchor()
MEANT = RECOVERABLE | CARELESS_RECOVERABLE
LOST = UNRECOVERABLE | CARELESS


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
) -> None:
    """Scores every damage of every case."""
    for count, case in enumerate(cases, 1):
        board.changes += 1
        if count % 50 == 0:
            print(f"\r{count} changes, {board.answers()} answers", end="", file=sys.stderr, flush=True)
        ask_peers = rng.random() < peer_share
        is_long = any(case.before.get(path, "").count("\n") > 500 for path in case.changed)
        for format, group, damage, text in answers_of(case, rng):
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
                board.add(f"{result} {group} {damage} {format} {case.name}", text, why)
            if ask_peers:
                for name, peer in peers.items():
                    if PEER_FORMATS[name] == format:
                        theirs = verdict(peer(case.before, text), case.before, case.after)
                        board.score(group, damage, name).add(theirs)
                        pair = board.pairs.setdefault((group, damage, name), (Score(), Score()))
                        pair[0].add(result)
                        pair[1].add(theirs)


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
        for group, damages in (("recoverable", MEANT), ("unrecoverable", LOST)):
            for name, (damage, formats) in damages.items():
                if format in formats:
                    text = damage(correct.copy(), case, rng)
                    if text is not None:
                        yield format, group, name, text


def traps(
    cases: list[Case], rng: random.Random, wanted: int, peers: dict[str, tools.Peer], peer_share: float, board: Board
) -> None:
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
                board.add(f"wrong ambiguous {name} {format} {case.name}", text, difference(after, tree))
            if rng.random() < peer_share:
                for peer_name, peer in peers.items():
                    if PEER_FORMATS[peer_name] == format:
                        after = peer(tree, text)
                        board.score("ambiguous", name, peer_name).add("refused" if after is None or after == tree else "wrong")


def real(repos: list[Path], count: int, rng: random.Random) -> list[Case]:
    share = max(1, count // len(repos))
    return [case for repo in repos for case in commits(repo, share, rng)]


def synthetic(trees: list[tuple[str, Tree]], count: int, rng: random.Random) -> list[Case]:
    cases: list[Case] = []
    for number in range(count * 3):
        name, tree = trees[number % len(trees)]
        case = seeded(f"{name}#{number}", tree, rng)
        if case is not None and len(cases) < count:
            cases.append(case)
    return cases


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
    parser.add_argument("--seed", type=int, nargs="+", default=[1], metavar="N", help="run once for each (default 1)")
    parser.add_argument("--cases", type=int, help="how many changes for each seed (default 400; 40 with --quick)")
    parser.add_argument("--no-peers", action="store_true", help="leave the other tools out")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N answers that failed")
    given = parser.parse_args()
    per_seed = given.cases or (40 if given.quick else 400)
    start = time.monotonic()
    names = QUICK_PACKAGES if given.quick else PACKAGES
    trees = [] if given.repo else packages(names)
    source = f"real commits of {', '.join(clone_name(repo) for repo in given.repo)}" if given.repo else ""
    corpus = source or f"seeded edits of Debian's {', '.join(names)}"
    aider = None if given.no_peers else tools.Aider()
    peers: dict[str, tools.Peer] = {}
    if aider is not None:
        peers = {"git apply": tools.git_apply, "patch": tools.gnu_patch}
        peers |= {"aider udiff": aider.peer("udiff"), "aider blocks": aider.peer("editblock")}
    board = Board()
    seeds: list[str] = []
    try:
        for seed in given.seed:
            rng = random.Random(seed)
            cases = real(given.repo, per_seed, rng) if given.repo else synthetic(trees, per_seed, rng)
            seeds.append(str(seed))
            run(cases, rng, peers, 0.1 if given.quick else 0.2, max(given.show, 40), board)
            traps(cases, rng, 1500 if given.quick else 14000, peers, 0.02, board)
    except KeyboardInterrupt:
        seeds.append("then stopped by hand")
    if aider is not None:
        aider.close()
    print("\r", end="", file=sys.stderr)
    counts = f"{board.changes} changes, {board.answers()} answers and {board.traps()} traps"
    print(f"corpus: {corpus}; {counts}; seed {', '.join(seeds)}")
    print(f"machine: {platform.machine()}, Python {platform.python_version()}; {time.monotonic() - start:.0f} s")
    print("\nPercent applied exactly; (n!) n answers applied wrongly; the rest was refused.\n")
    who = (*FORMATS, *(PEERS if peers else ()))
    print("Undamaged and recoverable\n" + table(board, "undamaged", [""], who))
    print(table(board, "recoverable", MEANT, who).partition("\n")[2])
    print("\nUnrecoverable: refuse, or be right\n" + table(board, "unrecoverable", LOST, who))
    print("\nAmbiguous: refuse (percent refused)\n" + refusals(board, ("aid", *PEERS)))
    print("\n" + plot(board))
    print("\nrungs: " + ", ".join(f"{rung} {count}" for rung, count in board.rungs.most_common()))
    for title, text, why in sorted(board.samples, key=lambda one: not one[0].startswith("wrong"))[: given.show]:
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
            "seeds": given.seed,
            "scores": scores,
            "bars": [dict(zip(("name", "value", "goal", "met"), bar, strict=True)) for bar in bars],
        }
        given.json.write_text(json.dumps(data, indent=1))
    return 0 if all(met for *_, met in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
