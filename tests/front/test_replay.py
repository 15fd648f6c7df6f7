"""What an editor and a backend are told when backends die, message by message."""

from typing import Any

import pytest

from aid_lsp.front.replay import PATIENCE_S, Gone
from tests.support.world import World, short


def opened(world: World, text: str = "let x = 1", version: int = 1) -> None:
    world.say(
        "textDocument/didOpen", {"textDocument": {"uri": "file:///a.ml", "languageId": "ocaml", "version": version, "text": text}}
    )


def typed(world: World, text: str, version: int) -> None:
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    changes = [{"range": place, "text": text}]
    world.say("textDocument/didChange", {"textDocument": {"uri": "file:///a.ml", "version": version}, "contentChanges": changes})


def test_a_new_backend_is_told_everything_in_order() -> None:
    world = World()
    world.ready(hoverProvider=True)
    world.say("$/setTrace", {"value": "verbose"})
    world.say("workspace/didChangeConfiguration", {"settings": {"aid": {"old": 1}}})
    world.say("workspace/didChangeConfiguration", {"settings": {"aid": {"new": 1}}})
    opened(world)
    typed(world, "a", 2)
    world.say("textDocument/didOpen", {"textDocument": {"uri": "file:///b.ml", "version": 1, "text": ""}})
    world.say("textDocument/didClose", {"textDocument": {"uri": "file:///b.ml"}})
    world.take()
    world.restarted(hoverProvider=True)
    editor, backend = world.take()
    assert editor == []
    assert short(backend) == [
        "initialize#$aid/front/2",
        "initialized",
        "$/setTrace",
        "workspace/didChangeConfiguration",
        "textDocument/didOpen",
        "textDocument/didChange",
        "$aid/replayed",
    ]
    assert backend[3]["params"]["settings"] == {"aid": {"new": 1}}


def test_folders_that_were_added_are_in_the_next_initialize() -> None:
    world = World()
    world.say("initialize", {"capabilities": {}, "workspaceFolders": [{"uri": "file:///one", "name": "one"}]}, 0)
    world.up()
    world.greet()
    world.say("initialized", {})
    event = {"added": [{"uri": "file:///two", "name": "two"}], "removed": [{"uri": "file:///one", "name": "one"}]}
    world.say("workspace/didChangeWorkspaceFolders", {"event": event})
    world.take()
    world.restarted()
    assert world.take()[1][0]["params"]["workspaceFolders"] == [{"uri": "file:///two", "name": "two"}]


READ_AGAIN = ("codeAction", "codeLens", "hover", "prepareRename", "completion", "inlayHint", "diagnostic")


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        *((f"textDocument/{name}", "again") for name in READ_AGAIN),
        ("workspace/executeCommand", "#7 !-32803"),
        ("textDocument/rename", "#7 !-32803"),
        ("command/resolve", "#7 !-32803"),
        ("aid/whatever", "#7 !-32803"),
        ("textDocument/references", "#7 !-32801"),
        ("textDocument/signatureHelp", "#7 !-32801"),
    ],
)
def test_what_was_in_flight(method: str, answer: str) -> None:
    world = World()
    world.ready()
    world.say(method, {}, 7)
    world.take()
    world.restarted()
    editor, backend = world.take()
    if answer == "again":
        assert editor == []
        assert short(backend)[-1] == f"{method}#7"
        world.hear(id=7, result=["late but right"])
        assert short(world.take()[0]) == ["#7 ['late but right']"]
    else:
        assert short(editor) == [answer]
        assert f"{method}#7" not in short(backend)


def test_a_request_that_kills_its_backend_is_asked_again_only_once() -> None:
    world = World()
    world.ready()
    world.say("textDocument/hover", {}, 7)
    world.restarted()
    assert short(world.editor) == []
    world.restarted()
    assert short(world.editor) == ["#7 !-32801"]
    assert "textDocument/hover#7" not in short(world.backend)


