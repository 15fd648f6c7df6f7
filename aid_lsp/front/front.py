"""The process that an editor starts: one thread that decides, and a thread at each end of each pipe.

    stdin ─▶ Gate ─▶ (Mux ─▶ server of --with) ─▶ Replay ─▶ daemon            timers ─▶ the same one thread

Not asyncio: importing it takes 65 ms and 9 MB, of budgets of 150 ms and 20 MB; and no dataclasses on the way to the first
answer, which take 30 ms (measured).
"""

import contextlib
import heapq
import itertools
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from aid_lsp import __version__
from aid_lsp.front import supervise
from aid_lsp.front.gate import Gate
from aid_lsp.front.link import CHUNK, Items, Link
from aid_lsp.front.places import Place, place_of, root_of
from aid_lsp.front.replay import CRASHES, Gone, Replay
from aid_lsp.front.wire import JsonObject, Message, hello

_FLUSH_S = 1.0
_LOOK_S = 2.0
"""How often a sleeping front looks whether somebody started a daemon."""
_CHILD_ENDS_S = 2.0


class Options(NamedTuple):
    """What the command line says."""

    beside: tuple[str, ...] = ()
    """The command of `--with`; empty for none."""
    root: Path | None = None
    """The workspace; None takes the editor's folder."""
    direct: tuple[str, ...] = ()
    """A backend of this front alone, on pipes, in place of the daemon."""
    launch: tuple[str, ...] = supervise.LAUNCH
    """What starts a daemon."""
    crashes_borne: int = CRASHES


class Alarm:
    """A call that is due at some time."""

    __slots__ = ("call", "due", "order")

    def __init__(self, due: float, order: int, call: Callable[[], None]) -> None:
        self.due = due
        self.order = order
        self.call: Callable[[], None] | None = call

    def __lt__(self, other: "Alarm") -> bool:
        return (self.due, self.order) < (other.due, other.order)

    def cancel(self) -> None:
        """Calls it off."""
        self.call = None


