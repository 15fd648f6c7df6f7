"""Two servers behind one pipe, message by message."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aid_lsp.front.mux import MERGED_S, PREPARE_S, Mux
from aid_lsp.front.offer import COMMANDS
from aid_lsp.front.wire import Message, message
from tests.support.scripted_ocamllsp import CAPABILITIES
from tests.support.world import World, short

PROFILES = sorted((Path(__file__).parent.parent / "support" / "profiles").glob("*.json"))
FULL: dict[str, Any] = {"textDocument": {"rename": {"prepareSupport": True}, "codeAction": {"codeActionLiteralSupport": {}}}}
A = {"textDocument": {"uri": "file:///a.ml"}}
PAGE = {"textDocument": {"uri": "file:///p/7.md"}}
HERE = {**A, "position": {"line": 1, "character": 4}}


@dataclass
class Two(World):
    """A world with the mux in front of the replay."""

    first: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mux = Mux(self.gate.send, lambda told: self.first.append(told.fields), self.later, self.replay, "ocamllsp")
        self.gate.stand_before(self.mux)

    def to_editor(self, message: Message) -> None:
        self.mux.aid_says(message)

    def first_hears(self, **fields: Any) -> None:
        self.mux.first_says(message({"jsonrpc": "2.0", **fields}))

    def both_ready(self, capabilities: dict[str, Any] = CAPABILITIES, editor: dict[str, Any] = FULL) -> dict[str, Any]:
        """Initialized, AID up; gives what the editor was told."""
        self.say("initialize", {"capabilities": editor}, 0)
        self.first_hears(id=0, result={"capabilities": capabilities, "serverInfo": {"name": "ocamllsp", "version": "1.27"}})
        (told,) = self.take()[0]
        self.up()
        self.greet()
        self.say("initialized", {})
        self.take()
        self.first.clear()
        return told["result"]

    def take_first(self) -> list[dict[str, Any]]:
        said, self.first[:] = self.first[:], []
        return said


def aid_id(told: list[dict[str, Any]], method: str) -> str:
    return next(message["id"] for message in told if message["method"] == method)


def test_initialize_is_answered_while_aid_is_still_starting() -> None:
    two = Two()
    two.say("initialize", {"capabilities": {"general": {"positionEncodings": ["utf-8", "utf-16"]}}}, 1)
    assert two.starts == 0
    assert short(two.take_first()) == ["initialize#1"]
    two.first_hears(id=1, result={"capabilities": CAPABILITIES})
    (told,) = two.take()[0]
    assert told["result"]["serverInfo"]["name"] == "ocamllsp+aid"
    assert two.starts == 1
    two.up()
    general = two.backend[-1]["params"]["capabilities"]["general"]
    assert general == {"positionEncodings": ["utf-16"]}, "ocamllsp said nothing, so it counts in utf-16"
    two.greet()
    assert two.take()[0] == []


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_editor_is_told_of_both(profile: Path) -> None:
    editor = json.loads(profile.read_text())["capabilities"]
    told = Two().both_ready({**CAPABILITIES, "positionEncoding": "utf-8"}, editor)["capabilities"]
    assert told["positionEncoding"] == "utf-8"
    assert told["executeCommandProvider"]["commands"] == [*CAPABILITIES["executeCommandProvider"]["commands"], *COMMANDS]
    kinds = told["codeActionProvider"]["codeActionKinds"]
    assert kinds[-1] == "refactor.rewrite"
    assert len(kinds) == len(set(kinds))
    assert told["textDocumentSync"]["openClose"] is True
    assert told["renameProvider"] == {"prepareProvider": True}
    assert told["experimental"]["ocamllsp"]["handleTypedHoles"]
    assert told["experimental"]["interactiveResolveProvider"]
    untouched = {"hoverProvider", "completionProvider", "definitionProvider", "semanticTokensProvider", "inlayHintProvider"}
    assert {name: told[name] for name in untouched} == {name: CAPABILITIES[name] for name in untouched}


def test_an_editor_that_cannot_prepare_a_rename_keeps_ocamllsps_renames() -> None:
    two = Two()
    assert two.both_ready({**CAPABILITIES, "renameProvider": True}, {})["capabilities"]["renameProvider"] is True
    two.say("textDocument/rename", {**HERE, "newName": "x"}, 1)
    assert short(two.take_first()) == ["textDocument/rename#1"]


@pytest.mark.parametrize("method", ["codeAction", "codeLens"])
def test_lists_of_both_are_one_list(method: str) -> None:
    two = Two()
    two.both_ready()
    two.say(f"textDocument/{method}", {**A, "workDoneToken": 1, "partialResultToken": 2}, 5)
    (asked,) = two.take_first()
    assert "partialResultToken" not in asked["params"]
    (copy,) = two.take()[1]
    assert copy["params"] == A
    two.hear(id=copy["id"], result=[{"title": "AID"}])
    assert two.editor == []
    two.first_hears(id=5, result=[{"title": "ocamllsp"}])
    (answer,) = two.take()[0]
    assert answer == {"jsonrpc": "2.0", "id": 5, "result": [{"title": "ocamllsp"}, {"title": "AID"}]}


def test_aid_has_half_a_second_and_ocamllsp_all_the_time_it_wants() -> None:
    two = Two()
    two.both_ready()
    two.say("textDocument/codeAction", A, 5)
    copy = aid_id(two.take()[1], "textDocument/codeAction")
    two.pass_time(MERGED_S)
    assert short(two.take()[1]) == ["$/cancelRequest"]
    two.hear(id=copy, result=[{"title": "late"}])
    two.pass_time(100)
    assert two.editor == []
    two.first_hears(id=5, result=None)
    assert short(two.take()[0]) == ["#5 None"]
    two.say("textDocument/codeAction", A, 6)
    two.first_hears(id=6, result=[1])
    assert two.editor == []
    two.pass_time(MERGED_S)
    assert short(two.take()[0]) == ["#6 [1]"]


@pytest.mark.parametrize(
    ("first", "aid", "expected"),
    [
        ({"error": {"code": -32603, "message": "x"}}, {"result": [1]}, "#5 [1]"),
        ({"error": {"code": -32603, "message": "x"}}, {"result": None}, "#5 !-32603"),
        ({"error": {"code": -32800, "message": "x"}}, {"result": [1]}, "#5 !-32800"),
        ({"result": [2]}, {"error": {"code": -32603, "message": "x"}}, "#5 [2]"),
        ({"result": None}, {"result": None}, "#5 None"),
    ],
)
def test_when_one_of_them_fails(first: dict[str, Any], aid: dict[str, Any], expected: str) -> None:
    two = Two()
    two.both_ready()
    two.say("textDocument/codeAction", A, 5)
    two.hear(id=aid_id(two.take()[1], "textDocument/codeAction"), **aid)
    two.first_hears(id=5, **first)
    assert short(two.take()[0]) == [expected]


def test_aids_death_is_not_seen() -> None:
    two = Two(crashes_borne=0)
    two.both_ready()
    two.say("textDocument/codeAction", A, 5)
    two.say("workspace/executeCommand", {"command": "aid.change"}, 6)
    two.say("textDocument/prepareRename", HERE, 7)
    two.first.clear()
    two.die()
    assert short(two.take_first()) == ["textDocument/prepareRename#7"]
    two.first_hears(id=5, result=[1])
    two.first_hears(id=7, result={"placeholder": "x"})
    answers = [line for line in short(two.take()[0]) if line.startswith("#")]
    assert answers == ["#6 !-32803", "#5 [1]", "#7 {'placeholder': 'x'}"]
    two.say("textDocument/codeAction", A, 8)
    two.first_hears(id=8, result=[2])
    assert short(two.take()[0]) == ["#8 [2]"]


@pytest.mark.parametrize("happens", ["takes", "null", "error", "late", "dead"])
def test_a_rename_belongs_to_whom_prepared_it(happens: str) -> None:
    two = Two(crashes_borne=0)
    two.both_ready()
    two.say("textDocument/prepareRename", HERE, 1)
    copy = aid_id(two.take()[1], "textDocument/prepareRename")
    assert two.take_first() == []
    match happens:
        case "takes":
            two.hear(id=copy, result={"placeholder": "AID: "})
        case "null":
            two.hear(id=copy, result=None)
        case "error":
            two.hear(id=copy, error={"code": -32603, "message": "x"})
        case "late":
            two.pass_time(PREPARE_S)
            two.hear(id=copy, result={"placeholder": "AID: "})
        case _:
            two.die()
    if happens == "takes":
        assert short(two.take()[0]) == ["#1 {'placeholder': 'AID: '}"]
        two.say("textDocument/rename", {**A, "position": {"line": 9, "character": 0}, "newName": "x"}, 2)
        assert short(two.take_first()) == ["textDocument/rename#2"], "another place is another rename"
        two.say("textDocument/prepareRename", HERE, 3)
        two.hear(id=aid_id(two.take()[1], "textDocument/prepareRename"), result={"placeholder": "AID: "})
        two.say("textDocument/rename", {**HERE, "newName": "x"}, 4)
        assert short(two.take()[1]) == ["textDocument/rename#4"]
    else:
        assert short(two.take_first()) == ["textDocument/prepareRename#1"]
        two.first_hears(id=1, result={"placeholder": "x"})
        assert [line for line in short(two.take()[0]) if line[0] == "#"] == ["#1 {'placeholder': 'x'}"]
        two.say("textDocument/rename", {**HERE, "newName": "x"}, 2)
        assert short(two.take_first()) == ["textDocument/rename#2"]


def test_a_cancelled_prepare_is_over() -> None:
    two = Two()
    two.both_ready()
    two.say("textDocument/prepareRename", HERE, 1)
    copy = aid_id(two.take()[1], "textDocument/prepareRename")
    two.say("$/cancelRequest", {"id": 1})
    assert two.take()[1][0]["params"] == {"id": copy}
    two.hear(id=copy, error={"code": -32800, "message": "x"})
    assert short(two.take()[0]) == ["#1 !-32800"]
    assert two.take_first() == []


def test_who_gets_what() -> None:
    two = Two()
    two.both_ready()
    requests: list[tuple[str, dict[str, Any], str]] = [
        ("textDocument/hover", HERE, "first"),
        ("ocamllsp/typedHoles", A, "first"),
        ("workspace/symbol", {"query": ""}, "first"),
        ("workspace/executeCommand", {"command": "dune/promote"}, "first"),
        ("workspace/executeCommand", {"command": "aid.status"}, "aid"),
        ("command/resolve", {"command": "aid.change"}, "aid"),
        ("aid/anything", {}, "aid"),
        ("textDocument/codeAction", PAGE, "aid"),
        ("textDocument/codeLens", PAGE, "aid"),
        ("textDocument/hover", PAGE, "aid"),
        ("codeAction/resolve", {"title": "x"}, "first"),
    ]
    for number, (method, params, side) in enumerate(requests, 1):
        two.say(method, params, number)
        assert short(two.take_first()) == ([f"{method}#{number}"] if side == "first" else []), method
        assert short(two.take()[1]) == ([f"{method}#{number}"] if side == "aid" else []), method
    two.say("codeLens/resolve", {"command": {"command": "aid.accept", "title": "x"}}, 99)
    assert short(two.take()[0]) == ["#99 {'command': {'command': 'aid.accept', 'title': 'x'}}"]
    two.say("textDocument/didOpen", {"textDocument": {"uri": "file:///p/7.md", "version": 1, "text": ""}})
    two.say("textDocument/didSave", A)
    assert short(two.take_first()) == ["textDocument/didSave"]
    assert short(two.take()[1]) == ["textDocument/didOpen", "textDocument/didSave"]


def publish(uri: str, version: int | None, *messages: str) -> dict[str, Any]:
    params: dict[str, Any] = {"uri": uri, "diagnostics": [{"message": text} for text in messages]}
    return {"method": "textDocument/publishDiagnostics", "params": params if version is None else {**params, "version": version}}


def test_diagnostics_of_both_are_one_list_with_a_version_only_where_they_agree() -> None:
    two = Two()
    two.both_ready()

    def shown() -> tuple[Any, ...]:
        params = two.take()[0][-1]["params"]
        return params.get("version"), [(item["source"], item["message"]) for item in params["diagnostics"]]

    two.first_hears(**publish("u", 3, "o1"))
    assert shown() == (3, [("ocamllsp", "o1")])
    two.hear(**publish("u", 3, "a1"))
    assert shown() == (3, [("ocamllsp", "o1"), ("aid", "a1")])
    two.first_hears(**publish("u", 4, "o2"))
    assert shown() == (None, [("ocamllsp", "o2"), ("aid", "a1")])
    two.hear(**publish("u", None, "a2"))
    assert shown() == (None, [("ocamllsp", "o2"), ("aid", "a2")])
    two.hear(**publish("u", 4))
    assert shown() == (4, [("ocamllsp", "o2")])
    two.first_hears(**publish("u", 5))
    assert shown() == (5, [])


def test_each_server_gets_the_answers_to_its_own_questions() -> None:
    two = Two()
    two.both_ready()
    two.first_hears(id=1, method="workspace/configuration", params={"items": []})
    two.hear(id=1, method="workspace/applyEdit", params={})
    first, aid = two.take()[0]
    assert first["id"] != aid["id"]
    two.answer(first["id"], ["settings"])
    two.answer(aid["id"], {"applied": True})
    assert short(two.take_first()) == ["#1 ['settings']"]
    assert short(two.take()[1]) == ["#1 {'applied': True}"]


def test_the_button_on_a_progress_reaches_the_one_that_shows_it() -> None:
    two = Two()
    two.both_ready()
    two.hear(id=1, method="window/workDoneProgress/create", params={"token": "ours"})
    two.first_hears(id=1, method="window/workDoneProgress/create", params={"token": "theirs"})
    two.take()
    for token in ("ours", "theirs"):
        two.say("window/workDoneProgress/cancel", {"token": token})
    assert [told["params"]["token"] for told in two.take_first()] == ["theirs"]
    assert [told["params"]["token"] for told in two.take()[1]] == ["ours"]


def test_aid_asks_ocamllsp_for_a_type() -> None:
    two = Two()
    two.both_ready()
    two.hear(id=9, method="$aid/ask", params={"method": "ocamllsp/typeEnclosing", "params": {"at": 1}})
    (asked,) = two.take_first()
    assert (asked["method"], asked["params"]) == ("ocamllsp/typeEnclosing", {"at": 1})
    two.first_hears(id=asked["id"], result={"type": "int"})
    assert two.take() == ([], [{"jsonrpc": "2.0", "id": 9, "result": {"type": "int"}}])


def test_shutdown_is_answered_when_both_are_down() -> None:
    two = Two()
    two.both_ready()
    two.say("shutdown", None, 1)
    two.first_hears(id=1, result=None)
    assert two.editor == []
    two.hear(id=aid_id(two.take()[1], "shutdown"), result=None)
    assert short(two.take()[0]) == ["#1 None"]
    two.say("exit")
    assert two.status == 0
    assert short(two.take_first()) == ["shutdown#1", "exit"]


def test_when_ocamllsp_dies_nothing_stays_unanswered() -> None:
    two = Two()
    two.both_ready()
    two.say("textDocument/hover", HERE, 1)
    two.say("textDocument/codeAction", A, 2)
    two.say("workspace/executeCommand", {"command": "aid.note"}, 3)
    two.mux.first_gone()
    assert sorted(told["id"] for told in two.take()[0]) == [1, 2, 3]
    assert two.gate.unanswered == 0
