"""A server as a child process on pipes: the one of `--with`, or AID itself where there are no sockets for a daemon."""

import contextlib
import subprocess
from collections.abc import Sequence

from aid_lsp.front.link import CHUNK, Link

_ENDS_S = 0.8
"""From the end of its input to its end, before it is killed."""


class CannotStart(Exception):
    """The message is a sentence for the user."""


def start_child(command: Sequence[str]) -> Link:
    """Starts a process and gives the link to it; raises `CannotStart`."""
    try:
        child = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    except OSError as error:
        raise CannotStart(f"{command[0]!r} cannot be started: {error.strerror}.") from error
    assert child.stdin is not None
    assert child.stdout is not None
    output, entry = child.stdout, child.stdin

    def shut() -> None:
        with contextlib.suppress(OSError):  # it is gone already
            entry.close()
        _reap(child)

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[entry.write(view) or 0 :]

    return Link(lambda: output.read(CHUNK), write, shut)


def _reap(child: "subprocess.Popen[bytes]") -> None:
    try:
        child.wait(_ENDS_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
