"""The real provider path, against a real server on loopback."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from aid_lsp.errors import ModelFailed, NotConfigured
from aid_lsp.models.connect import connect, reachable
from aid_lsp.models.model import Answer, Prompt, Turn
from aid_lsp.models.through_pydantic_ai import LONGEST_ANSWER, ThroughPydanticAI
from aid_lsp.settings import ModelSettings
from tests.support.openai_server import OpenAIServer

PROMPT = Prompt("You edit OCaml.", (Turn("user", "let secret = 42"),))
ANSWER = "```ocaml lib/a.ml\nlet x = 1\n```\n"


def model_at(server: OpenAIServer, waits: list[float] | None = None, **settings: Any) -> ThroughPydanticAI:
    model = connect(replace(ModelSettings(name="qwen2.5-coder:7b", url=server.url, timeout_s=20), **settings))
    assert isinstance(model, ThroughPydanticAI)

    async def pause(seconds: float) -> None:
        (waits if waits is not None else []).append(seconds)

    return replace(model, pause=pause)


async def check_fails(server: OpenAIServer, expect: str, **settings: Any) -> None:
    with pytest.raises(ModelFailed) as failure:
        await model_at(server, **settings).ask(PROMPT)
    assert expect in str(failure.value)
    assert "secret" not in str(failure.value)
    assert failure.value.__cause__ is None


async def test_the_answer_streams_and_comes_whole(server: OpenAIServer) -> None:
    server.enqueue(ANSWER)
    pieces: list[str] = []
    answer = await model_at(server).ask(PROMPT, pieces.append)
    assert answer.text == "".join(pieces) == ANSWER
    assert len(pieces) > 1
    assert answer.finish == "stop"
    assert answer.output_tokens > 0


async def test_the_request_says_what_was_asked_and_no_more(server: OpenAIServer) -> None:
    server.enqueue(ANSWER)
    turns = (Turn("user", "first"), Turn("assistant", "a try"), Turn("user", "again"))
    await model_at(server, api_key="k", temperature=0.5, max_output_tokens=99).ask(Prompt("be brief", turns))
    (request,) = server.requests
    assert request.messages == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "a try"},
        {"role": "user", "content": "again"},
    ]
    assert request.headers["authorization"] == "Bearer k"
    assert {key: request.body.get(key) for key in ("model", "stream", "temperature", "max_tokens")} == {
        "model": "qwen2.5-coder:7b",
        "stream": True,
        "temperature": 0.5,
        "max_tokens": 99,
    }


async def test_no_other_providers_key_goes_to_a_server_without_one(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-private")
    server.enqueue(ANSWER)
    await model_at(server).ask(PROMPT)
    assert "sk-private" not in str(server.requests[0].headers)


async def test_a_provider_before_the_name_is_not_part_of_the_name_on_the_server(server: OpenAIServer) -> None:
    server.enqueue(ANSWER)
    await model_at(server, name="ollama:qwen2.5-coder:7b").ask(PROMPT)
    assert server.requests[0].body["model"] == "qwen2.5-coder:7b"


async def test_an_answer_without_usage_is_an_answer(server: OpenAIServer) -> None:
    server.enqueue(ANSWER, usage=False)
    assert (await model_at(server).ask(PROMPT)) == Answer(ANSWER, "stop", 0, 0)


async def test_an_answer_cut_by_the_token_limit_says_so(server: OpenAIServer) -> None:
    server.enqueue("let x = ", finish="length")
    assert (await model_at(server).ask(PROMPT)).finish == "length"


async def test_thoughts_are_progress_and_not_the_answer(server: OpenAIServer) -> None:
    server.enqueue("<think>is it\n```\n1?</think>\n\n" + ANSWER + "<|im_end|>", reasoning="hmm")
    waits: list[str] = []
    answer = await model_at(server).ask(PROMPT, on_wait=waits.append)
    assert answer.text == ANSWER
    assert waits == ["getting ready", "thinking"]


async def test_a_busy_server_is_asked_again_when_it_says(server: OpenAIServer) -> None:
    server.enqueue_error(429, retry_after=7)
    server.enqueue_error(503)
    server.enqueue(ANSWER)
    waits: list[float] = []
    words: list[str] = []
    answer = await model_at(server, waits).ask(PROMPT, on_wait=words.append)
    assert answer.text == ANSWER
    assert waits[0] == 7
    assert 0 < waits[1] <= 4
    assert words[1] == "the server is busy, trying again in 7 s"


async def test_a_server_that_stays_busy_is_given_up(server: OpenAIServer) -> None:
    for _ in range(4):
        server.enqueue_error(429, retry_after=0)
    await check_fails(server, "too busy (HTTP 429); try again later")
    assert len(server.requests) == 3


async def test_a_wait_of_an_hour_is_not_waited(server: OpenAIServer) -> None:
    server.enqueue_error(429, retry_after=3600)
    await check_fails(server, "too busy")
    assert len(server.requests) == 1


async def test_a_failing_server_gets_one_more_try(server: OpenAIServer) -> None:
    server.enqueue_error(500)
    server.enqueue_error(500)
    await check_fails(server, "failed (HTTP 500)")
    assert len(server.requests) == 2


async def test_a_server_that_recovers_answers(server: OpenAIServer) -> None:
    server.enqueue_error(500)
    server.enqueue(ANSWER)
    assert (await model_at(server).ask(PROMPT)).text == ANSWER


@pytest.mark.parametrize(
    ("status", "expect"),
    [
        pytest.param(400, "rejects the request (HTTP 400)", id="bad request"),
        pytest.param(401, "refuses the key", id="key"),
        pytest.param(403, "refuses the key", id="forbidden"),
        pytest.param(404, "does not know a model 'qwen2.5-coder:7b'", id="unknown model"),
    ],
)
async def test_a_refusal_is_final_and_says_what_to_check(server: OpenAIServer, status: int, expect: str) -> None:
    server.enqueue_error(status)
    await check_fails(server, expect)
    assert len(server.requests) == 1


async def test_a_dropped_connection_is_a_broken_off_answer(server: OpenAIServer) -> None:
    server.cut_after(20, ANSWER * 5)
    await check_fails(server, "broke off in the middle; nothing was changed")
    assert len(server.requests) == 1


async def test_an_orderly_end_without_a_finish_reason_is_a_broken_off_answer_too(server: OpenAIServer) -> None:
    server.cut_after(20, ANSWER * 5, cleanly=True)
    await check_fails(server, "broke off in the middle")


async def test_silence_before_the_first_word_has_a_limit(server: OpenAIServer) -> None:
    server.stall()
    await check_fails(server, "does not answer: nothing came", timeout_s=0.3)
    await server.dropped()


async def test_silence_in_the_middle_has_a_limit(server: OpenAIServer) -> None:
    server.stall(after="let x")
    await check_fails(server, "stalled: nothing came", timeout_s=0.3)
    await server.dropped()


async def test_cancelling_closes_the_connection(server: OpenAIServer) -> None:
    server.stall(after="let x")
    begun = asyncio.Event()
    asked = asyncio.ensure_future(model_at(server).ask(PROMPT, lambda text: begun.set()))
    await asyncio.wait_for(begun.wait(), 20)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await asyncio.wait_for(server.dropped(), 5)


async def test_an_answer_of_ten_megabytes_is_stopped(server: OpenAIServer) -> None:
    server.enqueue("let x = 1\n" * 1_000_000, chunk=100_000)
    got = 0

    def count(piece: str) -> None:
        nonlocal got
        got += len(piece)

    with pytest.raises(ModelFailed, match="grew past 2 MB"):
        await model_at(server).ask(PROMPT, count)
    assert got <= LONGEST_ANSWER
    await asyncio.wait_for(server.dropped(), 5)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<html>welcome</html>", id="web page"),
        pytest.param("data: {broken\n\n", id="broken json"),
        pytest.param('data: {"choices": 3}\n\n', id="wrong type"),
        pytest.param("data: [1, 2]\n\n", id="list"),
        pytest.param("", id="nothing"),
        pytest.param("data: [DONE]\n\n", id="only the end"),
        pytest.param("\x00\xff" * 1000, id="noise"),
    ],
)
async def test_nonsense_is_one_clear_error(server: OpenAIServer, body: str) -> None:
    server.nonsense(body)
    await check_fails(server, server.url)


async def test_an_empty_answer_is_an_error(server: OpenAIServer) -> None:
    server.enqueue("  \n")
    await check_fails(server, "sent an empty answer")


async def test_a_model_that_only_thinks_is_told_apart(server: OpenAIServer) -> None:
    server.enqueue("", reasoning="hmm", finish="length")
    await check_fails(server, "used up its 8192 output tokens")


async def test_an_address_where_nothing_listens(server: OpenAIServer) -> None:
    url = server.url.replace(str(server.port), "1")
    with pytest.raises(ModelFailed, match=r"Nothing listens at http://127.0.0.1:1/v1; is it running\?"):
        await connect(ModelSettings(name="m", url=url)).ask(PROMPT)


async def test_logs_hold_no_prompt_key_or_answer_even_when_debugging(
    server: OpenAIServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.enqueue("let answered = true")
    server.enqueue_error(401)
    with caplog.at_level(logging.DEBUG):
        model = model_at(server, api_key="sk-private")
        await model.ask(PROMPT)
        with pytest.raises(ModelFailed):
            await model.ask(PROMPT)
    assert not [word for word in ("let secret", "sk-private", "let answered") if word in caplog.text]
    assert "sk-private" not in repr(model)


async def test_a_reachable_server_has_no_problem(server: OpenAIServer) -> None:
    assert await reachable(ModelSettings(name="scripted", url=server.url)) is None


async def test_a_model_that_the_server_does_not_list_is_named(server: OpenAIServer) -> None:
    problem = await reachable(ModelSettings(name="gpt-9", url=server.url))
    assert problem == f"{server.url} does not list a model 'gpt-9'; it has scripted."


async def test_a_wrong_path_is_named(server: OpenAIServer) -> None:
    url = server.url.removesuffix("/v1")
    assert await reachable(ModelSettings(name="m", url=url)) == f"{url} answers HTTP 404 to /models; does its address end in /v1?"


async def test_an_unreachable_server_is_named() -> None:
    assert await reachable(ModelSettings(name="m", url="http://127.0.0.1:1/v1")) == (
        "Nothing listens at http://127.0.0.1:1/v1; is it running?"
    )


@pytest.mark.parametrize(
    ("settings", "expect"),
    [
        pytest.param(ModelSettings(), "No model is configured", id="none"),
        pytest.param(ModelSettings(name="gpt-5"), "without a provider", id="no provider"),
        pytest.param(ModelSettings(name="acme:gpt-5"), "'acme' is not a provider AID knows", id="unknown provider"),
        pytest.param(ModelSettings(name="openai:gpt-5"), "set OPENAI_API_KEY, or AID_API_KEY", id="no key"),
        pytest.param(ModelSettings(name="anthropic:claude-x"), "set ANTHROPIC_API_KEY, or AID_API_KEY", id="no key, Anthropic"),
        pytest.param(ModelSettings(name="mistral:large"), "pydantic-ai-slim[mistral]", id="missing package"),
        pytest.param(ModelSettings(name="m", url="localhost:11434"), "write the whole address", id="no scheme"),
        pytest.param(ModelSettings(name="m", url="file:///etc/passwd"), "write the whole address", id="a file"),
    ],
)
async def test_what_is_missing_is_said_with_what_to_do(
    settings: ModelSettings, expect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    problem = await reachable(settings)
    assert problem is not None
    assert expect in problem
    with pytest.raises(NotConfigured) as failure:
        await connect(settings).ask(PROMPT)
    assert expect in str(failure.value)


@pytest.mark.parametrize("name", ["openai:gpt-5", "anthropic:claude-x", "ollama:qwen3"])
async def test_a_provider_with_its_key_is_ready(name: str) -> None:
    assert await reachable(ModelSettings(name=name, api_key="k")) is None
