"""The conversation page as one editor has it open: edited by workspace/applyEdit, and believed when the buffer shows it.

edit(text) ──▶ workspace/applyEdit, exact version ──▶ didChange ──▶ edit(text) changes nothing: it is there │ else again
"""

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.server.documents import Document
from aid_lsp.server.session import Session
from aid_lsp.server.to_lsp import Target, workspace_edit
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workflows.page import Edit

_TRIES = 3
_ANSWER_S = 10.0
_SEEN_S = 3.0
"""How long a change may take to show: Eglot sends it after half a second of idling."""


class PageSource:
    """One editor and one workspace's page."""

    def __init__(self, session: Session, workspace: Workspace) -> None:
        self.session = session
        self._workspace = workspace
        self._refused: int | None = None
        """The version that the editor would not edit: asking again and again would be asking its user."""

    def document(self) -> Document | None:
        """The open page."""
        for document in self.session.documents:
            if document.path and document.path.name == self._workspace.page.path.name:
                found = self.session.workspaces.at_conversation(document.path)
                if found and found.root == self._workspace.root:
                    return document
        return None

    def text(self) -> str | None:
        """The buffer's text; None where it is not open, or cannot be edited."""
        reachable = self.session.client.apply_edit and not self.session.jobs.closed
        document = self.document() if reachable else None
        return document.text if document else None

    async def change(self, edit: Edit) -> bool:
        """Edits the buffer; a user who types at that moment costs another try."""
        for _ in range(_TRIES):
            document = self.document()
            if document is None or document.version == self._refused:
                return False
            before, version = document.text, document.version
            after = edit(before)
            if after == before:
                return True
            applied = await self._send(document, before, after)
            changed = await self.session.documents.until(
                lambda document=document, version=version: self.document() is not document or document.version != version,
                _SEEN_S if applied else 0.5,
            )
            if not changed:
                self._refused = version
                return False
        document = self.document()
        return document is not None and edit(document.text) == document.text

    async def _send(self, document: Document, before: str, after: str) -> bool:
        patch = Patch((FileChange(self._workspace.page.path.name, before, after),))
        target = Target(document.uri, document.version)
        made = workspace_edit(patch, lambda _: target, self.session.client, "AID", "")
        params = lsp.ApplyWorkspaceEditParams(edit=made.edit, label="AID: the page")
        try:
            result = await self.session.protocol.ask(lsp.WORKSPACE_APPLY_EDIT, params, _ANSWER_S)
        except (TimeoutError, JsonRpcException):
            return False
        return bool(result and result.applied)
