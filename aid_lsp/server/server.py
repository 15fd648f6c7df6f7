"""`aid lsp`: one connection over stdio, from the first byte to the exit status.

stdin ─▶ frames ─▶ Protocol.receive ─▶ handlers below ─▶ Session ─▶ Outbox ─▶ stdout        logs go to stderr and a file

Status: 0 after `shutdown`, 1 where the client leaves without it.
"""

import asyncio
import contextlib
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

from lsprotocol import types as lsp

from aid_lsp import __version__
from aid_lsp.app import open_workspace
from aid_lsp.errors import AidError
from aid_lsp.server.builds import Builds
from aid_lsp.server.capabilities import client_of, server_capabilities
from aid_lsp.server.handlers import code_action, code_lens, commands, configuration, forms, rename, synchronisation
from aid_lsp.server.handlers.hints import Hints
from aid_lsp.server.hardening import Server
from aid_lsp.server.page_source import PageSource
from aid_lsp.server.session import Session
from aid_lsp.server.status import Teller
from aid_lsp.server.transport import Outbox, frames
from aid_lsp.server.workspaces import Opener, Workspace
from aid_lsp.settings import state_folder

_log = logging.getLogger(__name__)

CommandLine = Mapping[str, Mapping[str, object]]

_CLOSE_S = 3.0
"""How long jobs and builds may take to end when the editor leaves."""


async def serve_stdio(*, command_line: CommandLine | None = None) -> int:
    """Serves the editor that started this process, and ends the process: threads that hang must not keep it."""
    log_to(state_folder() / "lsp.log")

    async def opener(root: Path, editor: object) -> Workspace:
        return await open_workspace(root, editor=editor, command_line=command_line)

    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # no signals on this system
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
    status = await serve(sys.stdin.buffer, sys.stdout.buffer, opener, command_line, ended)
    logging.shutdown()
    os._exit(status)


async def serve(
    stdin: BinaryIO,
    stdout: BinaryIO,
    opener: Opener,
    command_line: CommandLine | None = None,
    ended: asyncio.Event | None = None,
) -> int:
    """Serves one connection until its end, or until `ended` is set; answers with the exit status that LSP asks for."""
    loop = asyncio.get_running_loop()
    ended = ended or asyncio.Event()
    outbox = Outbox(stdout, on_broken=lambda: loop.call_soon_threadsafe(ended.set))
    status = await talk(frames(stdin), outbox, opener, command_line, ended)
    await asyncio.to_thread(outbox.close)
    return status


class Writer(Protocol):
    """Takes framed messages at once."""

    def write(self, data: bytes) -> None:
        """Sends one message; never waits."""
        ...

    def close(self) -> None:
        """Nothing more will be written; pygls calls it."""
        ...


async def talk(
    bodies: AsyncIterator[bytes],
    writer: Writer,
    opener: Opener,
    command_line: CommandLine | None = None,
    ended: asyncio.Event | None = None,
    meet: Callable[[Session], None] = lambda session: None,
) -> int:
    """Talks to one client over any pair of streams; `meet` gets the session before the first message."""
    ended = ended or asyncio.Event()
    server = Server("aid", __version__)
    server.protocol.set_writer(writer)
    connection = _Connection(server, opener, command_line or {}, ended)
    meet(connection.session)

    async def listen() -> None:
        async for body in bodies:
            server.protocol.receive(body)
            await asyncio.sleep(0)  # what it started, or cancelled, gets its turn
        ended.set()

    listening = asyncio.get_running_loop().create_task(listen())
    try:
        await ended.wait()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await connection.close()
    return 0 if server.protocol.state == "down" else 1


