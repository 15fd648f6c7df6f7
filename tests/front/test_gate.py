"""What the specification says about wrong messages, and messages at the wrong time."""

from typing import Any

import pytest

from aid_lsp.front.wire import Malformed, NotAnObject, message
from tests.support.world import World, short


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"id": 1, "method": "textDocument/hover"}, "#1 !-32002"),
        ({"id": "x", "method": "shutdown"}, "#x !-32002"),
        ({"id": 1.5, "method": "initialize"}, "#None !-32600"),
        ({"id": None, "method": "initialize"}, "#None !-32600"),
        ({"id": True, "method": "initialize"}, "#None !-32600"),
        ({"id": {}, "method": "initialize"}, "#None !-32600"),
        ({"id": 1, "method": 7}, "#1 !-32600"),
        ({"id": 1, "method": "initialize", "params": "text"}, "#1 !-32600"),
        ({"id": 1}, "#1 !-32600"),
        ({}, "#None !-32600"),
        ({"params": {}}, "#None !-32600"),
    ],
)
def test_a_request_before_initialize_or_none_at_all(fields: dict[str, Any], answer: str) -> None:
    world = World()
    world.gate.receive(message({"jsonrpc": "2.0", **fields}))
    assert short(world.take()[0]) == [answer]


@pytest.mark.parametrize(
    "fields", [{"method": "textDocument/didOpen"}, {"method": 7}, {"id": None, "result": 1}, {"id": 9, "result": 1}]
)
def test_what_is_no_question_gets_no_answer(fields: dict[str, Any]) -> None:
    world = World()
    world.gate.receive(message({"jsonrpc": "2.0", **fields}))
    assert world.take() == ([], [])


def test_bytes_that_are_no_message() -> None:
    world = World()
    world.gate.receive(Malformed("A message that is not JSON."))
    world.gate.receive(NotAnObject("A message has to be one JSON object."))
    assert short(world.take()[0]) == ["#None !-32700", "#None !-32600"]


def test_requests_while_initialize_is_not_answered() -> None:
    world = World()
    world.say("initialize", {"capabilities": {}}, 1)
    world.say("textDocument/hover", {}, 2)
    world.say("initialize", {}, 3)
    assert short(world.take()[0]) == ["#2 !-32002", "#3 !-32600"]
    world.up()
    world.greet()
    world.say("initialize", {}, 4)
    assert short(world.take()[0]) == ["#1 {'capabilities': {}}", "#4 !-32600"]


def test_an_id_that_is_in_use() -> None:
    world = World()
    world.ready()
    world.say("textDocument/references", {}, 1)
    world.say("textDocument/hover", {}, 1)
    world.say("textDocument/hover", {}, "1")
    assert short(world.take()[0]) == ["#1 !-32600"]
    world.hear(id=1, result=[])
    world.say("textDocument/references", {}, 1)
    assert short(world.take()[0]) == ["#1 []"]


def test_after_shutdown_there_is_only_exit() -> None:
    world = World()
    world.ready()
    world.say("shutdown", None, 1)
    world.hear(id=1, result=None)
    world.say("textDocument/hover", {}, 2)
    world.say("textDocument/didOpen", {})
    assert short(world.editor) == ["#1 None", "#2 !-32600"]
    assert world.status is None
    world.say("exit")
    assert world.status == 0


def test_exit_without_shutdown_is_a_failure() -> None:
    world = World()
    world.ready()
    world.say("exit")
    assert world.status == 1
    assert short(world.backend) == ["exit"]


def test_the_end_of_the_pipe_is_an_exit() -> None:
    world = World()
    world.gate.close()
    assert world.status == 1
