"""aid.accept, aid.reject, aid.refine, aid.show: what the user decides on a proposal."""

import asyncio

from aid_lsp.errors import AidError
from aid_lsp.outcomes.events import ProposalRefined, ProposalRejected
from aid_lsp.proposals.partial import split
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.accept import accept as accept_whole
from aid_lsp.server.accept_part import accept_part
from aid_lsp.server.handlers.where import find_proposal
from aid_lsp.server.jobs import Job
from aid_lsp.server.pages import headline, page_path, read_wish, wish_in, wish_line
from aid_lsp.server.propose import Wish, start_wish
from aid_lsp.server.protocol import Answer, Argument, read_choice
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session
from aid_lsp.server.turns import note_decision
from aid_lsp.server.workspaces import Workspace


async def accept(session: Session, argument: Argument) -> Answer:
    """Starts applying a proposal, or the files and hunks of it that are named; one at a time, as both might change the same lines."""
    workspace, proposal = await find_proposal(session, argument)
    if proposal.outcome in ("accepted", "rejected"):
        raise BadArgument(f"Proposal {proposal.id} is {proposal.outcome} already.")
    if session.accepting:
        raise AidError("Another proposal is being applied; wait for it, then accept this one.")
    choice = read_choice(argument.other)
    if proposal.patch is not None:
        await asyncio.to_thread(split, proposal.patch, choice)  # raises NotFound now: a job could only say it in a message
    session.accepting = True

    async def work(job: Job) -> str:
        job.proposal = proposal.id
        try:
            if choice.everything:
                return await accept_whole(session, workspace, proposal.id, job)
            return await accept_part(session, workspace, proposal.id, choice, job, force=argument.other.get("force") is True)
        finally:
            session.accepting = False

    title = f"AID: applying {'' if choice.everything else 'a part of '}proposal {proposal.id}"
    job = session.start(title, work, kind="accept", root=workspace.root, cancellable=False)
    return {"job": job.id, "proposal": proposal.id}


async def reject(session: Session, argument: Argument) -> Answer:
    """Notes that the user does not want a proposal."""
    workspace, proposal = await find_proposal(session, argument)
    if proposal.outcome in ("accepted", "rejected"):
        raise BadArgument(f"Proposal {proposal.id} is {proposal.outcome} already.")
    await workspace.ledger.decide(proposal.id, "rejected")
    await workspace.journal.record(ProposalRejected(proposal.id))
    session.tell(f"AID: proposal {proposal.id} is rejected.")
    await session.page(workspace, proposal.id)
    session.jobs.spawn(note_decision(workspace, proposal.id))
    return {"proposal": proposal.id, "outcome": "rejected"}


async def refine(session: Session, argument: Argument) -> Answer:
    """Starts a proposal that takes another one's place; without an instruction, takes the one written on the page."""
    workspace, proposal = await find_proposal(session, argument)
    if proposal.outcome in ("accepted", "rejected"):
        raise BadArgument(f"Proposal {proposal.id} is {proposal.outcome}; ask for a new change instead.")
    instruction = argument.instruction or await _written(session, workspace, proposal)
    if not instruction:
        return await _ask_how(session, workspace, proposal)
    spot = await session.spot(argument.uri) if argument.uri else None
    if spot and spot.workspace is not workspace:
        spot = None
    place = proposal.request.place
    wish = Wish(
        instruction,
        "refine",
        spot.path if spot else place.path if place else None,
        spot.range_now(argument.range, argument.version) if spot else None,
        comment=argument.comment,
        parent=proposal.id,
    )
    job = start_wish(session, workspace, wish)
    await workspace.journal.record(ProposalRefined(proposal.id, job.id))
    return {"job": job.id, "proposal": proposal.id}


async def show(session: Session, argument: Argument) -> Answer:
    """Opens a proposal's page, unless `open` is false; it is written anew in any case."""
    workspace, proposal = await find_proposal(session, argument)
    page = await session.page(workspace, proposal.id)

    async def open_it() -> None:
        if not await session.show(page):
            session.say(f"AID: proposal {proposal.id} is {headline(proposal)}; read {page}")

    if argument.other.get("open") is not False:
        session.jobs.spawn(open_it())
    return {"proposal": proposal.id, "page": page.as_uri()}


async def _written(session: Session, workspace: Workspace, proposal: Proposal) -> str:
    """What the user wrote on the page: in the buffer, if it is open and AID sees it, else on disk."""
    path = page_path(workspace.state, proposal.id)
    document = session.documents.get(path.as_uri())
    return wish_in(document.text) if document else await asyncio.to_thread(read_wish, path)


async def _ask_how(session: Session, workspace: Workspace, proposal: Proposal) -> Answer:
    """Opens the page where the user writes how to refine it, and says the other way."""
    page = await session.page(workspace, proposal.id)
    document = session.documents.get(page.as_uri())

    async def open_it() -> None:
        text = document.text if document else await asyncio.to_thread(page.read_text, "utf-8", "replace")
        await session.show(page, wish_line(text))
        session.say(
            f"AID: write what should be different behind `AID:` at the end of {page} and save it, or as (* AID: … *) in the "
            f"code, and run `AID: refine proposal {proposal.id}` again."
        )

    session.jobs.spawn(open_it())
    return {"proposal": proposal.id, "page": page.as_uri()}
