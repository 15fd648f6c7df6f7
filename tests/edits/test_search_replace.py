"""Search/replace blocks, as models write them."""

from textwrap import dedent

import pytest
from inline_snapshot import snapshot

from tests.support.answers import SHAPES, drawn, reading

BLOCK = """\
<<<<<<< SEARCH
let area s =
  s.width * s.width
=======
let area s =
  s.width * s.height
>>>>>>> REPLACE
"""


def check(answer: str, expect: str, files: dict[str, str] = SHAPES) -> None:
    """Reads an answer; draws the patch and its rungs, or the complaints."""
    assert drawn(reading(dedent(answer), files)) == expect


def check_same(answer: str, rung: str = "exact") -> None:
    """The answer makes the area right, whatever it is dressed in."""
    found = reading(answer)
    assert found.complaints == ()
    assert found.patch is not None
    assert found.patch.paths == ("lib/shape.ml",)
    assert found.patch.changes[0].after == SHAPES["lib/shape.ml"].replace("s.width * s.width", "s.width * s.height")
    assert [one.rung for one in found.placements] == [rung]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(f"lib/shape.ml\n```ocaml\n{BLOCK}```\n", id="path before the fence"),
        pytest.param(f"lib/shape.ml\n{BLOCK}", id="no fence"),
        pytest.param(f"```ocaml\nlib/shape.ml\n{BLOCK}```\n", id="path inside the fence"),
        pytest.param(f"```ocaml\n(* lib/shape.ml *)\n{BLOCK}```\n", id="path in a comment inside the fence"),
        pytest.param(f"```ocaml lib/shape.ml\n{BLOCK}```\n", id="path in the fence's first line"),
        pytest.param(f"```ocaml:lib/shape.ml\n{BLOCK}```\n", id="path behind a colon"),
        pytest.param(f'```ocaml title="lib/shape.ml"\n{BLOCK}```\n', id="path as a title"),
        pytest.param(BLOCK.replace("SEARCH", "SEARCH lib/shape.ml"), id="path behind the marker"),
        pytest.param(f"### `lib/shape.ml`\n\n```ocaml\n{BLOCK}```\n", id="path as a heading"),
        pytest.param(f"**File: lib/shape.ml**\n{BLOCK}", id="path in bold"),
        pytest.param(f"1. In `lib/shape.ml`:\n\n```ocaml\n{BLOCK}```\n", id="path in a sentence"),
        pytest.param(f"./lib/shape.ml\n{BLOCK}", id="path with a dot"),
        pytest.param(f"/home/me/shapes/lib/shape.ml\n{BLOCK}", id="absolute path"),
        pytest.param(f"shape.ml\n{BLOCK}", id="bare name"),
        pytest.param(f"lib/shape.ml\n{BLOCK}".replace("SEARCH", "HEAD").replace("REPLACE", "branch"), id="git's markers"),
        pytest.param(
            f"lib/shape.ml\n{BLOCK}".replace("<<<<<<<", "<<<<<").replace("=======", "=====").replace(">>>>>>>", ">>>>>"),
            id="short markers",
        ),
        pytest.param(f"lib/shape.ml\n{BLOCK}".replace("\n", "\r\n"), id="CRLF answer"),
        pytest.param(f"lib/shape.ml\n{BLOCK}\nOnce more:\n\nlib/shape.ml\n{BLOCK}", id="the same block twice", marks=[]),
        pytest.param(f"<think>\nlib/shape.mli\n{BLOCK}</think>\nlib/shape.ml\n{BLOCK}", id="thoughts before it"),
    ],
)
def test_dress(answer: str) -> None:
    if "Once more" in answer:
        assert reading(answer).patch == reading(f"lib/shape.ml\n{BLOCK}").patch
    else:
        check_same(answer)


@pytest.mark.parametrize(
    ("rung", "block"),
    [
        ("trailing-space", BLOCK.replace("let area s =\n  s.width * s.width\n", "let area s =   \n  s.width * s.width \n")),
        ("indentation", "\n".join(line if line[0] in "<=>" else f"    {line}" for line in BLOCK.split("\n") if line) + "\n"),
        ("tabs", BLOCK.replace("  s.", "\ts.")),
    ],
)
def test_spaces(rung: str, block: str) -> None:
    check_same(f"lib/shape.ml\n{block}", rung)


