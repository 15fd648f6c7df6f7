"""Which new names OCaml allows."""

import pytest

from aid_lsp.recipes.legal import why_not
from aid_lsp.recipes.wording import NameKind


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("value", "area", "surface"),
        ("value", "area", "_area'"),
        ("value", "area", "été"),
        ("value", "+!", "+?"),
        ("value", "!!", "?!"),
        ("value", "let*", "let+"),
        ("value", ">>=", ">=>"),
        ("type", "t", "_t"),
        ("module", "Foo", "Bar_1"),
        ("module type", "S", "ordered"),
        ("constructor", "A", "B'"),
        ("field", "x", "y"),
        ("label", "by", "factor"),
    ],
)
def test_a_name_is_allowed(kind: NameKind, old: str, new: str) -> None:
    assert why_not(kind, old, new) is None


@pytest.mark.parametrize(
    ("kind", "old", "new", "word"),
    [
        ("value", "area", "area", "already"),
        ("value", "area", "Area", "small letter"),
        ("value", "area", "match", "keyword"),
        ("value", "area", "+", "a name"),
        ("value", "+", "plus", "precedence"),
        ("value", "+!", "*!", "precedence"),
        ("value", "!!", "+!", "prefix"),
        ("value", "let*", "and*", "operator let"),
        ("value", "area", "a-b", "not a name"),
        ("value", "area", "a b", "not a name"),
        ("value", "area", "1st", "not a name"),
        ("value", "area", "_", "not a name"),
        ("value", "area", "a.b", "not a name"),
        ("constructor", "A", "b", "capital"),
        ("module", "A", "b", "capital"),
        ("type", "t", "T", "small letter"),
        ("field", "x", "X", "small letter"),
    ],
)
def test_a_name_is_refused_with_a_reason(kind: NameKind, old: str, new: str, word: str) -> None:
    assert word in (why_not(kind, old, new) or "")
