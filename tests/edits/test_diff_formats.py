"""Unified diffs and patch envelopes, as models write them; and diffs that tools made."""

import pytest
from inline_snapshot import snapshot

from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.edits.read import read_diff
from aid_lsp.ocaml.anchor import OCamlAnchor, heading
from tests.support.answers import SHAPES, Tree, drawn, reading

HUNK = """\
@@ -3,4 +3,4 @@ let area s =
 let area s =
-  s.width * s.width
+  s.width * s.height

 let perimeter s =
"""
DIFF = f"--- a/lib/shape.ml\n+++ b/lib/shape.ml\n{HUNK}"
GOOD = SHAPES["lib/shape.ml"].replace("s.width * s.width", "s.width * s.height")


def check_same(answer: str) -> None:
    found = reading(answer)
    assert found.complaints == ()
    assert found.patch == Patch.of([FileChange("lib/shape.ml", SHAPES["lib/shape.ml"], GOOD)])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(f"```diff\n{DIFF}```\n", id="fenced"),
        pytest.param(DIFF, id="bare"),
        pytest.param(f"Here it is:\n\n{DIFF}\nThat should do it.\n", id="prose around"),
        pytest.param(f"```diff\n{DIFF}```\n".replace("-3,4 +3,4", "-40,4 +11,9"), id="wrong numbers and counts"),
        pytest.param(f"```diff\n{DIFF}```\n".replace("@@ -3,4 +3,4 @@ let area s =", "@@ ... @@"), id="no numbers"),
        pytest.param(f"```diff\n{DIFF}```\n".replace("@@ -3,4 +3,4 @@ let area s =", "@@"), id="bare @@"),
        pytest.param(f"```diff\n{DIFF}```\n".replace("@@ -3,4 +3,4 @@ let area s =\n", ""), id="no @@ at all"),
        pytest.param(f"lib/shape.ml\n```diff\n{HUNK}```\n", id="no file headers"),
        pytest.param(f"```diff\n{DIFF}```\n".replace(" a/", " ").replace(" b/", " "), id="no prefixes of paths"),
        pytest.param(f"```diff\n{DIFF}```\n".replace("\n let", "\nlet"), id="kept lines without their prefix"),
        pytest.param(
            f"```diff\ndiff --git a/lib/shape.ml b/lib/shape.ml\nindex 1234567..89abcde 100644\n{DIFF}```\n",
            id="git headers, invented hashes",
        ),
        pytest.param(f"```diff\n{DIFF}```\n".replace("\n", "\r\n"), id="CRLF answer"),
        pytest.param(
            f"From 1234\nSubject: [PATCH] area\n\n---\n lib/shape.ml | 2 +-\n\n{DIFF}-- \n2.39.5\n", id="a mailed patch"
        ),
        pytest.param(f"*** Begin Patch\n*** Update File: lib/shape.ml\n{HUNK}*** End Patch\n", id="envelope"),
        pytest.param(
            "*** Begin Patch\n*** Update File: lib/shape.ml\n@@ let area s =\n-  s.width * s.width\n+  s.width * s.height\n*** End Patch\n",
            id="envelope with nothing but the heading",
        ),
    ],
)
def test_dress(answer: str) -> None:
    check_same(answer)


def test_a_heading_settles_which_of_several_places_is_meant() -> None:
    files = {"a.ml": "let run () =\n  step 1;\n  done_ ()\n\nlet stop () =\n  step 1;\n  done_ ()\n"}
    assert drawn(
        reading("```diff\n--- a/a.ml\n+++ b/a.ml\n@@ let stop () =\n-  step 1;\n+  step 2;\n   done_ ()\n```\n", files)
    ) == snapshot("""\
--- a/a.ml
+++ b/a.ml
@@ -3,5 +3,5 @@
   done_ ()
 \n\
 let stop () =
-  step 1;
+  step 2;
   done_ ()
block 1: heading
""")


def test_line_numbers_alone_do_not() -> None:
    files = {"a.ml": "let run () =\n  step 1;\n  done_ ()\n\nlet stop () =\n  step 1;\n  done_ ()\n"}
    assert drawn(
        reading("```diff\n--- a/a.ml\n+++ b/a.ml\n@@ -6,2 +6,2 @@\n-  step 1;\n+  step 2;\n   done_ ()\n```\n", files)
    ) == snapshot("""\
complaint: Block 1 (a.ml): These lines occur 2 times, at lines 2 and 6. Add the lines above or below the place until they fit it only.
Looked for:
      step 1;
      done_ ()
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
""")


def test_a_heading_names_the_definition_below_its_comment() -> None:
    text = """\
module M : sig
  val one : int
  (* Two
     is more. *)
  val two : int
end = struct
  let one = 1

  let two = 2
end
"""
    hunk = "--- a/a.ml\n+++ b/a.ml\n@@ {} @@\n   val one : int\n   (* Two\n-     is more. *)\n+     is most. *)\n"
    named = reading(hunk.format("val two : int"), {"a.ml": text})
    assert named.patch is not None
    assert reading(hunk.format("let two = 2"), {"a.ml": text}).patch is None


def test_a_heading_that_names_another_definition_is_a_contradiction() -> None:
    files = {"a.ml": "let run () =\n  step 1;\n  done_ ()\n\nlet stop () =\n  step 7;\n  done_ ()\n"}
    assert drawn(reading("```diff\n--- a/a.ml\n+++ b/a.ml\n@@ let stop () =\n-  step 1;\n+  step 2;\n```\n", files)) == snapshot("""\
complaint: Block 1 (a.ml): These lines are at line 2, but not in 'let stop () =', which the block names: the lines you mean have changed. Copy the lines from the file as it is now.
Looked for:
      step 1;
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
""")


