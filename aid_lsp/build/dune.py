"""Runs dune in a folder that is AID's own: once, or kept warm and asked over its RPC.

    build_once(toolchain, folder, target) ─────────────▶ Outcome
    PassiveDune.start(toolchain, folder) ── build(target) ─▶ Outcome | Lost

A passive dune (`--passive-watch-mode`) builds only when asked, and looks at every file event before it does, so an answer is never
about files as they were. Its stderr carries the same text as a one-shot build, ended by a line `Success, waiting for …`.
"""

import asyncio
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.build import rpc
from aid_lsp.build.command import parse_command_output
from aid_lsp.build.diagnostics import parse_output
from aid_lsp.build.process import Kept, end_leftover, end_squatters
from aid_lsp.build.rpc_diagnostics import from_rpc, merged
from aid_lsp.build.test_places import at_their_tests
from aid_lsp.build.toolchain import Toolchain
from aid_lsp.workspace.diagnostic import Diagnostic

_HEAD_BYTES = 256 * 1024
_TAIL_BYTES = 64 * 1024
"""How much of a build's words is kept: its beginning and its end."""

_END_OF_BUILD = re.compile(rb"(?:^|\n)[^\n]*, waiting for filesystem changes\.\.\.\n?$")
_START_S = 60.0
"""A dune that has not opened its socket by then will not."""
_WORDS_S = 5.0
_KNOWN_WORDS_S = 30.0
"""How long the text of a build may come after its answer: of a dune that was never understood, and of one that was."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to build, in the words of the command line and of a passive dune."""

    shell: tuple[str, ...]
    sexp: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    """What to run in dune's place; empty: dune builds it."""

    @classmethod
    def of_command(cls, line: str, *, after: str = "") -> "Target":
        """What a shell command line builds, once another has succeeded."""
        return cls((f"`{line}`",), command=("sh", "-c", f"( {after}\n) && ( {line}\n)" if after else line))

    def __str__(self) -> str:
        """For messages: `@@lib/runtest`, `@@a/runtest and 12 more`."""
        more = len(self.shell) - 1
        return f"{self.shell[0]} and {more} more" if more else self.shell[0]


CHECK = Target(("@check",), ("(alias_rec check)",))
"""Types everything, links nothing."""
DEFAULT = Target(("@@default",), ("(alias default)",))
"""What a plain `dune build` builds."""
RUNTEST = Target(("@runtest",), ("(alias_rec runtest)",))
"""What `dune test` runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a build that ran to its end."""

    success: bool
    diagnostics: tuple[Diagnostic, ...]
    output: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A build that came to no end: dune could not be started, was killed, hung up or took too long."""

    reason: str
    """One sentence."""
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Folders:
    """Where one dune works."""

    tree: Path
    """The root of the tree it builds; `_build` comes into being in it."""
    record: Path
    """A file that names the running dune, for who comes after a crash."""
    runtime: Path
    """A folder for dune's own registry, so that other tools do not take this dune for the user's."""
    cache: Path
    """Dune's shared cache of artefacts."""
    in_place: bool = False
    """Whether a build writes among the sources, as other build systems do."""
    apart: Path | None = None
    """Where what a build writes is kept apart: `_build` and the cache are as they were before. Only in the sandbox."""

    @property
    def socket(self) -> Path:
        """Where dune listens, as seen from here."""
        return (self.apart / "rpc" if self.apart else self.tree / "_build" / ".rpc") / "dune"

    def variables(self) -> dict[str, str]:
        """What dune and all it starts find in their environment."""
        return {
            "DUNE_CACHE": "enabled",
            "DUNE_CACHE_ROOT": str(self.cache),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "DUNE_DISABLE_PROMOTION": "true",
            "OCAML_COLOR": "never",
            "OCAML_ERROR_STYLE": "contextual",
            "NO_COLOR": "1",
            "CLICOLOR": "0",
            "ALCOTEST_COLOR": "never",
            "TERM": "dumb",
        }

    def arguments(self) -> tuple[str, ...]:
        """The arguments that every build takes."""
        return (
            "build",
            "--root",
            ".",
            "--no-print-directory",
            "--display",
            "quiet",
            "--disable-promotion",
            "--diff-command",
            "diff -u",
        )


async def build_once(toolchain: Toolchain, folders: Folders, target: Target, *, deadline_s: float) -> Outcome | Lost:
    """Builds in a dune of its own, which ends with the build; or runs the target's command (then `toolchain.command` is what it
    is run by, empty for nothing).
    """
    await end_leftover(folders.record)
    await end_squatters(folders.tree)
    whose = "the command" if target.command else "dune"
    command = (*toolchain.command, *(target.command or (*folders.arguments(), *target.shell)))
    words = _Words()
    try:
        kept = await Kept.start(command, folder=folders.tree, record=folders.record, variables=folders.variables(), merge=True)
    except OSError as error:
        return Lost(f"{whose} cannot be started: {error.strerror}.")
    listener = asyncio.create_task(words.listen(kept.output), name="words of dune")
    code: int | None = None
    try:
        async with asyncio.timeout(deadline_s):
            code = await kept.wait()
            await listener
    except TimeoutError:
        pass
    finally:
        await kept.stop()
        await _finish(listener)
    output = words.text()
    if code is None:
        return Lost(f"the build of {target} took longer than {deadline_s:.3g} s", timed_out=True)
    if target.command and code < 126:
        return Outcome(code == 0, await asyncio.to_thread(parse_command_output, output, folders.tree), output)
    if code in (0, 1):
        said = await asyncio.to_thread(at_their_tests, parse_output(output, folders.tree), folders.tree)
        return Outcome(code == 0, said, output)
    return Lost(f"{whose} ended with exit code {code}: {_last_line(output)}")


