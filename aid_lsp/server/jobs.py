"""The work that outlives a request: started by a command, owned by the connection, cancelled with it.

command ──start──▶ Job(id) ──▶ progress ──▶ its work ──▶ end        cancel by id, by progress token, or all
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aid_lsp.server import replies
from aid_lsp.server.progress import Progress

Kind = Literal["change", "fix", "refine", "accept", "ask"]

_KEPT = 8
"""How many ended jobs are remembered, for clients that show them."""


@dataclass(slots=True, eq=False)
class Job:
    """One piece of work."""

    title: str
    root: Path | None
    progress: Progress
    kind: Kind = "change"
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    cancellable: bool = True
    """Whether `AID: cancel job` stops it; an edit that is on its way to the editor cannot be called back."""
    task: "asyncio.Task[None] | None" = None
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    message: str = ""
    """The newest line of its progress; at the end its last word."""
    started: float = field(default_factory=time.time)
    ended: float | None = None
    proposal: str | None = None
    """What it made or decided; its work sets it."""

    def fail(self, why: str) -> str:
        """Says that the work came to nothing, without being at fault: nothing to offer, an edit declined."""
        self.state, self.message = "failed", why
        return why

    def as_json(self) -> dict[str, object]:
        """The job for clients."""
        return {
            "job": self.id,
            "kind": self.kind,
            "title": self.title,
            "state": self.state,
            "message": self.message,
            "cancellable": self.cancellable and self.state == "running",
            "started": round(self.started, 3),
            "ended": round(self.ended, 3) if self.ended else None,
            "proposal": self.proposal,
        }


Work = Callable[[Job], Coroutine[Any, Any, str]]
"""Does a job; answers with the last line of its progress."""


class Jobs:
    """The jobs and lesser tasks of one connection."""

    def __init__(self, complain: Callable[[str], None], changed: Callable[[], None] = lambda: None) -> None:
        """`complain` shows the user the sentence of a job that failed; `changed` hears of each beginning, line and end."""
        self._complain = complain
        self._changed = changed
        self._running: dict[str, Job] = {}
        self._ended: deque[Job] = deque(maxlen=_KEPT)
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False
        """Whether the editor is gone, or about to go."""

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs that are under way, oldest first."""
        return tuple(self._running.values())

    @property
    def known(self) -> tuple[Job, ...]:
        """The last ones that ended, and those that are under way; oldest first."""
        return tuple(sorted((*self._ended, *self._running.values()), key=lambda job: job.started))

    def start(
        self,
        title: str,
        work: Work,
        progress: Progress,
        *,
        kind: Kind = "change",
        root: Path | None = None,
        cancellable: bool = True,
        job_id: str = "",
    ) -> Job:
        """Starts a job and answers at once; `job_id` is that of the same job under an earlier daemon."""
        job = Job(title, root, progress, kind, cancellable=cancellable)
        job.id = job_id or job.id
        progress.listener = lambda line: self._hear(job, line)
        self._running[job.id] = job
        self._changed()
        job.task = self.spawn(self._run(job, work))
        return job

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Runs something small in the background; a bug in it is logged."""
        if self.closed:
            work.close()
            raise asyncio.CancelledError
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def cancel(self, job_id: str | None = None) -> tuple[str, ...]:
        """Cancels one job or all of them; answers with the ids of those that it cancelled."""
        jobs = [job for job in self.running if job.cancellable and job_id in (None, job.id)]
        for job in jobs:
            if job.task:
                job.task.cancel()
        return tuple(job.id for job in jobs)

    def cancel_token(self, token: int | str) -> None:
        """Cancels the job whose progress has that token, as a client's own button does."""
        for job in self.running:
            if job.progress.token == token:
                self.cancel(job.id)

    async def close(self) -> None:
        """Cancels everything and waits until it has ended."""
        self.closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: Job, work: Work) -> None:
        last = ""
        try:
            await job.progress.begin()
            last = await work(job)
            if job.state == "running":
                job.state, job.message = "done", last
        except asyncio.CancelledError:
            last = "cancelled"
            job.state, job.message = "cancelled", "cancelled"
            raise
        except Exception as error:  # noqa: BLE001 - the edge: a job's failure is told, the server lives on
            if not isinstance(error, replies.EXPECTED):
                replies.log_bug(f"job {job.id}", error)
            last = "failed"
            job.fail(replies.sentence_of(error))
            if not self.closed:
                self._complain(replies.sentence_of(error))
        finally:
            del self._running[job.id]
            job.ended = time.time()
            self._ended.append(job)
            job.progress.end(last)
            self._changed()

    def _hear(self, job: Job, line: str) -> None:
        if job.state == "running":
            job.message = line
            self._changed()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            replies.log_bug("a background task", error)
