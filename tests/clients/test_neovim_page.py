"""The page, a part of a proposal and `:checkhealth` in Neovim, by the keys and commands of `docs/neovim.md`."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import changed, keep, reported, sources
from tests.clients.neovim import ESCAPE, Neovim
from tests.clients.scenario import INSTRUCTION, WALK, copy_scenario
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.editor, pytest.mark.dune]


async def test_from_a_question_to_an_accepted_diff(tmp_path: Path) -> None:
    forest = copy_scenario(tmp_path / "forest")
    before = sources(forest)
    state = tmp_path / "state"
    async with OpenAIServer() as server:
        server.enqueue("It visits parents **first**, then their children.", chunk=5, pause_s=0.02)
        model = {"AID_MODEL": "scripted", "AID_MODEL_URL": server.url}
        async with Neovim(forest, "lib/tree.ml", tmp_path / "nvim", XDG_STATE_HOME=str(state), **model) as neovim:
            screen = neovim.screen
            await neovim.command(str(WALK), f" {WALK}:1")
            await neovim.command("AID ask", "AID, question:")
            screen.type("in which order are nodes visited?\r")
            await screen.shows("then their children.")
            await screen.settles()
            screen.type(f"Go{INSTRUCTION}{ESCAPE}")
            await screen.shows(INSTRUCTION)
            await screen.settles()
            screen.type("\r")
            await screen.shows("### Proposal 1: green")
            await screen.settles()
            screen.type("]h")
            await screen.shows("let rec walk ?(depth = 3) visit tree")
            keep("neovim-page.txt", screen.text)
            # The hunk cannot stand alone: the server judges the part, says so and applies nothing.
            screen.type("gh")
            await screen.shows("nothing was applied")
            await screen.settles()
            screen.type(f"{ESCAPE}:AID accept 1\r")
            await screen.shows("proposal 1 is applied")
            await neovim.command("silent wall", "")
            await screen.settles()
            await neovim.command("messages clear", "")
            await neovim.command("checkhealth aid", "the server runs in")
            keep("neovim-health.txt", screen.text)
            screen.type(":qa!\r")
            assert await screen.ends() == 0
    assert changed(before, sources(forest)) == snapshot("""\
lib/tree.ml
  - let rec walk visit tree =
  - List.iter (walk visit) tree.children
  + let rec walk ?(depth = 3) visit tree =
  + List.iter (walk ~depth visit) tree.children
lib/tree.mli
  - val walk : (string -> unit) -> t -> unit
  + val walk : ?depth:int -> (string -> unit) -> t -> unit
test/test_tree.ml
  - walk (fun name -> seen := name :: !seen) { name = "oak"; children = [ leaf "acorn" ] };
  + walk ~depth:5 (fun name -> seen := name :: !seen) { name = "oak"; children = [ leaf "acorn" ] };\
""")
    assert reported(state) == snapshot(["shown 1", "accepted 1"])
