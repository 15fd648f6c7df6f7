"""Dune's documents as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.build.csexp import Reader, Sexp, encode
from aid_lsp.build.pp import render

BREAK: Sexp = [b"Break", [[b"", b"1", b""], [b"", b"0", b""]]]


def words(*said: bytes) -> list[Sexp]:
    return [[b"Verbatim", word] for word in said]


DOCUMENTS: list[tuple[Sexp, str]] = [
    ([b"Vbox", [b"0", [b"Box", [b"0", [b"Verbatim", b'Unbound value "aera"\nHint: x']]]]], 'Unbound value "aera"\nHint: x'),
    ([b"Seq", [[b"Verbatim", b"a"], [b"Seq", [[b"Newline", []], [b"Char", b"b"]]]]], "a\nb"),
    ([b"Concat", [[b"Verbatim", b", "], words(b"a", b"b", b"c")]], "a, b, c"),
    ([b"Vbox", [b"2", [b"Concat", [BREAK, words(b"a", b"b")]]]], "a\n  b"),
    ([b"Hovbox", [b"2", [b"Concat", [BREAK, words(b"a", b"b")]]]], "a b"),
    ([b"Hvbox", [b"2", [b"Concat", [BREAK, words(b"a", b"b")]]]], "a b"),
    ([b"Hvbox", [b"2", [b"Concat", [BREAK, words(b"a" * 50, b"b" * 50)]]]], "a" * 50 + "\n  " + "b" * 50),
    ([b"Tag", [[b"Hint", []], [b"Verbatim", b"hinted"]]], "hinted"),
    ([b"Tag", [b"Verbatim", b"old"]], "old"),
    ([b"Nop"], ""),
    ([b"Sparkle", [b"kept", [b"words"]]], "kept words"),
    (b"", ""),
    ([], ""),
]


@pytest.mark.parametrize(("document", "expected"), DOCUMENTS)
def test_a_document_reads_as_dune_prints_it(document: Sexp, expected: str) -> None:
    assert render(document) == expected


def test_a_document_as_deep_as_the_sea_is_flattened() -> None:
    document: Sexp = [b"Verbatim", b"bottom"]
    for _ in range(1500):
        document = [b"Seq", [document]]
    assert "bottom" in render(Reader().feed(encode(document))[0])


@given(
    st.recursive(
        st.sampled_from([b"Seq", b"Break", b"Hvbox", b"Concat", b"Tag", b"x", b"-3"]), lambda one: st.lists(one, max_size=4)
    )
)
def test_no_document_is_an_error(document: Sexp) -> None:
    render(document)
