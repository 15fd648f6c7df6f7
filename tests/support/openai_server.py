"""A model server that says what it is told: real HTTP on loopback, OpenAI's dialect (and Anthropic's), driven by a queue.

    async with OpenAIServer() as server:             python -m tests.support.openai_server --script answers.jsonl
        server.enqueue("an answer")                  {"text": "an answer"}
        server.enqueue_error(429, retry_after=1)     {"error": 429, "retry_after": 1}
        server.stall()                               {"stall": true}
        server.cut_after(20, "a long answer")        {"text": "a long answer", "cut_after": 20}
        server.nonsense("<html>")                    {"nonsense": "<html>"}
        server.url  # http://127.0.0.1:PORT/v1

In a script a step with `"when": "words"` waits for a request whose last message holds these words, and one with `"repeat": true`
stays in the queue. A request that nothing is queued for gets HTTP 400.
"""

import argparse
import asyncio
import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Step:
    """What becomes of one request."""

    text: str = ""
    error: int = 0
    retry_after: float | None = None
    stall: bool = False
    """Answers nothing until the client goes away; with a text, nothing after it."""
    cut_after: int | None = None
    """Drops the connection after so many characters of the text."""
    cleanly: bool = False
    """Makes the cut look like an orderly end of the stream, without a finish reason."""
    nonsense: str | None = None
    """Sent as the body, with status 200."""
    chunk: int = 12
    """Characters in one event."""
    pause_s: float = 0.0
    """Between two events."""
    finish: str = "stop"
    usage: bool = True
    reasoning: str = ""
    """Sent before the text, as servers of reasoning models do."""
    when: str = ""
    repeat: bool = False


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, str]]:
        return self.body.get("messages", [])


@dataclass
class OpenAIServer:
    """Listens on a free port of 127.0.0.1 while it is entered."""

    steps: list[Step] = field(default_factory=list[Step])
    port: int = 0
    models: tuple[str, ...] = ("scripted",)
    requests: list[Received] = field(default_factory=list[Received])
    """The chat requests, oldest first."""
    vector: Callable[[str], list[float]] | None = None
    """The embedding of a text; without it there is no embedding model."""
    log: Path | None = None
    """Where each chat request's body is appended as a line of JSON."""

    def __post_init__(self) -> None:
        self._server: asyncio.Server | None = None
        self._busy: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Condition()
        self._dropped = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def enqueue(self, text: str, **how: Any) -> None:
        self.steps.append(Step(text, **how))

    def enqueue_error(self, status: int, retry_after: float | None = None) -> None:
        self.steps.append(Step(error=status, retry_after=retry_after))

    def stall(self, after: str = "") -> None:
        self.steps.append(Step(after, stall=True))

    def cut_after(self, count: int, text: str, *, cleanly: bool = False) -> None:
        self.steps.append(Step(text, cut_after=count, cleanly=cleanly))

    def nonsense(self, body: str) -> None:
        self.steps.append(Step(nonsense=body))

    async def received(self, count: int = 1) -> None:
        """Waits until so many chat requests have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.requests) >= count)

    async def dropped(self, count: int = 1) -> None:
        """Waits until so many clients have gone away before their answer was whole."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._dropped >= count)

    async def __aenter__(self) -> "OpenAIServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            while received := await _receive(reader):
                await self._answer(received, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            await self._note_drop()
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            self._busy.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if received.path == "/v1/models":
            return await _send_json(
                writer, 200, {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]}
            )
        if received.path == "/v1/embeddings" and self.vector is not None:
            async with self._changed:
                self.requests.append(received)
                self._changed.notify_all()
            data = [{"index": at, "embedding": self.vector(text)} for at, text in enumerate(received.body["input"])]
            return await _send_json(writer, 200, {"object": "list", "data": data})
        if received.path not in ("/v1/chat/completions", "/v1/messages"):
            return await _send_json(writer, 404, _error("no such path"))
        async with self._changed:
            self.requests.append(received)
            self._changed.notify_all()
        if self.log:
            await asyncio.to_thread(_append, self.log, json.dumps(received.body) + "\n")
        step = self._take(received)
        if step is None:
            return await _send_json(writer, 400, _error("nothing is queued for this request"))
        if step.error:
            extra = {} if step.retry_after is None else {"Retry-After": f"{step.retry_after:g}"}
            return await _send_json(writer, step.error, _error(f"scripted error {step.error}"), extra)
        if step.nonsense is not None:
            return await _send(writer, 200, "text/event-stream", step.nonsense.encode())
        if step.stall and not step.text:
            return await self._wait_for_drop(reader)
        if received.body.get("stream"):
            return await self._stream(step, received, reader, writer)
        return await _send_json(writer, 200, _completion(step, received))

    def _take(self, received: Received) -> Step | None:
        last = received.messages[-1].get("content", "") if received.messages else ""
        for index, step in enumerate(self.steps):
            if step.when in str(last):
                return step if step.repeat else self.steps.pop(index)
        return None

    async def _stream(self, step: Step, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}))
        text = step.text if step.cut_after is None else step.text[: step.cut_after]
        gone = asyncio.ensure_future(reader.read(1))
        try:
            deltas: list[dict[str, str]] = [{"role": "assistant", "content": ""}]
            if step.reasoning:
                deltas.append({"reasoning_content": step.reasoning})
            deltas += [{"content": text[start : start + step.chunk]} for start in range(0, len(text), step.chunk)]
            claude = received.path == "/v1/messages"
            if claude:
                await _claude(writer, *_CLAUDE_BEGINS)
                deltas = deltas[1:]
            for delta in deltas:
                if claude:
                    await _claude(writer, _claude_piece(delta["content"]))
                else:
                    await _event(writer, _piece(received, delta, None))
                if step.pause_s:
                    await asyncio.wait((gone,), timeout=step.pause_s)
                if gone.done() or reader.at_eof():
                    raise ConnectionResetError
            if step.stall:
                await gone
                raise ConnectionResetError
            if step.cut_after is not None and not step.cleanly:
                writer.transport.abort()
                return
            if step.cut_after is None and claude:
                await _claude(writer, *_claude_ends(step, received))
            elif step.cut_after is None:
                await _event(writer, _piece(received, {}, step.finish))
                if step.usage:
                    await _event(writer, {**_piece(received, {}, None), "choices": [], "usage": _usage(step, received)})
                await _raw_event(writer, "[DONE]")
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            if not gone.done():
                gone.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await gone

    async def _wait_for_drop(self, reader: asyncio.StreamReader) -> None:
        await reader.read(1)
        raise ConnectionResetError

    async def _note_drop(self) -> None:
        async with self._changed:
            self._dropped += 1
            self._changed.notify_all()


