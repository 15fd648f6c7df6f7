"""Verdicts of the real judge with a real dune."""

import asyncio
import random
import shutil
import uuid
from pathlib import Path
from typing import ClassVar

import pytest

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.workspace.view import Buffer, View
from tests.ces.project import FILES, change, judging, make, write, write_view

pytestmark = pytest.mark.dune

GOOD = ("lib/stock.ml", "sum + item.count", "item.count + sum")
ILL_TYPED = ("lib/stock.ml", "sum + item.count", "sum +. item.count")
MISSPELT = ("lib/order.ml", "Stock.total", "Stock.totl")
WRONG = ("lib/stock.ml", "sum + item.count", "sum + item.count + 1")
UNLINKABLE = ("bin/main.ml", "let () =", 'external gone : unit -> unit = "no_such_symbol"\nlet () = gone ()\nlet () =')
BROKEN = ("lib/stock.ml", "let total items =", "let total items = (")


async def verdict_on(judge: LaneJudge, *replacements: tuple[str, str, str], tier: Tier = Tier.TEST) -> Verdict:
    view = await asyncio.to_thread(View.freeze, judge.root)
    return await judge.judge(view, await asyncio.to_thread(change, view, *replacements), tier)


def places(verdict: Verdict) -> list[str]:
    return [f"{one.path}:{one.line} {one.first_line}" for one in verdict.diagnostics]


@pytest.mark.parametrize("rpc", [True, False], ids=["warm", "one-shot"])
async def test_a_patch_climbs_to_its_first_red_tier(tmp_path: Path, rpc: bool) -> None:
    async with judging(make(tmp_path), rpc=rpc) as judge:
        verdict = await verdict_on(judge, GOOD)
        assert (verdict.state, verdict.tier, verdict.note) == ("green", Tier.TEST, "")
        assert {"sync", "type", "build", "test"} <= verdict.timings.keys()

        verdict = await verdict_on(judge, BROKEN)
        assert (verdict.state, verdict.tier) == ("red", Tier.PARSE)
        assert places(verdict)[0].startswith("lib/stock.ml:4 Syntax error")

        verdict = await verdict_on(judge, ILL_TYPED)
        assert (verdict.state, verdict.tier) == ("red", Tier.TYPE)
        assert [one.line for one in verdict.diagnostics] == [3]
        assert "float" in verdict.diagnostics[0].message
        assert "sum +. item.count" in verdict.output

        verdict = await verdict_on(judge, UNLINKABLE)
        assert (verdict.state, verdict.tier) == ("red", Tier.BUILD)
        assert "no_such_symbol" in verdict.diagnostics[0].message

        verdict = await verdict_on(judge, WRONG)
        assert (verdict.state, verdict.tier) == ("red", Tier.TEST)
        assert (verdict.diagnostics[0].path, verdict.diagnostics[0].line) == ("test/test_shop.ml", 1)
        assert "Assert_failure" in verdict.diagnostics[0].message


