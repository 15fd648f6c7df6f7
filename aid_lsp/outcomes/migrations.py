"""How the journal's tables came to be: each step once, in order, never edited."""

import sqlite3
from collections.abc import Callable


def m001_events(connection: sqlite3.Connection) -> None:
    """One row an event; rows are only ever added."""
    connection.execute(
        "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,"
        " data TEXT NOT NULL CHECK (json_valid(data)))"
    )
    connection.execute("CREATE INDEX events_kind ON events (kind, at)")
    connection.execute("CREATE INDEX events_subject ON events (subject)")


def m002_append_only(connection: sqlite3.Connection) -> None:
    """The database itself refuses to rewrite history."""
    for action in ("UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER events_no_{action.lower()} BEFORE {action} ON events"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (m001_events, m002_append_only)


def migrate(connection: sqlite3.Connection) -> None:
    """Brings a database to the newest step; a database from a newer AID is used as it is."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (done,) = connection.execute("PRAGMA user_version").fetchone()
        for number, step in enumerate(MIGRATIONS[done:], start=done + 1):
            step(connection)
            connection.execute(f"PRAGMA user_version = {number}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
