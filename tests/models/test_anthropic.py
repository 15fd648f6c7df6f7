"""The same promises in Anthropic's dialect."""

import asyncio

import pytest

from aid_lsp.errors import ModelFailed
from aid_lsp.models.connect import connect
from aid_lsp.models.model import Model, Prompt, Turn
from aid_lsp.settings import ModelSettings
from tests.support.openai_server import OpenAIServer

PROMPT = Prompt("You edit OCaml.", (Turn("user", "let secret = 42"), Turn("assistant", "a try"), Turn("user", "again")))
ANSWER = "```ocaml lib/a.ml\nlet x = 1\n```\n"


def model_at(server: OpenAIServer, timeout_s: float = 20) -> Model:
    return connect(ModelSettings(name="anthropic:claude-sonnet-5-5", url=server.url, timeout_s=timeout_s))


async def check_fails(server: OpenAIServer, expect: str) -> None:
    with pytest.raises(ModelFailed) as failure:
        await model_at(server).ask(PROMPT)
    assert expect in str(failure.value)
    assert "secret" not in str(failure.value)


async def test_the_answer_streams_and_comes_whole(server: OpenAIServer) -> None:
    server.enqueue(ANSWER)
    pieces: list[str] = []
    answer = await model_at(server).ask(PROMPT, pieces.append)
    assert answer.text == "".join(pieces) == ANSWER
    assert len(pieces) > 1
    assert answer.finish == "stop"


async def test_the_request_says_what_was_asked(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-private")
    server.enqueue(ANSWER)
    await model_at(server).ask(PROMPT)
    (request,) = server.requests
    assert (request.body["model"], request.body["max_tokens"]) == ("claude-sonnet-5-5", 8192)
    assert [message["role"] for message in request.messages] == ["user", "assistant", "user"]
    assert "You edit OCaml." in str(request.body["system"])
    assert "sk-private" not in str(request.headers)


async def test_a_limit_of_tokens_is_told(server: OpenAIServer) -> None:
    server.enqueue("let x = ", finish="length")
    assert (await model_at(server).ask(PROMPT)).finish == "length"


async def test_a_dropped_connection_is_a_broken_off_answer(server: OpenAIServer) -> None:
    server.cut_after(20, ANSWER * 5)
    await check_fails(server, "broke off in the middle")


async def test_an_orderly_end_in_the_middle_is_a_broken_off_answer_too(server: OpenAIServer) -> None:
    server.cut_after(20, ANSWER * 5, cleanly=True)
    await check_fails(server, "broke off in the middle")


async def test_a_refused_key_is_told(server: OpenAIServer) -> None:
    server.enqueue_error(401)
    await check_fails(server, "refuses the key")


async def test_nonsense_is_one_clear_error(server: OpenAIServer) -> None:
    server.nonsense("<html>welcome</html>")
    await check_fails(server, server.url)


async def test_cancelling_closes_the_connection(server: OpenAIServer) -> None:
    server.stall(after="let x")
    begun = asyncio.Event()
    asked = asyncio.ensure_future(model_at(server).ask(PROMPT, lambda text: begun.set()))
    await asyncio.wait_for(begun.wait(), 20)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await asyncio.wait_for(server.dropped(), 5)
