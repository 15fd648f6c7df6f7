"""How fast the index is made, opened and brought up to date, how long a gather takes, and in how much memory.

Runs in a process of its own, so that memory is its own: `python -m benchmarks.context.speed FOLDER LINES COUNT` prints one JSON object.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aid_lsp.context.index import Index
from aid_lsp.context.strategy import gather
from aid_lsp.edits.lines import Span
from aid_lsp.workspace.history import History
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View
from benchmarks.context.installed import lay_out, library_folder

_WISHES = (
    "return an option instead of raising",
    "take a labelled argument",
    "handle the empty list",
    "print the error's position",
    "make it tail recursive",
)


def measure(root: Path, lines: int, count: int) -> dict[str, float]:
    """Numbers, times in seconds, memory in MB."""
    file = root.parent / "index.db"
    clock = time.perf_counter()
    view = View.freeze(root)
    frozen = time.perf_counter() - clock
    clock = time.perf_counter()
    index = Index(file)
    index.refresh(view, index.sources(view))
    built = time.perf_counter() - clock
    index.close()
    view = View.freeze(root)
    clock = time.perf_counter()
    index = Index(file)
    index.refresh(view, index.sources(view))
    reopened = time.perf_counter() - clock

    rng = random.Random(8)
    paths = [path for path in index.sources(view) if path.endswith((".ml", ".mli"))]
    edits: list[float] = []
    for path in rng.sample(paths, min(count, len(paths))):
        text = (view.read(path) or b"").decode("utf-8", "surrogateescape")
        edited = View.freeze(root, {path: Buffer(f"{text}\nlet added_{len(edits)} = 1\n", 1)})
        clock = time.perf_counter()
        index.refresh(edited, index.sources(edited))
        edits.append(time.perf_counter() - clock)
        index.refresh(view, index.sources(view))
    gathers: list[float] = []
    while len(gathers) < count:
        path = rng.choice(paths)
        text = (view.read(path) or b"").decode("utf-8", "surrogateescape")
        at = rng.randrange(max(1, len(text)))
        request = Request(rng.choice(_WISHES), View.freeze(root), Place(path, Span(at, at)))
        clock = time.perf_counter()
        gather(request, 8000, index=index, history=History())
        gathers.append(time.perf_counter() - clock)
    index.close()
    edits.sort()
    gathers.sort()
    return {
        "lines": lines,
        "files": len(paths),
        "freeze_s": frozen,
        "build_s": built,
        "lines_a_minute": 60 * lines / built,
        "reopen_s": reopened,
        "edit_median_s": edits[len(edits) // 2],
        "edit_mean_s": sum(edits) / len(edits),
        "edit_p95_s": edits[int(0.95 * len(edits))],
        "gather_median_s": gathers[len(gathers) // 2],
        "gather_p95_s": gathers[int(0.95 * len(gathers))],
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "index_mb": file.stat().st_size / 1e6,
    }


def speed(*, quick: bool) -> dict[str, float]:
    """Measures the installed OCaml sources, some 250 kLOC; four times of them in full."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "tree"
        lines = lay_out(library_folder("stdlib"), root, below=True)
        command = [sys.executable, "-m", "benchmarks.context.speed", str(root), str(lines), "20" if quick else "200"]
        found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if quick:
            return found
        large = Path(name) / "large" / "tree"
        lines = lay_out(library_folder("stdlib"), large, below=True, times=4)
        command = [sys.executable, "-m", "benchmarks.context.speed", str(large), str(lines), "40"]
        more: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return found | {f"large_{key}": value for key, value in more.items()}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
