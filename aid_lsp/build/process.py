"""Child processes that cannot outlive AID, and short commands that cannot hang it.

Kept     a command under `keeper.py`: dies with AID, with everything it started; its record names it (`memory_mb`, `kill`)
ask()    a short command's output, or None where it fails or takes too long
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from aid_lsp.build import keeper

_KEEPER = str(Path(keeper.__file__))
_END_S = 4.0
"""A keeper ends by itself sooner than this; if not, it is killed."""


class Kept:
    """A running command; `await stop()` ends it for certain."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls, command: Sequence[str], *, folder: Path, record: Path, variables: Mapping[str, str], merge: bool = False
    ) -> "Kept":
        """Starts it in a folder. Its stderr becomes `output`; its stdout too if they shall merge, else it is dropped.

        Raises OSError where it cannot be started.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            _KEEPER,
            str(record),
            *(f"{name}={value}" for name, value in variables.items()),
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE if merge else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.STDOUT if merge else asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        return cls(process)

    @property
    def output(self) -> asyncio.StreamReader:
        """What it says."""
        stream = self._process.stdout or self._process.stderr
        assert stream is not None
        return stream

    @property
    def running(self) -> bool:
        """Whether it has not ended yet, as far as is known."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """The exit code; 128 and the signal's number where a signal ended it."""
        code = await self._process.wait()
        return code if code >= 0 else 128 - code

    async def stop(self) -> None:
        """Ends it and all that it started; returns when it is gone. Cancelled, it still ends it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_END_S):
                await self._process.wait()
        except TimeoutError:
            self._kill()
            await self._process.wait()
        except asyncio.CancelledError:
            raise  # the pipe is closed: the keeper sees to it

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


async def ask(
    command: Sequence[str], *, folder: Path | None = None, deadline_s: float = 10.0, stdin: str | None = None
) -> str | None:
    """What a short command prints, given a text or nothing; None where it cannot be started, fails or takes longer."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError):
        return None
    try:
        async with asyncio.timeout(deadline_s):
            out, _ = await process.communicate(None if stdin is None else stdin.encode("utf-8", "surrogateescape"))
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(asyncio.CancelledError):
                await process.wait()
    return out.decode("utf-8", "replace" if stdin is None else "surrogateescape") if process.returncode == 0 else None


def memory_mb(record: Path) -> float:
    """The resident memory of the command of a keeper's record and all that it started, in MB; 0 where nothing runs or no /proc is."""
    pending = [pid for pid, _ in _running(record)]
    seen = set[int]()
    pages = 0
    while pending:
        pid = pending.pop()
        if pid in seen:
            continue
        seen.add(pid)
        with contextlib.suppress(OSError, ValueError, IndexError):
            pages += int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
            pending += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def kill(record: Path) -> None:
    """Kills the command of a keeper's record at once; the keeper sees to what that started."""
    for pid, _ in _running(record)[1:]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _running(record: Path) -> list[tuple[int, str]]:
    """The processes of a record that still run: the keeper, then its command."""
    try:
        lines = record.read_text("ascii").split("\n")
    except (OSError, UnicodeDecodeError):
        return []
    known = [(int(pid), started) for pid, _, started in (line.partition(" ") for line in lines) if pid.isdigit()]
    return [(pid, started) for pid, started in known if keeper.start_time(pid) == started]


async def end_leftover(record: Path) -> None:
    """Ends the command that an AID which died left behind, going by the keeper's record; returns when it is gone."""
    for attempt in range(60):
        alive = [pid for pid, _ in await asyncio.to_thread(_running, record)]
        if not alive:
            break
        if attempt == 30:  # its own keeper had its time
            for pid in alive:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.1)
    await asyncio.to_thread(record.unlink, missing_ok=True)


async def end_squatters(folder: Path) -> None:
    """Ends every dune that builds in a folder which is AID's own, whoever started it; no record knows a dune whose keeper *and*
    sandbox were killed while they started it, and it would hold the build's lock for ever. Linux only; elsewhere it does nothing.
    """
    for _ in range(30):
        found = await asyncio.to_thread(_squatters, folder)
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.05)


def _squatters(folder: Path) -> list[int]:
    found: list[int] = []
    try:
        here = folder.stat()
        entries = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    except OSError:
        return []
    for entry in entries:
        with contextlib.suppress(OSError):
            if os.path.samestat((entry / "cwd").stat(), here) and _is_dune((entry / "cmdline").read_bytes()):
                found.append(int(entry.name))
    return found


def _is_dune(command: bytes) -> bool:
    """Whether a command line is a dune that builds, in a sandbox or not; not an editor that has a dune file open."""
    words = command.split(b"\0")
    return any(word.rpartition(b"/")[2] == b"dune" and b"build" in words[at + 1 : at + 2] for at, word in enumerate(words))
