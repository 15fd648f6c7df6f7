"""How AID stands, as data for a sidebar or a mode line: the build, this connection's jobs, the open proposals.

jobs, ledger, build ──changed──▶ Teller ──aid/status, whole, ten times a second at most──▶ clients that announce `status`
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aid_lsp.server.session import Session
from aid_lsp.server.workspaces import Workspace

STATUS = "aid/status"

PAUSE_S = 0.1
"""The shortest time between two notifications."""


def snapshot(session: Session, workspace: Workspace) -> Mapping[str, Any]:
    """What `aid/status` says of a workspace."""
    return {
        "root": str(workspace.root),
        "build": workspace.build.feed.now.as_json(),
        "jobs": [job.as_json() for job in session.jobs.known if job.root in (None, workspace.root)],
        "proposals": [
            {
                "proposal": proposal.id,
                "outcome": proposal.outcome,
                "state": proposal.verdict.state if proposal.verdict else "unknown",
                "revision": proposal.revision,
            }
            for proposal in workspace.ledger.open()
        ],
    }


class Teller:
    """Tells one client."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: dict[Path, Mapping[str, Any]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._stops: dict[Path, tuple[Callable[[], None], ...]] = {}
        self._closed = False

    def follow(self, workspace: Workspace) -> None:
        """Begins to tell of a workspace."""
        if workspace.root in self._stops:
            return

        def decided() -> None:
            self._session.refresh()
            self.changed()

        self._stops[workspace.root] = (
            workspace.ledger.listen(decided),
            workspace.build.feed.listen(lambda _: self.changed()),
        )
        self.changed()

    def changed(self) -> None:
        """Something may be different: tells it now, or when the pause is over."""
        if self._session.client.status and self._timer is None and not self._closed:
            # Not at once: what changes together is told together, and an answer goes out before what it causes.
            self._timer = asyncio.get_running_loop().call_later(0, self._flush)

    def close(self) -> None:
        """Tells no more."""
        self._closed = True
        for stops in self._stops.values():
            for stop in stops:
                stop()
        self._stops.clear()
        if self._timer:
            self._timer.cancel()

    def _flush(self) -> None:
        self._timer = None
        told = False
        for workspace in self._session.workspaces.open:
            now = snapshot(self._session, workspace)
            if self._told.get(workspace.root) != now:
                self._told[workspace.root] = now
                self._session.protocol.notify(STATUS, now)
                told = True
        if told:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_S, self._flush)
