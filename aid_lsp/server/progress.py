"""Tells the user how a job is getting on, in the way the client has for it.

create ──▶ begin ──▶ report … (at most ten a second) ──▶ end        a client without progress gets one message at the start
"""

import asyncio
import logging
import uuid
from collections.abc import Callable

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.server.hardening import Protocol

_log = logging.getLogger(__name__)

PAUSE_S = 0.1
"""The shortest time between two reports."""

_CREATE_S = 3.0


class Progress:
    """The progress of one job. `report` may be called from any thread."""

    def __init__(self, protocol: Protocol, title: str, *, shown: bool) -> None:
        self.token = str(uuid.uuid4())
        self._protocol = protocol
        self._title = title
        self._shown = shown
        self._state: str = "new"
        self._loop = asyncio.get_running_loop()
        self._line = ""
        self._said = ""
        self._timer: asyncio.TimerHandle | None = None
        self.listener: Callable[[str], None] = lambda line: None
        """Hears each line, also where the client shows no progress."""

    async def begin(self) -> None:
        """Opens it; a client that refuses or does not answer gets no reports."""
        if not self._shown:
            message = lsp.ShowMessageParams(lsp.MessageType.Info, f"{self._title} …")
            self._protocol.notify(lsp.WINDOW_SHOW_MESSAGE, message)
            return
        try:
            await self._protocol.ask(
                lsp.WINDOW_WORK_DONE_PROGRESS_CREATE, lsp.WorkDoneProgressCreateParams(self.token), _CREATE_S
            )
        except (TimeoutError, JsonRpcException) as error:
            _log.info("no progress: %s", error)
            return
        self._state = "open"
        self._send(lsp.WorkDoneProgressBegin(title=self._title, cancellable=True, message=self._line or None))
        self._said = self._line

    def report(self, line: str) -> None:
        """Shows what is being done now."""
        self._loop.call_soon_threadsafe(self._report, line)

    def end(self, message: str = "") -> None:
        """Closes it; further reports are dropped."""
        if self._timer:
            self._timer.cancel()
        if self._state == "open":
            self._send(lsp.WorkDoneProgressEnd(message=message or None))
        self._state = "ended"

    def _report(self, line: str) -> None:
        self._line = " ".join(line.split())[:200]
        self.listener(self._line)
        if self._state == "open" and self._timer is None:
            self._flush()

    def _flush(self) -> None:
        self._timer = None
        if self._state == "open" and self._line != self._said:
            self._said = self._line
            self._send(lsp.WorkDoneProgressReport(message=self._line, cancellable=True))
            self._timer = self._loop.call_later(PAUSE_S, self._flush)

    def _send(self, value: lsp.WorkDoneProgressBegin | lsp.WorkDoneProgressReport | lsp.WorkDoneProgressEnd) -> None:
        self._protocol.notify(lsp.PROGRESS, lsp.ProgressParams(self.token, value))