@dataclass(slots=True, eq=False)
class PassiveDune:
    """A warm dune; one build at a time."""

    folders: Folders
    _kept: Kept
    _words: "_Words"
    _listener: asyncio.Task[None]
    _connection: rpc.Connection
    _words_come: bool | None = None
    """Whether the end of a build's text is recognised; a dune whose text we do not know is asked over RPC alone. None: not known."""

    @classmethod
    async def start(cls, toolchain: Toolchain, folders: Folders, *, deadline_s: float = _START_S) -> "PassiveDune | Lost":
        """Starts it and waits until it listens."""
        await end_leftover(folders.record)
        await end_squatters(folders.tree)
        socket = folders.socket
        with contextlib.suppress(OSError):
            await asyncio.to_thread(socket.unlink, missing_ok=True)  # of a dune that was killed
        command = (*toolchain.command, *folders.arguments(), "--passive-watch-mode")
        words = _Words()
        try:
            kept = await Kept.start(
                command, folder=folders.tree, record=folders.record, variables=folders.variables(), merge=True
            )
        except OSError as error:
            return Lost(f"dune cannot be started: {error.strerror}.")
        listener = asyncio.create_task(words.listen(kept.output), name="words of dune")
        try:
            connection = await _when_it_listens(kept, socket, deadline_s)
            if isinstance(connection, rpc.Connection):
                words.begin()
                return cls(folders, kept, words, listener, connection)
        except asyncio.CancelledError:
            await _end(kept, listener)
            raise
        await _end(kept, listener)
        said = _last_line(words.text())
        return Lost(f"{connection.message}{': ' + said if said else ''}")

    @property
    def running(self) -> bool:
        """Whether it can be asked."""
        return self._kept.running and not self._connection.closed

    async def build(self, target: Target, *, deadline_s: float) -> Outcome | Lost:
        """Builds; after `Lost` it has to be stopped. Cancelled in the middle, it must be stopped too."""
        self._words.begin()
        answer = await rpc.build(self._connection, *target.sexp, deadline_s=deadline_s)
        if isinstance(answer, rpc.RpcFailure):
            if answer.kind == "deadline":
                return Lost(f"the build of {target} took longer than {deadline_s:.3g} s", timed_out=True)
            return Lost(answer.message)
        whole = self._words_come is not False and await self._words.whole(_KNOWN_WORDS_S if self._words_come else _WORDS_S)
        self._words_come = whole or self._words_come or False  # late on a busy machine is not unknown
        output = self._words.text() if whole else ""
        said = parse_output(output, self.folders.tree)
        if answer:
            return Outcome(success=True, diagnostics=said, output=output)
        known = await self._connection.request("diagnostics", deadline_s=10.0)
        if isinstance(known, rpc.RpcFailure):
            return Outcome(success=False, diagnostics=said, output=output) if said else Lost(known.message)
        both = merged(said, from_rpc(known, self.folders.tree))
        both = await asyncio.to_thread(at_their_tests, both, self.folders.tree)
        return Outcome(success=False, diagnostics=both, output=output)

    async def stop(self) -> None:
        """Ends it for certain."""
        try:
            await self._connection.close()
        finally:
            await _end(self._kept, self._listener)


async def _when_it_listens(kept: Kept, socket: Path, deadline_s: float) -> rpc.Connection | rpc.RpcFailure:
    loop = asyncio.get_running_loop()
    until = loop.time() + deadline_s
    pause = 0.005
    while True:
        connection = await rpc.connect(socket, deadline_s=max(0.1, until - loop.time()))
        if isinstance(connection, rpc.Connection) or connection.kind != "closed" or loop.time() > until:
            return connection
        if not kept.running:
            return rpc.RpcFailure("closed", "dune ended before it listened")
        await asyncio.sleep(pause)
        pause = min(0.05, pause * 1.5)


async def _end(kept: Kept, listener: asyncio.Task[None]) -> None:
    try:
        await kept.stop()
    finally:
        await _finish(listener)


async def _finish(listener: asyncio.Task[None]) -> None:
    """Waits for the last words; whoever holds the pipe open longer than that is not listened to."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await listener


class _Words:
    """What dune prints, build by build: the beginning and the end of it, never more than we can hold."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._more = asyncio.Event()
        self._over = False

    async def listen(self, stream: asyncio.StreamReader) -> None:
        """Takes all there is, so that dune never waits for us."""
        while data := await stream.read(65536):
            room = _HEAD_BYTES - len(self._head)
            self._head += data[:room]
            self._tail += data[room:]
            if len(self._tail) > 2 * _TAIL_BYTES:
                del self._tail[:-_TAIL_BYTES]
            self._more.set()
        self._over = True
        self._more.set()

    def begin(self) -> None:
        """Forgets what was said before."""
        self._head.clear()
        self._tail.clear()

    async def whole(self, deadline_s: float) -> bool:
        """Waits until the text of the build is whole; False if it does not become so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                while not self._ended():
                    if self._over:
                        return False
                    self._more.clear()
                    await self._more.wait()
                return True
        return False

    def text(self) -> str:
        """What was said since the beginning of the build."""
        text = self._head.decode("utf-8", "replace")
        if self._tail:
            tail = bytes(self._tail[-_TAIL_BYTES:])
            text += "\n[…]\n" + tail.decode("utf-8", "replace")
        return text

    def _ended(self) -> bool:
        last = bytes(self._tail or self._head)[-400:]
        return _END_OF_BUILD.search(last) is not None


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.split("\n") if line.strip()]
    return lines[-1][:300] if lines else ""
