"""Context: how much of what a commit edited and used is in what a model would be shown, against aider's map, BM25 and the open file.

From the parent's tree, the commit's subject and the first place that it edited, each engine fills 4,000, 8,000 and 16,000 tokens. Without
--repo the changes are seeded ones over the sources of installed libraries: a value's arguments change, and with them every use.

edited         definitions whose changed lines are all shown       precise_files   shown files that were edited
beyond         the same, without those that the place gives away   precise_lines   shown lines in edited or used definitions
named          of those, whose first line is shown                 used            definitions used by new lines, first line shown

The same run times the index and the gathering, compares the outline with the compiler's typed trees, and tries what no project should be.
"""

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from benchmarks.context import history, ranking, recall, seeded
from benchmarks.context.agreement import agreement
from benchmarks.context.bindings import Agreed, bindings, table
from benchmarks.context.case import Case
from benchmarks.context.damage import damage
from benchmarks.context.extremes import TREES, extremes
from benchmarks.context.installed import LIBRARIES
from benchmarks.context.speed import speed

Bar = tuple[str, str, str, bool]
PARTS = ("recall", "speed", "outline", "extremes")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev bench context", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repo", type=Path, nargs="+", default=[], metavar="PATH", help="local git clones to take commits from")
    parser.add_argument("--commits", type=int, metavar="N", help="changes taken from each (default 130; 10 with --quick)")
    parser.add_argument(
        "--part", choices=(*PARTS, "ranking"), action="append", help="do only this (may be repeated; default: all but ranking)"
    )
    parser.add_argument(
        "--minutes", type=float, metavar="M", help="stop asking then; the same command goes on where this one stopped"
    )
    parser.add_argument("--fresh", action="store_true", help="ask again what earlier runs have asked")
    parser.add_argument("--no-peers", action="store_true", help="AID alone")
    parser.add_argument("--no-ablation", action="store_true", help="skip the table of strategies")
    parser.add_argument("--quick", action="store_true", help="under a minute, once aider's map is installed: 8,000 tokens only")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there")
    given = parser.parse_args()
    parts = given.part or PARTS
    start = time.monotonic()
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    bars: list[Bar] = []
    data: dict[str, object] = {"seed": given.seed}
    if "recall" in parts:
        bars += _recall(given, data)
    if "ranking" in parts:
        _ranking(given, data)
    if "speed" in parts:
        bars += _speed(data, quick=given.quick)
    if "outline" in parts:
        bars += _outline(data, quick=given.quick)
        bars += _uses(given.repo, data)
    if "extremes" in parts:
        bars += _extremes(data, quick=given.quick)
    print(f"\n{time.monotonic() - start:.0f} s")
    for name, value, goal, met in bars:
        print(f"bar {name}: {value} (goal {goal}) {'met' if met else 'short'}")
    if given.json:
        data["bars"] = [dict(zip(("name", "value", "goal", "met"), bar, strict=True)) for bar in bars]
        given.json.write_text(json.dumps(data, indent=1))
    return 0 if all(met for *_, met in bars) else 1


