"""One editor's connection to the daemon: the server behind it, and the few messages that front and daemon share.

front ─▶ Conversation ─▶ server.talk(session)         $aid/text ─▶ the document as it is here
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aid_lsp.front.wire import REPLAYED, TEXT, table
from aid_lsp.server.daemon import Greeting
from aid_lsp.server.propose import resume
from aid_lsp.server.server import CommandLine, talk
from aid_lsp.server.session import Session
from aid_lsp.server.sharing import Shared
from aid_lsp.server.unfinished import Unfinished
from aid_lsp.settings import state_folder


@dataclass(frozen=True, slots=True)
class _Out:
    """What pygls writes to."""

    send: Callable[[bytes], None]

    def write(self, data: bytes) -> None:
        self.send(data)

    def close(self) -> None:
        """Nothing: the daemon closes."""


@dataclass(slots=True, eq=False)
class EditorConversation:
    """Serves one editor."""

    bodies: AsyncIterator[bytes]
    write: Callable[[bytes], None]
    greeting: Greeting
    shared: Shared
    command_line: CommandLine = field(default_factory=dict[str, Mapping[str, object]])
    _session: Session | None = None

    @property
    def busy(self) -> bool:
        """Whether a job runs."""
        return bool(self._session and self._session.jobs.running)

    @property
    def editor(self) -> str:
        """The client's name and version."""
        client = self._session.client if self._session else None
        return f"{client.name} {client.version}".strip() if client else ""

    async def run(self) -> None:
        """Talks until it ends."""
        await talk(self.bodies, _Out(self.write), self.shared.lease, self.command_line, meet=self._meet)

    def _meet(self, session: Session) -> None:
        self._session = session
        session.unfinished = Unfinished(state_folder() / "jobs", self.greeting.session)
        session.protocol.handlers[TEXT] = self._text
        session.protocol.handlers[REPLAYED] = self._resume

    def part(self) -> None:
        """The daemon ends: jobs under way are left to the next one."""
        if self._session:
            self._session.unfinished.parting = True

    def _resume(self, params: object) -> None:
        del params
        if self._session:
            self._session.jobs.spawn(resume(self._session))

    def _text(self, params: object) -> Mapping[str, Any] | None:
        uri = table(params).get("uri")
        document = self._session.documents.get(uri) if self._session and isinstance(uri, str) else None
        return {"version": document.version, "text": document.text} if document else None
