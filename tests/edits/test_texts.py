"""Comparing, applying and rebasing texts."""

import pytest
from inline_snapshot import snapshot

from aid_lsp.edits.apply import apply_edits
from aid_lsp.edits.diff import edits_between, hunks, stat, unified, word_marks
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Edit, FileChange, Patch
from aid_lsp.edits.rebase import Clash, Conflict, rebase
from aid_lsp.ocaml.anchor import heading


def test_edits_cover_only_the_words_that_differ() -> None:
    before = "let area s =\n  s.width * s.width\n\nlet b = 1\n"
    after = "let area s =\n  s.width * s.height\n\nlet c = 1\n"
    assert [(edit.span.of(before), edit.text) for edit in edits_between(before, after)] == snapshot(
        [("width", "height"), ("b", "c")]
    )


def test_edits_do_not_part_a_line_end() -> None:
    assert edits_between("a\r\n", "a\n") == snapshot((Edit(span=Span(start=1, end=3), text="\n"),))


def test_a_new_definition_is_shown_as_one_piece() -> None:
    before = "let a =\n  1\n\nlet c =\n  1\n"
    after = "let a =\n  1\n\nlet b =\n  1\n\nlet c =\n  1\n"
    (hunk,) = hunks(before, after)
    assert [row.text for row in hunk.rows if row.tag == "+"] == ["let b =\n", "  1\n", "\n"]


def test_a_diff_names_the_definition_and_how_the_file_ends() -> None:
    before = "let a = 1\n\nlet area s =\n  let w = s.width in\n  let h = s.height in\n  ignore h;\n  ignore w;\n  w * w"
    patch = Patch.of(
        [
            FileChange("lib/shape.ml", before, before[:-5] + "w * h\n"),
            FileChange("ab.ml", None, "let x = 1\n"),
            FileChange("old.ml", "", None),
        ]
    )
    assert unified(patch, heading) == snapshot("""\
diff --git a/ab.ml b/ab.ml
new file mode 100644
index 0000000000..0547b3d0ee
--- /dev/null
+++ b/ab.ml
@@ -0,0 +1 @@
+let x = 1
diff --git a/lib/shape.ml b/lib/shape.ml
index ac35c646e2..4baf4b36a3 100644
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -5,4 +5,4 @@ let area s =
   let h = s.height in
   ignore h;
   ignore w;
-  w * w
\\ No newline at end of file
+  w * h
diff --git a/old.ml b/old.ml
deleted file mode 100644
index e69de29bb2..0000000000
""")
    assert stat(patch) == {"ab.ml": (1, 0), "lib/shape.ml": (1, 1), "old.ml": (0, 0)}


def test_words_are_marked() -> None:
    before, after = "  s.width * s.width\n", "  s.width * (s.height + 1)\n"
    gone, come = word_marks(before, after)
    assert [span.of(before) for span in gone] == ["width"]
    assert [span.of(after) for span in come] == ["(", "height + 1)"]
    assert word_marks("let a = 1\n", "open Foo\n") == ((), ())


def test_overlapping_edits_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("abcdef", [Edit(Span(0, 3), "x"), Edit(Span(2, 4), "y")])
    with pytest.raises(ValueError, match="outside"):
        apply_edits("abc", [Edit(Span(2, 9), "x")])


def test_insertions_at_one_place_keep_their_order() -> None:
    assert apply_edits("ac", [Edit(Span(1, 1), "1"), Edit(Span(1, 1), "2"), Edit(Span(1, 2), "C")]) == "a12C"


BASE = "one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        pytest.param(
            "ONE\ntwo\nthree\nfour\nfive\n", "one\ntwo\nthree\nfour\nFIVE\n", "ONE\ntwo\nthree\nfour\nFIVE\n", id="apart"
        ),
        pytest.param(
            "one\nTWO\nthree\nfour\nfive\n",
            "one\nTWO\nthree\nfour\nFIVE\n",
            "one\nTWO\nthree\nfour\nFIVE\n",
            id="the same on both sides",
        ),
        pytest.param(
            "one\ntwo\nfour\nfive\n",
            "zero\none\ntwo\nthree\nfour\nfive\n",
            "zero\none\ntwo\nfour\nfive\n",
            id="removed and added",
        ),
        pytest.param(
            "one\ntwo\nthree\nfour\nfive\nsix\n", "one\nthree\nfour\nfive\n", "one\nthree\nfour\nfive\nsix\n", id="appended"
        ),
    ],
)
def test_changes_apart_merge(ours: str, theirs: str, merged: str) -> None:
    assert rebase(BASE, ours, theirs) == merged
    assert rebase(BASE, theirs, ours) == merged


def test_changes_of_one_line_conflict_and_say_where() -> None:
    assert rebase(BASE, BASE.replace("three", "3"), "zero\n" + BASE.replace("three", "drei")) == snapshot(
        Conflict(places=(Clash(line=3, before="three\n", after="3\n", current="drei\n"),))
    )


def test_changes_of_neighbouring_lines_conflict() -> None:
    assert isinstance(rebase(BASE, BASE.replace("two", "2"), BASE.replace("three", "3")), Conflict)
