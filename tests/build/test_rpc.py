"""The RPC client against servers that behave, misbehave and vanish."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aid_lsp.build import rpc
from aid_lsp.build.csexp import Plain, Reader, encode, record, text
from aid_lsp.build.rpc import Connection, RpcFailure

Answer = Callable[[str, asyncio.StreamWriter], Plain | None]


@asynccontextmanager
async def dune(folder: Path, answer: Answer) -> AsyncGenerator[Path]:
    """A socket that shakes hands as dune does and leaves all else to `answer`; None leaves a request without an answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        values = Reader()
        while data := await reader.read(4096):
            for value in values.feed(data):
                packet = record(value)
                method = text(packet.get("method"))
                result: Plain | None
                match method:
                    case "initialize":
                        result = ["ok", []]
                    case "version_menu":
                        result = ["ok", [["build", 1], ["diagnostics", 2]]]
                    case _:
                        result = answer(method, writer)
                if result is not None and not writer.is_closing():
                    writer.write(encode([["id", packet["id"]], ["result", result]]))
        writer.close()

    socket = folder / "dune"
    server = await asyncio.start_unix_server(serve, socket)
    try:
        yield socket
    finally:
        server.close()


async def connected(socket: Path) -> Connection:
    connection = await rpc.connect(socket, deadline_s=5)
    assert isinstance(connection, Connection)
    return connection


async def test_a_build_succeeds_or_fails(tmp_path: Path) -> None:
    answers: list[Plain] = [["ok", ["Success", []]], ["ok", ["Failure", []]], ["ok", ["Perhaps", []]]]
    said = iter(answers)
    async with dune(tmp_path, lambda method, _: next(said)) as socket:
        connection = await connected(socket)
        assert connection.versions == {"build": 1, "diagnostics": 2}
        assert await rpc.build(connection, "(alias_rec check)", deadline_s=5) is True
        assert await rpc.build(connection, "(alias_rec check)", deadline_s=5) is False
        odd = await rpc.build(connection, "(alias_rec check)", deadline_s=5)
        assert isinstance(odd, RpcFailure)
        assert odd.kind == "garbage"
        await connection.close()


async def test_an_error_of_dune_is_a_value(tmp_path: Path) -> None:
    error: Plain = ["error", [["kind", "Invalid_request"], ["message", "not a target"], ["payload", ["None", []]]]]
    async with dune(tmp_path, lambda method, _: error) as socket:
        connection = await connected(socket)
        assert await connection.request("build", ["x"], deadline_s=5) == RpcFailure("error", "not a target")
        await connection.close()


async def test_silence_ends_at_the_deadline_and_the_connection_lives_on(tmp_path: Path) -> None:
    async with dune(tmp_path, lambda method, _: None if method == "build" else ["ok", "pong"]) as socket:
        connection = await connected(socket)
        silent = await connection.request("build", ["x"], deadline_s=0.05)
        assert isinstance(silent, RpcFailure)
        assert silent.kind == "deadline"
        assert await connection.request("ping", deadline_s=5) == b"pong"
        await connection.close()


@pytest.mark.parametrize("garbage", [b")))", b"9999999999999:", b"hello\n", b"(" * 9000])
async def test_garbage_ends_the_connection(tmp_path: Path, garbage: bytes) -> None:
    async with dune(tmp_path, lambda method, writer: writer.write(garbage)) as socket:
        connection = await connected(socket)
        failure = await connection.request("build", ["x"], deadline_s=5)
        assert isinstance(failure, RpcFailure)
        assert failure.kind == "garbage"
        assert connection.closed
        assert await connection.request("ping", deadline_s=5) == failure
        await connection.close()


async def test_a_dune_that_goes_away_answers_all_who_wait(tmp_path: Path) -> None:
    def leave(method: str, writer: asyncio.StreamWriter) -> None:
        if method == "ping":
            writer.close()

    async with dune(tmp_path, leave) as socket:
        connection = await connected(socket)
        waiting = asyncio.create_task(connection.request("build", ["x"], deadline_s=5))
        await asyncio.wait({waiting}, timeout=0.01)
        answers = await asyncio.gather(waiting, connection.request("ping", deadline_s=5))
        assert [answer.kind for answer in answers if isinstance(answer, RpcFailure)] == ["closed", "closed"]
        await connection.close()


async def test_polls_give_each_value_and_end_with_the_connection(tmp_path: Path) -> None:
    answers: list[Plain] = [["ok", ["Some", ["waiting", []]]], ["ok", ["Some", ["success", []]]], ["ok", ["None", []]]]
    said = iter(answers)
    async with dune(tmp_path, lambda method, _: next(said)) as socket:
        connection = await connected(socket)
        assert [value async for value in connection.poll("progress")] == [[b"waiting", []], [b"success", []]]
        await connection.close()


async def test_a_socket_with_a_long_path_is_reached(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    async with dune(tmp_path, lambda method, _: ["ok", "pong"]) as socket:
        socket.rename(folder / "dune")
        connection = await connected(folder / "dune")
        assert await connection.request("ping", deadline_s=5) == b"pong"
        await connection.close()


async def nobody(folder: Path) -> None:
    (folder / "dune").write_text("")


async def absent(folder: Path) -> None:
    del folder


@pytest.mark.parametrize("prepare", [nobody, absent])
async def test_where_nobody_listens_there_is_no_connection(tmp_path: Path, prepare: Callable[[Path], Awaitable[None]]) -> None:
    await prepare(tmp_path)
    failure = await rpc.connect(tmp_path / "dune", deadline_s=5)
    assert isinstance(failure, RpcFailure)
    assert failure.kind == "closed"


async def test_a_server_that_never_shakes_hands_is_given_up(tmp_path: Path) -> None:
    hold = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hold.wait()
        writer.close()

    server = await asyncio.start_unix_server(silent, tmp_path / "dune")
    failure = await rpc.connect(tmp_path / "dune", deadline_s=0.05)
    hold.set()
    server.close()
    assert isinstance(failure, RpcFailure)
    assert failure.kind == "deadline"
