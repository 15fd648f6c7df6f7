"""Text sync: whatever way a text came to be, the server has the text that the editor has."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.edits.lines import Encoding
from aid_lsp.server.documents import Change, Document, Documents

ALPHABET = st.sampled_from(["a", "b", " ", "\n", "\r\n", "\r", "\f", "\u2028", "\x85", "\v", "é", "😋", "(*", "*)", '"'])
TEXT = st.lists(ALPHABET, max_size=12).map("".join)
ENCODINGS: list[Encoding] = ["utf-8", "utf-16", "utf-32"]


def positions(text: str, encoding: Encoding) -> list[tuple[int, int, int]]:
    """Every (offset, line, column) that a client could name, found character by character."""
    found: list[tuple[int, int, int]] = []
    line = column = 0
    for offset, character in enumerate(text):
        inside_crlf = character == "\n" and text[offset - 1 : offset] == "\r"
        if not inside_crlf:
            found.append((offset, line, column))
        units = {"utf-8": len(character.encode()), "utf-16": 2 if ord(character) > 0xFFFF else 1, "utf-32": 1}[encoding]
        column += units
        if character == "\n" or (character == "\r" and text[offset + 1 : offset + 2] != "\n"):
            line, column = line + 1, 0
    return [*found, (len(text), line, column)]


@given(TEXT, st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99), TEXT), max_size=8), st.sampled_from(ENCODINGS))
def test_any_stream_of_changes_equals_one_full_sync(text: str, edits: list[tuple[int, int, str]], encoding: Encoding) -> None:
    document = Document("file:///a.ml", text, 1, encoding)
    for version, (one, other, new) in enumerate(edits, 2):
        places = positions(text, encoding)
        start, end = sorted((places[one % len(places)], places[other % len(places)]))
        text = text[: start[0]] + new + text[end[0] :]
        document.replace(start[1:], end[1:], new, version)
        if version % 2:  # the text is joined lazily: look only now and then
            assert document.text == text
        full = Document("file:///a.ml", text, version, encoding)
        assert [document.index.position(o, encoding) for o in range(len(text) + 1)] == [
            full.index.position(o, encoding) for o in range(len(text) + 1)
        ]
    assert document.text == text


@given(TEXT, st.integers(-3, 20), st.integers(-3, 40), TEXT, st.sampled_from(ENCODINGS))
def test_positions_outside_of_the_text_are_clamped_into_it(
    text: str, line: int, column: int, new: str, encoding: Encoding
) -> None:
    document = Document("file:///a.ml", text, 1, encoding)
    document.replace((line, column), (line, column), new, 2)
    assert len(document.text) == len(text) + len(new)
    assert new in document.text


def test_a_form_feed_and_a_line_separator_are_no_line_ends() -> None:
    document = Document("file:///a.ml", "let a = 1\f\nlet b = '\u2028'\nlet c = 3\n", 1, "utf-16")
    document.replace((2, 8), (2, 9), "4", 2)
    assert document.text == "let a = 1\f\nlet b = '\u2028'\nlet c = 4\n"


def test_lines_of_an_older_version_are_found_again() -> None:
    document = Document("file:///a.ml", "a\nb\nc\nd\n", 1, "utf-8")
    document.replace((1, 0), (1, 0), "new\nnewer\n", 2)
    document.replace((0, 0), (1, 0), "", 3)
    assert [document.line_now(line, 1) for line in (2, 3)] == [3, 4]
    assert document.line_now(2, 3) == 2


@given(st.integers(1, 150), st.data())
def test_changes_that_come_out_of_order_are_put_in_order(count: int, data: st.DataObject) -> None:
    """Helix 25 does this to a fast typist."""
    sent: list[tuple[int, Change]] = [(version, Change(f"<{version}>", (0, 0), (0, 0))) for version in range(2, count + 2)]
    arrived = sorted(sent, key=lambda pair: pair[0] + data.draw(st.integers(0, 8)))
    document = Document("file:///a.ml", "", 1, "utf-8")
    for version, change in arrived:
        document.take((change,), version)
    assert document.text == "".join(f"<{version}>" for version in range(count + 1, 1, -1))
    assert document.version == count + 1


def test_a_client_that_never_counts_is_taken_in_the_order_of_its_messages() -> None:
    document = Document("file:///a.ml", "", 0, "utf-8")
    for letter in "abc":
        document.take((Change(letter, (0, 9), (0, 9)),), 0)
    assert document.text == "abc"


def test_a_second_open_replaces_and_uris_are_one_however_they_are_spelled() -> None:
    documents = Documents()
    documents.open("file:///home/u/a%20b.ml", "one", 1)
    documents.open("file:///home/u/a b.ml", "two", 7)
    assert [document.text for document in documents] == ["two"]
    documents.close("file:///home/u/%61%20b.ml")
    assert documents.get("file:///home/u/a b.ml") is None


async def test_waiting_for_a_change_ends_with_the_change() -> None:
    documents = Documents()
    document = documents.open("file:///a.ml", "x", 1)
    waiting = asyncio.ensure_future(documents.until(lambda: document.text == "y", 5))
    await asyncio.sleep(0)
    document.replace_all("y", 2)
    documents.touch(document)
    assert await waiting
    assert not await documents.until(lambda: document.text == "z", 0.01)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_column_inside_a_character_means_its_start(encoding: Encoding) -> None:
    document = Document("file:///a.ml", "😋x", 1, encoding)
    document.replace((0, 1), (0, 1), "y", 2)
    assert document.text == ("😋yx" if encoding == "utf-32" else "y😋x")
