"""Changes that come before the `didOpen` of their document."""

from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.front.early import Early
from aid_lsp.front.wire import Message, notification
from tests.support.world import World

TREE = "file:///tree.mli"


def opened(version: int = 0, uri: str = TREE) -> Message:
    return notification("textDocument/didOpen", {"textDocument": {"uri": uri, "version": version, "text": "x"}})


def changed(version: int, uri: str = TREE) -> Message:
    return notification("textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": []})


def closed(uri: str = TREE) -> Message:
    return notification("textDocument/didClose", {"textDocument": {"uri": uri}})


def said(*messages: Message, seconds: float = 0.0) -> list[str]:
    """What is passed on of messages that come one after the other, that far apart."""
    clock = iter(n * seconds for n in range(1000))
    early = Early(lambda: next(clock))
    passed = [told for message in messages for told in early.in_order(message)]
    return [
        f"{told.method.removeprefix('textDocument/did')} {told.params['textDocument'].get('version', '')}".strip()
        for told in passed
    ]


def test_a_change_that_overtook_its_document_comes_behind_it() -> None:
    assert said(changed(1), opened(0), changed(2)) == ["Open 0", "Change 1", "Change 2"]
    assert said(changed(2), changed(1), opened(0)) == ["Open 0", "Change 1", "Change 2"]
    assert said(changed(8, "file:///a%20b.ml"), opened(7, "file:///a b.ml")) == ["Open 7", "Change 8"]


def test_the_others_would_spoil_the_text() -> None:
    assert said(changed(2), opened(0)) == ["Open 0"], "version 1 is missing"
    assert said(changed(1), opened(1)) == ["Open 1"], "it is in the text"
    assert said(opened(0), closed(), changed(1), closed(), opened(0)) == ["Open 0", "Close", "Close", "Open 0"]
    assert said(changed(1), opened(0), seconds=10.0) == ["Open 0"], "it was of a document that is closed"
    assert said(changed(1, "file:///other.ml"), opened(0)) == ["Open 0"]
    assert said(changed(1)) == []


def test_everything_else_goes_its_way() -> None:
    strange = (
        notification("textDocument/didChange", {}),
        notification("textDocument/didSave", {}),
        notification("initialized", {}),
    )
    early = Early()
    assert [told for message in strange for told in early.in_order(message)] == list(strange)


def test_a_backend_that_comes_later_hears_it_in_order_too() -> None:
    world = World()
    world.ready()
    for message in (changed(1), opened(0)):
        world.gate.receive(message)
    assert [told["method"] for told in world.take()[1]] == ["textDocument/didOpen", "textDocument/didChange"]
    world.restarted()
    assert [told["method"] for told in world.take()[1]][-3:-1] == ["textDocument/didOpen", "textDocument/didChange"]


@given(st.permutations(range(1, 9)), st.integers(0, 8))
def test_whatever_overtook_it_is_passed_on_once(versions: list[int], before: int) -> None:
    messages = [changed(version) for version in versions]
    passed = said(*messages[:before], opened(0), *messages[before:])
    assert passed[0] == "Open 0"
    assert sorted(passed[1:]) == [f"Change {version}" for version in range(1, 9)], (
        "nothing is lost; the server sorts what comes late"
    )
