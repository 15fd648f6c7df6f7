"""The work that outlives a request: started by a command, owned by the connection, cancelled with it.

command ──start──▶ Job(id) ──▶ progress ──▶ its work ──▶ end        cancel by id, by progress token, or all
"""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aid_lsp.server import replies
from aid_lsp.server.progress import Progress


@dataclass(slots=True)
class Job:
    """One piece of work."""

    title: str
    root: Path | None
    progress: Progress
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    cancellable: bool = True
    """Whether `AID: cancel job` stops it; an edit that is on its way to the editor cannot be called back."""
    task: "asyncio.Task[None] | None" = None


Work = Callable[[Job], Coroutine[Any, Any, str]]
"""Does a job; answers with the last line of its progress."""


class Jobs:
    """The jobs and lesser tasks of one connection."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        """`complain` shows the user the sentence of a job that failed."""
        self._complain = complain
        self._running: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs that are under way, oldest first."""
        return tuple(self._running.values())

    def start(
        self, title: str, work: Work, progress: Progress, *, root: Path | None = None, cancellable: bool = True, job_id: str = ""
    ) -> Job:
        """Starts a job and answers at once; `job_id` is that of the same job under an earlier daemon."""
        job = Job(title, root, progress, cancellable=cancellable)
        job.id = job_id or job.id
        self._running[job.id] = job
        job.task = self.spawn(self._run(job, work))
        return job

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Runs something small in the background; a bug in it is logged."""
        if self._closed:
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
        self._closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, job: Job, work: Work) -> None:
        last = ""
        try:
            await job.progress.begin()
            last = await work(job)
        except asyncio.CancelledError:
            last = "cancelled"
            raise
        except Exception as error:  # noqa: BLE001 - the edge: a job's failure is told, the server lives on
            if not isinstance(error, replies.EXPECTED):
                replies.log_bug(f"job {job.id}", error)
            last = "failed"
            if not self._closed:
                self._complain(replies.sentence_of(error))
        finally:
            del self._running[job.id]
            job.progress.end(last)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            replies.log_bug("a background task", error)
