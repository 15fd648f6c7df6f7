"""The judge when things go wrong around it: killed tools, deadlines, cancellation, odd trees, company."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from aid_lsp.build.verdict import Tier
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import Patch
from aid_lsp.workspace.view import View
from tests.ces.project import FILES, change, judging, make, processes, until, write

pytestmark = pytest.mark.dune

GOOD = ("lib/stock.ml", "sum + item.count", "item.count + sum")
BAD = ("lib/stock.ml", "sum + item.count", "sum +. item.count")


def hanging(mark: str) -> dict[str, str]:
    """A test of the executable that does not end; `mark`, a number, finds its process."""
    return {"hang/dune": f"(rule (alias runtest) (deps ../bin/main.exe) (action (run sleep {mark})))\n"}


async def judged(judge: LaneJudge, *replacements: tuple[str, str, str], tier: Tier = Tier.TEST) -> str:
    view = await asyncio.to_thread(View.freeze, judge.root)
    return (await judge.judge(view, await asyncio.to_thread(change, view, *replacements), tier)).state


def dunes(lanes: Path) -> list[int]:
    """The dunes that run in lanes, going by the keepers' records."""
    return [int(record.read_text().split("\n")[1].split()[0]) for record in lanes.glob("*/running")]


async def test_a_dune_in_the_lane_that_no_record_knows_does_not_hold_it_for_ever(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with judging(root) as judge:
        assert await judged(judge, GOOD) == "green"
    tree = tmp_path / "lanes" / "1" / "tree"
    orphan = await asyncio.create_subprocess_exec(
        *("dune", "build", "--root", ".", "--passive-watch-mode"), cwd=tree, stderr=asyncio.subprocess.DEVNULL
    )
    await until((tree / "_build" / ".rpc" / "dune").exists)
    async with judging(root) as judge:
        assert (await judged(judge, BAD), await judged(judge, GOOD)) == ("red", "green")
    assert await asyncio.wait_for(orphan.wait(), 30) == -signal.SIGKILL


async def test_a_dune_killed_between_judgements_is_replaced(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        for number in range(3):
            assert await judged(judge, GOOD, ("bin/main.ml", "3", str(number))) == "green"
            for pid in await asyncio.to_thread(dunes, tmp_path / "lanes"):
                os.kill(pid, signal.SIGKILL)
            assert await judged(judge, BAD, ("bin/main.ml", "3", str(number))) == "red"


async def test_a_dune_killed_in_the_middle_of_a_build_is_replaced(tmp_path: Path) -> None:
    slow = {"slow/dune": "(rule (targets x) (deps (universe)) (action (progn (run sleep 1.37) (write-file x x))))\n"}
    async with judging(make(tmp_path, slow)) as judge:
        asked = asyncio.create_task(judged(judge, GOOD))
        await until(lambda: processes("1.37"))
        for pid in await asyncio.to_thread(dunes, tmp_path / "lanes"):
            os.kill(pid, signal.SIGKILL)
        assert await asked == "green"


async def test_a_deadline_is_unknown_and_leaves_nothing_running(tmp_path: Path) -> None:
    async with judging(make(tmp_path, hanging("86411")), timeout_s=4) as judge:
        view = await asyncio.to_thread(View.freeze, judge.root)
        verdict = await judge.judge(view, await asyncio.to_thread(change, view, GOOD))
        assert (verdict.state, verdict.tier) == ("unknown", Tier.TEST)
        assert verdict.note == (
            "the build of @@hang/runtest and 1 more took longer than 4 s. Set `judge.timeout_s` higher, or a lower `judge.tier`; a first build takes longest."
        )
        assert not processes("sleep\x0086411")
        assert await judged(judge, BAD) == "red"
        assert await judged(judge, GOOD, tier=Tier.BUILD) == "green"


async def test_a_cancelled_judgement_is_followed_by_right_ones(tmp_path: Path) -> None:
    async with judging(make(tmp_path, hanging("86412"))) as judge:
        for _ in range(2):
            asked = asyncio.create_task(judged(judge, GOOD))
            await until(lambda: processes("sleep\x0086412"))
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
            assert await judged(judge, BAD, tier=Tier.BUILD) == "red"
            assert await judged(judge, GOOD, tier=Tier.BUILD) == "green"
        await until(lambda: not processes("sleep\x0086412"))


async def test_a_judgement_cancelled_at_any_moment_is_followed_by_right_ones(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        assert await judged(judge, GOOD) == "green"
        for number in range(12):
            asked = asyncio.create_task(judged(judge, BAD, ("bin/main.ml", "3", f"{number}1")))
            await asyncio.wait({asked}, timeout=0.003 * number)
            asked.cancel()
            await asyncio.wait({asked})
            assert await judged(judge, GOOD, ("bin/main.ml", "3", f"{number}2"), tier=Tier.BUILD) == "green"


async def test_many_questions_at_once_are_answered_one_by_one(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        asked = [judged(judge, piece, ("bin/main.ml", "3", f"{n}")) for n in range(4) for piece in (GOOD, BAD)]
        assert await asyncio.gather(*asked) == ["green", "red"] * 4


async def test_two_judges_of_one_workspace_take_a_lane_each(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with judging(root) as one, judging(root) as other:
        assert await asyncio.gather(judged(one, GOOD), judged(other, BAD)) == ["green", "red"]
        assert sorted(judge.lane[:6] for judge in (one, other)) == ["lane 1", "lane 2"]
    async with judging(root) as third:
        assert await judged(third, GOOD) == "green"
        assert third.lane.startswith("lane 1")


_OTHER_AID = """
import asyncio, sys
from pathlib import Path
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import Patch
from aid_lsp.workspace.view import View

async def main():
    root = Path(sys.argv[1])
    judge = LaneJudge(root, root.parent / "lanes")
    await judge.judge(View.freeze(root), Patch(()))

asyncio.run(main())
"""


async def test_after_kill_9_of_aid_nothing_runs_on_and_its_lane_is_taken_over(tmp_path: Path) -> None:
    root = make(tmp_path, hanging("86413"))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _OTHER_AID, str(root))
    await until(lambda: processes("sleep\x0086413"))
    (dune,) = await asyncio.to_thread(dunes, tmp_path / "lanes")
    process.kill()
    await process.wait()
    async with judging(root) as judge:
        assert await judged(judge, GOOD, tier=Tier.BUILD) == "green"
        assert judge.lane.startswith("lane 1")
        await until(lambda: not Path(f"/proc/{dune}").exists() and not processes("sleep\x0086413"), 6)


async def test_after_kill_9_of_the_keeper_nothing_runs_on(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        assert await judged(judge, GOOD) == "green"
        record = (tmp_path / "lanes/1/running").read_text()
        keeper, dune = (int(line.split()[0]) for line in record.strip().split("\n"))
        os.kill(keeper, signal.SIGKILL)
        await until(lambda: not Path(f"/proc/{dune}").exists(), 6)
        assert await judged(judge, BAD) == "red"


async def test_the_next_process_finds_its_lane_warm(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with judging(root) as judge:
        assert await judged(judge, GOOD) == "green"
    stock = tmp_path / "lanes/1/tree/lib/order.ml"
    before = stock.stat()
    async with judging(root) as judge:
        assert await judged(judge, BAD) == "red"
    assert (stock.stat().st_mtime_ns, stock.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


async def test_the_users_tree_and_watching_dune_are_undisturbed(tmp_path: Path) -> None:
    root = make(tmp_path)
    log = tmp_path / "watch.log"
    with log.open("wb") as out:
        watch = await asyncio.create_subprocess_exec("dune", "build", "--root", ".", "--watch", cwd=root, stdout=out, stderr=out)
    try:
        await until(lambda: b"waiting for filesystem changes" in log.read_bytes(), 60)
        before, said = await asyncio.to_thread(snapshot_of, root), log.read_bytes()
        async with judging(root) as judge:
            assert await judged(judge, GOOD) == "green"
            assert await judged(judge, BAD) == "red"
        assert await asyncio.to_thread(snapshot_of, root) == before
        assert log.read_bytes() == said
        assert watch.returncode is None
        lock = await asyncio.create_subprocess_exec(
            "dune", "build", "--root", ".", cwd=root, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        assert await lock.wait() == 1, "the user's watch still holds the user's build folder"
    finally:
        watch.terminate()
        await watch.wait()


def snapshot_of(root: Path) -> dict[str, tuple[int, int, int]]:
    """Every file below a folder, `_build` included, with size, time and mode."""
    found: dict[str, tuple[int, int, int]] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            status = Path(folder, name).lstat()
            found[str(Path(folder, name))] = (status.st_size, status.st_mtime_ns, status.st_mode)
    return found


async def test_a_file_that_vanishes_after_the_view_was_made_is_left_out(tmp_path: Path) -> None:
    root = make(tmp_path, {"lib/spare.ml": "let spare = 1\n"})
    async with judging(root) as judge:
        view = await asyncio.to_thread(View.freeze, root)
        (root / "lib/spare.ml").unlink()
        verdict = await judge.judge(view, await asyncio.to_thread(change, view, GOOD))
    assert verdict.green
    assert verdict.note == "lib/spare.ml vanished or cannot be read, and is left out"


async def test_files_that_are_not_utf_8_are_built_as_they_are(tmp_path: Path) -> None:
    latin = b'let caf\xe9 = "\xff\xfe"\n(* \xe9 *)\n'
    root = make(tmp_path, {"lib/latin.ml": b'let name = "\xe9\xff" (* \xe9 *)\n', "data/raw": latin})
    async with judging(root) as judge:
        assert await judged(judge, ("lib/latin.ml", "let name", "let name' = 1\nlet name")) == "green"
    assert (tmp_path / "lanes/1/tree/data/raw").read_bytes() == latin
    assert (tmp_path / "lanes/1/tree/lib/latin.ml").read_bytes() == b'let name\' = 1\nlet name = "\xe9\xff" (* \xe9 *)\n'


async def test_links_inside_the_workspace_work_and_those_leading_out_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/secret.ml": "let x = 1\n"})
    root = make(
        tmp_path, {"shared/common.ml": "let common = 1\n", "tool.sh": "#!/bin/sh\n", "more/dune": "(library (name more))\n"}
    )
    (root / "more/common.ml").symlink_to("../shared/common.ml")
    (root / "again").symlink_to("more")
    (root / "outside").symlink_to(tmp_path / "elsewhere")
    (root / "gone.ml").symlink_to("nowhere.ml")
    (root / "tool.sh").chmod(0o755)
    async with judging(root) as judge:
        view = await asyncio.to_thread(View.freeze, root)
        patch = await asyncio.to_thread(change, view, ("more/user.ml", "", "let two = Common.common + 1\n"))
        verdict = await judge.judge(view, patch, Tier.TYPE)
    tree = tmp_path / "lanes/1/tree"
    assert verdict.note == "outside leads out of the workspace and is left out"
    assert not (tree / "more/common.ml").is_symlink()
    assert (tree / "again").readlink() == Path("more")
    assert not (tree / "outside").is_symlink()
    assert os.access(tree / "tool.sh", os.X_OK)


async def test_a_cache_folder_that_cannot_be_used_is_unknown(tmp_path: Path) -> None:
    root = make(tmp_path)
    (tmp_path / "lanes").write_text("a file is in the way")
    async with judging(root) as judge:
        view = await asyncio.to_thread(View.freeze, root)
        verdict = await judge.judge(view, Patch(()))
    assert verdict.state == "unknown"
    assert "AID_CACHE" in verdict.note


async def test_a_lane_in_disorder_is_put_right(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with judging(root) as judge:
        assert await judged(judge, GOOD) == "green"
        tree = tmp_path / "lanes/1/tree"
        (tree / "lib/stock.ml").write_text("let broken =")
        (tree / "lib/stray.ml").write_text("let broken =")
        (tree / "bin/main.ml").unlink()
        (tree / "test/test_shop.ml").unlink()
        (tree / "test/test_shop.ml").mkdir()
        assert await judged(judge, BAD) == "red"
        assert await judged(judge, GOOD, ("bin/main.ml", "3", "4")) == "green"
    manifest = tmp_path / "lanes/1/manifest"
    manifest.write_text(json.dumps({"lib/stock.ml": "nonsense", "x": [1]}))
    async with judging(root) as judge:
        assert await judged(judge, BAD) == "red"
    assert (tmp_path / "lanes/1/tree/lib/order.ml").read_text() == FILES["lib/order.ml"]
    assert (tmp_path / "lanes").stat().st_mode & 0o777 == 0o700


async def test_a_closed_judge_answers(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        asked = asyncio.create_task(judged(judge, GOOD))
        await asyncio.wait({asked}, timeout=0.2)
        await judge.close()
        assert await asked in ("green", "unknown")
        assert await judged(judge, BAD) == "unknown"
