"""Broken and hostile JSON-RPC: thousands of streams in process, some through a real front.

Half of the streams are framed well and say foolish things: every request with a real id has to be answered once, everything else
with an error of the specification. The others are damaged in their bytes: nothing may crash or hang, and what follows is heard.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aid_lsp.front.gate import Gate
from aid_lsp.front.replay import Replay
from aid_lsp.front.wire import Inbox, JsonObject, Message, message
from benchmarks.front.site import Site, new_site
from benchmarks.report import Report, below, exactly, milliseconds

_ERRORS = {-32700, -32600, -32601, -32002, -32800, -32801, -32803}
_METHODS = (
    "initialize",
    "shutdown",
    "textDocument/hover",
    "textDocument/codeAction",
    "workspace/executeCommand",
    "$/x",
    "aid/x",
    "",
    7,
    None,
)
_IDS: tuple[Any, ...] = (1, 2, 3, "1", "x", "", -5, 2**31, 2**70, "i" * 5000, None, True, 1.5, [], {}, "é😋\ud83d")
_PARAMS: tuple[Any, ...] = (
    {},
    [],
    None,
    "text",
    3,
    {"textDocument": 5},
    {"textDocument": {"uri": 1}},
    {"contentChanges": "x"},
    {"id": {}},
)
_NOTIFICATIONS = (
    "textDocument/didOpen",
    "textDocument/didChange",
    "textDocument/didClose",
    "initialized",
    "$/cancelRequest",
    "$/progress",
    "x",
)


class _NoTimer:
    def cancel(self) -> None:
        pass


@dataclass(slots=True)
class _Front:
    """Gate and replay, with a backend that answers at once and dies now and then."""

    random: random.Random
    sent: list[JsonObject] = field(default_factory=list[JsonObject])
    status: int | None = None
    backend: list[JsonObject] = field(default_factory=list[JsonObject])
    starting: bool = False
    inbox: Inbox = field(default_factory=Inbox)
    gate: Gate = field(init=False)
    replay: Replay = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate(lambda told: self.sent.append(told.fields), self._leave)
        self.replay = Replay(self, crashes_borne=3)
        self.gate.stand_before(self.replay)

    def to_editor(self, message: Message) -> None:
        self.gate.send(message)

    def to_backend(self, message: Message) -> None:
        self.backend.append(message.fields)

    def start(self, initialize: JsonObject, *, expected: bool) -> None:
        self.starting = True

    def hang_up(self) -> None:
        self.backend.clear()

    def later(self, seconds: float, call: Callable[[], None]) -> _NoTimer:
        return _NoTimer()

    def now(self) -> float:
        return 0.0

    def feed(self, data: bytes) -> None:
        for item in self.inbox.feed(data):
            if self.status is None:
                self.gate.receive(item)
            self.turn()

    def turn(self) -> None:
        """The backend's turn."""
        if self.starting:
            self.starting = False
            self.replay.backend_up()
        if self.random.random() < 0.02 and self.replay.state == "live":
            from aid_lsp.front.replay import Gone

            self.backend.clear()
            return self.replay.backend_gone(Gone())
        told, self.backend[:] = self.backend[:], []
        for each in told:
            if "id" in each and "method" in each:
                result: JsonObject | None = {"capabilities": {}} if each["method"] == "initialize" else None
                self.replay.backend_says(message({"jsonrpc": "2.0", "id": each["id"], "result": result}))
        return None

    def _leave(self, status: int) -> None:
        self.status = status


async def measure(report: Report) -> None:
    """Runs it."""
    streams = 2_000 if report.quick else 10_000
    chance = random.Random(report.seed)
    problems: Counter[str] = Counter()
    slowest = 0.0
    began = time.perf_counter()
    for number in range(streams):
        start = time.perf_counter()
        problems.update(_foolish(chance) if number % 2 else _damaged(chance))
        slowest = max(slowest, time.perf_counter() - start)
    took = time.perf_counter() - began
    real = 10 if report.quick else 200
    with new_site() as site:
        for _ in range(real):
            problems.update(await _through_a_process(site, chance))
    report.table(
        f"Fuzzed streams (seed {report.seed})",
        [
            ("in process", f"{streams} in {took:.1f} s, slowest {milliseconds(slowest)}"),
            ("through a real front", f"{real}"),
            ("problems", ", ".join(f"{name}: {count}" for name, count in problems.items()) or "none"),
        ],
    )
    report.bars += [
        exactly("fuzzed-streams-with-problems", sum(problems.values()), 0),
        below("fuzzed-stream-slowest", slowest * 1000, 1000, " ms"),
    ]


