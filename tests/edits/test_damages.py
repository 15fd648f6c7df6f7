"""The benchmark's damages and traps on a handful of changes: whatever happens to an answer, it is never applied wrongly."""

import random
from collections import Counter

import pytest

from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor
from benchmarks.apply.__main__ import answers_of, applied, verdict
from benchmarks.apply.ambiguous import TRAPS
from benchmarks.apply.case import Case, seeded
from tests.support.answers import Tree


def project() -> dict[str, str]:
    """Some OCaml with repetitions, long enough to be edited in several places."""
    rng = random.Random(3)
    files: dict[str, str] = {}
    for number in range(6):
        lines = [f"(* Module {number}. *)", "", "open Base", ""]
        for item in range(25):
            lines += [
                f"let step_{item} ?(log = ignore) state =",
                f'  log "step {rng.randrange(9)}";',
                "  match state.next with",
                "  | None -> state",
                f"  | Some next when next > {rng.randrange(4)} ->",
                "    let limit = state.limit in",
                f"    {{ state with next = Some (next - {rng.randrange(3)}); limit }}",
                "  | Some _ -> state",
                "",
            ]
        files[f"lib/module_{number}.ml"] = "\n".join(lines) + "\n"
    files["lib/dune"] = "(library\n (name steps)\n (libraries base))\n"
    return files


def cases(count: int) -> list[Case]:
    rng = random.Random(5)
    made = [seeded(f"#{number}", project(), rng) for number in range(count)]
    return [case for case in made if case is not None]


def test_no_damage_leads_to_a_wrong_edit() -> None:
    rng = random.Random(7)
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases(8):
        for format, group, damage, text in answers_of(case, rng):  # noqa: A001
            result = verdict(applied(case.before, read(text, Tree(case.before), format, OCamlAnchor())), case.before, case.after)
            assert result != "wrong", (case.name, format, damage, text)
            counts[group, result] += 1
    assert counts["undamaged", "refused"] == 0
    assert counts["recoverable", "exact"] > 50 * counts["recoverable", "refused"]
    assert counts["unrecoverable", "refused"] > 0


@pytest.mark.parametrize("name", TRAPS)
def test_no_trap_is_stepped_into(name: str) -> None:
    rng = random.Random(11)
    sprung = 0
    for case in cases(12):
        for _ in range(4):
            trap = TRAPS[name](case, rng)
            if trap is not None:
                tree, text, format, _ = trap  # noqa: A001
                after = applied(tree, read(text, Tree(tree), format, OCamlAnchor()))
                assert after is None or after == tree, text
                sprung += 1
    assert sprung
