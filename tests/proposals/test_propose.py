import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from aid_lsp.build.verdict import Lint, Tier, Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Complaint, FileChange, Patch
from aid_lsp.errors import ModelFailed, NoToolchain
from aid_lsp.models.scripted import ScriptedModel
from aid_lsp.proposals.ask_model import ModelProposer
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.proposals.propose import RECIPE_ROUNDS, propose
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.settings import ModelSettings
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View
from tests.support.judge import GREEN, ScriptedJudge, error, red

TEXT = "let x = 1\n"
UNKNOWN = Verdict("unknown", Tier.TYPE, note="the build took too long")


def view_of(texts: Mapping[str, str], version: int | None = 3) -> View:
    return View(Path("/nowhere"), {}, {path: Buffer(text, version) for path, text in texts.items()})


def request_for(instruction: str = "rename x", texts: Mapping[str, str] | None = None, **more: Any) -> Request:
    return Request(instruction, view_of(texts or {"lib/a.ml": TEXT}), **more)


@dataclass
class ScriptedProposer:
    """Rewrites a file as it is told; a rewriting of None declines, an exception is raised."""

    steps: list[Callable[[str], str] | Draft | Exception | None]
    name: str = "recipe"
    asked: list[tuple[Request, tuple[Attempt, ...]]] = field(default_factory=list[tuple[Request, tuple[Attempt, ...]]])

    async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        self.asked.append((request, attempts))
        step = self.steps.pop(0) if self.steps else None
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Draft):
            return step
        if step is None:
            return Draft(None, "nothing", declined="I only rename values.")
        before = request.view.text("lib/a.ml")
        assert before is not None
        return Draft(Patch.of([FileChange("lib/a.ml", before, step(before))]), "rename x")


def to(text: str) -> Callable[[str], str]:
    return lambda before: text


async def run(*proposers: ScriptedProposer | ModelProposer, judge: ScriptedJudge | None = None, **more: Any) -> Proposal:
    request = more.pop("request", None) or request_for()
    return await propose(request, proposers, judge or ScriptedJudge(), **more)


def after(proposal: Proposal, path: str = "lib/a.ml") -> str | None:
    assert proposal.patch is not None
    return next(change.after for change in proposal.patch.changes if change.path == path)


async def test_a_green_recipe_is_the_proposal_and_no_model_is_asked() -> None:
    model = ScriptedModel().enqueue("never")
    proposal = await run(ScriptedProposer([to("let y = 1\n")]), ModelProposer(model, ModelSettings(name="m")))
    assert (proposal.green, proposal.proposer, after(proposal)) == (True, "recipe", "let y = 1\n")
    assert proposal.request.versions == {"lib/a.ml": 3}
    assert model.history == []
    assert proposal.timings.keys() >= {"draft", "judge", "total"}


async def test_the_next_proposer_is_asked_when_one_declines() -> None:
    other = ScriptedProposer([to("let y = 1\n")], "other")
    proposal = await run(ScriptedProposer([None]), other)
    assert proposal.proposer == "other"


async def test_the_next_proposer_is_asked_when_the_best_stays_red() -> None:
    judge = ScriptedJudge.saying(red(), GREEN)
    proposal = await run(ScriptedProposer([to("let y = 2\n"), None]), ScriptedProposer([to("let y = 1\n")], "other"), judge=judge)
    assert (proposal.proposer, proposal.green) == ("other", True)


async def test_a_proposer_sees_its_own_attempts_and_their_verdicts() -> None:
    proposer = ScriptedProposer([to("let y = 2\n"), to("let y = 1\n")])
    await run(proposer, judge=ScriptedJudge.saying(red(), GREEN))
    (_, none), (_, one) = proposer.asked
    assert none == ()
    assert [(attempt.proposer, attempt.verdict) for attempt in one] == [("recipe", red())]


async def test_what_is_judged_shown_and_seen_again_has_the_projects_layout() -> None:
    async def spaced(patch: Patch) -> Patch:
        return Patch.of(replace(change, after=(change.after or "").replace("=", " = ")) for change in patch.changes)

    proposer = ScriptedProposer([to("let y=2\n"), to("let y=1\n")])
    proposal = await run(proposer, judge=ScriptedJudge.saying(red(), GREEN), layout=spaced)
    assert after(proposal) == "let y = 1\n"
    seen = proposer.asked[1][1][0].draft.patch
    assert seen is not None
    assert seen.changes[0].after == "let y = 2\n"


async def test_a_recipe_has_its_rounds_and_no_more() -> None:
    texts = [to(f"let y = {n}\n") for n in range(RECIPE_ROUNDS + 3)]
    proposal = await run(ScriptedProposer([*texts]), judge=ScriptedJudge.saying(red()))
    assert len(proposal.attempts) == RECIPE_ROUNDS


