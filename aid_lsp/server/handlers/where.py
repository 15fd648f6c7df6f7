"""What a command is about: the file, and the proposal, also where its argument leaves them out."""

from aid_lsp.errors import NotFound
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.from_lsp import path_of_uri
from aid_lsp.server.protocol import Argument
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.workspaces import Workspace


async def find_place(session: Session, argument: Argument) -> tuple[Workspace, Spot | None]:
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


async def find_proposal(session: Session, argument: Argument) -> tuple[Workspace, Proposal]:
    """The proposal that is meant: the one named, the page's, or the newest open one."""
    path = path_of_uri(argument.uri) if argument.uri else None
    page = session.workspaces.at_page(path) if path else None
    if path and page is None and path.suffix == ".md":  # perhaps a page of a workspace that was open before a restart
        for folder in session.workspaces.folders:
            await session.workspaces.of(folder)
        page = session.workspaces.at_page(path)
    if page:
        return page[0], await page[0].ledger.find(argument.proposal or page[1])
    if argument.uri and (spot := await session.spot(argument.uri)):
        candidates = [spot.workspace]
    elif session.workspaces.open:
        candidates = list(session.workspaces.open)
    else:
        candidates = [(await find_place(session, argument))[0]]
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
