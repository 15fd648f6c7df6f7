"""Editors connected to a server in this process, over real pipes; the workspace behind it is scripted."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aid_lsp.server.server import serve
from aid_lsp.server.workspaces import Opener
from tests.support.editor import Editor, Manners, Wire, profile
from tests.support.scripted_workspace import ScriptedWorkspace, open_scripted

PROJECT = {
    "dune-project": "(lang dune 3.0)\n",
    "lib/dune": "(library (name shapes))\n",
    "lib/shape.ml": "type t = Square of int\n\nlet area (Square side) = side * side\n\nlet twice s = 2 * area s\n",
    "lib/shape.mli": "type t = Square of int\n\nval area : t -> int\nval twice : t -> int\n",
    "test/dune": "(test (name test_shape) (libraries shapes))\n",
    "test/test_shape.ml": "let () = assert (Shapes.Shape.area (Square 2) = 4)\n",
}

Launch = Callable[..., AbstractAsyncContextManager[tuple[Editor, asyncio.subprocess.Process]]]
Connect = Callable[..., AbstractAsyncContextManager[Editor]]


def write_project(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project in a folder whose name needs percent-encoding."""
    for variable in ("AID_STATE", "AID_CACHE", "AID_CONFIG"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    for variable in ("AID_MODEL", "AID_MODEL_NAME", "AID_MODEL_URL"):
        monkeypatch.delenv(variable, raising=False)
    root = tmp_path / "my shapes é"
    write_project(root, PROJECT)
    return root


@pytest.fixture
def workspaces() -> list[ScriptedWorkspace]:
    """The workspaces that the server opened."""
    return []


@pytest.fixture
def connect(root: Path, tmp_path: Path, workspaces: list[ScriptedWorkspace]) -> Connect:
    """Connects an editor: `async with connect("helix_25.01") as editor`."""

    async def open_here(folder: Path, settings: object) -> ScriptedWorkspace:
        workspace = await open_scripted(folder, tmp_path / "state", settings)
        workspaces.append(workspace)
        return workspace

    @asynccontextmanager
    async def connected(
        client: str | dict[str, Any] = "neovim_v0.12.4",
        manners: Manners = "strict",
        *,
        initialize: bool = True,
        opener: Opener = open_here,
        **extra: Any,
    ) -> AsyncGenerator[Editor]:
        initialization = profile(client) if isinstance(client, str) else client
        to_server, from_editor = os.pipe()
        to_editor, from_server = os.pipe()
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=1 << 28)
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(to_editor, "rb", 0))
        stdin, stdout = os.fdopen(to_server, "rb"), os.fdopen(from_server, "wb")
        outgoing = os.fdopen(from_editor, "wb", 0)
        wire = Wire(reader, lambda data: None if outgoing.closed else _write(outgoing.fileno(), data))
        editor = Editor(initialization, root, wire, manners)
        serving = loop.create_task(serve(stdin, stdout, opener))
        listening = loop.create_task(wire.listen())
        try:
            if initialize:
                await editor.initialize(**extra)
            yield editor
        finally:
            outgoing.close()
            editor.status = await asyncio.wait_for(serving, 10)
            stdout.close()
            await asyncio.wait_for(listening, 10)
            transport.close()
            stdin.close()
        assert editor.violations == []

    return connected


@pytest.fixture
def launch() -> Launch:
    """Starts `aid lsp` as a process of its own, the real workspace behind it."""

    @asynccontextmanager
    async def launched(root: Path, name: str = "helix_25.01") -> AsyncGenerator[tuple[Editor, asyncio.subprocess.Process]]:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "aid_lsp", "lsp", "--stdio"),
            cwd=root,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 26,
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        wire = Wire(process.stdout, process.stdin.write)
        editor = Editor(profile(name), root, wire)
        listening = asyncio.get_running_loop().create_task(wire.listen())
        try:
            yield editor, process
        finally:
            if process.returncode is None:
                process.stdin.close()
                try:
                    await asyncio.wait_for(process.wait(), 10)
                except TimeoutError:
                    process.kill()
                    raise
            await listening
            editor.messages.append((await process.stderr.read()).decode())
        assert editor.violations == []

    return launched


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