@pytest.mark.parametrize(
    ("verdicts", "best"),
    [
        pytest.param([red(error(), error(line=2)), red(), red(error(), error(line=2))], 1, id="fewer new errors"),
        pytest.param([red(), red(tier=Tier.TEST), red()], 1, id="further"),
        pytest.param([red(), red(), red()], 0, id="the first of equals"),
        pytest.param([replace(red(), fixed=1), replace(red(), fixed=5), red()], 1, id="more fixed"),
    ],
)
async def test_the_best_of_red_attempts_is_kept(verdicts: list[Verdict], best: int) -> None:
    steps = [to("let y = 1\n"), to("let y = 2\n"), to("let y = 3\n")]
    proposal = await run(ScriptedProposer([*steps, None]), judge=ScriptedJudge.saying(*verdicts))
    assert (proposal.chosen, proposal.green) == (best, False)


async def test_unknown_is_better_than_red_and_is_not_tried_again() -> None:
    proposer = ScriptedProposer([to("let y = 1\n"), to("let y = 2\n"), to("let y = 3\n")])
    proposal = await run(proposer, judge=ScriptedJudge.saying(red(), UNKNOWN))
    assert proposal.verdict == UNKNOWN
    assert len(proposer.asked) == 2


async def test_a_recipe_goes_on_in_a_workspace_that_was_red_before() -> None:
    stuck = Verdict("unknown", Tier.TYPE, before=(error(line=9),), fixed=1)
    proposer = ScriptedProposer([to("let y = 1\n"), to("let y = 2\n")])
    proposal = await run(proposer, judge=ScriptedJudge.saying(stuck, replace(stuck, before=(), state="green", fixed=2)))
    assert (proposal.green, proposal.chosen) == (True, 1)


async def test_a_patch_that_changes_nothing_is_no_proposal() -> None:
    judge = ScriptedJudge()
    proposal = await run(ScriptedProposer([to(TEXT)]), judge=judge)
    assert proposal.patch is None
    assert "leaves every file as it was" in proposal.declined
    assert judge.judged == []


async def test_without_a_model_the_proposal_says_how_to_add_one() -> None:
    proposal = await run(ScriptedProposer([None]))
    assert proposal.patch is None
    assert proposal.declined.startswith("I only rename values.\nNo model is configured")
    for line in ("AID_MODEL_URL=http://localhost:11434/v1", "AID_MODEL=anthropic:", "ANTHROPIC_API_KEY="):
        assert line in proposal.declined


async def test_an_error_is_raised_where_nobody_helped() -> None:
    with pytest.raises(ModelFailed, match="is it running"):
        await run(ScriptedProposer([None]), ScriptedProposer([ModelFailed("is it running?")], "model"))


async def test_an_error_is_kept_where_another_one_helped() -> None:
    said: list[str] = []
    proposal = await run(
        ScriptedProposer([NoToolchain("no dune")]), ScriptedProposer([to("let y = 1\n")], "other"), report=said.append
    )
    assert (proposal.proposer, proposal.attempts[0].draft.declined) == ("other", "no dune")
    assert "no dune" in said


async def test_a_red_attempt_outlives_a_later_error() -> None:
    proposal = await run(
        ScriptedProposer([to("let y = 1\n"), None]), ScriptedProposer([ModelFailed("down")]), judge=ScriptedJudge.saying(red())
    )
    assert (proposal.verdict, proposal.attempts[-1].draft.declined) == (red(), "down")


async def test_a_change_that_nobody_could_judge_is_shown_as_unknown() -> None:
    proposal = await run(ScriptedProposer([to("let y = 1\n")]), judge=ScriptedJudge.saying(NoToolchain("There is no dune.")))
    assert proposal.verdict is not None
    assert (proposal.verdict.state, proposal.verdict.note) == ("unknown", "There is no dune.")


async def test_progress_is_told() -> None:
    said: list[str] = []
    await run(ScriptedProposer([to("let y = 1\n")]), judge=ScriptedJudge.saying(red()), report=said.append)
    assert said == ["building and testing: rename x (1 file)", "red at type, 1 new error"]


async def test_cancelling_passes_through() -> None:
    started = asyncio.Event()

    class Slow(ScriptedProposer):
        async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
            started.set()
            await asyncio.Event().wait()
            raise AssertionError

    task = asyncio.ensure_future(run(Slow([])))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# The instruction comment

COMMENTED = "let a = 1\n\n(* AID: rename x *)\nlet x = 1\n\nlet c = x + z\n"


def commented(**more: Any) -> Request:
    span = Span(COMMENTED.index("(*"), COMMENTED.index("*)") + 2)
    return request_for(texts={"lib/a.ml": COMMENTED}, place=Place("lib/a.ml", span), remove=Place("lib/a.ml", span), **more)


async def test_the_instruction_comment_goes_with_the_change() -> None:
    proposer = ScriptedProposer([lambda text: text.replace("x", "y")])
    proposal = await run(proposer, request=commented())
    assert after(proposal) == "let a = 1\n\nlet y = 1\n\nlet c = y + z\n"
    assert proposal.request.remove is not None


