"""From a save to the editor's diagnostics, with the real server and a real dune."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.server.conftest import Launch, write_project
from tests.support.editor import Editor

pytestmark = pytest.mark.dune

PROJECT = {
    "dune-project": "(lang dune 3.0)\n",
    "lib/dune": "(library (name shapes))\n",
    "lib/shape.ml": "let area side = side * side\n",
    "lib/twice.ml": "let twice s = 2 * Shape.area s\n",
}
RULES = """\
(rule (with-stdout-to said.ml (echo "let said = 1\\n")))
(rule (alias runtest) (action (diff wanted.ml said.ml)))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "my shapes é"
    write_project(root, PROJECT)
    return root


async def save(editor: Editor, path: str, old: str, new: str) -> None:
    editor.type(path, new, instead_of=old)
    editor.save_all()


async def until_said(editor: Editor, path: str, *words: str) -> None:
    def there() -> bool:
        said = [one["message"] for one in editor.diagnostics.get(path, [])]
        return len(said) == len(words) and all(word in one for word, one in zip(words, said, strict=True))

    await editor.until(there, 60, f"{words} in {path}: {editor.diagnostics}")


@pytest.mark.parametrize(
    ("name", "columns"),
    [("emacs_30.1", (47, 51)), ("neovim_v0.10.4", (48, 52)), ("helix_25.01", (52, 56))],
    ids=lambda value: str(value),
)
async def test_a_save_shows_and_takes_away(launch: Launch, project: Path, name: str, columns: tuple[int, int]) -> None:
    async with launch(project, name) as (editor, _):
        await editor.initialize()
        editor.open("lib/shape.ml")
        await save(editor, "lib/shape.ml", "side * side", 'let _ = "éé😋" in side * side + sidf')
        await until_said(editor, "lib/shape.ml", "Unbound value")
        place = editor.diagnostics["lib/shape.ml"][0]["range"]
        assert (place["start"]["character"], place["end"]["character"]) == columns
        del editor.published[:]
        await save(editor, "lib/shape.ml", " + sidf", " ")
        await save(editor, "lib/shape.ml", "let area", "(* an unrelated edit *)\nlet  area")
        await until_said(editor, "lib/shape.ml")
        assert [said for path, said in editor.published if path == "lib/shape.ml"][-1] == []
        await save(editor, "lib/shape.ml", "let  area", "let aera")
        await until_said(editor, "lib/twice.ml", "Unbound value")
        await editor.shutdown()
    assert not (project / "_build").exists()


async def test_what_a_test_prints_is_promoted_by_a_code_action(launch: Launch, project: Path) -> None:
    write_project(project, {"said/dune": RULES, "said/wanted.ml": "let said = 2\n"})
    null = asyncio.subprocess.DEVNULL
    command = ("dune", "build", "--root", ".", "--watch", "@check", "@runtest")
    watch = await asyncio.create_subprocess_exec(*command, cwd=project, stdin=null, stdout=null, stderr=null)
    try:
        async with launch(project, "neovim_v0.12.4") as (editor, _):
            await editor.initialize()
            editor.open("lib/shape.ml")
            await until_said(editor, "said/wanted.ml", "+let said = 1")
            assert await status(project) == ["red", "red"]  # the watch, and what the server made of it
            editor.open("said/wanted.ml")
            await editor.run("AID: promote test output", "said/wanted.ml", diagnostics=editor.diagnostics["said/wanted.ml"])
            await editor.said("proposal 1 is green")
            await editor.run("AID: accept proposal 1", "said/wanted.ml")
            await editor.said("proposal 1 is applied")
            assert editor.text("said/wanted.ml") == "let said = 1\n"
            editor.save_all()
            await until_said(editor, "said/wanted.ml")
            await editor.shutdown()
        assert await status(project) == ["green"]
    finally:
        watch.terminate()
        await watch.wait()


async def status(project: Path) -> list[str]:
    """The states that `aid status` prints: of the user's watch, then of each running server."""
    command = (sys.executable, "-m", "aid_lsp", "status")
    process = await asyncio.create_subprocess_exec(*command, cwd=project, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    lines = [line for line in printed.decode().split("\n") if line.startswith(("build ", "server "))]
    return [state for line in lines for state in ("green", "red", "building", "unknown") if f" {state}," in line]
