"""Repairing real code: what share of seeded faults of each kind ends green, and what share as it was before.

Green OCaml projects are broken in one place at a time, in ways that people break them; then `fix the build` is asked, without any model.
*Green* is what the judge says after `@check`; *equal* is equal to the text before the fault, to the letter. The text before is committed,
so that AID can tell which of two files that disagree was edited; nothing is copied from it. A deleted case cannot be known:
there green means with a hole, and AID says so. Faults that do not break the build are not counted.

`./dev bench repair refactorings` measures renames and new parameters instead.
"""

import argparse
import asyncio
import difflib
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.repair import refactorings
from benchmarks.repair.build import BUILD
from benchmarks.repair.code import Fault
from benchmarks.repair.measure import Bench, Result
from benchmarks.repair.names import NAMES
from benchmarks.repair.projects import PACKAGES, Project, debian, local
from benchmarks.repair.syntax import SYNTAX
from benchmarks.repair.types import TYPES

FAULTS: dict[str, Fault] = NAMES | TYPES | SYNTAX | BUILD
Bar = tuple[str, str, str, bool]


def main() -> int:
    """Runs the benchmark."""
    if sys.argv[1:2] == ["refactorings"]:
        return refactorings.main(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="./dev bench repair", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one small project, each kind once")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every fault and what became of it")
    parser.add_argument(
        "--repo", type=Path, nargs="+", default=[], metavar="PATH", help="break these dune projects instead; they are only read"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, help="how many of each kind in each project (default 3; 1 with --quick)")
    parser.add_argument("--renames", type=int, help="how many random renames in all (default 40; 4 with --quick)")
    parser.add_argument("--only", nargs="+", choices=FAULTS, metavar="KIND", help="only these kinds")
    parser.add_argument(
        "--projects", nargs="+", choices=[package.name for package in PACKAGES], metavar="NAME", help="only these packages"
    )
    parser.add_argument("--show", action="store_true", help="print the faults that did not end as they were before")
    return asyncio.run(run(parser.parse_args()))


async def run(options: argparse.Namespace) -> int:
    """Breaks, fixes, counts, prints."""
    begun = time.monotonic()
    faults = options.faults or (1 if options.quick else 3)
    renames = options.renames if options.renames is not None else (4 if options.quick else 40)
    results: list[Result] = []
    renamed: list[tuple[str, bool, str]] = []
    cold: list[bool] = []
    used: list[Project] = []
    with tempfile.TemporaryDirectory(prefix="aid-bench-") as folder:
        names = options.projects or (["ocaml-re"] if options.quick else [package.name for package in PACKAGES])
        projects = [local(repo, Path(folder)) for repo in options.repo] or debian(tuple(names), Path(folder) / "projects")
        for project in projects:
            bench = Bench(project, Path(folder))
            try:
                if not await bench.green():
                    print(f"{project.name}: does not build here, left out", file=sys.stderr)
                    continue
                used.append(project)
                for kind in options.only or FAULTS:
                    for number in range(faults):
                        rng = random.Random(f"{options.seed} {project.name} {kind} {number}")
                        result = await bench.break_and_fix(kind, FAULTS[kind], rng)
                        if result is None:
                            break
                        results.append(result)
                        _tell(result, project, options.show)
                rng = random.Random(f"{options.seed} {project.name} renames")
                for _ in range(0 if options.only else -(-renames // len(projects))):
                    if (one := await bench.rename(rng)) is not None:
                        renamed.append(one)
                        if options.show and not one[1]:
                            print(f"not green: {one[0]}: {one[2]}", flush=True)
                green = [result for result in results if result.green and result.project == project.name]
                for result in random.Random(options.seed).sample(green, min(len(green), 2 if options.quick else 8)):
                    cold += [await bench.stays_green(result)]
            finally:
                await bench.close()
    print(
        f"corpus: {', '.join(f'{p.name} ({p.lines / 1000:.1f} kLOC)' for p in used)}; {len(results)} faults; seed {options.seed}"
    )
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {time.monotonic() - begun:.0f} s\n"
    )
    print(table(results))
    bars = measured(results, renamed, cold)
    print()
    for name, value, goal, met in bars:
        print(f"bar {name}: {value} (goal {goal}) {'met' if met else 'short'}")
    if options.json:
        options.json.write_text(json.dumps(as_json(results, renamed, bars, options.seed), indent=1))
    return 0 if all(met for *_, met in bars) else 1


def table(results: Sequence[Result]) -> str:
    """One row a kind, and one for all."""
    rows = [("fault", "broken", "green", "equal", "builds", "median s")]
    for kind in FAULTS:
        of = [result for result in results if result.kind == kind]
        if of:
            rows.append(_row(kind, of))
    if results:
        rows.append(_row("all", results))
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _row(name: str, of: Sequence[Result]) -> tuple[str, str, str, str, str, str]:
    return (
        name,
        str(len(of)),
        f"{_percent([result.green for result in of]):.0f} %",
        f"{_percent([result.equal for result in of]):.0f} %",
        f"{statistics.mean(result.candidates for result in of):.1f}",
        f"{statistics.median(result.seconds for result in of):.2f}",
    )


def measured(results: Sequence[Result], renamed: Sequence[tuple[str, bool, str]], cold: Sequence[bool]) -> list[Bar]:
    """The bars, those that this run can say something of."""
    bars: list[Bar] = []
    if results:
        green, equal = _percent([result.green for result in results]), _percent([result.equal for result in results])
        seconds = statistics.median(result.seconds for result in results)
        bars.append(("faults green after fix", f"{green:.1f} %", ">= 85 %", green >= 85))
        bars.append(("faults equal to the original", f"{equal:.1f} %", ">= 60 %", equal >= 60))
        bars.append(("median time of a fix, warm", f"{seconds:.2f} s", "< 2 s", seconds < 2))
        kinds = len({result.kind for result in results})
        bars.append(("kinds of faults", str(kinds), ">= 20", kinds >= 20))
    if cold:
        bars.append((f"green that a cold build finds red, of {len(cold)}", str(cold.count(False)), "0", all(cold)))
    if renamed:
        green = _percent([one[1] for one in renamed])
        bars.append((f"renames green, of {len(renamed)}", f"{green:.1f} %", ">= 95 %", green >= 95))
    return bars


def as_json(
    results: Sequence[Result], renamed: Sequence[tuple[str, bool, str]], bars: Sequence[Bar], seed: int
) -> dict[str, object]:
    """Everything, for other programs."""
    shown = ("kind", "project", "where", "green", "equal", "candidates", "seconds", "error", "said")
    return {
        "seed": seed,
        "faults": [{name: getattr(result, name) for name in shown} for result in results],
        "renames": [dict(zip(("instruction", "green", "said"), one, strict=True)) for one in renamed],
        "bars": [dict(zip(("name", "value", "goal", "met"), bar, strict=True)) for bar in bars],
    }


def _percent(values: Sequence[bool]) -> float:
    return 100 * sum(values) / len(values)


def _tell(result: Result, project: Project, show: bool) -> None:
    if not show or result.equal:
        return
    state = "green, but different" if result.green else "NOT GREEN"
    print(f"{state}: {result.kind}: {result.project}/{result.where}: {result.error}\n    {result.said[:300]}")
    for path, text in result.patched.items():
        rows = difflib.unified_diff(
            project.texts.get(path, "").split("\n"), text.split("\n"), "as it was", "as it is", path, "", 0, ""
        )
        print("".join(f"    {row}\n" for row in [*rows][2:14]), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
