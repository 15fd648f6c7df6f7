"""LSP's frames over a pair of byte streams, each direction on a thread of its own.

editor ──stdin──▶ reading thread ──▶ frames() on the event loop ── … ── Outbox.write ──▶ writing thread ──stdout──▶ editor

Neither direction can make the other wait: a client that is slow to read does not keep us from reading, and a busy thread pool
does not make the server deaf (pygls 2.1.1 shares one pool for both).
"""

import asyncio
import logging
import queue
import threading
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO

_log = logging.getLogger(__name__)

LONGEST_MESSAGE = 1 << 30
"""A longer one is taken for a broken stream."""

_LONGEST_HEADER = 1 << 16


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next message's body; None at the end of the stream. Lines that are no header are skipped."""
    length: int | None = None
    while True:
        line = stream.readline(_LONGEST_HEADER)
        if not line:
            return None
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            length = int(value)
        elif not line.strip() and length is not None:
            break
    if length > LONGEST_MESSAGE:
        _log.error("a message of %d bytes: the stream is taken for broken", length)
        return None
    body = bytearray()
    while len(body) < length:
        piece = stream.read(length - len(body))
        if not piece:
            return None
        body += piece
    return bytes(body)


def frame(body: bytes) -> bytes:
    """A message as it goes over the wire."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def frames(stream: BinaryIO) -> AsyncIterator[bytes]:
    """The messages that come in, until the stream ends."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[bytes | None] = asyncio.Queue()

    def read() -> None:
        body: bytes | None = b""
        while body is not None:
            try:
                body = read_frame(stream)
            except (OSError, ValueError) as error:
                _log.info("reading ended: %s", error)
                body = None
            try:
                loop.call_soon_threadsafe(arrived.put_nowait, body)
            except RuntimeError:  # the loop is closed
                return

    threading.Thread(target=read, name="lsp-read", daemon=True).start()
    while (body := await arrived.get()) is not None:
        yield body


class Outbox:
    """Takes messages at once and writes them one after the other; pygls writes to it."""

    def __init__(self, stream: BinaryIO, on_broken: Callable[[], object]) -> None:
        """`on_broken` is called from the writing thread when nobody reads any more."""
        self._stream = stream
        self._on_broken = on_broken
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="lsp-write", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Sends one framed message; never waits, never raises."""
        self._waiting.put(data)

    def close(self, seconds: float = 1.0) -> None:
        """Writes what is waiting, for so long at most."""
        self._waiting.put(None)
        self._thread.join(seconds)

    def _run(self) -> None:
        while (data := self._waiting.get()) is not None:
            try:
                self._stream.write(data)
                self._stream.flush()
            except (OSError, ValueError) as error:
                _log.info("writing ended: %s", error)
                self._on_broken()
                return
