"""Keeps AID's cache folder from growing without end: lanes that nobody used for long go, dune's shared cache keeps to a size.

CACHE/lanes/NAME-HASH/1/ …      older than `_KEPT_S`: removed          CACHE/lanes/dune-cache/     `dune cache trim --size`
CACHE/lanes/trimmed             when that was done last: once a day, in the background, by whichever AID comes first
"""

import fcntl
import logging
import os
import time
from pathlib import Path

from aid_lsp.build.keeper import environment
from aid_lsp.build.process import ask
from aid_lsp.build.toolchain import Toolchain
from aid_lsp.ces.sandbox import clear

_log = logging.getLogger(__name__)

_EVERY_S = 24 * 3600.0
_KEPT_S = 30 * 24 * 3600.0
_MOST_GB = 10
_PATIENCE_S = 600.0


def due(home: Path) -> bool:
    """Whether it is time; the caller that is told so is the one to do it. Blocks."""
    stamp = home / "trimmed"
    try:
        if time.time() - stamp.stat().st_mtime < _EVERY_S:
            return False
    except OSError:
        pass
    try:
        stamp.touch(0o600)
    except OSError:
        return False
    return True


def old_lanes(home: Path, kept_s: float = _KEPT_S) -> list[Path]:
    """Removes the lanes that were not used for so long and that nobody holds, and answers with their folders. Blocks."""
    removed: list[Path] = []
    for lock in home.glob("*/*/lock"):
        try:
            newest = max((lock.parent / name).stat().st_mtime for name in ("manifest", "lock") if (lock.parent / name).exists())
        except (OSError, ValueError):
            continue
        if time.time() - newest > kept_s and _remove(lock):
            removed.append(lock.parent)
    return removed


async def trim_dune_cache(toolchain: Toolchain, cache: Path) -> None:
    """Has dune forget what was not used for longest, down to a size. A cache that the user has chosen is the user's own."""
    ours = f"DUNE_CACHE_ROOT={cache}"
    if toolchain.rpc and environment({"DUNE_CACHE_ROOT": str(cache)})["DUNE_CACHE_ROOT"] == str(cache):
        await ask(("env", ours, *toolchain.command, "cache", "trim", "--size", f"{_MOST_GB}GB"), deadline_s=_PATIENCE_S)


def _remove(lock: Path) -> bool:
    """Removes a lane, held while that goes on."""
    try:
        held = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for entry in lock.parent.iterdir():
            if entry != lock:
                if entry.is_dir() and not entry.is_symlink():
                    clear(entry)
                else:
                    entry.unlink(missing_ok=True)
        clear(lock.parent)
    except OSError:
        return False
    finally:
        os.close(held)
    _log.info("removed the lane %s, unused for long", lock.parent)
    return True
