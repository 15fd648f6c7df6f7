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
    finish: Literal["stop", "length", "unknown"] = "unknown"
    """Why it stopped; `length` means that it was cut off."""
    input_tokens: int = 0
    output_tokens: int = 0
    """Zero where the provider does not say."""


class Model(Protocol):
    """Asks one model. Raises `errors.ModelFailed` where it cannot; cancelling the task closes the connection."""

    @property
    def name(self) -> str:
        """The model, as the user named it."""
        ...

    async def ask(self, prompt: Prompt, on_text: Callable[[str], None]) -> Answer:
        """Asks, handing over each piece of text as it comes."""
        ...