def test_a_command_that_was_cut_off_is_not_sent_again_and_one_that_waited_is_sent_once() -> None:
    world = World()
    world.ready()
    world.say("workspace/executeCommand", {"command": "aid.first"}, 1)
    world.take()
    world.die()
    world.say("workspace/executeCommand", {"command": "aid.second"}, 2)
    world.up()
    world.die()
    world.up()
    world.greet()
    editor, backend = world.take()
    assert short(editor) == ["#1 !-32803"]
    assert [told["params"]["command"] for told in backend if told["method"] == "workspace/executeCommand"] == ["aid.second"]
    world.restarted()
    editor, backend = world.take()
    assert short(editor) == ["#2 !-32803"]
    assert not [told for told in backend if told["method"] == "workspace/executeCommand"]


def test_what_was_said_while_there_was_no_backend_keeps_its_order() -> None:
    world = World()
    world.ready()
    opened(world)
    world.die()
    typed(world, "one", 2)
    world.say("textDocument/codeAction", {}, 1)
    typed(world, "two", 3)
    world.say("textDocument/didSave", {"textDocument": {"uri": "file:///a.ml"}})
    world.up()
    world.greet()
    assert short(world.backend)[1:] == [
        "initialized",
        "textDocument/didOpen",
        "$aid/replayed",
        "textDocument/didChange",
        "textDocument/codeAction#1",
        "textDocument/didChange",
        "textDocument/didSave",
    ]


def test_cancelling_what_waits_for_a_backend_answers_at_once() -> None:
    world = World()
    world.ready()
    world.say("textDocument/hover", {}, 1)
    world.die()
    world.say("workspace/executeCommand", {"command": "aid.change"}, 2)
    world.take()
    world.say("$/cancelRequest", {"id": 1})
    world.say("$/cancelRequest", {"id": 2})
    assert short(world.take()[0]) == ["#1 !-32800", "#2 !-32800"]
    world.up()
    world.greet()
    assert not [line for line in short(world.backend) if "hover" in line or "executeCommand" in line]


def test_what_was_cancelled_before_the_death_is_not_asked_again() -> None:
    world = World()
    world.ready()
    world.say("textDocument/hover", {}, 1)
    world.say("$/cancelRequest", {"id": 1})
    assert short(world.take()[1]) == ["textDocument/hover#1", "$/cancelRequest"]
    world.die()
    assert short(world.take()[0]) == ["#1 !-32800"]


def test_a_backend_that_dies_before_it_answered_initialize_is_replaced() -> None:
    world = World()
    world.say("initialize", {"capabilities": {}}, "first")
    world.up()
    world.die()
    assert world.editor == []
    world.up()
    world.greet(hoverProvider=True)
    assert short(world.take()[0]) == ["#first {'capabilities': {'hoverProvider': True}}"]


def test_an_editor_does_not_wait_for_a_backend_that_starts_slowly() -> None:
    world = World()
    world.say("initialize", {"capabilities": {"general": {"positionEncodings": ["utf-8"]}}}, 1)
    world.pass_time(PATIENCE_S)
    (told,) = world.take()[0]
    assert "aid.change" in told["result"]["capabilities"]["executeCommandProvider"]["commands"]
    world.say("initialized", {})
    opened(world)
    world.say("textDocument/codeAction", {}, 2)
    world.up()
    world.greet(positionEncoding="utf-8")
    editor, backend = world.take()
    assert editor == []
    assert short(backend)[1:] == ["initialized", "textDocument/didOpen", "textDocument/codeAction#2"]


def test_a_refusal_of_initialize_reaches_the_editor_and_another_try_is_possible() -> None:
    world = World()
    world.say("initialize", {"capabilities": {}}, 1)
    world.up()
    world.hear(id=world.backend[0]["id"], error={"code": -32602, "message": "no"})
    assert short(world.take()[0]) == ["#1 !-32602"]
    world.say("initialize", {"capabilities": {}}, 2)
    world.up()
    world.greet()
    assert short(world.take()[0]) == ["#2 {'capabilities': {}}"]


