"""Finds the daemon of a workspace, or starts one.

    attach ──▶ connect ──hello──▶ welcome                                    the daemon is up
                  │                 refused: it is older, and drains now ──┐
                  └─ nobody there ──▶ start one, wait until it listens ◀───┘ ──▶ connect again

Several fronts may do so at once: the daemon that gets the lock listens, the others end, and everybody connects to that one.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aid_lsp.front.link import CHUNK
from aid_lsp.front.peer import peer_user
from aid_lsp.front.places import Place, Unsafe, make_private
from aid_lsp.front.wire import Inbox, JsonObject, Message, message, word_of

if TYPE_CHECKING:
    import subprocess

_ATTACH_S = 30.0
"""From the first try to a welcome: a cold start on a loaded machine takes seconds."""
_WELCOME_S = 20.0
"""How long a daemon may take to say who it is; after that it is taken for hung."""
_CONNECT_S = 2.0
_EXPECTED_S = 2.0
_PAUSE_S = 0.02
_LOG_BYTES = 1 << 20

LAUNCH = (sys.executable, "-P", "-m", "aid_lsp.server.daemon")
"""`-P`: the daemon starts in the user's workspace, whose files must not shadow Python's."""


class CannotAttach(Exception):
    """There is no daemon and none can be started; the message is one sentence, or empty."""

    def __init__(self, sentence: str, *, fatal: bool = False) -> None:
        super().__init__(sentence)
        self.fatal = fatal
        """Whether trying again cannot help."""


class Attached:
    """A connection to the daemon, past the welcome."""

    def __init__(self, connection: socket.socket, inbox: Inbox, welcome: JsonObject) -> None:
        self.connection = connection
        self.inbox = inbox
        self.welcome = welcome


_children: "list[subprocess.Popen[bytes]]" = []
"""Daemons that this process started; asked now and then, so that none stays a zombie."""


def available() -> bool:
    """Whether this machine has the sockets that the daemon needs; Windows' Python has not."""
    return hasattr(socket, "AF_UNIX")


def attach(place: Place, hello: Message, launch: Sequence[str] = LAUNCH, *, expected: bool = False) -> Attached:
    """Connects to the daemon of a place, starting it where needed; raises `CannotAttach`. Waits: call it from a thread.

    `expected`: another is about to listen there, so none is started for a while.
    """
    end = time.monotonic() + _ATTACH_S
    patience = time.monotonic() + _EXPECTED_S if expected else 0.0
    while time.monotonic() < end:
        for child in tuple(_children):
            if child.poll() is not None:
                _children.remove(child)
        connection = connect(place)
        if connection is None:
            if time.monotonic() < patience:
                time.sleep(_PAUSE_S)
            else:
                _start(place, launch, end)
            continue
        inbox = Inbox()
        answer = _exchange(connection, inbox, hello, min(_WELCOME_S, max(0.1, end - time.monotonic())))
        match word_of(answer or {}):
            case "welcome":
                connection.settimeout(None)
                return Attached(connection, inbox, answer or {})
            case "refused":
                connection.close()
                _refused(answer or {})
            case _:
                connection.close()
                if answer is None:  # it listens but says nothing
                    kill_holder(place)
        time.sleep(_PAUSE_S)
    raise CannotAttach(_last_words(place) or "The daemon did not answer.")


def command(place: Place, word: str, seconds: float) -> JsonObject | None:
    """Sends one word to the daemon and gives its answer; None where none runs, empty where it does not answer in time."""
    connection = connect(place)
    if connection is None:
        return None
    with connection:
        return _exchange(connection, Inbox(), message({"aid": word}), seconds) or {}


def connect(place: Place) -> socket.socket | None:
    """A connection to whoever listens there, if it is this user; None where nobody does."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_S)
    try:
        connection.connect(str(place.socket))
    except OSError:
        connection.close()
        return None
    if peer_user(connection) not in (None, os.getuid()):
        connection.close()
        raise CannotAttach(f"{place.socket} belongs to somebody else.", fatal=True)
    return connection


def kill_holder(place: Place) -> bool:
    """Ends a daemon that does not answer: the process that holds the lock, and no other."""
    import fcntl

    try:
        with place.lock.open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.kill(int(lock.read() or "0") or os.getpid() + (1 << 30), signal.SIGKILL)
                return True
    except (OSError, ValueError, OverflowError):
        pass
    return False


def _start(place: Place, launch: Sequence[str], end: float) -> None:
    """Starts a daemon and returns when one listens, this or another's."""
    import select
    import subprocess

    try:
        make_private(place.socket.parent)
        if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
            place.log.replace(place.log.with_suffix(".log.1"))
        log = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except Unsafe as unsafe:
        raise CannotAttach(str(unsafe), fatal=True) from unsafe
    except OSError as error:
        raise CannotAttach(f"{place.log} cannot be written: {error.strerror}.", fatal=True) from error
    arguments = [*launch, "--root", str(place.root), "--socket", str(place.socket)]
    try:
        child = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            cwd=place.socket.parent,
        )
    except OSError as error:
        raise CannotAttach(f"{arguments[0]} cannot be started: {error.strerror}.") from error
    finally:
        os.close(log)
    _children.append(child)
    output = child.stdout
    assert output is not None
    with output:
        ready = select.select([output], [], [], max(0.1, end - time.monotonic()))[0]
        said = output.readline() if ready else b""
    if said.startswith(b"taken"):
        time.sleep(_PAUSE_S)
    elif not said.startswith(b"listening"):
        raise CannotAttach(_last_words(place) or "The daemon ended as soon as it was started.")


def _exchange(connection: socket.socket, inbox: Inbox, said: Message, seconds: float) -> JsonObject | None:
    """Says something and gives the first answer; empty where the other side hangs up, None where it says nothing for so long."""
    end = time.monotonic() + seconds
    try:
        connection.sendall(said.frame)
        while True:
            connection.settimeout(max(0.01, end - time.monotonic()))
            data = connection.recv(CHUNK)
            if not data:
                return {}
            for item in inbox.feed(data):
                return item.fields if isinstance(item, Message) else {}
    except TimeoutError:
        return None
    except OSError:
        return {}


def _refused(answer: JsonObject) -> None:
    if answer.get("reason") == "wire":
        theirs = answer.get("version")
        raise CannotAttach(
            f"AID is now release {theirs}, which this editor's older part cannot talk to: restart the editor.", fatal=True
        )


def _last_words(place: Place) -> str:
    """The last line of the log, as a sentence about a crash."""
    try:
        with place.log.open("rb") as log:
            log.seek(max(0, place.log.stat().st_size - 4096))
            lines = log.read().decode("utf-8", "replace").strip().split("\n")
    except OSError:
        return ""
    return f"Its last words: {lines[-1].strip()[:300]}" if lines[-1].strip() else ""
