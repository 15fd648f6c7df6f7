"""How long reading and applying takes: an answer of about 100 lines over three files of 2,000 lines."""

import random
import statistics
import time

from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor
from benchmarks.apply.answers import answer, render
from benchmarks.apply.case import Case, Tree


def speed() -> float:
    """Seconds, the median over formats and rounds; every round has texts that were never parsed before."""
    rng = random.Random(7)
    times: list[float] = []
    for number in range(9):
        before: Tree = {f"lib/m{i}.ml": _file(rng, number, i) for i in range(3)}
        after = {path: _edited(text, rng) for path, text in before.items()}
        case = Case("speed", before, after)
        for format in ("search_replace", "unified_diff", "apply_patch"):
            given = answer(case, format)
            assert given is not None
            text = render(given)
            files = _Files(before)
            start = time.perf_counter()
            reading = read(text, files, "auto", OCamlAnchor())
            times.append(time.perf_counter() - start)
            assert reading.patch is not None, reading.complaints
    return statistics.median(times)


class _Files:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    def text(self, path: str) -> str | None:
        return self.tree.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(self.tree)


def _file(rng: random.Random, number: int, index: int) -> str:
    lines: list[str] = []
    for item in range(400):
        name = f"step_{number}_{index}_{item}"
        lines += [
            f"let {name} state =",
            f"  let next = advance state {rng.randrange(9)} in",
            "  if next > limit then state",
            f"  else run ~count:{item} next",
            "",
        ]
    return "\n".join(lines) + "\n"


def _edited(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    for at in rng.sample(range(1, 399), 3):
        lines[at * 5 + 1] = f"  let next = retreat state {rng.randrange(9)} in"
    return "\n".join(lines)
