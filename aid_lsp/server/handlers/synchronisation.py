"""textDocument/didOpen, didChange, didClose: read as raw JSON, so that an odd field does not lose a keystroke.

A change that makes no sense cannot be skipped (the text would be wrong from then on without anybody noticing), so the document
is forgotten and the user told once; a new didOpen mends it.
"""

import logging
from collections.abc import Mapping
from typing import Any, cast

from lsprotocol import types as lsp

from aid_lsp.server.documents import Change, Document
from aid_lsp.server.from_lsp import range_of_json
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session

_log = logging.getLogger(__name__)


def did_open(session: Session, params: object) -> Document | None:
    """Takes a document; `languageId` may be null, and one that is open already is replaced."""
    item = _fields(_fields(params).get("textDocument"))
    uri, text, version, language = item.get("uri"), item.get("text"), item.get("version"), item.get("languageId")
    if not isinstance(uri, str) or not isinstance(text, str):
        _log.warning("a didOpen without uri or text")
        return None
    return session.documents.open(uri, text, _version(version, 0), language if isinstance(language, str) else "")


def did_change(session: Session, params: object) -> Document | None:
    """Takes the changes, in the order of their versions. These may jump; a missing one counts on."""
    fields = _fields(params)
    item = _fields(fields.get("textDocument"))
    uri, changes = item.get("uri"), fields.get("contentChanges")
    document = session.documents.get(uri) if isinstance(uri, str) else None
    if document is None or not isinstance(uri, str):
        _log.warning("a didChange of a document that is not open")
        return None
    version = _version(item.get("version"), document.version + 1)
    try:
        if not isinstance(changes, list):
            raise BadArgument("no list of changes")
        document.take(tuple(_change(change) for change in cast("list[object]", changes)), version)
    except BadArgument:
        session.documents.close(uri)
        session.say(
            f"AID lost track of {uri}: the editor sent a change that makes no sense. Close the file and open it again.",
            lsp.MessageType.Error,
        )
        return None
    session.documents.touch(document)
    return document


def did_close(session: Session, params: object) -> Document | None:
    """Forgets a document; answers with it."""
    uri = _fields(_fields(params).get("textDocument")).get("uri")
    if not isinstance(uri, str):
        return None
    document = session.documents.get(uri)
    session.documents.close(uri)
    return document


def _change(change: object) -> Change:
    """Raises `BadArgument` for what is no change."""
    fields = _fields(change)
    text, place = fields.get("text"), range_of_json(fields.get("range"))
    if not isinstance(text, str):
        raise BadArgument("a change without text")
    if place is None:
        return Change(text)
    start, end = place.start, place.end
    return Change(text, (start.line, start.character), (end.line, end.character))


def _version(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def _fields(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}
