"""Edits, diffs and rebases lose nothing."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.edits.apply import apply_edits, inverted
from aid_lsp.edits.diff import edits_between, hunks
from aid_lsp.edits.lines import Lines, split_lines
from aid_lsp.edits.rebase import Conflict, rebase
from aid_lsp.edits.sequence import changes

pieces = st.sampled_from(
    ["let a = 1", "let b = 2", "  x", "", "(*", "*)", '"', "{|", "|}", "'a", ";;", "é", "😋", "\f", "\u2028", "end"]
)
ends = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", ""])
texts = st.lists(st.tuples(pieces, ends), max_size=14).map(lambda parts: "".join(a + b for a, b in parts))


@given(texts)
def test_lines_join_to_the_text(text: str) -> None:
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(line.rstrip("\r\n") == line[: len(line.rstrip("\r\n"))] and line for line in lines)
    assert len(Lines(text)) >= len(lines)


@given(texts, texts)
def test_edits_lead_from_one_text_to_the_other_and_back(before: str, after: str) -> None:
    edits = edits_between(before, after)
    assert apply_edits(before, edits) == after
    assert apply_edits(after, inverted(before, edits)) == before
    assert bool(edits) == (before != after)
    for one, other in itertools.pairwise(edits):
        assert one.span.end <= other.span.start
    for edit in edits:
        for offset in (edit.span.start, edit.span.end):
            assert before[offset - 1 : offset + 1] != "\r\n" or offset == 0


@given(texts, texts)
def test_disjoint_edits_commute(before: str, after: str) -> None:
    edits = edits_between(before, after)
    assert apply_edits(before, reversed(edits)) == after


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_changes_are_what_differs(a: str, b: str) -> None:
    runs = changes(a, b)
    built, at = "", 0
    for run in runs:
        assert a[at : run.a0] == b[len(built) : run.b0]
        built += a[at : run.a0] + b[run.b0 : run.b1]
        at = run.a1
    assert built + a[at:] == b
    assert all(one.a1 < other.a0 and one.b1 < other.b0 for one, other in itertools.pairwise(runs))
    # a shortest script: no longer than replacing everything but the common ends
    assert sum(run.a1 - run.a0 + run.b1 - run.b0 for run in runs) <= len(a) + len(b)


@given(texts, texts)
def test_hunks_tell_both_texts(before: str, after: str) -> None:
    old, new = split_lines(before), split_lines(after)
    for hunk in hunks(before, after):
        assert [row.text for row in hunk.rows if row.tag != "+"] == [old[row.old - 1] for row in hunk.rows if row.old is not None]
        assert [row.text for row in hunk.rows if row.tag != "-"] == [new[row.new - 1] for row in hunk.rows if row.new is not None]
        for row in hunk.rows:
            assert all(mark.end <= len(row.text) for mark in row.marks)


@given(texts, texts)
def test_a_rebase_onto_the_same_text_is_the_proposal(base: str, after: str) -> None:
    assert rebase(base, after, base) == after
    assert rebase(base, base, after) == after
    assert rebase(base, after, after) == after


@given(texts, texts, texts)
def test_a_rebase_keeps_what_both_sides_kept(base: str, ours: str, theirs: str) -> None:
    merged = rebase(base, ours, theirs)
    if isinstance(merged, Conflict):
        assert merged.places
        return
    kept = split_lines(merged)
    for line in set(split_lines(base)):
        # of two alike each side may take away another one
        if split_lines(base).count(line) == 1 and line in split_lines(ours) and line in split_lines(theirs):
            assert any(line in (one, one.rstrip("\r\n")) for one in kept)
    mirrored = rebase(base, theirs, ours)
    assert mirrored == merged