def test_new_deleted_and_renamed_files() -> None:
    answer = """\
```diff
--- /dev/null
+++ b/lib/new.ml
@@ -0,0 +1,2 @@
+let x = 1
+let y = 2
--- a/dune-project
+++ /dev/null
@@ -1 +0,0 @@
-(lang dune 3.0)
diff --git a/lib/shape.mli b/lib/form.mli
rename from lib/shape.mli
rename to lib/form.mli
--- a/lib/shape.mli
+++ b/lib/form.mli
@@ @@
-val perimeter : t -> int
+val perimeter : t -> float
```
"""
    assert drawn(reading(answer)) == snapshot("""\
deleted file mode 100644
--- a/dune-project
+++ /dev/null
@@ -1 +0,0 @@
-(lang dune 3.0)
rename from lib/shape.mli
rename to lib/form.mli
--- a/lib/shape.mli
+++ b/lib/form.mli
@@ -3,4 +3,4 @@
 val area : t -> int
 (** The area. *)
 \n\
-val perimeter : t -> int
+val perimeter : t -> float
new file mode 100644
--- /dev/null
+++ b/lib/new.ml
@@ -0,0 +1,2 @@
+let x = 1
+let y = 2
block 1: create
block 2: delete
block 3: rename
block 4: exact
""")


def test_the_same_in_an_envelope() -> None:
    answer = """\
*** Begin Patch
*** Add File: lib/new.ml
+let x = 1
+let y = 2
*** Delete File: dune-project
*** Update File: lib/shape.mli
*** Move to: lib/form.mli
@@
-val perimeter : t -> int
+val perimeter : t -> float
*** End Patch
"""
    assert drawn(reading(answer)) == snapshot("""\
deleted file mode 100644
--- a/dune-project
+++ /dev/null
@@ -1 +0,0 @@
-(lang dune 3.0)
rename from lib/shape.mli
rename to lib/form.mli
--- a/lib/shape.mli
+++ b/lib/form.mli
@@ -3,4 +3,4 @@
 val area : t -> int
 (** The area. *)
 \n\
-val perimeter : t -> int
+val perimeter : t -> float
new file mode 100644
--- /dev/null
+++ b/lib/new.ml
@@ -0,0 +1,2 @@
+let x = 1
+let y = 2
block 1: create
block 2: delete
block 3: rename
block 4: exact
""")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(f"```diff\n{DIFF[:-30]}", "cut off", id="open fence"),
        pytest.param("".join(f"{line}\n" for line in DIFF.split("\n")[:5]), "cut off", id="bare and short"),
        pytest.param("*** Begin Patch\n*** Update File: lib/shape.ml\n@@\n-x\n", "End Patch", id="envelope cut off"),
        pytest.param(
            "```diff\n--- a/lib/shape.ml\n+++ b/lib/shape.ml\n@@ @@\n+let x = 1\n```\n", "place is unknown", id="no context"
        ),
        pytest.param(f"```diff\n{DIFF.replace('lib/shape.ml', 'lib/none.ml')}```\n", "There is no file", id="no such file"),
        pytest.param("```diff\nGIT binary patch\n--- a/x\n+++ b/x\n@@ @@\n-a\n+b\n```\n", "binary", id="binary"),
        pytest.param(f"```diff\n{HUNK}```\n", "names no file", id="no path anywhere"),
        pytest.param("```diff\n--- a/lib/shape.ml\n+++ b/lib/form.ml\n@@ @@\n-x\n+y\n```\n", "two paths", id="two paths"),
    ],
)
def test_refused(answer: str, why: str) -> None:
    found = reading(answer)
    assert found.patch is None
    assert any(why in complaint.message for complaint in found.complaints), found.complaints


TWINS = {"a.ml": "let x =\n  1\n\nlet x =\n  1\n\nlet x =\n  1\n", "b.ml": "one\r\ntwo\r\nthree"}
TWINS_AFTER = {"a.ml": "let x =\n  1\n\nlet x =\n  2\n\nlet x =\n  1\n", "b.ml": "one\r\n2\r\nthree\r\n", "c d/é.ml": "new"}


def test_our_own_diffs_are_read_back_whatever_they_hold() -> None:
    patch = Patch.of(FileChange(path, TWINS.get(path), TWINS_AFTER[path]) for path in TWINS_AFTER)
    text = unified(patch, heading)
    found = reading(text, TWINS)
    assert found.patch == patch
    assert {one.rung for one in found.placements} == {"blob", "create"}
    assert read_diff(text, Tree(TWINS)).patch == patch


def test_a_tools_diff_is_applied_by_its_numbers() -> None:
    text = "--- a/a.ml\n+++ b/a.ml\n@@ -4,2 +4,2 @@\n let x =\n-  1\n+  2\n"
    assert reading(text, TWINS).patch is None
    found = read_diff(text, Tree(TWINS), OCamlAnchor())
    assert found.patch is not None
    assert found.patch.changes[0].after == TWINS_AFTER["a.ml"]


def test_a_tools_diff_that_does_not_fit_its_numbers_is_read_like_a_models() -> None:
    assert read_diff(DIFF.replace("-3,4 +3,4", "-1,4 +1,4"), Tree()).patch == reading(DIFF).patch
