"""The open documents, as the editor has them: our own text sync, since pygls corrupts buffers with form feeds.

didOpen ─▶ Document ─ change(range, text) ─▶ lines replaced, nothing else touched ─▶ text, joined when somebody looks

An edit costs what its lines cost: the list of lines is kept, positions are converted on the touched lines only, the text is
joined lazily. Lines end at \\n, \\r\\n and \\r (edits/lines.py), and an edit may join a \\r with a \\n next to it.

Helix 25 sends the changes of a fast typist out of order (measured: version 45 before 42, 43 and 44). So a document remembers its
last changes; one that comes late is put in its place and those after it are done again.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.edits.lines import Encoding, Lines, index_of_column, split_lines
from aid_lsp.server.from_lsp import document_key, path_of_uri

Position = tuple[int, int]
"""Line and column from 0, in the client's encoding."""


@dataclass(frozen=True, slots=True)
class _Shift:
    """What an edit did to the line numbers below it."""

    version: int
    """The version that it led to."""
    first: int
    last: int
    """The lines it replaced, as they were."""
    by: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change as a client sends it; without a place it replaces the whole text."""

    text: str
    start: Position | None = None
    end: Position | None = None


@dataclass(slots=True)
class _Past:
    """A text as it was, and what came after it."""

    version: int
    lines: list[str]
    changes: list[tuple[int, tuple[Change, ...]]]


_REMEMBERED = 32


class Document:
    """One open document. `version` is the editor's; it may jump."""

    __slots__ = ("_encoding", "_index", "_parts", "_past", "_shifts", "_text", "language_id", "path", "uri", "version")

    def __init__(self, uri: str, text: str, version: int, encoding: Encoding, language_id: str = "") -> None:
        self.uri = uri
        """As the client writes it; it wants to see it again like that."""
        self.path: Path | None = path_of_uri(uri)
        """Where it is on disk, as the client spells it; None for other schemes."""
        self.version = version
        self.language_id = language_id
        self._encoding: Encoding = encoding
        self._parts: list[str] | None = None
        self._text: str | None = text
        self._index: Lines | None = None
        self._shifts: deque[_Shift] = deque(maxlen=256)
        self._past: list[_Past] = []
        """Two at most: when the younger has all the changes that are to be remembered, the older goes."""

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = "".join(self._lines())
        return self._text

    @property
    def index(self) -> Lines:
        """Converts positions of this version."""
        if self._index is None:
            self._index = Lines(self.text)
        return self._index

    def take(self, changes: tuple[Change, ...], version: int) -> None:
        """Takes the changes of one message, which lead to `version`; one that comes late goes where it belongs."""
        past = next((past for past in self._past if past.version < version), None)
        late = version < self.version and past is not None and all(known != version for known, _ in past.changes)
        if not late or past is None:
            self._remember(changes, version)
            self._apply(changes, version)
            return
        again = sorted((*past.changes, (version, changes)), key=lambda change: change[0])
        self._parts, self._text, self._index = list(past.lines), None, None
        self._shifts.clear()
        self._past.clear()
        self.version = past.version
        for one_version, one in again:
            self._remember(one, one_version)
            self._apply(one, one_version)

    def _remember(self, changes: tuple[Change, ...], version: int) -> None:
        if not self._past or len(self._past[-1].changes) >= _REMEMBERED:
            self._past = [*self._past[-1:], _Past(self.version, list(self._lines()), [])]
        for past in self._past:
            past.changes.append((version, changes))

    def _apply(self, changes: tuple[Change, ...], version: int) -> None:
        for change in changes:
            if change.start is None or change.end is None:
                self.replace_all(change.text, version)
            else:
                self.replace(change.start, change.end, change.text, version)
        self.version = version

    def replace_all(self, text: str, version: int) -> None:
        """Takes a new text."""
        self._text, self._parts, self._index, self.version = text, None, None, version
        self._shifts.clear()

    def replace(self, start: Position, end: Position, text: str, version: int) -> None:
        """Replaces what lies between two positions; those outside of the text are clamped into it."""
        lines = self._lines()
        if end < start:
            start, end = end, start
        (first, head_end), (last, tail_start) = self._clamp(start), self._clamp(end)
        head = lines[first][:head_end] if first < len(lines) else ""
        tail = lines[last][tail_start:] if last < len(lines) else ""
        low, high = first, min(last + 1, len(lines))
        if low and not head and lines[low - 1].endswith("\r"):  # "\r" and a "\n" that comes now are one line end
            low, head = low - 1, lines[low - 1]
        if high < len(lines) and (head + text + tail).endswith("\r"):  # a "\n" may follow
            tail, high = tail + lines[high], high + 1
        replacement = split_lines(head + text + tail)
        lines[low:high] = replacement
        self._text, self._index, self.version = None, None, version
        by = len(replacement) - (high - low)
        if by:
            self._shifts.append(_Shift(version, low, high - 1, by))

    def line_now(self, line: int, version: int) -> int:
        """Where a line of an older version is now, as well as line counts tell."""
        for shift in self._shifts:
            if shift.version > version and line > shift.last:
                line = max(shift.first, line + shift.by)
        return line

    def _lines(self) -> list[str]:
        if self._parts is None:
            self._parts = split_lines(self._text or "")
        return self._parts

    def _clamp(self, position: Position) -> Position:
        """The line and the `str` index in it."""
        lines = self._lines()
        line, column = position
        if line < 0:
            return 0, 0
        if line < len(lines):
            return line, index_of_column(lines[line].rstrip("\r\n"), column, self._encoding)
        if lines and not lines[-1].endswith(("\n", "\r")):
            return len(lines) - 1, len(lines[-1])
        return len(lines), 0


class Documents:
    """All open documents of a connection, by URI however it is spelled."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}
        self._waiting: list[asyncio.Event] = []
        self.encoding: Encoding = "utf-16"
        """What the client counts columns in; set once, at `initialize`."""
        self.latest: Document | None = None
        """The one that was opened or changed last."""

    def get(self, uri: str) -> Document | None:
        """The open document of a URI."""
        return self._open.get(document_key(uri))

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._open.values()))

    def open(self, uri: str, text: str, version: int, language_id: str = "") -> Document:
        """Opens a document; one that is open already is replaced."""
        document = Document(uri, text, version, self.encoding, language_id)
        self._open[document_key(uri)] = document
        self.latest = document
        self.changed()
        return document

    def close(self, uri: str) -> None:
        """Forgets a document."""
        gone = self._open.pop(document_key(uri), None)
        if gone is self.latest:
            self.latest = None
        self.changed()

    def touch(self, document: Document) -> None:
        """Says that a document has changed."""
        self.latest = document
        self.changed()

    def changed(self) -> None:
        """Wakes those who wait for a change."""
        for event in self._waiting:
            event.set()

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Waits until a condition on the documents holds, looking after each change; says whether it does."""
        event = asyncio.Event()
        self._waiting.append(event)
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    event.clear()
                    await event.wait()
        except TimeoutError:
            return holds()
        finally:
            self._waiting.remove(event)
        return True
