"""workspace/executeCommand: AID's commands. Each answers within milliseconds; what takes longer goes on as a job.

Emacs stands still while a command runs and gives up after ten seconds, so no command waits for a model, a build or the user.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from lsprotocol import types as lsp

from aid_lsp.errors import NotFound
from aid_lsp.server.attachments import Attachment, read_attachments, resolve
from aid_lsp.server.handlers.code_action import comments_in
from aid_lsp.server.handlers.decisions import accept, refine, reject, show
from aid_lsp.server.handlers.page import append, ask, page, send
from aid_lsp.server.handlers.proposals import jobs, proposal, proposals, report
from aid_lsp.server.handlers.where import find_place
from aid_lsp.server.pages import size
from aid_lsp.server.propose import Wish, start_wish
from aid_lsp.server.protocol import Answer, Argument, read_argument
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.workspaces import Workspace


async def execute(session: Session, params: lsp.ExecuteCommandParams) -> Answer:
    """Runs a command; raises `BadArgument` for one that AID does not have or an argument that makes no sense."""
    if params.command not in _COMMANDS:
        raise BadArgument(f"AID has no command {params.command!r}; it has {', '.join(_COMMANDS)}.")
    run, bare = _COMMANDS[params.command]
    return await run(session, read_argument(params.arguments, bare))


async def change(session: Session, argument: Argument) -> Answer:
    """Starts a proposal for an instruction."""
    attachments = read_attachments(argument.other)
    if attachments is not None and argument.instruction:
        return await _change_with(session, argument, attachments)
    workspace, spot = await find_place(session, argument)
    place = spot.range_now(argument.range, argument.version) if spot else None
    wish = Wish(
        argument.instruction or await _instruction_at(spot, place),
        "comment" if argument.comment else "command",
        spot.path if spot else None,
        place,
        comment=argument.comment or not argument.instruction,
    )
    return {"job": start_wish(session, workspace, wish).id}


async def _change_with(session: Session, argument: Argument, attachments: tuple[Attachment, ...]) -> Answer:
    """Starts a proposal that looks at what is attached and nowhere else; the first selection is its place."""
    uri = next((each.uri for each in attachments), argument.uri)
    workspace, _ = await find_place(session, replace(argument, uri=uri if uri and await session.spot(uri) else None))
    attached = list(resolve(session, workspace, attachments))
    place = next((each for each in attached if each.range is not None), None)
    if place is not None:
        attached.remove(place)
    wish = Wish(
        argument.instruction,
        "command",
        place.path if place else None,
        place.range if place else None,
        attached=tuple(attached),
    )
    return {"job": start_wish(session, workspace, wish).id}


async def fix(session: Session, argument: Argument) -> Answer:
    """Starts a proposal that turns one error green."""
    workspace, spot = await find_place(session, argument)
    if spot is None or argument.diagnostic is None:
        raise BadArgument("`uri` and `diagnostic` have to say which error to fix.")
    said = argument.diagnostic
    place = spot.range_now(said.range, argument.version) or said.range
    moved = lsp.Diagnostic(place, said.message, severity=said.severity, code=said.code)
    wish = Wish(argument.instruction or "fix this error", "fix", spot.path, place, diagnostic=moved)
    return {"job": start_wish(session, workspace, wish).id}


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
    running = [{"job": job.id, "title": job.title} for job in session.jobs.running]
    if not argument.quiet:
        builds = [workspace.build.feed.now.sentence for workspace in opened]
        session.say(_status_sentence(workspaces, builds, [job.title for job in session.jobs.running]))
    return {"jobs": running, "workspaces": workspaces}


_COMMANDS: Mapping[str, tuple[Callable[[Session, Argument], Awaitable[Answer]], str]] = {
    "aid.change": (change, "instruction"),
    "aid.fix": (fix, "instruction"),
    "aid.accept": (accept, "proposal"),
    "aid.reject": (reject, "proposal"),
    "aid.refine": (refine, "instruction"),
    "aid.show": (show, "proposal"),
    "aid.cancel": (cancel, "job"),
    "aid.status": (status, ""),
    "aid.jobs": (jobs, ""),
    "aid.proposals": (proposals, ""),
    "aid.proposal": (proposal, "proposal"),
    "aid.report": (report, "event"),
    "aid.page": (page, "uri"),
    "aid.ask": (ask, "question"),
    "aid.send": (send, "as"),
    "aid.append": (append, "what"),
}
"""Each with the field that a bare string stands for."""


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
