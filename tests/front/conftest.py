"""A workspace, a state folder of its own, and fronts with a scripted daemon behind them."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aid_lsp.front import supervise
from aid_lsp.front.places import Place, place_of
from tests.support.lsp_client import Client

REPOSITORY = Path(__file__).parent.parent.parent


@dataclass
class Site:
    """Where fronts and daemons of one test live."""

    root: Path
    state: Path
    journal: Path
    env: dict[str, str]

    @property
    def place(self) -> Place:
        return place_of(self.root)

    def launch(self, *knobs: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "tests.support.backend", "--journal", str(self.journal), *knobs)

    def front(self, *knobs: str, arguments: tuple[str, ...] = ()) -> AbstractAsyncContextManager[Client]:
        """A front whose daemon is scripted with these knobs."""
        command = [sys.executable, "-m", "tests.support.front_process", "--launch", json.dumps(self.launch(*knobs)), *arguments]
        return Client.start(command, env=self.env)

    async def say(self, word: str) -> dict[str, Any] | None:
        return await asyncio.to_thread(supervise.command, self.place, word, 20.0)

    def ran(self) -> list[str]:
        """The keys of the commands that were run."""
        return self.journal.read_text().split() if self.journal.exists() else []


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder with a short name: pytest's own are too long for a socket."""
    with tempfile.TemporaryDirectory(prefix="aid-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@pytest.fixture
async def site(base: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("AID_STATE", str(base / "state"))
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    root = base / "work"
    root.mkdir()
    site = Site(root, base / "state", base / "journal", dict(os.environ))  # noqa: TID251 - what a child process gets
    yield site
    await site.say("stop")
