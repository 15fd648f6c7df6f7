"""A lane: a shadow of the workspace with its own `_build`, its own warm dune, and a lock, so that two AIDs never share one.

    LANES/1/  lock        held by the AID that uses the lane; another one takes LANES/2
              tree/       the shadow; dune's `_build` is in it            tmp/       /tmp of a dune in the sandbox
              apart/      what a patch's own build rules wrote, thrown away after it
              manifest    what the shadow holds        running   the dune that runs in it        runtime/   its registry

    sync(view) ── build(target) ──▶ Outcome | Lost

A dune that dies, hangs up or cannot be started is started once more, then a one-shot build is tried; only then is the build lost.
An operation that is cancelled goes on for a moment by itself, so that dune stays warm, and is then ended; the next waits for it.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aid_lsp.build.dune import Folders, Lost, Outcome, PassiveDune, Target, build_once
from aid_lsp.build.process import kill, memory_mb
from aid_lsp.build.toolchain import Toolchain
from aid_lsp.ces.sandbox import OFF, Sandbox, clear, find_sandbox
from aid_lsp.ces.shadow import Cancelled, Shadow, Synced
from aid_lsp.errors import AidError
from aid_lsp.ocaml.names import module_name
from aid_lsp.workspace.view import View

_T = TypeVar("_T")
_log = logging.getLogger(__name__)

_MOST_LANES = 16
_GRACE_S = 2.0
"""How long a cancelled operation may go on by itself."""
_WITHOUT_RPC_S = 300.0
"""How long builds go without a warm dune after one could not be kept running."""
_MANY_CHANGES = 2000
"""Above this dune is stopped before the files change: its watcher's queue would run over."""


