"""What clients say about places, in our words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp

from aid_lsp.edits.lines import Encoding, Lines, Span
from aid_lsp.server.from_lsp import (
    diagnostic_of,
    diagnostic_of_json,
    path_of_uri,
    range_of_json,
    relative_to,
    root_for,
    span_of,
)
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.to_lsp import range_of, uri_of_path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("file:///a/b.ml", "/a/b.ml"),
        ("file:///a/b%20c%C3%A9.ml", "/a/b cé.ml"),
        ("file://localhost/a/b.ml", "/a/b.ml"),
        ("file:///a/./x/../b.ml", "/a/b.ml"),
        ("file:///a/b%23c.ml", "/a/b#c.ml"),
        ("FILE:///a/b.ml", "/a/b.ml"),
        ("file://otherhost/a/b.ml", None),
        ("untitled:Untitled-1", None),
        ("git:/a/b.ml?HEAD", None),
        ("file:///a%00b.ml", None),
        ("file:relative.ml", None),
        ("file://[/a.ml", None),
        ("", None),
    ],
)
def test_uris(uri: str, path: str | None) -> None:
    assert path_of_uri(uri) == (Path(path) if path else None)


def test_a_path_comes_back_from_its_uri() -> None:
    for path in ("/a b/é#?%.ml", "/x/\udcff.ml"):
        assert path_of_uri(uri_of_path(Path(path))) == Path(path)


TEXT = st.text(st.sampled_from("ab\n\r\f\u2028é😋 "), max_size=30)


@given(TEXT, st.data(), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_spans_come_back_from_their_ranges(text: str, data: st.DataObject, encoding: Encoding) -> None:
    inside = [o for o in range(len(text) + 1) if text[o - 1 : o + 1] != "\r\n" or o == 0]
    start, end = sorted((data.draw(st.sampled_from(inside)), data.draw(st.sampled_from(inside))))
    lines = Lines(text)
    assert span_of(lines, range_of(lines, Span(start, end), encoding), encoding) == Span(start, end)


def test_a_range_out_of_the_text_is_clamped_and_left_as_it_was() -> None:
    place = lsp.Range(lsp.Position(0, 99), lsp.Position(99, 0))
    assert span_of(Lines("abc\ndef"), place, "utf-16") == Span(3, 7)
    assert place == lsp.Range(lsp.Position(0, 99), lsp.Position(99, 0))


def test_a_diagnostic_gets_ocaml_s_coordinates() -> None:
    lines = Lines('let s = "é😋" let y = z\n')
    said = lsp.Diagnostic(lsp.Range(lsp.Position(0, 22), lsp.Position(0, 23)), "Unbound value z", code="unbound")
    found = diagnostic_of("a.ml", lines, said, "utf-16")
    assert (found.line, found.column, found.end_column, found.severity, found.code) == (1, 25, 26, "error", "unbound")


@pytest.mark.parametrize("value", ["x", 3, [], {"start": 1}, {"start": {"line": "0", "character": 0}, "end": {}}])
def test_a_range_of_another_shape_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(BadArgument, match="LSP range"):
        range_of_json(value)


def test_a_position_stands_for_an_empty_range() -> None:
    assert range_of_json({"line": 1, "character": -2}) == lsp.Range(lsp.Position(1, 0), lsp.Position(1, 0))


def test_a_diagnostic_of_json_takes_what_it_needs() -> None:
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
    found = diagnostic_of_json({"range": place, "message": {"value": "m", "kind": "markdown"}, "severity": 9, "code": [1]})
    assert found == lsp.Diagnostic(lsp.Range(lsp.Position(0, 0), lsp.Position(0, 1)), "m")
    with pytest.raises(BadArgument):
        diagnostic_of_json({"message": "no place"})


def test_files_are_found_behind_links_and_not_outside(tmp_path: Path) -> None:
    root = tmp_path / "real"
    (root / "lib").mkdir(parents=True)
    (tmp_path / "link").symlink_to(root)
    assert relative_to(root, tmp_path / "link" / "lib" / "a.ml") == "lib/a.ml"
    assert relative_to(root, tmp_path / "other" / "a.ml") is None
    assert relative_to(root, root) is None


def test_the_root_is_dune_s_then_the_client_s_then_the_folder(tmp_path: Path) -> None:
    client, lone = tmp_path / "client", tmp_path / "lone"
    (client / "p" / "lib").mkdir(parents=True)
    (client / "q").mkdir()
    lone.mkdir()
    (client / "p" / "dune-project").touch()
    assert root_for(client / "p" / "lib" / "a.ml", (client,)) == client / "p"
    assert root_for(client / "q" / "a.ml", (tmp_path, client)) == client
    assert root_for(lone / "a.ml", (client,)) == lone
