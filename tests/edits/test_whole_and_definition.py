"""Whole files and whole definitions."""

import pytest
from inline_snapshot import snapshot

from aid_lsp.edits.read import FORMATS, instructions
from tests.support.answers import SHAPES, drawn, reading


def whole(path: str, text: str, say: str = "") -> str:
    return f"{path}\n{say}```ocaml\n{text}```\n"


def test_a_whole_file() -> None:
    assert drawn(
        reading(whole("lib/shape.ml", SHAPES["lib/shape.ml"].replace("s.width * s.width", "s.width * s.height")))
    ) == snapshot("""\
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -1,7 +1,7 @@
 type t = { width : int; height : int }
 \n\
 let area s =
-  s.width * s.width
+  s.width * s.height
 \n\
 let perimeter s =
   2 * (s.width + s.height)
block 1: whole-file
""")


def test_a_lost_definition_is_refused() -> None:
    text = SHAPES["lib/shape.ml"].replace("let perimeter s =\n  2 * (s.width + s.height)\n\n", "")
    assert drawn(reading(whole("lib/shape.ml", text))) == snapshot(
        "complaint: Block 1 (lib/shape.ml): The new text lacks `perimeter`, which the file has. Write the whole file; if they shall go, say so on a line `Removed: perimeter` between path and fence. Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.\n"
    )


def test_a_definition_removed_on_purpose_is_not() -> None:
    text = SHAPES["lib/shape.ml"].replace("let perimeter s =\n  2 * (s.width + s.height)\n\n", "")
    assert reading(whole("lib/shape.ml", text, "Removed: perimeter\n")).patch is not None


def test_a_renamed_definition_is_not_lost() -> None:
    assert reading(whole("lib/shape.ml", SHAPES["lib/shape.ml"].replace("perimeter", "circumference"))).patch is not None


@pytest.mark.parametrize(
    "line",
    ["...", "(* ... *)", "(* rest unchanged *)", "(* ... existing code ... *)", "  (* the rest of the file is unchanged *)"],
)
def test_an_elided_file_is_refused(line: str) -> None:
    text = SHAPES["lib/shape.ml"] + f"\n{line}\n"
    found = reading(whole("lib/shape.ml", text))
    assert found.patch is None
    assert "Write every line" in found.complaints[0].message


def test_a_renamed_definition_does_not_excuse_its_lost_twin() -> None:
    files = {"a.mli": "val one : int\n\nval two : int\n\nval ( * ) : int -> int\n"}
    renamed = "val one : int\n\nval three : int\n\nval ( * ) : int -> int\n"
    assert reading(whole("a.mli", renamed), files).patch is None, "nothing tells it from a `val` left out and another added"
    assert reading(whole("a.mli", renamed, "Removed: two\n"), files).patch is not None
    assert reading(whole("a.mli", "val three : int\n\nval ( * ) : int -> int\n"), files).patch is None
    assert reading(whole("a.mli", "val one : int\n\nval two : int\n"), files).patch is None
    assert reading(whole("a.mli", "val one : int\n\nval two : int\n", "Removed: *\n"), files).patch is not None


def test_a_file_that_is_all_indented_stays_so() -> None:
    files = {"a.ml": "let f = function\n  | A -> 1\n  | B -> 2\n"}
    found = reading(whole("a.ml", "  | A -> 1\n  | C -> 2\n", "Removed: f\n"), files)
    assert found.patch is not None
    assert found.patch.changes[0].after == "  | A -> 1\n  | C -> 2\n"


def test_an_indented_file_with_tabs_and_curly_quotes_comes_out_right() -> None:
    files = {"a.ml": 'let a =\n  if true then\n    "x"\n  else\n    "y"\n\nlet b = "z"\n'}
    answer = whole("a.ml", files["a.ml"].replace('"z"', '"w"').replace("    ", "\t\t").replace("  ", "\t").replace('"', "”"))
    found = reading(answer, files)
    assert found.patch is not None
    assert found.patch.changes[0].after == files["a.ml"].replace('"z"', '"w"')


def test_the_end_and_the_line_ends_of_a_file_stay() -> None:
    files = {"a.ml": "let a = 1\r\nlet b = 2"}
    found = reading(whole("a.ml", "let a = 1\nlet b = 3\n"), files)
    assert found.patch is not None
    assert found.patch.changes[0].after == "let a = 1\r\nlet b = 3"


