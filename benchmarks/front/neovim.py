"""The same in a real Neovim, which types while the daemon behind it is killed."""

import asyncio
import json
import random
import shutil
from pathlib import Path

from benchmarks.front.site import Site, new_site
from benchmarks.report import Report, exactly

_SCRIPT = Path(__file__).parent / "type.lua"


async def measure(report: Report) -> None:
    """Runs it; without Neovim that is said, and the bar is short."""
    kills = 10 if report.quick else 100
    if shutil.which("nvim") is None:
        report.table("Soak in Neovim", [("not run", "nvim is not on PATH")])
        return report.bars.append(exactly("neovim-checks", 0, 1))
    with new_site() as site:
        changes, checks, differing = await _play(site, report.seed, kills)
    report.table(
        f"Soak in Neovim: {kills} SIGKILLs",
        [("changes typed", str(changes)), ("times that the daemon's text was compared", str(checks))],
    )
    return report.bars.append(exactly("neovim-texts-that-differ", differing, 0))


async def _play(site: Site, seed: int, kills: int) -> tuple[int, int, int]:
    chance = random.Random(seed)
    stop = site.root / "stop"
    told = {
        "FRONT": json.dumps(site.patient_front(scripted=True, crashes=1_000_000)),
        "FILE": str(site.root / "lib" / "typed.ml"),
        "ROOT": str(site.root),
        "STOP": str(stop),
        "SEED": str(seed),
    }
    process = await asyncio.create_subprocess_exec(
        *("nvim", "--headless", "--clean", "-S", str(_SCRIPT)),
        env={**site.env, **told},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        for _ in range(kills):
            await asyncio.sleep(0.2 + chance.random() * 0.6)
            await asyncio.to_thread(site.kill)
        await asyncio.to_thread(stop.touch)
        async with asyncio.timeout(120):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    last = next((line for line in printed.decode().split("\n") if line.startswith("@ ")), "")
    if not last:
        raise RuntimeError(f"Neovim did not end well: {printed.decode()[-500:]}")
    changes, checks, differing = map(int, last.split()[1:])
    return changes, checks, differing
