"""Adapts pydantic-ai's streaming request to our `Model`.

    ask ──▶ load (once, in a thread: the import takes seconds) ──▶ stream ──▶ pieces of text ──▶ Answer
             429, 503: twice more · other 5xx: once more              │ silent too long, too long in all, too big: ModelFailed

Each ask opens its connections and closes them, whether it ends, fails or is cancelled.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aid_lsp.errors import ModelFailed
from aid_lsp.models.clean import clean
from aid_lsp.models.model import Answer, OnText, OnWait, Prompt, ignore

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model as PydanticModel
    from pydantic_ai.settings import ModelSettings as PydanticSettings

_log = logging.getLogger(__name__)

LONGEST_ANSWER = 2_000_000
"""Characters; no change anybody wants to review is longer."""
LONGEST_WAIT_S = 60.0
"""How long a server may ask us to wait before we try again."""
_WHOLE = 10
"""The whole answer may take so many times the longest silence."""


@dataclass
class ThroughPydanticAI:
    """One model, reached by pydantic-ai."""

    name: str
    load: "Callable[[], PydanticModel]"
    """Imports and builds the model; blocking; raises `NotConfigured`."""
    where: str
    """The server, for error messages: `http://localhost:11434/v1`, `anthropic`."""
    timeout_s: float = 120.0
    max_output_tokens: int = 8192
    temperature: float | None = None
    says_why: bool = False
    """Whether this provider always says why an answer ended, so that one that does not say was cut."""
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep
    _loaded: "PydanticModel | None" = field(default=None, repr=False)

    async def ask(self, prompt: Prompt, on_text: OnText = ignore, on_wait: OnWait = ignore) -> Answer:
        """Asks; retries while nothing of the answer has come and the server may yet do better."""
        if self._loaded is None:
            on_wait("getting ready")
            self._loaded = await asyncio.to_thread(self.load)
        from aid_lsp.models.failures import retry_after, sentence, worth_another_try

        tried = 0
        while True:
            begun = False

            def noted(piece: str) -> None:
                nonlocal begun
                begun = True
                on_text(piece)

            try:
                return await self._once(self._loaded, prompt, noted, on_wait)
            except ModelFailed:
                raise
            except Exception as error:  # noqa: BLE001 - the edge to providers' SDKs, which raise anything on nonsense
                _log.info("model %s: %s", self.name, type(error).__name__)
                tried += 1
                asked = retry_after(error)
                wait_s = asked if asked is not None else 2.0**tried * random.uniform(0.5, 1)
                if begun or tried > worth_another_try(error) or wait_s > LONGEST_WAIT_S:
                    # `from None`: a traceback in somebody's log would quote the prompt.
                    raise ModelFailed(sentence(error, self.name, self.where, begun=begun)) from None
            on_wait(f"the server is busy, trying again in {wait_s:.0f} s")
            await self.pause(wait_s)

    async def _once(self, model: "PydanticModel", prompt: Prompt, on_text: OnText, on_wait: OnWait) -> Answer:
        from pydantic_ai.direct import model_request_stream

        pieces: list[str] = []
        size = 0
        loop = asyncio.get_running_loop()
        silence = asyncio.timeout(self.timeout_s)
        try:
            async with asyncio.timeout(self.timeout_s * _WHOLE), silence:
                async with (
                    model,
                    model_request_stream(model, _messages(prompt), model_settings=self._settings(), instrument=False) as stream,
                ):
                    async for event in stream:
                        silence.reschedule(loop.time() + self.timeout_s)
                        piece = _text_of(event)
                        if piece is None:
                            on_wait("thinking")
                        elif piece:
                            pieces.append(piece)
                            size += len(piece)
                            if size > LONGEST_ANSWER:
                                raise ModelFailed(
                                    f"The answer of {self.name} grew past 2 MB and was stopped; ask for less at once."
                                )
                            on_text(piece)
                response = stream.get()
        except TimeoutError:
            if not silence.expired():
                whole_s = self.timeout_s * _WHOLE
                raise ModelFailed(f"{self.name} was still answering after {whole_s:g} s and was stopped; ask for less.") from None
            what = f"The answer of {self.name} stalled" if pieces else f"{self.name} does not answer"
            raise ModelFailed(
                f"{what}: nothing came from {self.where} for {self.timeout_s:g} s. Try again, or raise `model.timeout_s`."
            ) from None
        return self._answer(clean("".join(pieces)), response)

    def _answer(self, text: str, response: "ModelResponse") -> Answer:
        finish = response.finish_reason
        if not text.strip() and finish == "length":
            raise ModelFailed(
                f"{self.name} used up its {self.max_output_tokens} output tokens before it answered; "
                "raise `model.max_output_tokens`."
            )
        if finish == "content_filter":
            raise ModelFailed(f"{self.where} withheld the answer of {self.name} (content filter).")
        if finish == "error" or (finish is None and self.says_why):
            raise ModelFailed(f"The answer of {self.name} broke off in the middle; nothing was changed. Try again.")
        if not text.strip():
            raise ModelFailed(f"{self.name} sent an empty answer; try again or say it in other words.")
        return Answer(
            text,
            finish if finish in ("stop", "length") else "unknown",
            response.usage.input_tokens,
            response.usage.output_tokens,
        )

    def _settings(self) -> "PydanticSettings":
        from pydantic_ai.settings import ModelSettings as PydanticSettings

        # The SDK's own retries say nothing to the user; its time limits only back ours up.
        settings = PydanticSettings(max_tokens=self.max_output_tokens, max_retries=0, timeout=self.timeout_s + 5)
        if self.temperature is not None:
            settings["temperature"] = self.temperature
        return settings


def _messages(prompt: Prompt) -> "list[ModelMessage]":
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart

    messages: list[ModelMessage] = []
    for index, turn in enumerate(prompt.turns):
        if turn.role == "assistant":
            messages.append(ModelResponse(parts=[TextPart(turn.text)]))
        else:
            system = [SystemPromptPart(prompt.system)] if index == 0 else []
            messages.append(ModelRequest(parts=[*system, UserPromptPart(turn.text)]))
    return messages


def _text_of(event: object) -> str | None:
    """The text in an event; empty for one that brings none; None for the model's thoughts."""
    from pydantic_ai.messages import (
        PartDeltaEvent,
        PartStartEvent,
        TextPart,
        TextPartDelta,
        ThinkingPart,
        ThinkingPartDelta,
    )

    match event:
        case PartStartEvent(part=TextPart(content=text)) | PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            return text
        case PartStartEvent(part=ThinkingPart()) | PartDeltaEvent(delta=ThinkingPartDelta()):
            return None
        case _:
            return ""