def test_a_dedented_block_is_indented_again() -> None:
    check(
        """\
        lib/shape.ml
        <<<<<<< SEARCH
        let volume s =
          area s * depth
        =======
        let volume s =
          let ground = area s in
          ground * depth
        >>>>>>> REPLACE
        """,
        snapshot("""\
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -10,5 +10,6 @@
   let depth = 1
 \n\
   let volume s =
-    area s * depth
+    let ground = area s in
+    ground * depth
 end
block 1: indentation
"""),
    )


def test_curly_quotes_become_straight() -> None:
    files = {"a.ml": "let hello = \"hello\"\nlet quote = 'q'\n"}
    check(
        """\
        a.ml
        <<<<<<< SEARCH
        let hello = “hello”
        =======
        let hello = “goodbye”
        >>>>>>> REPLACE
        """,
        snapshot("""\
--- a/a.ml
+++ b/a.ml
@@ -1,2 +1,2 @@
-let hello = "hello"
+let hello = "goodbye"
 let quote = 'q'
block 1: typography
"""),
        files,
    )


def test_an_elided_middle_stays() -> None:
    check(
        """\
        lib/shape.ml
        <<<<<<< SEARCH
        type t = { width : int; height : int }
        ...
        let perimeter s =
          2 * (s.width + s.height)
        =======
        type t = { width : float; height : float }
        ...
        let perimeter s =
          2. *. (s.width +. s.height)
        >>>>>>> REPLACE
        """,
        snapshot("""\
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -1,10 +1,10 @@
-type t = { width : int; height : int }
+type t = { width : float; height : float }
 \n\
 let area s =
   s.width * s.width
 \n\
 let perimeter s =
-  2 * (s.width + s.height)
+  2. *. (s.width +. s.height)
 \n\
 module Solid = struct
   let depth = 1
block 1: elision
"""),
    )


def test_several_files_all_or_none() -> None:
    check(
        f"""\
lib/shape.ml
{BLOCK}
lib/shape.mli
<<<<<<< SEARCH
val circumference : t -> int
=======
val circumference : t -> float
>>>>>>> REPLACE
""",
        snapshot("""\
complaint: Block 2 (lib/shape.mli): These lines are not in the file.
Looked for:
    val circumference : t -> int
None of its lines is in the file.
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
"""),
    )


def test_a_new_file_a_deletion_and_a_rename() -> None:
    check(
        """\
        Delete: dune-project

        Rename: lib/shape.mli -> lib/form.mli

        lib/form.mli
        <<<<<<< SEARCH
        val perimeter : t -> int
        =======
        val perimeter : t -> float
        >>>>>>> REPLACE

        lib/circle.ml
        ```ocaml
        <<<<<<< SEARCH
        =======
        let pi = 3.14
        >>>>>>> REPLACE
        ```
        """,
        snapshot("""\
deleted file mode 100644
--- a/dune-project
+++ /dev/null
@@ -1 +0,0 @@
-(lang dune 3.0)
new file mode 100644
--- /dev/null
+++ b/lib/circle.ml
@@ -0,0 +1 @@
+let pi = 3.14
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
block 1: delete
block 2: rename
block 3: exact
block 4: create
"""),
    )


def test_a_block_that_matches_twice_is_refused_with_all_places() -> None:
    files = {"a.ml": "let x = 1\nlet y = 2\nlet x = 1\n"}
    check(
        "a.ml\n<<<<<<< SEARCH\nlet x = 1\n=======\nlet x = 3\n>>>>>>> REPLACE\n",
        snapshot("""\
complaint: Block 1 (a.ml): These lines occur 2 times, at lines 1 and 3. Add the lines above or below the place until they fit it only.
Looked for:
    let x = 1
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
"""),
        files,
    )


