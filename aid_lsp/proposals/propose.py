"""The story of a proposal: ask the proposers in turn, have each draft judged, keep the best.

recipes ──declined or red──▶ model ──complaints, errors──▶ model ... ──▶ Proposal
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aid_lsp.build.verdict import Judge, Tier, Verdict
from aid_lsp.ces.lints import unasked
from aid_lsp.edits.patch import Complaint, Patch
from aid_lsp.errors import AidError
from aid_lsp.models.connect import HOW_TO_ADD_A_MODEL
from aid_lsp.proposals.ask_model import ModelProposer
from aid_lsp.proposals.ground import Ground, ground
from aid_lsp.proposals.proposal import Asked, Proposal
from aid_lsp.recipes.proposer import Attempt, Draft, Proposer, Report
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

RECIPE_ROUNDS = 8
"""How often a recipe may try: it costs no model, only builds."""

_ABOUT_ERRORS = re.compile(r"(?i)\b(fix|errors?|build|builds|compil\w*|broken|red|warnings?|type-?check\w*|tests?)\b")


Layout = Callable[[Patch], Awaitable[Patch]]
"""Gives what a patch writes the project's own layout."""


async def propose(
    request: Request,
    proposers: Sequence[Proposer],
    judge: Judge,
    *,
    tier: Tier = Tier.TEST,
    max_repairs: int = 2,
    report: Report = lambda line: None,
    previous: Proposal | None = None,
    layout: Layout | None = None,
) -> Proposal:
    """Makes a judged proposal, with no id yet (`Ledger.offer` gives it one).

    Proposers are asked in order, recipes first; the first green draft ends the search. With `previous` the request refines that
    proposal: its patch is rebased onto the request's view and the new draft builds upon it. Red is a value, as is having nothing
    to offer. Raises an `AidError` only where a proposer could not try and no other one had anything to offer.
    """
    started, clock = time.time(), time.perf_counter()
    base = await asyncio.to_thread(ground, request, previous)
    if base.afresh:
        report("the earlier proposal no longer fits the text; starting from the text as it is")
    story = _Story(request, base, judge, tier, report, layout)
    failure: AidError | None = None
    for proposer in proposers:
        by_model = isinstance(proposer, ModelProposer)
        try:
            await story.ask(proposer, 1 + max_repairs if by_model else RECIPE_ROUNDS, by_model=by_model)
        except AidError as error:
            failure = error
            story.attempts.append(Attempt(Draft(None, "", declined=str(error)), None, proposer.name))
        if story.satisfied:
            break
    chosen = story.best
    if failure is not None:
        if chosen is None:
            raise failure
        report(str(failure))
    timings = {**story.timings, "total": time.perf_counter() - clock}
    models = {proposer.name for proposer in proposers if isinstance(proposer, ModelProposer)}
    patch = story.attempts[chosen].draft.patch if chosen is not None else None
    return Proposal(
        request=replace(Asked.of(request, patch), earlier=base.request.earlier),
        attempts=tuple(story.attempts),
        chosen=chosen,
        declined="" if chosen is not None else _declined(story.attempts, models),
        parent=previous.id if previous else None,
        started=started,
        timings=timings,
    )


