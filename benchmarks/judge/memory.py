"""How much memory lanes take."""

from pathlib import Path

from benchmarks.report import memory_mb


def tree_mb(lanes: Path) -> float:
    """The resident memory of all processes in the lanes below a folder, keepers and sandboxes included."""
    pids = {int(line.split()[0]) for record in lanes.glob("*/running") for line in record.read_text().split("\n") if line}
    return sum(memory_mb(pid) for pid in _with_children(pids))


def _with_children(pids: set[int]) -> set[int]:
    found, pending = set[int](), list(pids)
    while pending:
        pid = pending.pop()
        if pid in found:
            continue
        found.add(pid)
        try:
            pending += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:
            continue
    return found
