"""Whatever a model says: no exception, no hang, no half patch, no file that it did not name."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.edits.read import FORMATS, read, read_diff
from aid_lsp.ocaml.anchor import OCamlAnchor
from tests.support.answers import Tree, reading

PIECES = [
    "lib/shape.ml", "lib/shape.mli", "lib/dune", "lib/new.ml", "../x.ml", "/etc/passwd", "_build/a.ml", "a b.ml", ": area", ": after area", ": delete area",
    "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "||||||| base", "```", "```ocaml", "```diff", "~~~", "````",
    "--- a/lib/shape.ml", "+++ b/lib/shape.ml", "--- /dev/null", "+++ /dev/null", "diff --git a/lib/shape.ml b/lib/shape.ml", "rename from lib/shape.ml",
    "rename to lib/form.ml", "@@ -3,4 +3,4 @@ let area s =", "@@ ... @@", "@@", "\\ No newline at end of file", "index 1234567..89abcde 100644",
    "*** Begin Patch", "*** End Patch", "*** Update File: lib/shape.ml", "*** Add File: lib/new.ml", "*** Delete File: lib/dune", "*** Move to: lib/x.ml",
    "*** End of File", "Delete: lib/dune", "Rename: lib/shape.ml -> lib/form.ml", "Removed: area", "...", "(* ... *)", "(* rest unchanged *)",
    "let area s =", "  s.width * s.width", "  s.width * s.height", " let area s =", "-  s.width * s.width", "+  s.width * s.height", "+", "-", " ", "",
    "\t", "(*", "*)", '"', "{|", "|}", "'a", ";;", "é😋", "\f", "\u2028", "“q”", "<think>", "</think>", "\x00", "\ud800",
]  # fmt: skip
ENDS = ["\n", "\n", "\n", "\r\n", "\r", " ", ""]
answers = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(ENDS)), max_size=40).map(
    lambda parts: "".join(a + b for a, b in parts)
)
texts = st.lists(
    st.tuples(
        st.sampled_from(["let a = 1", "let b =", "  x", "  y", "", "(* c *)", "é😋", "'a", '"s"', "{|", "\f", "\u2028"]),
        st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"]),
    ),
    max_size=12,
).flatmap(lambda lines: st.sampled_from(["", "end"]).map(lambda tail: "".join(a + b for a, b in lines) + tail))


@settings(max_examples=400)
@given(st.one_of(answers, st.text()), st.sampled_from(FORMATS), st.booleans(), st.sampled_from([None, "lib/shape.ml"]))
def test_any_answer_is_read(answer: str, format: str, named: bool, path: str | None) -> None:  # noqa: A002
    found = read(answer, Tree(), format, OCamlAnchor() if named else None, path)
    assert (found.patch is None) == bool(found.complaints)
    if found.patch is not None:
        after = Tree().patched(found.patch)  # made for these very files, each once
        assert not any(path.startswith(("/", "..", "_build")) for path in after)
        for change in found.patch.changes:
            assert change.path in answer or change.path.rpartition("/")[2] in answer or change.path == path


@given(st.one_of(answers, st.text()))
def test_any_text_is_read_as_a_diff(text: str) -> None:
    found = read_diff(text, Tree())
    assert (found.patch is None) == bool(found.complaints)


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from(["a.ml", "b c.ml", "lib/é.mli"]), st.tuples(st.none() | texts, st.none() | texts), min_size=1)
)
def test_our_diffs_are_read_back(sides: dict[str, tuple[str | None, str | None]]) -> None:
    before = {path: old for path, (old, _) in sides.items() if old is not None}
    patch = Patch.of(FileChange(path, old, new) for path, (old, new) in sides.items())
    if patch.empty:
        return
    text = unified(patch)
    for found in (read_diff(text, Tree(before)), read(text, Tree(before), "unified_diff", OCamlAnchor())):
        if found.patch is not None:
            assert found.patch == patch
    if not any("\r" in (text or "") or text == "" for side in sides.values() for text in side):
        assert read_diff(text, Tree(before)).patch == patch


HOSTILE = {
    "line ends": "\n" * 10_000_000,
    "spaces": " " * 10_000_000,
    "fence characters": "`" * 10_000_000,
    "fences": "```\n" * 2_500_000,
    "marker and spaces": "<<<<<<<" + " " * 10_000_000 + "x",
    "heads": "<<<<<<< SEARCH\n" * 190_000,
    "dividers": "lib/shape.ml\n<<<<<<< SEARCH\n" + "=======\n" * 190_000 + ">>>>>>> REPLACE\n",
    "blocks": "lib/shape.ml\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n" * 30_000,
    "hunks": "--- a/lib/shape.ml\n+++ b/lib/shape.ml\n" + "@@ -1 +1 @@\n-x\n+y\n" * 60_000,
    "long lines": "--- a/lib/shape.ml\n+++ b/lib/shape.ml\n@@ @@\n-" + "x" * 5_000_000 + "\n+" + "y" * 5_000_000 + "\n",
    "headings": "*** Begin Patch\n*** Update File: lib/shape.ml\n"
    + "@@ let area s =\n" * 190_000
    + "-  s\n+  t\n*** End Patch\n",
    "files": "diff --git a/x b/x\n" * 190_000,
    "deletions": "Delete: lib/dune\n" * 190_000,
    "comments": "lib/shape.ml\n```ocaml\n" + "(* " * 3_000_000 + "\n```\n",
    "modules": "lib/shape.ml: area\n```ocaml\n" + "module M = struct " * 500_000 + "\n```\n",
    "definitions": "lib/shape.ml\n```ocaml\n" + "let area = 1\n" * 190_000 + "```\n",
    "colons": "a: " * 3_000_000,
    "stars": "**" * 5_000_000,
}


def test_a_long_file_that_loses_all_its_definitions_takes_no_longer() -> None:
    files = {"a.ml": "".join(f"let f_{number} x =\n  g x {number}\n\n" for number in range(6000))}
    start = time.process_time()
    found = reading("a.ml\n```ocaml\n" + "".join(f"let h_{number} = {number}\n" for number in range(6000)) + "```\n", files)
    assert "lacks" in found.complaints[0].message
    assert time.process_time() - start < 8


def test_many_vague_comments_of_a_long_file_take_no_longer() -> None:
    files = {"a.ml": "".join(f"let f_{number} = {number}\n" for number in range(30_000)) + "(* etc. *)\n"}
    start = time.process_time()
    reading("a.ml\n```ocaml\nlet f_0 = 0\n" + "(* etc. *)\n" * 28_000 + "```\n", files)
    assert time.process_time() - start < 7


@pytest.mark.parametrize("name", HOSTILE)
def test_ten_megabytes_of_anything_take_seconds(name: str) -> None:
    start = time.process_time()
    found = reading(HOSTILE[name])
    assert found.patch is None
    assert found.complaints
    # the bar is 2 s (benchmarks/apply); this only tells linear from quadratic
    assert time.process_time() - start < 8
