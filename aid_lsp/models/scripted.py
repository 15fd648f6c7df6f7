"""A model that says what it was told to say, for tests and dry runs."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from aid_lsp.errors import ModelFailed
from aid_lsp.models.model import Answer, OnText, OnWait, Prompt, ignore


@dataclass
class ScriptedModel:
    """Answers from a queue and remembers what it was asked."""

    name: str = "scripted"
    queue: deque[Answer | Exception | asyncio.Event] = field(default_factory=deque[Answer | Exception | asyncio.Event])
    history: list[Prompt] = field(default_factory=list[Prompt])
    """Every prompt, oldest first."""

    def enqueue(self, *answers: str | Answer | Exception | asyncio.Event) -> "ScriptedModel":
        """Queues answers; an exception is raised, an event is waited for and then the next one is taken."""
        self.queue.extend(Answer(answer, "stop") if isinstance(answer, str) else answer for answer in answers)
        return self

    async def ask(self, prompt: Prompt, on_text: OnText = ignore, on_wait: OnWait = ignore) -> Answer:
        """Takes the next answer; raises `ModelFailed` when there is none."""
        self.history.append(prompt)
        while self.queue:
            step = self.queue.popleft()
            if isinstance(step, asyncio.Event):
                on_wait("thinking")
                await step.wait()
            elif isinstance(step, Exception):
                raise step
            else:
                for line in step.text.split("\n"):
                    on_text(line + "\n")
                return step
        raise ModelFailed("The scripted model has nothing more to say.")
