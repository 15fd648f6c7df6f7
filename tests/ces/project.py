"""A small project to judge: a library with an interface, an executable, a test."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View

FILES = {
    "dune-project": "(lang dune 3.0)\n",
    "lib/dune": "(library (name shop))\n",
    "lib/stock.mli": "type t = { name : string; count : int }\n\nval total : t list -> int\nval show : t -> string\n",
    "lib/stock.ml": """\
type t = { name : string; count : int }

let total items = List.fold_left (fun sum item -> sum + item.count) 0 items
let show item = Printf.sprintf "%s: %d" item.name item.count
""",
    "lib/order.ml": "let size items = Stock.total items\n",
    "bin/dune": "(executable (name main) (libraries shop))\n",
    "bin/main.ml": 'let () = print_endline (Shop.Stock.show { name = "nails"; count = 3 })\n',
    "test/dune": "(test (name test_shop) (libraries shop))\n",
    "test/test_shop.ml": 'let () = assert (Shop.Stock.total [ { name = "nails"; count = 3 }; { name = "pegs"; count = 4 } ] = 7)\n',
}


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Writes files below a folder."""
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)


def write_view(root: Path, view: View) -> None:
    """Writes what a view holds."""
    write(root, {path: data for path in view.paths() if (data := view.data(path)) is not None})


def make(folder: Path, more: Mapping[str, str | bytes] | None = None) -> Path:
    """Makes the project, with more files or other texts; gives its root."""
    root = folder / "project"
    write(root, {**FILES, **(more or {})})
    return root


def change(view: View, *replacements: tuple[str, str, str]) -> Patch:
    """A patch that replaces one text in each file; an empty text to replace makes a new file."""
    changes: list[FileChange] = []
    for path, old, new in replacements:
        text = view.text(path)
        if not old:
            changes.append(FileChange(path, text, new))
            continue
        assert text is not None
        assert old in text, f"{old!r} is not in {path}"
        changes.append(FileChange(path, text, text.replace(old, new, 1)))
    return Patch.of(changes)


@asynccontextmanager
async def judging(root: Path, *, timeout_s: float = 60.0, dune: str = "", rpc: bool = True) -> AsyncGenerator[LaneJudge]:
    """A judge whose lanes lie beside the project."""
    judge = LaneJudge(root, root.parent / "lanes", JudgeSettings(timeout_s=timeout_s, dune=dune), rpc=rpc)
    try:
        yield judge
    finally:
        await judge.close()


def processes(mark: str) -> list[int]:
    """The running processes with a mark in their command line."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


async def until(holds: Callable[[], object], deadline_s: float = 20.0) -> None:
    """Waits until something outside this process holds; there is no event for it."""
    async with asyncio.timeout(deadline_s):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
