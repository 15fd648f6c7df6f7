"""What the editor shows of the build: which files, which columns, how often."""

from typing import Any

import pytest

from aid_lsp.build.status import BuildFeed, BuildState, BuildStatus
from aid_lsp.settings import Settings
from aid_lsp.workspace.diagnostic import Diagnostic, Related
from tests.server.conftest import Connect
from tests.support.editor import BARE, Editor, profile
from tests.support.scripted_workspace import ScriptedWorkspace

AREA = Diagnostic(
    "lib/shape.ml", 3, 28, 3, 32, "error", "Unbound value side", related=(Related("lib/shape.mli", 3, 4, "Declared here"),)
)
TWICE = Diagnostic("lib/shape.ml", 5, 4, 5, 9, "error", "unused value twice.", "32 [unused-value-declaration]")
TEST = Diagnostic("test/test_shape.ml", 1, 17, 1, 34, "warning", "deprecated: area", "alert deprecated")
EDITORS = ["emacs_30.1", "neovim_v0.10.4", "helix_25.01"]


def feed_of(workspaces: list[ScriptedWorkspace]) -> BuildFeed:
    return workspaces[0].build.feed


def red(*diagnostics: Diagnostic, state: BuildState = "red") -> BuildStatus:
    return BuildStatus(state, source="your dune --watch", diagnostics=diagnostics)


GREEN = BuildStatus("green", source="your dune --watch")


async def following(editor: Editor, workspaces: list[ScriptedWorkspace], path: str = "lib/shape.ml") -> BuildFeed:
    editor.open(path)
    await editor.actions(path)  # answered once the workspace is open
    assert workspaces[0].build.started
    return feed_of(workspaces)


def shown(editor: Editor) -> dict[str, list[str]]:
    return {path: [one["message"].split("\n")[0] for one in said] for path, said in sorted(editor.diagnostics.items()) if said}


async def until_shown(editor: Editor, expected: dict[str, list[str]]) -> None:
    await editor.until(lambda: shown(editor) == expected, what=f"diagnostics {expected}")


@pytest.mark.parametrize("name", [*EDITORS, "vscode_code-server_1.139"])
async def test_errors_of_all_files_are_shown_open_or_not(
    connect: Connect, workspaces: list[ScriptedWorkspace], name: str
) -> None:
    async with connect(name) as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(AREA, TWICE, TEST))
        await until_shown(
            editor, {"lib/shape.ml": ["Unbound value side", "unused value twice."], "test/test_shape.ml": ["deprecated: area"]}
        )
        first, second = editor.diagnostics["lib/shape.ml"]
        assert (first["source"], first["severity"], second["code"]) == ("aid (dune)", 1, "32 [unused-value-declaration]")
        if "relatedInformation" in first:
            assert first["relatedInformation"][0]["location"]["uri"] == editor.uri("lib/shape.mli")
        else:
            assert first["message"] == "Unbound value side\nlib/shape.mli:3: Declared here"


async def test_an_error_goes_only_when_the_build_says_so(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect() as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(AREA))
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"]})
        feed.tell(red(AREA, state="building"))
        feed.tell(red(AREA, TEST, state="building"))
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"], "test/test_shape.ml": ["deprecated: area"]})
        feed.tell(GREEN)
        await until_shown(editor, {})
        assert editor.published == [
            ("lib/shape.ml", ["Unbound value side"]),
            ("test/test_shape.ml", ["deprecated: area"]),
            ("lib/shape.ml", []),
            ("test/test_shape.ml", []),
        ]


async def test_only_the_files_that_changed_are_published_again(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect() as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(AREA, TEST))
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"], "test/test_shape.ml": ["deprecated: area"]})
        del editor.published[:]
        for status in (red(TEST, AREA, state="building"), red(TEST, AREA), red(AREA, TWICE, TEST)):
            feed.tell(status)
        await until_shown(
            editor, {"lib/shape.ml": ["Unbound value side", "unused value twice."], "test/test_shape.ml": ["deprecated: area"]}
        )
        assert editor.published == [("lib/shape.ml", ["Unbound value side", "unused value twice."])]


