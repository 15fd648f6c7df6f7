"""The context engine of one workspace: its index on disk and its history, kept up, and what a request should be shown of it.

Engine(root, state / "index.db") ── gather(request, budget) ──▶ snippets
                                 ── warm(view), touch()     ──▶ the index, before anybody asks
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.annotations import Annotation, Annotations
from aid_lsp.build.toolchain import find_toolchain
from aid_lsp.context import strategy
from aid_lsp.context.facts import facts
from aid_lsp.context.index import Index
from aid_lsp.context.libraries import Libraries
from aid_lsp.context.meaning import Meaning
from aid_lsp.context.snippet import Count, Snippet
from aid_lsp.context.strategy import Strategy
from aid_lsp.context.tokenizer import counter
from aid_lsp.models.embed import Embedder
from aid_lsp.ocaml.names import module_name
from aid_lsp.ocaml.triads import owner
from aid_lsp.settings import ContextSettings
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.history import History, read_history
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

_PAUSE_S = 0.5


@dataclass
class Engine:
    """Opens its index when it is first needed."""

    root: Path
    file: Path | None = None
    """Where the index is kept; None keeps it in memory."""
    settings: ContextSettings = field(default_factory=ContextSettings)
    libraries: Libraries = field(default_factory=Libraries)
    """The interfaces of what the place links."""
    lanes: Path | None = None
    """Where AID's lanes lie, whose builds may have seen a text too."""
    types_s: float = 0.5
    """How long a request waits for types."""
    _index: Index | None = field(default=None, init=False, repr=False)
    _stale: asyncio.Event = field(default_factory=asyncio.Event, init=False, repr=False)
    _following: asyncio.Task[None] | None = field(default=None, init=False, repr=False)
    _annotations: Annotations = field(init=False, repr=False)
    _history: History = field(default_factory=History, init=False, repr=False)

    def __post_init__(self) -> None:
        self._annotations = Annotations(self.root, others=self._lanes_builds)

    def _lanes_builds(self) -> list[Path]:
        """The build folders of the lanes, the one that was built last first."""
        found = list(self.lanes.glob("*/tree/_build/default")) if self.lanes is not None else []
        return sorted(found, key=lambda folder: -folder.stat().st_mtime_ns)

    async def gather(
        self,
        request: Request,
        budget_tokens: int,
        *,
        diagnostics: tuple[Diagnostic, ...] = (),
        count: Count | None = None,
        strategies: Sequence[Strategy] | None = None,
    ) -> tuple[Snippet, ...]:
        """What the model should see, within the budget; see `strategy.gather`. Counts as the settings say, unless told otherwise."""
        self._history, linked, annotations = await asyncio.gather(
            read_history(self.root, self._history), self.libraries.at(request), self._typed(request)
        )

        def found() -> tuple[Snippet, ...]:
            return strategy.gather(
                request,
                budget_tokens,
                diagnostics=diagnostics,
                count=counter(self.settings.tokenizer) if count is None else count,
                strategies=(*strategy.strategies(), *self._more()) if strategies is None else strategies,
                index=self._opened(),
                history=self._history,
                linked=linked,
                annotations=annotations,
                likeliest_last=self.settings.order == "likeliest-last",
            )

        return await asyncio.to_thread(found)

    async def _typed(self, request: Request) -> tuple[Annotation, ...]:
        """What the compiler found in the place's file, if it is to be had in time."""
        place = request.place
        if place is None:
            return ()
        view = request.view

        def look() -> tuple[str, dict[str, list[str]]]:
            modules: dict[str, list[str]] = {}
            for path in view.paths():
                if path.endswith((".ml", ".mli")):
                    modules.setdefault(module_name(path), []).append(path)
            return owner(place.path, frozenset(view.paths()), view.text)[0] or "", modules

        try:
            async with asyncio.timeout(self.types_s):
                dune, modules = await asyncio.to_thread(look)
                return await self._annotations.of(place.path, dune, view.data, lambda name: modules.get(name, []))
        except TimeoutError:
            return ()
        except Exception:  # noqa: BLE001 types make a proposal better; they must not prevent one
            _log.warning("the types of %s cannot be read", place.path, exc_info=True)
            return ()

    async def facts(self, request: Request) -> str:
        """One line of facts about the place: see `facts`."""
        toolchain, linked = await asyncio.gather(find_toolchain(None, self.root), self.libraries.at(request, 0))
        return await asyncio.to_thread(facts, request, toolchain.name if toolchain.usable else "", linked)

    def _more(self) -> tuple[Strategy, ...]:
        """What the settings add."""
        said = self.settings
        if not said.embeddings or not said.embeddings_url.startswith(("http://", "https://")):
            return ()
        return (Meaning(Embedder(said.embeddings, said.embeddings_url, said.embeddings_key), said.embeddings_timeout_s),)

    async def warm(self, view: View, told: Callable[[int, int], None] | None = None) -> None:
        """Brings the index up to a view, however long that takes."""

        def refresh() -> None:
            index = self._opened()
            index.refresh(view, index.sources(view), told=told)

        await asyncio.to_thread(refresh)
        await self.libraries.warm(view)

    def touch(self) -> None:
        """Says that files changed on disk: the index is brought up to them in the background. Call it in the event loop."""
        if self._following is None:
            self._following = asyncio.create_task(self._follow(), name="follow the workspace")
        self._stale.set()

    async def _follow(self) -> None:
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                await self.warm(await asyncio.to_thread(View.freeze, self.root))
            except OSError as error:
                _log.info("the index of %s is not kept up: %s", self.root, error)
            await asyncio.sleep(_PAUSE_S)  # while a branch is checked out, many changes come one after the other

    def _opened(self) -> Index:
        if self._index is None:
            try:
                self._index = Index(self.file)
            except Exception:  # noqa: BLE001 a state folder that cannot be written to costs time, not the proposal
                _log.warning("the index %s cannot be opened; it is kept in memory", self.file, exc_info=True)
                self._index = Index()
        return self._index

    async def close(self) -> None:
        """Stops what it started, closes the index."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait({self._following})
            self._following = None
        await self.libraries.close()
        if self._index is not None:
            await asyncio.to_thread(self._index.close)
            self._index = None
