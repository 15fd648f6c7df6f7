"""What goes over the pipes, and the only module that front and daemon share.

    bytes ──Inbox.feed──▶ Message | Malformed ──▶ …            Message.frame ──▶ bytes

Front and daemon first say who they are, one JSON object each, framed like LSP; after `welcome` it is LSP and nothing else:

    front ─▶ {aid: "hello", wire: [1, 1], version, root, session, with}     daemon ─▶ {aid: "welcome", wire: 1, version, pid}
                                                                                      {aid: "refused", reason, version, pid}
    a command instead of a hello: {aid: "status" | "restart" | "end" | "stop" | "drain"} ──▶ one object, then the end

Messages of our own within LSP start with `$aid/`, and never reach the editor:

    $aid/goodbye  daemon ─▶ front   {reason}: the connection ends now, on purpose. "restart", "drain": the next daemon is ready;
                                    "end": it has to be started; "stop": not before the user wants something
    $aid/replayed front ─▶ daemon   all that the editor said before is told again
    $aid/text     front ─▶ daemon   {uri} ─▶ {version, text} | null: the document as the daemon has it, for the change log
    $aid/ask      daemon ─▶ front   {method, params}: a question to the server of `--with`

**Which versions go together.** A daemon is replaced by a newer front and serves older ones; `wire` is the range of these very
messages that each side speaks, and the highest one in common is used.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

WIRE = (1, 1)
"""The oldest and the newest form of the messages above that this code speaks."""

GOODBYE = "$aid/goodbye"
REPLAYED = "$aid/replayed"
TEXT = "$aid/text"
ASK = "$aid/ask"

LONGEST_BODY = 1 << 30
"""In bytes; more is taken for a broken stream."""

_LONGEST_HEADER = 1 << 16
_LENGTH = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,19})[ \t\r]*$", re.IGNORECASE)
_HARMLESS = re.compile(rb"[\r\n\t ]*$|content-type[ \t]*:", re.IGNORECASE)

JsonObject = dict[str, Any]
RequestId = int | str


class Message:
    """One JSON object and the bytes that it came in, so that what is only passed on is not encoded again."""

    __slots__ = ("body", "fields")

    def __init__(self, fields: JsonObject, body: bytes) -> None:
        self.fields = fields
        self.body = body

    @property
    def method(self) -> str:
        """Empty for a response."""
        method = self.fields.get("method")
        return method if isinstance(method, str) else ""

    @property
    def id(self) -> RequestId | None:
        """None for a notification, and for an id that is none."""
        return valid_id(self.fields.get("id"))

    @property
    def params(self) -> JsonObject:
        """Empty where there are none or they are a list."""
        return table(self.fields.get("params"))

    @property
    def is_response(self) -> bool:
        """Whether this answers a request."""
        return "method" not in self.fields and ("result" in self.fields or "error" in self.fields)

    @property
    def frame(self) -> bytes:
        """As it goes over a pipe."""
        return b"Content-Length: %d\r\n\r\n%b" % (len(self.body), self.body)


class Malformed:
    """Bytes that were no message; `sentence` says why."""

    __slots__ = ("sentence",)

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence


def message(fields: JsonObject) -> Message:
    """Encodes an object. Only ASCII, so that halves of a character survive as escapes."""
    return Message(fields, json.dumps(fields, separators=(",", ":")).encode("ascii"))


def request(request_id: RequestId, method: str, params: object) -> Message:
    """A request."""
    return message({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})


def notification(method: str, params: object) -> Message:
    """A notification."""
    return message({"jsonrpc": "2.0", "method": method, "params": params})


def result(request_id: RequestId, value: object) -> Message:
    """The answer to a request."""
    return message({"jsonrpc": "2.0", "id": request_id, "result": value})


def error(request_id: RequestId | None, code: int, sentence: str) -> Message:
    """The answer to a request that failed; without an id, to something that was no request."""
    return message({"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": sentence}})


def renamed(original: Message, request_id: RequestId) -> Message:
    """The same message under another id."""
    return message({**original.fields, "id": request_id})


def valid_id(value: object) -> RequestId | None:
    """The id if it is one: `true`, 1.5 and null are not."""
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def table(value: object) -> JsonObject:
    """A JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def items(value: object) -> list[Any]:
    """A JSON list, or an empty one in place of anything else."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def wire_in_common(theirs: object, ours: tuple[int, int] = WIRE) -> int | None:
    """The newest form of our own messages that both sides speak."""
    match items(theirs):
        case [int(oldest), int(newest)]:
            common = min(ours[1], newest)
            return common if max(ours[0], oldest) <= common else None
        case _:
            return None


def release(version: str) -> tuple[int, ...]:
    """The comparable part of a version: `1.10.2+abc` is (1, 10, 2)."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


