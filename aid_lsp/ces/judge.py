"""The judge: says how far a patch gets, in a lane of its own, never in the user's tree.

judge(view, patch, tier) ──▶ Verdict          see `climb.py` for what it means
baseline(view)           ──▶ Verdict of the view by itself
checked(view)            ──▶ the folder with the compiler's artefacts of the view
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aid_lsp.build.dune import CHECK, Lost, Outcome
from aid_lsp.build.toolchain import Toolchain, find_toolchain
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.climb import Baselines, Climb, has_rules
from aid_lsp.ces.lane import Lane
from aid_lsp.ces.lints import lints
from aid_lsp.ces.memo import Memo
from aid_lsp.edits.patch import Patch
from aid_lsp.errors import AidError
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View

_MOST_VERDICTS = 64
_MOST_BASELINES = 16
_NO_PATCH = Patch(())


class LaneJudge:
    """Judges one workspace. One judgement at a time, in the order they were asked for; safe to cancel."""

    def __init__(
        self, root: Path, lanes: Path, settings: JudgeSettings | None = None, *, cache: Path | None = None, rpc: bool = True
    ) -> None:
        """Judges the workspace at `root` in lanes below `lanes`; starts nothing yet.

        `cache` is dune's shared cache, beside the lanes if not given; `rpc=False` builds without a warm dune.
        """
        self.root = root
        self._lanes = lanes
        self._cache = cache or lanes.parent / "dune-cache"
        self._settings = settings or JudgeSettings()
        self._rpc = rpc
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[object] | None = None
        self._lane: Lane | None = None
        self._opening: asyncio.Task[Lane] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._closed = False
        self._verdicts: Memo[tuple[str, Patch, Tier], Verdict] = Memo(_MOST_VERDICTS)
        self._baselines: Baselines = Memo(_MOST_BASELINES)

    def configure(self, settings: JudgeSettings) -> None:
        """Takes new settings; they hold from the next judgement on."""
        if (settings.dune, settings.sandbox) != (self._settings.dune, self._settings.sandbox):
            self._verdicts.clear()
            self._baselines.clear()
        self._settings = settings

    @property
    def lane(self) -> str:
        """What its lane is doing, in one line for people."""
        if self._lane is None:
            return "no lane yet"
        return f"lane {self._lane.number}, {'a warm dune' if self._lane.warm else 'no dune running'}"

    async def judge(self, view: View, patch: Patch, tier: Tier = Tier.TEST) -> Verdict:
        """Says how far the patched view gets, up to `tier`; never raises for what the patch does."""
        key = (await asyncio.to_thread(view.digest), patch, tier)
        known = self._verdicts.get(key)
        if known is not None:
            return known
        looking = asyncio.create_task(asyncio.to_thread(lints, patch), name="lints")  # while the build takes its time
        try:
            verdict = await (await self._climb(view, patch, key[0])).climb(tier)
        finally:
            found = await looking
        verdict = replace(verdict, lints=found)
        if verdict.state != "unknown" or verdict.before:
            self._verdicts.keep(key, verdict)
        return verdict

    async def baseline(self, view: View) -> Verdict:
        """Says how the view stands by itself (to the build tier); `diagnostics` holds all its errors."""
        digest = await asyncio.to_thread(view.digest)
        key = (digest, _NO_PATCH, Tier.BUILD)
        known = self._verdicts.get(key)
        if known is None:
            known = await (await self._climb(view, _NO_PATCH, digest)).stand()
            if known.state != "unknown":
                self._verdicts.keep(key, known)
        return known

    @asynccontextmanager
    async def checked(self, view: View) -> AsyncGenerator[Path | None]:
        """The lane's `_build/default` after `@check` of the view, held while it is used; None where there is no dune.

        The check may have been red: what did not compile has no (or old) artefacts. Nothing may be judged inside.
        """
        toolchain = await self.toolchain()
        if not toolchain.usable or not await asyncio.to_thread(has_rules, view):
            yield None
            return
        async with self._its_turn() as lane:
            built: Outcome | Lost
            try:
                await lane.sync(view)
                built = await lane.build(toolchain, CHECK, deadline_s=self._settings.timeout_s)
            except OSError as error:
                built = Lost(str(error))
            folder = lane.tree / "_build" / "default"
            yield None if isinstance(built, Lost) or not await asyncio.to_thread(folder.is_dir) else folder

    def warm(self, view: View) -> None:
        """Makes the lane hold the view and builds it, in the background, so that the first verdict comes soon."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm(view), name="warm lane")

    async def close(self) -> None:
        """Stops what it started."""
        self._closed = True
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        if self._opening is not None:
            await asyncio.wait({self._opening})
            if self._lane is None and not self._opening.cancelled() and self._opening.exception() is None:
                self._lane = self._opening.result()
        lane, self._lane = self._lane, None
        if lane is not None:
            await lane.close()

    async def toolchain(self) -> Toolchain:
        """The tools it judges with."""
        return await find_toolchain(self._settings.dune, self.root)

    async def _climb(self, view: View, patch: Patch, digest: str) -> Climb:
        return Climb(
            view, patch, digest, await self.toolchain(), self._its_turn, self._baselines, timeout_s=self._settings.timeout_s
        )

    async def _warm(self, view: View) -> None:
        with contextlib.suppress(AidError, OSError):
            async with self.checked(view):
                pass

    @asynccontextmanager
    async def _its_turn(self) -> AsyncGenerator[Lane]:
        """Waits for the lane; first come, first served. Raises `AidError` where no lane can be had."""
        if self._holder is not None and self._holder is asyncio.current_task():
            raise RuntimeError("nothing can be judged while `checked` holds the lane")
        async with self._turn:
            self._holder = asyncio.current_task()
            lane: Lane | None = None
            try:
                lane = await self._open_lane()
                lane.sandboxed = self._settings.sandbox == "auto"
                yield lane
            finally:
                self._holder = None
                if lane is not None and not self._closed:
                    lane.rest()

    async def _open_lane(self) -> Lane:
        if self._closed:
            raise AidError("The judge was closed.")
        if self._lane is not None:
            return self._lane
        if self._opening is None:  # a task of its own: cancelled halfway, the lane's lock would stay taken
            self._opening = asyncio.create_task(Lane.open(self._lanes, self._cache, rpc=self._rpc))
        try:
            lane = await asyncio.shield(self._opening)
        finally:
            if self._opening.done():
                self._opening = None
        self._lane = lane
        return lane
