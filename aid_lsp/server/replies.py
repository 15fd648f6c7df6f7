"""Which LSP error a failure becomes: the one table.

bad argument      InvalidParams     the client can call again with better ones
AidError          RequestFailed     the user can act; the message is their sentence
cancelled         RequestCancelled
anything else     InternalError     our bug: the log has the trace, the client a sentence
"""

import asyncio
import logging

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.errors import AidError, NotFound, OutsideWorkspace, Stale

_log = logging.getLogger(__name__)


class BadArgument(Exception):
    """A command or request was called with an argument that makes no sense; the message is a sentence for the caller."""


EXPECTED = (AidError, BadArgument)
"""Failures that say all there is to say; every other one is a bug."""

CODES: tuple[tuple[type[BaseException], int], ...] = (
    (BadArgument, lsp.ErrorCodes.InvalidParams),
    (OutsideWorkspace, lsp.ErrorCodes.InvalidParams),
    (NotFound, lsp.ErrorCodes.InvalidParams),
    (Stale, lsp.LSPErrorCodes.ContentModified),
    (AidError, lsp.LSPErrorCodes.RequestFailed),
    (asyncio.CancelledError, lsp.LSPErrorCodes.RequestCancelled),
)
"""From the special to the general; the first that fits counts."""


def error_of(error: BaseException) -> lsp.ResponseError:
    """The error that a client is answered; logs what is our own fault."""
    if isinstance(error, JsonRpcException):
        return lsp.ResponseError(error.code, error.message)
    for kind, code in CODES:
        if isinstance(error, kind):
            return lsp.ResponseError(code, str(error) or "cancelled")
    log_bug("a request", error)
    return lsp.ResponseError(lsp.ErrorCodes.InternalError, sentence_of(error))


def log_bug(where: str, error: BaseException) -> None:
    """Writes a bug down with its trace, for tonight's debugging."""
    _log.error("%s failed: %s", where, type(error).__name__, exc_info=error)


def sentence_of(error: BaseException) -> str:
    """What a user reads of a failure."""
    if isinstance(error, EXPECTED):
        return str(error)
    return f"this failed inside AID ({type(error).__name__}); please report it with AID's log."
