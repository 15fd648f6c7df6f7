"""The same job in every editor with its thin client, by its keys: a change over three files, then a red build; the same bytes in the end."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import keep, reported, saved
from tests.clients.emacs import META, Emacs
from tests.clients.helix import Helix
from tests.clients.neovim import ESCAPE, Neovim, newest
from tests.clients.scenario import INSTRUCTION, RED, WALK, check_done, copy_scenario

pytestmark = [pytest.mark.editor, pytest.mark.dune]


@pytest.fixture
def forest(tmp_path: Path) -> Path:
    return copy_scenario(tmp_path / "forest")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """AID's state folder of this test alone."""
    return tmp_path / "state"


async def test_emacs(forest: Path, state: Path, tmp_path: Path) -> None:
    async with Emacs(forest, "lib/tree.ml", tmp_path / "emacs", XDG_STATE_HOME=str(state)) as emacs:
        await emacs.line(WALK)
        await emacs.run("c", f"AID, change at tree.ml:{WALK}:", INSTRUCTION)
        await emacs.screen.shows("AID: proposal 1 is green")
        keep("emacs-proposal.txt", await emacs.screen.shows("+let rec walk ?(depth = 3) visit tree ="))
        await emacs.run("a", "AID: proposal 1 is applied")
        await emacs.screen.shows("List.iter (walk ~depth visit) tree.children")
        await emacs.save_all()
        await emacs.visit("bin/main.ml")
        emacs.screen.type(f"{META}>{RED}\r")
        await emacs.screen.shows(RED)
        await emacs.save_all()
        keep("emacs-red.txt", await emacs.screen.shows("AID[1 error"))
        emacs.screen.type(f"{META}<")
        await emacs.run("f", "AID: proposal 2 is green")
        await emacs.run("a", "AID: proposal 2 is applied")
        await emacs.screen.shows("(Tree.size tree)")
        await emacs.save_all()
        keep("emacs-fixed.txt", await emacs.screen.shows("AID[ok]"))
        await emacs.quit()
    await check_done(forest)
    assert reported(state) == snapshot(["shown 1", "accepted 1", "shown 2", "accepted 2"])


@pytest.mark.parametrize("version", ["0.10", "0.12"])
async def test_neovim(version: str, forest: Path, state: Path, tmp_path: Path) -> None:
    program = "nvim" if version == "0.10" else newest()
    async with Neovim(forest, "lib/tree.ml", tmp_path / "nvim", program=program, XDG_STATE_HOME=str(state)) as neovim:
        await neovim.command(str(WALK), f" {WALK}:1")
        await neovim.command("AID change", "AID, change:")
        neovim.screen.type(f"{INSTRUCTION}\r")
        await neovim.screen.shows("AID: proposal 1 is green")
        await neovim.command("AID review", "ga accept")
        await neovim.screen.settles()
        keep(f"neovim-{version}-review.txt", await neovim.screen.shows("let rec walk ?(depth = 3) visit tree ="))
        neovim.screen.type("]f")
        await neovim.screen.shows("lib/tree.mli (edit, 2 of 3)")
        neovim.screen.type("ga")
        await neovim.screen.shows("proposal 1 is applied")
        await neovim.screen.shows("List.iter (walk ~depth visit) tree.children")
        await neovim.command("wall", "written")
        await neovim.command("edit bin/main.ml", "acorn")
        neovim.screen.type(f"Go{RED}{ESCAPE}")
        await neovim.screen.settles()
        await neovim.command("write", "AID 1 error")
        keep(f"neovim-{version}-red.txt", neovim.screen.text)
        neovim.screen.type("gg")
        await neovim.command("AID fix", "AID: proposal 2 is green")
        await neovim.command("AID accept", "(Tree.size tree)")
        await neovim.screen.shows("proposal 2 is applied")
        await neovim.command("write", "AID ok")
        await neovim.quit()
    await check_done(forest)
    assert reported(state) == snapshot(["shown 1", "opened 1", "accepted 1", "shown 2", "accepted 2"])


async def test_helix(forest: Path, state: Path, tmp_path: Path) -> None:
    async with Helix(forest, tmp_path / "helix", file="lib/tree.ml", ours=True, XDG_STATE_HOME=str(state)) as helix:
        await helix.comment(INSTRUCTION, WALK)
        await helix.act(f"AID: {INSTRUCTION}")
        keep("helix-proposal.txt", await helix.screen.shows("proposal 1 is green"))
        await helix.act("AID: accept proposal 1")
        await helix.screen.shows("proposal 1 is applied to 3 files")
        helix.screen.type(":wa\r")
        for file, words in {"lib/tree.ml": "~depth visit", "lib/tree.mli": "?depth:int", "test/test_tree.ml": "~depth:5"}.items():
            await saved(forest / file, words)
        helix.screen.type(":open bin/main.ml\r")
        await helix.screen.shows("acorn")
        helix.screen.type(f"geo{RED}")
        await helix.escape()
        helix.screen.type(":w\r")
        await helix.screen.shows("● 1 ")
        helix.screen.type("]D")
        keep("helix-red.txt", await helix.screen.shows("Unbound value"))
        await helix.act("AID: fix this error")
        await helix.screen.shows("proposal 2 is green")
        await helix.act("AID: accept proposal 2")
        await helix.screen.shows("proposal 2 is applied to 1 file")
        await helix.quit()
    await check_done(forest)