async def test_the_proposer_works_without_the_comment_at_its_place() -> None:
    undefined = error("lib/a.ml", 6, "Unbound value z", 12, 13)
    proposer = ScriptedProposer([lambda text: text.replace("x", "y")])
    await run(proposer, request=commented(diagnostics=(undefined,)))
    (request, _) = proposer.asked[0]
    text = request.view.text("lib/a.ml")
    assert text == "let a = 1\n\nlet x = 1\n\nlet c = x + z\n"
    assert request.place == Place("lib/a.ml", Span(text.index("let x"), text.index("let x")))
    assert request.diagnostics == (replace(undefined, line=5, end_line=5),)


async def test_removing_the_comment_alone_is_no_proposal() -> None:
    proposal = await run(ScriptedProposer([lambda text: text]), request=commented())
    assert proposal.patch is None


# Refining

FIRST = "let first = 1\n\nlet x = 1\n\nlet last = 2\n"


async def first_proposal(judge: ScriptedJudge | None = None) -> Proposal:
    proposer = ScriptedProposer([lambda text: text.replace("x", "y"), None])
    proposal = await run(proposer, request=request_for(texts={"lib/a.ml": FIRST}), judge=judge)
    return replace(proposal, id="1")


async def test_refining_builds_upon_the_earlier_patch() -> None:
    first = await first_proposal()
    proposer = ScriptedProposer([lambda text: text.replace("y", "z")])
    request = request_for("call it z", {"lib/a.ml": FIRST})
    proposal = await run(proposer, request=request, previous=first)
    assert after(proposal) == FIRST.replace("x", "z")
    assert (proposal.parent, proposal.request.earlier, proposal.request.instruction) == ("1", ("rename x",), "call it z")
    seen = proposer.asked[0][0]
    assert (seen.view.text("lib/a.ml"), seen.earlier) == (FIRST.replace("x", "y"), ("rename x",))
    assert seen.done == first.patch


async def test_refining_twice_remembers_every_instruction() -> None:
    first = await first_proposal()
    request = request_for("call it z", {"lib/a.ml": FIRST})
    second = await run(ScriptedProposer([lambda text: text.replace("y", "z")]), request=request, previous=first)
    third = await run(
        ScriptedProposer([lambda text: text.replace("z", "w")]), request=replace(request, instruction="or w"), previous=second
    )
    assert third.request.earlier == ("rename x", "call it z")
    assert after(third) == FIRST.replace("x", "w")


async def test_refining_keeps_what_was_typed_meanwhile() -> None:
    first = await first_proposal()
    typed = "(* mine *)\n" + FIRST
    proposal = await run(
        ScriptedProposer([lambda text: text.replace("y", "z")]), request=request_for("z", {"lib/a.ml": typed}), previous=first
    )
    assert after(proposal) == typed.replace("x", "z")


async def test_refining_what_no_longer_fits_starts_from_the_text_as_it_is() -> None:
    first = await first_proposal()
    said: list[str] = []
    typed = FIRST.replace("x = 1", "x = 100")
    proposal = await run(
        ScriptedProposer([lambda text: text.replace("x", "z")]),
        request=request_for("z", {"lib/a.ml": typed}),
        previous=first,
        report=said.append,
    )
    assert after(proposal) == typed.replace("x", "z")
    assert "no longer fits" in said[0]
    assert proposal.request.earlier == ("rename x",)


async def test_refining_a_red_proposal_tells_its_errors() -> None:
    first = await first_proposal(ScriptedJudge.saying(red(error(line=3))))
    proposer = ScriptedProposer([lambda text: text.replace("y", "z")])
    await run(proposer, request=request_for("z", {"lib/a.ml": FIRST}), previous=first)
    assert proposer.asked[0][0].diagnostics == (error(line=3),)


async def test_undoing_everything_is_no_proposal() -> None:
    first = await first_proposal()
    proposal = await run(ScriptedProposer([to(FIRST)]), request=request_for("undo", {"lib/a.ml": FIRST}), previous=first)
    assert proposal.patch is None
    assert "as the person has it now" in proposal.declined


async def test_a_complaint_of_a_draft_is_kept_with_the_proposal() -> None:
    draft = Draft(None, "a try", (Complaint("no such block", "lib/a.ml", 1),))
    proposal = await run(ScriptedProposer([draft]))
    assert proposal.complaints == draft.complaints
    assert "no such block" in proposal.declined


@pytest.mark.parametrize(("instruction", "kept"), [("count faster", 1), ("cast it with Obj.magic", 0)])
async def test_remarks_are_kept_unless_the_instruction_asks_for_the_thing(instruction: str, kept: int) -> None:
    judge = ScriptedJudge.saying(replace(GREEN, lints=(Lint("cast", "lib/a.ml", 1, "`Obj.magic`."),)))
    proposal = await run(ScriptedProposer([to("let x = Obj.magic 2\n")]), judge=judge, request=request_for(instruction))
    assert proposal.green
    assert proposal.verdict is not None
    assert len(proposal.verdict.lints) == kept
