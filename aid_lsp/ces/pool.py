"""The lanes of one judge: how many there may be, how much memory they may take, how long an idle one keeps its dune.

async with pool.lane(view) as lane        first come, first served; the lane that holds the view already, if that is free
size      no more lanes than that at once; fewer where the memory does not suffice for as many
memory    a lane that takes more is ended in the middle of its build; idle ones give their dunes back before a further one starts
idle      a lane that nobody used for so long gives its dune back; the next judgement in it starts one again
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.ces.lane import Lane
from aid_lsp.errors import AidError
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

_LOOK_S = 1.0
"""How often the memory of lanes in use is looked at."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a pool may take."""

    size: int = 1
    memory_mb: int = 4096
    """Of all lanes together."""
    idle_s: float = 900.0
    sandbox: bool = False


class Pool:
    """The lanes below one folder that this process holds."""

    def __init__(self, lanes: Path, cache: Path, bounds: Bounds, *, rpc: bool = True) -> None:
        self.bounds = bounds
        self._lanes, self._cache, self._rpc = lanes, cache, rpc
        self._free: list[Lane] = []
        self._busy: dict[Lane, asyncio.Task[object] | None] = {}
        self._taken = 0
        """How many lanes are in use or about to be."""
        self._queue: deque[asyncio.Future[None]] = deque()
        self._largest_mb = 0.0
        self._opening: asyncio.Task[Lane] | None = None
        """The opening of a lane for somebody who has left."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None
        self._closed = False

    def __str__(self) -> str:
        """What the lanes are doing, in one line for people."""
        lanes = sorted([*self._free, *self._busy], key=lambda lane: lane.number)
        said = (f"lane {lane.number}, {'a warm dune' if lane.warm else 'no dune running'}" for lane in lanes)
        return "; ".join(said) or "no lane yet"

    @asynccontextmanager
    async def lane(self, view: View | None = None) -> AsyncGenerator[Lane]:
        """Waits for a lane and holds it. Raises `AidError` where none can be had."""
        if self._size == 1 and asyncio.current_task() in self._busy.values():
            raise RuntimeError("nothing can be judged while `checked` holds the lane")
        await self._wait()
        lane: Lane | None = None
        try:
            lane = self._best(view) or await self._open()
            self._busy[lane] = asyncio.current_task()
            lane.sandboxed, lane.apart = self.bounds.sandbox, False
            self._watch()
            yield lane
        finally:
            self._taken -= 1
            if lane is not None and lane in self._busy:
                del self._busy[lane]
                self._give_back(lane)
            self._serve()

    async def close(self) -> None:
        """Ends all lanes; whoever waits for one is told."""
        self._closed = True
        while self._queue:
            if not (waiting := self._queue.popleft()).done():
                waiting.set_exception(AidError("The judge was closed."))
        if self._opening is not None:
            with contextlib.suppress(AidError):
                self._free.append(await self._opening)
        for task in (*self._tasks, *filter(None, [self._watching])):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        lanes = [*self._free, *self._busy]
        self._free.clear()
        for result in await asyncio.gather(*(lane.close() for lane in lanes), return_exceptions=True):
            if isinstance(result, Exception):
                _log.warning("a lane did not close: %s", result)

    @property
    def _size(self) -> int:
        if self._largest_mb <= 0:
            return max(1, self.bounds.size)
        return max(1, min(self.bounds.size, int(self.bounds.memory_mb / self._largest_mb)))

    async def _wait(self) -> None:
        """Waits for the turn."""
        if self._closed:
            raise AidError("The judge was closed.")
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # its turn had just come
                self._taken -= 1
                self._serve()
            raise

    def _serve(self) -> None:
        """Tells those whose turn it is."""
        while self._queue and self._taken < self._size:
            turn = self._queue.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

    def _best(self, view: View | None) -> Lane | None:
        """The free lane with the least to do: it holds the view, or its dune is warm, or it was used last."""
        best = max(self._free, key=lambda lane: (lane.holds is view and view is not None, lane.warm, lane.used), default=None)
        if best is not None:
            self._free.remove(best)
        return best

    async def _open(self) -> Lane:
        # A task of its own: cancelled halfway, the lane's lock would stay taken.
        opening = self._opening or asyncio.create_task(Lane.open(self._lanes, self._cache, rpc=self._rpc))
        self._opening = None
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._opening = opening
            raise

    def _give_back(self, lane: Lane) -> None:
        loop = asyncio.get_running_loop()
        lane.used = loop.time()
        self._free.append(lane)
        if not self._closed:
            lane.rest()
            loop.call_later(self.bounds.idle_s, self._spawn, lambda: self._cool(lane, lane.used))

    async def _cool(self, lane: Lane, used: float) -> None:
        """Stops the dune of a lane that nobody has used since."""
        if self._closed or lane not in self._free or lane.used > used:
            return
        self._free.remove(lane)
        try:
            await lane.cool()
        finally:
            self._free.append(lane)

    def _spawn(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        if not self._closed:
            task = asyncio.create_task(work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _watch(self) -> None:
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch_memory(), name="memory of lanes")

    async def _watch_memory(self) -> None:
        """Looks at the lanes in use as long as there are any."""
        while self._busy:
            await asyncio.sleep(_LOOK_S)
            await self._look_at_memory()

    async def _look_at_memory(self) -> None:
        lanes = [*self._busy, *self._free]
        sizes = dict(zip(lanes, await asyncio.to_thread(lambda: [lane.memory_mb for lane in lanes]), strict=True))
        self._largest_mb = max(sizes.values(), default=0.0)
        most = self.bounds.memory_mb
        idle = sorted((lane for lane in self._free if lane.warm), key=lambda lane: lane.used)
        total = sum(sizes.values())
        while total > most and idle:
            lane = idle.pop(0)
            total -= sizes.get(lane, 0.0)
            await self._cool(lane, lane.used)
        for lane, size in sizes.items():
            if size > most and lane in self._busy:
                _log.warning("lane %d takes %.0f MB and is ended", lane.number, size)
                await lane.condemn(f"the build took more than {most} MB of memory (`judge.memory_mb`) and was ended")
        self._serve()
