"""aid.proposals, aid.proposal, aid.jobs, aid.report: AID as data, for clients that show it in their own way."""

import asyncio

from aid_lsp.edits.patch import Patch
from aid_lsp.outcomes.events import ClientReported
from aid_lsp.server.accept import texts_now
from aid_lsp.server.handlers.where import find_proposal
from aid_lsp.server.protocol import Answer, Argument, read_report
from aid_lsp.server.session import Session
from aid_lsp.server.status import snapshot
from aid_lsp.server.summary import Json, UriOf, summary, whole
from aid_lsp.server.to_lsp import uri_of_path
from aid_lsp.server.workspaces import Workspace

_MOST_DECIDED = 50


async def proposals(session: Session, argument: Argument) -> Answer:
    """The open proposals of all workspaces, newest first; with `all` also those that were decided."""
    listed = [
        (workspace, proposal)
        for workspace in session.workspaces.open
        for proposal in (
            workspace.ledger.all()[-_MOST_DECIDED:] if argument.other.get("all") is True else workspace.ledger.open()
        )
        if proposal.patch is not None
    ]
    listed.sort(key=lambda pair: (pair[1].started, int(pair[1].id)), reverse=True)
    uris = {workspace.root: _uris(session, workspace) for workspace, _ in listed}

    def described() -> list[Json]:
        return [summary(workspace, proposal, uris[workspace.root]) for workspace, proposal in listed]

    return {"proposals": await asyncio.to_thread(described)}


async def proposal(session: Session, argument: Argument) -> Answer:
    """One proposal with its hunks, and with `texts` the texts of its files."""
    workspace, found = await find_proposal(session, argument)
    now = await texts_now(session, workspace, found.patch or Patch(()))
    texts = argument.other.get("texts") is True
    return await asyncio.to_thread(whole, workspace, found, _uris(session, workspace), now, texts=texts)


async def jobs(session: Session, argument: Argument) -> Answer:
    """What `aid/status` says, asked for."""
    del argument
    return {"workspaces": [snapshot(session, workspace) for workspace in session.workspaces.open]}


async def report(session: Session, argument: Argument) -> Answer:
    """Notes what a client saw its user do."""
    workspace, found = await find_proposal(session, argument)
    said = read_report(argument.other)
    client = said.client or f"{session.client.name} {session.client.version}".strip()
    await workspace.journal.record(ClientReported(found.id, said.event, client, said.files, said.hunks, said.elapsed_s))
    return {}


def _uris(session: Session, workspace: Workspace) -> UriOf:
    root = session.shown_root(workspace)
    return lambda path: uri_of_path(root / path)
