"""Many random patches in a row, good and bad; a sample is built cold, the lane is compared with the view, memory and files are counted.

Then the same with kills: dune, the lane's keeper, AID itself (a process that judges) at random moments; every question has to be
answered, the next answers have to be right, and nothing may be left running or locked.
"""

import asyncio
import json
import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View
from benchmarks.judge import bare
from benchmarks.report import Report, exactly, memory_mb, quantile
from tests.ces.project import FILES, processes, write

_MORE = {
    "lib/price.ml": "type t = Fixed of int | Each of int\n\nlet of_count price count = match price with Fixed sum -> sum | Each one -> one * count\n",
    "lib/price.mli": "type t = Fixed of int | Each of int\n\nval of_count : t -> int -> int\n",
    "far/dune": "(library (name far))\n",
    "far/far.ml": "let far = 1\n",
    "far/test/dune": "(test (name test_far) (libraries far))\n",
    "far/test/test_far.ml": "let () = assert (Far.far = 1)\n",
}
PROJECT = FILES | _MORE

# What a person or a model does to one file, and whether all that depends on it still builds and passes.
_CHANGES: tuple[tuple[str, str, str], ...] = (
    ("lib/stock.ml", "sum + item.count", "item.count + sum + 0*{n}"),
    ("lib/stock.ml", "sum + item.count", "sum +. item.count"),
    ("lib/stock.ml", "sum + item.count", "sum + item.count + {n}"),
    ("lib/stock.ml", "let total items =", "let total items = ("),
    ("lib/stock.ml", "let show item", "let helper{n} x = x\n\nlet show item"),
    ("lib/stock.mli", "val show", "val gone{n} : int\nval show"),
    ("lib/stock.mli", "val show : t -> string\n", ""),
    ("lib/order.ml", "Stock.total", "Stock.totl"),
    ("lib/order.ml", "let size", "let more{n} = {n}\n\nlet size"),
    ("lib/order.ml", "let size items = Stock.total items", "let size items = Stock.total items + {n}"),
    ("lib/price.ml", "| Each one -> one * count", "| Each one -> count * one + 0*{n}"),
    ("lib/price.ml", " | Each one -> one * count", ""),
    ("bin/main.ml", "count = 3", "count = {n}"),
    ("bin/main.ml", "Shop.Stock.show", "Shop.Stock.shw"),
    ("bin/main.ml", "let () =", 'external gone : unit -> unit = "no_such_symbol"\nlet () = gone ()\nlet () ='),
    ("test/test_shop.ml", "= 7", "= 7 + 0*{n}"),
    ("test/test_shop.ml", "= 7", "= 8"),
    ("far/far.ml", "1", "1 + 0*{n}"),
    ("far/far.ml", "1", "{n}"),
    ("far/dune", "(name far)", "(name far) (libraries nosuch)"),
    ("lib/fresh.ml", "", "let fresh = Stock.total [] + {n}\n"),
    ("lib/fresh.ml", "", "let fresh = Stock.totl [] + {n}\n"),
    ("README.md", "", "Nails {n}.\n"),
)


def patches(view: View, dice: random.Random) -> Iterator[Patch]:
    """Random patches without end, now and then one that deletes a file."""
    number = 0
    while True:
        number += 1
        chosen = {one[0]: one for one in dice.sample(_CHANGES, dice.choice((1, 1, 2, 3)))}
        changes: list[FileChange] = []
        for path, old, new in chosen.values():
            text = view.text(path)
            fresh = new.replace("{n}", str(number))
            changes.append(FileChange(path, text, text.replace(old, fresh, 1) if text is not None else fresh))
        if dice.random() < 0.03:
            changes = [FileChange("lib/order.ml", view.text("lib/order.ml"), None)]
        yield Patch.of(changes)