class Lane:
    """One lane, locked. One operation at a time; the judge sees to that."""

    def __init__(self, folder: Path, lock: int, cache: Path, *, rpc: bool) -> None:
        self.folder = folder
        self.tree = folder / "tree"
        self.sandboxed = False
        """Whether dune shall run in the sandbox, where that works; may change between builds."""
        self.apart = False
        """Whether what builds write shall be thrown away (only in the sandbox); may change between builds."""
        self.in_place = False
        """Whether builds work among the sources; said before `sync`."""
        self.used = 0.0
        """When it was last used, by the loop's clock."""
        self._one_shot_until = 0.0 if rpc else float("inf")
        self._lock = lock
        self._shadow = Shadow(self.tree, folder / "incoming", folder / "manifest")
        self._folders = Folders(self.tree, folder / "running", folder / "runtime", cache)
        self._dune: PassiveDune | None = None
        self._started: tuple[Toolchain, Folders, Sandbox] | None = None
        """What that dune was started with."""
        self._condemned = ""
        self._holds: View | None = None
        self._running: asyncio.Task[Any] | None = None
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, lanes: Path, cache: Path, *, rpc: bool = True) -> "Lane":
        """Takes the first lane that no other AID holds. Raises `AidError` where none can be had."""
        folder, lock = await asyncio.to_thread(_take, lanes)
        for needed in (folder / "tree", folder / "runtime", cache):
            await asyncio.to_thread(needed.mkdir, 0o700, True, True)
        return cls(folder, lock, cache, rpc=rpc)

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return int(self.folder.name)

    @property
    def holds(self) -> View | None:
        """What its shadow holds; None where that is not certain."""
        return self._holds

    @property
    def memory_mb(self) -> float:
        """The resident memory of everything that runs in it; reads /proc, 0 where there is none."""
        return memory_mb(self._folders.record)

    async def condemn(self, reason: str) -> None:
        """Ends what runs in it; the build that is on its way answers with the reason."""
        self._condemned = reason
        await asyncio.to_thread(kill, self._folders.record)

    def built(self, path: str) -> bool:
        """Whether the last builds have put a file into the default context; blocks."""
        places = [self.tree / "_build" / "default"]
        if self.apart:
            places.append(self.folder / "apart" / "build" / "default")
        return any((place / path).exists() for place in places)

    def compiled(self, path: str) -> bool:
        """Whether a module was compiled in the default context, going by its `.cmo`, `.cmt` or `.cmi`; blocks."""
        folder, _, name = path.rpartition("/")
        module = module_name(name)
        home = self.tree / "_build" / "default" / folder
        return any(home.glob(f".*/byte/{module[0].lower()}{module[1:]}.cmt")) or any(home.glob(f".*/byte/*__{module}.cmt"))

    @property
    def warm(self) -> bool:
        """Whether a dune is running in it."""
        return self._dune is not None and self._dune.running

    async def sandbox(self, toolchain: Toolchain) -> Sandbox:
        """What the toolchain's dune runs in here."""
        return await find_sandbox(toolchain.command) if self.sandboxed else OFF

    async def wipe(self) -> None:
        """Stops its dune and removes everything that was ever built in it."""
        await self._settled()
        await self._stop_dune()
        await asyncio.to_thread(clear, self.tree / "_build")
        await asyncio.to_thread(clear, self.folder / "apart")

    async def sync(self, view: View) -> Synced:
        """Makes the shadow hold the view. Raises OSError where it cannot be written."""
        return await self._by_itself(self._sync(view))

    async def build(self, toolchain: Toolchain, target: Target, *, deadline_s: float) -> Outcome | Lost:
        """Builds what the shadow holds."""
        return await self._by_itself(self._build(toolchain, target, deadline_s))

    def rest(self) -> None:
        """Uses the time until the next operation to see what the last build did to the shadow."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="look at lane")

    async def cool(self) -> None:
        """Stops its dune and writes down what it holds; the next build starts one again."""
        await self._settled()
        await self._stop_dune()
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._shadow.save)

    async def close(self) -> None:
        """Gives it up."""
        if self._running is not None:
            _cancel(self._running)
        try:
            await self.cool()
        finally:
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    async def _look(self) -> None:
        await self._ended()
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._shadow.look)

    async def _sync(self, view: View) -> Synced:
        stop = threading.Event()
        self._holds = None
        self._shadow.in_place = self.in_place
        plan = await asyncio.to_thread(self._shadow.plan, view)
        if plan.size > _MANY_CHANGES or self._shadow.brings_back(plan):
            await self._stop_dune()  # dune 3.17 does not watch a folder that was away
        work = asyncio.create_task(asyncio.to_thread(self._shadow.apply, view, plan, stop))
        try:
            synced = await asyncio.shield(work)
            self._holds = view
            return synced
        except asyncio.CancelledError:
            stop.set()  # a thread cannot be cancelled: it is asked, and waited for
            with contextlib.suppress(Cancelled, OSError):
                await work
            raise

    async def _build(self, toolchain: Toolchain, target: Target, deadline_s: float) -> Outcome | Lost:
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        finished = False
        self._condemned = ""
        sandbox = await self.sandbox(toolchain)
        folders = replace(self._folders, in_place=self.in_place, apart=self.folder / "apart" if sandbox and self.apart else None)
        if self._started != (toolchain, folders, sandbox):
            await self._stop_dune()
        try:
            for _ in range(2):
                if not toolchain.rpc or target.command or loop.time() < self._one_shot_until:
                    break
                if self._dune is None or not self._dune.running:
                    await self._stop_dune()
                    wrapped = replace(toolchain, command=await asyncio.to_thread(_ready, sandbox, toolchain.command, folders))
                    started = await PassiveDune.start(wrapped, folders, deadline_s=max(0.1, until - loop.time()))
                    if isinstance(started, Lost):
                        _log.warning("lane %d: no warm dune: %s", self.number, started.reason)
                        continue
                    self._dune, self._started = started, (toolchain, folders, sandbox)
                outcome = await self._dune.build(target, deadline_s=max(0.1, until - loop.time()))
                if isinstance(outcome, Outcome):
                    finished = True
                    return outcome
                await self._stop_dune()
                if self._condemned:
                    return Lost(self._condemned)
                if outcome.timed_out:
                    return outcome
                _log.warning("lane %d: lost its dune: %s", self.number, outcome.reason)
            else:
                self._one_shot_until = loop.time() + _WITHOUT_RPC_S
            command = () if target.command else toolchain.command
            wrapped = replace(toolchain, command=await asyncio.to_thread(_ready, sandbox, command, folders))
            outcome = await build_once(wrapped, folders, target, deadline_s=max(0.1, until - loop.time()))
            return Lost(self._condemned) if self._condemned and isinstance(outcome, Lost) else outcome
        finally:
            self._shadow.disturbed()
            if not finished and self._dune is not None:
                await self._stop_dune()

    async def _stop_dune(self) -> None:
        dune, self._dune = self._dune, None
        self._shadow.gone.clear()
        started, self._started = self._started, None
        if dune is not None:
            await dune.stop()
        if started is not None and started[1].apart is not None and started[2].overlay:
            await asyncio.to_thread(clear, started[1].apart)

    async def _by_itself(self, work: Coroutine[Any, Any, _T]) -> _T:
        try:
            await self._settled()
        except BaseException:
            work.close()
            raise
        task = self._running = asyncio.create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise AidError("The judge was closed.") from None
            asyncio.get_running_loop().call_later(_GRACE_S, _cancel, task)
            task.add_done_callback(_forget)
            raise

    async def _settled(self) -> None:
        """Waits for an operation whose caller has left, and for the look that follows it."""
        await self._ended()
        if self._looking is not None:
            await asyncio.wait({self._looking})
            self._looking = None

    async def _ended(self) -> None:
        if self._running is not None and not self._running.done():
            await asyncio.wait({self._running})
        self._running = None


def _ready(sandbox: Sandbox, command: Sequence[str], folders: Folders) -> tuple[str, ...]:
    """The command in the sandbox, whose folders are made."""
    if sandbox:
        sandbox.prepare(folders)
    return sandbox.around(command, folders)


def _cancel(task: asyncio.Task[Any]) -> None:
    """Cancels it once: cancelled again while it ends its dune, it would leave that behind."""
    if not task.cancelling():
        task.cancel()


def _forget(task: asyncio.Task[Any]) -> None:
    """Nobody waits for its result any more; an exception in it is not news."""
    if not task.cancelled():
        task.exception()


def _take(lanes: Path) -> tuple[Path, int]:
    try:
        lanes.mkdir(mode=0o700, parents=True, exist_ok=True)
        for number in range(1, _MOST_LANES + 1):
            folder = lanes / str(number)
            folder.mkdir(mode=0o700, exist_ok=True)
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            except OSError:
                os.close(lock)
                raise
            os.utime(lock)
            return folder, lock
    except OSError as error:
        raise AidError(
            f"AID's cache folder {lanes} cannot be used: {error.strerror}. Set AID_CACHE to another folder."
        ) from error
    raise AidError(f"All {_MOST_LANES} lanes in {lanes} are in use by other AIDs; close some of them.")