def test_late_and_double_answers_are_dropped() -> None:
    world = World()
    world.ready()
    world.say("textDocument/references", {}, 1)
    world.hear(id=1, result=[])
    world.hear(id=1, result=["twice"])
    world.hear(id=99, result=["nobody asked"])
    assert short(world.take()[0]) == ["#1 []"]


def test_the_editors_answer_reaches_the_backend_that_asked_and_no_other() -> None:
    world = World()
    world.ready()
    world.hear(id=5, method="workspace/applyEdit", params={})
    (asked,) = world.take()[0]
    world.answer(asked["id"], {"applied": True})
    assert short(world.take()[1]) == ["#5 {'applied': True}"]
    world.hear(id=6, method="workspace/applyEdit", params={})
    (asked,) = world.take()[0]
    world.restarted()
    world.take()
    world.hear(id=6, method="workspace/applyEdit", params={})
    world.answer(asked["id"], {"applied": True})
    assert world.take()[1] == [], "the new backend's request has the same id and another meaning"


def test_a_registration_that_the_editor_has_is_answered_by_the_front() -> None:
    world = World()
    world.ready()
    params = {"registrations": [{"id": "u1", "method": "workspace/didChangeWatchedFiles", "registerOptions": {"watchers": [1]}}]}
    world.hear(id=1, method="client/registerCapability", params=params)
    (asked,) = world.take()[0]
    editors_id = asked["params"]["registrations"][0]["id"]
    world.restarted()
    world.take()
    more = {"id": "u9", "method": "textDocument/hover"}
    again = {"registrations": [{**params["registrations"][0], "id": "u8"}]}
    world.hear(id=1, method="client/registerCapability", params=again)
    editor, backend = world.take()
    assert (editor, short(backend)) == ([], ["#1 None"])
    world.hear(id=2, method="client/registerCapability", params={"registrations": [*again["registrations"], more]})
    (asked,) = world.take()[0]
    assert [item["method"] for item in asked["params"]["registrations"]] == ["textDocument/hover"]
    gone = {"unregisterations": [{"id": "u8", "method": "workspace/didChangeWatchedFiles"}]}
    world.hear(id=3, method="client/unregisterCapability", params=gone)
    assert world.take()[0][0]["params"]["unregisterations"][0]["id"] == editors_id


def progress(world: World, token: object, kind: str) -> None:
    world.hear(method="$/progress", params={"token": token, "value": {"kind": kind, "title": "t"}})


def test_progress_of_a_dead_backend_ends() -> None:
    world = World()
    world.ready()
    progress(world, "a", "begin")
    progress(world, "b", "begin")
    progress(world, "b", "end")
    world.take()
    world.die()
    (told,) = world.take()[0]
    assert (told["params"]["token"], told["params"]["value"]["kind"]) == ("a", "end")


def test_progress_of_a_request_that_is_asked_again_goes_on() -> None:
    world = World()
    world.ready()
    world.say("textDocument/codeLens", {"workDoneToken": 3}, 1)
    progress(world, 3, "begin")
    world.take()
    world.restarted()
    assert world.take()[0] == []
    progress(world, 3, "begin")
    assert world.take()[0][0]["params"]["value"]["kind"] == "report"
    progress(world, 3, "end")
    world.hear(id=1, result=[])
    assert [told.get("method", "answer") for told in world.take()[0]] == ["$/progress", "answer"]


def test_a_result_that_was_partly_shown_is_not_asked_again() -> None:
    world = World()
    world.ready()
    world.say("textDocument/codeLens", {"partialResultToken": "p"}, 1)
    world.hear(method="$/progress", params={"token": "p", "value": [{}]})
    world.take()
    world.die()
    assert short(world.take()[0]) == ["#1 !-32801"]


