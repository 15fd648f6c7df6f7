"""Editors that say one thing and do another: what the buffers hold decides."""

import pytest

from tests.server.conftest import Connect
from tests.server.test_decisions import accept, change
from tests.support.editor import Editor, Manners
from tests.support.scripted_workspace import ScriptedWorkspace

PROFILES: dict[Manners, str] = {"stale is an error": "eglot_v1.24", "stale is true": "neovim_v0.12.4", "strict": "helix_25.01"}


@pytest.mark.parametrize("manners", list(PROFILES))
async def test_who_types_while_the_edit_is_on_its_way_gets_it_in_the_second_try(connect: Connect, manners: Manners) -> None:
    async with connect(PROFILES[manners], manners) as editor:
        editor.open("lib/shape.mli")
        await change(editor, "rename area to surface")
        editor.before_apply = lambda: editor.type("lib/shape.ml", "(* typed *)\n\n", before="type t")
        await accept(editor)
        assert len(editor.applied) == 2
        assert editor.text("lib/shape.ml").startswith("(* typed *)\n\ntype t = Square of int\n\nlet surface")
        assert editor.text("lib/shape.mli").count("surface") == 1
        assert "area" not in "".join(buffer.text for buffer in editor.buffers.values())


@pytest.mark.parametrize("manners", list(PROFILES))
async def test_who_types_into_the_very_place_keeps_what_was_typed(connect: Connect, manners: Manners) -> None:
    async with connect(PROFILES[manners], manners) as editor:
        editor.open("lib/shape.mli")
        await change(editor, "rename area to surface")
        editor.before_apply = lambda: editor.type("lib/shape.ml", "side + side", instead_of="side * side")
        await editor.command("aid.accept", {"proposal": 1})
        await editor.said("no longer fits")
        assert "let area (Square side) = side + side" in editor.text("lib/shape.ml")
        assert len(editor.applied) == 1


async def test_true_without_a_change_is_not_applied(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect(manners="says true, does nothing") as editor:
        await change(editor, "rename area to surface")
        await editor.command("aid.accept", {"proposal": 1})
        await editor.said("proposal 1 stays open: the editor says that it applied it, but its buffers did not change")
        assert "AID: accept proposal 1" in await editor.titles("lib/shape.ml")
        assert (await workspaces[0].journal.counts())["EditDeclined"] == 1
        editor.manners = "strict"
        await accept(editor)


async def test_true_before_the_change_is_waited_for(connect: Connect) -> None:
    async with connect(manners="says true, does it later") as editor:
        await change(editor, "rename area to surface")
        await accept(editor)


async def test_a_user_who_declines_is_asked_once(connect: Connect) -> None:
    async with connect("vscode_code-server_1.139", manners="declines") as editor:
        await change(editor, "rename area to surface")
        await editor.command("aid.accept", {"proposal": 1})
        await editor.said("proposal 1 stays open: the editor did not apply it")
        assert len(editor.applied) == 1
        assert "AID: accept proposal 1" in await editor.titles("lib/shape.ml")


async def test_changes_that_were_applied_by_hand_count(connect: Connect) -> None:
    """Eglot in `diff` mode says false, and its user applies the hunks later."""
    async with connect("eglot_v1.24", manners="declines") as editor:
        editor.open("lib/shape.mli")
        await change(editor, "rename area to surface")
        editor.before_apply = lambda: apply_by_hand(editor)
        await editor.command("aid.accept", {"proposal": 1})
        await editor.said("proposal 1 is applied")


def apply_by_hand(editor: Editor) -> None:
    for path in ("lib/shape.ml", "lib/shape.mli"):
        text = editor.text(path)
        editor.replace(path, 0, len(text), text.replace("area", "surface"))
    test = editor.open("test/test_shape.ml")
    editor.replace("test/test_shape.ml", 0, len(test.text), test.text.replace("area", "surface"))


async def test_an_action_that_was_listed_before_the_last_keystrokes_still_finds_its_comment(connect: Connect) -> None:
    """Eglot runs cached actions."""
    async with connect("eglot_v1.24") as editor:
        editor.open("lib/shape.ml")
        editor.type("lib/shape.ml", "(* AID: say hello *)\n", before="let twice")
        [action] = [a for a in await editor.actions("lib/shape.ml", "(* AID") if a["title"] == "AID: say hello"]
        editor.type("lib/shape.ml", "(* one *)\n(* two *)\n(* three *)\n", before="type t")
        await editor.command(action["command"]["command"], *action["command"]["arguments"])
        await editor.said("proposal 1 is green")
        await accept(editor)
        assert "(* hello *)let twice" in editor.text("lib/shape.ml")
        assert "AID:" not in editor.text("lib/shape.ml")


async def test_a_late_answer_to_a_question_that_nobody_asks_any_more_is_dropped(connect: Connect) -> None:
    async with connect(manners="silent") as editor:
        await change(editor, "rename area to surface")
        await editor.command("aid.accept", {"proposal": 1})
        await editor.until(lambda: editor.applied)
        await editor.wire.request("shutdown", None)
        for message_id in ("1", 1, "whatever"):
            editor.wire.send({"id": message_id, "result": {"applied": True}})
        editor.wire.notify("exit", None)
    assert editor.status == 0
