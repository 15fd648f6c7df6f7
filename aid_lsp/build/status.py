"""Whether the saved tree builds, as a value and as a stream of values.

    follower ──tell──▶ BuildFeed ──▶ listeners, `async for status in feed.changes()`

A status names a tree only if its build began after the last write; until then it is about an older one.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from aid_lsp.workspace.diagnostic import Diagnostic

BuildState = Literal["green", "red", "building", "unknown"]

Source = Literal["", "your dune --watch", "AID's lane"]
"""Who builds; empty as long as nobody does."""


@dataclass(frozen=True, slots=True)
class BuildStatus:
    """What is known of the build at one moment."""

    state: BuildState
    since: float = field(default_factory=time.time, compare=False)
    """When the state came about, in seconds since 1970."""
    source: Source = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What the last build that ended said; while one runs, also what it has said so far."""
    tree: str = ""
    """The digest of the `View` of the saved tree that this is about; empty where that is not certain."""
    note: str = ""
    """Why it is unknown, with what to do; one sentence."""

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(one.severity == "error" for one in self.diagnostics)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return len(self.diagnostics) - self.errors

    @property
    def sentence(self) -> str:
        """For people: `red, 2 errors, since 12:03:04, says your dune --watch`."""
        counts = [_counted(self.errors, "error"), _counted(self.warnings, "warning")]
        since = time.strftime("%H:%M:%S", time.localtime(self.since))
        parts = [self.state, *filter(None, counts), f"since {since}"]
        said = ", ".join(parts) + (f", says {self.source}" if self.source else "")
        return f"{said}: {self.note}" if self.note else said

    def as_json(self) -> dict[str, object]:
        """As editors and `aid status --json` get it; without the diagnostics, which may be many."""
        return {
            "state": self.state,
            "since": round(self.since, 3),
            "source": self.source,
            "errors": self.errors,
            "warnings": self.warnings,
            "tree": self.tree,
            "note": self.note,
        }


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""


class BuildFeed:
    """The newest status, and who wants to hear of each new one."""

    def __init__(self) -> None:
        self.now = BuildStatus("unknown", note="nothing has been built yet")
        self._listeners: list[Callable[[BuildStatus], None]] = []

    def tell(self, status: BuildStatus) -> None:
        """Takes a new status; one that says nothing new is dropped, and a state that goes on keeps its beginning."""
        if status == self.now:
            return
        if (status.state, status.source) == (self.now.state, self.now.source):
            status = replace(status, since=self.now.since)
        self.now = status
        for listener in tuple(self._listeners):
            listener(status)

    def listen(self, listener: Callable[[BuildStatus], None]) -> Callable[[], None]:
        """Calls the listener with each new status; answers with what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def changes(self) -> AsyncIterator[BuildStatus]:
        """The present status and every newer one; a slow reader sees the newest, not all."""
        news = asyncio.Event()
        stop = self.listen(lambda _: news.set())
        try:
            seen: BuildStatus | None = None
            while True:
                news.clear()
                if seen is not self.now:
                    seen = self.now
                    yield seen
                else:
                    await news.wait()
        finally:
            stop()


class Following(Protocol):
    """Follows the build of one workspace; `ces.follow.Follower` is the real one."""

    feed: BuildFeed

    def start(self) -> None:
        """Begins, if it has not begun."""
        ...

    def changed(self) -> None:
        """Says that a file was saved: sooner than the file system does."""
        ...

    async def close(self) -> None:
        """Stops what it started."""
        ...
