"""Follows the build of the saved tree: the user's own `dune --watch` if one runs, else a lane that builds what was saved.

    files change ─▶ freeze ─▶ lane: sync, build ──▶ BuildFeed          unsaved buffers are not looked at
    _build/.rpc/dune ──────▶ join ────────────────▶                    as soon as that dune tells something, the lane rests

The lane is a further one beside the judge's, so that a proposal's tests never hold up what is red now.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from aid_lsp.build.dune import Lost, Outcome
from aid_lsp.build.join import join, socket_of, tree_of
from aid_lsp.build.status import BuildFeed, BuildStatus, Source
from aid_lsp.build.verdict import Tier
from aid_lsp.ces.build_system import BuildSystem, find_build_system
from aid_lsp.ces.lane import Lane
from aid_lsp.errors import AidError
from aid_lsp.workspace.changes import changed_paths
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

SOURCE: Source = "AID's lane"
_TRIES = 5
_PAUSE_S = 0.1
"""A dune's socket is there a moment before it listens."""


@dataclass(frozen=True, slots=True)
class FollowSettings:
    """How to build."""

    dune: str = ""
    tier: Tier = Tier.TYPE
    """How far: type, build or test."""
    timeout_s: float = 120.0
    sandbox: bool = False
    """Whether dune runs in the sandbox, where there is one."""
    build: str = ""
    test: str = ""
    """Commands that build and test in dune's place."""
    idle_s: float = 900.0
    """A lane in which nothing was built for so long gives its dune back."""


class Follower:
    """Follows one workspace from `start` to `close`."""

    def __init__(self, root: Path, lanes: Path, settings: FollowSettings | None = None, *, cache: Path | None = None) -> None:
        self.root = root
        self.feed = BuildFeed()
        self._lanes = lanes
        self._cache = cache or lanes.parent / "dune-cache"
        self._settings = settings or FollowSettings()
        self.heard: Callable[[], None] = lambda: None
        """Called when files changed on disk, and once at the beginning."""
        self._dirty = asyncio.Event()
        self._user_s_dune = asyncio.Event()
        """Set when the user's dune may have come or gone."""
        self._joined = False
        self._lane: Lane | None = None
        self._tree = ""
        """The tree that the lane built last."""
        self._work: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins, if it has not begun."""
        if self._work is None:
            self._dirty.set()
            self._work = asyncio.create_task(self._follow(), name="follow the build")

    def changed(self) -> None:
        """Says that a file was saved: sooner than the file system does."""
        self._dirty.set()

    def configure(self, settings: FollowSettings) -> None:
        """Takes new settings; what they change is built anew."""
        if settings != self._settings:
            self._settings, self._tree = settings, ""
            self._dirty.set()

    async def close(self) -> None:
        """Stops what it started."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.wait({self._work})
            self._work = None
        await self._leave_lane()

    async def _follow(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_files())
            group.create_task(self._listen_to_user_s_dune())
            group.create_task(self._build_in_lane())

    async def _watch_files(self) -> None:
        async for paths in changed_paths(self.root):
            if not paths or any(path.startswith("_build") for path in paths):
                self._user_s_dune.set()
            if not paths or not all(path.startswith("_build") for path in paths):
                self._dirty.set()
                self.heard()
        _log.warning("changes in %s are seen only when an editor saves", self.root)

    async def _listen_to_user_s_dune(self) -> None:
        while True:
            self._user_s_dune.clear()
            for _ in range(_TRIES):
                if not socket_of(self.root).is_socket():
                    break
                ended = await join(self.root, self._take_from_user_s_dune)
                if self._joined:
                    self._joined, self._tree = False, ""
                    self._dirty.set()  # the lane takes over
                elif ended.kind == "closed":
                    await asyncio.sleep(_PAUSE_S)
                else:
                    break
            await self._user_s_dune.wait()

    def _take_from_user_s_dune(self, status: BuildStatus) -> None:
        if not self._joined:
            self._joined = True
            self._dirty.set()  # the lane rests
        self.feed.tell(status)

    async def _build_in_lane(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._settings.idle_s if self._lane is not None and self._lane.warm else None):
                    await self._dirty.wait()
            except TimeoutError:
                if self._lane is not None:
                    await self._lane.cool()
                continue
            self._dirty.clear()
            if self._joined:
                await self._leave_lane()
                continue
            try:
                await self._build(await asyncio.to_thread(View.freeze, self.root))
            except (AidError, OSError) as error:
                self._unknown(f"the workspace cannot be built in a lane: {error}")

    async def _build(self, view: View) -> None:
        tree = await asyncio.to_thread(view.digest)
        if tree == self._tree:
            return
        wanted = self._settings
        system = await find_build_system(self.root, dune=wanted.dune, build=wanted.build, test=wanted.test)
        if problem := await asyncio.to_thread(system.problem, view):
            self._unknown(problem)
            return
        if self._lane is None:
            self._lane = await Lane.open(self._lanes, self._cache)
        self._lane.sandboxed, self._lane.in_place = self._settings.sandbox, not system.dune
        if self._joined:
            return
        self.feed.tell(BuildStatus("building", source=SOURCE, diagnostics=self.feed.now.diagnostics))
        await self._lane.sync(view)
        outcome = await self._outcome(self._lane, system)
        if self._joined:
            return
        if isinstance(outcome, Lost):
            self._unknown(f"{outcome.reason.rstrip('.')}; `aid doctor` says more")
            return
        self._tree = tree
        status = BuildStatus("green" if outcome.success else "red", source=SOURCE, diagnostics=outcome.diagnostics)
        self.feed.tell(status)
        if await tree_of(self.root) != tree:
            self._dirty.set()
        elif not self._joined:
            self.feed.tell(replace(status, tree=tree))

    async def _outcome(self, lane: Lane, system: BuildSystem) -> Outcome | Lost:
        """Builds up to the tier; what one step cannot build does not keep the next from being tried."""
        said: dict[Diagnostic, None] = {}
        success, output = True, ""
        for _, target in system.up_to(max(self._settings.tier, Tier.TYPE)):
            outcome = await lane.build(system.toolchain, target, deadline_s=self._settings.timeout_s)
            if isinstance(outcome, Lost):
                return outcome
            said.update(dict.fromkeys(outcome.diagnostics))
            success, output = success and outcome.success, outcome.output
        return Outcome(success, tuple(said), output)

    def _unknown(self, note: str) -> None:
        """What was red is not shown as mended by a build that came to no end."""
        if not self._joined:
            self._tree = ""
            self.feed.tell(BuildStatus("unknown", source=SOURCE, diagnostics=self.feed.now.diagnostics, note=note))

    async def _leave_lane(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            with contextlib.suppress(OSError):
                await lane.close()
