"""The judge: says how far a patch gets, in lanes of its own, never in the user's tree.

judge(view, patch, tier) ──▶ Verdict          see `climb.py` for what it means
baseline(view)           ──▶ Verdict of the view by itself
checked(view)            ──▶ the folder with the compiler's artefacts of the view

Every so many judgements, when nobody waits, the lanes are put to the test (`canary.py`).
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aid_lsp.build.dune import CHECK, Lost, Outcome
from aid_lsp.build.verdict import Blast, Tier, Verdict
from aid_lsp.ces.build_system import BuildSystem, find_build_system
from aid_lsp.ces.canary import wrong_answer
from aid_lsp.ces.climb import Baselines, Climb
from aid_lsp.ces.lints import lints
from aid_lsp.ces.memo import Memo
from aid_lsp.ces.pool import Bounds, Pool
from aid_lsp.ces.reach import reach
from aid_lsp.ces.trim import due, old_lanes, trim_dune_cache
from aid_lsp.edits.patch import Patch
from aid_lsp.errors import AidError
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View

_MOST_VERDICTS = 256
_MOST_BASELINES = 64
_NO_PATCH = Patch(())
_CANARY_EVERY = 25
"""So many judgements lie between two tests of a lane."""
_CANARY_PAUSE_S = 1.0
"""So long nobody must have asked for anything."""

_log = logging.getLogger(__name__)


class LaneJudge:
    """Judges one workspace: as many judgements at a time as there are lanes, in the order they were asked for; safe to cancel."""

    def __init__(
        self, root: Path, lanes: Path, settings: JudgeSettings | None = None, *, cache: Path | None = None, rpc: bool = True
    ) -> None:
        """Judges the workspace at `root` in lanes below `lanes`; starts nothing yet.

        `cache` is dune's shared cache, beside the lanes if not given; `rpc=False` builds without a warm dune.
        """
        self.root = root
        self._settings = settings or JudgeSettings()
        self._home, self._cache = lanes.parent, cache or lanes.parent / "dune-cache"
        self._pool = Pool(lanes, self._cache, _bounds(self._settings), rpc=rpc)
        self._trimming: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self._canary: asyncio.Task[None] | None = None
        self._unproven = 0
        """How many judgements there were since the last canary."""
        self.canaries = 0
        """How many canaries came to an end."""
        self._judged_by: BuildSystem | None = None
        """What all that is remembered was built by."""
        self._verdicts: Memo[tuple[str, Patch, Tier], Verdict] = Memo(_MOST_VERDICTS)
        self._baselines: Baselines = Memo(_MOST_BASELINES)

    def configure(self, settings: JudgeSettings) -> None:
        """Takes new settings; they hold from the next judgement on."""
        if settings.sandbox != self._settings.sandbox:
            self._forget()
        self._settings = settings
        self._pool.bounds = _bounds(settings)

    @property
    def lane(self) -> str:
        """What its lanes are doing, in one line for people."""
        return str(self._pool)

    async def judge(self, view: View, patch: Patch, tier: Tier = Tier.TEST) -> Verdict:
        """Says how far the patched view gets, up to `tier`; never raises for what the patch does."""
        digest = await asyncio.to_thread(view.digest)
        system = await self._build_system()
        known = self._verdicts.get((digest, patch, tier))
        if known is not None:
            return known
        if self._canary is not None:
            self._canary.cancel()  # people first
        # While the build takes its time:
        looking = asyncio.create_task(asyncio.to_thread(lints, patch), name="lints")
        reaching = asyncio.create_task(asyncio.to_thread(reach, view, patch), name="reach")
        try:
            verdict = await self._climb(view, patch, digest, system, reaching).climb(tier)
        finally:
            found, reached = await looking, await reaching
        verdict = replace(verdict, lints=found, blast=reached if verdict.tier > Tier.PARSE and not patch.empty else None)
        if (verdict.state != "unknown" or verdict.before) and self._judged_by == system:
            self._verdicts.keep((digest, patch, tier), verdict)
        if self._trimming is None and "type" in verdict.timings:
            self._trimming = asyncio.create_task(self._trim(system), name="trim")
        self._unproven += "type" in verdict.timings
        if self._unproven >= _CANARY_EVERY and system.dune and verdict.green and verdict.tier >= Tier.TYPE:
            self._canary = asyncio.create_task(self._test_lane(view.patched(patch), system), name="canary")
        return verdict

    async def baseline(self, view: View) -> Verdict:
        """Says how the view stands by itself (to the build tier); `diagnostics` holds all its errors."""
        digest = await asyncio.to_thread(view.digest)
        system = await self._build_system()
        key = (digest, _NO_PATCH, Tier.BUILD)
        known = self._verdicts.get(key)
        if known is None:
            known = await self._climb(view, _NO_PATCH, digest, system, None).stand()
            if known.state != "unknown" and self._judged_by == system:
                self._verdicts.keep(key, known)
        return known

    @asynccontextmanager
    async def checked(self, view: View) -> AsyncGenerator[Path | None]:
        """The lane's `_build/default` after `@check` of the view, held while it is used; None where there is no dune.

        The check may have been red: what did not compile has no (or old) artefacts. Nothing may be judged inside.
        """
        system = await self._build_system()
        if not system.dune or await asyncio.to_thread(system.problem, view):
            yield None
            return
        async with self._pool.lane(view) as lane:
            built: Outcome | Lost
            try:
                await lane.sync(view)
                built = await lane.build(system.toolchain, CHECK, deadline_s=self._settings.timeout_s)
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
        for task in filter(None, (self._warming, self._canary, self._trimming)):
            task.cancel()
            await asyncio.wait({task})
        await self._pool.close()

    async def _build_system(self) -> BuildSystem:
        """What it judges with; what another one has built is forgotten."""
        settings = self._settings
        system = await find_build_system(self.root, dune=settings.dune, build=settings.build, test=settings.test)
        if self._judged_by != system:
            self._forget()
            self._judged_by = system
        return system

    async def _test_lane(self, green: View, system: BuildSystem) -> None:
        """Puts a canary to a lane, once nobody has asked for anything for a moment; a lane that fails begins anew."""
        await asyncio.sleep(_CANARY_PAUSE_S)
        with contextlib.suppress(AidError, OSError):
            async with self._pool.lane() as lane:
                modules = [path for path in green.paths() if path.endswith(".ml")]
                module = await asyncio.to_thread(lambda: next(filter(lane.compiled, reversed(modules)), None))
                if module is None:
                    return
                wrong = await wrong_answer(lane, system, green, module, self._settings.timeout_s)
                self._unproven = 0
                if wrong:
                    _log.error("lane %d is not to be trusted, %s; it begins anew", lane.number, wrong)
                    self._forget()
                    await lane.wipe()
                self.canaries += 1

    async def _trim(self, system: BuildSystem) -> None:
        """Once a day, after the first judgement: makes room in the cache folder."""
        if await asyncio.to_thread(due, self._home):
            await asyncio.to_thread(old_lanes, self._home)
            await trim_dune_cache(system.toolchain, self._cache)

    def _forget(self) -> None:
        self._verdicts.clear()
        self._baselines.clear()

    def _climb(self, view: View, patch: Patch, digest: str, system: BuildSystem, reaching: asyncio.Task[Blast] | None) -> Climb:
        return Climb(
            view,
            patch,
            digest,
            system,
            lambda: self._pool.lane(view),
            self._baselines,
            reach=reaching,
            timeout_s=self._settings.timeout_s,
        )

    async def _warm(self, view: View) -> None:
        with contextlib.suppress(AidError, OSError):
            async with self.checked(view):
                pass


def _bounds(settings: JudgeSettings) -> Bounds:
    return Bounds(settings.lanes, settings.memory_mb, settings.idle_s, sandbox=settings.sandbox == "auto")
