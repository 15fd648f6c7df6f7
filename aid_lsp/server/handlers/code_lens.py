"""textDocument/codeLens: `Run AID` on instruction comments; accept, reject and refine at the top of a proposal's page."""

from lsprotocol import types as lsp

from aid_lsp.errors import AidError
from aid_lsp.server.from_lsp import path_of_uri
from aid_lsp.server.handlers.code_action import comments_in
from aid_lsp.server.handlers.page_actions import Offered, page_lenses
from aid_lsp.server.pages import wish_in
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.to_lsp import range_as_json, range_of

_TOP = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))


async def code_lenses(session: Session, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    """The lenses of a document; none in documents that are not ours."""
    uri = params.text_document.uri
    path = path_of_uri(uri)
    page = session.workspaces.at_page(path) if path else None
    try:
        if page:
            return _on_page(session, page[1], uri) if page[0].ledger.get(page[1]).outcome == "open" else []
        if path and (conversation := session.workspaces.at_conversation(path)):
            return [_lens(*each) for each in await page_lenses(session, conversation, uri)]
        spot = await session.spot(uri)
        return await _in_file(session, spot) if spot else []
    except AidError:
        return []


async def _in_file(session: Session, spot: Spot) -> list[lsp.CodeLens]:
    document = spot.document
    if document is None:
        return []
    lenses: list[lsp.CodeLens] = []
    version, index = document.version, document.index
    for comment in await comments_in(spot):
        place = range_of(index, comment.span, session.client.encoding)
        argument = {
            "uri": document.uri,
            "range": range_as_json(place),
            "version": version,
            "instruction": comment.instruction,
            "comment": True,
        }
        first_line = lsp.Range(place.start, place.start)
        lenses.append(lsp.CodeLens(first_line, lsp.Command("Run AID", "aid.change", arguments=[argument])))
    return lenses


def _lens(line: int, offered: Offered) -> lsp.CodeLens:
    title, command, argument = offered
    place = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 0))
    return lsp.CodeLens(place, lsp.Command(title, command, arguments=[argument]))


def _on_page(session: Session, proposal_id: str, uri: str) -> list[lsp.CodeLens]:
    document = session.documents.get(uri)
    wish = wish_in(document.text) if document else ""
    argument: dict[str, object] = {"proposal": proposal_id}
    refine = {**argument, "instruction": wish} if wish else argument
    return [
        lsp.CodeLens(_TOP, lsp.Command("Accept", "aid.accept", arguments=[argument])),
        lsp.CodeLens(_TOP, lsp.Command("Reject", "aid.reject", arguments=[argument])),
        lsp.CodeLens(_TOP, lsp.Command("Refine", "aid.refine", arguments=[refine])),
    ]
