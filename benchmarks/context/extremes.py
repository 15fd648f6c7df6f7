"""What no project should be: 100,000 generated files, deep functors, a module of 20 MB, broken syntax, circles of links.

Runs each in a process of its own and says how long a first and a second context took and how much memory: nothing may fail or hang.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from aid_lsp.context.engine import Engine
from aid_lsp.edits.lines import Span
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View


def _files(root: Path, count: int) -> None:
    for number in range(count):
        folder = root / f"gen{number // 500}"
        if number % 500 == 0:
            folder.mkdir()
        (folder / f"m{number}.ml").write_text(f"let value_{number} x = x + {number}\nlet other_{number} = value_{number} 1\n")


def many_files(root: Path) -> None:
    _files(root, 100_000)


def deep_functors(root: Path) -> None:
    depth = 3_000
    (root / "deep.ml").write_text(
        "\n".join(f"module F{n} (X : sig type t end) = struct" for n in range(depth)) + "\nlet x = 1\n" + "end\n" * depth
    )
    (root / "wide.ml").write_text("module M = " + "F(" * depth + "A" + ")" * depth + "\n")


def huge_module(root: Path) -> None:
    (root / "table.ml").write_text("let table = [|\n" + "".join(f'  "{n:08d}", {n};\n' for n in range(900_000)) + "|]\n")
    (root / "values.ml").write_text("".join(f"let value_{n} = {n}\n" for n in range(90_000)))


def broken_syntax(root: Path) -> None:
    (root / "open.ml").write_text("let a = (((\n" * 20_000)
    (root / "strings.ml").write_text('let a = "\n' * 20_001)
    (root / "noise.ml").write_bytes(bytes(range(256)) * 4_000)
    (root / "comments.ml").write_text("(* " * 50_000)


def links(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "again").symlink_to(root / "a", target_is_directory=True)
    (root / "a" / "up").symlink_to("..", target_is_directory=True)
    (root / "one.ml").symlink_to("two.ml")
    (root / "two.ml").symlink_to("one.ml")
    (root / "out.ml").symlink_to("/etc/hostname")


TREES: dict[str, tuple[Callable[[Path], None], float, float]] = {
    "100,000 files": (many_files, 180.0, 1500.0),
    "functors 3,000 deep": (deep_functors, 20.0, 500.0),
    "modules of 20 MB and of 90,000 values": (huge_module, 30.0, 800.0),
    "broken syntax": (broken_syntax, 30.0, 500.0),
    "circles of links": (links, 5.0, 200.0),
}
"""How long all may take in seconds, and how much memory in MB."""


def measure(name: str) -> dict[str, float]:
    """In this process."""
    make = TREES[name][0]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "tree"
        root.mkdir()
        make(root)
        (root / "dune").write_text("(library (name all))\n")
        (root / "place.ml").write_text("let ask x = x + 1\nlet answer = ask 41\n")

        async def twice() -> list[float]:
            times: list[float] = []
            for _ in range(2):
                engine = Engine(root, Path(folder) / "index.db")
                clock = time.perf_counter()
                view = await asyncio.to_thread(View.freeze, root)
                await engine.warm(view)
                times.append(time.perf_counter() - clock)
                clock = time.perf_counter()
                found = await engine.gather(Request("return an option", view, Place("place.ml", Span(4, 4))), 8000)
                times.append(time.perf_counter() - clock)
                assert found[0].path == "place.ml", found
                await engine.close()
            return times

        first, gather, again, regather = asyncio.run(twice())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"first_s": first, "again_s": again, "gather_s": max(gather, regather), "memory_mb": memory}


def extremes(*, quick: bool) -> dict[str, dict[str, float] | None]:
    """All of them; None for one that failed or hung."""
    found: dict[str, dict[str, float] | None] = {}
    for name in TREES:
        if quick and name.startswith("100,000"):
            continue
        command = [sys.executable, "-m", "benchmarks.context.extremes", name]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        except subprocess.TimeoutExpired:
            found[name] = None
            continue
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)
        found[name] = json.loads(done.stdout) if done.returncode == 0 else None
    return found


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])))
