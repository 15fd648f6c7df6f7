"""A pipe or a socket with a thread at each end, so that neither side can make the front wait.

reading thread ─▶ received(items) … ended()            send(bytes) ─▶ queue ─▶ writing thread
"""

import queue
import threading
from collections.abc import Callable

from aid_lsp.front.wire import Inbox, Malformed, Message

CHUNK = 1 << 16

Items = list[Message | Malformed]


class Link:
    """One of the front's connections; `received` and `ended` are called from its reading thread."""

    def __init__(
        self,
        read: Callable[[], bytes | None],
        write: Callable[[bytes], object],
        shut: Callable[[], object],
        inbox: Inbox | None = None,
    ) -> None:
        """`read` waits and gives what is there, nothing at the end; `write` writes all; `shut` lets go after the last write."""
        self.read = read
        self.write = write
        self.shut = shut
        self.inbox = inbox or Inbox()
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._closed = False

    def open(self, received: Callable[[Items], None], ended: Callable[[], None]) -> None:
        """Starts both threads."""
        self._writer = threading.Thread(target=self._write_on, name="write", daemon=True)
        self._writer.start()
        threading.Thread(target=self._read_on, args=(received, ended), name="read", daemon=True).start()

    def send(self, data: bytes) -> None:
        """Never waits, never raises; what cannot be written is lost with the connection."""
        self._waiting.put(data)

    def close(self) -> None:
        """Writes what is waiting, then lets go."""
        if not self._closed:
            self._closed = True
            self._waiting.put(None)

    def flush(self, seconds: float) -> None:
        """Closes, and waits so long at most until everything is written."""
        self.close()
        if self._writer:
            self._writer.join(seconds)

    def _read_on(self, received: Callable[[Items], None], ended: Callable[[], None]) -> None:
        try:
            while data := self.read():
                if items := self.inbox.feed(data):
                    received(items)
        except (OSError, ValueError):
            pass  # as good as its end
        ended()

    def _write_on(self) -> None:
        going_on = True
        while going_on and (data := self._waiting.get()) is not None:
            pieces = [data]
            while not self._waiting.empty():
                piece = self._waiting.get()
                if piece is None:
                    going_on = False
                    break
                pieces.append(piece)
            try:
                self.write(b"".join(pieces))
            except (OSError, ValueError):
                break  # the reading end hears of it
        self.shut()
