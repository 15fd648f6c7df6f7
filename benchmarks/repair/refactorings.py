"""Refactoring real code: what share of random renames and parameter additions ends green, with the project's tests passing.

Green OCaml projects are changed at one place at a time, chosen by lot: a name of any kind gets another one, or a function gets another
parameter (optional, labelled, positional). The cursor is on the name, as in an editor; there is no model. What AID declines counts as
not green. *Red* is what was offered and does not hold: there may be none.

A name is a target if a file of a library defines it (libraries of tests included), whatever its kind; a project has its share by its
number of files. After `@check`, the tests that the change reaches are built and run.

A project is a Debian source package, or any repository (`--repo`, bare ones too); folders that need libraries which are not installed
here are left out, and so is a test folder that is not green before anything is changed.
"""

import argparse
import asyncio
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from aid_lsp.build.verdict import Tier
from aid_lsp.ces.build_system import BuildSystem
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Patch
from aid_lsp.ocaml.names import module_name
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.functions import definition_of
from aid_lsp.recipes.proposer import Attempt
from aid_lsp.recipes.recipe import RecipeProposer
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View
from benchmarks.repair.green import Ground, green_copies
from benchmarks.repair.records import Outcome, Records

_RENAMED = ("value", "type", "constructor", "field", "exception", "module", "module type")
_WEIGHTS = (8, 3, 3, 3, 1, 2, 1)
_VALUES = (("int", "0"), ("string", '""'), ("bool", "false"), ("float", "1.5"), ("int list", "[]"))


def main(arguments: Sequence[str]) -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(
        prog="./dev bench repair refactorings", description=(__doc__ or "").partition("\n")[0], allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="one small project, three of each")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write every refactoring and what became of it, each as it ends; what a run with the same seed wrote there is not done again",
    )
    parser.add_argument("--again", action="store_true", help="of what FILE has, do again what did not end green")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep the cut down projects, lanes and dune's cache there")
    parser.add_argument("--repo", type=Path, nargs="+", default=[], metavar="PATH", help="change these repositories instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--renames", type=int, help="how many in all (default 200; 3 with --quick)")
    parser.add_argument("--parameters", type=int, help="how many in all (default 100; 3 with --quick)")
    parser.add_argument("--show", action="store_true", help="print what does not end green")
    return asyncio.run(_run(parser.parse_args(arguments)))


