"""Answers a question about the workspace: gather, compose, ask; the answer streams.

request + what was said before ─▶ snippets ─▶ prompt ─▶ model ─▶ words as they come ─▶ Answer
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

from aid_lsp.context.engine import Engine
from aid_lsp.models.model import Answer, Model, OnText, OnWait, Prompt, Turn, ignore
from aid_lsp.proposals.compose import first_turn
from aid_lsp.workflows.page_text import sections
from aid_lsp.workspace.request import Request

_MOST_TURNS = 6
_LONGEST_TURN = 4_000
"""Characters; of a longer turn the end is kept, which is what a person refers to."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said before: a person's turn and AID's."""

    you: str
    aid: str


async def answer(
    request: Request,
    model: Model,
    context: Engine,
    context_tokens: int,
    earlier: Sequence[Exchange] = (),
    logs: Sequence[str] = (),
    on_text: OnText = ignore,
    on_wait: OnWait = ignore,
) -> Answer:
    """Answers `request.instruction` as a question. Raises `NotConfigured` and `ModelFailed`."""
    on_wait("gathering what the model should see")
    snippets = await context.gather(request, context_tokens)
    known = await context.facts(request)
    question = await asyncio.to_thread(first_turn, request, snippets, known, "Question")
    appended = "".join(f"\n# A build log\n\n{log[-_LONGEST_TURN:]}\n" for log in logs)
    turns = [
        turn
        for exchange in earlier[-_MOST_TURNS:]
        for turn in (Turn("user", exchange.you[-_LONGEST_TURN:]), Turn("assistant", exchange.aid[-_LONGEST_TURN:]))
    ]
    prompt = Prompt(_system(), (*turns, Turn("user", f"{question}{appended}")))
    on_wait(f"asking {model.name}")
    return await model.ask(prompt, on_text, on_wait)


def earlier_on(page: str, heading: str) -> tuple[Exchange, ...]:
    """What was said on the page before the turn of that heading."""
    found: list[Exchange] = []
    turns = sections(page)
    for you, aid in pairwise(turns):
        if aid.heading == heading:
            break
        if you.kind == "you" and aid.kind == "aid" and you.text(page) and aid.text(page):
            found.append(Exchange(you.text(page), aid.text(page)))
    return tuple(found)


@cache
def _system() -> str:
    return resources.files("aid_lsp.workflows").joinpath("prompts", "answer.md").read_text("utf-8")
