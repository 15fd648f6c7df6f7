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
                if now is None or _same(_Known(before, plan, fact), _Known(after, plan, now, moved=True), ours):
                    continue
                found.append(Drift(path, start, described(before, path, start), expected, fact.unknown and not fact.uids))
    return found


class _Known:
    """A fact in terms that hold before and after: files that moved have other units, and dune numbers its aliases anew."""

    def __init__(self, sources: Sources, plan: Plan, fact: Fact, *, moved: bool = False) -> None:
        self._sources = sources
        self._plan = plan
        self._moved = moved
        self.meant = {self._identity(uid) for uid in fact.uids}
        self.subject = {self._identity(uid) for uid in plan.subject.uids} if not moved else set[str]()
        self.outside = fact.outside
        self.unknown = fact.unknown and not fact.uids

    def _identity(self, uid: Uid) -> str:
        artefacts = self._sources.artefacts
        declaration = artefacts.declarations().get(uid) if artefacts else None
        if declaration is not None and declaration.at.path.endswith(".ml-gen"):
            return f"{uid.home}:{self._named(uid.unit)}:{self._named(declaration.name)}"
        return f"{uid.home}:{'i' if uid.interface else ''}{self._named(uid.unit)}.{uid.number}"

    def _named(self, unit: str) -> str:
        """The unit's name after the move."""
        old, new = self._plan.subject.name, self._plan.new
        if self._moved or not self._plan.moves or unit.rpartition("__")[2] != old:
            return unit
        return unit.removesuffix(old) + new


def _same(was: _Known, now: _Known, ours: bool) -> bool:
    if ours:
        return now.unknown or bool(now.meant & was.subject) or (not was.meant and bool(now.meant))
    if was.unknown:
        return now.unknown
    return bool(now.meant & was.meant) or (not was.meant and now.outside == was.outside)