async def _run(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    wanted = {
        "rename": options.renames if options.renames is not None else (3 if options.quick else 200),
        "parameter": options.parameters if options.parameters is not None else (3 if options.quick else 100),
    }
    records = Records(options.json, options.seed, again=options.again)
    outcomes: list[Outcome] = []
    used: list[str] = []
    with tempfile.TemporaryDirectory(prefix="aid-bench-") as temporary:
        folder: Path = (options.work or Path(temporary)).absolute()
        grounds = await green_copies(options.repo, folder / "projects", quick=options.quick)
        files = [0, *accumulate(len(ground.code) for ground in grounds)]
        for number, ground in enumerate(grounds):
            judge = _Judge(ground.root, folder / "lanes" / ground.name, cache=folder / "cache")
            bench = _Bench(ground, judge)
            try:
                tier = await bench.tier()
                used.append(f"{ground.name} ({ground.lines / 1000:.1f} kLOC, {'tests' if tier is Tier.TEST else 'no tests'})")
                for what, count in wanted.items():
                    rng = random.Random(f"{options.seed} {ground.name} {what}")
                    share = round(count * files[number + 1] / files[-1]) - round(count * files[number] / files[-1])
                    cases = bench.renames(rng) if what == "rename" else bench.parameters(rng)
                    for place, (kind, item, path, instruction) in zip(range(share), cases, strict=False):
                        key = f"{ground.name} {what} {place}"
                        outcome = records.known(key, instruction)
                        if outcome is None:
                            outcome = await bench.change(kind, path, item, instruction, tier)
                            records.keep(key, outcome)
                            _tell(len(outcomes) + 1, outcome, options.show)
                        outcomes.append(outcome)
            finally:
                await judge.close()
    print(f"corpus: {', '.join(used)}; seed {options.seed}")
    print(
        f"machine: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {time.monotonic() - begun:.0f} s\n"
    )
    print(_table(outcomes))
    bars = _bars(outcomes)
    print()
    for name, value, goal, met in bars:
        print(f"bar {name}: {value} (goal {goal}) {'met' if met else 'short'}")
    records.end([list(bar) for bar in bars])
    return 0 if all(met for *_, met in bars) else 1


def _tell(number: int, outcome: Outcome, show: bool) -> None:
    print(f"{number}: {outcome.kind}: {outcome.state}, {outcome.seconds:.1f} s", file=sys.stderr, flush=True)
    if show and outcome.state != "green":
        print(f"{outcome.state}: {outcome.where}: {outcome.instruction}\n    {outcome.said[:400]}", flush=True)


class _Judge(LaneJudge):
    """The real judge without the build of what neither `@check` nor the tests need, such as archives and plug-ins: 8 s of 10."""

    async def _build_system(self) -> BuildSystem:
        system = await super()._build_system()
        return replace(system, steps=tuple(step for step in system.steps if step[0] is not Tier.BUILD))


class _Bench:
    """One project under the real judge."""

    def __init__(self, ground: Ground, judge: LaneJudge) -> None:
        self._ground = ground
        self._judge = judge
        self._recipe = RecipeProposer(judge)
        self._view = View.freeze(ground.root)
        self._files = [path for path in ground.code if path.endswith(".ml")]

    async def tier(self) -> Tier:
        """How far the untouched project gets."""
        verdict = await self._judge.judge(self._view, Patch(()), Tier.TEST)
        return Tier.TEST if verdict.green and self._ground.tests else Tier.TYPE

    def renames(self, rng: random.Random) -> Iterator[tuple[str, Item, str, str]]:
        """Endless names to change: by lot a kind, a file, and a name of that kind in it."""
        while True:
            kind = rng.choices(_RENAMED, _WEIGHTS)[0]
            path = rng.choice(self._files)
            items = [item for item in self._items(path) if item.kind == kind and len(item.name) > 1 and item.name[0].isalpha()]
            if items:
                item = rng.choice(items)
                yield f"rename {kind}", item, path, f"rename {kind} {item.name} to {item.name}_renamed"

    def parameters(self, rng: random.Random) -> Iterator[tuple[str, Item, str, str]]:
        """Endless functions to get another parameter."""
        while True:
            path = rng.choice(self._files)
            items = [item for item in self._items(path) if item.kind == "value" and self._is_function(path, item)]
            if not items:
                continue
            item, how = rng.choice(items), rng.choice(("optional", "labelled", "positional"))
            type_, value = rng.choice(_VALUES)
            words = {
                "optional": f"add optional argument ?(extra_arg : {type_} = {value}) to {item.name}",
                "labelled": f"add labelled argument ~extra_arg:({type_}) to {item.name}, passing {value}",
                "positional": f"add parameter (extra_arg : {type_}) to {item.name}, passing {value}",
            }[how]
            yield f"add {how} parameter", item, path, words

    def _items(self, path: str) -> tuple[Item, ...]:
        return outline(path, self._view.text(path) or "")

    def _is_function(self, path: str, item: Item) -> bool:
        tree = parse(path, self._view.text(path) or "")
        node = tree.node_at(item.name_span).parent
        if node is None or node.type != "let_binding" or not item.name[0].isalpha():
            return False
        return any(not p.label for p in definition_of(path, tree, node, item.name_span).parameters)

    async def change(self, kind: str, path: str, item: Item, instruction: str, tier: Tier) -> Outcome:
        """Asks for one change, with the cursor on the name, and has the outcome tested."""
        place = Place(path, Span(item.name_span.start, item.name_span.start))
        start = time.monotonic()
        request = Request(instruction, self._view, place)
        attempts: tuple[Attempt, ...] = ()
        state, said = "declined", ""
        for _ in range(3):  # as `propose` does
            draft = await self._recipe.draft(request, attempts, lambda line: None)
            if draft.patch is None:
                said = f"{said} {draft.declined}"
                break
            verdict = await self._judge.judge(self._view, draft.patch, tier)
            attempts += (Attempt(draft, verdict, "recipe"),)
            state = verdict.state
            said = draft.understood + "".join(f"; {one.path}:{one.line}: {one.message}" for one in verdict.diagnostics[:1])
            if verdict.green:
                break
        where = f"{self._ground.name}/{path} {module_name(path)}.{item.dotted}"
        return Outcome(kind, self._ground.name, where, instruction, state, time.monotonic() - start, " ".join(said.split()))


def _table(outcomes: Sequence[Outcome]) -> str:
    rows = [("refactoring", "tried", "green", "declined", "red", "median s")]
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        of = [outcome for outcome in outcomes if outcome.kind == kind]
        states = Counter(outcome.state for outcome in of)
        seconds = statistics.median(outcome.seconds for outcome in of)
        bad = states["red"] + states["unknown"]
        rows.append((kind, str(len(of)), str(states["green"]), str(states["declined"]), str(bad), f"{seconds:.2f}"))
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _bars(outcomes: Sequence[Outcome]) -> list[tuple[str, str, str, bool]]:
    bars: list[tuple[str, str, str, bool]] = []
    for word, title, goal in (("rename", "random renames", 95), ("add", "random parameter additions", 90)):
        of = [outcome for outcome in outcomes if outcome.kind.startswith(word)]
        if of:
            share = 100 * sum(outcome.state == "green" for outcome in of) / len(of)
            bars.append((f"{title} green with tests passing, of {len(of)}", f"{share:.1f} %", f">= {goal} %", share >= goal))
    red = sum(outcome.state == "red" for outcome in outcomes)
    bars.append((f"refactorings offered that do not hold, of {len(outcomes)}", str(red), "0", red == 0))
    return bars