class Front:
    """The decisions' thread and everything around it; is the `Ports` of the replay."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.session = os.urandom(16).hex()
        """Names this editor's session to every daemon that it meets."""
        self._todo: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._alarms: list[Alarm] = []
        self._order = itertools.count()
        self._status: int | None = None
        self._editor = Link(_read_stdin, _write_stdout, lambda: None)
        self._backend: Link | None = None
        self.links: list[Link] = []
        """Further links to close at the end."""
        self._life = 0
        """Counts starts; what comes from an earlier one is not heard."""
        self._place: Place | None = None
        self._looking = False
        self.gate = Gate(lambda message: self._editor.send(message.frame), self.leave)
        self.hears: Callable[[Message], None] = self.gate.send
        """Takes what the replay says to the editor."""
        self.replay = Replay(self, options.crashes_borne)
        if options.beside:
            from aid_lsp.front.beside import stand_beside

            stand_beside(self, options.beside)
        else:
            self.gate.stand_before(self.replay)

    # The loop

    def run(self) -> int:
        """Serves the editor until it ends; answers with the exit status."""
        self._editor.open(self._from_editor, lambda: self.post(self.gate.close))
        while self._status is None:
            self._turn()
        for link in (self._editor, *self.links, self._backend):
            if link:
                link.flush(_FLUSH_S)
        return self._status

    def _turn(self) -> None:
        while self._alarms and self._alarms[0].due <= time.monotonic():
            call = heapq.heappop(self._alarms).call
            if call:
                call()
        wait = max(0.0, self._alarms[0].due - time.monotonic()) if self._alarms else None
        try:
            call = self._todo.get(timeout=wait)
        except queue.Empty:
            return
        call()

    def post(self, call: Callable[[], None]) -> None:
        """Has something done by the deciding thread."""
        self._todo.put(call)

    def _from_editor(self, items: Items) -> None:
        def receive() -> None:
            for item in items:
                self.gate.receive(item)

        self.post(receive)

    def leave(self, status: int) -> None:
        """Ends the loop with an exit status."""
        if self._status is None:
            self._status = status

    # Ports of the replay

    def to_editor(self, message: Message) -> None:
        """Sends to the editor."""
        self.hears(message)

    def to_backend(self, message: Message) -> None:
        """Sends to the backend that came up last."""
        if self._backend:
            self._backend.send(message.frame)

    def start(self, initialize: JsonObject, *, expected: bool) -> None:
        """Finds or starts a backend, in a thread."""
        self._life += 1
        life = self._life
        threading.Thread(target=self._find, args=(life, initialize, expected), name="attach", daemon=True).start()

    def hang_up(self) -> None:
        """Lets go of the backend."""
        self._life += 1
        if self._backend:
            self._backend.close()
            self._backend = None

    def later(self, seconds: float, call: Callable[[], None]) -> Alarm:
        """Calls back later."""
        alarm = Alarm(time.monotonic() + seconds, next(self._order), call)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    # The backend

    def _find(self, life: int, initialize: JsonObject, expected: bool) -> None:
        """In a thread of its own."""
        try:
            link = self._child() if self.options.direct or not supervise.available() else self._daemon(initialize, expected)
        except supervise.CannotAttach as failure:
            gone = Gone(str(failure), fatal=failure.fatal)
            return self.post(lambda: self._gone(life, gone))
        return self.post(lambda: self._found(life, link))

    def _daemon(self, initialize: JsonObject, expected: bool) -> Link:
        if self._place is None:
            self._place = place_of(self.options.root or root_of(initialize, Path.cwd()))
        said = hello(str(self._place.root), __version__, self.session, beside=bool(self.options.beside))
        attached = supervise.attach(self._place, said, self.options.launch, expected=expected)
        connection = attached.connection

        def shut() -> None:
            with contextlib.suppress(OSError):  # the other side was quicker
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

        return Link(lambda: connection.recv(CHUNK), connection.sendall, shut, attached.inbox)

    def _child(self) -> Link:
        from aid_lsp.front.child import CannotStart, start_child

        try:
            return start_child(self.options.direct or (*self.options.launch, "--stdio"))
        except CannotStart as failure:
            raise supervise.CannotAttach(str(failure)) from failure

    def _found(self, life: int, link: Link) -> None:
        if life != self._life:
            return link.close()
        self._backend = link
        link.open(lambda items: self.post(lambda: self._hear(life, items)), lambda: self.post(lambda: self._gone(life, Gone())))
        return self.replay.backend_up()

    def _hear(self, life: int, items: Items) -> None:
        for item in items:
            if life == self._life and isinstance(item, Message):
                self.replay.backend_says(item)
        self._look_later()

    def _gone(self, life: int, gone: Gone) -> None:
        if life != self._life:
            return
        self.hang_up()
        self.replay.backend_gone(gone)
        self._look_later()

    def _look_later(self) -> None:
        if self.replay.state == "asleep" and not self._looking:
            self._looking = True
            self.later(_LOOK_S, self._look)

    def _look(self) -> None:
        """While asleep: looks whether somebody has started a daemon."""
        self._looking = False
        if self.replay.state != "asleep" or self._place is None:
            return
        connection = supervise.connect(self._place)
        if connection is None:
            self._look_later()
        else:
            connection.close()
            self.replay.backend_found()


def run(options: Options) -> int:
    """Runs a front on this process's stdin and stdout."""
    front = Front(options)
    signal.signal(signal.SIGTERM, lambda number, frame: front.post(front.gate.close))
    try:
        return front.run()
    except KeyboardInterrupt:
        return 130


def _read_stdin() -> bytes | None:
    return sys.stdin.buffer.raw.read(CHUNK)  # type: ignore[attr-defined] # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType, reportAttributeAccessIssue]


def _write_stdout(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def parse(arguments: Sequence[str]) -> Options:
    """Reads the arguments of `aid lsp`; raises `ValueError` with a sentence."""
    rest = list(arguments)
    beside: tuple[str, ...] = ()
    root: Path | None = None
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name == "--stdio" and not equals:
            continue
        if name not in ("--with", "--root"):
            raise ValueError(f"{name!r} is not understood; `aid lsp --help` says what is.")
        if not equals:
            if not rest:
                raise ValueError(f"{name} needs a value.")
            value = rest.pop(0)
        if name == "--root":
            root = Path(value).absolute()
            if not root.is_dir():
                raise ValueError(f"{value!r} is not a folder.")
        else:
            import shlex

            beside = tuple(shlex.split(value))
            if not beside:
                raise ValueError("--with needs a command, such as --with ocamllsp.")
    return Options(beside=beside, root=root)
