"""Frames in pieces, and streams that are broken in all the ways streams break."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aid_lsp.front.wire import Inbox, Malformed, Message, message, wire_in_common

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def framed(value: object) -> bytes:
    body = json.dumps(value).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def read(*pieces: bytes) -> list[Any]:
    """The messages as objects, what was none as "malformed"."""
    inbox = Inbox()
    found = [item for piece in pieces for item in inbox.feed(piece)]
    return [item.fields if isinstance(item, Message) else "malformed" for item in found]


@given(st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=4), st.data())
def test_any_split_of_the_bytes_gives_the_same_messages(values: list[dict[str, Any]], data: st.DataObject) -> None:
    stream = b"".join(framed(value) for value in values)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(*pieces) == values


GOOD = framed({"id": 1})
NEXT = framed({"id": 2})


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param(b"content-length:9\n\n" + b'{"id": 1}' + NEXT, [{"id": 1}, {"id": 2}], id="other spellings of a header"),
        pytest.param(
            GOOD.replace(b"\r\n\r\n", b"\r\nContent-Type: x; charset=utf-8\r\n\r\n") + NEXT, [{"id": 1}, {"id": 2}], id="type"
        ),
        pytest.param(b"\r\n\n\r\n" + GOOD, [{"id": 1}], id="empty lines"),
        pytest.param(b"noise\r\nmore noise\r\n" + GOOD, ["malformed", {"id": 1}], id="noise is reported once"),
        pytest.param(b"noise" + GOOD, ["malformed", {"id": 1}], id="noise in the header's line"),
        pytest.param(b"Content-Length: x\r\n\r\n{}" + GOOD, ["malformed", {"id": 1}], id="a length that is none"),
        pytest.param(b"Content-Length: -5\r\n\r\n" + GOOD, ["malformed", {"id": 1}], id="a negative length"),
        pytest.param(b"Content-Length: 99999999999999\r\n\r\n" + GOOD, ["malformed", {"id": 1}], id="a giant length"),
        pytest.param(b"Content-Length: 4\r\n\r\n" + b'{"id": 1}' + NEXT, ["malformed", {"id": 2}], id="too short a length"),
        pytest.param(b"Content-Length: 14\r\n\r\n" + b'{"id": 1}' + NEXT, ["malformed", {"id": 2}], id="too long a length"),
        pytest.param(
            b"Content-Length: 40\r\n\r\n" + b'{"id": 1}' + NEXT + GOOD, ["malformed", {"id": 2}, {"id": 1}], id="far too long"
        ),
        pytest.param(b"Content-Length: 0\r\n\r\n" + GOOD, ["malformed", {"id": 1}], id="no body"),
        pytest.param(GOOD[:20] + NEXT, ["malformed", {"id": 2}], id="cut, then another"),
        pytest.param(b"x" * 200_000 + NEXT, ["malformed", {"id": 2}], id="a header without end"),
        pytest.param(framed([1, 2]) + GOOD, ["malformed", {"id": 1}], id="a list"),
        pytest.param(b"Content-Length: 9\r\n\r\n" + b'{"i\xff": 1}' + GOOD, ["malformed", {"id": 1}], id="not UTF-8"),
        pytest.param(framed({"n": 1}).replace(b"1}", b"NaN}").replace(b"8", b"10") + GOOD, ["malformed", {"id": 1}], id="NaN"),
        pytest.param(b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000 + GOOD, ["malformed", {"id": 1}], id="deep nesting"),
        pytest.param(
            b"Content-Length: 5008\r\n\r\n" + b'{"id": ' + b"9" * 5000 + b"}" + GOOD, ["malformed", {"id": 1}], id="a giant id"
        ),
    ],
)
def test_a_broken_frame_costs_no_other_message(stream: bytes, expected: list[Any]) -> None:
    assert read(stream) == expected
    assert read(*(stream[i : i + 1000] for i in range(0, len(stream), 1000))) == expected


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([GOOD, NEXT, GOOD[:9], NEXT[9:], b"Content-Length: 7\r\n\r\n", b"{", b"}", b"\r\n", b"\xff", b"C"]),
        max_size=30,
    )
)
def test_whatever_comes_the_next_two_whole_messages_are_read(pieces: list[bytes]) -> None:
    """Two: a header that lies may swallow a part of the first."""
    inbox = Inbox()
    for piece in pieces:
        inbox.feed(piece)
    last: list[Message | Malformed] = []
    for _ in range(3):
        last = inbox.feed(framed({"id": "last"}))
    assert any(isinstance(item, Message) and item.fields == {"id": "last"} for item in last)


def test_halves_of_a_character_survive() -> None:
    text = json.loads('"\\ud83d"')
    (told,) = Inbox().feed(message({"text": text}).frame)
    assert isinstance(told, Message)
    assert told.fields == {"text": text}


@pytest.mark.parametrize(
    ("theirs", "ours", "common"),
    [
        ([1, 1], (1, 1), 1),
        ([1, 3], (1, 1), 1),
        ([2, 3], (1, 1), None),
        ([1, 4], (2, 3), 3),
        ("1", (1, 1), None),
        ([1], (1, 1), None),
    ],
)
def test_the_newest_form_that_both_speak(theirs: object, ours: tuple[int, int], common: int | None) -> None:
    assert wire_in_common(theirs, ours) == common