def test_a_block_that_is_nowhere_is_refused_with_the_nearest_lines() -> None:
    check(
        """\
        lib/shape.ml
        <<<<<<< SEARCH
        let perimeter s =
          2 * (s.width + s.depth)
        =======
        let perimeter s = 0
        >>>>>>> REPLACE
        """,
        snapshot("""\
complaint: Block 1 (lib/shape.ml): These lines are not in the file.
Looked for:
    let perimeter s =
      2 * (s.width + s.depth)
The nearest lines of the file, 6 to 7:
        6 | let perimeter s =
        7 |   2 * (s.width + s.height)
The first to differ is line 7: the file has '2 * (s.width + s.height)', the block '2 * (s.width + s.depth)'.
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
"""),
    )


def test_what_is_done_already_is_said_to_be() -> None:
    check(
        """\
        lib/shape.ml
        <<<<<<< SEARCH
        let surface s =
          2 * (s.width + s.height)
        =======
        let perimeter s =
          2 * (s.width + s.height)
        >>>>>>> REPLACE
        """,
        snapshot("""\
complaint: Block 1 (lib/shape.ml): These lines are not in the file.
Looked for:
    let surface s =
      2 * (s.width + s.height)
The file already has what the block leads to, at line 6: leave the block out if so.
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
"""),
    )


def test_stale_lines_pass_where_the_definition_names_the_place() -> None:
    files = {"a.ml": "let run log =\n  log 1;\n  check ();\n  finish ()\n\nlet stop log =\n  log 1;\n  check ();\n  finish ()\n"}
    check(
        """\
        a.ml
        <<<<<<< SEARCH
        let stop log =
          log 0;
          check ();
          finish ()
        =======
        let stop log =
          log 0;
          check ();
          finish_all ()
        >>>>>>> REPLACE
        """,
        snapshot("""\
--- a/a.ml
+++ b/a.ml
@@ -6,4 +6,4 @@
 let stop log =
   log 1;
   check ();
-  finish ()
+  finish_all ()
block 1: named
"""),
        files,
    )


def test_a_twin_of_a_stale_place_is_refused() -> None:
    files = {
        "a.ml": "let run log =\n  log 1;\n  check ();\n  finish ()\n\nlet stop log =\n  log 1;\n  check ();\n  finish_all ()\n"
    }
    check(
        """\
        a.ml
        <<<<<<< SEARCH
        let stop log =
          log 1;
          check ();
          finish ()
        =======
        let stop log =
          log 1;
          check ();
          finish_some ()
        >>>>>>> REPLACE
        """,
        snapshot("""\
complaint: Block 1 (a.ml): These lines are not in the file.
Looked for:
    let stop log =
      log 1;
      check ();
      finish ()
The nearest lines of the file, 1 to 4:
        1 | let run log =
        2 |   log 1;
        3 |   check ();
        4 |   finish ()
The first to differ is line 1: the file has 'let run log =', the block 'let stop log ='.
Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.
"""),
        files,
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(BLOCK, "names no file", id="no path"),
        pytest.param(f"lib/shape.ml\n{BLOCK}".replace("=======\n", ""), "no ======= line", id="no divider"),
        pytest.param(f"lib/shape.ml\n{BLOCK}".replace(">>>>>>> REPLACE\n", ""), "cut off", id="no end"),
        pytest.param(f"lib/shape.ml\n```ocaml\n{BLOCK}", "ends inside a fence", id="open fence"),
        pytest.param(f"lib/shap.ml\n{BLOCK}", "There is no file", id="no such file"),
        pytest.param(f"../lib/shape.ml\n{BLOCK}", "leads out of the workspace", id="out of the workspace"),
        pytest.param(
            f"_build/default/lib/shape.ml\n{BLOCK}".replace("SEARCH\nlet area s =\n  s.width * s.width\n", "SEARCH\n"),
            "never writes",
            id="build output",
        ),
        pytest.param(
            "lib/shape.ml\n<<<<<<< SEARCH\n=======\nlet x = 1\n>>>>>>> REPLACE\n", "exists already", id="new file that is there"
        ),
        pytest.param(
            f"lib/shape.ml\n{BLOCK}".replace("  s.width * s.height", "  (* ... rest unchanged ... *)"),
            "Write every line",
            id="lazy",
        ),
        pytest.param(
            f"lib/shape.ml\n{BLOCK}".replace("  s.width * s.height", "  ...\n  s.height"), "Write every line", id="bare dots"
        ),
        pytest.param(
            f"lib/shape.ml\n{BLOCK}lib/shape.ml\n{BLOCK.replace('s.height', 's.depth')}",
            "which block 1 changes",
            id="blocks disagree",
        ),
        pytest.param(
            f"lib/shape.ml\n{BLOCK}\n```diff\n--- a/dune-project\n+++ b/dune-project\n@@ @@\n-x\n+y\n```\n",
            "mixes",
            id="two formats",
        ),
        pytest.param(f"lib/shape.ml\n{BLOCK}lib/dune\n```\n(library)\n```\n", "beside blocks", id="a file shown whole"),
        pytest.param(f"lib/shape.ml\n{BLOCK}".replace("s.height", "s.<|im_end|>"), "belongs to no file", id="control token"),
        pytest.param(
            "lib/shape.ml\n<<<<<<< SEARCH\n\n=======\nlet x = 1\n\n>>>>>>> REPLACE\n", "only blank lines", id="blank search"
        ),
        pytest.param("Looks good to me.", "no edit", id="no edit"),
        pytest.param("", "is empty", id="nothing"),
    ],
)
def test_refused(answer: str, why: str) -> None:
    found = reading(answer)
    assert found.patch is None
    assert any(why in complaint.message for complaint in found.complaints), found.complaints


