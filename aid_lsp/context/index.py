"""The index of a workspace: which definitions there are and by which words and names each can be found. Kept on disk, in SQLite.

    Index(state / "index.db") ── refresh(view) ──▶ reads what changed since, forgets what is gone
                              ── items(path)   ──▶ the outline, without parsing
                              ── ranked(words) ──▶ definitions by BM25 (SQLite's FTS5)
                              ── users(name)   ──▶ definitions whose text has the identifier

It follows a view, not the disk: an unsaved buffer is indexed like a file. What it says is checked against the view's text by who asks;
it may lag behind, lack what there was no time for, or be thrown away: then answers are poorer, nothing else.
"""

import contextlib
import hashlib
import json
import logging
import re
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from aid_lsp.context import vectors
from aid_lsp.context.chunks import chunks, stems
from aid_lsp.context.packing import Row, packed, unpacked, unpacked_item
from aid_lsp.ocaml.item import Item
from aid_lsp.ocaml.names import module_name
from aid_lsp.ocaml.outline import is_outlined, outline
from aid_lsp.workspace.database import is_busy, opened
from aid_lsp.workspace.ignore import secret
from aid_lsp.workspace.ignored import kept, rule_files
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

_VERSION = 4
"""Of the tables and of what is in them; another one makes AID build the index anew."""
_LONGEST = 2_000_000
"""Longer files are known by their path alone."""
_ENOUGH = 4_000
"""So many definitions with one of the words are ranked; counting stops there too."""
_EVERYWHERE = 2_000
"""A name that stands in so many definitions means many things; nobody is told who uses it."""
_BATCH = 200
_LOCK_WAIT_S = 5.0
_EDITED = 15
"""So many files at once are somebody's edits; more of them are another branch."""
_KEPT = 60_000
"""So many items of outlines are kept in memory, half a kilobyte each."""
_SHIFT = 20
"""The row of an item, and of its chunk, is its file's row, shifted, plus its place in the outline."""
_TOKEN = re.compile(r"[\w']+")
"""What SQLite takes for one word; the index cannot be asked for several in a row."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS files (id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, state TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS edits (file INTEGER NOT NULL, name TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (file, name));
CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, packed TEXT NOT NULL);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING
    fts5(home, name, body, names, tokenize = "unicode61 remove_diacritics 0 tokenchars '_'''", detail = column);
"""
_OUTSIDE_IN = (1.5, 6.0, 1.0, 0.0)
"""What a word counts in the file's name, the definition's name, its text, its identifiers (those are asked for by themselves)."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A definition that the index found."""

    path: str
    place: int
    """In the file's outline."""
    score: float
    """BM25: larger is better, comparable within one answer."""


