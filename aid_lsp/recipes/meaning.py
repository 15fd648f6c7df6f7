"""Whether every name still means what it meant: the compiler's resolution before a rename beside the one after it.

A rename can stay green and yet be wrong: `compare` renamed in one module falls back to `Stdlib.compare` in another. So the patched
tree is built, and each use of the old and the new name must resolve to the very declaration that it resolved to before.
"""

from dataclasses import dataclass

from aid_lsp.build.uid import Uid
from aid_lsp.recipes.plan import Plan, described, written_at
from aid_lsp.recipes.sources import Fact, Sources, Spot


@dataclass(frozen=True, slots=True)
class Drift:
    """A name that means something else after the rename."""

    path: str
    start: int
    """Where its token begins before the rename."""
    spot: Spot
    name: str
    """As it is written after the rename."""
    was_unknown: bool
    """Whether the compiler could not say before what it is, so that it may well be the subject."""


def drifts(before: Sources, after: Sources, plan: Plan) -> list[Drift]:
    """The uses that mean something else now; those in files that the compiler could not read are not looked at."""
    found: list[Drift] = []
    for name in (plan.subject.name, plan.new):
        for path in before.fact_paths(name):
            if not before.exists(path):
                continue
            new_path = plan.moves.get(path, path)
            shift = plan.shift(path)
            written = {start: at for at, start in written_at(plan.replacements.get(path, {}), plan.new).items()}
            renamed = plan.tokens.get(path, set[int]())
            for start, fact in before.facts(path, name).items():
                if start < 0:
                    continue
                ours = name == plan.subject.name and start in renamed
                expected = plan.new if ours else name
                at = shift.forward(start)
                if ours:
                    at = written.get(at, at)
                now = after.facts(new_path, expected).get(at)
                if now is None or _same(fact, now, plan, ours):
                    continue
                found.append(Drift(path, start, described(before, path, start), expected, fact.unknown and not fact.uids))
    return found


def _same(was: Fact, now: Fact, plan: Plan, ours: bool) -> bool:
    uids = {_moved(uid, plan) for uid in was.uids}
    if ours:
        return now.unknown or bool(now.uids & {_moved(uid, plan) for uid in plan.subject.uids}) or (not uids and bool(now.uids))
    if was.unknown and not was.uids:
        return now.unknown
    return bool(now.uids & uids) or (not uids and now.outside == was.outside)


def _moved(uid: Uid, plan: Plan) -> Uid:
    """The uid as it is called after files got another name."""
    if not plan.moves or uid.unit.rpartition("__")[2] != plan.subject.name:
        return uid
    return uid._replace(unit=uid.unit.removesuffix(plan.subject.name) + plan.new)