async def _receive(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None
    first, *rest = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method, path.partition("?")[0], headers, json.loads(body) if body else {})


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _send(writer: asyncio.StreamWriter, status: int, kind: str, body: bytes, extra: dict[str, str] | None = None) -> None:
    writer.write(_head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}) + body)
    await writer.drain()


async def _send_json(writer: asyncio.StreamWriter, status: int, value: object, extra: dict[str, str] | None = None) -> None:
    await _send(writer, status, "application/json", json.dumps(value).encode(), extra)


async def _event(writer: asyncio.StreamWriter, value: object) -> None:
    await _raw_event(writer, json.dumps(value))


async def _raw_event(writer: asyncio.StreamWriter, data: str) -> None:
    event = f"data: {data}\n\n".encode()
    writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
    await writer.drain()


_CLAUDE_MESSAGE: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": []}
_CLAUDE_BEGINS: tuple[dict[str, Any], ...] = (
    {
        "type": "message_start",
        "message": _CLAUDE_MESSAGE | {"stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
)


def _claude_piece(text: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}


def _claude_ends(step: Step, received: Received) -> tuple[dict[str, Any], ...]:
    reason = {"stop": "end_turn", "length": "max_tokens"}.get(step.finish, step.finish)
    used = {"output_tokens": _usage(step, received)["completion_tokens"]}
    return (
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None}, "usage": used},
        {"type": "message_stop"},
    )


async def _claude(writer: asyncio.StreamWriter, *values: dict[str, Any]) -> None:
    for value in values:
        event = f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode()
        writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
    await writer.drain()


def _error(message: str) -> dict[str, object]:
    return {"error": {"message": message, "type": "scripted", "code": None}}


def _piece(received: Received, delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": received.body.get("model", "scripted"),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def _completion(step: Step, received: Received) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": step.text}, "finish_reason": step.finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": received.body.get("model", "scripted"),
        "choices": [choice],
        **({"usage": _usage(step, received)} if step.usage else {}),
    }


def _usage(step: Step, received: Received) -> dict[str, int]:
    asked, said = len(json.dumps(received.messages)) // 4, len(step.text) // 4
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def read_script(text: str) -> list[Step]:
    """Reads a script: one JSON object a line; a bare JSON string is an answer."""
    steps: list[Step] = []
    for line in text.split("\n"):
        if line.strip():
            value = json.loads(line)
            steps.append(Step(value) if isinstance(value, str) else Step(**value))
    return steps


async def _main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.support.openai_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", type=Path, help="a file of JSON lines, one step each")
    parser.add_argument("--log", type=Path, help="append each request's body to this file")
    options = parser.parse_args(arguments)
    steps = read_script(options.script.read_text("utf-8")) if options.script else []
    async with OpenAIServer(steps, options.port, log=options.log) as server:
        print(server.url, flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(sys.argv[1:]))
