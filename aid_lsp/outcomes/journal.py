"""The journal: an append-only SQLite file of events, written by one thread so that nobody waits for a disk.

    record(event) ──queue──▶ writer thread ──▶ events(id, at, kind, subject, data)

The journal never stops the work it tells of: where the file is locked, read-only or corrupt, or the disk is full, the event is
lost with a line in the log. A corrupt file is set aside as `…corrupt` and a new one begun.
"""

import asyncio
import dataclasses
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aid_lsp.outcomes.events import Event
from aid_lsp.outcomes.migrations import migrate
from aid_lsp.workspace.database import opened

_log = logging.getLogger(__name__)

_MOST_WAITING = 1000
_LONGEST_TEXT = 120
_BROKEN = ("file is not a database", "malformed", "file is encrypted")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it stands in the journal."""

    id: int
    at: float
    """Unix time."""
    kind: str
    """The event's class: `ProposalOffered`."""
    subject: str
    """The proposal or job that it is about."""
    data: dict[str, object]


class Journal:
    """Appends events and reads them back; several processes may share one file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, lock_wait_s: float = 2.0) -> None:
        self._path = path
        self._clock = clock
        self._lock_wait_s = lock_wait_s
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._connection: sqlite3.Connection | None = None
        self._waiting = 0
        self._complained = False
        self._closed = False

    async def record(self, event: Event) -> None:
        """Appends an event: queues it and returns at once; never raises for what the disk does."""
        if self._closed or self._waiting >= _MOST_WAITING:
            self._complain("the journal is closed" if self._closed else "the journal cannot keep up")
            return
        self._waiting += 1
        row = (self._clock(), type(event).__name__, _subject(event), json.dumps(_plain(event)))
        self._writer.submit(self._append, row)

    async def tail(self, count: int = 20) -> tuple[Entry, ...]:
        """The newest events, oldest of them first; empty where the journal cannot be read."""
        rows = await self._read("SELECT id, at, kind, subject, data FROM events ORDER BY id DESC LIMIT ?", (max(0, count),))
        return tuple(Entry(number, at, kind, subject, json.loads(data)) for number, at, kind, subject, data in reversed(rows))

    async def counts(self) -> dict[str, int]:
        """How many events of each kind there are."""
        rows = await self._read("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind", ())
        return dict(rows)

    async def close(self) -> None:
        """Writes what is waiting and lets go of the file; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        await asyncio.wrap_future(self._writer.submit(self._disconnect))
        self._writer.shutdown(wait=False)

    async def _read(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        return [] if self._closed else await asyncio.wrap_future(self._writer.submit(self._select, query, values))

    # Everything below runs on the writer's thread.

    def _append(self, row: tuple[float, str, str, str]) -> None:
        self._waiting -= 1
        self._try(lambda connection: connection.execute("INSERT INTO events (at, kind, subject, data) VALUES (?, ?, ?, ?)", row))

    def _select(self, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        self._try(lambda connection: rows.extend(connection.execute(query, values).fetchall()))
        return rows

    def _try(self, work: Callable[[sqlite3.Connection], object]) -> None:
        for last in (False, True):
            try:
                work(self._connected())
            except (sqlite3.Error, OSError) as error:
                self._disconnect()
                if last or not self._set_aside(error):
                    self._complain(f"the journal is not written: {error}")
                    return
            else:
                self._complained = False
                return

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = opened(self._path, self._lock_wait_s)  # SQLite gives -wal and -shm the main file's mode
            connection.isolation_level = None  # each insert is its own transaction
            try:
                connection.execute("PRAGMA synchronous = NORMAL")
                migrate(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            try:
                connection.close()
            except sqlite3.Error as error:
                _log.debug("closing the journal: %s", error)

    def _set_aside(self, error: Exception) -> bool:
        """Moves a corrupt file out of the way; says whether another try makes sense."""
        if not isinstance(error, sqlite3.DatabaseError) or not any(word in str(error) for word in _BROKEN):
            return False
        aside = self._path.with_name(f"{self._path.name}.{int(self._clock())}.corrupt")
        try:
            self._path.replace(aside)
            for ending in ("-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        except OSError as failure:
            _log.warning("the corrupt journal cannot be set aside: %s", failure.strerror)
            return False
        _log.warning("the journal was corrupt; it is kept as %s and a new one begins", aside.name)
        return True

    def _complain(self, sentence: str) -> None:
        """Says it once until it works again: a full disk must not fill the log too."""
        if not self._complained:
            _log.warning("%s", sentence)
        self._complained = True


def _subject(event: Event) -> str:
    proposal: object = getattr(event, "proposal", "")
    return str(proposal or getattr(event, "job", ""))


def _plain(event: Event) -> dict[str, object]:
    """The event's fields; texts are ids and names, so a long or many-lined one is cut: nobody's code slips in."""
    fields = cast("dict[str, object]", dataclasses.asdict(event))
    return {name: value.partition("\n")[0][:_LONGEST_TEXT] if isinstance(value, str) else value for name, value in fields.items()}
