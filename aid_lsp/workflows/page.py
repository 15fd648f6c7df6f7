"""The conversation page of a workspace: a file, and the buffers of the editors that have it open.

change(edit) ─┬─ open in editors ─▶ each of them edits its buffer        what they have not saved is remembered, and put into the file
              └─ open nowhere ────▶ the file is written                  when they close it without saving

An edit is a function from the text to the text that is safe to do twice (page_text.py), as each place has its own text.
"""

import asyncio
import contextlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from aid_lsp.workflows.page_text import asked, fresh, grown, sections

_log = logging.getLogger(__name__)

Edit = Callable[[str], str]

PAUSE_S = 0.15
"""The shortest time between two pieces of an answer on the page."""


class Source(Protocol):
    """An editor that may have the page open."""

    def text(self) -> str | None:
        """Its buffer's text; None where the page is not open, or cannot be edited there."""
        ...

    async def change(self, edit: Edit) -> bool:
        """Edits the buffer; says whether it shows that."""
        ...


@dataclass(frozen=True, slots=True)
class _Turn:
    """A question and its answer that some editor has not saved."""

    question: str
    heading: str
    answer: str


@dataclass(slots=True, eq=False)
class Page:
    """One page; shared by the editors of a daemon."""

    path: Path
    name: str
    """The workspace's, for the title."""
    sources: list[Source] = field(default_factory=list[Source])
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def _unsaved(self) -> Path:
        return self.path.with_suffix(".unsaved.json")

    @property
    def open(self) -> tuple[Source, ...]:
        """The editors that have it open."""
        return tuple(source for source in self.sources if source.text() is not None)

    async def text(self) -> str:
        """The page as people see it; a fresh one where there is none."""
        for source in self.sources:
            if (text := source.text()) is not None:
                return text
        return await asyncio.to_thread(self._read)

    async def change(self, edit: Edit) -> None:
        """Edits it wherever it is. Raises `OSError` where it is a file that cannot be written."""
        async with self._changing:
            if not (sources := self.open):
                await asyncio.to_thread(self._change_file, edit)
                return
            shown = await asyncio.gather(*(source.change(edit) for source in sources))
            if not all(shown):
                _log.info("an editor does not show the page's last edit")

    async def begin_anew(self) -> Path | None:
        """Keeps the page under another name and begins a new one; answers with where the old one is, if it said anything."""
        text = await self.text()
        kept = None
        if any(section.text(text) for section in sections(text)):
            kept = self.path.with_name(f"{self.path.stem}-{time.strftime('%Y-%m-%d-%H%M%S')}.md")
            await asyncio.to_thread(_write, kept, text)
        await self.change(lambda _: fresh(self.name))
        await asyncio.to_thread(self._forget)
        return kept

    async def saved(self) -> None:
        """An editor saved it: the file is as its user wants it."""
        await asyncio.to_thread(self._forget)

    async def released(self) -> None:
        """An editor closed it; what nobody has saved goes into the file if it was the last one."""
        async with self._changing:
            if not self.open:
                await asyncio.to_thread(self._restore)

    async def remember(self, question: str, heading: str, answer: str) -> None:
        """Notes a turn, in case no editor saves it."""
        if self.open:
            await asyncio.to_thread(self._note, _Turn(question, heading, answer))

    # On disk

    def _read(self) -> str:
        self._restore()
        try:
            return self.path.read_bytes().decode("utf-8", "replace")
        except OSError:
            return fresh(self.name)

    def _change_file(self, edit: Edit) -> None:
        before = self._read()
        after = edit(before)
        if after != before or not self.path.exists():
            _write(self.path, after)

    def _restore(self) -> None:
        turns = self._turns()
        if not turns:
            return
        try:
            text = self.path.read_bytes().decode("utf-8", "replace")
        except OSError:
            text = fresh(self.name)
        for turn in turns:
            text = grown(asked(text, turn.question, turn.heading), turn.heading, "", turn.answer)
        _write(self.path, text)
        self._forget()

    def _turns(self) -> list[_Turn]:
        try:
            said: object = json.loads(self._unsaved.read_text("utf-8"))
        except (OSError, ValueError):
            return []
        turns: list[_Turn] = []
        for each in cast("list[object]", said) if isinstance(said, list) else ():
            match each:
                case {"question": str(question), "heading": str(heading), "answer": str(answer)}:
                    turns.append(_Turn(question, heading, answer))
                case _:
                    continue
        return turns

    def _note(self, turn: _Turn) -> None:
        turns = [each for each in self._turns() if each.heading != turn.heading]
        said: list[dict[str, Any]] = [
            {"question": each.question, "heading": each.heading, "answer": each.answer} for each in (*turns, turn)
        ]
        with contextlib.suppress(OSError):
            _write(self._unsaved, json.dumps(said))

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            self._unsaved.unlink(missing_ok=True)


class Turn:
    """AID's turn while it is being written: what is said is shown a few times a second."""

    def __init__(self, page: Page, question: str, heading: str) -> None:
        self._page = page
        self._question = question
        self._heading = heading
        self._wanted = ""
        self._shown = ""
        self._news = asyncio.Event()
        self._flow: asyncio.Task[None] | None = None

    @property
    def said(self) -> str:
        """The newest text."""
        return self._wanted

    def say(self, text: str) -> None:
        """All that is said so far; it only grows."""
        self._wanted = text
        self._news.set()
        if self._flow is None:
            self._flow = asyncio.get_running_loop().create_task(self._show())

    async def end(self, text: str) -> None:
        """The last word; shows it and notes the turn."""
        self._wanted = text
        if self._flow:
            self._flow.cancel()
            await asyncio.gather(self._flow, return_exceptions=True)
        await self._page.remember(self._question, self._heading, text)
        await self._grow(text)

    async def _show(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.shield(self._grow(self._wanted))
            await asyncio.sleep(PAUSE_S)

    async def _grow(self, text: str) -> None:
        before = self._shown
        try:
            await self._page.change(lambda page: grown(page, self._heading, before, text))
        except OSError as error:
            _log.warning("the page is not written: %s", error.strerror)
        self._shown = text


def _write(path: Path, text: str) -> None:
    """Writes a private file whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