def test_a_definition_replaces_its_own_and_keeps_the_comment() -> None:
    assert drawn(reading("lib/shape.mli: area\n```ocaml\nval area : t -> float\n```\n")) == snapshot("""\
--- a/lib/shape.mli
+++ b/lib/shape.mli
@@ -1,6 +1,6 @@
 type t = { width : int; height : int }
 \n\
-val area : t -> int
+val area : t -> float
 (** The area. *)
 \n\
 val perimeter : t -> int
block 1: anchor
""")


def test_a_nested_definition_is_named_by_its_path_and_indented() -> None:
    answer = "lib/shape.ml: Solid.volume\n```ocaml\nlet volume ?(scale = 1) s =\n  let ground = area s in\n  ground * depth * scale\n```\n"
    assert drawn(reading(answer)) == snapshot("""\
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -9,6 +9,7 @@
 module Solid = struct
   let depth = 1
 \n\
-  let volume s =
-    area s * depth
+  let volume ?(scale = 1) s =
+    let ground = area s in
+    ground * depth * scale
 end
block 1: anchor
""")


def test_a_nested_definition_cut_out_without_its_first_lines_indentation() -> None:
    files = {"a.ml": "module M = struct\n  let f x =\n    go x;\n    stop x\nend\n"}
    new = files["a.ml"].replace("stop x", "halt x")
    for body in ("let f x =\n    go x;\n    halt x", "let f x =\n  go x;\n  halt x", "  let f x =\n    go x;\n    halt x"):
        found = reading(f"a.ml: M.f\n```ocaml\n{body}\n```\n", files)
        assert found.patch is not None
        assert found.patch.changes[0].after == new


def test_new_definitions_beside_a_known_one_come_along() -> None:
    answer = "lib/shape.ml\n```ocaml\nlet square x = x * x\n\nlet area s =\n  square s.width\n```\n"
    assert drawn(reading(answer, format="definition")) == snapshot("""\
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -1,7 +1,9 @@
 type t = { width : int; height : int }
 \n\
+let square x = x * x
+
 let area s =
-  s.width * s.width
+  square s.width
 \n\
 let perimeter s =
   2 * (s.width + s.height)
block 1: anchor
""")


def test_added_after_deleted_and_a_stanza() -> None:
    answer = """\
lib/shape.ml: after area
```ocaml
let double s = 2 * area s
```

lib/shape.ml: delete perimeter

lib/dune: library shapes
```
(library
 (name shapes)
 (libraries str))
```

lib/fresh.ml: new file
```ocaml
let x = 1
```
"""
    assert drawn(reading(answer)) == snapshot("""\
--- a/lib/dune
+++ b/lib/dune
@@ -1,2 +1,3 @@
 (library
- (name shapes))
+ (name shapes)
+ (libraries str))
new file mode 100644
--- /dev/null
+++ b/lib/fresh.ml
@@ -0,0 +1 @@
+let x = 1
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ -3,8 +3,7 @@
 let area s =
   s.width * s.width
 \n\
-let perimeter s =
-  2 * (s.width + s.height)
+let double s = 2 * area s
 \n\
 module Solid = struct
   let depth = 1
block 1: anchor
block 2: anchor
block 3: anchor
block 4: create
""")


def test_a_member_of_a_chain() -> None:
    files = {"a.ml": "let rec even n =\n  n = 0 || odd (n - 1)\n\nand odd n =\n  n <> 0 && even (n - 1)\n\nlet last = 1\n"}
    for body in ("let odd n =\n  n = 1 || even (n - 1)\n", "and odd n =\n  n = 1 || even (n - 1)\n"):
        found = reading(f"a.ml: odd\n```ocaml\n{body}```\n", files)
        assert found.patch is not None
        assert found.patch.changes[0].after == files["a.ml"].replace("n <> 0 &&", "n = 1 ||")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(
            "lib/shape.ml: surface\n```ocaml\nlet surface = 1\n```\n", "no definition `surface`", id="no such definition"
        ),
        pytest.param("lib/shape.ml: area\n```ocaml\nlet area s = (\n```\n", "does not parse", id="does not parse"),
        pytest.param("lib/shape.ml: area\n```ocaml\ns.width\n```\n", "fence holds no definition", id="no definition"),
        pytest.param("lib/shape.ml\n```ocaml\nlet volume s = 0\n```\n", "name the definition by its path", id="nested, unnamed"),
        pytest.param("lib/shape.ml: t\n```ocaml\nlet t = 1\n```\n", "no definition `t`", id="another kind"),
    ],
)
def test_refused_definitions(answer: str, why: str) -> None:
    found = reading(answer, format="definition")
    assert found.patch is None
    assert any(why in complaint.message for complaint in found.complaints), found.complaints


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("counter.incr", "method incr = 2", "is a method, which cannot be replaced by itself: send the whole of `counter`"),
        ("Green", "Green of string", "is a constructor, which cannot be replaced by itself"),
    ],
)
def test_a_part_of_a_definition_is_not_replaced_by_itself(name: str, text: str, why: str) -> None:
    files = {"a.ml": "type color = Red | Green of int\n\nclass counter = object\n  method incr = 1\nend\n"}
    found = reading(f"a.ml: {name}\n```ocaml\n{text}\n```\n", files)
    assert found.patch is None
    assert why in found.complaints[0].message


