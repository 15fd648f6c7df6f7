"""The build of the saved tree, followed with a real dune: in a lane, and beside the user's own watch."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aid_lsp.build.join import SOURCE as WATCH
from aid_lsp.build.join import ask_once, socket_of, tree_of
from aid_lsp.build.status import BuildStatus
from aid_lsp.build.verdict import Tier
from aid_lsp.ces.follow import SOURCE as LANE
from aid_lsp.ces.follow import Follower, FollowSettings
from tests.ces.project import make

pytestmark = pytest.mark.dune

BAD = "let size items = let n = 1 in Stock.totl items\n"
GOOD = "let size items = Stock.total items\n"


class Seen:
    """Every status of a follower, in order."""

    def __init__(self, follower: Follower) -> None:
        self.all: list[BuildStatus] = []
        self._news = asyncio.Event()
        follower.feed.listen(self._take)

    def _take(self, status: BuildStatus) -> None:
        self.all.append(status)
        self._news.set()

    async def until(self, holds: Callable[[BuildStatus], bool], seconds: float = 60) -> BuildStatus:
        """Waits for a status among those since the last call; forgets those before it."""
        try:
            async with asyncio.timeout(seconds):
                while (found := next((one for one in self.all if holds(one)), None)) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"never came; {[(one.state, one.source, one.tree, one.note) for one in self.all]}") from None
        del self.all[: self.all.index(found) + 1]
        return found


@asynccontextmanager
async def following(root: Path, folder: Path, tier: Tier = Tier.TYPE) -> AsyncGenerator[Seen]:
    follower = Follower(root, folder / "lanes", FollowSettings(tier=tier))
    seen = Seen(follower)
    follower.start()
    try:
        yield seen
    finally:
        await follower.close()


@asynccontextmanager
async def watch(root: Path, *targets: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The user's own `dune build --watch`."""
    command = ("dune", "build", "--root", ".", "--watch", *(targets or ("@check",)))
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, cwd=root, stdin=null, stdout=null, stderr=null)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def settled(state: str, source: str) -> Callable[[BuildStatus], bool]:
    return lambda status: status.state == state and status.source == source and status.tree != ""


def words(status: BuildStatus) -> list[tuple[str | None, str]]:
    return [(one.path, one.first_line) for one in status.diagnostics]


