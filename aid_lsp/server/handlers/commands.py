"""workspace/executeCommand: AID's commands. Each answers within milliseconds; what takes longer goes on as a job.

Emacs stands still while a command runs and gives up after ten seconds, so no command waits for a model, a build or the user.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lsprotocol import types as lsp

from aid_lsp.errors import AidError, NotFound
from aid_lsp.outcomes.events import ProposalRefined, ProposalRejected
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.accept import accept as accept_proposal
from aid_lsp.server.from_lsp import path_of_uri
from aid_lsp.server.handlers.code_action import comments_in
from aid_lsp.server.pages import headline, page_path, read_wish, size, wish_in, wish_line
from aid_lsp.server.propose import Wish, current_range, start_wish
from aid_lsp.server.protocol import Argument, read_argument
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.workspaces import Workspace

Answer = Mapping[str, Any]
"""What a command answers: JSON."""


async def execute(session: Session, params: lsp.ExecuteCommandParams) -> Answer:
    """Runs a command; raises `BadArgument` for one that AID does not have or an argument that makes no sense."""
    if params.command not in _COMMANDS:
        raise BadArgument(f"AID has no command {params.command!r}; it has {', '.join(_COMMANDS)}.")
    run, bare = _COMMANDS[params.command]
    return await run(session, read_argument(params.arguments, bare))


async def change(session: Session, argument: Argument) -> Answer:
    """Starts a proposal for an instruction."""
    workspace, spot = await _where(session, argument)
    place = current_range(spot, argument.range, argument.version) if spot else None
    wish = Wish(
        argument.instruction or await _instruction_at(spot, place),
        "comment" if argument.comment else "command",
        spot.path if spot else None,
        place,
        comment=argument.comment or not argument.instruction,
    )
    return {"job": start_wish(session, workspace, wish).id}


async def fix(session: Session, argument: Argument) -> Answer:
    """Starts a proposal that turns one error green."""
    workspace, spot = await _where(session, argument)
    if spot is None or argument.diagnostic is None:
        raise BadArgument("`uri` and `diagnostic` have to say which error to fix.")
    said = argument.diagnostic
    place = current_range(spot, said.range, argument.version) or said.range
    moved = lsp.Diagnostic(place, said.message, severity=said.severity, code=said.code)
    wish = Wish(argument.instruction or "fix this error", "fix", spot.path, place, diagnostic=moved)
    return {"job": start_wish(session, workspace, wish).id}


async def accept(session: Session, argument: Argument) -> Answer:
    """Starts applying a proposal; one at a time, as both might change the same lines."""
    workspace, proposal = await _proposal(session, argument)
    if proposal.outcome in ("accepted", "rejected"):
        raise BadArgument(f"Proposal {proposal.id} is {proposal.outcome} already.")
    if session.accepting:
        raise AidError("Another proposal is being applied; wait for it, then accept this one.")
    session.accepting = True

    async def work(_: object) -> str:
        try:
            return await accept_proposal(session, workspace, proposal.id)
        finally:
            session.accepting = False

    job = session.start(f"AID: applying proposal {proposal.id}", work, root=workspace.root, cancellable=False)
    return {"job": job.id, "proposal": proposal.id}


async def reject(session: Session, argument: Argument) -> Answer:
    """Notes that the user does not want a proposal."""
    workspace, proposal = await _proposal(session, argument)
    if proposal.outcome in ("accepted", "rejected"):
        raise BadArgument(f"Proposal {proposal.id} is {proposal.outcome} already.")
    await workspace.ledger.decide(proposal.id, "rejected")
    await workspace.journal.record(ProposalRejected(proposal.id))
    session.say(f"AID: proposal {proposal.id} is rejected.")
    await session.page(workspace, proposal.id)
    session.refresh()
    return {"proposal": proposal.id, "outcome": "rejected"}


async def refine(session: Session, argument: Argument) -> Answer:
    """Starts a proposal that takes another one's place; without an instruction, takes the one written on the page."""
    workspace, proposal = await _proposal(session, argument)
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
        current_range(spot, argument.range, argument.version) if spot else None,
        comment=argument.comment,
        parent=proposal.id,
    )
    job = start_wish(session, workspace, wish)
    await workspace.journal.record(ProposalRefined(proposal.id, job.id))
    return {"job": job.id, "proposal": proposal.id}


async def show(session: Session, argument: Argument) -> Answer:
    """Opens a proposal's page."""
    workspace, proposal = await _proposal(session, argument)
    page = await session.page(workspace, proposal.id)

    async def open_it() -> None:
        if not await session.show(page):
            session.say(f"AID: proposal {proposal.id} is {headline(proposal)}; read {page}")

    session.jobs.spawn(open_it())
    return {"proposal": proposal.id, "page": page.as_uri()}


async def cancel(session: Session, argument: Argument) -> Answer:
    """Cancels one job, or all that run."""
    cancelled = session.jobs.cancel(argument.job)
    if argument.job and not cancelled:
        raise NotFound(f"There is no job {argument.job!r} that could be cancelled; it may have ended.")
    return {"cancelled": list(cancelled)}


