"""The wishes that are being granted, on disk: a job survives the daemon that runs it.

    job starts ─▶ FOLDER/SESSION-JOB.json ─▶ job ends, however: gone          daemon dies or restarts: it stays
    the session is told to the next daemon ─▶ take(): what is still to be done, each once

A wish whose second daemon dies, too, is not tried again (`tries`): it may be what kills them. A restart does not count.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aid_lsp.front.wire import table

_KEPT_S = 24 * 3600.0
"""A session that does not come back within a day is over."""


@dataclass(slots=True, eq=False)
class Unfinished:
    """The unfinished jobs of one editor's session."""

    folder: Path | None = None
    """None: nothing is kept, as there is nobody who would come back."""
    session: str = ""
    parting: bool = False
    """Whether the daemon ends, not the editor: then what is cancelled stays to be done."""

    async def during(self, job: str, wish: Mapping[str, Any], work: Coroutine[Any, Any, str]) -> str:
        """Does a job's work; keeps the wish meanwhile."""
        if self.folder is None:
            return await work
        path = self.folder / f"{self.session}-{job}.json"
        try:
            await asyncio.to_thread(_write, path, wish)
            return await work
        finally:
            work.close()
            if self.parting:
                await asyncio.shield(asyncio.to_thread(_write, path, {**wish, "tries": int(wish.get("tries", 1)) - 1}))
            else:
                # Not awaited: the user sees the job's end now.
                asyncio.get_running_loop().run_in_executor(None, _forget, path)

    async def take(self) -> list[tuple[str, dict[str, Any]]]:
        """The jobs that an earlier daemon left undone, with their ids; oldest first, and no longer on disk."""
        if self.folder is None or not self.session:
            return []
        return await asyncio.to_thread(_take, self.folder, self.session)


def _write(path: Path, wish: Mapping[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(wish), "utf-8")


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _take(folder: Path, session: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[float, str, dict[str, Any]]] = []
    for path in folder.glob("*.json"):
        try:
            written = path.stat().st_mtime
            owner, _, job = path.stem.partition("-")
            if owner == session:
                found.append((written, job, table(json.loads(path.read_text("utf-8")))))
            if owner == session or time.time() - written > _KEPT_S:
                path.unlink(missing_ok=True)
        except (OSError, ValueError):
            continue  # written by half when the daemon died
    return [(job, wish) for _, job, wish in sorted(found, key=lambda item: item[0])]
