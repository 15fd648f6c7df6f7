"""The page as a file and in buffers: changed everywhere, safe against half-written files, restored after a crash."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from aid_lsp.workflows.page import Edit, Page, Turn
from aid_lsp.workflows.page_text import asked, with_prompt

HEADING = "## AID, 2026-11-25 15:31:07"


@dataclass
class Buffer:
    """An editor with the page open."""

    said: str | None
    obeys: bool = True

    def text(self) -> str | None:
        return self.said

    async def change(self, edit: Edit) -> bool:
        await asyncio.sleep(0)
        if self.said is not None and self.obeys:
            self.said = edit(self.said)
        return self.obeys


def ask_why(text: str) -> str:
    return asked(text, "why?", HEADING)


async def test_an_answer_survives_the_death_of_daemon_and_editor(tmp_path: Path) -> None:
    page = Page(tmp_path / "AID.md", "shapes")
    buffer = Buffer(await page.text())
    page.sources.append(buffer)
    await page.change(ask_why)
    turn = Turn(page, "why?", HEADING)
    for end in range(1, 10):
        turn.say("because so"[:end])
        await asyncio.sleep(0)
    await turn.end("because so")
    assert buffer.said
    assert f"{HEADING}\n\nbecause so\n\n## You" in buffer.said
    assert not page.path.exists()
    # Both are killed; another daemon opens the page.
    text = await Page(tmp_path / "AID.md", "shapes").text()
    assert f"why?\n\n{HEADING}\n\nbecause so\n\n## You" in text
    assert text.count("because so") == 1
    assert await Page(tmp_path / "AID.md", "shapes").text() == text


async def test_an_editor_that_opens_the_page_in_the_middle_gets_the_rest(tmp_path: Path) -> None:
    page = Page(tmp_path / "AID.md", "shapes")
    await page.change(ask_why)
    turn = Turn(page, "why?", HEADING)
    await turn.end("because")
    late = Buffer(await page.text())
    page.sources.append(late)
    again = Turn(page, "why?", HEADING)
    await again.end("because so")
    assert late.said
    assert f"{HEADING}\n\nbecause so\n\n" in late.said


async def test_what_was_saved_stays_as_it_was_saved(tmp_path: Path) -> None:
    page = Page(tmp_path / "AID.md", "shapes")
    buffer = Buffer(await page.text())
    page.sources.append(buffer)
    await page.change(ask_why)
    await Turn(page, "why?", HEADING).end("because so")
    page.path.parent.mkdir(parents=True, exist_ok=True)
    page.path.write_text("only this\n")
    await page.saved()
    buffer.said = None
    await page.released()
    assert page.path.read_text() == "only this\n"


async def test_one_editor_that_does_not_obey_keeps_nobody_waiting(tmp_path: Path) -> None:
    page = Page(tmp_path / "AID.md", "shapes")
    good, bad = Buffer("## You\n\n"), Buffer("## You\n\n", obeys=False)
    page.sources += [bad, good]
    await page.change(lambda text: with_prompt(text, "hello"))
    assert good.said == "## You\n\nhello\n\n"


@pytest.mark.parametrize("nonsense", ["", "{", "[3]", '[{"question": 3}]', "null"])
async def test_a_broken_file_of_unsaved_turns_is_passed_over(tmp_path: Path, nonsense: str) -> None:
    page = Page(tmp_path / "AID.md", "shapes")
    page.path.with_suffix(".unsaved.json").write_text(nonsense)
    assert (await page.text()).startswith("# AID: shapes")


async def test_the_files_are_private(tmp_path: Path) -> None:
    page = Page(tmp_path / "pages" / "AID.md", "shapes")
    await page.change(ask_why)
    assert (page.path.parent.stat().st_mode & 0o777, page.path.stat().st_mode & 0o777) == (0o700, 0o600)
