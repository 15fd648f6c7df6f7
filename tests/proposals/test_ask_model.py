from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from aid_lsp.build.verdict import Lint
from aid_lsp.edits.lines import Span
from aid_lsp.errors import ModelFailed
from aid_lsp.models.model import Answer
from aid_lsp.models.scripted import ScriptedModel
from aid_lsp.proposals.ask_model import MOST_LINES, ModelProposer
from aid_lsp.proposals.propose import propose
from aid_lsp.recipes.proposer import Draft
from aid_lsp.server.capabilities import Client
from aid_lsp.server.pages import render_page
from aid_lsp.settings import ModelSettings
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View
from tests.support.judge import GREEN, ScriptedJudge, error, red

FILES = {
    "lib/shape.ml": "let area w h = w * h\n",
    "lib/shape.mli": "val area : int -> int -> int\n",
    "lib/dune": "(library (name s))\n",
}

SETTINGS = ModelSettings(name="scripted", format="search_replace")


def block(path: str, before: str, after: str) -> str:
    return f"{path}\n```ocaml\n<<<<<<< SEARCH\n{before}\n=======\n{after}\n>>>>>>> REPLACE\n```\n"


GOOD = "Swap width and height\n\n" + block("lib/shape.ml", "let area w h = w * h", "let area w h = h * w")
BETTER = "Multiply by hand\n\n" + block("lib/shape.ml", "let area w h = w * h", "let area h w = w * h")


def request(files: dict[str, str] | None = None, root: Path = Path("/nowhere"), **more: Any) -> Request:
    view = View(root, {}, {path: Buffer(text, None) for path, text in (files or FILES).items()})
    return Request("swap them", view, **more)


async def draft_of(answer: str | Answer, files: dict[str, str] | None = None, root: Path = Path("/nowhere")) -> Draft:
    proposer = ModelProposer(ScriptedModel().enqueue(answer), SETTINGS)
    return await proposer.draft(request(files, root), (), lambda line: None)


async def check_refused(answer: str | Answer, *expect: str, root: Path = Path("/nowhere")) -> None:
    draft = await draft_of(answer, root=root)
    assert draft.patch is None
    said = "\n".join(complaint.message for complaint in draft.complaints)
    for words in expect:
        assert words in said


async def test_an_answer_becomes_a_patch_with_its_title() -> None:
    draft = await draft_of(Answer(GOOD, "stop", 100, 20))
    assert draft.patch is not None
    assert [(change.path, change.after) for change in draft.patch.changes] == [("lib/shape.ml", "let area w h = h * w\n")]
    assert draft.understood == "Swap width and height"
    assert (draft.answer, draft.input_tokens, draft.output_tokens) == (GOOD, 100, 20)
    assert [placement.rung for placement in draft.placements] == ["exact"]
    assert draft.timings.keys() == {"gather", "ask", "read"}


async def test_without_a_title_the_instruction_stands_for_it() -> None:
    assert (await draft_of(block("lib/shape.ml", "let area w h = w * h", "let area w h = h * w"))).understood == "swap them"


async def test_a_model_may_slip_into_another_format() -> None:
    draft = await draft_of("Swap\n\nlib/shape.ml\n```ocaml\nlet area w h = h * w\n```\n")
    assert draft.patch is not None
    assert draft.patch.changes[0].after == "let area w h = h * w\n"


@pytest.mark.parametrize(
    "answer", ["CANNOT: there is no width", "**CANNOT: there is no width**", "\n\nCANNOT: there is no width\nbye"]
)
async def test_a_model_may_decline(answer: str) -> None:
    draft = await draft_of(answer)
    assert (draft.patch, draft.declined) == (None, "scripted says it cannot: there is no width")


async def test_chatter_is_complained_about() -> None:
    draft = await draft_of("Sure! I would love to help you with that.")
    assert draft.patch is None
    assert draft.complaints


async def test_an_answer_that_was_cut_off_is_not_used() -> None:
    draft = await draft_of(Answer(GOOD, "length"))
    assert draft.patch is None
    assert draft.complaints


@pytest.mark.parametrize("path", ["/etc/passwd", "../up.ml", ".git/config", "lib/_build/a.ml", ".env", "C:\\a.ml"])
async def test_no_path_leads_out_or_where_aid_may_not_write(path: str) -> None:
    await check_refused(GOOD + block(path, "", "let x = 1"))


@pytest.fixture
def root_with_a_link(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "lib").symlink_to(tmp_path / "out")
    return tmp_path / "root"


async def test_no_path_leads_out_through_a_link(root_with_a_link: Path) -> None:
    await check_refused(block("lib/new.ml", "", "let x = 1"), "symbolic link", root=root_with_a_link)


async def test_a_huge_change_is_refused() -> None:
    lines = "\n".join(f"let x{n} = {n}" for n in range(MOST_LINES + 1))
    await check_refused("Big\n\n" + block("lib/new.ml", "", lines), "at most 400 lines")


async def test_progress_counts_words_once() -> None:
    said: list[str] = []
    await ModelProposer(ScriptedModel().enqueue(GOOD), SETTINGS).draft(request(), (), said.append)
    assert said[0] == "gathering what the model should see"
    assert said[1] == "asking scripted"
    assert said[-1] == f"reading the answer of scripted, {len(GOOD.split())} words"