def test_diagnostics_that_nobody_speaks_of_any_more_are_taken_away() -> None:
    world = World()
    world.ready()
    for name in ("kept", "stale"):
        world.hear(method="textDocument/publishDiagnostics", params={"uri": f"file:///{name}", "diagnostics": [{}]})
    world.restarted()
    world.hear(method="textDocument/publishDiagnostics", params={"uri": "file:///kept", "diagnostics": [{}]})
    world.take()
    world.pass_time(60)
    (told,) = world.take()[0]
    assert told["params"] == {"uri": "file:///stale", "diagnostics": []}


def test_the_sixth_death_within_a_minute_ends_it_with_one_message() -> None:
    world = World()
    world.ready()
    for _ in range(5):
        world.restarted()
    world.say("textDocument/hover", {}, 1)
    world.say("workspace/executeCommand", {"command": "aid.note"}, 2)
    world.take()
    world.die(Gone("Its last words: Segmentation fault"))
    editor, _ = world.take()
    assert short(editor)[:-1] == ["#2 !-32803", "#1 None"]
    assert editor[-1]["method"] == "window/showMessage"
    assert "6 times within a minute" in editor[-1]["params"]["message"]
    assert "Segmentation fault" in editor[-1]["params"]["message"]
    starts = world.starts
    world.say("textDocument/codeAction", {}, 3)
    world.say("textDocument/references", {}, 4)
    assert short(world.take()[0]) == ["#3 None", "#4 !-32803"]
    assert world.starts == starts


def test_slow_deaths_are_borne_for_ever() -> None:
    world = World()
    world.ready()
    for _ in range(50):
        world.restarted()
        world.time += 13
    assert world.replay.state == "live"


def test_a_command_wakes_a_front_that_had_given_up_and_is_run_once() -> None:
    world = World(crashes_borne=0)
    world.ready()
    opened(world)
    world.die()
    world.take()
    typed(world, "typed while asleep", 2)
    world.say("workspace/executeCommand", {"command": "aid.note"}, 1)
    world.time += 61
    world.up()
    world.greet()
    editor, backend = world.take()
    assert editor == []
    assert short(backend)[1:] == [
        "initialized",
        "textDocument/didOpen",
        "textDocument/didChange",
        "$aid/replayed",
        "workspace/executeCommand#1",
    ]


def test_nothing_to_start_at_all_answers_initialize_and_says_why() -> None:
    world = World()
    world.say("initialize", {"capabilities": {}}, 1)
    world.die(Gone("The folder is not yours.", fatal=True))
    editor, _ = world.take()
    assert editor[0]["id"] == 1
    assert "aid.change" in editor[0]["result"]["capabilities"]["executeCommandProvider"]["commands"]
    assert editor[1]["params"]["message"] == "The folder is not yours."


def test_stop_is_no_crash_and_restart_is_none_either() -> None:
    world = World(crashes_borne=0)
    world.ready()
    world.hear(method="$aid/goodbye", params={"reason": "end"})
    world.restarted()
    assert world.take()[0] == []
    world.hear(method="$aid/goodbye", params={"reason": "stop"})
    world.die()
    (told,) = world.take()[0]
    assert "was stopped" in told["params"]["message"]
    starts = world.starts
    world.replay.backend_found()
    assert world.starts == starts + 1


def test_shutdown_is_answered_whatever_the_backend_does() -> None:
    for happens in ("answers", "dies", "is silent", "is absent"):
        world = World()
        world.ready()
        world.say("textDocument/references", {}, 1)
        if happens == "is absent":
            world.die()
        world.say("shutdown", None, 2)
        if happens == "answers":
            world.hear(id=2, result=None)
        elif happens == "dies":
            world.die()
        elif happens == "is silent":
            world.pass_time(1.0)
        answered = [told["id"] for told in world.editor if "method" not in told]
        assert sorted(answered) == [1, 2], happens
        starts = world.starts
        world.say("exit")
        assert world.status == 0
        assert world.starts == starts