async def test_what_is_saved_is_built_in_a_lane(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with following(root, tmp_path) as seen:
        first = await seen.until(settled("green", LANE))
        assert first.tree == await tree_of(root)
        (root / "lib/order.ml").write_text(BAD)
        red = await seen.until(settled("red", LANE))
        assert words(red) == [("lib/order.ml", 'Unbound value "Stock.totl"')]
        (root / "lib/order.ml").write_text(GOOD)
        building = await seen.until(lambda status: status.state == "building")
        assert building.diagnostics == red.diagnostics  # nothing is mended before the build says so
        green = await seen.until(settled("green", LANE))
        assert green.diagnostics == ()
    assert not (root / "_build").exists()


async def test_new_folders_are_watched_too(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with following(root, tmp_path) as seen:
        await seen.until(settled("green", LANE))
        (root / "more/inner").mkdir(parents=True)
        (root / "more/inner/dune").write_text("(library (name inner))\n")
        (root / "more/inner/one.ml").write_text("let one = 1\n")
        tree = await tree_of(root)
        await seen.until(lambda status: status.tree == tree)
        (root / "more/inner/one.ml").write_text("let one = two\n")
        assert words(await seen.until(settled("red", LANE))) == [("more/inner/one.ml", 'Unbound value "two"')]


async def test_what_does_not_change_the_tree_builds_nothing(tmp_path: Path) -> None:
    root = make(tmp_path)
    follower = Follower(root, tmp_path / "lanes")
    seen = Seen(follower)
    follower.start()
    try:
        await seen.until(settled("green", LANE))
        follower.changed()
        (root / "lib/order.ml").write_text(BAD)
        assert (await seen.until(lambda status: status.state != "green")).state == "building"
    finally:
        await follower.close()


async def test_tests_are_followed_if_the_settings_say_so(tmp_path: Path) -> None:
    root = make(tmp_path, {"test/test_shop.ml": 'let () = prerr_endline "alas"; exit 1\n'})
    async with following(root, tmp_path, Tier.TEST) as seen:
        red = await seen.until(settled("red", LANE))
        assert [one.path for one in red.diagnostics] == ["test/dune"]


async def test_the_user_s_watch_is_joined_and_left_alone(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with following(root, tmp_path) as seen:
        await seen.until(settled("green", LANE))
        async with watch(root) as dune:
            await seen.until(lambda status: status.state == "green" and status.source == WATCH)
            (root / "lib/order.ml").write_text(BAD)
            red = await seen.until(settled("red", WATCH))
            # Dune's RPC knows no warning numbers; its log does.
            assert {(one.first_line, one.code) for one in red.diagnostics} <= {
                ('Unbound value "Stock.totl"', None),
                ("unused variable n.", "26 [unused-var]"),
            }
            assert (await ask_once(root, 10) or red).diagnostics == red.diagnostics
            (root / "lib/order.ml").write_text(GOOD)
            while (status := await seen.until(lambda _: True)).state != "green":
                assert status.diagnostics == red.diagnostics
            await seen.until(settled("green", WATCH))
            assert dune.returncode is None
            dune.kill()
            await dune.wait()
            assert socket_of(root).exists()  # as a killed dune leaves it
        await seen.until(settled("green", LANE))
        (root / "lib/order.ml").write_text(BAD)
        await seen.until(settled("red", LANE))
        async with watch(root):
            red = await seen.until(lambda status: status.state == "red" and status.source == WATCH)
            assert words(red) == [("lib/order.ml", 'Unbound value "Stock.totl"')]
        assert not socket_of(root).exists()
        await seen.until(settled("red", LANE))


async def test_a_watch_that_runs_already_is_joined_at_the_start(tmp_path: Path) -> None:
    root = make(tmp_path, {"lib/order.ml": "let size items = let n = 1 in Stock.total items\n"})
    async with watch(root), following(root, tmp_path) as seen:
        red = await seen.until(lambda status: status.state == "red" and status.source == WATCH)
        assert [(one.path, one.code, one.column) for one in red.diagnostics] == [("lib/order.ml", "26 [unused-var]", 21)]


async def test_what_a_test_prints_otherwise_can_be_promoted(tmp_path: Path) -> None:
    stanza = "(rule (with-stdout-to said.txt (echo hello)))\n(rule (alias runtest) (action (diff wanted.txt said.txt)))\n"
    root = make(tmp_path, {"said/dune": stanza, "said/wanted.txt": "good day\n"})
    async with following(root, tmp_path) as seen, watch(root, "@check", "@runtest"):
        red = await seen.until(lambda status: status.state == "red" and status.source == WATCH)
        [said] = red.diagnostics
        assert (said.path, said.promotion) == ("said/wanted.txt", True)
        assert "-good day\n+hello" in said.message


async def test_a_folder_without_dune_files_is_unknown_not_red(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    async with following(tmp_path / "empty", tmp_path) as seen:
        status = await seen.until(lambda status: status.state == "unknown")
        assert "has no dune file" in status.note


async def test_a_dune_that_is_killed_in_the_lane_is_replaced(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with following(root, tmp_path) as seen:
        await seen.until(settled("green", LANE))
        [record] = (tmp_path / "lanes").glob("*/running")
        os.kill(int(record.read_text().split("\n")[1].split()[0]), 9)
        (root / "lib/order.ml").write_text(BAD)
        assert words(await seen.until(settled("red", LANE))) == [("lib/order.ml", 'Unbound value "Stock.totl"')]


@pytest.mark.slow
async def test_every_save_is_told_about_in_a_lane_and_by_dune_s_own_watch(tmp_path: Path) -> None:
    root = make(tmp_path)
    follower = Follower(root, tmp_path / "lanes")
    seen = Seen(follower)
    follower.start()

    async def save_in_turn(source: str) -> None:
        for _ in range(3):
            for text, state in ((BAD, "red"), (GOOD, "green")):
                (root / "lib/order.ml").write_text(text)
                follower.changed()
                await seen.until(settled(state, source))

    try:
        await seen.until(settled("green", LANE))
        await save_in_turn(LANE)
        async with watch(root):
            await seen.until(lambda status: status.state == "green" and status.source == WATCH)
            await save_in_turn(WATCH)
    finally:
        await follower.close()
