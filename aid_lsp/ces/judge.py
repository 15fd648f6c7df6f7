"""The judge: says how far a patch gets, in lanes of its own, never in the user's tree.

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
from aid_lsp.build.verdict import Blast, Tier, Verdict
from aid_lsp.ces.build_system import BuildSystem, find_build_system
from aid_lsp.ces.climb import Baselines, Climb
from aid_lsp.ces.lints import lints
from aid_lsp.ces.memo import Memo
from aid_lsp.ces.pool import Bounds, Pool
from aid_lsp.ces.reach import reach
from aid_lsp.edits.patch import Patch
from aid_lsp.errors import AidError
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View

_MOST_VERDICTS = 256
_MOST_BASELINES = 64
_NO_PATCH = Patch(())


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
        self._pool = Pool(lanes, cache or lanes.parent / "dune-cache", _bounds(self._settings), rpc=rpc)
        self._warming: asyncio.Task[None] | None = None
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
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait({self._warming})
        await self._pool.close()

    async def _build_system(self) -> BuildSystem:
        """What it judges with; what another one has built is forgotten."""
        settings = self._settings
        system = await find_build_system(self.root, dune=settings.dune, build=settings.build, test=settings.test)
        if self._judged_by != system:
            self._forget()
            self._judged_by = system
        return system

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
