"""Plays the scenario pages: recipes with the real compiler, all in one lane. `./dev bless tests/scenarios` writes what comes of them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from aid_lsp.build.verdict import Tier
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.ces.lints import unasked
from aid_lsp.edits.diff import unified
from aid_lsp.edits.lines import Span, split_lines
from aid_lsp.edits.patch import Patch
from aid_lsp.recipes.catalogue import RECIPES
from aid_lsp.recipes.recipe import RecipeProposer
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View
from tests.support.scenario import Scenario, Story, read_scenario, written

_SHOWS_MORE = {"derive", "module_add", "move"}
"""The pages on which an interface shows what was asked for; holes are the only other thing to look at that a recipe leaves."""
PAGES = tuple(read_scenario(path) for path in sorted(Path(__file__).parent.glob("*.md")))


class Stage:
    """A folder and a lane for each page in turn, and one cache of builds for all.

    Not one lane for all: a warm dune may miss that a folder which was deleted is back.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root = folder
        self.judge: LaneJudge | None = None

    async def lay_out(self, page: Scenario) -> None:
        """Makes a folder with the page's files and nothing else."""
        await self.close()
        self.root = self._folder / page.path.stem / "project"
        await asyncio.to_thread(self._write, {"dune-project": "(lang dune 3.0)\n", **page.files})
        self.judge = LaneJudge(self.root, self.root.parent / "lanes", cache=self._folder / "cache")

    async def close(self) -> None:
        """Stops what the last page needed."""
        if self.judge is not None:
            await self.judge.close()

    def _write(self, files: Mapping[str, str]) -> None:
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text, "utf-8")

    async def play(self, story: Story) -> Story:
        """What comes of a story."""
        assert self.judge is not None
        recipe = RecipeProposer(self.judge)
        view = await asyncio.to_thread(View.freeze, self.root)
        place = place_of(view, story.at) if story.at else None
        draft = await recipe.draft(Request(story.instruction, view, place), (), lambda line: None)
        if draft.patch is None:
            return Story(story.instruction, story.at, verdict=f"declined: {draft.declined}")
        verdict = await self.judge.judge(view, draft.patch, Tier.TEST)
        allowed = {"stub", "interface"} if self.root.parent.name in _SHOWS_MORE else {"stub"}
        tricks = [f"{lint.name} at {lint.path}:{lint.line}" for lint in unasked(verdict.lints, story.instruction)]
        assert not [trick for trick in tricks if trick.split()[0] not in allowed], (story.instruction, tricks)
        why = "".join(f": {one.path}:{one.line}: {one.first_line}" for one in verdict.diagnostics[:1])
        return Story(story.instruction, story.at, shown(draft.patch), f"{verdict.state}{why}", draft.understood)


def shown(patch: Patch) -> str:
    """The patch without the lines that only git reads."""
    return "".join(line for line in split_lines(unified(patch)) if not line.startswith(("diff --git ", "index ")))


def place_of(view: View, at: str) -> Place:
    """The place that a page means: `lib/a.ml:WORD`, `lib/a.ml:WORD:2` for its second one, `lib/a.ml:FROM..TO` for a selection."""
    path, _, words = at.partition(":")
    text = view.text(path) or ""
    begin, selected, end = words.partition("..")
    word, _, number = begin.partition(":")
    start = -1
    for _ in range(int(number or 1)):
        start = text.index(word, start + 1)
    return Place(path, Span(start, text.index(end, start) + len(end) if selected else start))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    made = Stage(tmp_path_factory.mktemp("scenarios"))
    yield made
    await made.close()


@pytest.mark.dune
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.stem)
async def test_a_page_comes_true(page: Scenario, stage: Stage, request: pytest.FixtureRequest) -> None:
    await stage.lay_out(page)
    played = [await stage.play(story) for story in page.stories]
    if "fix" in (request.config.getoption("inline_snapshot") or "").split(","):
        page.stories[:] = played
        page.path.write_text(written(page), "utf-8")
    assert played == page.stories


def test_each_recipe_has_a_page() -> None:
    told = {page.title.lower() for page in PAGES}
    recipes = {"rename"} | {entry.recipe for recipe in RECIPES for entry in recipe.ENTRIES}
    assert recipes <= told
