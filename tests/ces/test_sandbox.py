"""Hostile patches, with and without the sandbox. bubblewrap comes with the tests' toolchain; without it these fail."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from aid_lsp.build.dune import Folders
from aid_lsp.build.toolchain import find_toolchain
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.ces.sandbox import OFF, Sandbox, build_rules, find_sandbox
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.settings import JudgeSettings, Sandboxing
from aid_lsp.workspace.view import View
from tests.ces.project import FILES, change, judging, make, processes, until

RULE = """\
(library (name shop))
(rule
 (targets gen.ml)
 (action
  (with-stdout-to gen.ml
   (system "{attack}; echo 'let x = 1'"))))
"""


async def attacked(folder: Path, attack: str, sandbox: Sandboxing) -> Verdict:
    root = await asyncio.to_thread(make, folder)
    judge = LaneJudge(root, folder / "lanes", JudgeSettings(timeout_s=60.0, sandbox=sandbox))
    try:
        view = await asyncio.to_thread(View.freeze, root)
        patch = change(view, ("lib/dune", FILES["lib/dune"], RULE.replace("{attack}", attack)))
        return await judge.judge(view, patch, Tier.BUILD)
    finally:
        await judge.close()


@pytest.mark.dune
@pytest.mark.parametrize("sandbox", ["auto", "off"])
async def test_a_hostile_rule_reaches_neither_the_home_folder_nor_the_network(tmp_path: Path, sandbox: Sandboxing) -> None:
    reached = 0

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached += 1
        writer.close()

    home = Path(os.environ["HOME"])  # noqa: TID251
    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    dial = f"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' 2>/dev/null"
    owned, sources = home / "owned", tmp_path / "lanes" / "1" / "tree" / "lib" / "owned.txt"
    try:
        verdict = await attacked(tmp_path, f"echo owned > '{owned}'; {dial}; echo owned > ../../../lib/owned.txt", sandbox)
    finally:
        server.close()
    marks = (owned.exists(), sources.exists(), reached > 0)
    owned.unlink(missing_ok=True)
    assert [lint.name for lint in verdict.lints] == ["runs-code"]
    assert verdict.green
    if sandbox == "off":
        assert marks == (True, True, True), "else this test proves nothing"
        assert "there is no sandbox (`judge.sandbox` is off) and this change touches lib/dune" in verdict.note
    else:
        assert marks == (False, False, False)
        assert "the build tried what AID's sandbox does not allow" in verdict.note
        assert "Read-only file system" in verdict.note


@pytest.mark.dune
async def test_a_rule_that_fails_in_the_sandbox_is_red_and_not_the_machine_s_fault(tmp_path: Path) -> None:
    verdict = await attacked(tmp_path, "set -e; echo owned > ../../../lib/owned.txt", "auto")
    assert (verdict.state, verdict.tier) == ("red", Tier.TYPE)
    assert "`judge.sandbox`" in verdict.note


@pytest.mark.dune
async def test_what_a_rule_plants_in_the_build_or_the_cache_is_gone_with_it(tmp_path: Path) -> None:
    root = make(tmp_path)
    cache = tmp_path / "cache"
    plant = 'echo planted > ../planted; echo planted > "$DUNE_CACHE_ROOT/planted"'
    rule = RULE.replace("{attack}", plant.replace('"', '\\"'))
    judge = LaneJudge(root, tmp_path / "lanes", JudgeSettings(timeout_s=60.0), cache=cache)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("DUNE_CACHE_ROOT")
            view = await asyncio.to_thread(View.freeze, root)
            good = change(view, ("lib/stock.ml", "sum + item.count", "item.count + sum"))
            assert (await judge.judge(view, good)).green
            verdict = await judge.judge(
                view, change(view, ("lib/dune", FILES["lib/dune"], rule), ("lib/extra.ml", "", "let y = Gen.x\n"))
            )
            assert (verdict.state, verdict.tier, verdict.note) == ("green", Tier.TEST, "")
            assert not await asyncio.to_thread(lambda: list(tmp_path.glob("lanes/1/tree/_build/**/planted")))
            assert not (cache / "planted").exists()
            assert (await judge.judge(view, change(view, ("lib/stock.ml", "item.count", "gone")))).state == "red"
            assert not await asyncio.to_thread(lambda: list(tmp_path.rglob("planted"))), "the next build has cleared it away"
    finally:
        await judge.close()


@pytest.mark.dune
async def test_what_a_rule_leaves_running_ends_with_the_lane(tmp_path: Path) -> None:
    mark = f"98765.{os.getpid()}"
    verdict = await attacked(tmp_path, f"(setsid sleep {mark} >/dev/null 2>&1 </dev/null &)", "auto")
    assert verdict.green
    await until(lambda: not processes(mark))


@pytest.mark.dune
async def test_a_stopped_dune_in_the_sandbox_ends_in_order(tmp_path: Path) -> None:
    """Dune writes down what it has built (`_build/.db`) only if it is asked to end; the next start is slow without."""
    root = make(tmp_path)
    async with judging(root) as judge:
        assert (await judge.baseline(await asyncio.to_thread(View.freeze, root))).green
        assert processes("--unshare-all"), "no sandbox"
    assert (tmp_path / "lanes" / "1" / "tree" / "_build" / ".db").exists()


@pytest.mark.dune
async def test_the_sandbox_works_with_the_toolchain_of_the_tests() -> None:
    sandbox = await find_sandbox((await find_toolchain()).command)
    assert sandbox.program == shutil.which("bwrap"), sandbox.problem


async def test_where_it_does_not_work_it_says_why_and_lanes_go_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = Folders(tmp_path / "tree", tmp_path / "running", tmp_path / "runtime", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))
    missing = await find_sandbox(("dune-that-nobody-has",))
    assert not missing
    assert (missing.problem, "apt install bubblewrap" in missing.advice) == ("bubblewrap is not installed", True)
    broken = tmp_path / "bwrap"
    await asyncio.to_thread(broken.write_text, "#!/bin/sh\nexit 1\n")
    await asyncio.to_thread(broken.chmod, 0o755)
    refused = await find_sandbox(("another-dune",))
    assert not refused
    assert refused.problem == f"dune does not start in a sandbox of {broken}"
    for none in (missing, refused, OFF, Sandbox()):
        assert none.around(("dune", "build"), folders) == ("dune", "build")


def test_what_can_run_code_while_building_is_told_from_what_cannot() -> None:
    paths = ["dune", "a/dune", "dune-project", "a.opam", "t/run.t", "t/x.t/input", "lib/stubs.c", "dune.inc"]
    innocent = ["a.ml", "b.mli", "README.md", "doc/dune.md", "test/a.expected"]
    patch = Patch.of(FileChange(path, None, "x") for path in [*paths, *innocent])
    assert set(build_rules(patch)) == set(paths)
    assert build_rules(Patch.of([FileChange("dune", "x", None)])) == ()


@pytest.mark.dune
async def test_a_dune_in_the_temporary_folder_stays_visible(tmp_path: Path) -> None:
    """/tmp is hidden in the sandbox, but not the tools in it."""
    real = shutil.which("dune")
    mine = tmp_path / "tools" / "dune"
    await asyncio.to_thread(mine.parent.mkdir)
    await asyncio.to_thread(mine.write_text, f'#!/bin/sh\nexec {real} "$@"\n')
    await asyncio.to_thread(mine.chmod, 0o755)
    assert await find_sandbox((str(mine),))