def _framed(fields: object) -> bytes:
    body = json.dumps(fields).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def _saying(chance: random.Random) -> dict[str, Any]:
    """One message, sensible or not."""
    fields: dict[str, Any] = {"jsonrpc": "2.0"}
    kind = chance.random()
    if kind < 0.6:
        fields |= {"id": chance.choice(_IDS), "method": chance.choice(_METHODS), "params": chance.choice(_PARAMS)}
    elif kind < 0.85:
        fields |= {"method": chance.choice(_NOTIFICATIONS), "params": chance.choice(_PARAMS)}
    elif kind < 0.95:
        fields |= {"id": chance.choice(_IDS), chance.choice(("result", "error")): chance.choice(_PARAMS)}
    if chance.random() < 0.05:
        fields.pop("jsonrpc")
    return fields


def _foolish(chance: random.Random) -> list[str]:
    """Well-framed messages: gives the problems of one stream."""
    said = [_saying(chance) for _ in range(chance.randrange(1, 25))]
    if chance.random() < 0.8:
        said.insert(0, {"jsonrpc": "2.0", "id": "first", "method": "initialize", "params": {"capabilities": {}}})
    stream = b"".join(map(_framed, said))
    front = _Front(chance)
    try:
        at = 0
        while at < len(stream):
            size = chance.choice((1, 7, 100, 5000))
            front.feed(stream[at : at + size])
            at += size
        for _ in range(20):
            front.turn()
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return [f"crash {type(error).__name__}"]
    asked = Counter(
        _key(each["id"])
        for each in said
        if "id" in each and _real(each["id"]) and not ("method" not in each and ("result" in each or "error" in each))
    )
    answered = Counter(_key(each["id"]) for each in front.sent if "method" not in each and each.get("id") is not None)
    codes: set[int] = {each["error"]["code"] for each in front.sent if "error" in each and isinstance(each["error"], dict)}
    problems = [] if asked == answered else ["answers do not match requests"]
    return problems + (["an error that is none of the specification's"] if codes - _ERRORS else [])


def _key(value: object) -> str:
    return f"{type(value).__name__} {value}"


def _real(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def _damaged(chance: random.Random) -> list[str]:
    """Damaged bytes: gives the problems of one stream."""
    front = _Front(chance)
    try:
        front.feed(_framed({"jsonrpc": "2.0", "id": "first", "method": "initialize", "params": {"capabilities": {}}}))
        stream = _break(b"".join(_framed(_saying(chance)) for _ in range(chance.randrange(1, 12))), chance)
        at = 0
        while at < len(stream):
            size = chance.choice((1, 7, 100, 5000))
            front.feed(stream[at : at + size])
            at += size
        for number in range(40):
            front.feed(_framed({"jsonrpc": "2.0", "id": f"after{number}", "method": "aid/after", "params": {"pad": "x" * 200}}))
        for _ in range(20):
            front.turn()
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return [f"crash {type(error).__name__}"]
    return (
        []
        if any(str(each.get("id", "")).startswith("after") for each in front.sent) or front.inbox.within
        else ["deaf after damage"]
    )


def _break(stream: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randrange(1, 4)):
        at, to = sorted((chance.randrange(len(stream) + 1), chance.randrange(len(stream) + 1)))
        match chance.randrange(7):
            case 0:  # cut out
                stream = stream[:at] + stream[min(to, at + 30) :]
            case 1:  # a wrong length
                stream = stream.replace(b"Content-Length: ", b"Content-Length: %d" % chance.choice((0, 1, 9)), 1)
            case 2:  # noise
                stream = stream[:at] + chance.randbytes(chance.randrange(40)) + stream[at:]
            case 3:  # interleaved halves
                stream = stream[:at] + stream[to:] + stream[at:to]
            case 4:  # a byte
                stream = stream[:at] + bytes([chance.randrange(256)]) + stream[at + 1 :]
            case 5:  # cut off
                stream = stream[:to]
            case _:  # headers that are none
                wrong = (
                    b"Content-Length: x\r\n\r\n",
                    b"Content-Length: 99999999999\r\n\r\n",
                    b"\r\n\r\n",
                    b"Content-Type: x\r\n",
                )
                stream = stream[:at] + chance.choice(wrong) + stream[at:]
        stream = stream or b"\n"
    return stream


async def _through_a_process(site: Site, chance: random.Random) -> list[str]:
    """The same through a front of its own: it ends when its input ends, and all that it says is well formed."""
    said = [_saying(chance) for _ in range(chance.randrange(1, 12))]
    stream = b"".join(map(_framed, said))
    if chance.random() < 0.5:
        stream = _break(stream, chance)
    process = await asyncio.create_subprocess_exec(
        *site.patient_front(scripted=True, crashes=5),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=site.env,
    )
    try:
        async with asyncio.timeout(30):
            out, errors = await process.communicate(stream)
    except TimeoutError:
        process.kill()
        await process.wait()
        return ["a front that does not end"]
    inbox = Inbox()
    if not all(isinstance(item, Message) for item in inbox.feed(out)) or inbox.within:
        return ["a front that speaks nonsense"]
    if errors or process.returncode not in (0, 1):
        return [f"a front that crashed: {errors[-200:]!r}"]
    return []
