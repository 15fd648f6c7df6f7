"""Asks every engine every case at every budget, and adds up the marks."""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean

from aid_lsp.context.strategy import STRATEGIES, Strategy, gather
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import outline
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
    seconds: list[float] = field(default_factory=list)
    projects: dict[str, int] = field(default_factory=dict)

    def mean(self, engine: str, budget: int, measure: str) -> float:
        values = [value for one in self.marks.get((engine, budget), []) if (value := getattr(one, measure)) is not None]
        return fmean(values) if values else 0.0


def aid(case: Case, view: View, budget: int, strategies: tuple[Strategy, ...] = STRATEGIES) -> tuple[Shown, int]:
    """What AID would show a model."""
    text = view.text(case.path) or ""
    lines = text.split("\n")
    start = sum(len(line) + 1 for line in lines[: case.line])
    place = Place(case.path, Span(start, start + len(lines[case.line]) if case.line < len(lines) else start))
    snippets = gather(Request(case.instruction, view, place), budget, strategies=strategies)
    shown: dict[str, set[int]] = {}
    for snippet in snippets:
        shown.setdefault(snippet.path, set()).update(rows_of(view.text(snippet.path) or "", snippet.span))
    tokens = sum(count_tokens(snippet.text) + HEADER_TOKENS for snippet in snippets)
    return {path: frozenset(rows) for path, rows in shown.items()}, tokens


def engines(peers: bool) -> tuple[dict[str, Engine], AiderMap | None]:
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


def ablations() -> dict[str, Engine]:
    """AID without one strategy at a time, and with each alone beside the place itself."""
    found: dict[str, Engine] = {}
    for strategy in STRATEGIES:
        rest = tuple(other for other in STRATEGIES if other is not strategy)
        found[f"without {strategy.name}"] = partial(aid, strategies=rest)
    return found


def ask(cases: Iterable[Case], everybody: dict[str, Engine], dropped: dict[str, Engine], board: Board, *, most_ablated: int) -> None:
    """Asks; the engines' own times are taken for AID alone."""
    for count, case in enumerate(cases, 1):
        print(f"\r{count} {case.name}          ", end="", file=sys.stderr, flush=True)
        project = case.name.partition("@")[0]
        board.projects[project] = board.projects.get(project, 0) + 1
        view = View.freeze(case.root)

        def extent(definition: Definition, view: View = view) -> range:
            text = view.text(definition.path) or ""
            spans = [item.span for item in outline(definition.path, text) if item.dotted == definition.dotted]
            return rows_of(text, spans[0]) if spans else range(0)

        for name, engine in everybody.items():
            for budget in BUDGETS:
                clock = time.perf_counter()
                shown, tokens = engine(case, view, budget)
                if name == "aid":
                    board.seconds.append(time.perf_counter() - clock)
                board.marks.setdefault((name, budget), []).append(marks(case, shown, extent, tokens))
        if count <= most_ablated:
            for name, engine in {"aid ": aid, **dropped}.items():
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
                    f"{board.mean(name, budget, m):.0f}" if m == "tokens" else f"{100 * board.mean(name, budget, m):.1f}" for m in MEASURES
                ]
                rows.append([name, str(budget), *cells])
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))) for row in rows
    )
