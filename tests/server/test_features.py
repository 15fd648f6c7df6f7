"""What a cursor in a file is offered: actions, lenses, hints, the rename dialog, forms, commands, settings."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Connect, write_project
from tests.server.test_decisions import accept, change
from tests.support.editor import BARE, Editor, LspError, profile
from tests.support.scripted_workspace import ScriptedWorkspace

SOURCE = '(* AID: say one *)\nlet a = "(* AID: no *)" (* no (* AID: nested *) *)\n\ntype t = A (* about t *)\n\n(* AID:\n   say\n   two *)\nlet b = 2\n'


async def opened(editor: Editor) -> Editor:
    editor.open("lib/shape.ml")
    editor.replace("lib/shape.ml", 0, len(editor.text("lib/shape.ml")), SOURCE)
    return editor


@pytest.mark.parametrize(
    ("at", "only", "titles"),
    [
        ("(* AID: say one", None, ["AID: say one"]),
        ("say one", ["refactor"], ["AID: say one"]),
        ("say one", ["refactor.rewrite"], ["AID: say one"]),
        ("say one", ["quickfix"], []),
        ("say one", ["source.fixAll", ""], ["AID: say one"]),
        ("say one", ["refactor.rewriteX"], []),
        ("AID: no *)", None, []),
        ("nested", None, []),
        ("let b", None, []),
        ("   two", None, ["AID: say two"]),
        (SOURCE, None, ["AID: say one", "AID: say two"]),
    ],
)
async def test_instruction_comments_are_offered_where_they_are(
    connect: Connect, at: str, only: list[str] | None, titles: list[str]
) -> None:
    async with connect() as editor:
        await opened(editor)
        context = {"only": only} if only is not None else {}
        assert await editor.titles("lib/shape.ml", at, **context) == titles


async def test_actions_are_tagged_only_for_clients_that_announce_it_and_with_a_model(connect: Connect, tmp_path: Path) -> None:
    tagging: dict[str, Any] = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}, "tagSupport": {"valueSet": [1]}}
    client: dict[str, Any] = {"capabilities": {"textDocument": {"codeAction": tagging}}}
    for options, tags in (({}, None), ({"model": {"name": "test:m"}}, [1])):
        async with connect(client, initializationOptions=options) as editor:
            await opened(editor)
            [action] = await editor.actions("lib/shape.ml", "say one")
            assert action.get("tags") == tags
    async with connect("helix_25.01", initializationOptions={"model": {"name": "test:m"}}) as editor:
        await opened(editor)
        assert "tags" not in (await editor.actions("lib/shape.ml", "say one"))[0]


@pytest.mark.parametrize(
    ("extra", "offered"),
    [
        ({}, False),
        ({"initializationOptions": {"client": {"inputBox": True}}}, True),
        ({"initializationOptions": {"client": {"inputBox": "yes"}}}, False),
    ],
)
async def test_describing_a_change_is_offered_where_the_client_can_ask(
    connect: Connect, extra: dict[str, Any], offered: bool
) -> None:
    async with connect(**extra) as editor:
        await opened(editor)
        assert ("AID: describe a change…" in await editor.titles("lib/shape.ml", "let b")) == offered
        assert editor.messages == []


FORMS: dict[str, Any] = {
    **profile("vscode_code-server_1.139"),
    "capabilities": {"experimental": {"interactiveResolve": {"inputTypes": ["string", "bool"]}}},
}


async def test_a_form_asks_for_the_instruction_and_starts_nothing_itself(connect: Connect) -> None:
    async with connect(FORMS) as editor:
        await opened(editor)
        assert editor.server["experimental"] == {"interactiveResolveProvider": {"kinds": ["command"]}}
        [action] = [a for a in await editor.actions("lib/shape.ml", "let b") if a["title"] == "AID: describe a change…"]
        params: dict[str, Any] = {"command": action["command"], "arguments": action["arguments"]}
        form = await editor.wire.request("command/resolve", params)
        assert [(f["id"], f["type"], f["required"], "error" in f) for f in form["formFields"]] == [
            ("instruction", {"kind": "string"}, True, False)
        ]
        blank = await editor.wire.request("command/resolve", {**params, "formAnswers": [{"id": "instruction", "value": "  "}]})
        assert blank["formFields"][0]["error"]
        ready = await editor.wire.request(
            "command/resolve", {**params, "formAnswers": [{"id": "instruction", "value": "say hi"}]}
        )
        assert "formFields" not in ready
        assert (await editor.command("aid.status", {"quiet": True}))["jobs"] == []
        await editor.command(ready["command"], *ready["arguments"])
        await editor.said("proposal 1 is green")


@pytest.mark.parametrize(
    ("at", "after", "anchor"),
    [
        ("let b", "", "let"),
        ("let b", "le", "let"),
        ("type t", "typ", "type"),
        ("about t", "ab", "about"),
        ("b = 2", "", None),
        ("A (*", "", None),
        ("AID: no", "", None),
        ("2\n", "", None),
        ("\n\ntype", "\n", ""),
    ],
)
async def test_the_rename_dialog_opens_only_where_nothing_can_be_renamed(
    connect: Connect, at: str, after: str, anchor: str | None
) -> None:
    async with connect("neovim_v0.10.4") as editor:
        await opened(editor)
        text = editor.text("lib/shape.ml")
        position = editor.position(text, text.index(at) + len(after))
        params = {"textDocument": {"uri": editor.uri("lib/shape.ml")}, "position": position}
        answer = await editor.wire.request("textDocument/prepareRename", params)
        if anchor is None:
            assert answer is None
        else:
            start, end = (editor.offset(text, answer["range"][side]) for side in ("start", "end"))
            assert (text[start:end], answer["placeholder"]) == (anchor, "AID: ")


async def test_what_is_typed_into_the_dialog_is_an_instruction(connect: Connect) -> None:
    async with connect("neovim_v0.12.4") as editor:
        await opened(editor)
        params = {"textDocument": {"uri": editor.uri("lib/shape.ml")}, "position": {"line": 8, "character": 1}}
        assert await editor.wire.request("textDocument/rename", {**params, "newName": "AID: say hello"}) == {}
        await editor.said("proposal 1 is green")
        for name in ("AID:", "  "):
            with pytest.raises(LspError, match="behind `AID:`") as caught:
                await editor.wire.request("textDocument/rename", {**params, "newName": name})
            assert caught.value.code == -32803
        elsewhere = {**params, "position": {"line": 8, "character": 4}, "newName": "other"}
        with pytest.raises(LspError, match="begin with `AID:`"):
            await editor.wire.request("textDocument/rename", elsewhere)


async def test_renames_are_left_alone_in_clients_without_the_dialog(connect: Connect) -> None:
    async with connect("emacs_30.1") as editor:
        assert "renameProvider" not in editor.server


async def test_comments_have_a_lens_or_a_hint_never_both(connect: Connect) -> None:
    async with connect("helix_25.01") as editor:
        await opened(editor)
        hints = await editor.until(lambda: editor.diagnostics.get("lib/shape.ml"))
        assert [(hint["range"]["start"]["line"], hint["severity"], hint["source"]) for hint in hints] == [
            (0, 4, "aid"),
            (5, 4, "aid"),
        ]
        assert hints[0]["message"].endswith("say one")
        editor.replace("lib/shape.ml", 0, len("(* AID: say one *)"), "")
        await editor.until(lambda: len(editor.diagnostics["lib/shape.ml"]) == 1)
        editor._close("lib/shape.ml")  # pyright: ignore[reportPrivateUsage]
        await editor.until(lambda: [] in editor.diagnostics.values())
    async with connect("neovim_v0.12.4") as editor:
        await opened(editor)
        lenses = await editor.wire.request("textDocument/codeLens", {"textDocument": {"uri": editor.uri("lib/shape.ml")}})
        assert [(lens["range"]["start"]["line"], lens["command"]["title"]) for lens in lenses] == [(0, "Run AID"), (5, "Run AID")]
        await editor.command(lenses[0]["command"]["command"], *lenses[0]["command"]["arguments"])
        await editor.said("proposal 1 is green")
        assert editor.diagnostics == {}


async def test_hints_can_be_switched_off_while_it_runs(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect("helix_25.01") as editor:
        await opened(editor)
        await editor.until(lambda: editor.diagnostics)
        editor.wire.notify("workspace/didChangeConfiguration", {"settings": {"aid": {"editor": {"hints": False}, "modle": {}}}})
        assert "did you mean `model`?" in await editor.said("`modle` is not a section")
        assert not workspaces[0].settings.editor.hints


@pytest.mark.parametrize(
    "argument",
    [
        "create lib/new.ml",
        {"instruction": "AID: create lib/new.ml"},
        '{"instruction": "create lib/new.ml", "unknown": [1]}',
        ["create lib/new.ml"],
    ],
)
async def test_arguments_typed_by_hand_are_understood(connect: Connect, argument: object) -> None:
    async with connect("helix_25.01") as editor:
        await opened(editor)
        await editor.command("aid.change", argument)
        await editor.said("proposal 1 is green")
        for proposal in ("proposal-1.md", "1", 1, {"proposal": "proposal 1"}):
            assert (await editor.command("aid.show", proposal))["proposal"] == "1"
        await editor.command("aid.accept")
        await editor.said("proposal 1 is applied")


async def test_a_command_finds_the_instruction_at_its_range(connect: Connect) -> None:
    async with connect() as editor:
        await opened(editor)
        uri = editor.uri("lib/shape.ml")
        place = {"start": {"line": 6, "character": 1}, "end": {"line": 6, "character": 1}}
        await editor.command("aid.change", {"uri": uri, "range": place})
        await editor.said("proposal 1 is green")
        await accept(editor)
        assert "(* two *)let b" in editor.text("lib/shape.ml")
        with pytest.raises(LspError, match="has to say what shall change"):
            await editor.command("aid.change", {"uri": uri, "range": {"line": 3, "character": 0}})


async def test_status_tells_people_and_clients(connect: Connect, root: Path) -> None:
    async with connect() as editor:
        await change(editor, "rename area to surface")
        status = await editor.command("aid.status")
        [workspace] = status["workspaces"]
        assert (workspace["root"], workspace["model"], workspace["tier"]) == (str(root), None, "test")
        assert workspace["open"][0]["files"] == ["lib/shape.ml", "lib/shape.mli", "test/test_shape.ml"]
        assert "1 open proposal, no model (recipes only), judged up to test" in await editor.said("AID is idle")


async def test_two_projects_in_two_folders_are_two_workspaces(
    connect: Connect, root: Path, workspaces: list[ScriptedWorkspace]
) -> None:
    other = root.parent / "other"
    write_project(other, {"dune-project": "(lang dune 3.0)\n", "area.ml": "let area = 1\n"})
    folders = [{"uri": folder.as_uri(), "name": folder.name} for folder in (root, other)]
    async with connect(workspaceFolders=folders) as editor:
        editor.open(str(other / "area.ml"))
        await editor.command("aid.change", {"uri": (other / "area.ml").as_uri(), "instruction": "rename area to surface"})
        await editor.said("1 file, +1 −1")
        assert {workspace.root for workspace in workspaces} == {root, other}
        change_folders = {"event": {"added": [], "removed": folders[1:]}}
        editor.wire.notify("workspace/didChangeWorkspaceFolders", change_folders)
        assert await editor.command("aid.status", {"quiet": True})


async def test_a_single_file_without_a_folder_is_served(connect: Connect, root: Path) -> None:
    async with connect(BARE, rootUri=None) as editor:
        await opened(editor)
        await change(editor, "rename b to c")
        await accept(editor)
        assert "let c = 2" in editor.tree()["lib/shape.ml"]


async def test_a_project_behind_a_link_is_edited_under_the_name_that_the_editor_uses(connect: Connect, root: Path) -> None:
    link = root.parent / "link"
    await asyncio.to_thread(link.symlink_to, root)
    async with connect(rootUri=link.as_uri()) as editor:
        editor.root = link
        editor.open("lib/shape.ml")
        await change(editor, "rename area to surface")
        await accept(editor)
        uris = {operation["textDocument"]["uri"] for operation in editor.applied[0]["edit"]["documentChanges"]}
        assert all(uri.startswith(link.as_uri()) for uri in uris)


async def test_a_state_folder_that_cannot_be_used_is_told_once_and_menus_stay_quiet(connect: Connect, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "state").write_text, "in the way")
    async with connect() as editor:
        await opened(editor)
        await editor.said("AID's state folder cannot be made")
        assert await editor.titles("lib/shape.ml", "say one") == []
        with pytest.raises(LspError, match="state folder") as caught:
            await editor.command("aid.change", {"instruction": "say hi"})
        assert caught.value.code == -32803
        assert len(editor.messages) == 1