@pytest.mark.parametrize(
    ("name", "start", "end"), [("emacs_30.1", 16, 20), ("neovim_v0.10.4", 17, 21), ("helix_25.01", 21, 25)], ids=EDITORS
)
@pytest.mark.parametrize("opened", [True, False])
async def test_columns_are_the_client_s(
    connect: Connect, workspaces: list[ScriptedWorkspace], name: str, start: int, end: int, opened: bool
) -> None:
    async with connect(name) as editor:
        (editor.root / "lib/é.ml").write_text('let x =\r\n  f "éé😋" (* *) wide\n', encoding="utf-8", newline="")
        feed = await following(editor, workspaces, "lib/é.ml" if opened else "lib/shape.ml")
        feed.tell(red(Diagnostic("lib/é.ml", 2, 21, 2, 25, "error", "Unbound value wide")))
        await until_shown(editor, {"lib/é.ml": ["Unbound value wide"]})
        [said] = editor.diagnostics["lib/é.ml"]
        assert said["range"] == {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}


async def test_lines_that_were_typed_since_the_save_move_what_is_shown(
    connect: Connect, workspaces: list[ScriptedWorkspace]
) -> None:
    async with connect() as editor:
        feed = await following(editor, workspaces)
        editor.type("lib/shape.ml", "(* one *)\n(* two *)\n", before="type t")
        await editor.actions("lib/shape.ml")
        feed.tell(red(AREA))
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"]})
        assert editor.diagnostics["lib/shape.ml"][0]["range"]["start"] == {"line": 4, "character": 28}


async def test_a_file_is_told_again_when_it_is_opened(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect("emacs_30.1") as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(TEST))
        await until_shown(editor, {"test/test_shape.ml": ["deprecated: area"]})
        editor.open("test/test_shape.ml")
        await editor.until(lambda: len(editor.published) == 2)
        assert editor.published[1] == ("test/test_shape.ml", ["deprecated: area"])
        await editor.run("AID: fix this warning", "test/test_shape.ml", diagnostics=editor.diagnostics["test/test_shape.ml"])
        await editor.said("proposal 1 is green")


async def test_a_save_is_told_to_the_build_at_once(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect() as editor:
        await following(editor, workspaces)
        editor.type("lib/shape.ml", "(* *)\n", before="let area")
        editor.save_all()
        await editor.actions("lib/shape.ml")
        assert workspaces[0].build.saves == 1


@pytest.mark.parametrize("settings", [{"diagnostics": "closed-files"}, {"aid": {"editor": {"diagnostics": "closed-files"}}}])
async def test_beside_another_server_only_closed_files_are_shown(
    connect: Connect, workspaces: list[ScriptedWorkspace], settings: dict[str, Any]
) -> None:
    async with connect(initializationOptions=settings) as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(AREA, TEST))
        await until_shown(editor, {"test/test_shape.ml": ["deprecated: area"]})
        editor.open("test/test_shape.ml")
        await until_shown(editor, {})
        editor.wire.notify("textDocument/didClose", {"textDocument": {"uri": editor.uri("lib/shape.ml")}})
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"]})


