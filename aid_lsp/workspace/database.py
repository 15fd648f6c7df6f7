"""Opens SQLite files that several processes of AID share: the journal, the index."""

import sqlite3
import time
from pathlib import Path

_PAUSE_S = 0.005
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


def opened(path: Path | None, wait_s: float) -> sqlite3.Connection:
    """A connection with a write-ahead log, usable from any thread, one at a time.

    None keeps it in memory. Raises `sqlite3.Error`: a file that is none, that cannot be written, or that others hold for over `wait_s`.
    """
    until = time.monotonic() + wait_s
    connection = sqlite3.connect(path or ":memory:", timeout=wait_s, check_same_thread=False)
    try:
        while True:
            try:
                # Two that turn a new file into WAL mode at once could wait for each other for ever: SQLite fails one of them at
                # once, whatever `timeout` says (https://sqlite.org/c3ref/busy_handler.html). That one tries again.
                connection.execute("PRAGMA journal_mode = WAL")
                return connection
            except sqlite3.OperationalError as error:
                if not is_busy(error) or time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_S)
    except BaseException:
        connection.close()
        raise


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the file: nothing is wrong with it."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _BUSY
