"""The conversation page: asked, answered, changed and decided on in every editor, whether it has the page open or not."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp

from aid_lsp.server.attachments import Attached
from aid_lsp.server.propose import Wish, wish_as_json, wish_of_json
from aid_lsp.server.sharing import Shared
from aid_lsp.server.turns import Words
from tests.server.conftest import Connect
from tests.server.test_main_job import EDITORS
from tests.server.test_thin_clients import THIN, idle
from tests.support.editor import BARE, Editor, LspError
from tests.support.scripted_workspace import ScriptedWorkspace, open_scripted

HERE = {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 4}}


async def open_page(editor: Editor, **argument: Any) -> str:
    """Has the page made and opens it as a document; answers with its path."""
    if "lib/shape.ml" not in editor.buffers:
        editor.open("lib/shape.ml")
    answer = await editor.command("aid.page", argument or None)
    path = editor.path(answer["uri"])
    editor.open(path, "markdown")
    return path


def turns(text: str) -> str:
    """What was said, without the introduction and the clock."""
    lines = text[text.index("## You") :].split("\n")
    return "\n".join("## AID" if line.startswith("## AID, ") else line for line in lines).strip()


async def until_said(editor: Editor, path: str, words: str) -> str:
    await editor.until(lambda: words in editor.text(path), what=f"{words!r} on the page")
    return turns(editor.text(path))


@pytest.mark.parametrize("name", EDITORS)
async def test_a_question_is_answered_in_the_open_page_of_every_editor(connect: Connect, name: str) -> None:
    async with connect(EDITORS[name]) as editor:
        path = await open_page(editor)
        editor.type(path, "is area total?\n")
        assert (await editor.titles(path, "is area"))[:2] == ["AID: send (ask)", "AID: send as: change"]
        await editor.run("AID: send (ask)", path, "is area")
        await until_said(editor, path, "as if")
        await idle(editor)
        assert turns(editor.text(path)) == (
            "## You\n\nis area total?\n\n## AID\n\nYou asked: is area total?\n\n#### You\n\nas if\n\n## You"
        )
        assert len(editor.applied) >= 2  # it came in pieces


@pytest.mark.parametrize("name", ["eglot_v1.24", "bare", "helix_25.01"])
async def test_a_page_that_is_open_nowhere_is_a_file(connect: Connect, name: str) -> None:
    """Eglot does not serve files outside of the project."""
    async with connect(EDITORS[name]) as editor:
        editor.open("lib/shape.ml")
        answer = await editor.command("aid.ask", {"uri": editor.uri("lib/shape.ml"), "range": HERE, "question": "is area total?"})
        await idle(editor)
        page = editor.read(answer["uri"])
        assert "@lib/shape.ml:3\n\nis area total?\n\n## AID, " in page
        assert page.endswith("as if\n\n## You\n\n")
        assert (answer["uri"] in editor.shown) == (name == "eglot_v1.24")
        # A person goes on in the file, saves it and sends it.
        file = Path(editor.path(answer["uri"]))
        await asyncio.to_thread(file.write_text, f"{page}rename area to surface\n")
        await editor.command("aid.send", {"uri": answer["uri"]})
        await editor.said("proposal 1 is green")
        await idle(editor)
        assert "### Proposal 1: green (test, 0.8 s), 3 files, +4 −4" in editor.read(answer["uri"])


async def test_a_change_is_proposed_refined_and_accepted_on_the_page(connect: Connect) -> None:
    async with connect("neovim_v0.12.4") as editor:
        path = await open_page(editor)
        editor.type(path, "rename area to surface\n")
        await editor.run("AID: send (change)", path, "rename area")
        await until_said(editor, path, "### Proposal 1: green")
        await idle(editor)
        assert "#### lib/shape.mli: +1 −1\n\n```diff" in editor.text(path)
        assert await editor.titles(path, "### Proposal 1") == [
            "AID: accept proposal 1",
            "AID: reject proposal 1",
            "AID: show proposal 1",
        ]
        editor.type(path, "rename twice to double\n")
        assert (await editor.titles(path, "rename twice to double\n"))[0] == "AID: send (refine proposal 1)"
        await editor.run("AID: send (refine proposal 1)", path, "rename twice to double\n")
        await until_said(editor, path, "### Proposal 2: green")
        await idle(editor)
        lenses = await editor.wire.request("textDocument/codeLens", {"textDocument": {"uri": editor.buffers[path].uri}})
        assert [lens["command"]["title"] for lens in lenses] == ["Accept", "Reject", "Show", *["Accept this file"] * 3]
        await editor.run("AID: accept lib/shape.mli", path, "+val double")
        await until_said(editor, path, "— partly accepted, 2 files left (green (test, 0.8 s))")
        await idle(editor)
        await editor.run("AID: accept proposal 2", path, "### Proposal 2")
        await until_said(editor, path, "### Proposal 2: green (test, 0.8 s), 3 files, +5 −5 — accepted")
        assert "let double s = 2 * surface s" in editor.text("lib/shape.ml")
        assert await editor.titles(path, "### Proposal 2") == []


async def test_what_is_appended_is_what_the_request_looks_at(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect("helix_25.01") as editor:
        editor.open("lib/shape.ml")
        uri = editor.uri("lib/shape.ml")
        lines = {"start": {"line": 2, "character": 0}, "end": {"line": 3, "character": 0}}
        await editor.command("aid.append", {"what": "region", "uri": uri, "range": lines})
        await editor.command("aid.append", {"what": "file", "uri": editor.uri("lib/shape.mli")})
        said = {"range": HERE, "message": "Unbound value x"}
        await editor.command("aid.append", {"what": "diagnostic", "uri": uri, "diagnostic": said})
        answer = await editor.command("aid.append", {"what": "build"})
        page = Path(editor.path(answer["uri"]))
        text = await asyncio.to_thread(page.read_text)
        assert "```ocaml @lib/shape.ml:3\nlet area (Square side) = side * side\n```\n\n@lib/shape.mli\n\n" in text
        assert "```text @lib/shape.ml:3\nUnbound value x\n```\n\n```text build\nunknown" in text
        assert answer["line"] == text.count("\n")
        await asyncio.to_thread(page.write_text, f"{text}say hello")
        await editor.command("aid.send", {"uri": answer["uri"]})
        await editor.said("proposal 1 is green")
        request = workspaces[0].proposer.requests[0]
        assert request.instruction == "say hello"
        assert request.place
        assert request.place.span.of(request.view.text("lib/shape.ml") or "") == "let area (Square side) = side * side"
        assert [place.path for place in request.attached] == ["lib/shape.ml", "lib/shape.mli"]
        assert [(one.line, one.message) for one in request.diagnostics] == [(3, "Unbound value x")]


async def test_what_was_said_before_goes_along(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect(THIN) as editor:
        editor.open("lib/shape.ml")
        for question in ("why so?", "and then?"):
            await editor.command("aid.ask", {"question": question, "open": False})
            await idle(editor)
        _, (request, earlier, _) = workspaces[0].asked
        assert (request.instruction, [each.you for each in earlier]) == ("and then?", ["why so?"])
        assert earlier[0].aid.startswith("You asked: why so?")
        assert editor.shown == []


async def test_a_question_in_a_comment_is_answered_on_the_page(connect: Connect) -> None:
    async with connect("helix_25.01") as editor:
        editor.open("lib/shape.ml")
        editor.type("lib/shape.ml", "(* AID: is area total? *)\n", before="let area")
        title = "AID: answer on the page: is area total?"
        assert (await editor.titles("lib/shape.ml", "(* AID"))[:2] == [title, "AID: is area total?"]
        await editor.run(title, "lib/shape.ml", "(* AID")
        page = Path((await editor.said("the page is ")).removeprefix("AID: the page is "))
        await idle(editor)
        assert "@lib/shape.ml:3\n\nis area total?\n\n## AID, " in await asyncio.to_thread(page.read_text)


async def test_two_editors_on_one_page_and_users_who_type(
    connect: Connect, tmp_path: Path, workspaces: list[ScriptedWorkspace]
) -> None:
    async def opener(folder: Path, settings: object) -> ScriptedWorkspace:
        workspaces.append(await open_scripted(folder, tmp_path / "state", settings))
        return workspaces[-1]

    shared = Shared(opener)
    async with (
        connect("neovim_v0.10.4", opener=shared.lease) as one,
        connect("vscode_code-server_1.139", opener=shared.lease) as two,
    ):
        path = await open_page(one)
        await open_page(two)
        workspaces[0].pause = asyncio.Event()
        one.type(path, "please wait, is it so?\n")
        await one.command("aid.send", {"uri": one.buffers[path].uri})
        await until_said(one, path, "You asked: please wait,")
        await until_said(two, path, "You asked: please wait,")
        two.type(path, "typed meanwhile")
        one.before_apply = lambda: one.type(path, "typed in the other one")
        workspaces[0].pause.set()
        await until_said(one, path, "as if")
        await until_said(two, path, "as if")
        await idle(one)
        for editor, typed in ((one, "typed in the other one"), (two, "typed meanwhile")):
            assert turns(editor.text(path)) == (
                "## You\n\nplease wait, is it so?\n\n## AID\n\nYou asked: please wait, is it so?\n\n#### You\n\nas if\n\n"
                f"## You\n\n{typed}"
            )
    await shared.close()


async def test_an_answer_that_nobody_saved_is_not_lost(connect: Connect) -> None:
    async with connect("neovim_v0.10.4") as editor:
        path = await open_page(editor)
        before = editor.read(editor.buffers[path].uri)
        editor.type(path, "is it so?\n")
        await editor.command("aid.send", {"uri": editor.buffers[path].uri})
        await until_said(editor, path, "as if")
        await idle(editor)
        uri = editor.buffers[path].uri
        assert editor.read(uri) == before  # the buffer is the user's to save
    assert "is it so?" in editor.read(uri)
    assert "You asked: is it so?\n\n#### You\n\nas if\n\n## You\n\n" in editor.read(uri)
    async with connect("neovim_v0.10.4") as editor:
        path = await open_page(editor)
        editor.type(path, "and this?\n")
        await editor.command("aid.send", {"uri": uri})
        await until_said(editor, path, "You asked: and this?")
        await idle(editor)
        editor.type(path, "thrown away", instead_of="You asked: and this?")
        editor.save_all()
        await editor.command("aid.status", {"quiet": True})
        await idle(editor)
    assert "thrown away" in editor.read(uri)
    assert "You asked: and this?" not in editor.read(uri)


async def test_cancelling_and_failing_are_said_on_the_page(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect("emacs_30.1") as editor:
        path = await open_page(editor)
        workspaces[0].pause = asyncio.Event()
        answer = await editor.command("aid.ask", {"question": "wait, why?"})
        await until_said(editor, path, "You asked: wait,")
        await editor.command("aid.cancel", {"job": answer["job"]})
        await until_said(editor, path, "You asked: wait,\n\n*Cancelled.*")
        await editor.command("aid.ask", {"question": "is the model there?"})
        await until_said(editor, path, "**The model at http://127.0.0.1:1 does not answer; start it or choose another one.**")
        for instruction, words in (("dance", "I do not know how to 'dance'."), ("crash", "failed inside AID")):
            editor.type(path, f"{instruction}\n")
            await editor.command("aid.send", {"uri": editor.buffers[path].uri})
            await until_said(editor, path, words)
            await idle(editor)
        assert turns(editor.text(path)).endswith("## You")


async def test_a_new_page_keeps_the_old_one(connect: Connect) -> None:
    async with connect(THIN) as editor:
        path = await open_page(editor)
        editor.type(path, "@lib/shape.ml:3 is it so?\n")
        await editor.command("aid.page", {"new": True})
        await editor.until(lambda: turns(editor.text(path)) == "## You")
        [kept] = await asyncio.to_thread(lambda: list(Path(path).parent.glob("AID-*.md")))
        assert "is it so?" in kept.read_text()


@pytest.mark.parametrize("manners", ["declines", "says true, does nothing", "stale is an error", "stale is true"])
async def test_an_editor_that_refuses_the_page_loses_nothing(connect: Connect, manners: Any) -> None:
    async with connect("neovim_v0.10.4", manners) as editor:
        path = await open_page(editor)
        uri = editor.buffers[path].uri
        await editor.command("aid.ask", {"question": "is it so?"})
        await idle(editor)
        assert turns(editor.text(path)).count("as if") == (0 if manners in ("declines", "says true, does nothing") else 1)
    assert editor.read(uri).count("You asked: is it so?") == 1
    assert len(editor.applied) == 1 or manners not in ("declines", "says true, does nothing")


HOSTILE: list[tuple[str, Any]] = [
    ("aid.send", {"as": "sudo"}),
    ("aid.send", {}),
    ("aid.ask", {"question": 3}),
    ("aid.ask", {"question": "x" * 30_000}),
    ("aid.ask", {"question": "why?", "uri": "file:///etc/passwd"}),
    ("aid.append", {"what": "file", "uri": "file:///etc/passwd"}),
    ("aid.append", {"what": "region"}),
    ("aid.append", {"what": "diagnostic"}),
    ("aid.append", {"what": ["file"]}),
    ("aid.append", {}),
    ("aid.page", {"uri": "file:///etc/passwd", "range": HERE}),
]


async def test_hostile_arguments_are_refused_and_change_nothing(connect: Connect) -> None:
    async with connect(BARE) as editor:
        path = await open_page(editor)
        before = editor.text(path)
        for command, argument in HOSTILE:
            with pytest.raises(LspError) as refused:
                await editor.command(command, json.loads(json.dumps(argument)))
            assert refused.value.code == -32602, (command, argument)
        editor.type(path, "see @../../../etc/passwd:1 and change it\n")
        with pytest.raises(LspError, match="not a file of the workspace"):
            await editor.command("aid.send", {"uri": editor.buffers[path].uri})
        assert editor.text(path).startswith(before)


def test_a_wish_of_the_page_is_kept_for_the_next_daemon() -> None:
    place = lsp.Range(lsp.Position(2, 0), lsp.Position(2, 9))
    said = lsp.Diagnostic(place, "unused", severity=lsp.DiagnosticSeverity.Warning)
    wish = Wish(
        "why?",
        "ask",
        "lib/shape.ml",
        place,
        attached=(Attached("README.md"), Attached("lib/shape.mli", place, (said,))),
        words=Words("## AID, 2026-11-25 15:31:07", "why?", 12, ("a log",)),
    )
    assert wish_of_json(json.loads(json.dumps(wish_as_json(wish)))) == wish
    assert wish.kind == "ask"
