"""The rename dialog as a way to type an instruction: on words that cannot be renamed (`let`, `type`, a comment, a blank).

prepareRename on `let` ─▶ placeholder `AID: ` ─▶ rename to `AID: add a cache` ─▶ a job; the rename itself changes nothing

Everywhere else prepareRename answers null, so that ocamllsp's rename is used. gopls does the same on `func`.
"""

import re

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.edits.lines import Lines, Span
from aid_lsp.errors import AidError
from aid_lsp.ocaml.names import KEYWORDS, is_ocaml
from aid_lsp.ocaml.syntax import parse
from aid_lsp.server.propose import Wish, start_wish
from aid_lsp.server.protocol import clean_instruction
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.to_lsp import range_of

_WORD = re.compile(r"[\w']+")
_PREFIX = re.compile(r"^\s*AID\s*:", re.IGNORECASE)
_NAMES = ("true", "false")


async def prepare_rename(session: Session, params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
    """The dialog's anchor; None where something could really be renamed."""
    spot = await _spot(session, params.text_document.uri)
    if spot is None or spot.document is None:
        return None
    index = spot.document.index
    offset = index.offset(params.position.line, params.position.character, session.client.encoding)
    anchor = anchor_at(spot.path, index, offset)
    return lsp.PrepareRenamePlaceholder(range_of(index, anchor, session.client.encoding), "AID: ") if anchor else None


async def rename(session: Session, params: lsp.RenameParams) -> lsp.WorkspaceEdit:
    """Starts a job with what was typed; the edit comes when it is accepted."""
    spot = await _spot(session, params.text_document.uri)
    if spot is None or spot.document is None:
        raise JsonRpcException("AID renames nothing here.", lsp.LSPErrorCodes.RequestFailed)
    index = spot.document.index
    offset = index.offset(params.position.line, params.position.character, session.client.encoding)
    anchor = anchor_at(spot.path, index, offset)
    if anchor is None and not _PREFIX.match(params.new_name):
        raise JsonRpcException("AID takes instructions here, not names: begin with `AID:`.", lsp.LSPErrorCodes.RequestFailed)
    try:
        instruction = clean_instruction(params.new_name)
    except BadArgument as error:
        raise JsonRpcException(str(error), lsp.LSPErrorCodes.RequestFailed) from None
    if not instruction:
        raise JsonRpcException("Type what AID shall do behind `AID:`.", lsp.LSPErrorCodes.RequestFailed)
    place = lsp.Range(params.position, params.position)
    wish = Wish(instruction, "rename", spot.path, spot.range_now(place, spot.document.version))
    start_wish(session, spot.workspace, wish)
    return lsp.WorkspaceEdit()


def anchor_at(path: str, lines: Lines, offset: int) -> Span | None:
    """The keyword, comment word or blank at an offset; None for a name, a literal or an operator."""
    text = lines.text
    before, after = text[max(0, offset - 1) : offset], text[offset : offset + 1]
    if after in ("", "\n", "\r", " ", "\t") and (before in ("", "\n", "\r", " ", "\t")):
        return Span(offset, offset) if after in ("", "\n", "\r") else Span(offset, offset + 1)
    line, column = lines.position(offset)
    start = offset - column
    word = next((m for m in _WORD.finditer(lines.line(line)) if m.start() <= column <= m.end()), None)
    if word is None:
        return None
    span = Span(start + word.start(), start + word.end())
    if not _in_comment(path, text, span) and (
        word.group() not in KEYWORDS or word.group() in _NAMES or _in_text(path, text, span)
    ):
        return None
    return span


def _in_comment(path: str, text: str, span: Span) -> bool:
    return _kind_at(path, text, span) == "comment"


def _in_text(path: str, text: str, span: Span) -> bool:
    """Whether a keyword stands in a string, where it is none."""
    return "string" in _kind_at(path, text, span)


def _kind_at(path: str, text: str, span: Span) -> str:
    return parse(path, text).node_at(span).type


async def _spot(session: Session, uri: str) -> Spot | None:
    try:
        spot = await session.spot(uri)
    except AidError:
        return None
    return spot if spot and is_ocaml(spot.path) else None