@dataclass
class Index:
    """One workspace's index; safe to call from several threads, one at a time gets in."""

    file: Path | None = None
    """None keeps it in memory."""
    _base: sqlite3.Connection = field(init=False, repr=False)
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)
    _states: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]], init=False, repr=False)
    """Of each file that is in: its row, and what tells its states apart."""
    _paths: dict[int, str] = field(default_factory=dict[int, str], init=False, repr=False)
    _outlines: dict[tuple[int, str], tuple[Item, ...]] = field(
        default_factory=dict[tuple[int, str], tuple[Item, ...]], init=False, repr=False
    )
    """Those that were asked for last, by row and state."""
    _unpacked: int = field(default=0, init=False, repr=False)
    """How many items those have."""
    _rules: tuple[tuple[str, str], ...] = field(default=(), init=False, repr=False)
    """The states of the files that say what is ignored."""
    _wanted: dict[str, bool] = field(default_factory=dict[str, bool], init=False, repr=False)
    """Whether they leave a path in."""
    _seen: int = field(default=-1, init=False, repr=False)
    """SQLite's count of what other processes wrote."""

    def __post_init__(self) -> None:
        try:
            self._open()
        except sqlite3.Error as error:
            if is_busy(error):  # nothing is wrong with it, and another process works with it
                raise
            _log.info("the index is built anew: %s", error)
            self._discard()
            self._open()

    # ── keeping up ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def refresh(
        self,
        view: View,
        paths: Iterable[str],
        *,
        first: Callable[[str], int] | None = None,
        deadline_s: float | None = None,
        told: Callable[[int, int], None] | None = None,
    ) -> bool:
        """Reads what changed since; forgets what is not among the paths. Says whether all was done in time.

        Files for which `first` says less are read before others. `told` hears how many of how many files that had to be read have been.
        Call it off the event loop.
        """
        until = None if deadline_s is None else time.monotonic() + deadline_s
        with self._lock, _survives():
            self._notice_others()
            wanted = {path: _state(view, path) for path in paths}
            gone = [path for path in self._states if path not in wanted]
            stale = [path for path, state in wanted.items() if self._states.get(path, (0, ""))[1] != state]
            if first is not None:
                stale.sort(key=first)
            self._forget(gone)
            for start in range(0, len(stale), _BATCH):
                if until is not None and time.monotonic() > until:
                    return False
                for path in stale[start : start + _BATCH]:
                    self._read(view, path, wanted[path], by_hand=len(stale) <= _EDITED)
                self._base.commit()
                if told is not None:
                    told(min(start + _BATCH, len(stale)), len(stale))
            self._base.commit()
            return True
        return False

    def _read(self, view: View, path: str, state: str, *, by_hand: bool) -> None:
        data = view.read(path)
        text = data.decode("utf-8", "surrogateescape") if data is not None else ""
        items = outline(path, text) if is_outlined(path) and len(text) <= _LONGEST else ()
        known = self._states.get(path)
        found = [chunk for chunk in chunks(path, text, items) if chunk.place < 1 << _SHIFT]
        checksums = {c.place: zlib.crc32(c.span.of(text).encode("utf-8", "surrogatepass")) for c in found}
        if known is not None:
            row = known[0]
            if by_hand:
                self._note_edits(row, items, checksums)
            self._empty(row)
            self._base.execute("UPDATE files SET state = ? WHERE id = ?", (state, row))
        else:
            made = self._base.execute("INSERT INTO files (path, state) VALUES (?, ?)", (_stored(path), state))
            row = int(made.lastrowid or 0)
        self._base.executemany(
            "INSERT INTO items VALUES (?, ?)",
            [((row << _SHIFT) + place, line) for place, line in enumerate(packed(items, checksums, 1 << _SHIFT))],
        )
        home = " ".join(word for part in (*path.split("/")[:-1], module_name(path)) for word in stems(part))
        self._base.executemany(
            "INSERT INTO words (rowid, home, name, body, names) VALUES (?, ?, ?, ?, ?)",
            [((row << _SHIFT) + c.place, home, c.name, c.body, c.names) for c in found],
        )
        self._states[path] = (row, state)
        self._paths[row] = path

    def _note_edits(self, row: int, items: Sequence[Item], checksums: Mapping[int, int]) -> None:
        """Remembers the definitions of a file that read otherwise than before."""
        told = self._base.execute("SELECT packed FROM items WHERE id BETWEEN ? AND ?", _rows(row)).fetchall()
        rows: list[Row] = json.loads(f"[{','.join(line for (line,) in told)}]")
        before = {(old[1], old[-1]) for old in rows}
        edited = [items[place].dotted for place, checksum in checksums.items() if (items[place].name, checksum) not in before]
        if len(edited) <= _EDITED:
            now = time.time()
            self._base.executemany(
                "INSERT OR REPLACE INTO edits VALUES (?, ?, ?)", [(row, _stored(name), now) for name in edited]
            )

    def edited_last(self, most: int) -> tuple[tuple[str, str], ...]:
        """The definitions that were edited last while the index looked on, as paths and dotted names, the latest first."""
        with self._lock, _survives():
            told = self._base.execute("SELECT file, name FROM edits ORDER BY at DESC, file, name LIMIT ?", (most,)).fetchall()
            return tuple((self._paths[row], _read_back(name)) for row, name in told if row in self._paths)
        return ()

    def _forget(self, gone: Sequence[str]) -> None:
        for path in gone:
            row, _ = self._states.pop(path)
            self._paths.pop(row, None)
            self._empty(row)
            self._base.execute("DELETE FROM edits WHERE file = ?", (row,))
            self._base.execute("DELETE FROM files WHERE id = ?", (row,))

    def _empty(self, row: int) -> None:
        self._base.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", _rows(row))
        self._base.execute("DELETE FROM items WHERE id BETWEEN ? AND ?", _rows(row))

    def sources(self, view: View) -> tuple[str, ...]:
        """What is indexed of a view: files with an outline that are no secrets, and that nobody ignores or vendors."""
        files = rule_files(view)
        with self._lock:
            rules = tuple((file, _state(view, file)) for file in files)
            if rules != self._rules:
                self._rules, self._wanted = rules, {}
            paths = [path for path in view.paths() if is_outlined(path)]
            new = [path for path in paths if path not in self._wanted]
            left = set(kept(view, (path for path in new if not secret(path)), files)) if new else set[str]()
            self._wanted.update((path, path in left) for path in new)
            return tuple(path for path in paths if self._wanted[path])

    # ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def items(self, view: View, path: str) -> tuple[Item, ...] | None:
        """The outline of a file as the view has it; None where the index holds another state of it."""
        with self._lock, _survives():
            known = self._states.get(path)
            if known is None or known[1] != _state(view, path):
                return None
            outlined = self._outlines.get(known)
            if outlined is None:
                found = self._base.execute(
                    "SELECT packed FROM items WHERE id BETWEEN ? AND ? ORDER BY id", _rows(known[0])
                ).fetchall()
                rows: list[Row] = json.loads(f"[{','.join(line for (line,) in found)}]")
                outlined = unpacked(rows)
                self._outlines[known] = outlined
                self._unpacked += len(outlined)
                while self._unpacked > _KEPT and len(self._outlines) > 1:
                    self._unpacked -= len(self._outlines.pop(next(iter(self._outlines))))
            return outlined
        return None

    def item(self, view: View, hit: Hit) -> Item | None:
        """The definition that was found, as the view has it; None where the index holds another state of its file."""
        with self._lock, _survives():
            known = self._states.get(hit.path)
            if known is None or known[1] != _state(view, hit.path):
                return None
            if known in self._outlines:
                return self._outlines[known][hit.place] if hit.place < len(self._outlines[known]) else None
            return self._item(known[0], hit.place)
        return None

    def _item(self, row: int, place: int) -> Item | None:
        found = self._base.execute("SELECT packed FROM items WHERE id = ?", ((row << _SHIFT) + place,)).fetchone()
        if found is None:
            return None
        row_found: Row = json.loads(found[0])
        return unpacked_item(row_found, self._item(row, row_found[2]) if row_found[2] >= 0 else None)

    def ranked(self, words: Iterable[str], most: int) -> tuple[Hit, ...]:
        """The definitions that the words (as `chunks.stems` gives them) fit best, the best first.

        Words that stand nearly everywhere are left out where rarer ones say enough: they cost the most and tell the least.
        """
        often = self._counted((f"{{home name body}} : {_quoted(word)}", word) for word in dict.fromkeys(words))
        rare: list[str] = []
        rows = 0
        for word, count in sorted(often.items(), key=lambda pair: pair[1]):
            rows += count
            if rare and rows > _ENOUGH:
                break
            rare.append(word)
        query = " OR ".join(map(_quoted, rare))
        return self._ask(f"{{home name body}} : ({query})", most) if query else ()

    def sharing(self, names: Iterable[str], most: int) -> tuple[Hit, ...]:
        """The definitions that have most of these identifiers in them, rare ones counting more."""
        query = " OR ".join(_quoted(name) for name in dict.fromkeys(names))
        return self._ask(f"names : ({query})", most, (0.0, 0.0, 0.0, 1.0)) if query else ()

    def users(self, name: str, most: int, *, beside: str = "") -> tuple[Hit, ...]:
        """The definitions with that identifier in them, none where it stands nearly everywhere; with `beside` only those that have
        that one too.
        """
        if not 0 < self.frequency([name])[name] < _EVERYWHERE:
            return ()
        query = f"names : {_quoted(name)}" + (f" AND names : {_quoted(beside)}" if beside else "")
        return self._ask(query, most, (0.0, 0.0, 0.0, 1.0))

    def frequency(self, names: Iterable[str]) -> dict[str, int]:
        """In how many definitions each identifier stands; from some thousands on it is that number. What is no identifier, as the
        name of a stanza, stands in none.
        """
        names = tuple(names)
        asked = [(f"names : {_quoted(name)}", name) for name in names if len(_TOKEN.findall(name)) == 1]
        return dict.fromkeys(names, 0) | self._counted(asked)

    def _counted(self, queries: Iterable[tuple[str, str]]) -> dict[str, int]:
        found: dict[str, int] = {}
        with self._lock, _survives():
            for query, word in queries:
                told = self._base.execute(
                    "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)", (query, _ENOUGH)
                )
                found[word] = told.fetchone()[0]
        return found

    def _ask(self, query: str, most: int, weights: tuple[float, float, float, float] = _OUTSIDE_IN) -> tuple[Hit, ...]:
        with self._lock, _survives():
            found = self._base.execute(
                "SELECT rowid, bm25(words, ?, ?, ?, ?) AS score FROM words WHERE words MATCH ? ORDER BY score LIMIT ?",
                (*weights, query, most),
            ).fetchall()
            return tuple(
                Hit(self._paths[row >> _SHIFT], row & ((1 << _SHIFT) - 1), -score)
                for row, score in found
                if row >> _SHIFT in self._paths
            )
        return ()

    @property
    def vectors(self) -> vectors.Vectors:
        """Embeddings of definitions."""
        return vectors.Vectors(self._base, self._lock)

    @property
    def size(self) -> int:
        """How many files are in it."""
        return len(self._states)

    # ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._base.close()

    def _open(self) -> None:
        self._base = opened(self.file, _LOCK_WAIT_S)
        for setting in ("synchronous = OFF", "cache_size = -8000", "temp_store = MEMORY"):
            self._base.execute(f"PRAGMA {setting}")
        # In one statement: another process may be making the tables just now.
        version, tables = self._base.execute(
            "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if version != _VERSION:
            if version or tables:
                raise sqlite3.DatabaseError(f"it is of version {version}")
            self._base.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {vectors.SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        self._load()

    def _load(self) -> None:
        rows = self._base.execute("SELECT id, path, state FROM files").fetchall()
        self._states = {_read_back(path): (row, state) for row, path, state in rows}
        self._paths = {row: path for path, (row, _) in self._states.items()}
        self._seen = self._base.execute("PRAGMA data_version").fetchone()[0]

    def _notice_others(self) -> None:
        if self._base.execute("PRAGMA data_version").fetchone()[0] != self._seen:
            self._load()

    def _discard(self) -> None:
        with contextlib.suppress(sqlite3.Error, AttributeError):
            self._base.close()
        if self.file is not None:
            for suffix in ("", "-wal", "-shm"):
                self.file.with_name(self.file.name + suffix).unlink(missing_ok=True)


class _survives(contextlib.AbstractContextManager["_survives"]):  # noqa: N801 - reads as a clause
    """Lets what fails in SQLite (a full disk, a broken file, a lock that stays) cost an answer, not a proposal."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, sqlite3.Error):
            _log.warning("the index failed: %s", error)
            return True
        return False


def _state(view: View, path: str) -> str:
    stamp = view.stamp(path)
    if stamp is not None:
        return f"{stamp.size} {stamp.mtime_ns} {stamp.inode}"
    data = view.data(path)
    return "" if data is None else hashlib.sha256(data).hexdigest()


def _stored(path: str) -> bytes | str:
    """A path that is not UTF-8 holds surrogates, which SQLite does not take."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogateescape")
    return path


def _read_back(stored: bytes | str) -> str:
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogateescape")


def _rows(row: int) -> tuple[int, int]:
    return row << _SHIFT, (row << _SHIFT) + (1 << _SHIFT) - 1


def _quoted(word: str) -> str:
    escaped = word.replace('"', '""')
    return f'"{escaped}"'
