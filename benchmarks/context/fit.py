"""Fits the weights of the strategies: which signals told that a commit would change, or use, a definition.

    ./dev run python -m benchmarks.context.fit --repo CLONE...    on other projects than those that are measured

Two logistic regressions over every definition that a strategy offered and some that none did: was it edited, beyond what the place gives
away; was it used by the new lines? Prints coefficients, for people to round and write into the strategies.
"""

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from aid_lsp.context.modules import signalled
from aid_lsp.context.scene import Scene
from aid_lsp.context.strategy import STRATEGIES, offers
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View
from benchmarks.context import history
from benchmarks.context.aid import Aid, place_of
from benchmarks.context.case import Case
from benchmarks.context.peers import map_folder

Features = dict[str, float]
Row = tuple[Features, bool, bool, float]
"""Signals, whether edited, whether used, and for how many definitions it stands."""
_SAMPLED = 20
_SKIPPED = ("enclosing", "attached", "diagnostics", "rules")


def rows(aid: Aid, case: Case, rng: random.Random) -> Iterator[Row]:
    """The definitions of one case's tree."""
    view = View.freeze(case.root)
    aid.ready(case, view)
    scene = Scene(Request(case.instruction, view, place_of(case, view)), 8000, index=aid.index, history=aid.history)
    edited = {(d.path, d.dotted) for d in case.truth.edited} - case.truth.at_place
    used = {(d.path, d.dotted) for places in case.truth.used for d in places}
    signals: dict[tuple[str, int], Features] = {}
    for name, snippets in offers(scene, STRATEGIES).items():
        for snippet in snippets:
            if snippet.item is None or name in _SKIPPED:
                continue
            of = signals.setdefault((snippet.path, snippet.item.span.start), {})
            of[name] = 1.0
            of[f"{name} says"] = max(of.get(f"{name} says", -9.0), snippet.evidence)
    for path, item, told in signalled(scene):
        of = signals.setdefault((path, item.span.start), {})
        of["module in file"] = math.log1p(told.in_file)
        of["module at place"] = float(told.at_place > 0)
        of["named in file"] = float(told.named > 0)
    here = scene.at_place
    for path in scene.sources:
        for item in scene.outline(path) if is_ocaml(path) else ():
            if item.kind in ("constructor", "field") or (item == here and path == case.path):
                continue
            key = (path, item.dotted)
            found = signals.get((path, item.span.start))
            if found is None and rng.randrange(_SAMPLED) and key not in edited and key not in used:
                continue
            rare = found is None and key not in edited and key not in used
            size = math.log(max(1, item.span.end - item.span.start))
            more = {"size": size, "interface": float(path.endswith(".mli")), "top": float(item.parent is None)}
            yield (found or {}) | more, key in edited, key in used, float(_SAMPLED if rare else 1)


def fitted(data: list[Row], label: int, names: list[str]) -> list[tuple[str, float, float]]:
    """The coefficients of a logistic regression and their errors, by Newton's method with a slight pull to zero."""
    sys.path.append(str(map_folder()))
    import numpy as np  # comes with aider's map

    x = np.array([[1.0, *(row[0].get(name, 0.0) for name in names)] for row in data])
    y = np.array([float(row[label]) for row in data])
    weight = np.array([row[3] for row in data])
    b = np.zeros(x.shape[1])
    pull = np.full(x.shape[1], 1.0)
    pull[0] = 0.0
    for _ in range(40):
        p = 1 / (1 + np.exp(-np.clip(x @ b, -30, 30)))
        hessian = x.T @ (x * (weight * p * (1 - p))[:, None]) + np.diag(pull)
        step = np.linalg.solve(hessian, x.T @ (weight * (y - p)) - pull * b)
        b = b + step
        if abs(step).max() < 1e-6:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)))
    return list(zip(["blindly", *names], b.tolist(), errors.tolist(), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, nargs="+", required=True, metavar="CLONE")
    parser.add_argument("--commits", type=int, default=130, help="from each (default 130)")
    parser.add_argument("--seed", type=int, default=8)
    given = parser.parse_args()
    data: list[Row] = []
    rng = random.Random(given.seed)
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, repo in enumerate(given.repo):
            aid = Aid()
            for case in history.cases(repo, given.commits, Path(folder) / str(number), random.Random(given.seed)):
                counts[history.clone_name(repo)] = counts.get(history.clone_name(repo), 0) + 1
                data.extend(rows(aid, case, rng))
    print(f"{counts}; {len(data)} rows, {sum(row[1] for row in data)} edited, {sum(row[2] for row in data)} used")
    names = sorted({name for row in data for name in row[0]})
    for label, what in ((1, "edited"), (2, "used")):
        print(f"\n{what}")
        for name, coefficient, error in fitted(data, label, names):
            print(f"  {name:22} {coefficient:7.2f} ± {error:.2f}")


if __name__ == "__main__":
    main()
