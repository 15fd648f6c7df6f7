"""How a token is rewritten, and where offsets go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.references import references
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.sites import Shift, rewrite, rewritten


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        ("let f { x } = 1", "field", "let f { new = x } = 1"),
        ("let f { x } = 1", "value", "let f { x = new } = 1"),
        ("let f { M.x; y } = 1", "field", "let f { M.new = x; y } = 1"),
        ("let f { x : int } = 1", "field", "let f { new : int = x } = 1"),
        ("let f { x = y } = 1", "field", "let f { new = y } = 1"),
        ("let v = { x; y = 1 }", "field", "let v = { new = x; y = 1 }"),
        ("let v = { x; y = 1 }", "value", "let v = { x = new; y = 1 }"),
        ("let v = { r with x }", "field", "let v = { r with new = x }"),
        ("let v = r.x + r.M.x", "field", "let v = r.new + r.M.new"),
        ("let f ~x = 1", "label", "let f ~new:x = 1"),
        ("let f ~x = 1", "value", "let f ~x:new = 1"),
        ("let f ~(x : int) = 1", "label", "let f ~new:(x : int) = 1"),
        ("let f ~(x : int) = 1", "value", "let f ~x:(new : int) = 1"),
        ("let f ?(x = 1) = 1", "label", "let f ?new:(x = 1) = 1"),
        ("let f ?(x = 1) = 1", "value", "let f ?x:(new = 1) = 1"),
        ("let f ?x () = 1", "label", "let f ?new:x () = 1"),
        ("let f ~x:y = 1", "label", "let f ~new:y = 1"),
        ("let v = f ~x", "label", "let v = f ~new:x"),
        ("let v = f ~x", "value", "let v = f ~x:new"),
        ("let v = f ?x ~x:1", "label", "let v = f ?new:x ~new:1"),
        ("let v = M.x", "value", "let v = M.new"),
        ("let v = M.(x)", "value", "let v = M.(new)"),
    ],
)
def test_puns_are_written_out(before: str, kind: str, after: str) -> None:
    tree = parse(".ml", before)
    made = {
        span: text
        for token in references(".ml", before, "x")
        if token.kind == kind
        for span, text in rewrite(tree, token, "new").items()
    }
    assert rewritten(before, made) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("let (+!) = 1", "let ( *! ) = 1"),
        ("let ( +! ) = 1", "let ( *! ) = 1"),
        ("let v = M.(+!) 1 +! 2", "let v = M.( *!) 1 *! 2"),
    ],
)
def test_an_operator_never_opens_a_comment(before: str, after: str) -> None:
    tree = parse(".ml", before)
    made = {span: text for token in references(".ml", before, "+!") for span, text in rewrite(tree, token, "*!").items()}
    assert "(*" not in rewritten(before, made)
    assert rewritten(before, made).replace(" ", "") == after.replace(" ", "")


@st.composite
def texts_with_replacements(draw: st.DrawFn) -> tuple[str, dict[Span, str]]:
    text = draw(st.text(st.sampled_from("ab é😋\r\n\f("), min_size=1, max_size=40))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    made: dict[Span, str] = {}
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        made[Span(start, end)] = draw(st.text("xyz", max_size=4))
    return text, made


@given(texts_with_replacements())
def test_what_is_not_replaced_keeps_its_place(case: tuple[str, dict[Span, str]]) -> None:
    text, made = case
    after = rewritten(text, made)
    shift = Shift(made)
    for offset, character in enumerate(text):
        if not any(span.start <= offset < span.end for span in made):
            assert after[shift.forward(offset)] == character
            assert shift.back(shift.forward(offset)) == offset
