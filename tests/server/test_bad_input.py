"""What breaks other servers: every request is answered exactly once, nothing is lost, nothing hangs."""

import asyncio
import json
from typing import Any

import pytest

from tests.server.conftest import Connect
from tests.support.editor import BARE, Editor, LspError, profile

INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, NOT_INITIALIZED, PARSE_ERROR = -32602, -32600, -32601, -32002, -32700
REQUEST_FAILED, CANCELLED = -32803, -32800


async def code_of(editor: Editor, method: str, params: Any) -> int:
    """The code of the error that a request is answered with."""
    with pytest.raises(LspError) as caught:
        await editor.wire.request(method, params)
    assert str(caught.value)
    return caught.value.code


async def alive(editor: Editor) -> None:
    assert "workspaces" in await editor.command("aid.status", {"quiet": True})


async def test_requests_before_initialize_are_refused_and_it_works_afterwards(connect: Connect) -> None:
    async with connect(initialize=False) as editor:
        assert await code_of(editor, "textDocument/codeAction", {}) == NOT_INITIALIZED
        assert await code_of(editor, "shutdown", None) == NOT_INITIALIZED
        editor.wire.notify("textDocument/didOpen", {})
        await editor.initialize()
        await alive(editor)
        assert await code_of(editor, "initialize", {"capabilities": {}}) == INVALID_REQUEST


FUTURE: dict[str, Any] = {
    "processId": "many",
    "clientInfo": {"name": "Future", "version": 7},
    "trace": "telepathic",
    "workspaceFolders": [{"uri": 4}, {"name": "no uri"}],
    "initializationOptions": [1, 2],
    "capabilities": {
        "workspace": {
            "applyEdit": True,
            "workspaceEdit": {
                "documentChanges": True,
                "resourceOperations": ["create", "teleport"],
                "failureHandling": "quantum",
                "changeAnnotationSupport": {"groupsOnLabel": "perhaps"},
            },
            "symbol": {"symbolKind": {"valueSet": [1, 99]}, "tagSupport": {"valueSet": [99]}},
        },
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["refactor", 17]}},
                "tagSupport": {"valueSet": [1, 99]},
            },
            "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2, 99]}},
            "foldingRange": "yes please",
        },
        "window": {"workDoneProgress": True, "showDocument": {"support": True}, "hologram": {}},
        "general": {"positionEncodings": ["utf-64", "utf-32"], "markdown": 3},
        "experimental": 8,
    },
}


async def test_a_client_from_the_future_keeps_what_we_understand_of_it(connect: Connect) -> None:
    async with connect(FUTURE) as editor:
        assert editor.encoding == "utf-32"
        editor.open("lib/shape.ml")
        editor.type("lib/shape.ml", "(* AID: create lib/new.ml *)\n", before="let area")
        await editor.run("AID: create lib/new.ml", "lib/shape.ml", "(* AID")
        await editor.said("proposal 1 is green")
        assert editor.progress
        assert editor.shown
        await editor.run("AID: accept proposal 1", "lib/shape.ml")
        await editor.said("applied to 2 files")
        assert [operation.get("kind") for operation in editor.applied[0]["edit"]["documentChanges"]] == ["create", None, None]


@pytest.mark.parametrize("params", [None, [], 3, "x"])
async def test_initialize_without_params_is_refused(connect: Connect, params: Any) -> None:
    async with connect(initialize=False) as editor:
        assert await code_of(editor, "initialize", params) == INVALID_PARAMS
        await editor.initialize()


