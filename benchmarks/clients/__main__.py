"""From a key of AID's to the first visible reaction, in real editors on a real terminal (Emacs, Neovim 0.10 and 0.12, Helix)."""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import Report, below, machine
from tests.clients.emacs import CTRL_C, Emacs
from tests.clients.helix import Helix
from tests.clients.neovim import ESCAPE, Neovim, newest
from tests.clients.scenario import INSTRUCTION, WALK, copy_scenario
from tests.clients.screen import Screen

GOAL_MS = 150.0


def main() -> int:
    """Measures each editor; the exit status says whether all bars are met."""
    parser = argparse.ArgumentParser(prog="./dev bench clients", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    options = parser.parse_args()
    report = Report(0, options.quick)
    print(f"clients: {machine()}")
    rounds = 5 if options.quick else 30
    with tempfile.TemporaryDirectory(prefix="aid-") as folder:
        asyncio.run(_all(report, Path(folder), rounds))
    return 0 if report.finish(options.json) else 1


async def _all(report: Report, folder: Path, rounds: int) -> None:
    await _emacs(report, folder, rounds)
    await _neovim(report, folder, rounds, "0.10", "nvim")
    await _neovim(report, folder, rounds, "0.12", newest())
    await _helix(report, folder, rounds)


async def _emacs(report: Report, folder: Path, rounds: int) -> None:
    project, env = _place(folder, "emacs")
    asked: list[float] = []
    sent: list[float] = []
    async with Emacs(project, "lib/tree.ml", folder / "emacs" / "init", **env) as emacs:
        await emacs.line(WALK)
        screen = emacs.screen
        for number in range(1, rounds + 1):
            asked.append(await _timed(screen, f"{CTRL_C}'c", lambda text: "AID, change at" in text))
            screen.type(INSTRUCTION)
            await screen.shows(INSTRUCTION)
            sent.append(await _timed(screen, "\r", lambda text: "AID, change at" not in text))
            await screen.shows(f"proposal {number} is green", 60.0)
            screen.type(f"{CTRL_C}'k")
            await screen.shows(f"proposal {number} is rejected")
            await screen.settles()
    _say(report, "emacs", asked, sent)


async def _neovim(report: Report, folder: Path, rounds: int, version: str, program: str) -> None:
    project, env = _place(folder, f"neovim-{version}")
    asked: list[float] = []
    sent: list[float] = []
    async with Neovim(project, "lib/tree.ml", folder / f"neovim-{version}" / "init", program=program, **env) as neovim:
        await neovim.command(str(WALK), f" {WALK}:1")
        screen = neovim.screen
        for number in range(1, rounds + 1):
            screen.type(":AID change")
            await screen.shows(":AID change")
            asked.append(await _timed(screen, "\r", lambda text: "AID, change:" in text))
            screen.type(INSTRUCTION)
            await screen.shows(INSTRUCTION)
            sent.append(await _timed(screen, "\r", lambda text: "AID, change:" not in text or "AID: working" in text))
            await screen.shows(f"proposal {number} is green", 60.0)
            screen.type(":AID reject\r")
            await screen.shows(f"proposal {number} is rejected")
            await screen.settles()
    _say(report, f"neovim-{version}", asked, sent)


async def _helix(report: Report, folder: Path, rounds: int) -> None:
    project, env = _place(folder, "helix")
    asked: list[float] = []
    async with Helix(project, folder / "helix" / "init", file="lib/tree.ml", ours=True, **env) as helix:
        await helix.comment(INSTRUCTION, WALK)
        await helix.act(f"AID: {INSTRUCTION}")
        await helix.screen.shows("proposal 1 is green", 60.0)
        for _ in range(rounds):
            await helix.escape()
            helix.screen.type(" ")
            await helix.screen.settles()
            asked.append(await _timed(helix.screen, "a", lambda text: "AID: accept proposal 1" in text))
        helix.screen.type(ESCAPE)
    _say(report, "helix", asked, [])


async def _timed(screen: Screen, keys: str, there: Callable[[str], bool]) -> float:
    """Milliseconds from typing to what is awaited on the screen."""
    began = time.perf_counter()
    screen.type(keys)
    await screen.shows(there)
    return (time.perf_counter() - began) * 1000


def _say(report: Report, editor: str, asked: list[float], sent: list[float]) -> None:
    rows = [(what, _spread(times)) for what, times in (("key to prompt or menu", asked), ("Enter to reaction", sent)) if times]
    report.table(editor, rows)
    report.bars.append(below(f"{editor}-reaction-p95", _p95([*asked, *sent]), GOAL_MS, " ms"))


def _spread(times: list[float]) -> str:
    return f"median {statistics.median(times):.0f} ms, p95 {_p95(times):.0f} ms, most {max(times):.0f} ms of {len(times)}"


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, round(0.95 * len(times)) - 1)]


def _place(folder: Path, name: str) -> tuple[Path, dict[str, str]]:
    """A copy of the project and folders of its own for AID's state."""
    home = folder / name
    run = home / "run"
    run.mkdir(parents=True, mode=0o700)
    env = {"XDG_STATE_HOME": str(home / "state"), "XDG_CACHE_HOME": str(home / "cache"), "XDG_RUNTIME_DIR": str(run)}
    return copy_scenario(home / "forest"), {**env, "XDG_CONFIG_HOME": str(home / "config")}


if __name__ == "__main__":
    raise SystemExit(main())
