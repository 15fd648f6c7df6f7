"""Verdicts beside the bare tool on small, 30 kLOC and 150 kLOC workspaces; long runs of random patches and of kills."""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.judge import follow, lanes, latency, soak
from benchmarks.report import Report, machine

_SIZES = {"small": 2_000, "middle": 30_000, "large": 160_000}
_OTHERS = {"lanes": lanes.measure, "follow": follow.measure, "random": soak.random_patches, "kills": soak.kills}
_PARTS = (*_SIZES, *_OTHERS)


def main() -> int:
    """Runs the parts; the exit status says whether all bars are met."""
    parser = argparse.ArgumentParser(prog="./dev bench judge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute: the small workspace, few rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--only", nargs="+", choices=_PARTS, metavar="PART", help=f"only these parts: {', '.join(_PARTS)}")
    parser.add_argument("--rounds", type=int, help="how many random patches, or kills")
    options = parser.parse_args()
    report = Report(options.seed, options.quick)
    print(f"judge: seed {report.seed}, {machine()}", flush=True)
    chosen = options.only or (_PARTS[:1] if options.quick else _PARTS)
    asyncio.run(run(report, chosen, options.rounds))
    return 0 if report.finish(options.json) else 1


async def run(report: Report, parts: Sequence[str], rounds: int | None) -> None:
    """Each part in a folder of its own."""
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="aid-judge-", ignore_cleanup_errors=True) as folder:
            if part in _SIZES:
                await latency.measure(report, part, _SIZES[part], Path(folder))
            else:
                await _OTHERS[part](report, Path(folder), rounds)


if __name__ == "__main__":
    raise SystemExit(main())
