"""Listening to the user's dune: what is asked of it, and what is told of it, against a dune that is scripted."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from aid_lsp.build.csexp import Plain, Reader, encode, record, text
from aid_lsp.build.join import ask_once, join, socket_of
from aid_lsp.build.status import BuildStatus


def report(number: int, line: int, message: str, path: str = "/lib/a.ml") -> Plain:
    place = [["pos_bol", 0], ["pos_cnum", 4], ["pos_fname", path], ["pos_lnum", line]]
    return [
        ["id", number],
        ["loc", [["start", place], ["stop", place]]],
        ["message", ["Verbatim", message]],
        ["promotion", []],
        ["related", []],
        ["severity", "error"],
        ["targets", []],
    ]


class Dune:
    """A dune that says what a test makes it say, and writes down what it is asked."""

    def __init__(self) -> None:
        self.known: list[Plain] = []
        self.asked: list[str] = []
        self.progress: asyncio.Queue[Plain] = asyncio.Queue()
        self.reports: asyncio.Queue[Plain] = asyncio.Queue()
        self.writers: list[asyncio.StreamWriter] = []

    def says(self, progress: str) -> None:
        self.progress.put_nowait(["Some", [progress, []]])

    def adds(self, *reports: Plain) -> None:
        self.reports.put_nowait(["Some", [["Add", one] for one in reports]])

    def removes(self, *reports: Plain) -> None:
        self.reports.put_nowait(["Some", [["Remove", one] for one in reports]])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        values = Reader()
        answering: set[asyncio.Task[None]] = set()
        while data := await reader.read(4096):
            for value in values.feed(data):
                packet = record(value)
                answering.add(asyncio.create_task(self._answer(text(packet["method"]), packet["id"], writer)))
        for task in answering:
            task.cancel()
        writer.close()

    async def _answer(self, method: str, number: Plain, writer: asyncio.StreamWriter) -> None:
        self.asked.append(method)
        result: Plain
        match method:
            case "poll/progress":
                result = await self.progress.get()
            case "poll/diagnostic":
                result = await self.reports.get()
            case "diagnostics":
                result = list(self.known)
            case _:
                result = []
        writer.write(encode([["id", number], ["result", ["ok", result]]]))


@asynccontextmanager
async def joined(root: Path) -> AsyncGenerator[tuple[Dune, "asyncio.Queue[BuildStatus]"]]:
    dune = Dune()
    told: asyncio.Queue[BuildStatus] = asyncio.Queue()
    socket_of(root).parent.mkdir(parents=True)
    server = await asyncio.start_unix_server(dune.serve, socket_of(root))
    joining = asyncio.create_task(join(root, told.put_nowait))
    try:
        yield dune, told
    finally:
        for writer in dune.writers:
            writer.close()
        server.close()
        async with asyncio.timeout(10):
            assert (await joining).kind == "closed"


async def until(told: "asyncio.Queue[BuildStatus]", state: str, *lines: int) -> BuildStatus:
    async with asyncio.timeout(10):
        while True:
            status = await told.get()
            if status.state == state and [one.line for one in status.diagnostics] == list(lines):
                return status


OLD, NEW, OTHER = report(1, 3, "old"), report(2, 5, "new"), report(3, 7, "other", "/lib/b.ml")


async def test_nothing_goes_before_the_build_has_ended(tmp_path: Path) -> None:
    async with joined(tmp_path) as (dune, told):
        dune.known = [OLD]
        dune.adds(OLD)
        dune.says("failed")
        await until(told, "red", 3)
        dune.says("in_progress")
        dune.removes(OLD)
        await until(told, "building", 3)
        dune.says("interrupted")
        dune.says("in_progress")
        dune.known = []
        dune.says("success")
        states: list[tuple[str, int]] = []
        while not states or states[-1][0] != "green":
            status = await asyncio.wait_for(told.get(), 10)
            states.append((status.state, len(status.diagnostics)))
        assert set(states[:-1]) <= {("building", 1)}
        assert states[-1] == ("green", 0)
        assert set(dune.asked) == {"initialize", "version_menu", "poll/progress", "poll/diagnostic", "diagnostics"}


async def test_what_is_new_comes_at_once_and_takes_the_place_of_the_old_in_its_file(tmp_path: Path) -> None:
    async with joined(tmp_path) as (dune, told):
        dune.known = [OLD, OTHER]
        dune.adds(OLD, OTHER)
        dune.says("failed")
        await until(told, "red", 3, 7)
        dune.removes(OLD)
        dune.adds(NEW)  # before any word of progress
        await until(told, "building", 7, 5)
        dune.known = [NEW]
        dune.says("failed")
        await until(told, "red", 5)


async def test_a_tree_is_named_only_if_it_did_not_change_during_the_build(tmp_path: Path) -> None:
    async with joined(tmp_path) as (dune, told):
        dune.says("in_progress")
        await until(told, "building")
        dune.says("success")
        assert (await until(told, "green")).tree == ""
        named = await asyncio.wait_for(told.get(), 10)
        assert (named.state, len(named.tree)) == ("green", 64)


async def test_no_dune_is_no_answer(tmp_path: Path) -> None:
    assert await ask_once(tmp_path) is None
    async with joined(tmp_path) as (dune, _):
        dune.says("waiting")
        dune.says("waiting")
        assert await ask_once(tmp_path, 0.2) is None  # a dune that waits to be asked to build has nothing to tell