def _recall(given: argparse.Namespace, data: dict[str, object]) -> list[Bar]:
    budgets = (recall.MAIN,) if given.quick else recall.BUDGETS
    board = recall.Board()
    until = time.monotonic() + 60 * given.minutes if given.minutes else float("inf")
    run = recall.Run(
        board, budgets, peers=not given.no_peers, parts=not (given.no_ablation or given.quick), fresh=given.fresh, until=until
    )
    with tempfile.TemporaryDirectory() as name, closing(run):
        for cases in _cases(given, Path(name)):
            run.ask(cases)
    everybody = recall.EVERYBODY if run.peers else ("aid", *recall.PLAIN)
    projects = ", ".join(f"{count} of {project}" for project, count in board.projects.items())
    print(f"{'commits' if given.repo else 'seeded changes of installed libraries'}: {projects}; seed {given.seed}\n")
    print(recall.table(board, everybody, budgets))
    if run.parts:
        print(
            "\nWithout one strategy at a time, and each alone\n" + recall.table(board, ("aid", *recall.ABLATIONS), (recall.MAIN,))
        )
    if len(board.projects) > 1:
        print("\nProject by project\n" + recall.by_project(board, everybody))
    print(recall.plot(board, everybody))
    data["projects"] = board.projects
    data["cases"] = board.cases
    data["recall"] = {f"{name} {budget}": [asdict(m) for m in marks] for (name, budget), marks in board.marks.items()}
    bars: list[Bar] = []
    ours = board.mean("aid", recall.MAIN, "beyond")
    if run.peers:
        theirs = board.mean("aider map", recall.MAIN, "beyond")
        ratio = ours / theirs if theirs else float("inf")
        value = f"{100 * ours:.1f} % against {100 * theirs:.1f} %, {ratio:.2f} times"
        bars.append(
            (
                "recall of edited definitions beyond the place at 8k tokens, against aider's map",
                value,
                ">= 1.5 times",
                ratio >= 1.5,
            )
        )
        theirs = board.mean("open file + aider map", recall.MAIN, "beyond")
        value = f"{100 * ours:.1f} % against {100 * theirs:.1f} %, {ours / max(theirs, 1e-9):.2f} times"
        bars.append(("the same, against the open file and aider's map of the rest", value, "> 1 times", ours > theirs))
    best = max(("bm25", "open file + bm25"), key=lambda name: board.mean(name, recall.MAIN, "beyond"))
    theirs = board.mean(best, recall.MAIN, "beyond")
    bars.append((f"the same, against {best}", f"{100 * ours:.1f} % against {100 * theirs:.1f} %", "ahead", ours > theirs))
    if given.repo and not given.quick:
        total = sum(board.projects.values())
        met = total >= 300 and len(board.projects) >= 3
        bars.append(("commits", f"{total} of {len(board.projects)} projects", ">= 300 of >= 3 projects", met))
    for measure in ("edited", "used"):
        if all(getattr(marks, measure) is None for marks in board.marks["aid", recall.MAIN]):
            continue  # seeded changes add no lines, so they use nothing
        best = max((name for name in everybody if name != "aid"), key=lambda name: board.mean(name, recall.MAIN, measure))
        ours, theirs = board.mean("aid", recall.MAIN, measure), board.mean(best, recall.MAIN, measure)
        value = f"{100 * ours:.1f} % against {100 * theirs:.1f} %"
        bars.append((f"{measure} definitions at 8k tokens, against {best}", value, "ahead", ours > theirs))
    if times := sorted(run.aid.seconds):
        p95 = times[int(0.95 * len(times))]
        print(f"\ngathering for these: median {1000 * times[len(times) // 2]:.0f} ms, p95 {1000 * p95:.0f} ms")
    return bars


def _cases(given: argparse.Namespace, folder: Path) -> Iterator[Iterator[Case]]:
    """Those of each clone, or the seeded ones."""
    limit = given.commits or (10 if given.quick else 130)
    if not given.repo:
        yield seeded.cases(limit, folder, random.Random(given.seed))
    for number, repo in enumerate(given.repo):
        yield history.cases(repo, limit, folder / str(number), random.Random(given.seed))


def _ranking(given: argparse.Namespace, data: dict[str, object]) -> None:
    with tempfile.TemporaryDirectory() as name:
        found = ranking.ranking(case for cases in _cases(given, Path(name)) for case in cases)
    data["ranking"] = found
    measures = list(next(iter(found.values())))
    print("\nedited definitions that the subject's words find")
    shown = [
        [name, *(f"{100 * of[m]:.1f} %" if m.startswith("in ") else f"{of[m]:.1f}" for m in measures)]
        for name, of in found.items()
    ]
    print(recall.aligned([["", *measures], *shown]))