@pytest.mark.parametrize("capabilities", [None, [], "all of them", {"workspace": 3}, {"general": {"positionEncodings": "utf-8"}}])
async def test_capabilities_of_any_shape_are_survived(connect: Connect, capabilities: Any) -> None:
    async with connect(initialize=False) as editor:
        answer = await editor.wire.request("initialize", {"capabilities": capabilities})
        assert answer["capabilities"]["positionEncoding"] == "utf-16"


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/codeAction", {"textDocument": 3}),
        ("textDocument/codeAction", None),
        ("textDocument/codeAction", {"textDocument": {"uri": "file:///a.ml"}, "range": {"start": 1}, "context": {}}),
        ("textDocument/codeLens", {"textDocument": []}),
        ("textDocument/rename", {"newName": []}),
        ("workspace/executeCommand", {}),
        ("workspace/executeCommand", {"command": "rm -rf"}),
        ("workspace/executeCommand", {"command": "aid.change", "arguments": [[3]]}),
        ("workspace/executeCommand", {"command": "aid.change", "arguments": [{"uri": 7}]}),
        ("workspace/executeCommand", {"command": "aid.change", "arguments": [{"uri": "untitled:1", "instruction": "x"}]}),
        ("workspace/executeCommand", {"command": "aid.change", "arguments": [{"instruction": "x" * 30_000}]}),
        ("workspace/executeCommand", {"command": "aid.change", "arguments": ["{not json"]}),
        ("workspace/executeCommand", {"command": "aid.accept", "arguments": [{"proposal": "../../etc/passwd"}]}),
        ("workspace/executeCommand", {"command": "aid.accept", "arguments": [{"proposal": 77}]}),
        ("workspace/executeCommand", {"command": "aid.accept", "arguments": []}),
        ("workspace/executeCommand", {"command": "aid.fix", "arguments": [{"uri": "file:///tmp/a.ml"}]}),
        ("workspace/executeCommand", {"command": "aid.cancel", "arguments": [{"job": "gone"}]}),
        ("command/resolve", None),
        ("command/resolve", {"command": 3}),
    ],
)
async def test_params_that_make_no_sense_are_answered_with_a_sentence(connect: Connect, method: str, params: Any) -> None:
    async with connect() as editor:
        assert await code_of(editor, method, params) == INVALID_PARAMS
        await alive(editor)
        assert editor.messages == []


async def test_frames_that_are_no_messages_are_answered_or_passed_over(connect: Connect) -> None:
    async with connect() as editor:
        for body in (
            b"{",
            b"\xff\xfe",
            b"[]",
            b"3",
            b'{"id": {}, "method": "x"}',
            b'{"id": true, "method": "x"}',
            b"[" * 200_000,
        ):
            editor.wire.send_bytes(body)
        await editor.until(lambda: len([a for a in editor.wire.answers if a["id"] is None]) == 7)
        codes = [answer["error"]["code"] for answer in editor.wire.answers if answer["id"] is None]
        assert sorted(codes) == sorted([PARSE_ERROR] * 3 + [INVALID_REQUEST] * 4)
        editor.wire.send({"id": 4711, "method": 5})
        await editor.until(lambda: [a for a in editor.wire.answers if a["id"] == 4711])
        assert await code_of(editor, "textDocument/thoughts", {}) == METHOD_NOT_FOUND
        editor.wire.notify("$/whatever", {})
        editor.wire.notify("$/cancelRequest", {"id": 999_999})
        editor.wire.notify("$/cancelRequest", {})
        editor.wire.notify("window/workDoneProgress/cancel", {"token": "nobody's"})
        editor.wire.send({"id": "never asked", "result": None})
        await alive(editor)


async def test_headers_in_any_case_with_garbage_between_messages(connect: Connect) -> None:
    async with connect() as editor:
        body = json.dumps(
            {"jsonrpc": "2.0", "id": "odd", "method": "workspace/executeCommand", "params": {"command": "aid.status"}}
        )
        raw = f"garbage\r\ncontent-type: x\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
        editor.wire._write(raw)  # pyright: ignore[reportPrivateUsage]
        await editor.until(lambda: [a for a in editor.wire.answers if a["id"] == "odd"])


async def test_a_nested_message_in_an_argument_is_data(connect: Connect) -> None:
    """pygls decodes every object that has a `jsonrpc` field as a message of its own."""
    async with connect() as editor:
        inner = {"jsonrpc": "2.0", "id": 1, "method": "shutdown"}
        await editor.command("aid.status", {"quiet": True, "note": inner})
        await alive(editor)


