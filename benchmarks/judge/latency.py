"""How long a verdict takes, beside the bare tool on copies of the same tree, in turns; each edit is a new one."""

import asyncio
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.verdict import Tier
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import Patch
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View
from benchmarks.judge import bare, edits
from benchmarks.judge.generate import Tree, generate
from benchmarks.judge.memory import tree_mb
from benchmarks.report import Bar, Report

_WAYS = ("verdict", "dune rpc build", "socket", "one-shot")


@dataclass(slots=True)
class Times:
    """Seconds by way."""

    of: dict[str, list[float]] = field(default_factory=lambda: {way: list[float]() for way in _WAYS})
    parts: dict[str, list[float]] = field(default_factory=dict[str, list[float]])

    def median(self, way: str) -> float:
        return statistics.median(self.of[way])

    def ratio(self, way: str, other: str) -> float:
        """The median of the ratios, turn by turn: what else runs on the machine touches both."""
        return statistics.median(one / two for one, two in zip(self.of[way], self.of[other], strict=False))


async def measure(report: Report, size: str, lines: int, folder: Path) -> None:
    """One workspace."""
    large, quick = size == "large", report.quick
    tree = await asyncio.to_thread(generate, folder / "workspace", lines, report.seed)
    await _commit(tree.root)
    cold = await bare.worktree_and_cold_build(tree.root)
    copies = folder / "bare", folder / "one-shot"
    await asyncio.to_thread(shutil.copytree, tree.root, copies[0])
    assert (await bare.one_shot(copies[0]))[0]
    await asyncio.to_thread(shutil.copytree, *copies, copy_function=shutil.copy2, symlinks=True)
    assert (await bare.one_shot(copies[1]))[0]
    judge = LaneJudge(tree.root, folder / "lanes", JudgeSettings(timeout_s=900))
    try:
        view = await asyncio.to_thread(View.freeze, tree.root)
        began = time.perf_counter()
        first = await judge.judge(view, Patch(()), Tier.TYPE)
        warm_up = time.perf_counter() - began
        assert first.green, first
        async with bare.Passive.start(copies[0]) as passive:
            assert (await passive.ask_socket())[0]
            leaf = Times()
            for turn in range(4 if quick else 12 if large else 20):
                await _turn(
                    leaf,
                    judge,
                    view,
                    passive,
                    copies[1],
                    lambda turn=turn: edits.patch_of(tree.root, tree.leaf, good=turn % 2 == 0),
                    turn % 2 == 0,
                )
            wide: dict[str, Times] = {}
            for name, path in (("middle interface", tree.middle), ("base interface", tree.base)):
                if quick and size != "small":
                    continue
                wide[name] = Times()
                for _ in range(1 if large or quick else 3):
                    await _turn(
                        wide[name], judge, view, passive, copies[1], lambda path=path: edits.interface(tree.root, path), True
                    )
        lane_mb = await asyncio.to_thread(tree_mb, folder / "lanes")
    finally:
        await judge.close()
    _tell(report, size, tree, cold, warm_up, lane_mb, leaf, wide)


async def _turn(
    times: Times, judge: LaneJudge, view: View, passive: bare.Passive, one_shot: Path, make: Callable[[], Patch], good: bool
) -> None:
    began = time.perf_counter()
    verdict = await judge.judge(view, make(), Tier.TYPE)
    times.of["verdict"].append(time.perf_counter() - began)
    assert verdict.state == ("green" if good else "red"), verdict
    for part, seconds in verdict.timings.items():
        times.parts.setdefault(part, []).append(seconds)
    for way in ("dune rpc build", "socket"):
        patch = make()
        await asyncio.to_thread(edits.write, passive.tree, patch)
        if way == "socket":
            success, seconds = await passive.ask_socket()
            assert success == good
        else:
            seconds = await passive.ask()
        times.of[way].append(seconds)
        await asyncio.to_thread(edits.undo, passive.tree, patch)
    patch = make()
    await asyncio.to_thread(edits.write, one_shot, patch)
    success, seconds = await bare.one_shot(one_shot)
    assert success == good
    times.of["one-shot"].append(seconds)
    await asyncio.to_thread(edits.undo, one_shot, patch)


async def _commit(root: Path) -> None:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "all")):
        code, _ = await bare.run("git", *command, cwd=root)
        assert code == 0


def _tell(
    report: Report, size: str, tree: Tree, cold: float, warm_up: float, lane_mb: float, leaf: Times, wide: dict[str, Times]
) -> None:
    rows = [
        ("worktree + cold build", f"{cold:.1f} s"),
        ("first verdict, cold lane", f"{warm_up:.1f} s"),
        ("memory of the lane", f"{lane_mb:.0f} MB"),
    ]
    for name, times in (("leaf", leaf), *wide.items()):
        rows.append((f"{name}: " + ", ".join(_WAYS), ", ".join(_ms(times.median(way)) for way in _WAYS)))
        parts = ", ".join(f"{part} {_ms(statistics.median(seconds))}" for part, seconds in times.parts.items())
        rows.append((f"{name}: where the verdict's time goes", parts))
    report.table(f"{size}: {tree.lines / 1000:.0f} kLOC, {tree.modules} modules, medians of {len(leaf.of['verdict'])}", rows)
    limit = leaf.ratio("verdict", "dune rpc build")
    faster = leaf.ratio("one-shot", "verdict")
    report.bars.append(Bar(f"{size} leaf verdict / dune rpc build", limit, "<= 1.3", limit <= 1.3, " x"))
    if size == "large":
        report.bars.append(Bar("large one-shot dune / leaf verdict", faster, ">= 5", faster >= 5, " x"))
        colder = cold / leaf.median("verdict")
        report.bars.append(Bar("large worktree + cold build / leaf verdict", colder, ">= 50", colder >= 50, " x"))


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"
