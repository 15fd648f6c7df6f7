"""Speaks dune's RPC: a Unix socket, canonical s-expressions, requests that are answered in any order, long polls.

    connect(socket) ──▶ Connection ── request(method, params) ──▶ Sexp | RpcFailure
                                   └─ poll(name) ──▶ values, each when it changed

Nothing here raises for what dune does or says: a closed socket, garbage, an error reply and a deadline are an `RpcFailure`.
Wire as of dune 3.17, checked against 3.24 (otherlibs/dune-rpc/private/{procedures,types,conv}.ml).
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aid_lsp.build.csexp import Garbage, Plain, Reader, Sexp, encode, items, number, record, text

_MENU: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("ping", (1,)),
    ("build", (1,)),
    ("diagnostics", (1, 2)),
    ("build_dir", (1,)),
    ("promote", (1,)),
    ("shutdown", (1,)),
    ("notify/abort", (1,)),
    ("notify/log", (1,)),
    ("poll/diagnostic", (1, 2)),
    ("cancel-poll/diagnostic", (1,)),
    ("poll/progress", (1, 2)),
    ("cancel-poll/progress", (1,)),
)
"""What we can speak; dune answers with the versions both sides know."""

_LONGEST_SOCKET_PATH = 100
"""A Unix socket's path takes 108 bytes on Linux, 104 elsewhere."""


@dataclass(frozen=True, slots=True)
class RpcFailure:
    """Why there is no answer."""

    kind: Literal["closed", "deadline", "garbage", "error"]
    """`closed`: nobody is there (any more); `error`: dune itself says no."""
    message: str


class Connection:
    """One client of one dune."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._asked = 0
        self._waiting: dict[bytes, asyncio.Future[Sexp | RpcFailure]] = {}
        self._over: RpcFailure | None = None
        self._listener = asyncio.create_task(self._listen(), name="dune rpc")
        self.versions: dict[str, int] = {}
        """What dune speaks: method and version."""

    @property
    def closed(self) -> bool:
        """Whether no more answers can come."""
        return self._over is not None

    async def request(self, method: str, params: Plain = (), *, deadline_s: float | None) -> Sexp | RpcFailure:
        """Asks, and waits for the answer. A late answer to a request given up is dropped."""
        if self._over is not None:
            return self._over
        self._asked += 1
        name = ["aid", self._asked]
        key = encode(name)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        try:
            async with asyncio.timeout(deadline_s):
                await self._send([["id", name], ["method", method], ["params", params]])
                return await answer
        except TimeoutError:
            return RpcFailure("deadline", f"dune did not answer `{method}` within {deadline_s:g} s")
        except OSError as error:
            return self._end(RpcFailure("closed", f"dune is gone: {error.strerror or error}"))
        finally:
            self._waiting.pop(key, None)

    async def notify(self, method: str, params: Plain = ()) -> None:
        """Tells, without an answer."""
        if self._over is None:
            with contextlib.suppress(OSError):
                await self._send([["method", method], ["params", params]])

    async def poll(self, name: str) -> AsyncIterator[Sexp]:
        """The values of `poll/NAME`, the present one first, then each when it changes; ends with the connection."""
        while True:
            answer = await self.request(f"poll/{name}", ["aid", name], deadline_s=None)
            if isinstance(answer, RpcFailure):
                return
            some = items(answer)
            if len(some) != 2 or text(some[0]) != "Some":
                return
            yield some[1]

    async def close(self) -> None:
        """Hangs up."""
        self._end(RpcFailure("closed", "the connection was closed"))
        self._writer.close()
        self._listener.cancel()
        await asyncio.wait({self._listener})
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _send(self, packet: Plain) -> None:
        self._writer.write(encode(packet))
        await self._writer.drain()

    async def _listen(self) -> None:
        reader = Reader()
        try:
            while data := await self._reader.read(65536):
                for value in reader.feed(data):
                    self._take(record(value))
        except Garbage as error:
            self._end(RpcFailure("garbage", f"dune's answer makes no sense: {error}"))
        except OSError as error:
            self._end(RpcFailure("closed", f"dune is gone: {error.strerror or error}"))
        finally:
            self._end(RpcFailure("closed", "dune closed the connection"))

    def _take(self, packet: dict[str, Sexp]) -> None:
        if "result" not in packet or "id" not in packet:
            return  # a notification: dune logs or aborts, which we learn otherwise
        waiting = self._waiting.get(encode(packet["id"]))
        result = items(packet["result"])
        if waiting is None or waiting.done():
            return
        if len(result) != 2:
            waiting.set_result(RpcFailure("garbage", "dune's answer is neither ok nor an error"))
        elif text(result[0]) == "ok":
            waiting.set_result(result[1])
        else:
            said = record(result[1])
            waiting.set_result(RpcFailure("error", text(said.get("message")) or "dune answered with an error"))

    def _end(self, why: RpcFailure) -> RpcFailure:
        if self._over is None:
            self._over = why
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(why)
        return self._over


async def connect(socket: Path, *, deadline_s: float = 10.0) -> Connection | RpcFailure:
    """Connects and shakes hands with the dune that listens on `socket` (`_build/.rpc/dune`)."""
    connection: Connection | None = None
    try:
        async with asyncio.timeout(deadline_s):
            connection = Connection(*await _open(socket))
            return await _shake_hands(connection)
    except TimeoutError:
        failure = RpcFailure("deadline", f"the dune on {socket} did not answer within {deadline_s:g} s")
    except OSError as error:
        failure = RpcFailure("closed", f"no dune listens on {socket}: {error.strerror or error}")
    except asyncio.CancelledError:
        if connection is not None:
            await connection.close()
        raise
    if connection is not None:
        await connection.close()
    return failure


async def _open(socket: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    path = str(socket)
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return await asyncio.open_unix_connection(path)
    folder = os.open(socket.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/{socket.name}")
    finally:
        os.close(folder)


async def _shake_hands(connection: Connection) -> Connection | RpcFailure:
    hello = [["dune_version", [3, 17]], ["id", "aid"], ["protocol_version", 0]]
    menu = [[method, list(versions)] for method, versions in _MENU]
    answer = await connection.request("initialize", hello, deadline_s=None)
    if not isinstance(answer, RpcFailure):
        answer = await connection.request("version_menu", menu, deadline_s=None)
    if isinstance(answer, RpcFailure):
        await connection.close()
        return answer
    for entry in items(answer):
        pair = items(entry)
        if len(pair) == 2:
            connection.versions[text(pair[0])] = number(pair[1])
    return connection


async def build(connection: Connection, *targets: str, deadline_s: float | None) -> bool | RpcFailure:
    """Has a *passive* dune build targets in dune's own language, `(alias_rec check)`: True where all succeed."""
    answer = await connection.request("build", list(targets), deadline_s=deadline_s)
    if isinstance(answer, RpcFailure):
        return answer
    word = items(answer)[0] if items(answer) else answer
    match text(word):
        case "Success":
            return True
        case "Failure":
            return False
        case other:
            return RpcFailure("garbage", f"dune answered {other!r} to a build")