async def random_patches(report: Report, folder: Path, rounds: int | None) -> None:
    """The long run; every `sample`th verdict is compared with a cold build."""
    count = rounds or (60 if report.quick else 1000)
    sample = 20
    dice = random.Random(report.seed)
    root = folder / "project"
    await asyncio.to_thread(write, root, PROJECT)
    view = await asyncio.to_thread(View.freeze, root)
    judge = LaneJudge(root, folder / "lanes", JudgeSettings(timeout_s=300), cache=folder / "cache")
    wrong: list[str] = []
    drift = samples = 0
    states: dict[str, int] = {}
    seen: frozenset[Patch] = frozenset()
    times: list[float] = []
    early = late = 0.0
    files = [0, 0]
    stream = patches(view, dice)
    try:
        for number in range(count):
            patch = next(stream)
            verdict = await judge.judge(view, patch)
            states[verdict.state] = states.get(verdict.state, 0) + 1
            times.append(sum(verdict.timings.values()))
            judged_now, seen = patch not in seen, seen | {patch}  # what is remembered is not built again
            if judged_now and number % sample == sample - 1:
                samples += 1
                if verdict.tier > Tier.PARSE:  # what does not parse never comes to the lane
                    drift += await asyncio.to_thread(_differs, folder / "lanes/1/tree", view, view.patched(patch))
                green = await _cold(view.patched(patch), folder / "cold")
                if (verdict.state == "green") != green or verdict.state == "unknown":
                    wrong.append(
                        f"{verdict.state} {verdict.note} {[change.path for change in patch.changes]}, cold build {green}"
                    )
            if number % 100 == 99:
                await asyncio.sleep(3)  # a moment of rest, in which canaries are put
            if number == count // 4:
                early, files[0] = memory_mb(os.getpid()), _open_files()
        late, files[1] = memory_mb(os.getpid()), _open_files()
    finally:
        await judge.close()
    left = await asyncio.to_thread(processes, str(folder))
    for one in wrong:
        print(f"  wrong: {one}")
    report.table(
        f"{count} random patches, every {sample}th built cold, too",
        [
            ("states", ", ".join(f"{state} {number}" for state, number in sorted(states.items()))),
            ("verdict, median and p95", f"{quantile(times, 0.5) * 1000:.0f} ms, {quantile(times, 0.95) * 1000:.0f} ms"),
            ("memory after a quarter, at the end", f"{early:.0f} MB, {late:.0f} MB"),
            ("open files after a quarter, at the end", f"{files[0]}, {files[1]}"),
            ("canaries", str(judge.canaries)),
        ],
    )
    report.bars.append(exactly(f"wrong verdicts, of {samples} compared with a cold build", len(wrong), 0))
    report.bars.append(exactly("files that differ between lane and view", drift, 0))
    report.bars.append(exactly("open files more than before", max(0, files[1] - files[0]), 0))
    report.bars.append(exactly("MB of memory leaked (beyond 20)", int(max(0.0, late - early - 20)), 0))
    report.bars.append(exactly("processes left by random patches", len(left), 0))


