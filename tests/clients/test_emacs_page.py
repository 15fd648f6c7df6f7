"""The Markdown page in Emacs, by its keys: a question, a change, a part of it, all of it; and Emacs stays awake meanwhile."""

import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import changed, keep, reported, sources
from tests.clients.emacs import CTRL_C, CTRL_U, META, Emacs
from tests.clients.scenario import INSTRUCTION, WALK, copy_scenario
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.editor, pytest.mark.dune]

# A tick is late by as long as Emacs could not do anything else: redisplay, keys, timers.
_TICKS = """
(defvar ticks nil)
(run-with-timer 0 0.05 (lambda () (push (float-time) ticks)))
(defun longest-gap () (interactive)
  (with-temp-file "ticks.json"
    (insert (json-encode (list (cons "seconds" (- (car ticks) (car (last ticks))))
                               (cons "longest" (apply #'max (cl-mapcar #'- ticks (cdr ticks)))))))))
"""


@pytest.fixture
def forest(tmp_path: Path) -> Path:
    return copy_scenario(tmp_path / "forest")


async def test_from_a_question_to_an_accepted_diff(forest: Path, tmp_path: Path) -> None:
    before = sources(forest)
    state = tmp_path / "state"
    async with OpenAIServer() as server:
        server.enqueue("It visits parents **first**, then their children.", chunk=5, pause_s=0.02)
        model = {"AID_MODEL": "scripted", "AID_MODEL_URL": server.url}
        async with Emacs(forest, "lib/tree.ml", tmp_path / "emacs", XDG_STATE_HOME=str(state), **model) as emacs:
            await emacs.line(WALK)
            await emacs.run("q", f"AID, question at tree.ml:{WALK}:", "in which order are nodes visited?")
            await emacs.screen.shows("then their children.")
            await emacs.run("p", "## You")
            await emacs.screen.settles()
            emacs.screen.type(f"{META}>{INSTRUCTION}")
            await emacs.screen.shows(INSTRUCTION)
            emacs.screen.type(CTRL_C + CTRL_C)
            await emacs.screen.shows("### Proposal 1: green")
            await emacs.screen.settles()
            emacs.screen.type(f"{META}<" + CTRL_C + "\x0e")
            await emacs.screen.shows("+let rec walk ?(depth = 3) visit tree =")
            keep("emacs-page.txt", emacs.screen.text)
            # The hunk of the interface cannot stand alone: the server judges the part, says so and applies nothing.
            emacs.screen.type(CTRL_C + "\x0e" + CTRL_U + CTRL_C + "\x01")
            keep("emacs-part.txt", await emacs.screen.shows("nothing was applied"))
            emacs.screen.type(CTRL_C + "\x01")
            await emacs.screen.shows("AID: proposal 1 is applied")
            emacs.screen.type("\x18s!")
            await emacs.screen.settles()
            await emacs.quit()
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


async def test_emacs_stays_awake_while_a_model_says_nothing(forest: Path, tmp_path: Path) -> None:
    async with OpenAIServer() as server:
        server.stall("I will think about")
        model = {"AID_MODEL": "slow", "AID_MODEL_URL": server.url}
        async with Emacs(forest, "lib/tree.ml", tmp_path / "emacs", init=_TICKS, **model) as emacs:
            await emacs.line(WALK)
            await emacs.run("c", "AID, change at", "count the leaves in a cleverer way")
            await server.received()
            await emacs.screen.shows("asking slow")
            # What is typed shows at once, long before the model has said anything.
            emacs.screen.type("(* typed meanwhile *)")
            await emacs.screen.shows("(* typed meanwhile *)", 5.0)
            await emacs.screen.settles(3.0)
            await emacs.run("x", "AID: cancelled")
            await server.dropped()
            emacs.screen.type(f"{META}xlongest-gap\r")
            await emacs.screen.settles()
    ticks = json.loads((forest / "lib" / "ticks.json").read_text())
    assert ticks["seconds"] > 3.0
    assert ticks["longest"] < 2.0, ticks  # seconds; some hundredths on a machine that is not busy