async def status(session: Session, argument: Argument) -> Answer:
    """What AID is doing, for people (a message) and clients (JSON)."""
    opened = session.workspaces.open
    workspaces = [await _status(workspace) for workspace in opened]
    jobs = [{"job": job.id, "title": job.title} for job in session.jobs.running]
    if not argument.quiet:
        builds = [workspace.build.feed.now.sentence for workspace in opened]
        session.say(_status_sentence(workspaces, builds, [job.title for job in session.jobs.running]))
    return {"jobs": jobs, "workspaces": workspaces}


_COMMANDS: Mapping[str, tuple[Callable[[Session, Argument], Awaitable[Answer]], str]] = {
    "aid.change": (change, "instruction"),
    "aid.fix": (fix, "instruction"),
    "aid.accept": (accept, "proposal"),
    "aid.reject": (reject, "proposal"),
    "aid.refine": (refine, "instruction"),
    "aid.show": (show, "proposal"),
    "aid.cancel": (cancel, "job"),
    "aid.status": (status, ""),
}
"""Each with the field that a bare string stands for."""


async def _where(session: Session, argument: Argument) -> tuple[Workspace, Spot | None]:
    """The workspace to work in, and the file: the one named, else the one that was touched last, else none."""
    if argument.uri is not None:
        spot = await session.spot(argument.uri)
        if spot is None:
            raise BadArgument(f"{argument.uri} is not an OCaml or dune file of a workspace that AID can work in.")
        return spot.workspace, spot
    latest = session.documents.latest
    spot = await session.spot(latest.uri) if latest else None
    if spot:
        return spot.workspace, spot
    if session.workspaces.folders:
        return await session.workspaces.of(session.workspaces.folders[0]), None
    raise BadArgument("`uri` has to name a file: no OCaml file is open.")


async def _instruction_at(spot: Spot | None, place: lsp.Range | None) -> str:
    """The instruction comment at a place, where the argument has no instruction."""
    if spot and spot.document and place:
        line_span = (place.start.line, place.end.line)
        for comment in await comments_in(spot):
            first = spot.document.index.position(comment.span.start)[0]
            last = spot.document.index.position(comment.span.end)[0]
            if first <= line_span[1] and line_span[0] <= last:
                return comment.instruction
    raise BadArgument("`instruction` has to say what shall change; or put the cursor on an (* AID: … *) comment.")


async def _proposal(session: Session, argument: Argument) -> tuple[Workspace, Proposal]:
    """The proposal that is meant: the one named, the page's, or the newest open one."""
    path = path_of_uri(argument.uri) if argument.uri else None
    page = session.workspaces.at_page(path) if path else None
    if page:
        return page[0], await page[0].ledger.find(argument.proposal or page[1])
    if argument.uri and (spot := await session.spot(argument.uri)):
        candidates = [spot.workspace]
    elif session.workspaces.open:
        candidates = list(session.workspaces.open)
    else:
        candidates = [(await _where(session, argument))[0]]
    if argument.proposal:
        for workspace in candidates:
            try:
                return workspace, await workspace.ledger.find(argument.proposal)
            except NotFound:
                continue
        raise NotFound(f"There is no proposal {argument.proposal}.")
    waiting = [(workspace, proposal) for workspace in candidates for proposal in workspace.ledger.open()]
    if not waiting:
        raise NotFound("No proposal is open.")
    return max(waiting, key=lambda pair: (pair[1].started, int(pair[1].id)))


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


async def _status(workspace: Workspace) -> dict[str, object]:
    model = workspace.settings.model
    return {
        "root": str(workspace.root),
        "model": model.name if model.configured else None,
        "tier": workspace.settings.judge.tier,
        "open": [
            {
                "proposal": proposal.id,
                "instruction": proposal.request.instruction,
                "state": proposal.verdict.state if proposal.verdict else "unknown",
                "size": size(proposal.patch) if proposal.patch else "",
                "files": list(proposal.patch.paths) if proposal.patch else [],
            }
            for proposal in workspace.ledger.open()
        ],
        "build": workspace.build.feed.now.as_json(),
        "warnings": list(workspace.settings.warnings),
    }


def _status_sentence(workspaces: list[dict[str, Any]], builds: list[str], jobs: list[str]) -> str:
    if not workspaces:
        return "AID is ready; no OCaml workspace is open."
    parts = [f"working on {len(jobs)}: {'; '.join(jobs)}" if jobs else "idle"]
    for workspace, build in zip(workspaces, builds, strict=True):
        count = len(workspace["open"])
        parts.append(
            f"{workspace['root']}: {count} open {'proposal' if count == 1 else 'proposals'}, "
            f"{workspace['model'] or 'no model (recipes only)'}, judged up to {workspace['tier']}; build: {build}"
        )
    return f"AID is {'. '.join(parts)}."