async def test_a_red_answer_is_repaired_in_the_second_round() -> None:
    model = ScriptedModel().enqueue(GOOD, BETTER)
    judge = ScriptedJudge.saying(red(error("lib/shape.ml", 1, "Unbound value hh", 15, 16)), GREEN)
    proposal = await propose(request(), [ModelProposer(model, SETTINGS)], judge)
    assert (proposal.green, proposal.understood, proposal.chosen) == (True, "Multiply by hand", 1)
    first, second = model.history
    assert second.system == first.system
    assert second.turns[0] == first.turns[0], "the prefix must stay as it is, so that servers can reuse it"
    assert second.turns[1].text == GOOD
    assert "Unbound value hh\n    let area w h = h * w\n                   ^" in second.turns[2].text
    assert "against the original files" in second.turns[2].text


async def test_a_lint_goes_back_as_a_remark_of_one_line() -> None:
    model = ScriptedModel().enqueue(GOOD, BETTER)
    lint = Lint("cast", "lib/shape.ml", 1, "`Obj.magic` switches the type checker off here.")
    await propose(request(), [ModelProposer(model, SETTINGS)], ScriptedJudge.saying(replace(red(), lints=(lint,)), GREEN))
    remark = "\nA remark, not an error; do it otherwise unless it was asked for: lib/shape.ml, line 1: `Obj.magic` switches"
    assert remark in model.history[1].turns[2].text


async def test_an_unreadable_answer_goes_back_with_its_complaints() -> None:
    model = ScriptedModel().enqueue("Oops\n\n" + block("lib/shape.ml", "let aera w h", "let x"), GOOD)
    proposal = await propose(request(), [ModelProposer(model, SETTINGS)], ScriptedJudge())
    assert proposal.green
    assert "Your answer could not be used" in model.history[1].turns[2].text
    assert "lib/shape.ml" in model.history[1].turns[2].text


async def test_repairs_are_bounded() -> None:
    model = ScriptedModel().enqueue("no", "no", "no", "no", "no")
    proposal = await propose(request(), [ModelProposer(model, SETTINGS)], ScriptedJudge(), max_repairs=2)
    assert proposal.patch is None
    assert len(model.history) == 3
    assert proposal.declined.startswith("The answer of model scripted could not be used")


async def test_the_same_answer_again_is_not_built_again() -> None:
    judge = ScriptedJudge.saying(red())
    model = ScriptedModel().enqueue(GOOD, GOOD, GOOD)
    proposal = await propose(request(), [ModelProposer(model, SETTINGS)], judge)
    assert len(judge.judged) == 1
    assert "the same change as before" in model.history[2].turns[-1].text
    assert proposal.chosen == 0


async def test_a_model_that_breaks_off_in_a_repair_leaves_the_first_try() -> None:
    model = ScriptedModel().enqueue(GOOD, ModelFailed("it broke off"))
    proposal = await propose(request(), [ModelProposer(model, SETTINGS)], ScriptedJudge.saying(red()))
    assert (proposal.chosen, proposal.attempts[-1].draft.declined) == (0, "it broke off")


async def test_a_model_that_shall_fix_the_build_is_told_what_the_build_says() -> None:
    model = ScriptedModel().enqueue(GOOD)
    judge = replace(ScriptedJudge(), stands=red(error("lib/shape.ml", 1, "Unbound value area")))
    await propose(replace(request(), instruction="fix the build"), [ModelProposer(model, SETTINGS)], judge)
    assert "# What the build says now\n\n- lib/shape.ml, line 1: error: Unbound value area" in model.history[0].turns[0].text


async def test_secrets_are_not_shown() -> None:
    model = ScriptedModel().enqueue(GOOD)
    files = {**FILES, ".env": "TOKEN=sesame\n", "lib/id_rsa": "sesame\n"}
    await propose(replace(request(files), instruction="use .env and id_rsa"), [ModelProposer(model, SETTINGS)], ScriptedJudge())
    said = model.history[0].system + model.history[0].turns[0].text
    assert "sesame" not in said
    assert ".env\n" not in said


async def test_definitions_are_spliced_for_small_models() -> None:
    answer = dedent("""\
        Swap width and height

        lib/shape.ml
        ```ocaml
        let area w h = h * w
        ```
        """)
    proposer = ModelProposer(ScriptedModel().enqueue(answer), ModelSettings(name="tiny:1b"))
    assert proposer.format == "definition"
    files = {**FILES, "lib/shape.ml": "(* keep *)\nlet a = 1\n\nlet area w h = w * h\n"}
    draft = await proposer.draft(request(files), (), lambda line: None)
    assert draft.patch is not None
    assert draft.patch.changes[0].after == "(* keep *)\nlet a = 1\n\nlet area w h = h * w\n"


async def test_a_draft_says_what_the_model_was_shown_and_the_page_too() -> None:
    asked = request(place=Place("lib/shape.ml", Span(0, 0)))
    proposal = await propose(asked, [ModelProposer(ScriptedModel().enqueue(GOOD), SETTINGS)], ScriptedJudge())
    assert proposal.best is not None
    (shape, *_) = proposal.best.draft.shown
    assert (shape.path, shape.first_line, shape.last_line) == ("lib/shape.ml", 1, 1)
    assert shape.tokens > 0
    page = render_page(replace(proposal, id="7"), Client())
    assert f"- `lib/shape.ml:1-1` ({shape.tokens} tokens): {shape.why}" in page
