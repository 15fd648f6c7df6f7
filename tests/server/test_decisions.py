"""Accepting, rejecting, refining and cancelling, as each editor allows it."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Connect, write_project
from tests.server.test_main_job import EDITORS, write_comment
from tests.support.editor import BARE, Editor, LspError
from tests.support.scripted_workspace import ScriptedWorkspace


async def change(editor: Editor, instruction: str, number: int = 1, state: str = "green") -> None:
    """Has a proposal made at the top of lib/shape.ml."""
    if "lib/shape.ml" not in editor.buffers:
        editor.open("lib/shape.ml")
    start = {"line": 2, "character": 0}
    place = {"start": start, "end": start}
    await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "range": place, "instruction": instruction})
    await editor.said(f"proposal {number} is {state}")


async def accept(editor: Editor, number: int = 1) -> None:
    await editor.command("aid.accept", {"proposal": number})
    await editor.said(f"proposal {number} is applied")
    editor.save_all()


def creates(editor: Editor) -> bool:
    return "create" in editor.capabilities.get("workspace", {}).get("workspaceEdit", {}).get("resourceOperations", [])


@pytest.mark.parametrize(
    "name", ["emacs_30.1", "eglot_v1.24", "helix_25.01", "neovim_v0.10.4", "vscode_code-server_1.139", "bare"]
)
async def test_a_new_file_comes_to_be_in_every_editor(connect: Connect, name: str) -> None:
    async with connect(EDITORS[name]) as editor:
        await change(editor, "create lib/sub/new.ml")
        await accept(editor)
        assert editor.tree()["lib/sub/new.ml"] == "let made = 1\n"
        operations: list[dict[str, Any]] = editor.applied[0]["edit"].get("documentChanges") or []
        assert creates(editor) == ("create" in [operation.get("kind") for operation in operations])


@pytest.mark.parametrize("name", ["helix_25.01", "emacs_30.1"])
async def test_what_an_editor_cannot_do_is_left_to_its_user(connect: Connect, name: str) -> None:
    async with connect(name) as editor:
        await change(editor, "move lib/shape.mli to lib/form.mli")
        await accept(editor)
        tree = editor.tree()
        assert tree["lib/form.mli"].endswith("(* moved *)\n")
        assert ("lib/shape.mli" in tree) == (not creates(editor))
        said = await editor.said("proposal 1 is applied")
        assert ("left for you to do by hand: delete lib/shape.mli" in said) == (not creates(editor))


async def test_an_open_file_is_renamed_with_its_buffer(connect: Connect) -> None:
    async with connect("neovim_v0.12.4") as editor:
        editor.open("lib/shape.mli")
        await change(editor, "move lib/shape.mli to lib/form.mli")
        await accept(editor)
        assert editor.text("lib/form.mli").endswith("(* moved *)\n")
        assert "lib/shape.mli" not in editor.tree()


async def test_what_was_typed_meanwhile_stays(connect: Connect) -> None:
    async with connect() as editor:
        await change(editor, "rename area to surface")
        editor.type("lib/shape.ml", "(* my own 😋 *)\n\n", before="type t")
        await accept(editor)
        assert editor.text("lib/shape.ml").startswith("(* my own 😋 *)\n\ntype t = Square of int\n\nlet surface (Square side)")


async def test_a_proposal_that_no_longer_fits_changes_nothing_and_says_so(
    connect: Connect, workspaces: list[ScriptedWorkspace]
) -> None:
    async with connect() as editor:
        await change(editor, "rename area to surface")
        editor.type("lib/shape.ml", "side * side * 1", instead_of="side * side")
        before = editor.text("lib/shape.ml")
        await editor.command("aid.accept", {"proposal": 1})
        assert "lib/shape.ml was changed at line 3" in await editor.said("no longer fits")
        assert editor.applied == []
        assert editor.text("lib/shape.ml") == before
        assert (await workspaces[0].journal.counts())["ProposalStale"] == 1
        editor.type("lib/shape.ml", "side * side", instead_of="side * side * 1")
        await accept(editor)


@pytest.mark.parametrize("name", ["helix_25.01", "vscode_code-server_1.139", "eglot_v1.24"])
async def test_an_edit_in_a_file_with_form_feeds_and_crlf_lands_in_the_right_place(
    connect: Connect, root: Path, name: str
) -> None:
    write_project(root, {"lib/shape.ml": '(* \u2028😋 *)\f\r\nlet é = "😋" and area = 1\r\n'})
    async with connect(name) as editor:
        await change(editor, "rename area to surface")
        await accept(editor)
        assert editor.text("lib/shape.ml") == '(* \u2028😋 *)\f\r\nlet é = "😋" and surface = 1\r\n'


async def test_rejecting_forgets_it(connect: Connect) -> None:
    async with connect("eglot_v1.24") as editor:
        await change(editor, "rename area to surface")
        assert await editor.titles("lib/shape.ml") == [
            "AID: accept proposal 1",
            "AID: reject proposal 1",
            "AID: refine proposal 1",
            "AID: show proposal 1",
        ]
        await editor.run("AID: reject proposal 1", "lib/shape.ml")
        await editor.said("proposal 1 is rejected")
        assert await editor.titles("lib/shape.ml") == []
        assert "**It is rejected.**" in editor.read(editor.shown[0])
        with pytest.raises(LspError, match="rejected already"):
            await editor.command("aid.accept", {"proposal": 1})
        assert editor.applied == []


async def test_refining_by_a_comment_in_the_code_takes_the_comment_and_the_first_proposal_along(connect: Connect) -> None:
    async with connect("helix_25.01") as editor:
        await write_comment(editor)
        await editor.run("AID: rename area to surface", "lib/shape.ml", "(* AID")
        await editor.said("proposal 1 is green")
        editor.type("lib/shape.ml", "(* AID: rename twice to double *)\n", before="let twice")
        assert (await editor.titles("lib/shape.ml", "(* AID: rename twice to double *)"))[:2] == [
            "AID: refine proposal 1: rename twice to double",
            "AID: rename twice to double",
        ]
        assert "AID: refine proposal 1: rename area to surface" not in await editor.titles("lib/shape.ml", "(* AID: rename area")
        await editor.run("AID: refine proposal 1: rename twice to double", "lib/shape.ml", "(* AID: rename twice to double *)")
        await editor.said("proposal 2 is green")
        assert [t for t in await editor.titles("lib/shape.ml") if "accept" in t] == ["AID: accept proposal 2"]
        await accept(editor, 2)
        assert editor.text("lib/shape.ml") == (
            "type t = Square of int\n\nlet surface (Square side) = side * side\n\nlet double s = 2 * surface s\n"
        )


async def test_refining_by_what_is_written_on_the_saved_page(connect: Connect) -> None:
    """Plain Eglot does not serve the page, so the user saves it and runs the action in the code."""
    async with connect("eglot_v1.24") as editor:
        await change(editor, "rename area to surface")
        await asyncio.to_thread(write_on, Path(editor.path(editor.shown[0])), "rename twice\nto double\n")
        await editor.run("AID: refine proposal 1: rename twice to double", "lib/shape.ml")
        await editor.said("proposal 2 is green")
        assert "It refines proposal 1." in editor.read(editor.shown[1])
        assert "+let double s = 2 * surface s" in editor.read(editor.shown[1])
        assert "**It is refined.**" not in editor.read(editor.shown[1])


def write_on(page: Path, words: str) -> None:
    page.write_text(page.read_text() + words)


async def test_deciding_and_refining_on_the_page_itself(connect: Connect) -> None:
    async with connect("neovim_v0.12.4") as editor:
        await change(editor, "rename area to surface")
        path = editor.path(editor.shown[0])
        editor.open(path, "markdown")
        assert await editor.titles(path) == ["AID: accept proposal 1", "AID: reject proposal 1", "AID: refine proposal 1"]
        editor.type(path, "rename twice to double")
        lenses = await editor.wire.request("textDocument/codeLens", {"textDocument": {"uri": editor.buffers[path].uri}})
        assert [lens["command"]["title"] for lens in lenses] == ["Accept", "Reject", "Refine"]
        await editor.run("AID: refine proposal 1: rename twice to double", path)
        await editor.said("proposal 2 is green")
        await editor.run("AID: accept proposal 2", "lib/shape.ml")
        await editor.said("proposal 2 is applied")
        assert "let double s = 2 * surface s" in editor.text("lib/shape.ml")


async def test_refining_without_words_shows_where_to_write_them(connect: Connect) -> None:
    async with connect("emacs_30.1") as editor:
        await change(editor, "rename area to surface")
        editor.shown.clear()
        await editor.run("AID: refine proposal 1", "lib/shape.ml")
        await editor.said("write what should be different behind `AID:` at the end of")
        assert re.search(r"\nAID: $", editor.read(editor.shown[0]))


async def test_a_red_proposal_says_that_it_is_red(connect: Connect) -> None:
    async with connect("helix_25.01") as editor:
        await change(editor, "rename area to RED", state="red (type, 0.2 s)")
        path = (await editor.said("proposal 1 is red")).rpartition("read ")[2]
        page = editor.read(f"file://{path}")
        for part in (
            "**Red**: it does not type-check.",
            "Error at `lib/shape.ml:1:0`",
            "Unbound value RED",
            "not verified",
            "## Build output",
        ):
            assert part in page


async def test_an_unverified_proposal_says_why(connect: Connect) -> None:
    async with connect() as editor:
        await change(editor, "rename area to UNKNOWN", state="unknown (apply)")
        assert "No dune was found." in editor.read(editor.shown[0])


async def test_declining_says_what_could_not_be_understood(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": "make it nice"})
        assert "No model is configured" in await editor.said("AID has no proposal. I do not know how to 'make it nice'.")
        await editor.until(lambda: [v for _, v in editor.progress if v["kind"] == "end"])


@pytest.mark.parametrize("way", ["action", "button", "command"])
async def test_a_job_is_cancelled(connect: Connect, way: str) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        answer = await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": "wait"})
        await editor.until(lambda: [v for _, v in editor.progress if v.get("message") == "waiting"])
        token, begin = editor.progress[0]
        assert (begin["title"], begin["cancellable"]) == ("AID: wait", True)
        if way == "action":
            await editor.run("AID: cancel job", "lib/shape.ml")
        elif way == "button":
            editor.wire.notify("window/workDoneProgress/cancel", {"token": token})
        else:
            assert await editor.command("aid.cancel", {}) == {"cancelled": [answer["job"]]}
        await editor.until(lambda: editor.progress[-1][1] == {"kind": "end", "message": "cancelled"})
        assert await editor.titles("lib/shape.ml") == []
        assert editor.messages == []


async def test_reports_come_at_most_ten_a_second_and_the_last_one_is_not_lost(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": "report 500"})
        await editor.until(lambda: editor.progress and editor.progress[-1][1]["kind"] == "end")
        assert len(editor.progress) < 100


async def test_two_proposals_at_once_are_both_made(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        uri = editor.uri("lib/shape.ml")
        for instruction in ("rename area to surface", "create lib/new.ml"):
            await editor.command("aid.change", {"uri": uri, "instruction": instruction})
        await editor.said("proposal 2 is green")
        await accept(editor, 1)
        await accept(editor, 2)
        assert "val surface : t -> int" in editor.tree()["lib/shape.mli"]
        assert editor.tree()["lib/new.ml"] == "let made = 1\n"


async def test_proposals_outlive_the_server(connect: Connect) -> None:
    async with connect() as editor:
        await change(editor, "rename area to surface")
    async with connect("helix_25.01") as editor:
        editor.open("lib/shape.ml")
        await editor.run("AID: accept proposal 1", "lib/shape.ml")
        await editor.said("proposal 1 is applied")


async def test_fixing_an_error_hands_its_place_over_in_bytes(connect: Connect) -> None:
    async with connect("vscode_code-server_1.139") as editor:
        editor.open("lib/shape.ml")
        editor.type("lib/shape.ml", 'let s = "é😋" and y = z\n')
        line = {"line": 5, "character": 22}
        error = {
            "range": {"start": line, "end": {"line": 5, "character": 23}},
            "severity": 1,
            "message": "Unbound value z",
            "source": "ocamllsp",
        }
        hint = {**error, "severity": 4, "source": "aid", "message": "a hint of ours"}
        actions = await editor.actions("lib/shape.ml", "= z", diagnostics=[error, hint], only=["quickfix"])
        assert [(action["title"], action["kind"]) for action in actions] == [("AID: fix this error", "quickfix")]
        await editor.run("AID: fix this error", "lib/shape.ml", "= z", diagnostics=[error])
        await editor.said("proposal 1 is green")
        assert "error lib/shape.ml:6:25-6:26" in editor.read(editor.shown[0])


async def test_only_one_proposal_is_applied_at_a_time(connect: Connect) -> None:
    async with connect(BARE, manners="silent") as editor:
        await change(editor, "rename area to surface")
        await change(editor, "rename twice to double", 2)
        await editor.command("aid.accept", {"proposal": 1})
        await editor.until(lambda: editor.applied)
        with pytest.raises(LspError, match="Another proposal is being applied"):
            await editor.command("aid.accept", {"proposal": 2})


async def test_a_page_is_known_again_after_a_restart(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect() as editor:
        await change(editor, "rename area to surface")
        page = workspaces[0].state / "pages" / "proposal-1.md"
        assert page.is_file()
    async with connect() as editor:
        assert (await editor.command("aid.reject", {"uri": page.as_uri()}))["outcome"] == "rejected"
