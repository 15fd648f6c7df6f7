"""A terminal that a test can read: runs a full-screen program on a pseudo-terminal and types into it as a person would."""

import asyncio
import fcntl
import os
import pty
import struct
import termios
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

ROWS, COLUMNS = 50, 140


class Screen:
    """One program on one terminal. `async with Screen(…) as screen`."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._command = command
        self._folder = folder
        self._environment = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = asyncio.Event()
        self._master = -1
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "Screen":
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._read)
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # Its own terminal: it is hung up if this process dies, and the program with it.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        os.close(self._master)

    @property
    def text(self) -> str:
        """What is on the screen now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def type(self, keys: str) -> None:
        """Types; `\\x1b` is Escape, `\\r` Enter."""
        os.write(self._master, keys.encode())

    async def shows(self, what: str | Callable[[str], bool], seconds: float = 120.0) -> str:
        """Waits until the screen shows a text, and answers with the screen; fails with the screen where it never does."""

        def there(text: str) -> bool:
            return what(text) if callable(what) else what in text

        try:
            async with asyncio.timeout(seconds):
                while not there(self.text):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"the screen never showed {what!r}; it shows:\n{self.text}") from None
        return self.text

    async def settles(self, seconds: float = 0.3) -> None:
        """Waits until nothing has been drawn for a moment: a terminal takes Escape and a key at once for Alt and that key."""
        while True:
            self._changed.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                return

    async def ends(self, seconds: float = 120.0) -> int:
        """Waits until the program has ended, and answers with its exit code."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    def _read(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # the program has gone
            asyncio.get_running_loop().remove_reader(self._master)
            return
        # Programs ask the terminal what it is; nobody answers a `Primary Device Attributes` request on a bare pty.
        if b"\x1b[c" in data or b"\x1b[0c" in data:
            os.write(self._master, b"\x1b[?62;c")
        self._stream.feed(data)
        self._changed.set()
