from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.proposals.ground import ground
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

LINE = st.text(st.sampled_from("ab é😋\x0c\u2028(*\"'"), max_size=6)
ENDS = st.sampled_from(["\n", "\r\n"])


@st.composite
def commented(draw: st.DrawFn) -> tuple[str, Span, str, str]:
    """A text with an instruction comment on its own line, the comment's span, and two lines that occur once."""
    end = draw(ENDS)
    above, below = draw(st.lists(LINE, max_size=4)), draw(st.lists(LINE, max_size=4))
    comment = f"(* AID: do it{end}   now *)"
    text = end.join([*above, "let first = é", comment, "let second = 2", *below])
    start = text.index(comment)
    return text, Span(start, start + len(comment)), "let first = é", "let second = 2"


def request(text: str, span: Span, place: Span, *diagnostics: Diagnostic) -> Request:
    view = View(Path("/nowhere"), {}, {"a.ml": Buffer(text, 1)})
    return Request("do it", view, Place("a.ml", place), diagnostics, Place("a.ml", span))


@given(commented(), st.booleans())
def test_places_and_errors_stay_on_their_code_when_the_comment_goes(sample: tuple[str, Span, str, str], upper: bool) -> None:
    text, span, first, second = sample
    code = first if upper else second
    place = Span(text.index(code), text.index(code) + len(code))
    before = text[: place.start].encode()
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1)
    diagnostic = Diagnostic("a.ml", line, column, line, column + len(code.encode()), "error", "no")
    base = ground(request(text, span, place, diagnostic), None)
    after = base.request.view.text("a.ml")
    assert after is not None
    assert "AID" not in after
    assert base.request.place is not None
    assert base.request.place.span.of(after) == code
    (moved,) = base.request.diagnostics
    assert after.split("\n")[moved.line - 1].encode()[moved.column : moved.end_column].decode() == code


@given(commented(), st.text(max_size=20) | st.none())
def test_a_draft_and_the_removal_are_one_patch_of_the_users_text(sample: tuple[str, Span, str, str], result: str | None) -> None:
    text, span, *_ = sample
    wish = request(text, span, span)
    base = ground(wish, None)
    draft = Patch.of([FileChange("a.ml", base.request.view.text("a.ml"), result)])
    whole = base.whole(wish.view, draft)
    assert whole == Patch.of([FileChange("a.ml", text, base.request.view.text("a.ml") if draft.empty else result)])
