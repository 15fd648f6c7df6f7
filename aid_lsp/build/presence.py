"""What running AID servers say of themselves, for `aid status`: one small file for each editor, gone when it leaves.

    STATE/servers/4711-1.json   {"pid": 4711, "started": "81723", "client": "Neovim 0.10.4", "build": {"state": "green", …}}

A server that was killed leaves its file; who reads it sees by pid and start time that nobody is there, and removes it.
"""

import contextlib
import itertools
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from aid_lsp.build.keeper import start_time

_counter = itertools.count(1)


class Presence:
    """The file of one editor's server; its methods block."""

    def __init__(self, state: Path, client: str) -> None:
        self._path = state / "servers" / f"{os.getpid()}-{next(_counter)}.json"
        self._lock = threading.Lock()
        self._gone = False
        self._self = {"pid": os.getpid(), "started": start_time(os.getpid()), "client": client}

    def write(self, build: Mapping[str, object]) -> None:
        """Says how the build stands; a full disk costs no more than that."""
        fresh = self._path.with_suffix(".new")
        with self._lock, contextlib.suppress(OSError):
            if self._gone:
                return
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            fresh.write_text(json.dumps({**self._self, "build": build}), "utf-8")
            fresh.replace(self._path)

    def remove(self) -> None:
        """Says that nobody is here any more; a write that comes late says nothing."""
        with self._lock, contextlib.suppress(OSError):
            self._gone = True
            self._path.unlink()


def servers(state: Path) -> list[dict[str, Any]]:
    """What the servers that run for a workspace say, oldest process first."""
    found: list[dict[str, Any]] = []
    for path in sorted((state / "servers").glob("*.json")):
        if (said := _read(path)) is not None and _runs(said.get("pid"), said.get("started")):
            found.append(said)
        else:
            with contextlib.suppress(OSError):
                path.unlink()
    return found


def _read(path: Path) -> dict[str, Any] | None:
    try:
        said: object = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast("dict[str, Any]", said) if isinstance(said, dict) else None


def _runs(pid: object, started: object) -> bool:
    if not isinstance(pid, int):
        return False
    if started is not None:
        return start_time(pid) == started
    try:
        os.kill(pid, 0)  # no /proc on this system
    except OSError:
        return False
    return True
