"""A proposal: what was asked, what was tried, and what of it is offered.

    propose() ──▶ Proposal(id "") ──ledger.offer──▶ Proposal(id "7", outcome "open") ──decide──▶ accepted │ rejected │ …

A proposal stands on its own record: it holds both texts of every file it changes and the versions they had, but not the
view it was made from. That is why it can be shown, rebased and accepted after a restart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import Complaint, Patch
from aid_lsp.ocaml.anchor import heading
from aid_lsp.recipes.proposer import Attempt
from aid_lsp.workspace.request import Place, Request

Outcome = Literal["open", "accepted", "rejected", "refined", "stale"]
"""What became of a proposal; `refined` means that another one took its place."""

Json = dict[str, object]

NOT_JUDGED = Verdict("unknown", Tier.APPLY, note="nothing was judged")
"""Stands for the verdict where there is no patch."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is kept of a request: everything but the view."""

    instruction: str
    place: Place | None = None
    """In the text that the file had then."""
    remove: Place | None = None
    """The instruction comment, which the patch deletes."""
    earlier: tuple[str, ...] = ()
    """The instructions of the proposals that this one refines, oldest first."""
    versions: Mapping[str, int] = field(default_factory=dict[str, int])
    """The editor's versions of the open files that the patch changes."""

    @classmethod
    def of(cls, request: Request, patch: Patch | None) -> "Asked":
        """Keeps a request, with the versions of what the patch changes."""
        paths = patch.paths if patch else ()
        versions = {path: version for path in paths if (version := request.view.version(path)) is not None}
        return cls(request.instruction, request.place, request.remove, request.earlier, versions)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A judged answer to a request; without a patch it says in `declined` why there is none."""

    request: Asked
    attempts: tuple[Attempt, ...] = ()
    """All that was tried, in order; their patches lead from the user's view to the whole result. Only the best one keeps its
    patch in the ledger."""
    chosen: int | None = None
    """Which attempt is the best, as an index; None where there is nothing to offer."""
    declined: str = ""
    """Why there is no patch, and what to do about it; for a person, possibly several lines."""
    id: str = ""
    """`1`, `2`, ... : unique in its workspace; empty until the ledger has taken it."""
    parent: str | None = None
    """The proposal that this one refines."""
    outcome: Outcome = "open"
    started: float = 0.0
    """Unix time."""
    revision: int = 1
    """Grows with each part that is taken out of it."""
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds: gather, ask, read, draft (all of these and a recipe's work), judge, total."""

    @property
    def best(self) -> Attempt | None:
        """The attempt that is offered."""
        return None if self.chosen is None else self.attempts[self.chosen]

    @property
    def patch(self) -> Patch | None:
        """What it would change; never an empty patch."""
        return self.best.draft.patch if self.best else None

    @property
    def verdict(self) -> Verdict | None:
        """What the judge says of the patch."""
        return self.best.verdict if self.best else None

    @property
    def green(self) -> bool:
        """Whether the patch holds as far as it was asked to."""
        return self.verdict is not None and self.verdict.green

    @property
    def proposer(self) -> str:
        """Who made it; the last one who tried where nothing came of it; empty where nobody did."""
        attempt = self.best or (self.attempts[-1] if self.attempts else None)
        return attempt.proposer if attempt else ""

    @property
    def understood(self) -> str:
        """What it does or tried to do, in one line."""
        attempt = self.best or (self.attempts[-1] if self.attempts else None)
        return attempt.draft.understood if attempt else ""

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """Why answers could not be used: the best attempt's, or the last one's where nothing is offered."""
        attempt = self.best or (self.attempts[-1] if self.attempts else None)
        return attempt.draft.complaints if attempt else ()

    def with_rest(self, rest: Patch, verdict: Verdict | None) -> "Proposal":
        """The proposal when a part of it was taken: `rest` is left, and this is what the judge says of it; None: not yet."""
        if self.chosen is None:
            return self
        best = self.attempts[self.chosen]
        left = replace(best, draft=replace(best.draft, patch=rest), verdict=verdict)
        attempts = (*self.attempts[: self.chosen], left, *self.attempts[self.chosen + 1 :])
        grown = self.revision + (rest != self.patch)
        return replace(self, attempts=attempts, revision=grown)

    def as_json(self) -> Json:
        """The proposal for scripts: what `aid change --json` prints."""
        return {
            "id": self.id,
            "parent": self.parent,
            "outcome": self.outcome,
            "instruction": self.request.instruction,
            "understood": self.understood,
            "proposer": self.proposer,
            "declined": self.declined,
            "verdict": (self.verdict or NOT_JUDGED).as_json(),
            "diff": unified(self.patch, heading) if self.patch else "",
            "files": list(self.patch.paths) if self.patch else [],
            "complaints": [complaint_json(complaint) for complaint in self.complaints],
            "rounds": [_round_json(attempt) for attempt in self.attempts],
            "timings": {stage: round(seconds, 4) for stage, seconds in self.timings.items()},
        }


def complaint_json(complaint: Complaint) -> Json:
    """A complaint for scripts."""
    return {"message": complaint.message, "file": complaint.path, "block": complaint.block}


def _round_json(attempt: Attempt) -> Json:
    return {
        "proposer": attempt.proposer,
        "understood": attempt.draft.understood,
        "declined": attempt.draft.declined,
        "state": attempt.verdict.state if attempt.verdict else None,
        "complaints": len(attempt.draft.complaints),
        "rungs": [placement.rung for placement in attempt.draft.placements],
        "input_tokens": attempt.draft.input_tokens,
        "output_tokens": attempt.draft.output_tokens,
        "seconds": round(attempt.seconds, 4),
    }
