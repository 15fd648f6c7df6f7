"""A plain LSP client over a child process's pipes: sends anything, remembers everything that came.

async with Client.start(command) as client:
    await client.initialize(root)
    answer = await client.request("textDocument/hover", {...})
    await client.until(lambda message: message.get("method") == "window/showMessage")
"""

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 120.0
"""Far beyond what anything takes here: tests wait for events, this ends those that hang."""

Json = dict[str, Any]


class Refused(Exception):
    """An error in place of a result."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.code: int = error.get("code", 0)
        self.message: str = error.get("message", "")


class Client:
    """One client; `start` makes it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.received: list[Json] = []
        """Everything that came, oldest first."""
        self.answers: Counter[int | str] = Counter()
        """How often each id was answered."""
        self.asked: list[int | str] = []
        self.reply: Callable[[Json], object] = lambda request: None
        """What the server's requests are answered with."""
        self._ids = itertools.count(1)
        self._waiting: dict[int | str, asyncio.Future[Json]] = {}
        self._changed = asyncio.Condition()
        self._reading = asyncio.ensure_future(self._read())

    @staticmethod
    @contextlib.asynccontextmanager
    async def start(
        command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> AsyncGenerator["Client"]:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=env, cwd=cwd, limit=1 << 26
        )
        client = Client(process)
        try:
            yield client
        finally:
            with contextlib.suppress(ProcessLookupError):
                if process.returncode is None:
                    process.kill()
            await process.wait()
            await client._reading
            if process.stdin:
                process.stdin.close()

    async def initialize(self, root: Path | None, capabilities: Json | None = None, **more: Any) -> Json:
        folders = [{"uri": root.as_uri(), "name": root.name}] if root else None
        params = {"processId": None, "rootUri": root.as_uri() if root else None, "workspaceFolders": folders}
        answer = await self.request("initialize", {**params, "capabilities": capabilities or {}, **more})
        self.notify("initialized", {})
        return answer

    def ask(self, method: str, params: object, message_id: int | str | None = None) -> "asyncio.Future[Json]":
        """Sends a request; the future gives the whole answer, also an error."""
        message_id = next(self._ids) if message_id is None else message_id
        self.asked.append(message_id)
        waiting: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = waiting
        self.send({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params})
        return waiting

    async def request(self, method: str, params: object) -> Any:
        """The result; raises `Refused`."""
        async with asyncio.timeout(PATIENCE_S):
            answer = await self.ask(method, params)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer.get("result")

    def notify(self, method: str, params: object) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def send(self, fields: Json) -> None:
        body = json.dumps(fields).encode()
        self.send_bytes(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def send_bytes(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()

    async def until(self, holds: Callable[[Json], bool], start: int = 0) -> Json:
        """The first message, of those from `start` on, for which this holds; waits for it."""

        def found() -> Json | None:
            return next((message for message in self.received[start:] if holds(message)), None)

        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: found() is not None or self._reading.done())
        message = found()
        assert message is not None, "the server ended"
        return message

    def methods(self) -> list[str]:
        return [message["method"] for message in self.received if "method" in message]

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()

    async def _read(self) -> None:
        stream = self.process.stdout
        assert stream
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                header = await stream.readuntil(b"\r\n\r\n")
                length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await self._take(json.loads(await stream.readexactly(length)))
        async with self._changed:
            self._changed.notify_all()

    async def _take(self, message: Json) -> None:
        self.received.append(message)
        if "method" in message and "id" in message:
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": self.reply(message)})
        elif "method" not in message and message.get("id") is not None:
            self.answers[message["id"]] += 1
            waiting = self._waiting.pop(message["id"], None)
            if waiting and not waiting.done():
                waiting.set_result(message)
        async with self._changed:
            self._changed.notify_all()