def log_to(path: Path) -> None:
    """Logs warnings to stderr and more to a file, which stays small. Bodies of messages are never logged: they are code."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    form = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.WARNING)
    handlers: list[logging.Handler] = [to_stderr]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        handlers.append(logging.handlers.RotatingFileHandler(path, maxBytes=1 << 20, backupCount=1, encoding="utf-8"))
    except OSError as error:
        _log.warning("no log file: %s", error.strerror)
    for handler in handlers:
        handler.setFormatter(form)
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    logging.getLogger("aid_lsp").setLevel(logging.INFO)


class _Connection:
    """Binds methods to handlers."""

    def __init__(self, server: Server, opener: Opener, command_line: CommandLine, ended: asyncio.Event) -> None:
        self._protocol = server.protocol
        self._info = lsp.ServerInfo(server.name, server.version)
        self._command_line = command_line
        self._ended = ended
        self._closing: asyncio.Task[None] | None = None
        self._registers_configuration = False
        self._told: set[str] = set()
        self.session = self._session = Session(server.protocol, self._warned(opener))
        self._hints = Hints(self._session)
        self._builds = Builds(self._session)
        self._teller = Teller(self._session)
        self._session.changed = self._teller.changed
        session = self._session

        async def code_actions(params: lsp.CodeActionParams) -> object:
            return await code_action.code_actions(session, params)

        async def code_lenses(params: lsp.CodeLensParams) -> object:
            return await code_lens.code_lenses(session, params)

        async def prepare_rename(params: lsp.PrepareRenameParams) -> object:
            return await rename.prepare_rename(session, params)

        async def do_rename(params: lsp.RenameParams) -> object:
            return await rename.rename(session, params)

        async def execute(params: lsp.ExecuteCommandParams) -> object:
            return await commands.execute(session, params)

        self._protocol.handlers.update(
            {
                lsp.INITIALIZE: self._initialize,
                lsp.INITIALIZED: self._initialized,
                lsp.SHUTDOWN: self._shutdown,
                lsp.EXIT: lambda _: self._ended.set(),
                lsp.TEXT_DOCUMENT_DID_OPEN: self._did_open,
                lsp.TEXT_DOCUMENT_DID_CHANGE: self._did_change,
                lsp.TEXT_DOCUMENT_DID_SAVE: self._did_save,
                lsp.TEXT_DOCUMENT_DID_CLOSE: self._did_close,
                lsp.TEXT_DOCUMENT_CODE_ACTION: code_actions,
                lsp.CODE_ACTION_RESOLVE: _unchanged,
                lsp.TEXT_DOCUMENT_CODE_LENS: code_lenses,
                lsp.CODE_LENS_RESOLVE: _unchanged,
                lsp.TEXT_DOCUMENT_PREPARE_RENAME: prepare_rename,
                lsp.TEXT_DOCUMENT_RENAME: do_rename,
                lsp.WORKSPACE_EXECUTE_COMMAND: execute,
                "command/resolve": forms.resolve_command,
                lsp.WORKSPACE_DID_CHANGE_CONFIGURATION: self._did_change_configuration,
                lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: lambda params: configuration.did_change_folders(session, params),
                lsp.WINDOW_WORK_DONE_PROGRESS_CANCEL: self._cancel_progress,
            }
        )

    def _initialize(self, params: lsp.InitializeParams) -> lsp.InitializeResult:
        session = self._session
        session.client = client_of(params, self._protocol.raw_initialize)
        session.documents.encoding = session.client.encoding
        session.workspaces.set_folders(configuration.client_folders(params))
        session.workspaces.editor = configuration.settings_in(params.initialization_options)
        workspace = params.capabilities.workspace
        dynamic = workspace.did_change_configuration if workspace else None
        self._registers_configuration = bool(dynamic and dynamic.dynamic_registration)
        self._protocol.finish_initialize()
        _log.info("serving %s %s", session.client.name, session.client.version)
        return lsp.InitializeResult(server_capabilities(session.client), self._info)

    def _initialized(self, params: object) -> None:
        del params
        self._session.jobs.spawn(self._settle())

    async def _settle(self) -> None:
        """Opens what the user most likely needs, and takes the settings that the client only gives when asked."""
        session = self._session
        if self._registers_configuration:
            item = lsp.Registration("configuration", lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, {"section": "aid"})
            self._protocol.send_request(lsp.CLIENT_REGISTER_CAPABILITY, lsp.RegistrationParams([item]))
        if session.client.configuration:
            await self._reconfigure(None)
        for folder in session.workspaces.folders[:1]:
            if (folder / "dune-project").is_file():
                await self._open(folder / "dune-project")

    async def _open(self, path: Path) -> None:
        try:
            await self._session.workspaces.of(path)
        except AidError as error:
            if str(error) not in self._told:  # every file that is opened would tell it again
                self._told.add(str(error))
                self._session.say(f"AID: {error}", lsp.MessageType.Error)

    def _shutdown(self, params: object) -> None:
        del params
        self._protocol.shut_down()
        self._hints.close()
        self._builds.close()
        self._teller.close()
        self._closing = asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        self._hints.close()
        self._teller.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self._session.jobs.close()
                await self._leave_pages()
                await self._session.workspaces.close()
        except TimeoutError:
            _log.warning("not everything ended in time")

    async def _leave_pages(self) -> None:
        """What this editor has not saved of the pages goes into their files, unless another one has them open."""
        for workspace in self._session.workspaces.open:
            page = workspace.page
            page.sources[:] = [source for source in page.sources if not self._is_ours(source)]
            await page.released()

    def _is_ours(self, source: object) -> bool:
        return isinstance(source, PageSource) and source.session is self._session

    async def close(self) -> None:
        """Ends what runs; after `shutdown` that is under way already."""
        await (self._closing or self._close())

    def _did_open(self, params: object) -> None:
        document = synchronisation.did_open(self._session, params)
        if document:
            self._builds.opened(document)
        if document and document.path and document.path.suffix in (".ml", ".mli"):
            self._session.jobs.spawn(self._open(document.path))
            self._hints.look(document)

    def _did_change(self, params: object) -> None:
        document = synchronisation.did_change(self._session, params)
        if document:
            self._hints.look(document)
            self._builds.edited(document)

    def _did_save(self, params: lsp.DidSaveTextDocumentParams) -> None:
        document = self._session.documents.get(params.text_document.uri)
        if document:
            self._builds.written(document)
            if document.path and (workspace := self._session.workspaces.at_conversation(document.path)):
                self._session.jobs.spawn(workspace.page.saved())

    def _did_close(self, params: object) -> None:
        document = synchronisation.did_close(self._session, params)
        if document:
            self._hints.clear(document.uri)
            self._builds.closed(document)
            if document.path and (workspace := self._session.workspaces.at_conversation(document.path)):
                self._session.jobs.spawn(workspace.page.released())

    def _did_change_configuration(self, params: lsp.DidChangeConfigurationParams) -> None:
        self._session.jobs.spawn(self._reconfigure(params.settings))

    async def _reconfigure(self, settings: object) -> None:
        await configuration.did_change_configuration(self._session, settings, self._command_line)
        for workspace in self._session.workspaces.open:
            self._builds.follow(workspace)

    def _cancel_progress(self, params: lsp.WorkDoneProgressCancelParams) -> None:
        self._session.jobs.cancel_token(params.token)

    def _warned(self, opener: Opener) -> Opener:
        """An opener that also tells the user what is wrong with the settings."""

        async def opened(root: Path, editor: object) -> Workspace:
            workspace = await opener(root, editor)
            for warning in workspace.settings.warnings:
                self._session.say(f"AID: {warning}", lsp.MessageType.Warning)
            self._builds.follow(workspace)
            self._teller.follow(workspace)
            workspace.page.sources.append(PageSource(self._session, workspace))
            return workspace

        return opened


def _unchanged(params: object) -> object:
    """There is nothing to resolve; Neovim asks all the same."""
    return params
