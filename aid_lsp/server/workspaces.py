"""The workspaces that a connection works in, opened when they are needed, one for each root.

a file ──root_for──▶ root ──of──▶ Workspace        a page ──page──▶ (Workspace, proposal)
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from aid_lsp.build.status import Following
from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.patch import Patch
from aid_lsp.models.model import Answer, OnText, OnWait, ignore
from aid_lsp.outcomes.journal import Journal
from aid_lsp.proposals.ledger import Ledger
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.recipes.proposer import Report
from aid_lsp.server.from_lsp import root_for
from aid_lsp.server.pages import proposal_of_page
from aid_lsp.settings import Settings
from aid_lsp.workflows.ask import Exchange
from aid_lsp.workflows.page import Page
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View


class Workspace(Protocol):
    """What the server needs of `app.Workspace`; tests bring one with scripted proposals."""

    root: Path
    settings: Settings
    state: Path
    ledger: Ledger
    journal: Journal
    page: Page

    @property
    def build(self) -> Following:
        """Follows the build of the saved tree."""
        ...

    async def propose(
        self, request: Request, report: Report, *, job: str, entry: str, client: str = "", parent: str | None = None
    ) -> Proposal:
        """Makes a proposal and offers it in the ledger."""
        ...

    async def ask(
        self,
        request: Request,
        earlier: Sequence[Exchange] = (),
        logs: Sequence[str] = (),
        on_text: OnText = ignore,
        on_wait: OnWait = ignore,
    ) -> Answer:
        """Answers a question."""
        ...

    async def verify(self, patch: Patch, view: View, wishes: str) -> Verdict:
        """Judges a patch of a view."""
        ...

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        ...

    async def close(self) -> None:
        """Stops what it started."""
        ...


Opener = Callable[[Path, object], Awaitable[Workspace]]
"""Opens the workspace at a root with what the editor sent as settings."""


class Workspaces:
    """Finds and opens workspaces."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._opening: dict[Path, asyncio.Task[Workspace]] = {}
        self._roots: dict[Path, Path] = {}
        self.folders: tuple[Path, ...] = ()
        """The folders that the client has open."""
        self.editor: object = None
        """The settings that the client sent."""

    @property
    def open(self) -> tuple[Workspace, ...]:
        """Those that are open."""
        tasks = (task for task in self._opening.values() if task.done() and not task.cancelled() and not task.exception())
        return tuple(task.result() for task in tasks)

    def set_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the client's folders; roots are found anew."""
        self.folders = folders
        self._roots.clear()

    async def of(self, path: Path) -> Workspace:
        """The workspace that a file belongs to; raises `AidError` where it cannot be opened, and tries again next time."""
        if path not in self._roots:
            self._roots[path] = await asyncio.to_thread(root_for, path, self.folders)
        return await self.at(self._roots[path])

    async def at(self, root: Path) -> Workspace:
        """The workspace at a root."""
        task = self._opening.get(root)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            task = asyncio.ensure_future(self._opener(root, self.editor))
            self._opening[root] = task
        return await asyncio.shield(task)

    def at_page(self, path: Path) -> tuple[Workspace, str] | None:
        """The workspace and the proposal that a page is about, among the open workspaces; None for any other file."""
        for workspace in self.open:
            proposal = proposal_of_page(workspace.state, path)
            if proposal:
                return workspace, proposal
        return None

    def at_conversation(self, path: Path) -> Workspace | None:
        """The workspace whose conversation page a file is, among the open ones."""
        real = Path(os.path.realpath(path))
        return next((workspace for workspace in self.open if Path(os.path.realpath(workspace.page.path)) == real), None)

    async def close(self) -> None:
        """Closes all of them, each for itself."""
        for task in self._opening.values():
            if not task.done():
                task.cancel()
        await asyncio.gather(*(workspace.close() for workspace in self.open), return_exceptions=True)