async def test_a_tier_that_was_not_asked_for_is_not_climbed(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        assert (await verdict_on(judge, WRONG, tier=Tier.BUILD)).green
        assert (await verdict_on(judge, UNLINKABLE, tier=Tier.TYPE)).green
        assert (await verdict_on(judge, ILL_TYPED, tier=Tier.PARSE)).green


async def test_a_patch_for_another_text_does_not_apply(tmp_path: Path) -> None:
    root = make(tmp_path)
    view = await asyncio.to_thread(View.freeze, root)
    patch = Patch.of([FileChange("lib/order.ml", "another text\n", "x\n"), FileChange("lib/stock.ml", None, "x\n")])
    async with judging(root) as judge:
        verdict = await judge.judge(view, patch)
    assert (verdict.state, verdict.tier) == ("red", Tier.APPLY)
    assert [one.path for one in verdict.diagnostics] == ["lib/order.ml", "lib/stock.ml"]


async def test_a_patch_that_leads_out_does_not_apply(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "away").symlink_to(tmp_path)
    view = await asyncio.to_thread(View.freeze, root)
    async with judging(root) as judge:
        for path in ("../x.ml", "away/x.ml", "_build/x.ml", "lib/stock.ml/x.ml", "lib"):
            verdict = await judge.judge(view, Patch.of([FileChange(path, None, "x\n")]))
            assert (verdict.state, verdict.tier) == ("red", Tier.APPLY), path


async def test_unsaved_buffers_are_judged_and_files_may_come_and_go(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with judging(root) as judge:
        view = await asyncio.to_thread(View.freeze, root, {"lib/stock.ml": Buffer(FILES["lib/stock.ml"].replace("+", "-"), 7)})
        assert (await judge.judge(view, Patch(()))).tier == Tier.TEST
        moved = Patch.of(
            [
                FileChange("lib/order.ml", FILES["lib/order.ml"], None),
                FileChange("lib/sub/order2.ml", None, FILES["lib/order.ml"]),
                FileChange("lib/dune", FILES["lib/dune"], "(include_subdirs unqualified)\n" + FILES["lib/dune"]),
            ]
        )
        view = await asyncio.to_thread(View.freeze, root)
        assert (await judge.judge(view, moved)).green
        assert (await judge.judge(view, await asyncio.to_thread(change, view, GOOD))).green


class TestRedBefore:
    """The workspace does not build before the patch."""

    BOTH: ClassVar = {"lib/order.ml": "let size items = Stock.totl items\n", "lib/price.ml": "let tax = 1 + true\n"}
    DOWNSTREAM: ClassVar = {"lib/order.ml": "let size items = Stock.totl items\n", "bin/main.ml": "let () = print_endline 3\n"}

    @pytest.mark.parametrize("variable", ["", "CI"])
    async def test_fixing_one_of_two_errors_is_seen_but_not_green(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        monkeypatch.delenv("CI", raising=False)
        if variable:
            monkeypatch.setenv(variable, "true")  # dune is more talkative then
        async with judging(make(tmp_path, self.BOTH)) as judge:
            verdict = await verdict_on(judge, ("lib/order.ml", "totl", "total"))
        assert verdict.state == "unknown"
        assert [one.path for one in verdict.before] == ["lib/price.ml"]
        assert verdict.fixed == 1
        assert verdict.diagnostics == ()
        assert verdict.note == "the workspace was red before this change: 1 error remains, none of them new"

    async def test_fixing_all_is_green(self, tmp_path: Path) -> None:
        async with judging(make(tmp_path, self.BOTH)) as judge:
            view = await asyncio.to_thread(View.freeze, judge.root)
            before = await judge.baseline(view)
            assert before.state == "red"
            assert sorted(one.path or "" for one in before.diagnostics) == ["lib/order.ml", "lib/price.ml"]
            verdict = await verdict_on(judge, ("lib/order.ml", "totl", "total"), ("lib/price.ml", "true", "2"))
        assert (verdict.state, verdict.fixed) == ("green", 2)

    async def test_a_change_elsewhere_is_not_blamed_even_if_lines_move(self, tmp_path: Path) -> None:
        async with judging(make(tmp_path, self.BOTH)) as judge:
            verdict = await verdict_on(judge, ("lib/order.ml", "let size", "(* one\n   two *)\nlet one = 1\n\nlet size"))
        assert (verdict.state, verdict.fixed, len(verdict.before)) == ("unknown", 0, 2)
        assert next(one.line for one in verdict.before if one.path == "lib/order.ml") == 5

    async def test_a_new_error_is_red_and_told_from_the_old_ones(self, tmp_path: Path) -> None:
        async with judging(make(tmp_path, self.BOTH)) as judge:
            verdict = await verdict_on(judge, ("lib/stock.mli", "val show", "val gone : int\nval show"))
        assert verdict.state == "red"
        assert [one.path for one in verdict.diagnostics] == ["lib/stock.ml"]
        assert "lib/price.ml" in [one.path for one in verdict.before]

    async def test_an_error_further_down_the_same_file_came_to_light(self, tmp_path: Path) -> None:
        both = {"lib/order.ml": "let size items = Stock.totl items\n\nlet other = 1 + true\n"}
        async with judging(make(tmp_path, both)) as judge:
            verdict = await verdict_on(judge, ("lib/order.ml", "totl", "total"))
        assert (verdict.state, verdict.fixed) == ("unknown", 1)
        assert [one.line for one in verdict.diagnostics] == [3]
        assert "came to light" in verdict.note

    async def test_an_error_in_a_file_that_depends_on_the_fixed_one_came_to_light(self, tmp_path: Path) -> None:
        async with judging(make(tmp_path, self.DOWNSTREAM)) as judge:
            verdict = await verdict_on(judge, ("lib/order.ml", "totl", "total"))
        assert (verdict.state, verdict.fixed) == ("unknown", 1)
        assert [one.path for one in verdict.diagnostics] == ["bin/main.ml"]

    async def test_breaking_a_file_that_compiled_is_red_even_while_another_is_fixed(self, tmp_path: Path) -> None:
        using = {"lib/order.ml": "let size items = Stock.totl items\n", "lib/sum.ml": "let sum = Stock.total []\n"}
        async with judging(make(tmp_path, using)) as judge:
            verdict = await verdict_on(
                judge,
                ("lib/order.ml", "Stock.totl items", "List.length items"),
                ("lib/stock.mli", "val total : t list -> int\n", ""),
                ("lib/stock.ml", "let total items = List.fold_left (fun sum item -> sum + item.count) 0 items\n", ""),
            )
        assert (verdict.state, verdict.fixed) == ("red", 1)
        assert [one.path for one in verdict.diagnostics] == ["lib/sum.ml"]

    async def test_a_test_that_failed_before_is_not_blamed(self, tmp_path: Path) -> None:
        async with judging(make(tmp_path, {"test/test_shop.ml": "let () = assert (Shop.Order.size [] = 1)\n"})) as judge:
            verdict = await verdict_on(judge, GOOD)
        assert (verdict.state, verdict.tier, len(verdict.before)) == ("unknown", Tier.TEST, 1)


async def test_warnings_are_told_and_are_not_red(tmp_path: Path) -> None:
    lenient = {"dune": "(env (_ (flags (:standard -w +a-70 -warn-error -a))))\n"}
    async with judging(make(tmp_path, lenient)) as judge:
        name = f"unused_{uuid.uuid4().hex}"  # what dune's cache knows comes back without its warnings
        verdict = await verdict_on(judge, ("lib/stock.ml", "let show item", f"let {name} = 3\nlet show item"))
    assert verdict.green
    assert ("warning", "32 [unused-value-declaration]") in [(one.severity, one.code) for one in verdict.diagnostics]


async def test_no_verdict_is_stale(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        view = await asyncio.to_thread(View.freeze, judge.root)
        for number in range(20):
            bad = await asyncio.to_thread(
                change, view, ("lib/stock.ml", "sum + item.count", f"sum + item.count + gone{number:02}")
            )
            good = await asyncio.to_thread(change, view, ("lib/stock.ml", "sum + item.count", f"sum + item.count + 0{number:06}"))
            assert (await judge.judge(view, bad, Tier.TYPE)).state == "red"
            assert (await judge.judge(view, good, Tier.TYPE)).state == "green"


async def test_random_patches_are_judged_as_a_build_of_its_own_judges_them(tmp_path: Path) -> None:
    dice = random.Random(20)
    pieces = [GOOD, ILL_TYPED, MISSPELT, WRONG, UNLINKABLE, ("lib/order.ml", "let size", "let more = 2\n\nlet size")]
    root = make(tmp_path)
    view = await asyncio.to_thread(View.freeze, root)
    async with judging(root) as warm:
        for number in range(8):
            chosen = {piece[0]: piece for piece in dice.sample(pieces, dice.randint(1, 3))}
            patch = await asyncio.to_thread(change, view, *chosen.values())
            truth = tmp_path / f"truth{number}"
            await asyncio.to_thread(write_view, truth, view.patched(patch))
            verdict = await warm.judge(view, patch)
            process = await asyncio.create_subprocess_exec(
                "dune", "build", "--root", ".", "@check", "@default", "@runtest", cwd=truth,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            assert ((await process.wait()) == 0) == verdict.green, (chosen, verdict)


async def test_a_verdict_is_remembered(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        assert await verdict_on(judge, GOOD) is await verdict_on(judge, GOOD)


async def test_a_file_outside_every_stanza_is_named(tmp_path: Path) -> None:
    root = make(tmp_path)
    view = await asyncio.to_thread(View.freeze, root)
    async with judging(root) as judge:
        verdict = await judge.judge(view, Patch.of([FileChange("notes/scratch.ml", None, "let x = 1\n")]))
    assert verdict.green
    assert verdict.note == "notes/scratch.ml belongs to no dune stanza, so the build did not look at it"


async def test_a_folder_without_dune_files_cannot_be_judged_but_parses(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, {"a.ml": "let x = 1\n"})
    async with judging(root) as judge:
        verdict = await verdict_on(judge, ("a.ml", "1", "2"))
        assert (verdict.state, verdict.tier) == ("unknown", Tier.PARSE)
        assert "no dune file" in verdict.note
        assert (await verdict_on(judge, ("a.ml", "1", "(1"))).state == "red"
        async with judge.checked(await asyncio.to_thread(View.freeze, root)) as folder:
            assert folder is None


async def test_without_dune_the_note_says_what_to_do(tmp_path: Path) -> None:
    async with judging(make(tmp_path), dune="/nonexistent/dune") as judge:
        verdict = await verdict_on(judge, GOOD)
        assert verdict.state == "unknown"
        assert "judge.dune" in verdict.note
        assert (await verdict_on(judge, BROKEN)).state in ("red", "unknown")


async def test_checked_gives_the_compilers_artefacts_of_the_view(tmp_path: Path) -> None:
    root = make(tmp_path)
    async with judging(root) as judge:
        view = await asyncio.to_thread(View.freeze, root)
        async with judge.checked(view) as folder:
            assert folder is not None
            assert list(folder.rglob("*Stock.cmt"))
            with pytest.raises(RuntimeError):
                await judge.judge(view, await asyncio.to_thread(change, view, GOOD))
        assert (await judge.judge(view, await asyncio.to_thread(change, view, GOOD))).green


async def test_a_rule_that_promotes_into_the_tree_changes_nothing(tmp_path: Path) -> None:
    promoting = {
        "lib/dune": "(library (name shop))\n(rule (mode promote) (targets note.txt) (action (with-stdout-to note.txt (echo new))))\n",
        "lib/note.txt": "old",
    }
    async with judging(make(tmp_path, promoting)) as judge:
        assert (await verdict_on(judge, GOOD)).green
        assert (tmp_path / "lanes/1/tree/lib/note.txt").read_text() == "old"
        assert (judge.root / "lib/note.txt").read_text() == "old"


async def test_a_hollow_green_stays_green_and_is_remarked_on(tmp_path: Path) -> None:
    async with judging(make(tmp_path)) as judge:
        verdict = await verdict_on(judge, ("lib/order.ml", "Stock.total items", "Obj.magic (Stock.total items)"), tier=Tier.TYPE)
        assert verdict.green
        assert [(lint.name, lint.path, lint.line) for lint in verdict.lints] == [("cast", "lib/order.ml", 1)]


async def test_folders_may_go_and_come_back_under_a_warm_dune(tmp_path: Path) -> None:
    """Dune 3.17 does not watch a folder that was away; branches that are switched make such folders."""
    library = "(library (name {}) (modules {}))\n"
    states = (
        {"lib/dune": library.format("a", "u"), "lib/u.ml": "let x = 1\n"},
        {"lib/sub/dune": library.format("b", "v"), "lib/sub/v.ml": "let x = 1\n"},
        {"lib/dune": library.format("a", "w"), "lib/w.ml": "let x = 2\n"},
        {"other/dune": library.format("c", "u"), "other/u.ml": "let x = 1\n"},
        {"lib/dune": library.format("a", "v w"), "lib/w.ml": "let x = V.x\n", "lib/v.ml": "let x = 3\n"},
        {"other/dune": library.format("c", "v"), "other/v.ml": "let x = 1\n"},
    )
    root = tmp_path / "project"
    async with judging(root) as judge:
        for state in states:
            await asyncio.to_thread(shutil.rmtree, root, True)
            write(root, {"dune-project": "(lang dune 3.0)\n", **state})
            verdict = await judge.judge(await asyncio.to_thread(View.freeze, root), Patch(()), Tier.TYPE)
            assert (verdict.state, verdict.before) == ("green", ()), state
