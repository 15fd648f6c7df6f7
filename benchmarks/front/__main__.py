"""Start and relay times of the editor's process, its memory, and a soak of kills, restarts and broken streams."""

import argparse
import asyncio
import random
from pathlib import Path

from benchmarks.front import fuzz, neovim, relay, soak, start
from benchmarks.report import Report, machine

_PARTS = {"start": start.measure, "relay": relay.measure, "fuzz": fuzz.measure, "soak": soak.measure, "neovim": neovim.measure}


def main() -> int:
    """Runs the parts; the exit status says whether all bars are met."""
    parser = argparse.ArgumentParser(prog="./dev bench front", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute, fewer rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, too")
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--only", choices=tuple(_PARTS), help="one part")
    options = parser.parse_args()
    report = Report(options.seed, options.quick)
    print(f"front: seed {report.seed}, {machine()}")
    random.seed(report.seed)
    for name, measure in _PARTS.items():
        if options.only in (None, name):
            asyncio.run(measure(report))
    return 0 if report.finish(options.json) else 1


if __name__ == "__main__":
    raise SystemExit(main())