@pytest.mark.parametrize("name", ['test "adds"', 'let%test "adds"', "adds", 'after test "too"', 'delete test "adds"'])
def test_a_test_is_named_by_its_title(name: str) -> None:
    files = {"a.ml": 'let%test "adds" = 1 + 1 = 2\n\nlet%test "too" = true\n'}
    fence = "" if name.startswith("delete") else '```ocaml\nlet%test "adds" = 1 + 2 = 3\n```\n'
    found = reading(f"a.ml: {name}\n{fence}", files)
    assert found.patch is not None, found.complaints
    first, second = files["a.ml"].split("\n\n")
    now = {"after": [first, second.strip(), 'let%test "adds" = 1 + 2 = 3\n'], "delete": [second]}
    expected = now.get(name.partition(" ")[0], ['let%test "adds" = 1 + 2 = 3', second])
    assert found.patch.changes[0].after == "\n\n".join(expected)


LEXER = """\
{
let finish v =
  read v

let rec one x = two x

and two x = x
}

let digit = ['0'-'9']

rule token = parse
  | digit+ { INT }

and comment v = parse
  | eof { v }
"""
GRAMMAR = """\
%{
let fail x = x
%}
%token <int> INT
%start <int> main
%%
main: expr EOF { $1 }

expr:
| INT { $1 }
"""


@pytest.mark.parametrize(
    ("path", "name", "old", "new"),
    [
        ("a.mll", "finish", "let finish v =\n  read v", "let finish v =\n  read v;\n  close v"),
        ("a.mll", "two", "and two x = x", "and two x = x + 1"),
        ("a.mll", "digit", "let digit = ['0'-'9']", "let digit = ['0'-'8']"),
        ("a.mll", "token", "rule token = parse\n  | digit+ { INT }", "rule token = parse\n  | digit { INT }"),
        ("a.mll", "comment", "and comment v = parse\n  | eof { v }", "and comment v = parse\n  | eof { v + 1 }"),
        pytest.param(
            "a.mll",
            "comment",
            "and comment v = parse\n  | eof { v }",
            "and comment v = parse\n  | eof {\n    #ifdef É\n      v\n    #else\n      v + 1\n    #endif\n    }",
            id="a preprocessor's lines",
        ),
        ("a.mly", "fail", "let fail x = x", "let fail x = x + 1"),
        ("a.mly", "expr", "expr:\n| INT { $1 }", "expr:\n| INT { $1 + 1 }"),
    ],
)
def test_definitions_of_lexers_and_grammars(path: str, name: str, old: str, new: str) -> None:
    files = {"a.mll": LEXER, "a.mly": GRAMMAR}
    assert old in files[path]
    found = reading(f"{path}: {name}\n```ocaml\n{new}\n```\n", files)
    assert found.patch is not None, found.complaints
    assert found.patch.changes[0].after == files[path].replace(old, new)


def test_a_name_that_the_file_has_twice_is_refused() -> None:
    files = {"a.ml": "let x = 1\n\nlet x = 2\n"}
    assert drawn(reading("a.ml: x\n```ocaml\nlet x = 3\n```\n", files)) == snapshot(
        "complaint: Block 1 (a.ml): `x` fits several definitions: value `x`, value `x`. Name it by its whole path, or send lines to search for. Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged.\n"
    )


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "auto"])
def test_the_example_in_each_formats_instructions_is_read(name: str) -> None:
    """What a model is told must itself be an answer that applies."""
    files = {**SHAPES, "lib/shape.ml": "let area s =\n  s.width * s.width\n", "lib/old.ml": "let old = 1\n"}
    if name in ("search_replace",):
        files["lib/shape.ml"] = "let area s = s.width * s.width\n"
    found = reading(instructions(name), files, format=name)
    assert found.patch is not None, found.complaints
    assert "lib/shape.ml" in found.patch.paths
