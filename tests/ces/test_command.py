"""Workspaces that dune does not build: judged and followed by commands of the user's own."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aid_lsp.build.command import parse_command_output
from aid_lsp.build.status import BuildStatus
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.follow import Follower, FollowSettings
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.settings import JudgeSettings
from aid_lsp.workspace.view import View
from tests.ces.project import change, write

pytestmark = pytest.mark.dune

# Builds what is older than its source, and all after it, as make does; there is no make in the tests' toolchain.
BUILD = """\
#!/bin/sh
cd src || exit 2
failed=0 stale=
for module in stock order main; do
  if [ -n "$stale" ] || [ $module.ml -nt $module.cmo ]; then
    stale=yes
    echo "ocamlc -c $module.ml"
    echo $module >>../built
    ocamlc -w +a-70 -c $module.ml || failed=2
  fi
done
[ $failed = 0 ] && ocamlc -o shop stock.cmo order.cmo main.cmo
exit $failed
"""
FILES = {
    "build.sh": BUILD,
    "src/stock.ml": "let total counts = List.fold_left ( + ) 0 counts\n",
    "src/order.ml": "let size counts = Stock.total counts\n",
    "src/main.ml": "let () = print_int (Order.size [ 3; 4 ])\n",
    "test.sh": 'test "$(src/shop)" = 7 || { echo "Error: the shop says $(src/shop)"; exit 1; }\n',
    "src/shop": "left by a build of the user's\n",
}
GOOD = ("src/order.ml", "Stock.total counts", "Stock.total (0 :: counts)")
ILL_TYPED = ("src/order.ml", "Stock.total counts", "Stock.total (counts + 1)")
WRONG = ("src/stock.ml", "( + ) 0", "( + ) 1")


@asynccontextmanager
async def judging(folder: Path) -> AsyncGenerator[LaneJudge]:
    root = folder / "project"
    await asyncio.to_thread(write, root, FILES)
    settings = JudgeSettings(timeout_s=60.0, build="sh build.sh", test="sh test.sh")
    judge = LaneJudge(root, folder / "lanes", settings)
    try:
        yield judge
    finally:
        await judge.close()


async def verdict_on(judge: LaneJudge, *replacements: tuple[str, str, str], tier: Tier = Tier.TEST) -> Verdict:
    view = await asyncio.to_thread(View.freeze, judge.root)
    return await judge.judge(view, await asyncio.to_thread(change, view, *replacements), tier)


async def test_a_patch_is_judged_by_the_commands(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        verdict = await verdict_on(judge, GOOD)
        assert (verdict.state, verdict.tier, verdict.note) == ("green", Tier.TEST, "")
        verdict = await verdict_on(judge, ILL_TYPED)
        assert (verdict.state, verdict.tier) == ("red", Tier.BUILD)
        (error,) = verdict.diagnostics
        assert (error.path, error.line, error.column) == ("src/order.ml", 1, 30)
        assert "list" in error.message
        verdict = await verdict_on(judge, WRONG)
        assert (verdict.state, verdict.tier) == ("red", Tier.TEST)
        assert verdict.diagnostics[0].message == "the shop says 8"
        assert (await verdict_on(judge, WRONG, tier=Tier.TYPE)).green
        assert sorted(await asyncio.to_thread(lambda: [path.name for path in judge.root.rglob("*")])) == sorted(
            ["src", *(Path(path).name for path in FILES)]
        ), "the user's tree is untouched"


async def test_what_a_build_made_is_kept_and_never_stale(tmp_path: Path) -> None:
    built = tmp_path / "lanes/1/tree/built"
    async with judging(tmp_path) as judge:
        for _ in range(3):
            assert (await verdict_on(judge, GOOD)).green
            assert (await verdict_on(judge, WRONG)).state == "red"
            assert (await verdict_on(judge, GOOD, WRONG)).state == "red"
            assert (await verdict_on(judge, ("src/main.ml", "3; 4", "4; 3"))).green
        assert (await verdict_on(judge, ("src/main.ml", "3; 4", "2; 5"))).green
        assert (await asyncio.to_thread(built.read_text)).split().count("stock") <= 10, "only what changed was compiled"
        view = await asyncio.to_thread(View.freeze, judge.root)
        gone = Patch.of([FileChange("src/stock.ml", FILES["src/stock.ml"], None)])
        assert (await judge.judge(view, gone)).state == "red", "what the deleted file left does not count"
        assert (await verdict_on(judge, GOOD)).green


async def test_a_command_that_cannot_run_is_not_red(tmp_path: Path) -> None:
    async with judging(tmp_path) as judge:
        judge.configure(JudgeSettings(timeout_s=60.0, build="no-such-tool all"))
        verdict = await verdict_on(judge, GOOD)
    assert verdict.state == "unknown"
    assert "no-such-tool" in verdict.note


async def test_the_saved_tree_is_followed_by_the_command(tmp_path: Path) -> None:
    root = tmp_path / "project"
    await asyncio.to_thread(write, root, FILES)
    follower = Follower(root, tmp_path / "lanes", FollowSettings(build="sh build.sh", sandbox=True))
    follower.start()
    try:
        await until_it_is(follower, "green")
        await asyncio.to_thread(write, root, {"src/order.ml": "let size counts = Stock.totl counts\n"})
        follower.changed()
        status = await until_it_is(follower, "red")
    finally:
        await follower.close()
    assert [(one.path, one.line, one.first_line) for one in status.diagnostics if one.severity == "error"] == [
        ("src/order.ml", 1, 'Unbound value "Stock.totl"')
    ]


async def until_it_is(follower: Follower, state: str) -> BuildStatus:
    async with asyncio.timeout(60):
        async for status in follower.feed.changes():
            if status.state == state:
                return status
    raise AssertionError


def test_what_make_says_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"src/core/stock.ml": "", "src/order.ml": ""})
    said = f"""\
make -C src
make[1]: Entering directory '{tmp_path}/src'
make[2]: Entering directory '{tmp_path}/src/core'
ocamlfind ocamlc -package str -c stock.ml
File "stock.ml", line 3, characters 10-14:
3 | let x = totl 3
              ^^^^
Error: Unbound value totl
Hint: Did you mean total?
make[2]: *** [Makefile:3: stock.cmo] Error 2
make[2]: Leaving directory '{tmp_path}/src/core'
File "order.ml", line 1, characters 4-5:
Warning 32 [unused-value-declaration]: unused value y.
make[1]: *** [Makefile:7: core] Error 2
make[1]: Leaving directory '{tmp_path}/src'
File "{tmp_path}/src/order.ml", line 9, characters 0-3:
Error: Syntax error
make: *** [Makefile:2: all] Error 2
"""
    assert [(one.path, one.line, one.severity, one.message) for one in parse_command_output(said, tmp_path)] == [
        ("src/core/stock.ml", 3, "error", "Unbound value totl\nHint: Did you mean total?"),
        ("src/order.ml", 1, "warning", "unused value y."),
        ("src/order.ml", 9, "error", "Syntax error"),
    ]
