"""Runs one command for as long as AID lives, and leaves nothing of it behind. Started as a script; standard library only.

    python keeper.py RECORD COMMAND...

    AID ──stdin (a pipe that never says anything)──▶ keeper ──▶ dune ──▶ compilers, tests

When the pipe closes (AID stopped the command, or died in whatever way) dune gets SIGTERM, soon after SIGKILL. Whatever its death
orphans comes to the keeper, which is a subreaper, and is killed too: a test in an endless loop does not outlive its judge.
Should the keeper itself be killed, the kernel kills dune (PR_SET_PDEATHSIG; safe here, there is one thread).

Around dune there may be bubblewrap (`bwrap … -- dune`), which would die of SIGTERM without passing it on; then dune inside is
asked, and what runs there gets limits: no core files, no endless file, no endless number of processes.

RECORD is a file that gets two lines, `PID START-TIME` of keeper and command, so that the next AID can end what is left over.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_GRACE_S = 2.0
"""How long dune may take to end by itself, after which it is killed."""

_DROPPED = (
    "INSIDE_DUNE",
    "DUNE_BUILD_DIR",
    "DUNE_ROOT",
    "DUNE_RPC",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "MAKEFLAGS",
    "MFLAGS",
    "CI",
)
"""Variables that would lead the build into another folder, or colours and command lines (`CI`) into its output."""

_CHOSEN_BY_USERS = ("DUNE_CACHE_ROOT",)
"""Variables that stay as they are where they are set."""


def start_time(pid: int) -> str | None:
    """When a process started, as the kernel counts; with the pid it names a process for ever. None: no such process, or no /proc."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def environment(additions: dict[str, str]) -> dict[str, str]:
    """The environment for the command: AID's own, without what would lead it astray."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}  # noqa: TID251 - a process of its own
    chosen = {name: kept[name] for name in _CHOSEN_BY_USERS if name in kept}
    return kept | additions | chosen


SANDBOX = "bwrap"
_LIMITS = ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 8 << 30), (resource.RLIMIT_NPROC, 8192))


def _sandboxed(command: list[str]) -> bool:
    return Path(command[0]).name == SANDBOX


def _limit() -> None:
    for what, most in _LIMITS:
        with contextlib.suppress(OSError, ValueError):
            highest = resource.getrlimit(what)[1]
            bound = most if highest == resource.RLIM_INFINITY else min(most, highest)
            resource.setrlimit(what, (bound, bound))


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except (OSError, ValueError):
        return []


def _ask_to_end(child: int, *, sandboxed: bool) -> None:
    """SIGTERM for the command: with bubblewrap around it that is the first child of bubblewrap's init."""
    if sandboxed and (init := _children(child)) and (inside := _children(init[0])):
        child = inside[0]
    _kill(child, signal.SIGTERM)


def _prctl(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # not Linux: the pipe alone has to do
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _start(command: list[str], variables: dict[str, str]) -> int:
    keeper = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(125)
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        for caught in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(caught, signal.SIG_DFL)
        if _sandboxed(command):
            _limit()
        os.execvpe(command[0], command, variables)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def _orphans() -> list[int]:
    """The keeper's children, which are all that is left of the command once it is gone."""
    return _children(os.getpid())


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, number)


def _sweep() -> None:
    """Kills what the command left; each death may hand the next generation to the keeper."""
    until = time.monotonic() + _GRACE_S
    while (orphans := _orphans()) and time.monotonic() < until:
        for orphan in orphans:
            _kill(orphan, signal.SIGKILL)
        for _ in orphans:
            try:
                os.waitpid(-1, 0)
            except OSError:
                return


def main(arguments: list[str]) -> int:
    """Runs the command; the exit code is the command's own, or 128 and the signal that ended it."""
    record, command = Path(arguments[0]), arguments[1:]
    additions: dict[str, str] = {}
    while command and "=" in command[0]:
        name, _, value = command.pop(0).partition("=")
        additions[name] = value
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    awake, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    ended: list[int] = []
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(asked, lambda number, _frame: ended.append(number))
    child = _start(command, environment(additions))
    with contextlib.suppress(OSError):  # a full disk: then nobody but this keeper can end the command
        record.write_text(f"{os.getpid()} {start_time(os.getpid())}\n{child} {start_time(child)}\n", "ascii")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)  # so that AID sees the end of the command's output when the command ends, not the keeper
    os.dup2(null, 2)

    kill_at: float | None = None
    while True:
        ready, _, _ = select.select([awake] if kill_at else [awake, 0], [], [], 0.1 if kill_at else None)
        if awake in ready:
            os.read(awake, 512)
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                pid, status = 0, 0
            if pid == 0:
                break
            if pid == child:
                with contextlib.suppress(OSError):
                    os.killpg(child, signal.SIGKILL)
                _sweep()
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        if kill_at is None and (ended or (0 in ready and not os.read(0, 512))):
            kill_at = time.monotonic() + _GRACE_S
            _ask_to_end(child, sandboxed=_sandboxed(command))
        elif kill_at is not None and time.monotonic() > kill_at:
            _kill(child, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
