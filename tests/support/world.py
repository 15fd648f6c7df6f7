"""The world of a replay without processes or clocks: what it says is kept, what happens to it is called by hand."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aid_lsp.front.gate import Gate
from aid_lsp.front.replay import Gone, Replay
from aid_lsp.front.wire import JsonObject, Message, message

Json = dict[str, Any]


@dataclass
class Alarm:
    due: float
    call: Callable[[], None] | None

    def cancel(self) -> None:
        self.call = None


@dataclass
class World:
    """Is the `Ports` of its replay; `editor` and `backend` hold what was said to each since they were last taken."""

    crashes_borne: int = 5
    editor: list[Json] = field(default_factory=list[Json])
    backend: list[Json] = field(default_factory=list[Json])
    starts: int = 0
    connected: bool = False
    time: float = 0.0
    status: int | None = None
    greeting_id: int | str = ""
    alarms: list[Alarm] = field(default_factory=list[Alarm])

    def __post_init__(self) -> None:
        self.gate = Gate(self._to_real_editor, self._leave)
        self.replay = Replay(self, self.crashes_borne)
        self.gate.stand_before(self.replay)
        self.ids = itertools.count(1)

    # Ports

    def to_editor(self, message: Message) -> None:
        self.gate.send(message)

    def to_backend(self, message: Message) -> None:
        if self.connected:
            self.backend.append(message.fields)
            if message.method == "initialize":
                self.greeting_id = message.fields["id"]

    def start(self, initialize: JsonObject, *, expected: bool) -> None:
        self.starts += 1

    def hang_up(self) -> None:
        self.connected = False

    def later(self, seconds: float, call: Callable[[], None]) -> Alarm:
        self.alarms.append(Alarm(self.time + seconds, call))
        return self.alarms[-1]

    def now(self) -> float:
        return self.time

    # What happens

    def say(self, method: str, params: object = None, message_id: int | str | None = None) -> None:
        """The editor says something; with an id it is a request."""
        fields: Json = {"jsonrpc": "2.0", "method": method, "params": params}
        self.gate.receive(message(fields if message_id is None else {**fields, "id": message_id}))

    def answer(self, request_id: int | str, result: object) -> None:
        """The editor answers a request."""
        self.gate.receive(message({"jsonrpc": "2.0", "id": request_id, "result": result}))

    def up(self) -> None:
        self.connected = True
        self.replay.backend_up()

    def hear(self, **fields: Any) -> None:
        """The backend says something."""
        self.replay.backend_says(message({"jsonrpc": "2.0", **fields}))

    def die(self, gone: Gone | None = None) -> None:
        self.connected = False
        self.backend.clear()
        self.replay.backend_gone(gone or Gone())

    def greet(self, **capabilities: object) -> None:
        """The backend answers the `initialize` that it got last."""
        self.hear(id=self.greeting_id, result={"capabilities": capabilities})

    def pass_time(self, seconds: float) -> None:
        self.time += seconds
        for alarm in [alarm for alarm in self.alarms if alarm.due <= self.time]:
            self.alarms.remove(alarm)
            if alarm.call:
                alarm.call()

    def ready(self, **capabilities: object) -> None:
        """Initialized, with a backend; nothing said since."""
        self.say("initialize", {"capabilities": {}, "processId": 1}, 0)
        self.up()
        self.greet(**capabilities)
        self.say("initialized", {})
        self.take()

    def restarted(self, **capabilities: object) -> None:
        """The backend died and the next one is up."""
        self.die()
        self.up()
        self.greet(**capabilities)

    def take(self) -> tuple[list[Json], list[Json]]:
        """What was said to the editor and to the backend since last time."""
        said = self.editor[:], self.backend[:]
        self.editor.clear()
        self.backend.clear()
        return said

    def _to_real_editor(self, told: Message) -> None:
        self.editor.append(told.fields)

    def _leave(self, status: int) -> None:
        self.status = status


def short(messages: list[Json]) -> list[str]:
    """Messages for reading: `method`, `method#id`, `#id result`, `#id !code`."""
    lines: list[str] = []
    for told in messages:
        mark = f"#{told['id']}" if "id" in told else ""
        if "method" in told:
            lines.append(f"{told['method']}{mark}")
        elif "error" in told:
            lines.append(f"{mark} !{told['error']['code']}")
        else:
            lines.append(f"{mark} {told.get('result')}")
    return lines