@dataclass
class _Story:
    """What has been tried so far for one request."""

    request: Request
    base: Ground
    judge: Judge
    tier: Tier
    report: Report
    layout: Layout | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    """With patches of the user's view."""
    timings: dict[str, float] = field(default_factory=dict[str, float])

    @property
    def best(self) -> int | None:
        """The attempt worth offering: the earliest of the best."""
        judged = [index for index, attempt in enumerate(self.attempts) if attempt.draft.patch is not None]
        return max(judged, key=lambda index: (_worth(self.attempts[index].verdict), -index), default=None)

    @property
    def satisfied(self) -> bool:
        """Whether nobody else need be asked: there is a patch, and it is not known to be red."""
        best = self.best
        verdict = self.attempts[best].verdict if best is not None else None
        return verdict is not None and verdict.state != "red"

    async def ask(self, proposer: Proposer, rounds: int, *, by_model: bool) -> None:
        """Lets one proposer try until it is green, has enough or has had its rounds."""
        wish = await self._wish(by_model=by_model)
        own: tuple[Attempt, ...] = ()
        for _ in range(rounds):
            clock = time.perf_counter()
            try:
                draft = await proposer.draft(wish, own, self.report)
            finally:
                seconds = time.perf_counter() - clock
                self._took({"draft": seconds})
            self._took(draft.timings)
            if draft.patch is not None and self.layout is not None:
                draft = replace(draft, patch=await self.layout(draft.patch))
            draft, whole = self._checked(draft, own)
            verdict = await self._judged(whole, draft) if whole is not None else None
            own += (Attempt(draft, verdict, proposer.name, seconds),)
            self.attempts.append(Attempt(replace(draft, patch=whole), verdict, proposer.name, seconds))
            if draft.declined or not self._worth_another(draft, verdict, by_model=by_model):
                break

    async def _wish(self, *, by_model: bool) -> Request:
        """The request for a proposer; a model that shall fix the build is told what the build says."""
        wish = self.base.request
        if not by_model or wish.diagnostics or not _ABOUT_ERRORS.search(wish.instruction):
            return wish
        self.report("asking the build what is wrong")
        clock = time.perf_counter()
        try:
            baseline = await self.judge.baseline(wish.view)
        except AidError as error:
            _log.info("no baseline: %s", type(error).__name__)
            return wish
        self._took({"judge": time.perf_counter() - clock})
        return replace(wish, diagnostics=baseline.diagnostics)

    def _checked(self, draft: Draft, own: tuple[Attempt, ...]) -> tuple[Draft, Patch | None]:
        """The draft and its patch of the user's view; a patch that changes nothing, or was had before, is complained about."""
        if draft.patch is None:
            return draft, None
        complaint = None
        if draft.patch.empty:
            complaint = "The answer leaves every file as it was; that does not carry out the instruction."
        elif any(attempt.draft.patch == draft.patch for attempt in own):
            complaint = "This is the same change as before, which did not hold; try another way."
        whole = self.base.whole(self.request.view, draft.patch)
        if complaint is None and whole.empty:
            complaint = "Together with what was done before, the answer leaves every file as the person has it now."
        if complaint is None:
            return draft, whole
        return replace(draft, patch=None, complaints=(*draft.complaints, Complaint(complaint))), None

    async def _judged(self, whole: Patch, draft: Draft) -> Verdict:
        files = f"{len(whole.changes)} file{'s' if len(whole.changes) != 1 else ''}"
        doing = {Tier.APPLY: "checking", Tier.PARSE: "parsing", Tier.TYPE: "type-checking", Tier.BUILD: "building"}
        self.report(f"{doing.get(self.tier, 'building and testing')}: {draft.understood} ({files})")
        clock = time.perf_counter()
        wishes = "\n".join((*self.request.earlier, self.request.instruction))
        verdict = await judged(self.judge, self.request.view, whole, self.tier, wishes)
        self._took({"judge": time.perf_counter() - clock})
        count = sum(diagnostic.severity == "error" for diagnostic in verdict.diagnostics)
        errors = f", {count} new error{'s' if count != 1 else ''}" if count else ""
        self.report(f"{verdict.state} at {verdict.tier.word}{errors}")
        return verdict

    def _worth_another(self, draft: Draft, verdict: Verdict | None, *, by_model: bool) -> bool:
        """Whether the same proposer may do better knowing what came of this draft."""
        if verdict is None:
            return by_model and bool(draft.complaints)
        if verdict.state == "unknown":
            # Without a working build there is nothing to learn; in a workspace that was red before there may be.
            return bool(verdict.diagnostics) or (bool(verdict.before) and (not by_model or bool(self.base.request.diagnostics)))
        return verdict.state == "red"

    def _took(self, seconds: Mapping[str, float]) -> None:
        for stage, count in seconds.items():
            self.timings[stage] = self.timings.get(stage, 0.0) + count


async def judged(judge: Judge, view: View, patch: Patch, tier: Tier, wishes: str) -> Verdict:
    """What the judge says of a patch, without the remarks on what was asked for; unknown where it could not be tried."""
    try:
        verdict = await judge.judge(view, patch, tier)
    except AidError as error:
        # A change that nobody could judge is still worth showing, with that label.
        verdict = Verdict("unknown", Tier.APPLY, note=str(error))
    return replace(verdict, lints=unasked(verdict.lints, wishes))


def _worth(verdict: Verdict | None) -> tuple[int, int, int]:
    """Green before unknown before red; then who leaves fewer errors, and got further."""
    if verdict is None:
        return (0, 0, 0)
    errors = sum(diagnostic.severity == "error" for diagnostic in verdict.diagnostics)
    state = {"green": 3, "unknown": 2, "red": 1}[verdict.state]
    return (state, int(verdict.tier) if verdict.state == "red" else 0, verdict.fixed - errors)


def _declined(attempts: Sequence[Attempt], models: set[str]) -> str:
    """Why there is nothing to offer, and what to do about it. Where a model was asked, its reasons count."""
    by_model = [attempt for attempt in attempts if attempt.proposer in models]
    reasons: list[str] = []
    for attempt in by_model or attempts:
        last = attempt.draft.complaints[-1].message if attempt.draft.complaints else ""
        reason = attempt.draft.declined or (f"The answer of {attempt.proposer} could not be used: {last}" if last else "")
        if reason and reason not in reasons:
            reasons.append(reason)
    if not models:
        reasons.append(f"No model is configured, so AID can only do what its recipes understand.\n{HOW_TO_ADD_A_MODEL}")
    return "\n".join(reasons) or "Nobody had anything to offer; say it in other words."