def test_line_ends_and_the_end_of_the_file_stay() -> None:
    files = {"a.ml": "let a = 1\r\nlet b = 2\r\nlet c = 3"}
    found = reading(
        "a.ml\n<<<<<<< SEARCH\nlet b = 2\nlet c = 3\n=======\nlet b = 4\nlet b' = 5\nlet c = 3\n>>>>>>> REPLACE\n", files
    )
    assert found.patch is not None
    assert found.patch.changes[0].after == "let a = 1\r\nlet b = 4\r\nlet b' = 5\r\nlet c = 3"


def test_a_block_without_a_path_means_the_default_file() -> None:
    found = reading(BLOCK, path="lib/shape.ml")
    assert found.patch is not None
    assert found.patch.paths == ("lib/shape.ml",)


def test_a_divider_that_is_also_a_line_of_the_file() -> None:
    files = {"notes.md": "Title\n=======\nold text\nmore\n"}
    both = "notes.md\n<<<<<<< SEARCH\nTitle\n=======\nold text\n=======\nTitle\n=======\nnew text\n>>>>>>> REPLACE\n"
    assert "read in two ways" in reading(both, files).complaints[0].message
    found = reading("notes.md\n<<<<<<< SEARCH\n=======\nold text\n=======\n=======\nnew text\n>>>>>>> REPLACE\n", files)
    assert found.patch is not None
    assert found.patch.changes[0].after == "Title\n=======\nnew text\nmore\n"


def test_prose_is_kept_for_people() -> None:
    assert reading(f"I swap the factor.\n\nlib/shape.ml\n{BLOCK}\nDone.").prose == snapshot(
        "I swap the factor. lib/shape.ml Done."
    )


def test_a_block_that_wants_another_blocks_result_is_refused() -> None:
    files = {"a.ml": "let a = 1\nlet b = 2\nlet c = 3\n"}
    block = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
    answer = "a.ml\n" + block.format("let a = 1", "let c = 3") + block.format("let c = 3", "let c = 4")
    assert "another block makes" in reading(answer, files).complaints[0].message


def test_a_block_that_changes_nothing_must_at_least_be_there() -> None:
    same = "<<<<<<< SEARCH\n{0}\n=======\n{0}\n>>>>>>> REPLACE\n"
    assert (
        reading(f"lib/shape.ml\n{BLOCK}lib/dune\n{same.format(' (name shapes))')}").patch
        == reading(f"lib/shape.ml\n{BLOCK}").patch
    )
    assert reading(f"lib/shape.ml\n{BLOCK}lib/dune\n{same.format(' (name forms))')}").patch is None


@pytest.mark.parametrize("lines", ["let area s =\ns.width * s.width", " let area s =\n      s.width * s.width"])
def test_ragged_indentation_is_refused(lines: str) -> None:
    found = reading(f"lib/shape.ml\n<<<<<<< SEARCH\n{lines}\n=======\nlet area s =\ns.height\n>>>>>>> REPLACE\n")
    assert found.patch is None
    assert "differs from line to line" in found.complaints[0].message