async def test_off_follows_nothing_and_may_be_switched_on(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect(initializationOptions={"diagnostics": "off"}) as editor:
        editor.open("lib/shape.ml")
        await editor.actions("lib/shape.ml")
        assert not workspaces[0].build.started
        feed_of(workspaces).tell(red(AREA))
        for word, expected in (("all", {"lib/shape.ml": ["Unbound value side"]}), ("off", dict[str, list[str]]())):
            editor.wire.notify("workspace/didChangeConfiguration", {"settings": {"aid": {"diagnostics": word}}})
            await until_shown(editor, expected)


async def test_hints_and_errors_share_a_file(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect("helix_25.01") as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(TWICE))
        await until_shown(editor, {"lib/shape.ml": ["unused value twice."]})
        assert editor.diagnostics["lib/shape.ml"][0]["tags"] == [1]
        editor.type("lib/shape.ml", "(* AID: crash *)\n", before="let area")
        await editor.until(lambda: len(editor.diagnostics["lib/shape.ml"]) == 2)
        feed.tell(GREEN)
        await editor.until(lambda: [one["source"] for one in editor.diagnostics["lib/shape.ml"]] == ["aid"])


async def test_what_no_file_of_the_user_says_is_shown_where_it_can_be_seen(
    connect: Connect, workspaces: list[ScriptedWorkspace]
) -> None:
    async with connect() as editor:
        feed = await following(editor, workspaces)
        cycle = Diagnostic(None, 1, 0, 1, 0, "error", "Dependency cycle between:\n   lib/a.ml")
        generated = Diagnostic("lib/lexer.ml", 900, 3, 900, 4, "error", "Unbound value token")
        feed.tell(red(cycle, generated))
        await until_shown(editor, {"dune-project": ["Dependency cycle between:"], "lib/dune": ["Unbound value token"]})
        assert editor.diagnostics["lib/dune"][0]["range"]["end"] == {"line": 0, "character": len("(library (name shapes))")}


async def test_a_difference_is_shown_where_it_is_and_can_be_promoted(
    connect: Connect, workspaces: list[ScriptedWorkspace]
) -> None:
    diff = "--- lib/shape.ml\n+++ lib/shape.ml.corrected\n@@ -2,3 +2,3 @@\n \n-let area (Square side) = side * side\n+let area = 1\n "
    async with connect() as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(Diagnostic("lib/shape.ml", 1, 0, 1, 0, "error", diff, promotion=True)))
        await editor.until(lambda: editor.diagnostics.get("lib/shape.ml"))
        [said] = editor.diagnostics["lib/shape.ml"]
        assert (said["code"], said["range"]["start"]["line"]) == ("promotion", 2)
        actions = await editor.actions("lib/shape.ml", diagnostics=[said])
        assert [action["title"] for action in actions] == ["AID: promote test output"]
        assert actions[0]["command"]["arguments"][0]["instruction"] == "promote the test output in lib/shape.ml"


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_status_goes_to_clients_that_show_it(
    connect: Connect, workspaces: list[ScriptedWorkspace], wanted: bool
) -> None:
    client = {**BARE, "initializationOptions": {"client": {"status": wanted}}}
    async with connect(client) as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(AREA))
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"]})
        if wanted:
            await editor.until(lambda: editor.statuses and editor.statuses[-1]["build"]["state"] == "red")
        feed.tell(GREEN)
        await until_shown(editor, {})
        if wanted:
            await editor.until(lambda: editor.statuses and editor.statuses[-1]["build"]["state"] == "green")
        states = [(status["build"]["state"], status["build"]["errors"]) for status in editor.statuses]
        assert states == ([("unknown", 0), ("red", 1), ("green", 0)] if wanted else [])
        answer = await editor.command("aid.status", {"quiet": True})
        assert answer["workspaces"][0]["build"]["state"] == "green"


async def test_everything_is_taken_away_at_the_end(connect: Connect, workspaces: list[ScriptedWorkspace]) -> None:
    async with connect(profile("neovim_v0.12.4")) as editor:
        feed = await following(editor, workspaces)
        feed.tell(red(AREA, TEST))
        await until_shown(editor, {"lib/shape.ml": ["Unbound value side"], "test/test_shape.ml": ["deprecated: area"]})
        files = list((workspaces[0].state / "servers").glob("*.json"))
        await editor.shutdown()
        await until_shown(editor, {})
    assert [path.name for path in files] != []
    assert list((workspaces[0].state / "servers").glob("*.json")) == []


def test_the_default_is_to_show_all() -> None:
    assert Settings().editor.diagnostics == "all"
