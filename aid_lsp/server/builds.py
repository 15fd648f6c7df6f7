"""Shows how the build of each workspace stands: diagnostics in every file, nothing that blinks; `status.py` tells thin clients.

    workspace.build.feed ─▶ Board ─┬─ publishDiagnostics   files whose diagnostics are others than before, no others
                                   └─ state folder         for `aid status`

Diagnostics are of the saved tree. In a file with unsaved changes they are moved along with its lines, as well as line counts tell.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types as lsp

from aid_lsp.build.presence import Presence
from aid_lsp.build.status import BuildStatus
from aid_lsp.server.diagnostics import Texts, to_client
from aid_lsp.server.documents import Document
from aid_lsp.server.session import Session
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workspace.diagnostic import Diagnostic

LAYER = "build"

_CROSSING_S = 2.0
"""How long a published version may be on its way: a client drops diagnostics of a version that it has changed meanwhile."""


class Builds:
    """The boards of one connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._boards: dict[Path, _Board] = {}
        self.saved: dict[str, int] = {}
        """The version of each open document that is on disk, by URI."""

    def follow(self, workspace: Workspace) -> None:
        """Begins to show a workspace, or takes its new settings."""
        board = self._boards.get(workspace.root)
        if board is None:
            if workspace.settings.editor.diagnostics == "off":
                return
            board = self._boards[workspace.root] = _Board(self._session, workspace, self.saved)
            self._session.jobs.spawn(board.run())
        if workspace.settings.editor.diagnostics != "off":
            workspace.build.start()
        board.look_again()

    def opened(self, document: Document) -> None:
        """Takes a document that is on disk as it was opened; the client may have forgotten what it knew of the file."""
        self.saved[document.uri] = document.version
        self._touch(document)

    def edited(self, document: Document) -> None:
        """Sends again what the client drops because it was typed in meanwhile."""
        for board in self._boards.values():
            board.edited(document)

    def written(self, document: Document) -> None:
        """Has the build look at a file that was saved."""
        self.saved[document.uri] = document.version
        for board in self._boards.values():
            if self._session.path_in(board.workspace, document) is not None:
                board.workspace.build.changed()

    def closed(self, document: Document | None) -> None:
        """Shows a file that was closed as any other."""
        if document is not None:
            self.saved.pop(document.uri, None)
            self._touch(document)

    def close(self) -> None:
        """Takes everything away."""
        for board in self._boards.values():
            board.clear()

    def _touch(self, document: Document) -> None:
        for board in self._boards.values():
            if (path := self._session.path_in(board.workspace, document)) is not None:
                board.look_again([path])


class _Board:
    """What is shown of one workspace."""

    def __init__(self, session: Session, workspace: Workspace, saved: dict[str, int]) -> None:
        self.workspace = workspace
        self._session = session
        self._saved = saved
        self._news = asyncio.Event()
        self._again: set[str] = set()
        """Files to be shown again, though their diagnostics are the same."""
        self._shown: dict[str, frozenset[Diagnostic]] = {}
        self._sent: dict[str, tuple[int, float]] = {}
        """The version that a document's diagnostics were sent with, and when."""
        self._told: dict[str, object] = {}
        client = session.client
        self._presence = Presence(workspace.state, f"{client.name} {client.version}".strip())
        self._cleared = False
        self._stop = workspace.build.feed.listen(lambda _: self._news.set())

    async def run(self) -> None:
        """Shows the newest status, each time there is one."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._show(self.workspace.build.feed.now)
        finally:
            self._stop()
            await asyncio.to_thread(self._presence.remove)

    def look_again(self, paths: Iterable[str] = ()) -> None:
        """Shows these files again, and others as the settings say now."""
        self._again.update(paths)
        self._news.set()

    def edited(self, document: Document) -> None:
        """Sends the diagnostics of a document again if they crossed with its change."""
        version, at = self._sent.pop(document.uri, (document.version, 0.0))
        if version < document.version and asyncio.get_running_loop().time() - at < _CROSSING_S:
            path = self._session.path_in(self.workspace, document)
            self.look_again([path] if path else [])

    def clear(self) -> None:
        """Takes all diagnostics away, and shows no more."""
        self._cleared = True
        for path in self._shown:
            self._session.published.put(LAYER, self._session.target(self.workspace, path).uri, [])

    async def _show(self, status: BuildStatus) -> None:
        wanted = await asyncio.to_thread(self._by_file, status)
        again, self._again = self._again, set()
        changed = [path for path in sorted({*wanted, *self._shown}) if path in again or wanted.get(path) != self._shown.get(path)]
        texts = Texts(self._on_disk)
        for path in changed:
            said = wanted.get(path, frozenset())
            found = await asyncio.to_thread(to_client, tuple(said), path, texts, self._session.client, self._uri)
            if self._cleared:
                return
            self._publish(path, found, again=path in again)
            if said:
                self._shown[path] = said
            else:
                self._shown.pop(path, None)
        await self._tell(status)

    def _by_file(self, status: BuildStatus) -> dict[str, frozenset[Diagnostic]]:
        """The diagnostics that are to be shown, by the file that they are shown in."""
        mode = self.workspace.settings.editor.diagnostics
        if mode == "off":
            return {}
        found: dict[str, set[Diagnostic]] = {}
        for one in status.diagnostics:
            found.setdefault(self._file_of(one), set()).add(one)
        open_files = self._session.open_in(self.workspace) if mode == "closed-files" else {}
        return {path: frozenset(said) for path, said in found.items() if path not in open_files}

    def _file_of(self, said: Diagnostic) -> str:
        """The file itself; where dune names none, or one that is generated, the dune file that makes it."""
        root = self.workspace.root
        if said.path is not None:
            folder = Path(said.path).parent
            candidates = (said.path, (folder / "dune").as_posix(), "dune-project", "dune")
        else:
            candidates = ("dune-project", "dune-workspace", "dune")
        return next((path for path in candidates if (root / path).is_file()), candidates[0])

    def _publish(self, path: str, found: list[lsp.Diagnostic], *, again: bool) -> None:
        document = self._session.open_in(self.workspace).get(path)
        version: int | None = None
        if document is not None:
            saved = self._saved.get(document.uri, document.version)
            if saved == document.version:
                version = saved
                self._sent[document.uri] = version, asyncio.get_running_loop().time()
            else:
                found = [_moved(one, document, saved) for one in found]
        self._session.published.put(LAYER, self._uri(path), found, version, again=again)

    def _uri(self, path: str) -> str:
        return self._session.target(self.workspace, path).uri

    def _on_disk(self, path: str) -> str | None:
        try:
            return (self.workspace.root / path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return None

    async def _tell(self, status: BuildStatus) -> None:
        said = status.as_json()
        if said == self._told or self._cleared:
            return
        self._told = said
        await asyncio.to_thread(self._presence.write, said)


def _moved(one: lsp.Diagnostic, document: Document, saved: int) -> lsp.Diagnostic:
    """The diagnostic where its lines are now."""
    start, end = one.range.start, one.range.end
    first, last = document.line_now(start.line, saved), document.line_now(end.line, saved)
    one.range = lsp.Range(lsp.Position(first, start.character), lsp.Position(max(first, last), end.character))
    return one