class Inbox:
    """Takes bytes as they come and gives the messages in them.

    After something that is no frame it looks for the next header, also within what a wrong length made it take for a body, so
    one bad message costs no other. Garbage is reported once, however long.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._scanned = 0
        self._length: int | None = None
        """Of the header that is being read, or of the body that is awaited."""
        self._in_body = False
        self._lost = False
        """Whether garbage was reported and no header came since."""

    def feed(self, data: bytes) -> list[Message | Malformed]:
        """What is whole now."""
        self._buffer += data
        items: list[Message | Malformed] = []
        while self._take_body(items) if self._in_body else self._take_line(items):
            pass
        return items

    @property
    def within(self) -> bool:
        """Whether the stream would be cut in the middle of a message if it ended now."""
        return self._in_body or bool(self._buffer)

    def _take_line(self, items: list[Message | Malformed]) -> bool:
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            if len(self._buffer) > _LONGEST_HEADER:
                self._report(items, "A header of more than 64 KiB.")
                del self._buffer[:-64]  # the next header may have begun
                self._scanned = len(self._buffer)
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._scanned = 0
        found = _LENGTH.search(line)
        if found:
            if found.start() > 0:
                self._report(items, "Bytes between two messages.")
            length = int(found.group(1))
            if length > LONGEST_BODY:
                self._length = None
                self._report(items, f"A message of {length} bytes.")
            else:
                self._length = length
                self._lost = False
        elif not line.strip():
            self._in_body = self._length is not None
        elif not _HARMLESS.match(line):
            self._report(items, "A header that is not understood.")
        return True

    def _take_body(self, items: list[Message | Malformed]) -> bool:
        length = self._length or 0
        if len(self._buffer) < length:
            return False
        body = bytes(self._buffer[:length])
        self._in_body, self._length = False, None
        parsed = decode(body)
        if isinstance(parsed, Malformed) and _may_hold_header(body):
            # The length was wrong: the next message begins in here. Every push back takes a header away, so this ends.
            self._scanned = 0
            self._report(items, parsed.sentence)
            return True
        del self._buffer[:length]
        items.append(parsed)
        self._lost = isinstance(parsed, Malformed)
        return True

    def _report(self, items: list[Message | Malformed], sentence: str) -> None:
        if not self._lost:
            items.append(Malformed(sentence))
        self._lost = True


def decode(body: bytes) -> Message | Malformed:
    """One message from its body; only objects are messages (LSP has no batches)."""
    try:
        value: object = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        return Malformed("A message that is not UTF-8.")
    except (ValueError, RecursionError):
        return Malformed("A message that is not JSON.")
    if not isinstance(value, dict):
        return NotAnObject("A message has to be one JSON object.")
    return Message(table(value), body)  # pyright: ignore[reportUnknownArgumentType]


class NotAnObject(Malformed):
    """JSON, but a list or a number: `InvalidRequest` where the others are `ParseError`."""

    __slots__ = ()


def _may_hold_header(body: bytes) -> bool:
    """Whether a wrong length let a part of the next header into a body."""
    text = body.lower()
    return b"content-length" in text or any(text.endswith(b"content-length"[:size]) for size in range(1, 14))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def hello(root: str, version: str, session: str, *, beside: bool = False) -> Message:
    """What a front says first. `beside`: whether there is a server of `--with` that can be asked."""
    return message({"aid": "hello", "wire": list(WIRE), "version": version, "root": root, "session": session, "with": beside})


def word_of(fields: Mapping[str, Any]) -> str:
    """The `aid` word of an object before LSP begins; empty where there is none."""
    word = fields.get("aid")
    return word if isinstance(word, str) else ""
