"""Context: how much of what a commit edited and used is in what a model would be shown, against aider's map, BM25 and the open file.

From the parent's tree, the commit's subject and the first place that it edited, each engine fills 4,000, 8,000 and 16,000 tokens.

edited         definitions whose changed lines are all shown       precise_files   shown files that were edited
beyond         the same, without those that the place gives away   precise_lines   shown lines in edited or used definitions
named          of those, whose first line is shown                 used            definitions used by new lines, first line shown
"""

import argparse
import json
import platform
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.context import recall
from benchmarks.context.history import cases


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./dev bench context", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repo", type=Path, nargs="+", default=[], metavar="PATH", help="local git clones to take commits from")
    parser.add_argument("--commits", type=int, default=100, help="commits taken from each (default 100)")
    parser.add_argument("--no-peers", action="store_true", help="AID alone")
    parser.add_argument("--no-ablation", action="store_true")
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    start = time.monotonic()
    board = recall.Board()
    aid = recall.Aid()
    everybody, aider = recall.engines(aid, peers=not given.no_peers)
    dropped = {} if given.no_ablation else recall.ablations(aid)
    with tempfile.TemporaryDirectory() as name:
        for number, repo in enumerate(given.repo):
            asked = cases(repo, given.commits, Path(name) / str(number), random.Random(given.seed))
            recall.ask(asked, aid, everybody, dropped, board, most_ablated=0 if given.no_ablation else 40)
    if aider is not None:
        aider.close()
    projects = ", ".join(f"{count} of {project}" for project, count in board.projects.items())
    print(f"commits: {projects}; seed {given.seed}")
    print(f"machine: {platform.machine()}, Python {platform.python_version()}; {time.monotonic() - start:.0f} s\n")
    print(recall.table(board, everybody, recall.BUDGETS))
    times = sorted(aid.seconds)
    print(f"\ngather: median {1000 * times[len(times) // 2]:.0f} ms, p95 {1000 * times[int(len(times) * 0.95)]:.0f} ms")
    if dropped:
        print("\nWithout one strategy at a time\n" + recall.table(board, ("aid ", *dropped), (recall.MAIN,)))
    if given.json:
        given.json.write_text(json.dumps({"projects": board.projects}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
