"""One lane and two: verdicts a second, and memory a lane, on a workspace of 30 kLOC."""

import asyncio
import time
from pathlib import Path

from aid_lsp.build.verdict import Tier
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View
from benchmarks.judge import edits
from benchmarks.judge.generate import generate
from benchmarks.judge.memory import tree_mb
from benchmarks.report import Report


async def measure(report: Report, folder: Path, rounds: int | None) -> None:
    """Leaf edits, good and bad, as many at a time as there are lanes."""
    count = rounds or (8 if report.quick else 40)
    tree = await asyncio.to_thread(generate, folder / "workspace", 3_000 if report.quick else 30_000, report.seed)
    view = await asyncio.to_thread(View.freeze, tree.root)
    rows: list[tuple[str, str]] = []
    for lanes in (1, 2):
        judge = LaneJudge(tree.root, folder / "lanes", JudgeSettings(timeout_s=900, lanes=lanes), cache=folder / "cache")

        async def ask(number: int, judge: LaneJudge = judge) -> bool:
            good = number % 2 == 0
            verdict = await judge.judge(view, edits.patch_of(tree.root, tree.leaf, good=good), Tier.TYPE)
            return verdict.state == ("green" if good else "red")

        try:
            assert all(await asyncio.gather(*(ask(number) for number in range(2 * lanes))))  # builds the lanes
            began = time.perf_counter()
            assert all(await asyncio.gather(*(ask(number) for number in range(count))))
            seconds = time.perf_counter() - began
            megabytes = await asyncio.to_thread(tree_mb, folder / "lanes")
        finally:
            await judge.close()
        each = f"{count / seconds:.1f} verdicts a second, {megabytes / lanes:.0f} MB a lane"
        rows.append((f"{lanes} lane{'s' if lanes > 1 else ''}", each))
    report.table(f"lanes: {tree.lines / 1000:.0f} kLOC, {count} leaf verdicts", rows)