async def test_a_cancelled_request_is_answered_once_as_cancelled(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        ids: list[int] = []
        answers: list[asyncio.Future[Any]] = []
        for _ in range(20):
            request: dict[str, Any] = {
                "textDocument": {"uri": editor.uri("lib/shape.ml")},
                "range": PLACE,
                "context": {"diagnostics": []},
            }
            message_id, answer = editor.wire.ask("textDocument/codeAction", request)
            editor.wire.notify("$/cancelRequest", {"id": message_id})
            ids.append(message_id)
            answers.append(answer)
        results = await asyncio.gather(*answers, return_exceptions=True)
        assert {error.code for error in results if isinstance(error, LspError)} <= {CANCELLED}
        assert [a["id"] for a in editor.wire.answers if a["id"] in ids] == ids
        await alive(editor)


PLACE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


async def test_documents_that_are_not_ours_get_nothing(connect: Connect) -> None:
    async with connect() as editor:
        for uri in ("untitled:Untitled-1", editor.uri("README.md"), editor.uri("lib/_build/a.ml"), "git:/a.ml", "file:///"):
            document = {"textDocument": {"uri": uri}}
            assert (
                await editor.wire.request("textDocument/codeAction", {**document, "range": PLACE, "context": {"diagnostics": []}})
                == []
            )
            assert await editor.wire.request("textDocument/codeLens", document) == []
            assert await editor.wire.request("textDocument/prepareRename", {**document, "position": PLACE["start"]}) is None


async def test_odd_text_sync_loses_nothing(connect: Connect) -> None:
    async with connect() as editor:
        editor.double_open = True
        editor.open("lib/shape.ml")
        editor.replace("lib/shape.ml", 0, 0, "(* AID: say \f\u2028é😋 *)\r\n", version_step=40)
        assert await editor.titles("lib/shape.ml", "(* AID") == ["AID: say é😋"]
        uri = editor.uri("lib/shape.ml")
        editor.wire.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": uri, "version": None}, "contentChanges": [{"text": "(* AID: one *)"}]},
        )
        editor.wire.notify("textDocument/didChange", {"textDocument": {"uri": "file:///not/open.ml"}, "contentChanges": []})
        editor.buffers["lib/shape.ml"].text = "(* AID: one *)"
        assert "AID: one" in await editor.titles("lib/shape.ml")


@pytest.mark.parametrize("changes", [None, 3, [{"range": PLACE}], [{"text": 3}], [{"text": "x", "range": {"start": 0}}]])
async def test_a_change_that_makes_no_sense_is_told_and_mended_by_opening_again(connect: Connect, changes: Any) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        document = {"uri": editor.uri("lib/shape.ml"), "version": 2}
        editor.wire.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        await editor.said("lost track of")
        editor.open("lib/shape.ml")
        editor.type("lib/shape.ml", "(* AID: one *)\n", before="let area")
        assert "AID: one" in await editor.titles("lib/shape.ml", "(* AID")


async def test_halves_of_a_character_do_not_stop_anything(connect: Connect) -> None:
    async with connect("vscode_code-server_1.139") as editor:
        editor.open("lib/shape.ml")
        editor.wire.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": editor.uri("lib/shape.ml"), "version": 2},
                "contentChanges": [{"text": '(* AID: create a.ml *)\nlet s = "\ud83d"\n'}],
            },
        )
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "range": PLACE, "instruction": "create a.ml"})
        await editor.said("proposal 1 is green")


async def test_a_message_of_ten_megabytes_is_taken(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        editor.replace("lib/shape.ml", 0, 0, "let x = 1\n" * 1_000_000)
        await alive(editor)


async def test_shutdown_is_answered_at_once_with_a_job_running(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": "wait"})
        await editor.until(lambda: [v for _, v in editor.progress if v.get("message") == "waiting"])
        await editor.wire.request("shutdown", None, seconds=1.0)
        assert await code_of(editor, "textDocument/codeLens", {"textDocument": {"uri": "file:///a.ml"}}) == INVALID_REQUEST
        editor.wire.notify("exit", None)
    assert editor.status == 0


async def test_leaving_without_shutdown_is_status_one(connect: Connect) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": "wait"})
        await editor.until(lambda: editor.progress)
    assert editor.status == 1


@pytest.mark.parametrize("instruction", ["crash", "model down"])
async def test_a_job_that_fails_says_one_sentence_and_ends_its_progress(connect: Connect, instruction: str) -> None:
    async with connect() as editor:
        editor.open("lib/shape.ml")
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": instruction})
        message = await editor.said(
            "AID: this failed inside AID (RuntimeError)" if instruction == "crash" else "does not answer; start it"
        )
        await editor.until(lambda: [v for _, v in editor.progress if v["kind"] == "end"])
        assert editor.messages == [message]
        await alive(editor)


async def test_a_bare_client_is_served(connect: Connect) -> None:
    async with connect({"capabilities": {}}) as editor:
        editor.open("lib/shape.ml")
        await editor.command("aid.change", {"uri": editor.uri("lib/shape.ml"), "instruction": "rename area to surface"})
        await editor.said("AID: rename area to surface …")
        await editor.said("proposal 1 is green")
        await editor.command("aid.accept", {"proposal": 1})
        await editor.said("cannot be sent edits; take the proposal in a terminal: aid accept 1")
        assert editor.progress == []


def test_the_bare_profile_is_bare() -> None:
    assert BARE["capabilities"] == {"workspace": {"applyEdit": True}}
    assert profile("helix_25.01")["clientInfo"]["name"] == "helix"
