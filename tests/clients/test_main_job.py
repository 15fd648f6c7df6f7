"""The main job in real editors with plain configuration: a comment becomes a built change over `.ml`, `.mli`, test and program."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import HERE, changed, dune, environment, play, sources
from tests.clients.helix import Helix
from tests.support.ocaml_project import copy_project
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.editor, pytest.mark.dune]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A library with interface, a test and a program, not yet built."""
    return copy_project("corner_shop", tmp_path / "shop")


EMACS = ("emacs", "-Q", "--batch", "-l")
NEOVIM = ("nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c")

RENAMED = snapshot(
    """\
bin/main.ml
  - List.iter (fun (item : Stock.item) -> Printf.printf "%s: %d\\n" item.name (Stock.value item)) items;
  + List.iter (fun (item : Stock.item) -> Printf.printf "%s: %d\\n" item.name (Stock.worth item)) items;
lib/stock.ml
  - let value item = item.price * item.count
  - let total items = List.fold_left (fun sum item -> sum + value item) 0 items
  + let worth item = item.price * item.count
  + let total items = List.fold_left (fun sum item -> sum + worth item) 0 items
lib/stock.mli
  - val value : item -> int
  - (** The {!value} of all of them. *)
  + val worth : item -> int
  + (** The {!worth} of all of them. *)
test/test_stock.ml
  - assert (value bolt = 30);
  + assert (worth bolt = 30);\
"""
)


async def check_renamed_and_green(project: Path, before: dict[str, str]) -> None:
    assert changed(before, sources(project)) == RENAMED
    assert await dune(project, "@default", "@runtest") == (0, "")


def timeless(lines: Sequence[str]) -> list[str]:
    return [re.sub(r", \d+\.\d s", "", line) for line in lines]


async def test_emacs_proposes_refines_rejects_accepts_and_undoes(shop: Path) -> None:
    before = sources(shop)
    said = await play((*EMACS, str(HERE / "change.el")), shop, environment())
    assert timeless(said) == snapshot(
        [
            'actions on the comment: ("AID: rename value value to worth")',
            "page: proposal-1.md",
            "first line: # AID: proposal 1 is green (test)",
            "page has a diff: t",
            "refined by: rename value worth to total_value",
            'proposals now: ("AID: accept proposal 2")',
            'after reject: ("AID: rename value worth to total_value")',
            "comment is gone: t",
            "undone: t t t",
            "redone: t",
            "done",
        ]
    )
    await check_renamed_and_green(shop, before)


async def test_neovim_proposes_refines_rejects_accepts_and_undoes(shop: Path) -> None:
    before = sources(shop)
    said = await play((*NEOVIM, f"luafile {HERE / 'change.lua'}"), shop, environment())
    assert timeless(said) == snapshot(
        [
            "actions on the comment: AID: rename value value to worth",
            "page: # AID: proposal 1 is green (test)",
            "progress began and ended: true",
            "open: AID: accept proposal 2",
            "actions on the page: AID: accept proposal 3, AID: reject proposal 3, AID: refine proposal 3",
            "comment is gone: true",
            "undone: true",
            "done",
        ]
    )
    await check_renamed_and_green(shop, before)


async def test_emacs_cancels_a_model_that_answers_slowly(shop: Path) -> None:
    await check_cancelled(shop, (*EMACS, str(HERE / "cancel.el")))


async def test_neovim_cancels_a_model_that_answers_slowly(shop: Path) -> None:
    await check_cancelled(shop, (*NEOVIM, f"luafile {HERE / 'cancel.lua'}"))


async def check_cancelled(project: Path, command: Sequence[str]) -> None:
    before = sources(project)
    async with OpenAIServer() as server:
        server.stall("I will think about")
        said = await play(command, project, environment(AID_MODEL="slow", AID_MODEL_URL=server.url))
        assert said == ["progress: report asking slow, N words", "actions while it runs: AID: cancel job", "cancelled", "done"]
        await server.dropped()
    assert sources(project) == before


async def test_helix_proposes_refines_rejects_accepts_and_undoes(shop: Path, tmp_path: Path) -> None:
    before = sources(shop)
    async with Helix(shop, tmp_path / "config") as helix:
        await helix.comment("rename value value to worth")
        await helix.act("AID: rename value value to worth")
        await helix.screen.shows("proposal 1 is green")
        await helix.comment("rename value worth to total_value")
        await helix.act("AID: refine proposal 1: rename value worth to total_value")
        await helix.screen.shows("proposal 2 is green")
        await helix.act("AID: reject proposal 2")
        await helix.screen.shows("proposal 2 is rejected")
        await helix.comment("rename value value to worth")
        await helix.act("AID: rename value value to worth")
        await helix.screen.shows("proposal 3 is green")
        await helix.act("AID: accept proposal 3")
        await helix.screen.shows("let worth item")
        helix.screen.type("u")
        await helix.screen.shows("let value item")
        helix.screen.type("U")
        await helix.screen.shows("let worth item")
        await helix.quit()
    await check_renamed_and_green(shop, before)


async def test_helix_cancels_a_model_that_answers_slowly(shop: Path, tmp_path: Path) -> None:
    before = sources(shop)
    async with OpenAIServer() as server:
        server.stall("I will think about")
        async with Helix(shop, tmp_path / "config", AID_MODEL="slow", AID_MODEL_URL=server.url) as helix:
            await helix.comment("keep a list of suppliers")
            await helix.act("AID: keep a list of suppliers")
            await server.received()
            await helix.act("AID: cancel job")
            await server.dropped()
    assert sources(shop) == before


async def test_a_proposal_made_in_neovim_is_accepted_in_emacs(shop: Path) -> None:
    before = sources(shop)
    env = environment()
    in_neovim, in_emacs = await asyncio.gather(
        play((*NEOVIM, f"luafile {HERE / 'offer.lua'}"), shop, env), play((*EMACS, str(HERE / "accept.el")), shop, env)
    )
    assert in_neovim == ["open here: AID: accept proposal 1", "decided elsewhere"]
    assert in_emacs == ["accepted"]
    (shop / "offered").unlink()
    await check_renamed_and_green(shop, before)
