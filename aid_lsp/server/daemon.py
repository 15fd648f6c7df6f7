"""The daemon: one process for each workspace and user, many editors, on a private socket.

    front ──hello──▶ Daemon ──▶ a Conversation for each connection            aid restart, aid stop ──word──▶ Daemon
                       │ welcome, refused (see front/wire.py)
    lock taken ─▶ socket bound ─▶ "listening" on stdout ─▶ the server imported ─▶ serving ─▶ idle for long, told so, or drained

It listens before it imports the server (a second), so that nobody has to guess when it is there; connections wait in the socket.
**Restarting**: the daemon first starts its successor, which imports everything and waits for the lock; then it says goodbye and lets
go, so editors are without AID for a moment only. A successor that cannot start, say a broken release, changes nothing.
**Draining**: a newer front came. The daemon lets go of lock and socket at once, so that the new release can take them, and of
each editor as soon as no job runs for it; their fronts then find the new daemon.
"""

import argparse
import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aid_lsp import __version__
from aid_lsp.front.peer import peer_user
from aid_lsp.front.wire import GOODBYE, JsonObject, Message, decode, message, notification, release, wire_in_common, word_of
from aid_lsp.server.claim import Claim, claim, start_successor

if TYPE_CHECKING:
    from aid_lsp.server.workspaces import Workspace

_log = logging.getLogger(__name__)

IDLE_S = 15 * 60.0
"""So long a daemon stays without any editor: the next one finds it warm."""
_HELLO_S = 10.0
_LONGEST_DRAIN_S = 15 * 60.0
_LOOK_S = 0.5
_CHECK_S = 20.0
_GOODBYE_S = 2.0


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a front said of itself."""

    session: str
    """Names the editor's session; the same after every restart of the daemon."""
    version: str
    root: Path
    beside: bool
    """Whether the front has a server of `--with` that can be asked (`$aid/ask`)."""


class Conversation(Protocol):
    """One editor's connection, as the server runs it."""

    @property
    def busy(self) -> bool:
        """Whether a job is under way that should not be cut off by an upgrade."""
        ...

    @property
    def editor(self) -> str:
        """The client's name; empty before `initialize`."""
        ...

    async def run(self) -> None:
        """Talks until the messages end or `exit` came."""
        ...

    def part(self) -> None:
        """Hears that the daemon ends, and the editor does not; `run` is cancelled after it."""
        ...


Converse = Callable[[AsyncIterator[bytes], Callable[[bytes], None], Greeting], Conversation]
"""Makes a conversation out of the bodies that come in, a way to write framed messages, and who is there."""


@dataclass(slots=True, eq=False)
class _Connection:
    greeting: Greeting
    conversation: Conversation
    writer: asyncio.StreamWriter
    task: "asyncio.Task[None]"
    silent: bool = False
    """Whether goodbye was said: nothing follows it."""


