"""Whatever the text, nothing raises and every span is what it says."""

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.anchor import OCamlAnchor, heading
from aid_lsp.ocaml.comments import instructions
from aid_lsp.ocaml.outline import enclosing, outline
from aid_lsp.ocaml.references import references
from aid_lsp.ocaml.sexp import List, Sexp, complete, read_sexps
from aid_lsp.ocaml.stanzas import stanzas
from aid_lsp.ocaml.syntax import Tree, error_spans, parse
from benchmarks.context.damage import BROKEN, missing

_PIECES = r"""let rec and in type module struct sig end val external exception class object method of = | -> ( ) [ ] { } [@@ [% ; ;; : ~ ?
    "x" " {| |} (* *) (** AID: (* AID:do*) 'a ' `T A.b A x foo_bar + <|> 1 . .( fun function match with \\ # %test "\\" let%test
    open include M.( ~x: :: := begin < > _ method val mutable"""
PIECES = st.sampled_from(_PIECES.split())
ODD = st.sampled_from(["\f", "\r", "\r\n", "\n", "\n\n", " ", "\t", "\u2028", "é", "😋", "\udce9", "\0", "\ufeff", "日本" * 300])
TEXTS = st.one_of(
    st.lists(st.one_of(PIECES, PIECES, st.just(" "), st.just(" "), st.just("\nlet x = "), ODD), max_size=60).map("".join),
    st.lists(PIECES, max_size=60).map(" ".join),
    st.text(max_size=300),
)
GLUED = re.compile(r"[0-9\x7f-\U0010ffff'][A-Za-z_]|[!$%&*+\-./:<=>?@^|~#]{2}")
"""A name right behind a number, or operators in a row: OCaml and tree-sitter do not agree where such begin."""
WRITTEN = (Path(__file__).parent.parent.parent / "aid_lsp" / "recipes" / "fits.ml").read_text("utf-8")
"""OCaml that people wrote."""
KINDS = st.sampled_from(["a.ml", "a.mli"])


def inside(span: Span, text: str) -> bool:
    return 0 <= span.start <= span.end <= len(text)


@settings(deadline=None)
@given(TEXTS, KINDS)
def test_items_lie_where_they_say(text: str, path: str) -> None:
    items = outline(path, text)
    for item in items:
        assert item.name_span.of(text) == item.name
        assert item.path[-1] == item.name
        assert inside(item.span, text)
        assert item.span.start <= item.core.start <= item.name_span.start
        assert item.name_span.end <= item.core.end <= item.span.end
        assert item.parent is None or item.parent.path == item.path[:-1]
    assert [item.name_span.start for item in items] == sorted(item.name_span.start for item in items)


@settings(deadline=None)
@given(TEXTS, KINDS)
def test_errors_instructions_and_anchors_lie_inside(text: str, path: str) -> None:
    assert all(inside(span, text) for span in error_spans(text, path))
    for comment in instructions(path, text):
        assert comment.span.of(text).startswith("(*")
        assert comment.span.of(text).endswith("*)")
        assert comment.removal.start <= comment.span.start
        assert comment.span.end <= comment.removal.end <= len(text)
        kept = text[: comment.removal.start] + text[comment.removal.end :]
        assert kept.split() == (text[: comment.span.start] + " " + text[comment.span.end :]).split()
    assert all(inside(named.span, text) and inside(named.code, text) for named in OCamlAnchor().named(path, text))
    heading(path, text, 3)
    enclosing(path, text, len(text) // 2)


@settings(deadline=None)
@given(TEXTS, KINDS)
def test_references_are_the_same_by_name_and_all_together(text: str, path: str) -> None:
    found = references(path, text)
    for seen in found:
        assert seen.span.of(text) == seen.name
        assert seen.whole.start <= seen.span.start <= seen.span.end <= seen.whole.end
        if seen.binder is not None:
            assert seen.binder.of(text) == seen.name
    for name in {seen.name for seen in found if not GLUED.search(text)}:
        assert references(path, text, name) == tuple(seen for seen in found if seen.name == name)


@settings(deadline=None)
@given(TEXTS)
def test_offsets_and_bytes_agree(text: str) -> None:
    tree = Tree(".ml", text)
    previous = -1
    for offset in range(len(text) + 1):
        byte = tree.byte(offset)
        assert byte > previous
        previous = byte
        assert tree.offset(byte) == offset
    assert tree.offset(previous + 100) == len(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["let f x = x + 1\n", "type t = A | B\n", "(* é *)\n", 'let s = "😋"\n']), max_size=8), st.data())
def test_an_edited_text_is_parsed_as_if_it_were_new(lines: list[str], data: st.DataObject) -> None:
    """For texts without errors: where there are some, tree-sitter may recover otherwise."""
    before = "".join(lines)
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    after = before[:start] + data.draw(st.sampled_from(["", "y", " ", "let z = 1\n", "(* ü *)", "\n"])) + before[end:]
    fresh, edited = Tree(".ml", after), Tree(".ml", after, Tree(".ml", before))
    if not fresh.root.has_error:
        assert str(edited.root) == str(fresh.root)


@settings(deadline=None)
@given(TEXTS)
def test_the_same_text_is_parsed_once(text: str) -> None:
    assert parse("x.ml", text) is parse(".ml", text)
    assert parse("x.mli", text) is not parse("x.ml", text)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["(", ")", "a", " ", '"', "\\", "#|", "|#", "#;", ";", "\n", '"\\|', "name", "library", "é"])).map(
        "".join
    )
)
def test_dune_files_never_raise(text: str) -> None:
    def check(sexps: tuple[Sexp, ...], around: Span) -> None:
        for sexp in sexps:
            assert around.start <= sexp.span.start < sexp.span.end <= around.end
            if isinstance(sexp, List):
                check(sexp.items, sexp.span)

    check(read_sexps(text), Span(0, len(text)))
    stanzas(text)
    complete(text)


@settings(max_examples=20, deadline=None)
@given(
    st.integers(1, 3000),
    st.sampled_from(["module M = struct ", "(", "[@@", "(* ", "let x = ", "sig ", "{| ", "fun x -> ", "if x then "]),
)
def test_deep_nesting_is_bounded(depth: int, opener: str) -> None:
    text = opener * depth
    outline("a.ml", text)
    references("a.ml", text, "x")
    instructions("a.ml", text)
    error_spans(text, ".ml")
    stanzas("(" * depth + ")" * depth)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BROKEN), st.integers(0, len(WRITTEN)))
def test_an_error_costs_only_its_neighbourhood(broken: str, place: int) -> None:
    """At most a few others, mostly none: a stray quote may turn strings inside out. `./dev bench context` counts how many."""
    at = WRITTEN.find(" ", place)
    assert missing("fits.ml", WRITTEN, max(at, 0), broken) <= 5
