"""Accepts a part of a proposal: some files, some hunks. The part is judged before it is applied, the rest after it.

proposal 7 ──split──▶ part ──judge──▶ green, or forced ──▶ editor        rest ──judge──▶ proposal 7, revision 2
                                  └─▶ not green: nothing is applied, and the user is told
"""

import asyncio

from lsprotocol import types as lsp

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.diff import stat
from aid_lsp.edits.patch import Patch
from aid_lsp.errors import Stale
from aid_lsp.outcomes.events import EditApplied, ProposalPartlyAccepted
from aid_lsp.proposals.offer import moved_or_stale
from aid_lsp.proposals.partial import Choice, split
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.accept import (
    NOT_APPLIED,
    accept,
    acceptable,
    apply_in_editor,
    counted,
    rest_by_hand,
    texts_now,
    waited_s,
)
from aid_lsp.server.jobs import Job
from aid_lsp.server.session import Session
from aid_lsp.server.turns import note_decision
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workspace.view import View


async def accept_part(
    session: Session, workspace: Workspace, proposal_id: str, choice: Choice, job: Job, *, force: bool = False
) -> str:
    """Applies what is chosen; answers with the last line of the job's progress. Raises `AidError` where it cannot."""
    proposal = await workspace.ledger.find(proposal_id)
    part, rest = await asyncio.to_thread(split, acceptable(session, proposal), choice)
    if rest.empty:
        return await accept(session, workspace, proposal_id, job)
    job.progress.report(f"judging the part: {', '.join(part.paths)}")
    verdict = await _verdict(session, workspace, proposal, part)
    if verdict.state != "green" and not force:
        said = _why_not(verdict)
        session.say(f"AID: nothing was applied: the part by itself {said}. Take more of the proposal, or all of it.", _WARNING)
        return job.fail(f"the part by itself {said}")
    job.progress.report("applying the part")
    by_hand = await apply_in_editor(session, workspace, proposal, part)
    if by_hand is None:
        return job.fail(NOT_APPLIED)
    await _note(workspace, proposal, part, rest, verdict)
    await workspace.ledger.keep(proposal.with_rest(rest, None))
    session.tell(
        f"AID: a part of proposal {proposal.id} is applied to {counted(len(part.changes))}; {counted(len(rest.changes))} left."
        f"{rest_by_hand(by_hand)}",
        _WARNING if by_hand else lsp.MessageType.Info,
    )
    job.progress.report("judging the rest")
    await _judge_rest(session, workspace, proposal.id)
    await session.page(workspace, proposal.id)
    await note_decision(workspace, proposal.id)
    return "a part is applied"


_WARNING = lsp.MessageType.Warning


async def _verdict(session: Session, workspace: Workspace, proposal: Proposal, patch: Patch) -> Verdict:
    """What the judge says of a patch on the texts as they are now; raises `Stale` where it no longer fits them."""
    moved = moved_or_stale(patch, await texts_now(session, workspace, patch))
    view = await asyncio.to_thread(View.freeze, workspace.root, session.buffers(workspace))
    wishes = "\n".join((*proposal.request.earlier, proposal.request.instruction))
    return await workspace.verify(moved, view, wishes)


async def _judge_rest(session: Session, workspace: Workspace, proposal_id: str) -> None:
    """Judges what is left; what has become part of the texts meanwhile is no part of it."""
    proposal = await workspace.ledger.find(proposal_id)
    patch = proposal.patch or Patch(())
    try:
        verdict = await _verdict(session, workspace, proposal, patch)
    except Stale as error:
        verdict = Verdict("unknown", Tier.APPLY, note=str(error))
    latest = await workspace.ledger.find(proposal_id)
    if latest.outcome == "open" and latest.revision == proposal.revision:
        await workspace.ledger.keep(latest.with_rest(patch, verdict))


async def _note(workspace: Workspace, proposal: Proposal, part: Patch, rest: Patch, verdict: Verdict) -> None:
    event = ProposalPartlyAccepted(
        proposal.id,
        files=len(part.changes),
        lines=_lines(part),
        left_files=len(rest.changes),
        left_lines=_lines(rest),
        verdict=verdict.state,
        forced=verdict.state != "green",
        waited_s=waited_s(proposal),
    )
    await workspace.journal.record(event)
    await workspace.journal.record(EditApplied(proposal.id, len(part.changes)))


def _lines(patch: Patch) -> int:
    return sum(added + removed for added, removed in stat(patch).values())


def _why_not(verdict: Verdict) -> str:
    if verdict.state == "unknown":
        return f"could not be judged ({verdict.note or verdict.tier.word})"
    errors = [one for one in verdict.diagnostics if one.severity == "error"]
    first = " ".join(errors[0].message.split())[:120] if errors else ""
    return f"is red ({verdict.tier.word}{f': {first}' if first else ''})"
