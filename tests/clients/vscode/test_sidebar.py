"""The sidebar and the review beyond the plain job: parts, refining, cancelling, chips, history, the keyboard, a missing server."""

import re
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.clients.desk import sources
from tests.clients.scenario import copy_scenario
from tests.clients.vscode.workbench import Workbench, events, write
from tests.support.openai_server import OpenAIServer

pytestmark = [pytest.mark.workbench, pytest.mark.dune, pytest.mark.slow]


def block(path: str, old: str, new: str) -> str:
    return f"{path}\n```ocaml\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n```\n"


RECORD = "type t = { name : string; children : t list }"
COMMENT = block("lib/tree.ml", RECORD, f"(** A node and what hangs on it. *)\n{RECORD}")
REWORDED = block("lib/tree.ml", "(** A node and what hangs on it. *)", "(** A tree: a name and its branches. *)")
LAMBDA = block(
    "lib/tree.ml", "  List.iter (walk visit) tree.children", "  List.iter (fun child -> walk visit child) tree.children"
)
STRING = block("bin/main.ml", "let () = Tree.walk print_endline tree", "let () = Tree.walk print_string tree")


async def test_parts_are_taken_and_the_rest_refined(tmp_path: Path, vsix: Path) -> None:
    forest = copy_scenario(tmp_path / "parts")
    async with OpenAIServer() as model:
        env = {"AID_MODEL": "scripted", "AID_MODEL_URL": model.url, "AID_MODEL_FORMAT": "search_replace"}
        settings = {"workbench.colorTheme": "Default Dark Modern"}
        async with Workbench(forest, tmp_path / "code", vsix, env=env, settings=settings) as code:
            await code.open("lib/tree.ml")
            await code.ready()

            # A model that thinks for ever is cancelled by keyboard alone.
            model.stall("I will think about")
            await code.ask("comment the types and print without line ends")
            await model.received()
            job = code.sidebar.locator(".job.running", has_text="scripted")
            await job.get_by_text("words").wait_for()
            await code.shot("streaming")
            for _ in range(6):
                await code.page.keyboard.press("Tab")
                if await code.sidebar.locator('[data-key^="cancel "]:focus').count():
                    break
            await code.page.keyboard.press("Enter")
            await model.dropped()
            await code.sidebar.locator(".job.running").first.wait_for(state="detached")

            # The same words again, out of the history; without the chip of the file.
            model.enqueue(COMMENT + LAMBDA + STRING)
            await code.type_into_sidebar("")
            await code.page.keyboard.press("ArrowUp")
            await expect(code.sidebar.locator("#input")).to_have_value("comment the types and print without line ends")
            await code.shows_chips("line 1", "lib/tree.ml")
            await code.sidebar.get_by_role("button", name="Leave out lib/tree.ml").click()
            await code.shows_chips("line 1")
            await code.sidebar.locator("#input").focus()
            await code.page.keyboard.press("Enter")
            await code.proposal("1").get_by_text("green", exact=True).wait_for()
            await code.reviews(2)

            # A hunk, then a file; what is left stays on the desk, judged again.
            await code.lens("Accept this hunk", 1)
            await code.saved("lib/tree.ml", lambda text: "fun child" in text)
            await expect(code.proposal("1").locator(".added").first).to_have_text("+1")
            await code.reviews(2)
            await code.press("Accept bin/main.ml only", "1")
            await code.saved("bin/main.ml", lambda text: "print_string" in text)
            await code.reviews(1)
            await code.proposal("1").get_by_text("green", exact=True).wait_for()
            assert "(** A node" not in (forest / "lib/tree.ml").read_text("utf-8")

            # The rest is said differently, by keyboard, then rejected.
            model.enqueue(REWORDED)
            await code.page.keyboard.press("Control+Alt+r")
            await code.sidebar.locator("#mode", has_text="Refining proposal 1").wait_for()
            await code.sidebar.locator("#input:focus").wait_for()
            await code.page.keyboard.type("name the parts")
            await code.page.keyboard.press("Enter")
            await code.proposal("2").get_by_text("green", exact=True).wait_for()
            await code.gone("1")
            await code.reviews(1)
            await code.shot("refined")
            await code.page.keyboard.press("Control+Alt+Backspace")
            await code.gone("2")
            await code.no_review()
            assert "(** A" not in (forest / "lib/tree.ml").read_text("utf-8").partition("\n")[0]

            # A question is answered on the Markdown page.
            model.enqueue("It visits **parents** before their children.")
            await code.type_into_sidebar("In which order does walk go?")
            await code.page.keyboard.press("Control+Enter")
            await code.page.locator('.tab.active[data-resource-name$=".md"]').wait_for()
            await code.page.locator(".monaco-editor .view-line", has_text=re.compile(r"parents\*\*\sbefore")).first.wait_for()
            await code.shot("page")

    reported = [event["event"] for event in events("ClientReported", forest) if event["event"] not in ("opened", "shown")]
    assert reported == ["partly-accepted", "partly-accepted", "refined", "rejected"]


async def test_a_missing_server_is_said_with_what_to_do(tmp_path: Path, vsix: Path) -> None:
    forest = copy_scenario(tmp_path / "forest")
    before = sources(forest)
    settings = {"workbench.colorTheme": "Default High Contrast"}
    async with Workbench(forest, tmp_path / "code", vsix, aid=("no-such-aid",), settings=settings) as code:
        await code.page.locator(".notification-toast", has_text="no-such-aid is not there").wait_for(timeout=120_000)
        await code.page.locator(".activitybar .action-label[aria-label^='AID']").first.click()
        await code.sidebar.locator("#problem", has_text="Install AID").wait_for()
        await code.shot("missing")
        await code.sidebar.get_by_role("button", name="How to install").click()
        await code.page.get_by_text("Get started with AID").first.wait_for()
        await code.page.get_by_text("Install the server").first.wait_for()
        await code.shot("walkthrough")
        # The setting is mended, and the server starts by itself.
        write(code.machine_settings, {"aid.client.command": [sys.executable, "-m", "aid_lsp"]})
        await code.ready()
        await code.sidebar.locator("#input").wait_for()
    assert sources(forest) == before
