"""Listens to the dune that the user keeps watching: never builds, never takes its lock, only polls what it tells everybody.

    _build/.rpc/dune ──progress, diagnostics──▶ BuildStatus …     until that dune ends

What a build says appears at once; what it no longer says goes when the build has ended, for dune takes all reports of a file back
as soon as it *begins* to compile it. A new report in a file takes the place of the old ones there.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from aid_lsp.build import rpc
from aid_lsp.build.csexp import Sexp, items, text
from aid_lsp.build.log import BuildLog
from aid_lsp.build.rpc_diagnostics import enriched, from_rpc
from aid_lsp.build.status import BuildState, BuildStatus, Source
from aid_lsp.build.test_places import at_their_tests
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

SOURCE: Source = "your dune --watch"
_CONNECT_S = 5.0
_ANSWER_S = 10.0


def socket_of(root: Path) -> Path:
    """Where the dune that builds in `root` listens."""
    return root / "_build" / ".rpc" / "dune"


async def join(root: Path, tell: Callable[[BuildStatus], None]) -> rpc.RpcFailure:
    """Tells what the user's dune does until it ends; answers with why it ended."""
    connection = await rpc.connect(socket_of(root), deadline_s=_CONNECT_S)
    if isinstance(connection, rpc.RpcFailure):
        return connection
    listener = _Listener(root, connection, tell)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(listener.hear_progress())
            group.create_task(listener.hear_reports())
    finally:
        await listener.close()
        await connection.close()
    return rpc.RpcFailure("closed", "your dune --watch has ended")


async def ask_once(root: Path, deadline_s: float = 1.0) -> BuildStatus | None:
    """What the user's dune says now; None where none is running or it does not answer in time."""
    told: asyncio.Queue[BuildStatus] = asyncio.Queue()
    joined = asyncio.create_task(join(root, told.put_nowait))
    first = asyncio.create_task(told.get())
    try:
        await asyncio.wait({joined, first}, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        return first.result() if first.done() else None
    finally:
        for task in (joined, first):
            task.cancel()
        await asyncio.wait({joined, first})


class _Listener:
    def __init__(self, root: Path, connection: rpc.Connection, tell: Callable[[BuildStatus], None]) -> None:
        self._root, self._connection, self._tell = root, connection, tell
        self._log = BuildLog(root)
        self._state: BuildState = "unknown"
        self._ended: tuple[Diagnostic, ...] = ()
        """What the last build that ended said."""
        self._shown: tuple[Diagnostic, ...] = ()
        self._added: list[Diagnostic] = []
        self._tree: asyncio.Task[None] | None = None
        self._build_ended = asyncio.Event()

    async def hear_progress(self) -> None:
        async for value in self._connection.poll("progress"):
            word = text(items(value)[0]) if items(value) else text(value)
            if word in ("in_progress", "interrupted"):
                if self._state != "building":
                    self._begin()
            elif word in ("success", "failed"):
                await self._end("green" if word == "success" else "red")

    async def hear_reports(self) -> None:
        first = True
        async for value in self._connection.poll("diagnostic"):
            events = [(text(pair[0]), pair[1]) for event in items(value) if len(pair := items(event)) == 2]
            added = [one for kind, report in events if kind == "Add" for one in self._read([report])]
            news = [one for one in added if one not in self._added and one not in self._ended]
            if news and not first and self._state != "building":
                self._begin()  # the reports overtook the progress
            if news and self._state == "building":
                self._added += news
                files = {one.path for one in self._added}
                shown = await asyncio.to_thread(
                    self._in_full, [*(one for one in self._ended if one.path not in files), *self._added]
                )
                if self._state == "building":
                    self._shown = shown
                    self._say()
            first = False

    async def close(self) -> None:
        if self._tree is not None:
            self._tree.cancel()
            await asyncio.wait({self._tree})

    def _begin(self) -> None:
        self._state = "building"
        self._added = []
        if self._tree is not None:
            self._tree.cancel()
        self._build_ended.clear()
        self._tree = asyncio.create_task(self._name_tree())
        self._say()

    async def _end(self, state: BuildState) -> None:
        answer = await self._connection.request("diagnostics", deadline_s=_ANSWER_S)
        if isinstance(answer, rpc.RpcFailure):
            return
        self._ended = self._read(items(answer))
        self._shown = await asyncio.to_thread(self._in_full, self._ended)
        self._state = state
        self._say()
        self._build_ended.set()

    async def _name_tree(self) -> None:
        """Names the tree that a build is about, if that is the same before and after it."""
        before = await tree_of(self._root)
        await self._build_ended.wait()
        if await tree_of(self._root) == before:
            self._say(before)

    def _read(self, reports: Sequence[Sexp]) -> tuple[Diagnostic, ...]:
        return from_rpc(list(reports), self._root)

    def _in_full(self, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        return at_their_tests(enriched(diagnostics, self._log.reports()), self._root) if diagnostics else ()

    def _say(self, tree: str = "") -> None:
        self._tell(BuildStatus(self._state, source=SOURCE, diagnostics=self._shown, tree=tree))


async def tree_of(root: Path) -> str:
    """The digest of the tree as it is on disk now."""
    return await asyncio.to_thread(lambda: View.freeze(root).digest())