@dataclass(slots=True, eq=False)
class Daemon:
    """Serves a place until it is told to end."""

    claim: Claim
    converse: Converse
    root: Path
    version: str = __version__
    idle_s: float = IDLE_S
    close: Callable[[], Awaitable[None]] | None = None
    _connections: list[_Connection] = field(default_factory=list[_Connection])
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _since: float = field(default_factory=time.time)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=lambda: set[asyncio.Task[None]]())
    _server: asyncio.Server | None = None
    _draining: bool = False
    _succeeding: bool = False
    _idle: asyncio.TimerHandle | None = None
    _visitors: int = 0
    """Everybody who is connected, also those who have not said who they are."""

    async def run(self) -> None:
        """Serves."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._end, "end")
        self._server = await asyncio.start_unix_server(self._accept, sock=self.claim.listener)
        self._wait_for_somebody()
        self._check()
        await self._ended.wait()
        self._server.close()
        self.claim.release()
        tasks = [connection.task for connection in self._connections]
        if tasks:
            await asyncio.wait(tasks, timeout=_GOODBYE_S)
        for task in (*tasks, *self._tasks):
            task.cancel()
        await asyncio.gather(*tasks, *self._tasks, return_exceptions=True)
        if self.close:
            await self.close()

    # Connections

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._visitors += 1
        try:
            if peer_user(writer.get_extra_info("socket")) in (None, os.getuid()):
                async with asyncio.timeout(_HELLO_S):
                    said = await _read_body(reader)
                parsed = decode(said) if said is not None else None
                if isinstance(parsed, Message):
                    await self._receive(parsed, reader, writer)
        except (TimeoutError, OSError):
            pass  # somebody looked in and left
        finally:
            self._visitors -= 1
            self._wait_for_somebody()
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _receive(self, said: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        word = word_of(said.fields)
        if word == "hello":
            return await self._welcome(said.fields, reader, writer)
        answer: JsonObject = {"aid": word, "version": self.version, "pid": os.getpid(), "editors": len(self._connections)}
        if word == "status":
            answer |= self._status()
        elif word == "restart":
            answer["failed"] = await self._succeed()
        writer.write(message(answer).frame)
        await writer.drain()
        if word in ("stop", "end") or (word == "restart" and not answer["failed"]):
            self._end(word)
        elif word == "drain":
            self._drain()
        return None

    async def _welcome(self, fields: JsonObject, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = str(fields.get("version", ""))
        wire = wire_in_common(fields.get("wire"))
        reason = (
            "older"
            if release(theirs) > release(self.version)
            else "wire"
            if wire is None
            else "draining"
            if self._draining
            else ""
        )
        answer = {"aid": "refused", "reason": reason} if reason else {"aid": "welcome", "wire": wire}
        if reason == "older":
            self._drain()
        writer.write(message({**answer, "version": self.version, "pid": os.getpid()}).frame)
        await writer.drain()
        if reason:
            return
        greeting = Greeting(str(fields.get("session", "")), theirs, Path(str(fields.get("root", ""))), fields.get("with") is True)

        def write(data: bytes) -> None:
            if not connection.silent and not writer.is_closing():
                writer.write(data)

        conversation = self.converse(_bodies(reader), write, greeting)
        task = asyncio.get_running_loop().create_task(self._talk(conversation))
        connection = _Connection(greeting, conversation, writer, task)
        self._connections.append(connection)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            self._connections.remove(connection)

    async def _talk(self, conversation: Conversation) -> None:
        try:
            await conversation.run()
        except Exception:  # noqa: BLE001 - one editor's bug is not the other's
            _log.exception("a conversation ended")

    def _wait_for_somebody(self) -> None:
        if self._idle:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(self.idle_s, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if self._visitors:
            self._wait_for_somebody()
        else:
            _log.info("nobody came for %.0f s", self.idle_s)
            self._end("stop")

    # Its end

    def _check(self) -> None:
        """A daemon that nobody can find any more, its folder being gone, is of no use."""
        if not self._draining and not self.claim.path.exists():
            return self._end("end")
        asyncio.get_running_loop().call_later(_CHECK_S, self._check)
        return None

    async def _succeed(self) -> str:
        """Starts the next daemon, up to where it waits for the lock; gives the reason if that fails."""
        if self._succeeding:
            return "Another restart is under way."
        self._succeeding = True
        try:
            return await asyncio.to_thread(start_successor)
        finally:
            self._succeeding = False

    def _end(self, reason: str) -> None:
        if self._ended.is_set():
            return
        _log.info("ends: %s", reason)
        for connection in tuple(self._connections):
            self._say_goodbye(connection, reason)
        self._ended.set()

    def _say_goodbye(self, connection: _Connection, reason: str) -> None:
        if not connection.silent:
            connection.silent = True
            connection.conversation.part()
            connection.writer.write(notification(GOODBYE, {"reason": reason}).frame)
            connection.task.cancel()

    def _drain(self) -> None:
        if self._draining:
            return
        _log.info("a newer release takes over")
        self._draining = True
        if self._server:
            self._server.close()
        self.claim.release()
        task = asyncio.get_running_loop().create_task(self._let_go())
        self._tasks.add(task)

    async def _let_go(self) -> None:
        end = time.monotonic() + _LONGEST_DRAIN_S
        while self._connections:
            for connection in tuple(self._connections):
                if not connection.conversation.busy or time.monotonic() > end:
                    self._say_goodbye(connection, "drain")
            await asyncio.sleep(_LOOK_S)
        self._end("drain")

    def _status(self) -> JsonObject:
        editors = [
            {
                "session": each.greeting.session,
                "editor": each.conversation.editor,
                "version": each.greeting.version,
                "busy": each.conversation.busy,
            }
            for each in self._connections
        ]
        return {"root": str(self.root), "since": self._since, "draining": self._draining, "connections": editors}


async def _bodies(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    with contextlib.suppress(OSError):
        while (body := await _read_body(reader)) is not None:
            yield body


async def _read_body(reader: asyncio.StreamReader) -> bytes | None:
    """One message; the front writes frames as they should be, anything else ends the connection."""
    try:
        header = await reader.readuntil(b"\r\n\r\n")
        name, _, length = header.partition(b":")
        if name.lower() != b"content-length":
            return None
        return await reader.readexactly(int(length))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        return None


async def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Server:
    """What a daemon needs of a server."""

    converse: Converse
    close: Callable[[], Awaitable[None]] = _nothing
    """Closes what the conversations share; called last."""


def serve(options: "Options", load: Callable[[], Server], *, version: str = __version__) -> int:
    """Runs a daemon: claims the place, says so on stdout, then loads the server and serves. Answers with an exit status."""
    server = None
    if options.succeed:
        server = load()
        _tell("ready")
    claimed = claim(options.socket, patiently=options.succeed)
    if claimed is None:
        _tell("taken")
        return 0
    try:
        _tell("listening")
        _log.info("release %s for %s", version, options.root)
        server = server or load()

        async def run() -> None:
            await Daemon(claimed, server.converse, options.root, version, options.idle_s, server.close).run()

        asyncio.run(run())
    finally:
        claimed.release()
    return 0


def _tell(word: str) -> None:
    """Says it to the front that waits, and lets go of its pipe."""
    with contextlib.suppress(OSError):
        os.write(1, f"{word}\n".encode())
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)


@dataclass(frozen=True, slots=True)
class Options:
    """How a daemon is started."""

    root: Path
    socket: Path
    idle_s: float = IDLE_S
    succeed: bool = False
    """Whether it takes the place of a daemon that has started it."""


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="aid daemon", description="Serves one workspace; a front starts it.")
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--idle", type=float, default=IDLE_S, metavar="SECONDS")
    parser.add_argument("--succeed", action="store_true", help="wait until the daemon that started this one lets go")
    given = parser.parse_args(arguments)
    return Options(given.root, given.socket, given.idle, given.succeed)


def prepare_process() -> None:
    """Logs to stderr, which is the log file; crashes of C code leave a trace there, too."""
    faulthandler.enable()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(levelname)s %(message)s", stream=sys.stderr
    )


def _load() -> Server:
    """The real server. Importing it takes a second, so it is imported when the place is taken already."""
    from aid_lsp.app import open_workspace
    from aid_lsp.server.conversation import EditorConversation
    from aid_lsp.server.sharing import Shared

    async def opener(root: Path, editor: object) -> "Workspace":
        return await open_workspace(root, editor=editor)

    shared = Shared(opener)
    return Server(lambda bodies, write, greeting: EditorConversation(bodies, write, greeting, shared), shared.close)


def main() -> int:
    """`python -m aid_lsp.server.daemon`."""
    arguments = sys.argv[1:]
    if "--stdio" in arguments:
        from aid_lsp.server.server import serve_stdio

        return asyncio.run(serve_stdio())
    prepare_process()
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # it logs whole messages: they are people's code
    return serve(read_options(arguments), _load)


if __name__ == "__main__":
    raise SystemExit(main())
