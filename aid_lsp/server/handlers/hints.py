"""Hint diagnostics on instruction comments, for clients that show no lenses: so that one sees what AID would run.

An edit starts a short wait; when nobody has typed for so long, the comments are found off the event loop and published.
"""

import asyncio

from lsprotocol import types as lsp

from aid_lsp.errors import AidError
from aid_lsp.server.documents import Document
from aid_lsp.server.handlers.code_action import SOURCE, comments_in
from aid_lsp.server.session import Session
from aid_lsp.server.to_lsp import range_of

PAUSE_S = 0.3
LAYER = "hints"


class Hints:
    """What hints are shown, and what waits to be looked at."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[str, asyncio.TimerHandle] = {}
        self._shown: set[str] = set()

    def look(self, document: Document) -> None:
        """Looks at a document once its user pauses."""
        if self._session.client.lenses or document.path is None or document.path.suffix not in (".ml", ".mli"):
            return
        self._forget_timer(document.uri)
        loop = asyncio.get_running_loop()
        self._waiting[document.uri] = loop.call_later(PAUSE_S, self._start, document)

    def clear(self, uri: str) -> None:
        """Takes the hints of a closed document away."""
        self._forget_timer(uri)
        if uri in self._shown:
            self._publish(uri, [], None)

    def close(self) -> None:
        """Stops waiting."""
        for uri in tuple(self._waiting):
            self._forget_timer(uri)

    def _start(self, document: Document) -> None:
        self._waiting.pop(document.uri, None)
        self._session.jobs.spawn(self._show(document))

    async def _show(self, document: Document) -> None:
        try:
            spot = await self._session.spot(document.uri)
        except AidError:
            return
        if spot is None or spot.document is not document or not spot.workspace.settings.editor.hints:
            return
        version, index = document.version, document.index
        comments = await comments_in(spot)
        if document.version != version or self._session.documents.get(document.uri) is not document:
            return  # a newer look is on its way
        hints = [
            lsp.Diagnostic(
                range_of(index, comment.span, self._session.client.encoding),
                f"Run the code action here to have AID do this: {comment.instruction}",
                severity=lsp.DiagnosticSeverity.Hint,
                source=SOURCE,
            )
            for comment in comments
        ]
        if hints or document.uri in self._shown:
            self._publish(document.uri, hints, version)

    def _publish(self, uri: str, hints: list[lsp.Diagnostic], version: int | None) -> None:
        if hints:
            self._shown.add(uri)
        else:
            self._shown.discard(uri)
        self._session.published.put(LAYER, uri, hints, version)

    def _forget_timer(self, uri: str) -> None:
        timer = self._waiting.pop(uri, None)
        if timer:
            timer.cancel()
