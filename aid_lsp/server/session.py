"""One editor's connection: what it has open, what it can do, and what runs for it.

handlers/ ──▶ Session ─ client · documents · workspaces · jobs ──▶ protocol ──▶ editor
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.errors import AidError
from aid_lsp.ocaml.names import is_dune, is_ocaml
from aid_lsp.server.capabilities import Client
from aid_lsp.server.documents import Document, Documents
from aid_lsp.server.from_lsp import path_of_uri, relative_to
from aid_lsp.server.hardening import Protocol
from aid_lsp.server.jobs import Job, Jobs, Kind, Work
from aid_lsp.server.pages import page_path, write_page
from aid_lsp.server.progress import Progress
from aid_lsp.server.published import Published
from aid_lsp.server.to_lsp import Target, uri_of_path
from aid_lsp.server.unfinished import Unfinished
from aid_lsp.server.workspaces import Opener, Workspace, Workspaces
from aid_lsp.workspace.ignore import skipped_folder
from aid_lsp.workspace.view import Buffer

_log = logging.getLogger(__name__)

_SHOW_S = 10.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A file of a workspace, as the user sees it now."""

    workspace: Workspace
    path: str
    """Relative to the workspace."""
    document: Document | None
    """None for a file that is not open."""

    def range_now(self, place: lsp.Range | None, version: int | None) -> lsp.Range | None:
        """Where a range of an older version is now: Eglot runs actions that it listed before the last keystrokes."""
        document = self.document
        if place is None or document is None or version is None or version >= document.version:
            return place
        start, end = document.line_now(place.start.line, version), document.line_now(place.end.line, version)
        return lsp.Range(lsp.Position(start, place.start.character), lsp.Position(max(start, end), place.end.character))


class Session:
    """Everything that one connection needs; made before `initialize`, filled in by it."""

    def __init__(self, protocol: Protocol, opener: Opener) -> None:
        self.protocol = protocol
        self.client = Client()
        self.documents = Documents()
        self.published = Published(protocol)
        self.workspaces = Workspaces(opener)
        self.changed: Callable[[], None] = lambda: None
        """Hears when a job begins, gets on or ends."""
        self.jobs = Jobs(lambda sentence: self.say(f"AID: {sentence}", lsp.MessageType.Error), lambda: self.changed())
        self.unfinished = Unfinished()
        self.accepting = False
        """Whether a proposal is being applied: one at a time."""

    # To the user

    def say(self, sentence: str, kind: lsp.MessageType = lsp.MessageType.Info) -> None:
        """Shows the user a sentence."""
        self.protocol.notify(lsp.WINDOW_SHOW_MESSAGE, lsp.ShowMessageParams(kind, sentence))

    def tell(self, sentence: str, kind: lsp.MessageType = lsp.MessageType.Info) -> None:
        """Shows the user how a proposal stands, unless the client shows that itself; warnings are shown in any case."""
        if not self.client.review or kind != lsp.MessageType.Info:
            self.say(sentence, kind)

    async def show(self, path: Path, line: int | None = None) -> bool:
        """Opens a file in the editor; says whether it did."""
        if not self.client.show_document:
            return False
        start = lsp.Position(line or 0, 0)
        selection = None if line is None else lsp.Range(start, start)
        params = lsp.ShowDocumentParams(uri_of_path(path), external=False, take_focus=True, selection=selection)
        try:
            result = await self.protocol.ask(lsp.WINDOW_SHOW_DOCUMENT, params, _SHOW_S)
        except (TimeoutError, JsonRpcException) as error:
            _log.info("the page was not shown: %s", error)
            return False
        return bool(result and result.success)

    def refresh(self) -> None:
        """Asks the client to look at lenses again."""
        if self.client.refresh_lenses:
            self.protocol.send_request(lsp.WORKSPACE_CODE_LENS_REFRESH, None)

    def start(
        self,
        title: str,
        work: Work,
        *,
        kind: Kind = "change",
        root: Path | None = None,
        cancellable: bool = True,
        job_id: str = "",
    ) -> Job:
        """Starts a job with its progress; `job_id` is that of the same job under an earlier daemon."""
        progress = Progress(self.protocol, title, shown=self.client.progress)
        return self.jobs.start(title, work, progress, kind=kind, root=root, cancellable=cancellable, job_id=job_id)

    # Files

    async def spot(self, uri: str) -> Spot | None:
        """The OCaml or dune file behind a URI; None for every other document."""
        path = path_of_uri(uri)
        if path is None or not (is_ocaml(path.name) or is_dune(path.name)):
            return None
        if any(skipped_folder(part) for part in path.parts[:-1]):
            return None
        workspace = await self.workspaces.of(path)
        relative = relative_to(workspace.root, path)
        return None if relative is None else Spot(workspace, relative, self.documents.get(uri))

    def path_in(self, workspace: Workspace, document: Document) -> str | None:
        """The document's path in a workspace; None for one that is not in it."""
        if document.path is None or any(skipped_folder(part) for part in document.path.parts[:-1]):
            return None
        return relative_to(workspace.root, document.path)

    def open_in(self, workspace: Workspace) -> dict[str, Document]:
        """The open documents of a workspace by path."""
        pairs = ((self.path_in(workspace, document), document) for document in self.documents)
        return {path: document for path, document in pairs if path is not None}

    def buffers(self, workspace: Workspace) -> dict[str, Buffer]:
        """The open documents as a view takes them."""
        return {path: Buffer(_whole(document.text), document.version) for path, document in self.open_in(workspace).items()}

    def target(self, workspace: Workspace, path: str) -> Target:
        """Where an edit of a file goes: to the open document with its version, else to the file."""
        for document in self.documents:
            if self.path_in(workspace, document) == path:
                return Target(document.uri, document.version)
        return Target(uri_of_path(self.shown_root(workspace) / path))

    def shown_root(self, workspace: Workspace) -> Path:
        """The root as the client spells it, where links lead to it: it knows its files under that name."""
        known = [document.path for document in self.documents if document.path]
        for path in (*self.workspaces.folders, *known):
            for candidate in (path, *path.parents):
                if candidate == workspace.root:
                    break
                if candidate.name and candidate.resolve() == workspace.root:
                    return candidate
        return workspace.root

    # Pages

    async def page(self, workspace: Workspace, proposal_id: str) -> Path:
        """Writes the page of a proposal anew, unless the user has unsaved changes in it; answers with its path."""
        proposal = await workspace.ledger.find(proposal_id)
        path = page_path(workspace.state, proposal.id)
        document = self.documents.get(uri_of_path(path))
        try:
            if document is None or await _same_on_disk(document, path):
                await asyncio.to_thread(write_page, workspace.state, proposal, self.client)
        except OSError as error:
            raise AidError(f"The page of proposal {proposal_id} cannot be written: {error.strerror}.") from error
        return path


async def _same_on_disk(document: Document, path: Path) -> bool:
    def read() -> str | None:
        try:
            return path.read_bytes().decode("utf-8", "replace")
        except OSError:
            return None

    return await asyncio.to_thread(read) in (None, document.text)


def _whole(text: str) -> str:
    """A text that can be written as UTF-8: halves of a character, which UTF-16 clients may leave, become U+FFFD."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