async def kills(report: Report, folder: Path, rounds: int | None) -> None:
    """Judgements in a child process; dune, its keeper and the child itself are killed at random moments."""
    count = rounds or (20 if report.quick else 200)
    dice = random.Random(report.seed)
    root = folder / "project"
    await asyncio.to_thread(write, root, PROJECT)
    view = await asyncio.to_thread(View.freeze, root)
    stream = patches(view, dice)
    asked = answered = wrong = unanswered = 0
    killed = {"dune": 0, "keeper": 0, "aid": 0}
    child = await _Child.start(root, folder)
    try:
        while asked < count:
            asked += 1
            patch = next(stream)
            answer = asyncio.create_task(child.judge(patch))
            await asyncio.wait({answer}, timeout=dice.choice((0.0, 0.05, 0.2, 0.5)))
            victim = dice.choice(("dune", "keeper", "aid", "nothing"))
            if victim == "aid":
                child.kill()
                killed["aid"] += 1
                await answer
                child = await _Child.start(root, folder)
                verdict = await child.judge(patch)  # asked again, as the front does
            else:
                if victim != "nothing" and await asyncio.to_thread(_kill, folder / "lanes/1/running", victim):
                    killed[victim] += 1
                verdict = await answer
            if verdict is None:
                unanswered += 1
                continue
            answered += 1
            if asked % 5 == 0:
                again = await child.judge(patch, fresh=True)
                green = await _cold(view.patched(patch), folder / "cold")
                wrong += (
                    again is None
                    or (again == "green") != green
                    or (verdict == "red" and green)
                    or (verdict == "green" and not green)
                )
    finally:
        await child.end()
    left = await asyncio.to_thread(processes, str(folder))
    for _ in range(100):
        if left:
            await asyncio.sleep(0.1)
            left = await asyncio.to_thread(processes, str(folder))
    judge = LaneJudge(root, folder / "lanes", JudgeSettings(timeout_s=300), cache=folder / "cache")
    after = await judge.judge(view, Patch(()))
    lane = judge.lane
    await judge.close()
    report.table(f"{asked} judgements with kills", [("killed", ", ".join(f"{who} {times}" for who, times in killed.items()))])
    report.bars.append(exactly("judgements without an answer", unanswered, 0))
    report.bars.append(exactly(f"wrong verdicts after kills, of {asked // 5}", wrong, 0))
    report.bars.append(exactly("processes left after kills", len(left), 0))
    report.bars.append(exactly("locks left after kills", int(not (after.green and lane.startswith("lane 1"))), 0))


class _Child:
    """AID in a process of its own, asked line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, root: Path, folder: Path) -> "_Child":
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.judge.soak", str(root), str(folder)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=1 << 24,
            )
        )

    async def judge(self, patch: Patch, *, fresh: bool = False) -> str | None:
        """The verdict's state; None where the process is gone."""
        changes = [[change.path, change.before, change.after] for change in patch.changes]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.write(json.dumps({"changes": changes, "fresh": fresh}).encode() + b"\n")
            await self._process.stdin.drain()
        async with asyncio.timeout(600):
            line = await self._process.stdout.readline()
        return json.loads(line)["state"] if line.endswith(b"\n") else None

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()

    async def end(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await self._process.wait()


async def _serve(root: Path, folder: Path) -> None:
    """The child: judges what it is asked, until the pipe closes."""
    judge = LaneJudge(root, folder / "lanes", JudgeSettings(timeout_s=300), cache=folder / "cache")
    view = await asyncio.to_thread(View.freeze, root)
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked = json.loads(line)
            if asked["fresh"]:
                judge.configure(JudgeSettings(timeout_s=300, sandbox="off"))  # another setting: nothing is remembered
                judge.configure(JudgeSettings(timeout_s=300))
            verdict: Verdict = await judge.judge(view, Patch.of([FileChange(*change) for change in asked["changes"]]), Tier.TEST)
            print(json.dumps({"state": verdict.state, "note": verdict.note}), flush=True)
    finally:
        await judge.close()


async def _cold(view: View, folder: Path) -> bool:
    """Whether a build of nothing but the view is green, tests included."""
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    for path in view.paths():
        await asyncio.to_thread(write, folder, {path: view.data(path) or b""})
    code, _ = await bare.run("dune", "build", "--root", ".", "@check", "@@default", "@runtest", cwd=folder)
    return code == 0


def _differs(tree: Path, *views: View) -> int:
    """How many files of a lane are not as in the view that it was last built for: the patched one, or the one before."""

    def against(view: View) -> int:
        wanted = {path: view.data(path) for path in view.paths()}
        found = {
            str(path.relative_to(tree)): path.read_bytes()
            for path in tree.rglob("*")
            if path.is_file() and "_build" not in path.relative_to(tree).parts
        }
        return sum(wanted.get(path) != found.get(path) for path in wanted.keys() | found.keys())

    return min(map(against, views))


def _kill(record: Path, who: str) -> bool:
    try:
        pids = [int(line.split()[0]) for line in record.read_text().split("\n") if line]
        os.kill(pids[0 if who == "keeper" else 1], signal.SIGKILL)
    except (OSError, IndexError, ValueError):
        return False
    return True


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
