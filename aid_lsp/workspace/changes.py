"""Tells when files of the workspace change on disk, whoever writes them.

Only folders with sources are watched, each by itself: a recursive watch would hear of every file that a build writes. A set of
paths may be empty: then files may have changed while nobody watched (at the beginning, after a new folder), and one has to look.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

from watchfiles import (
    Change,
    awatch,  # pyright: ignore[reportUnknownVariableType] - an optional event loop's types
)

from aid_lsp.workspace.ignore import skipped_folder

_log = logging.getLogger(__name__)

_QUIET_MS = 50
"""Changes that follow each other faster than this come together."""
_LONGEST_MS = 200
_BUILD = "_build"
_SEEN_IN_BUILD = (_BUILD, f"{_BUILD}/.rpc", f"{_BUILD}/.rpc/dune")
"""What says that the user's own dune came or went."""


async def changed_paths(root: Path) -> AsyncIterator[frozenset[str]]:
    """Paths that changed, relative to the root; ends where this system cannot watch so many folders."""
    failures = 0
    while failures < 3:
        folders = await asyncio.to_thread(_folders, root)
        watching = awatch(
            *(root / folder for folder in folders),
            watch_filter=lambda _, path: _counts(_relative(path, root)),
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            recursive=False,
        )
        following = asyncio.ensure_future(anext(watching))
        try:
            await asyncio.sleep(0)  # its first step sets the watch up
            if not following.done() and await asyncio.to_thread(_folders, root) != folders:
                continue
            yield frozenset()
            while True:
                changes = await following
                failures = 0
                yield frozenset(_relative(path, root) for _, path in changes)
                if await asyncio.to_thread(_moved, changes, folders, root):
                    break
                following = asyncio.ensure_future(anext(watching))
                await asyncio.sleep(0)
        except (OSError, RuntimeError, StopAsyncIteration) as error:  # a folder went meanwhile, or there are too many of them
            failures += 1
            _log.info("files are not watched: %s", error)
        finally:
            following.cancel()
            await asyncio.wait({following})
            await watching.aclose()


def _folders(root: Path) -> frozenset[str]:
    """The folders with sources, the root itself as `.`, and where a running dune shows itself."""
    found = {".", *(folder for folder in _SEEN_IN_BUILD[:2] if (root / folder).is_dir())}
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                inside = [e.name for e in entries if e.is_dir(follow_symlinks=False) and not skipped_folder(e.name)]
        except OSError:
            continue
        found.update(f"{folder}{name}" for name in inside)
        pending += (f"{folder}{name}/" for name in inside)
    return frozenset(found)


def _relative(path: str, root: Path) -> str:
    return path.removeprefix(f"{root}/") if path != str(root) else "."


def _counts(path: str) -> bool:
    return path in _SEEN_IN_BUILD or not any(skipped_folder(part) for part in path.split("/"))


def _moved(changes: set[tuple[Change, str]], folders: frozenset[str], root: Path) -> bool:
    """Whether folders came or went."""
    for change, path in changes:
        relative = _relative(path, root)
        if relative in folders if change is Change.deleted else relative not in folders and (root / relative).is_dir():
            return True
    return False
