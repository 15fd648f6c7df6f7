"""Asks every engine every case at every budget, and adds up the marks."""

import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean

from aid_lsp.context.strategy import STRATEGIES
from aid_lsp.ocaml.outline import outline
from aid_lsp.workspace.view import View
from benchmarks.context.aid import Aid
from benchmarks.context.answers import Answers, is_aid
from benchmarks.context.case import Case, Definition, Marks, Shown, marks, rows_of
from benchmarks.context.peers import AiderMap, bm25, open_file

BUDGETS = (4000, 8000, 16000)
MAIN = 8000
MEASURES = ("edited", "beyond", "named", "files", "used", "precise_files", "precise_lines", "tokens")


@dataclass
class Board:
    """All marks, by (engine, budget)."""

    marks: dict[tuple[str, int], list[Marks]] = field(default_factory=dict)
    cases: list[str] = field(default_factory=list)
    projects: dict[str, int] = field(default_factory=dict)

    def mean(self, engine: str, budget: int, measure: str, project: str = "") -> float:
        """Of all cases, or of those of one project."""
        rows = zip(self.cases, self.marks.get((engine, budget), []), strict=False)
        told = [one for case, one in rows if not project or case.partition("@")[0] == project]
        values = [value for one in told if (value := getattr(one, measure)) is not None]
        return fmean(values) if values else 0.0


PLAIN: dict[str, Callable[[Case, View, int], tuple[Shown, int]]] = {
    "open file": open_file,
    "bm25": partial(bm25, open_first=False),
    "open file + bm25": partial(bm25, open_first=True),
}
MAPS = {"aider map": False, "open file + aider map": True}
"""Whether the open file goes first."""
EVERYBODY = ("aid", *PLAIN, *MAPS)
ABLATIONS = tuple(f"aid {how} {strategy.name}" for how in ("without", "alone") for strategy in STRATEGIES)


@dataclass
class Run:
    """Asks everybody everything, once."""

    board: Board
    budgets: tuple[int, ...]
    peers: bool = True
    parts: bool = True
    """AID without one strategy at a time, and each alone."""
    fresh: bool = False
    """Asks again what was answered in an earlier run."""
    until: float = float("inf")
    """When to stop, by the monotonic clock; another run goes on from there."""
    aid: Aid = field(default_factory=Aid)
    _aider: AiderMap | None = None

    def ask(self, cases: Iterable[Case]) -> None:
        """Takes up cases of one project or several."""
        known: dict[str, Answers] = {}
        for count, case in enumerate(cases, 1):
            if time.monotonic() > self.until:
                print("\rout of time; the same command goes on from here", file=sys.stderr)
                break
            print(f"\r{count} {case.name}          ", end="", file=sys.stderr, flush=True)
            project = case.name.partition("@")[0]
            if project not in known:
                known[project] = Answers(project, fresh=self.fresh)
            self._one(case, known[project])
            self.board.cases.append(case.name)
            self.board.projects[project] = self.board.projects.get(project, 0) + 1
        print("\r", end="", file=sys.stderr)

    def _one(self, case: Case, known: Answers) -> None:
        view = View.freeze(case.root)
        names = EVERYBODY if self.peers else ("aid", *PLAIN)
        wanted = [(name, budget) for name in names for budget in self.budgets]
        wanted += [(name, MAIN) for name in (ABLATIONS if self.parts else ())]
        missing = [question for question in wanted if known.get(case, *question) is None]
        pending = [(name, budget, self._map(case, view, name, budget)) for name, budget in missing if name in MAPS]
        if any(is_aid(name) for name, _ in missing):
            self.aid.ready(case, view)
        for name, budget in missing:
            if name == "aid":
                known.put(case, name, budget, *self.aid.answer(case, view, budget))
            elif name in PLAIN:
                known.put(case, name, budget, *PLAIN[name](case, view, budget))
        if parts := [name for name, _ in missing if name in ABLATIONS]:
            for name, answer in self.aid.parts(case, view, MAIN, parts):
                known.put(case, name, MAIN, *answer)
        for name, budget, waited in pending:
            known.put(case, name, budget, *waited())

        def extent(definition: Definition) -> range:
            text = view.text(definition.path) or ""
            spans = [item.span for item in outline(definition.path, text) if item.dotted == definition.dotted]
            return rows_of(text, spans[0]) if spans else range(0)

        for name, budget in wanted:
            answer = known.get(case, name, budget)
            assert answer is not None
            self.board.marks.setdefault((name, budget), []).append(marks(case, answer[0], extent, answer[1]))

    def _map(self, case: Case, view: View, name: str, budget: int) -> Callable[[], tuple[Shown, int]]:
        if self._aider is None:
            self._aider = AiderMap()
        return self._aider.ask(case, view, budget, open_first=MAPS[name])

    def close(self) -> None:
        """Ends what it started."""
        self.aid.close()
        if self._aider is not None:
            self._aider.close()


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
    return aligned(rows)


def by_project(board: Board, names: Iterable[str]) -> str:
    """Edited (beyond the place) and used definitions at 8,000 tokens, one row an engine."""
    rows = [["", *(f"{project} {measure}" for project in board.projects for measure in ("beyond", "used"))]]
    for name in names:
        shares = [board.mean(name, MAIN, measure, project) for project in board.projects for measure in ("beyond", "used")]
        rows.append([name, *(f"{100 * share:.1f}" for share in shares)])
    return aligned(rows)


def aligned(rows: list[list[str]]) -> str:
    """A table; the first column to the left."""
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
