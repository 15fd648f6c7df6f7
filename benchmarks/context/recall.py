"""Asks every engine every case at every budget, and adds up the marks."""

import asyncio
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean

from aid_lsp.context.index import Index
from aid_lsp.context.snippet import Snippet
from aid_lsp.context.strategy import STRATEGIES, Strategy, gather
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import outline
from aid_lsp.workspace.history import History, read_history
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View
from benchmarks.context.case import HEADER_TOKENS, Case, Definition, Marks, Shown, count_tokens, marks, rows_of
from benchmarks.context.peers import AiderMap, bm25, open_file

Engine = Callable[[Case, View, int], tuple[Shown, int]]
BUDGETS = (4000, 8000, 16000)
MAIN = 8000
MEASURES = ("edited", "beyond", "named", "files", "used", "precise_files", "precise_lines", "tokens")


@dataclass
class Board:
    """All marks, by (engine, budget)."""

    marks: dict[tuple[str, int], list[Marks]] = field(default_factory=dict)
    projects: dict[str, int] = field(default_factory=dict)

    def mean(self, engine: str, budget: int, measure: str) -> float:
        values = [value for one in self.marks.get((engine, budget), []) if (value := getattr(one, measure)) is not None]
        return fmean(values) if values else 0.0


class Aid:
    """AID's engine, with the index that it keeps from case to case; its clock runs for `gather` alone."""

    def __init__(self) -> None:
        self.index = Index()
        self.history = History()
        self.root: Path | None = None
        self.seconds: list[float] = []

    def ready(self, case: Case, view: View) -> None:
        """Does what the daemon does in the background."""
        if self.root != case.root:
            self.root, self.index = case.root, Index()
        self.history = asyncio.run(read_history(case.root))
        self.index.refresh(view, self.index.sources(view))

    def __call__(self, case: Case, view: View, budget: int, strategies: tuple[Strategy, ...] = STRATEGIES) -> tuple[Shown, int]:
        request = Request(case.instruction, view, place_of(case, view))
        clock = time.perf_counter()
        snippets = gather(request, budget, strategies=strategies, index=self.index, history=self.history)
        self.seconds.append(time.perf_counter() - clock)
        return shown_by(snippets, view), sum(count_tokens(snippet.text) + HEADER_TOKENS for snippet in snippets)


def place_of(case: Case, view: View) -> Place:
    """The line of the first edit."""
    text = view.text(case.path) or ""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: case.line])
    return Place(case.path, Span(start, start + len(lines[case.line]) if case.line < len(lines) else start))


def shown_by(snippets: Iterable[Snippet], view: View) -> Shown:
    """The lines of snippets."""
    shown: dict[str, set[int]] = {}
    for snippet in snippets:
        shown.setdefault(snippet.path, set()).update(rows_of(view.text(snippet.path) or "", snippet.span))
    return {path: frozenset(rows) for path, rows in shown.items()}


def engines(aid: Aid, *, peers: bool) -> tuple[dict[str, Engine], AiderMap | None]:
    """Everybody who is asked."""
    found: dict[str, Engine] = {"aid": aid}
    aider = AiderMap() if peers else None
    found["open file"] = open_file
    found["bm25"] = partial(bm25, open_first=False)
    found["open file + bm25"] = partial(bm25, open_first=True)
    if aider is not None:
        found["aider map"] = partial(aider, open_first=False)
        found["open file + aider map"] = partial(aider, open_first=True)
    return found, aider


def ablations(aid: Aid) -> dict[str, Engine]:
    """AID without one strategy at a time."""
    found: dict[str, Engine] = {}
    for strategy in STRATEGIES:
        rest = tuple(other for other in STRATEGIES if other is not strategy)
        found[f"without {strategy.name}"] = partial(aid, strategies=rest)
    return found


def ask(
    cases: Iterable[Case],
    aid: Aid,
    everybody: dict[str, Engine],
    dropped: dict[str, Engine],
    board: Board,
    budgets: tuple[int, ...],
) -> None:
    """Asks everybody everything; AID alone is timed."""
    for count, case in enumerate(cases, 1):
        print(f"\r{count} {case.name}          ", end="", file=sys.stderr, flush=True)
        project = case.name.partition("@")[0]
        board.projects[project] = board.projects.get(project, 0) + 1
        view = View.freeze(case.root)
        aid.ready(case, view)

        def extent(definition: Definition, view: View = view) -> range:
            text = view.text(definition.path) or ""
            spans = [item.span for item in outline(definition.path, text) if item.dotted == definition.dotted]
            return rows_of(text, spans[0]) if spans else range(0)

        for name, engine in everybody.items():
            for budget in budgets:
                shown, tokens = engine(case, view, budget)
                board.marks.setdefault((name, budget), []).append(marks(case, shown, extent, tokens))
        for name, engine in dropped.items():
            shown, tokens = engine(case, view, MAIN)
            board.marks.setdefault((name, MAIN), []).append(marks(case, shown, extent, tokens))
    print("\r", end="", file=sys.stderr)


def table(board: Board, names: Iterable[str], budgets: Iterable[int]) -> str:
    """One row an engine and budget, in percent."""
    rows = [["", "tokens", *MEASURES]]
    for name in names:
        for budget in budgets:
            if (name, budget) in board.marks:
                cells = [
                    f"{board.mean(name, budget, m):.0f}" if m == "tokens" else f"{100 * board.mean(name, budget, m):.1f}"
                    for m in MEASURES
                ]
                rows.append([name, str(budget), *cells])
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    )


def plot(board: Board, names: Iterable[str]) -> str:
    """Recall of edited definitions beyond the place at 8,000 tokens, one bar each."""
    lines = ["\nedited definitions beyond the place, 8,000 tokens"]
    for name in names:
        share = board.mean(name, MAIN, "beyond")
        lines.append(f"{name:22} {'█' * round(50 * share):50} {100 * share:.1f} %")
    return "\n".join(lines)
