"""Several lanes: who gets which, and what bounds them. Canaries and old lanes too."""

import asyncio
import logging
import os
import time
from pathlib import Path

import pytest

from aid_lsp.build.dune import Outcome
from aid_lsp.build.verdict import Tier
from aid_lsp.ces import judge as judging_module
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.ces.lane import Lane
from aid_lsp.ces.pool import Bounds, Pool
from aid_lsp.ces.trim import due, old_lanes
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View
from tests.ces.project import change, judging, make, processes, until, write

GOOD = ("lib/stock.ml", "sum + item.count", "item.count + sum")
BAD = ("lib/stock.ml", "sum + item.count", "sum +. item.count")


async def judged(judge: LaneJudge, *replacements: tuple[str, str, str], tier: Tier = Tier.TYPE) -> str:
    view = await asyncio.to_thread(View.freeze, judge.root)
    return (await judge.judge(view, await asyncio.to_thread(change, view, *replacements), tier)).state


async def test_no_more_lanes_than_the_size_and_first_come_first_served(tmp_path: Path) -> None:
    pool = Pool(tmp_path / "lanes", tmp_path / "cache", Bounds(size=2))
    served: list[int] = []
    free = asyncio.Event()

    async def use(number: int) -> int:
        async with pool.lane() as lane:
            served.append(number)
            await free.wait()
            return lane.number

    users = [asyncio.create_task(use(number)) for number in range(6)]
    await until(lambda: len(served) == 2)
    users[3].cancel()  # whoever leaves the queue holds up nobody
    free.set()
    numbers = await asyncio.gather(*users, return_exceptions=True)
    assert (set(served[:2]), served[2:]) == ({0, 1}, [2, 4, 5])
    assert {number for number in numbers if isinstance(number, int)} == {1, 2}
    await pool.close()


async def test_the_lane_that_holds_the_view_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "one", {"a.ml": "let x = 1\n"})
    one, other = [await asyncio.to_thread(View.freeze, tmp_path / "one") for _ in range(2)]
    pool = Pool(tmp_path / "lanes", tmp_path / "cache", Bounds(size=2))
    async with pool.lane() as first, pool.lane() as second:
        await first.sync(one)
        await second.sync(other)
    for _ in range(2):
        async with pool.lane(one) as lane:
            assert lane.number == first.number
        async with pool.lane(other) as lane:
            assert lane.number == second.number
    await pool.close()


@pytest.mark.dune
async def test_two_lanes_judge_at_the_same_time_and_rightly(tmp_path: Path) -> None:
    settings = JudgeSettings(timeout_s=60.0, lanes=2)
    judge = LaneJudge(make(tmp_path), tmp_path / "lanes", settings)
    try:
        asked = [judged(judge, piece, ("bin/main.ml", "3", f"{n}")) for n in range(4) for piece in (GOOD, BAD)]
        assert await asyncio.gather(*asked) == ["green", "red"] * 4
        assert judge.lane == "lane 1, a warm dune; lane 2, a warm dune"
    finally:
        await judge.close()


@pytest.mark.dune
async def test_an_idle_lane_gives_its_dune_back_and_judges_on(tmp_path: Path) -> None:
    judge = LaneJudge(make(tmp_path), tmp_path / "lanes", JudgeSettings(timeout_s=60.0, idle_s=0.2))
    try:
        assert await judged(judge, GOOD) == "green"
        await until(lambda: judge.lane == "lane 1, no dune running")
        assert await judged(judge, BAD) == "red"
    finally:
        await judge.close()


@pytest.mark.dune
async def test_a_build_that_eats_the_memory_is_ended_and_unknown(tmp_path: Path) -> None:
    mark = f"86500{os.getpid()}"
    greedy = f"s = bytearray(400 << 20); import time; time.sleep({mark})"
    rule = f'(rule (alias runtest) (deps ../bin/main.exe) (action (run python3 -c "{greedy}")))\n'
    judge = LaneJudge(make(tmp_path, {"greedy/dune": rule}), tmp_path / "lanes", JudgeSettings(timeout_s=120.0, memory_mb=350))
    try:
        view = await asyncio.to_thread(View.freeze, judge.root)
        verdict = await judge.judge(view, await asyncio.to_thread(change, view, GOOD))
        assert (verdict.state, verdict.tier) == ("unknown", Tier.TEST), verdict
        assert "more than 350 MB" in verdict.note
        await until(lambda: not processes(mark))
        assert await judged(judge, BAD) == "red"
    finally:
        await judge.close()


@pytest.mark.dune
async def test_canaries_find_a_lane_that_calls_everything_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(judging_module, "_CANARY_EVERY", 2)
    monkeypatch.setattr(judging_module, "_CANARY_PAUSE_S", 0.0)
    build = Lane.build

    async def lie(*_: object, **__: object) -> Outcome:
        return Outcome(success=True, diagnostics=(), output="")

    async with judging(make(tmp_path)) as judge:
        assert await judged(judge, GOOD) == "green"
        mark = tmp_path / "lanes/1/tree/_build/mark"
        mark.touch()
        assert await judged(judge, GOOD, ("bin/main.ml", "3", "4")) == "green"
        await until(lambda: judge.canaries == 1)
        monkeypatch.setattr(Lane, "build", lie)
        assert await judged(judge, BAD) == "green", "a lie, which the canary after the next one finds"
        assert await judged(judge, BAD, ("bin/main.ml", "3", "5")) == "green"
        await until(lambda: judge.canaries == 2)
        monkeypatch.setattr(Lane, "build", build)
        assert await judged(judge, BAD) == "red", "what the lane said is forgotten"
        assert not mark.exists(), "and it began anew"
    said = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert said == ["lane 1 is not to be trusted, a type error in test/test_shop.ml was not found; it begins anew"]


async def test_lanes_that_nobody_used_for_long_are_removed(tmp_path: Path) -> None:
    lanes = tmp_path / "shop-1"
    held = await Lane.open(lanes, tmp_path / "cache")
    old = await Lane.open(lanes, tmp_path / "cache")
    await asyncio.to_thread(write, old.folder, {"tree/a.ml": "x"})
    await old.close()
    ages_ago = time.time() - 40 * 24 * 3600
    for lane in (held, old):
        for name in ("lock", "manifest"):
            if (lane.folder / name).exists():
                os.utime(lane.folder / name, (ages_ago, ages_ago))
    assert await asyncio.to_thread(due, tmp_path)
    assert not await asyncio.to_thread(due, tmp_path), "once a day"
    assert await asyncio.to_thread(old_lanes, tmp_path) == [old.folder], "one that is held stays"
    assert not old.folder.exists()
    await held.close()