def _speed(data: dict[str, object], *, quick: bool) -> list[Bar]:
    found = speed(quick=quick)
    data["speed"] = found
    print(
        f"\nindex of {found['lines']:.0f} lines in {found['files']:.0f} files: made in {found['build_s']:.1f} s, {found['index_mb']:.0f} MB on "
        f"disk; listing the files {1000 * found['freeze_s']:.0f} ms; "
        f"an edited file: median {1000 * found['edit_median_s']:.1f} ms, p95 {1000 * found['edit_p95_s']:.1f} ms; "
        f"median gather {1000 * found['gather_median_s']:.0f} ms"
    )
    bars: list[Bar] = [
        _most("index opens the second time", found["reopen_s"], 0.2),
        _most("index takes up an edited file, mean", found["edit_mean_s"], 0.01),
        _most(f"gather at {found['lines'] / 1000:.0f} kLOC, p95", found["gather_p95_s"], 0.1),
        ("memory there", f"{found['memory_mb']:.0f} MB", "< 400 MB", found["memory_mb"] < 400),
    ]
    rate = found.get("large_lines_a_minute", found["lines_a_minute"])
    lines = found.get("large_lines", found["lines"])
    bars.append((f"index of {lines / 1e6:.2f} MLOC", f"{rate / 1e6:.1f} MLOC a minute", ">= 1", rate >= 1e6))
    return bars


def _most(name: str, seconds: float, goal: float) -> Bar:
    return (name, f"{1000 * seconds:.1f} ms", f"< {1000 * goal:.0f} ms", seconds < goal)


def _outline(data: dict[str, object], *, quick: bool) -> list[Bar]:
    found = agreement(LIBRARIES[:1] if quick else LIBRARIES)
    data["outline"] = asdict(found)
    print(
        f"\noutline: {found.files} files, {found.lines} lines; not compared, since another text was compiled: {len(found.other_text)}"
    )
    for odd in found.odd[:10]:
        print(f"  {odd}")
    ours, theirs = found.ours_confirmed / max(1, found.ours), found.theirs_found / max(1, found.theirs)
    return [
        (
            "top-level items that the compiler has at the same place",
            f"{100 * ours:.2f} % of {found.ours}",
            ">= 99 %",
            ours >= 0.99,
        ),
        (
            "the compiler's top-level names that the outline has",
            f"{100 * theirs:.2f} % of {found.theirs}",
            ">= 99 %",
            theirs >= 0.99,
        ),
    ]


def _uses(repos: list[Path], data: dict[str, object]) -> list[Bar]:
    found = bindings(repos)
    data["uses"] = asdict(found)
    print(f"\n{table(found)}")
    return [
        _share("uses of top-level names that the compiler knows and the parser has", found.seen_recall, 0.99),
        _share("uses of the file's own values that the parser has and the compiler too", found.seen_precision, 0.99),
        _share("bare values of the file that mean what the compiler says", found.file_recall, 0.95),
        _share("the same, of those that AID is sure of", found.file_precision, 0.99),
        _share("uses whose definition is found, anywhere in the project", found.anywhere_recall, 0.9),
        _share("the same, of those for which one is found", found.anywhere_precision, 0.9),
    ]


def _share(name: str, agreed: Agreed, goal: float) -> Bar:
    return (name, str(agreed), f">= {100 * goal:.0f} %", agreed.share >= goal)


def _extremes(data: dict[str, object], *, quick: bool) -> list[Bar]:
    found = extremes(quick=quick)
    data["extremes"] = found
    hurt = damage(10 if quick else 1)
    print(
        f"damaged: {hurt.texts} texts, of which {hurt.clean} lost nothing but the neighbourhood; the others by {dict(+hurt.lost)}"
    )
    data["damage"] = asdict(hurt)
    kept = hurt.kept / max(1, hurt.all)
    value = f"{100 * kept:.3f} % of {hurt.all}"
    bars: list[Bar] = [("definitions kept beyond the neighbourhood of an error", value, ">= 99.9 %", kept >= 0.999)]
    for name, numbers in found.items():
        _, seconds, memory = TREES[name]
        if numbers is None:
            bars.append((name, "failed", "bounded", False))
            continue
        spent = numbers["first_s"] + numbers["gather_s"]
        value = f"{spent:.1f} s, again {numbers['again_s']:.2f} s, gather {1000 * numbers['gather_s']:.0f} ms, {numbers['memory_mb']:.0f} MB"
        bars.append((name, value, f"< {seconds:.0f} s, < {memory:.0f} MB", spent < seconds and numbers["memory_mb"] < memory))
    return bars


if __name__ == "__main__":
    sys.exit(main())
