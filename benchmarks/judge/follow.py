"""From a save to the diagnostic in the editor, beside what dune's own watch takes to print it.

with your dune --watch     one save, two clocks: the watch's terminal, and `publishDiagnostics` from `aid lsp`
in AID's lane              a save in the workspace without a watch, and the same in a copy that a watch builds, in turns
"""

import asyncio
import contextlib
import os
import shutil
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from benchmarks.judge import bare, edits
from benchmarks.judge.generate import Tree, generate
from benchmarks.report import Bar, Report
from tests.support.lsp_client import Client, Json

_ENDED = b"waiting for filesystem changes"


async def measure(report: Report, folder: Path, rounds: int | None) -> None:
    """Both ways, on a workspace of some thousand lines."""
    count = rounds or (6 if report.quick else 20)
    tree = await asyncio.to_thread(generate, folder / "workspace", 3_000, report.seed)
    copy = folder / "copy"
    await asyncio.to_thread(shutil.copytree, tree.root, copy)
    rows: list[tuple[str, str]] = []
    async with _Watch.start(tree.root) as watch, _Editor.start(tree, folder) as editor:
        await editor.until_source("your dune --watch")
        mine: list[float] = []
        dune: list[float] = []
        for turn in range(count):
            began = time.perf_counter()
            printed = asyncio.create_task(watch.until_it_ends(began))
            mine.append(await editor.save(good=turn % 2 == 1))
            dune.append(await printed)
    report.bars.append(_told(rows, "with your dune --watch", mine, dune))
    async with _Watch.start(copy) as watch, _Editor.start(tree, folder) as editor:
        await editor.until_source("AID's lane")
        mine, dune = [], []
        for turn in range(count):
            mine.append(await editor.save(good=turn % 2 == 1))
            began = time.perf_counter()
            path = copy / tree.leaf
            await asyncio.to_thread(path.write_text, edits.body(editor.original, good=turn % 2 == 1))
            dune.append(await watch.until_it_ends(began))
    report.bars.append(_told(rows, "in AID's lane", mine, dune))
    report.table(f"save to diagnostic, and from diagnostic to none: {tree.lines / 1000:.0f} kLOC, medians of {count}", rows)


def _told(rows: list[tuple[str, str]], how: str, mine: list[float], dune: list[float]) -> Bar:
    rows.append(
        (f"{how}: editor, dune's watch", f"{statistics.median(mine) * 1000:.0f} ms, {statistics.median(dune) * 1000:.0f} ms")
    )
    ratio = statistics.median(one / other for one, other in zip(mine, dune, strict=True))
    return Bar(f"save to diagnostic {how} / dune's own watch", ratio, "<= 1.2", ratio <= 1.2, " x")


class _Watch:
    """`dune build --watch @check` as a person runs it, and what it prints."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self._ends: list[float] = []
        self._news = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(stream))

    @staticmethod
    @contextlib.asynccontextmanager
    async def start(root: Path) -> AsyncGenerator["_Watch"]:
        """Starts it and waits for its first build."""
        child = await asyncio.create_subprocess_exec(
            *("dune", "build", "--root", ".", "--watch", "@check"),
            cwd=root,
            env=bare.environment(),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert child.stderr is not None
        watch = _Watch(child.stderr)
        try:
            await watch.until_it_ends(0.0)
            yield watch
        finally:
            child.terminate()
            await child.wait()
            await watch._listening

    async def until_it_ends(self, began: float) -> float:
        """Waits for the end of a build after that moment; the seconds between."""
        async with asyncio.timeout(120):
            while not (ends := [at for at in self._ends if at > began]):
                self._news.clear()
                await self._news.wait()
        return ends[0] - began

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        tail = b""
        while data := await stream.read(65536):
            tail = tail[-200:] + data
            if _ENDED in tail:
                tail = b""
                self._ends.append(time.perf_counter())
                self._news.set()


class _Editor:
    """An editor with one file open, whose server is `aid lsp`."""

    def __init__(self, client: Client, tree: Tree) -> None:
        self._client = client
        self._path = tree.root / tree.leaf
        self._version = 1
        self.original = self._path.read_text()

    @staticmethod
    @contextlib.asynccontextmanager
    async def start(tree: Tree, folder: Path) -> AsyncGenerator["_Editor"]:
        """Opens the workspace and the file."""
        places = {name: str(folder / name.lower()) for name in ("AID_STATE", "AID_CACHE", "XDG_RUNTIME_DIR")}
        for place in places.values():
            await asyncio.to_thread(Path(place).mkdir, 0o700, exist_ok=True)
        env = {**os.environ, **places, "AID_CONFIG": str(folder / "none.toml")}
        command = [sys.executable, "-m", "aid_lsp", "lsp"]
        async with Client.start(command, env=env, cwd=Path(__file__).parents[2]) as client:
            await client.initialize(tree.root, {}, initializationOptions={"client": {"status": True}})
            editor = _Editor(client, tree)
            item = {"uri": editor._path.as_uri(), "languageId": "ocaml", "version": 1, "text": editor.original}
            client.notify("textDocument/didOpen", {"textDocument": item})
            try:
                yield editor
            finally:
                await asyncio.to_thread(editor._path.write_text, editor.original)
                await client.request("shutdown", None)
                client.notify("exit", None)
                child = await asyncio.create_subprocess_exec(*command[:-1], "stop", "--root", str(tree.root), env=env)
                await child.wait()

    async def until_source(self, source: str) -> None:
        """Waits until the build is known from there."""
        await self._client.until(lambda message: message.get("method") == "aid/status" and _status(message) == ("green", source))

    async def save(self, *, good: bool) -> float:
        """Types and saves; the seconds until the file's diagnostics say so."""
        text = edits.body(self.original, good=good)
        self._version += 1
        document = {"uri": self._path.as_uri(), "version": self._version}
        self._client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
        start = len(self._client.received)
        began = time.perf_counter()
        await asyncio.to_thread(self._path.write_text, text)
        self._client.notify("textDocument/didSave", {"textDocument": {"uri": self._path.as_uri()}})
        await self._client.until(self._says(bool(good)), start)
        return time.perf_counter() - began

    def _says(self, good: bool) -> Callable[[Json], bool]:
        def says(message: Json) -> bool:
            params: Json = message.get("params") or {}
            mine = message.get("method") == "textDocument/publishDiagnostics" and params.get("uri") == self._path.as_uri()
            return mine and (not params["diagnostics"]) == good

        return says


def _status(message: Json) -> tuple[str, str]:
    params: Json = message.get("params") or {}
    build: Json = params.get("build") or params
    return str(build.get("state")), str(build.get("source"))
