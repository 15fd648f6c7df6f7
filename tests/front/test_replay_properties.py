"""An editor and backends that die anywhere: whatever happens in whatever order, nothing is lost, doubled or left unanswered."""

import random
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.backend import edit
from tests.support.world import World

URIS = ("file:///a.ml", "file:///b.mli")
METHODS = ("textDocument/hover", "textDocument/references", "workspace/executeCommand", "textDocument/codeAction")
PIECES = ("let x = 1\n", "é😋", "\f", "\r", "\r\n", "\u2028", "(*", "")


class Play:
    """The editor, the backend that is alive, and what each knows."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(crashes_borne=10_000)
        self.world.replay.memory.log_messages = 5
        self.texts: dict[str, str] = {}
        self.versions: Counter[str] = Counter()
        self.known: dict[str, str] = {}
        """The texts as the backend has them."""
        self.asked: list[int] = []
        self.commands_at_backend: Counter[int] = Counter()
        self.waiting: list[dict[str, Any]] = []
        """Questions that the backend has not answered yet."""

    def step(self, action: str) -> None:
        getattr(self, f"do_{action}")()

    def do_type(self) -> None:
        uri = self.random.choice(URIS)
        if uri not in self.texts:
            self.texts[uri] = self.random.choice(PIECES)
            self.versions[uri] += 1
            item = {"uri": uri, "languageId": None, "version": self.versions[uri], "text": self.texts[uri]}
            return self.world.say("textDocument/didOpen", {"textDocument": item})
        text = self.random.choice(PIECES)
        self.versions[uri] += 1
        if self.random.random() < 0.1:
            change: dict[str, Any] = {"text": text}
        else:
            ends = sorted((self.random.randrange(4), self.random.randrange(6)) for _ in range(2))
            start, end = ({"line": line, "character": column} for line, column in ends)
            change = {"range": {"start": start, "end": end}, "text": text}
        self.texts[uri] = edit(self.texts[uri], change)
        changed = {"textDocument": {"uri": uri, "version": self.versions[uri]}, "contentChanges": [change]}
        return self.world.say("textDocument/didChange", changed)

    def do_close(self) -> None:
        uri = self.random.choice(URIS)
        if self.texts.pop(uri, None) is not None:
            self.world.say("textDocument/didClose", {"textDocument": {"uri": uri}})

    def do_ask(self) -> None:
        self.asked.append(len(self.asked) + 1)
        self.world.say(self.random.choice(METHODS), {}, self.asked[-1])

    def do_cancel(self) -> None:
        if self.asked:
            self.world.say("$/cancelRequest", {"id": self.random.choice(self.asked)})

    def do_work(self) -> None:
        """The backend takes what is there, and answers some of it."""
        if not self.world.connected:
            return
        told, self.world.backend[:] = self.world.backend[:], []
        for message in told:
            self.take(message)
        for question in [question for question in self.waiting if self.random.random() < 0.6]:
            self.waiting.remove(question)
            self.world.hear(id=question["id"], result=None)

    def take(self, message: dict[str, Any]) -> None:
        method: str = message["method"]
        params: dict[str, Any] = message.get("params") or {}
        match method:
            case "textDocument/didOpen":
                self.known[params["textDocument"]["uri"]] = params["textDocument"]["text"]
            case "textDocument/didChange":
                uri = params["textDocument"]["uri"]
                for change in params["contentChanges"]:
                    self.known[uri] = edit(self.known[uri], change)
            case "textDocument/didClose":
                del self.known[params["textDocument"]["uri"]]
            case "initialize":
                self.world.hear(id=message["id"], result={"capabilities": {}})
            case "$aid/text":
                uri = params["uri"]
                answer = {"version": self.versions[uri], "text": self.known[uri]} if uri in self.known else None
                self.world.hear(id=message["id"], result=answer)
            case "workspace/executeCommand":
                self.commands_at_backend[message["id"]] += 1
                self.waiting.append(message)
            case _ if "id" in message:
                self.waiting.append(message)
            case _:
                pass

    def do_die(self) -> None:
        """Whatever was on its way to the backend is lost, perhaps after it took a part of it."""
        if self.world.connected:
            for message in self.world.backend[: self.random.randrange(len(self.world.backend) + 1)]:
                if message["method"] == "workspace/executeCommand":
                    self.commands_at_backend[message["id"]] += 1
            self.waiting.clear()
            self.known.clear()
        if self.world.replay.state in ("starting", "greeting", "live"):
            self.world.die()

    def do_come(self) -> None:
        if self.world.replay.state == "starting":
            self.known.clear()
            self.world.up()


ACTIONS = ("type", "type", "type", "ask", "ask", "work", "work", "come", "come", "die", "close", "cancel")


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.sampled_from(ACTIONS), max_size=150))
def test_any_order_of_events(seed: int, actions: list[str]) -> None:
    play = Play(seed)
    play.world.say("initialize", {"capabilities": {}}, 0)
    for action in ("come", "work", *actions):
        play.step(action)
    for _ in range(40):  # now everything comes to rest
        play.do_come()
        play.do_work()
    assert play.known == play.texts
    answers = Counter(told["id"] for told in play.world.editor if "method" not in told)
    assert answers == Counter([0, *play.asked]), "every request is answered exactly once"
    assert all(count == 1 for count in play.commands_at_backend.values()), "no command arrives twice"
    assert play.world.gate.unanswered == 0
