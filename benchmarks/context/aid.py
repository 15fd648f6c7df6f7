"""AID's own engine as the benchmark asks it: whole, without one strategy, or one alone."""

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from aid_lsp.context.blend import blend
from aid_lsp.context.index import Index
from aid_lsp.context.libraries import Libraries, Linked
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet, prices
from aid_lsp.context.strategy import STRATEGIES, gather, offers
from aid_lsp.edits.lines import Span
from aid_lsp.workspace.history import History, read_history
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View
from benchmarks.apply.corpus import CACHE
from benchmarks.context.case import Case, Shown, count_tokens, rows_of
from benchmarks.context.installed import library_folder

_PRINTED_S = 60.0


class Aid:
    """AID's engine, with the index that it keeps from case to case; its clock runs for `gather` alone.

    The interfaces of the libraries that this machine has are in it. Types are not: they come of builds, and few parents build here.
    """

    def __init__(self) -> None:
        self.loop = asyncio.Runner()
        installed = library_folder("stdlib")
        self.libraries = Libraries(CACHE / "libraries", f"{installed / 'METAS'}:{installed}")
        self.index = Index()
        self.history = History()
        self.root: Path | None = None
        self.seconds: list[float] = []

    def ready(self, case: Case, view: View) -> None:
        """Does what the daemon does in the background."""
        if self.root != case.root:
            self.root, self.index = case.root, Index()
        self.history = self.loop.run(read_history(case.root))
        self.index.refresh(view, self.index.sources(view))

    def answer(self, case: Case, view: View, budget: int) -> tuple[Shown, int]:
        """What it shows."""
        request = Request(case.instruction, view, place_of(case, view))
        linked = self._linked(request)
        clock = time.perf_counter()
        snippets = gather(request, budget, index=self.index, history=self.history, linked=linked)
        self.seconds.append(time.perf_counter() - clock)
        return _told(snippets, view)

    def parts(self, case: Case, view: View, budget: int, names: Iterable[str]) -> Iterator[tuple[str, tuple[Shown, int]]]:
        """What it would show without one strategy, or of one alone; every strategy is asked once."""
        request = Request(case.instruction, view, place_of(case, view))
        scene = Scene(request, budget, index=self.index, history=self.history, linked=self._linked(request))
        offered = offers(scene, STRATEGIES)
        for name in names:
            how, _, which = name.removeprefix("aid ").partition(" ")
            chosen = {other: snippets for other, snippets in offered.items() if (other == which) == (how == "alone")}
            yield name, _told(blend(scene, chosen), view)

    def _linked(self, request: Request) -> Linked:
        return self.loop.run(self.libraries.at(request, _PRINTED_S))

    def close(self) -> None:
        """Ends what it started."""
        self.loop.run(self.libraries.close())
        self.loop.close()


def _told(snippets: Sequence[Snippet], view: View) -> tuple[Shown, int]:
    return shown_by(snippets, view), sum(prices(snippets, count_tokens))


def place_of(case: Case, view: View) -> Place:
    """The line of the first edit."""
    text = view.text(case.path) or ""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: case.line])
    return Place(case.path, Span(start, start + len(lines[case.line]) if case.line < len(lines) else start))


def shown_by(snippets: Iterable[Snippet], view: View) -> Shown:
    """The lines of snippets, but for those that are of no file of the workspace."""
    shown: dict[str, set[int]] = {}
    for snippet in snippets:
        if snippet.aside:
            continue
        shown.setdefault(snippet.path, set()).update(rows_of(view.text(snippet.path) or "", snippet.span))
    return {path: frozenset(rows) for path, rows in shown.items()}
