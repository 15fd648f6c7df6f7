"""What AID needs of a language model: a prompt in, text out, in a stream that can be cancelled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation after the system prompt."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked; the stable part first, so that servers can cache the prefix."""

    system: str
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said."""

    text: str
    """Without the model's thoughts and control tokens."""
    finish: Literal["stop", "length", "unknown"] = "unknown"
    """Why it stopped; `length` means that it was cut off by the limit of output tokens."""
    input_tokens: int = 0
    output_tokens: int = 0
    """Zero where the provider does not say."""


OnText = Callable[[str], None]
"""Takes each piece of text as it comes, raw."""

OnWait = Callable[[str], None]
"""Takes a few words on why no text comes: `thinking`, `the server is busy, trying again in 5 s`."""


def ignore(words: str) -> None:
    """Takes words and forgets them."""


class Model(Protocol):
    """Asks one model. Raises `NotConfigured` or `ModelFailed`; cancelling the task closes the connection."""

    @property
    def name(self) -> str:
        """The model, as the user named it."""
        ...

    async def ask(self, prompt: Prompt, on_text: OnText = ignore, on_wait: OnWait = ignore) -> Answer:
        """Asks, handing over each piece of text as it comes."""
        ...