def test_the_encoding_that_was_promised_is_the_only_one_offered_later() -> None:
    world = World()
    world.say("initialize", {"capabilities": {"general": {"positionEncodings": ["utf-32", "utf-8"], "markdown": 1}}}, 0)
    world.up()
    world.greet(positionEncoding="utf-8")
    world.die()
    world.up()
    assert world.backend[0]["params"]["capabilities"]["general"] == {"positionEncodings": ["utf-8"], "markdown": 1}
    world.take()
    world.greet(positionEncoding="utf-32")
    assert world.replay.state == "asleep"
    assert "restart the editor" in world.editor[-1]["params"]["message"]


def test_what_a_newer_backend_can_do_is_registered_where_the_editor_takes_that() -> None:
    dynamic: dict[str, Any] = {"dynamicRegistration": True}
    capabilities = {"textDocument": {"hover": dynamic, "codeLens": {}}, "workspace": {"executeCommand": dynamic}}
    world = World()
    world.say("initialize", {"capabilities": capabilities}, 0)
    world.up()
    world.greet(executeCommandProvider={"commands": ["aid.old"]})
    world.say("initialized", {})
    newer = {"executeCommandProvider": {"commands": ["aid.old", "aid.new"]}, "hoverProvider": True, "codeLensProvider": {}}
    world.take()
    world.restarted(**newer)
    asked = [told["params"]["registrations"][0] for told in world.editor if told.get("method") == "client/registerCapability"]
    assert [(item["method"], item["registerOptions"]) for item in asked] == [
        ("textDocument/hover", {"documentSelector": None}),
        ("workspace/executeCommand", {"commands": ["aid.new"]}),
    ]
    for told in world.take()[0]:
        world.answer(told["id"], None)
    assert not [told for told in world.backend if "method" not in told], "nobody behind hears of these answers"
    world.restarted(**newer)
    assert world.take()[0] == [], "once is enough"


def test_a_long_log_is_replaced_by_the_text_that_the_backend_has() -> None:
    world = World()
    world.ready()
    opened(world, "")
    for version in range(2, 502):
        typed(world, "x", version)
    (question,) = [told for told in world.take()[1] if told["method"] == "$aid/text"]
    typed(world, "y", 502)
    world.hear(id=question["id"], result={"version": 501, "text": "x" * 500})
    world.take()
    world.restarted()
    backend = world.take()[1]
    assert [told["method"] for told in backend[2:4]] == ["textDocument/didOpen", "textDocument/didChange"]
    item = backend[2]["params"]["textDocument"]
    assert item == {"uri": "file:///a.ml", "languageId": "ocaml", "version": 501, "text": "x" * 500}


@pytest.mark.parametrize("answer", [None, {"version": 3, "text": "stale"}, {"version": 501}, "nonsense"])
def test_an_answer_that_does_not_fit_the_log_changes_nothing(answer: object) -> None:
    world = World()
    world.ready()
    opened(world, "")
    for version in range(2, 502):
        typed(world, "x", version)
    question = world.take()[1][-1]
    world.hear(id=question["id"], result=answer)
    typed(world, "y", 502)
    assert short(world.take()[1]) == ["textDocument/didChange"], "and it is not asked again at once"
    world.restarted()
    assert short(world.take()[1]).count("textDocument/didChange") == 501


def test_a_whole_text_takes_the_place_of_everything_before_it() -> None:
    world = World()
    world.ready()
    opened(world)
    typed(world, "a", 2)
    whole = {"textDocument": {"uri": "file:///a.ml", "version": 3}, "contentChanges": [{"text": "whole"}]}
    world.say("textDocument/didChange", whole)
    world.take()
    world.restarted()
    backend = world.take()[1]
    assert short(backend)[2:] == ["textDocument/didOpen", "$aid/replayed"]
    assert backend[2]["params"]["textDocument"] == {"uri": "file:///a.ml", "languageId": "ocaml", "version": 3, "text": "whole"}


def test_our_own_messages_never_reach_the_editor() -> None:
    world = World()
    world.ready()
    world.hear(method="$aid/whatever", params={})
    world.hear(id=1, method="$aid/ask", params={"method": "x"})
    editor, backend = world.take()
    assert (editor, short(backend)) == ([], ["#1 !-32601"])
