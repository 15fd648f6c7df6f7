"""A daemon's place: the lock and the socket of a workspace, and how a successor gets ready for them."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

_LOCK_S = 3.0
_SUCCESSOR_S = 30.0


@dataclass(slots=True, eq=False)
class Claim:
    """The lock and the socket of a place: held by the daemon that serves it."""

    path: Path
    listener: socket.socket
    lock: TextIOWrapper

    def release(self) -> None:
        """Lets go of both; the next daemon may start."""
        if not self.lock.closed:
            self.path.unlink(missing_ok=True)
            self.lock.close()


def claim(path: Path, *, patiently: bool = False) -> Claim | None:
    """Takes lock and socket of a place; None where another daemon has them, and keeps them if one is patient."""
    import fcntl

    lock = path.with_suffix(".lock").open("a+")
    end = time.monotonic() + (_SUCCESSOR_S if patiently else _LOCK_S)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end or (not patiently and _somebody_listens(path)):
                lock.close()
                return None
            time.sleep(0.01)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(128)
    listener.setblocking(False)
    return Claim(path, listener, lock)


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def start_successor() -> str:
    """Blocks until the successor is ready; answers with what went wrong, or nothing."""
    import select

    arguments = [argument for argument in sys.orig_argv if argument != "--succeed"]
    child = subprocess.Popen([*arguments, "--succeed"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    output = child.stdout
    assert output is not None
    with output:
        arrived = select.select([output], [], [], _SUCCESSOR_S)[0]
        if arrived and output.readline().startswith(b"ready"):
            return ""
    child.kill()
    return f"The new daemon ended with status {child.wait()}." if arrived else "The new daemon took too long to start."
