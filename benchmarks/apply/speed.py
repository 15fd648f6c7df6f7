"""How long reading and applying takes: an answer of about 100 lines over three files of 2,000 lines; and 10 MB of hostile text."""

import random
import statistics
import time

from aid_lsp.edits.read import FORMATS, read
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


def hostile(*, quick: bool) -> tuple[float, str]:
    """Seconds of CPU for the slowest of several texts of 10 MB, and which it is; `quick` asks only `auto`."""
    big = "".join(_file(random.Random(3), 0, index) for index in range(10))
    files = _Files({"lib/big.ml": big, "lib/dune": "(library (name big))\n"})
    worst = (0.0, "")
    for name, (head, unit, tail) in _HOSTILE.items():
        text = (head + unit * ((_SIZE - len(head) - len(tail)) // len(unit)) + tail)[:_SIZE]
        for format in ("auto",) if quick else FORMATS:
            start = time.process_time()
            reading = read(text, files, format, OCamlAnchor())
            took = time.process_time() - start
            assert reading.patch is None, name
            worst = max(worst, (took, f"{name}, {format}"))
    return worst


_SIZE = 10_000_000
_HOSTILE = {
    "fences": ("", "```\n", ""),
    "fences with paths": ("", "```ocaml lib/big.ml\nx\n```\n" + "y" * 130 + "\n", ""),
    "openers": ("", "<<<<<<< SEARCH" + " " * 50 + "\n", ""),
    "one long opener": ("<<<<<<<", " ", "x"),
    "dividers": ("lib/big.ml\n<<<<<<< SEARCH\n", "=======" + " " * 50 + "\n", ">>>>>>> REPLACE\n"),
    "hunks": ("--- a/lib/big.ml\n+++ b/lib/big.ml\n", "@@ let step_0_0_1 state =" + " " * 40 + "\n", ""),
    "one long line": ("--- a/lib/big.ml\n+++ b/lib/big.ml\n@@ @@\n-", "x", "\n"),
    "lines that recur": (
        "lib/big.ml\n<<<<<<< SEARCH\n",
        "  else run ~count:1 next" + " " * 40 + "\n",
        "=======\n>>>>>>> REPLACE\n",
    ),
    "elisions": (
        "lib/big.ml\n<<<<<<< SEARCH\n",
        "let step_0_0_1 state =\n" + " " * 80 + "...\n",
        "=======\nx\n>>>>>>> REPLACE\n",
    ),
    "envelopes": ("", "*** Begin Patch" + " " * 30 + "\n*** End Patch\n", ""),
    "parentheses": ("lib/big.ml: step_0_0_1\n```ocaml\nlet step_0_0_1 = ", "(", "\n```\n"),
    "comments": ("lib/big.ml\n```ocaml\n", "(* ", "\n```\n"),
    "modules": ("lib/big.ml: step_0_0_1\n```ocaml\n", "module M = struct ", "\n```\n"),
    "stanzas": ("lib/dune\n```dune\n", "(", "\n```\n"),
    "definitions": ("lib/big.ml\n```ocaml\n", "let step_0_0_1 = 1" + " " * 40 + "\n", "```\n"),
    "colons": ("", "a: ", ""),
    "stars": ("", "**", ""),
    "blank lines": ("", "\n", ""),
}
"""The shapes: (what comes first, what is repeated, what comes last)."""


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
