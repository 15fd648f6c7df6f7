"""Holds Python's collector of cycles back while somebody waits.

A full collection looks at every outline that the index keeps in memory, 60 to 120 ms, and what a gather allocates would set it off in
the midst of one gather out of thirteen. It comes afterwards instead. What has no cycles is freed at once as ever.
"""

import gc
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class _Held:
    by: int = 0
    """How many hold it back just now."""
    lock: Lock = field(default_factory=Lock)


_held = _Held()


@contextmanager
def held() -> Generator[None]:
    """Any number of threads may hold it; it is let go when the last one has ended. One that is off stays off."""
    with _held.lock:
        ours = _held.by > 0 or gc.isenabled()
        if ours:
            _held.by += 1
            gc.disable()
    try:
        yield
    finally:
        if ours:
            with _held.lock:
                _held.by -= 1
                if _held.by == 0:
                    gc.enable()
