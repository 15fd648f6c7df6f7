"""Which changes a menu offers at a place."""

import pytest
from inline_snapshot import snapshot

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.catalogue import change_in
from aid_lsp.recipes.offered import offered

TEXT = "let area w h = (w * h) + 1\n\nlet extracted = 2\n"


def at(start: str, end: str = "") -> Span:
    begin = TEXT.index(start)
    return Span(begin, TEXT.index(end, begin) + len(end) if end else begin)


def test_a_whole_expression_can_be_extracted() -> None:
    assert offered("lib/a.ml", TEXT, at("w * h", "h")) == snapshot(
        [
            ("AID: extract to a function", "extract the selection to a function called extracted2"),
            ("AID: extract to a local value", "extract the selection to a local value bound"),
        ]
    )


def test_a_definition_can_be_tested_and_an_interface_updated() -> None:
    assert offered("lib/a.ml", TEXT, at("area")) == [("AID: add a test for area", "add a test for this")]
    assert offered("lib/a.mli", "val area : int\n", Span(5, 5)) == [
        ("AID: add a test for area", "add a test for this"),
        ("AID: update the interface", "update the interface"),
    ]


@pytest.mark.parametrize("span", [at("* h"), at("w * h", "* "), at("(w"), Span(0, 0), Span(len(TEXT), len(TEXT))])
def test_elsewhere_nothing_is_offered(span: Span) -> None:
    assert offered("lib/a.ml", TEXT, span) == []


def test_what_is_offered_is_understood() -> None:
    for span in (at("w * h", "h"), at("area")):
        assert all(change_in(instruction) is not None for _, instruction in offered("lib/a.ml", TEXT, span))


def test_a_hole_can_be_filled() -> None:
    text = 'let area w = _\nlet other w = f (failwith "TODO: w") w\n'
    for word in ("_", "failwith", "TODO"):
        assert ("AID: fill this hole", "fill the hole") in offered("lib/a.ml", text, Span(text.index(word), text.index(word)))
    assert not any("hole" in title for title, _ in offered("lib/a.ml", text, Span(text.index("area"), text.index("area"))))
    assert change_in("fill the hole") is not None
