"""What people and scripts run: a passive dune asked by `dune rpc build`, one-shot `dune build @check`, a git worktree built cold."""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from aid_lsp.build import rpc

_PATIENCE_S = 900.0


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What these dunes find: the caller's environment without a shared cache of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUNE_")}
    return {**kept, "OCAML_COLOR": "never", **(more or {})}


async def run(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[int, float]:
    """The exit code and the seconds that a command took."""
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environment(env), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            code = await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return code, time.perf_counter() - began


async def one_shot(tree: Path, target: str = "@check") -> tuple[bool, float]:
    """Whether `dune build TARGET` succeeds, and its seconds."""
    code, seconds = await run("dune", "build", "--root", ".", target, cwd=tree)
    return code == 0, seconds


async def worktree_and_cold_build(repository: Path, target: str = "@check") -> float:
    """The seconds of what is scripted today: a fresh worktree of the repository, built from nothing."""
    with tempfile.TemporaryDirectory(prefix="aid-worktree-") as folder:
        tree = Path(folder) / "tree"
        _, seconds = await run("git", "worktree", "add", "--detach", str(tree), cwd=repository)
        green, built = await one_shot(tree, target)
        assert green, "the benchmark's own tree does not build"
        await run("git", "worktree", "remove", "--force", str(tree), cwd=repository)
        return seconds + built


class Passive:
    """A passive dune in a tree, asked as a person would (`dune rpc build`) or straight over its socket."""

    def __init__(self, tree: Path, runtime: Path, connection: rpc.Connection) -> None:
        self.tree = tree
        self._runtime = runtime
        self._connection = connection

    @staticmethod
    @contextlib.asynccontextmanager
    async def start(tree: Path) -> AsyncGenerator["Passive"]:
        """Starts it; ended afterwards."""
        runtime = Path(tempfile.mkdtemp(prefix="aid-bare-"))
        child = await asyncio.create_subprocess_exec(
            *("dune", "build", "--root", ".", "--passive-watch-mode"),
            cwd=tree,
            env=environment({"XDG_RUNTIME_DIR": str(runtime)}),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(120):
                while isinstance(connection := await rpc.connect(tree / "_build" / ".rpc" / "dune"), rpc.RpcFailure):
                    assert child.returncode is None, "dune does not start"
                    await asyncio.sleep(0.05)
            yield Passive(tree, runtime, connection)
            await connection.close()
        finally:
            child.terminate()
            await child.wait()
            shutil.rmtree(runtime, ignore_errors=True)

    async def ask(self, target: str = "(alias_rec check)") -> float:
        """The seconds of `dune rpc build`."""
        return (
            await run("dune", "rpc", "build", "--root", ".", target, cwd=self.tree, env={"XDG_RUNTIME_DIR": str(self._runtime)})
        )[1]

    async def ask_socket(self, target: str = "(alias_rec check)") -> tuple[bool, float]:
        """Whether it builds, and the seconds of the bare request, without any process."""
        began = time.perf_counter()
        answer = await rpc.build(self._connection, target, deadline_s=_PATIENCE_S)
        assert not isinstance(answer, rpc.RpcFailure), answer
        return answer, time.perf_counter() - began
