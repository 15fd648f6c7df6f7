"""One workspace for all editors that have it open: opened once, closed with the daemon.

editor ─▶ Lease ─┐
                 ├─▶ Workspace: judge, ledger, journal      what one editor decides ─▶ ledger ─▶ heard by the others
editor ─▶ Lease ─┘
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.status import Following
from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.patch import Patch
from aid_lsp.models.model import Answer, OnText, OnWait, ignore
from aid_lsp.outcomes.journal import Journal
from aid_lsp.proposals.ledger import Ledger
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.recipes.proposer import Report
from aid_lsp.server.workspaces import Opener, Workspace
from aid_lsp.settings import Settings
from aid_lsp.workflows.ask import Exchange
from aid_lsp.workflows.page import Page
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View


@dataclass(slots=True, eq=False)
class Lease:
    """A workspace as one editor has it; closing it leaves the workspace to the others."""

    workspace: Workspace
    root: Path
    settings: Settings
    state: Path
    ledger: Ledger
    journal: Journal
    build: Following
    page: Page
    _others: "list[Lease]"

    async def propose(
        self, request: Request, report: Report, *, job: str, entry: str, client: str = "", parent: str | None = None
    ) -> Proposal:
        """Makes a proposal; the ledger tells the other editors of it."""
        return await self.workspace.propose(request, report, job=job, entry=entry, client=client, parent=parent)

    async def ask(
        self,
        request: Request,
        earlier: Sequence[Exchange] = (),
        logs: Sequence[str] = (),
        on_text: OnText = ignore,
        on_wait: OnWait = ignore,
    ) -> Answer:
        """Answers a question."""
        return await self.workspace.ask(request, earlier, logs, on_text, on_wait)

    async def verify(self, patch: Patch, view: View, wishes: str) -> Verdict:
        """Judges a patch of a view."""
        return await self.workspace.verify(patch, view, wishes)

    def configure(self, settings: Settings) -> None:
        """Takes new settings, for all editors: the last one that spoke is right."""
        self.workspace.configure(settings)
        for lease in self._others:
            lease.settings = settings

    async def close(self) -> None:
        """Gives it back."""
        if self in self._others:
            self._others.remove(self)


@dataclass(slots=True, eq=False)
class Shared:
    """The workspaces of a daemon."""

    opener: Opener
    _opening: "dict[Path, asyncio.Task[Workspace]]" = field(default_factory=lambda: dict[Path, asyncio.Task[Workspace]]())
    _leases: dict[Path, list[Lease]] = field(default_factory=dict[Path, list[Lease]])

    async def lease(self, root: Path, editor: object) -> Workspace:
        """Opens a workspace for one connection; an `Opener`."""
        task = self._opening.get(root)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.ensure_future(self.opener(root, editor))
            self._opening[root] = task
        workspace = await asyncio.shield(task)
        leases = self._leases.setdefault(root, [])
        lease = Lease(
            workspace,
            workspace.root,
            workspace.settings,
            workspace.state,
            workspace.ledger,
            workspace.journal,
            workspace.build,
            workspace.page,
            leases,
        )
        leases.append(lease)
        return lease

    async def close(self) -> None:
        """Closes all of them."""
        open_ones = [task for task in self._opening.values() if task.done() and not task.cancelled() and not task.exception()]
        for task in self._opening.values():
            task.cancel()
        await asyncio.gather(*(task.result().close() for task in open_ones), return_exceptions=True)
