"""Where an answer fits by luck, what it shows elsewhere speaks against it. Each of these was once applied to the wrong place."""

import html

import pytest

from tests.support.answers import reading

BLOCK = "<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"


def blocks(*pairs: tuple[str, str]) -> str:
    return "a.ml\n" + "\n".join(BLOCK.format(search, put) for search, put in pairs)


def after(answer: str, files: dict[str, str]) -> str | None:
    found = reading(answer, files)
    return found.patch.changes[0].after if found.patch else None


def test_a_block_that_is_once_only_thanks_to_spaces_is_refused_where_another_lost_its_spaces() -> None:
    files = {"a.ml": "let f x =\n  begin\n    go x\n  end\n\nlet g y =\n  begin\n    begin\n      go y\n    end\n  end\n"}
    honest = blocks(("    go x", "    go (x + 1)"), ("    end\n  end", "    end;\n  end"))
    assert after(honest, files) is not None
    # the first block came with two spaces too many; so did the second, perhaps, and then it means another `end`
    moved = blocks(("let g y =\n    begin", "let g z =\n    begin"), ("    end", "    end;"))
    assert after(moved, files) is None


def test_blank_lines_at_the_end_of_a_block_are_part_of_its_place() -> None:
    files = {"a.ml": "let f =\n  begin\n    begin\n      1\n    end\n  end\n\n\n"}
    # as if by `end` alone, with two spaces more, it would go into the inner one, which has no blank lines below it
    answer = blocks(("    end\n\n", "    end\n\n    let r = 2\n\n"))
    assert after(answer, files) == "let f =\n  begin\n    begin\n      1\n    end\n  end\n\n  let r = 2\n\n\n"


def test_spaces_at_line_ends_do_not_change_which_lines_a_block_shows() -> None:
    files = {"a.ml": "let a =\n  1\n\n\n"}
    answer = blocks(("  1\n \n ", "  1\n \n \nlet b = 2\n\n"))
    assert after(answer, files) == "let a =\n  1\n\n\nlet b = 2\n\n\n"


def test_a_function_and_its_changed_copy_go_into_one_answer() -> None:
    body = "  match x with\n  | 0 -> zero ()\n  | n ->\n    let s = digits 17 n in\n    put s\n"
    files = {"a.ml": f"let slow x =\n{body}\nlet z = 1\n"}
    answer = blocks(
        ("let slow x =\n  match x with", f"let fast x =\n{body}\nlet slow x =\n  match x with"),
        ("  | n ->\n    let s = digits 17 n in", "  | n ->\n    let s = digits 16 n in"),
    )
    assert after(answer, files) == f"let fast x =\n{body}\nlet slow x =\n{body.replace('17', '16')}\nlet z = 1\n"


def test_a_stale_line_does_not_make_the_place_of_its_twin() -> None:
    lines = 'let write ?(sep = "") oc g =\n  let rec again () = match g () with\n    | None -> ()\n    | Some s ->\n'
    lines += "      output oc sep;\n      output oc s;\n      again ()\n  in\n  match g () with\n  | None -> ()\n  | Some s ->\n"
    shown = lines + "      output oc s;\n      again ()"
    files = {"a.ml": lines + "      output oc s;\n      again () (* since *)\n"}
    assert after(blocks((shown, shown + " (* checked *)")), files) is None


def test_a_name_may_begin_with_an_underscore_or_be_a_word_of_the_format() -> None:
    files = {"a.ml": "let _empty = 1\n\nlet empty = 2\n\nlet after = 3\n\nlet x = 4\n"}

    def defined(head: str, text: str) -> str | None:
        return after(f"a.ml: {head}\n```ocaml\n{text}\n```\n", files)

    assert defined("_empty", "let _empty = 9") == files["a.ml"].replace("_empty = 1", "_empty = 9")
    assert defined("after", "let after = 9") == files["a.ml"].replace("after = 3", "after = 9")
    assert defined("after x", "let y = 9") == files["a.ml"] + "\nlet y = 9\n"
    assert defined("**after** `x`", "let y = 9") == files["a.ml"] + "\nlet y = 9\n"
    assert defined("before", "let before = 9") is None


@pytest.mark.parametrize(
    ("before", "new"),
    [
        ("val one : int -> int\n\nval two : int -> int\n", "val one : int -> int\n\nval three : int -> int\n"),
        ("type t\n\nval a : t\n", "module Repr : sig\n  type t\nend\n\nval a : t\n"),
    ],
)
def test_a_declaration_is_not_excused_by_another_that_looks_alike(before: str, new: str) -> None:
    found = reading(f"a.mli\n```ocaml\n{new}```\n", {"a.mli": before})
    assert found.patch is None
    assert "lacks" in found.complaints[0].message


def test_a_comment_that_starts_with_dots_is_text() -> None:
    files = {"a.mli": "val a : int\n"}
    answer = "a.mli\n" + BLOCK.format("val a : int", "val a : int\n(** ...\n    raises [Not_found] if there is none. *)")
    assert reading(answer, files).patch is not None
    lazy = "a.mli\n" + BLOCK.format("val a : int", "val a : int\n(* ...\n    rest of the file unchanged ... *)")
    assert reading(lazy, files).patch is None


def test_one_removed_name_lets_one_definition_go() -> None:
    files = {"a.mli": "type info = int\n\nval info : int\n\nval v : int\n"}

    def without(removed: str, text: str = "val v : int\n") -> str | None:
        return after(f"a.mli\nRemoved: {removed}\n```ocaml\n{text}```\n", files)

    assert without("info") is None
    assert without("info, info") == "val v : int\n"
    assert without("type info", "val info : int\n\nval v : int\n") == "val info : int\n\nval v : int\n"
    assert without("type info", "type info = int\n\nval v : int\n") is None


def test_a_file_under_a_long_list_of_removed_names_is_not_dropped() -> None:
    names = [f"name_{number}" for number in range(400)]
    files = {"a.mli": "".join(f"val {name} : int\n" for name in names), "b.ml": "let b = 1\n"}
    answer = f"a.mli\nRemoved: {', '.join(names)}\n```ocaml\nval v : int\n```\n\nb.ml\n```ocaml\nlet b = 2\n```\n"
    found = reading(answer, files)
    assert found.patch is not None
    assert found.patch.paths == ("a.mli", "b.ml")
    assert reading(answer.replace("a.mli\n", "That file\n", 1), files).patch is None, "half an answer"


def test_the_language_of_a_fence_is_no_file() -> None:
    files = {"dune": "(data_only_dirs x)\n", "lib/dune": "(library\n (name a))\n"}
    found = reading("lib/dune\n```dune\n(library\n (name a)\n (libraries str))\n```\n", files)
    assert found.patch is not None
    assert found.patch.paths == ("lib/dune",)
    found = reading("lib/dune\n```dune\n<<<<<<< SEARCH\n (name a))\n=======\n (name b))\n>>>>>>> REPLACE\n```\n", files)
    assert found.patch is not None
    assert found.patch.paths == ("lib/dune",)


DRESSED = {
    "line numbers": (("   1 | let a =\n   2 |   1", "   1 | let a =\n   2 |   2\n   3 |"), "let a =\n  2\n\n\nlet b = a > 1\n"),
    "a diff's marks": (("-  1", "+  2"), "let a =\n  2\n\nlet b = a > 1\n"),
    "its path": (("(* a.ml *)\n  1", "(* a.ml *)\n  2"), "let a =\n  2\n\nlet b = a > 1\n"),
    "spaces of no width": (("let a \u200b=\n  1", "let a \u200b=\n  \u200b2"), "let a =\n  2\n\nlet b = a > 1\n"),
}


@pytest.mark.parametrize("name", DRESSED)
def test_a_block_is_undressed(name: str) -> None:
    pair, meant = DRESSED[name]
    assert after(blocks(pair), {"a.ml": "let a =\n  1\n\nlet b = a > 1\n"}) == meant


def test_numbers_that_do_not_follow_each_other_are_no_line_numbers() -> None:
    files = {"a.ml": "let a =\n  1\n"}
    assert after(blocks(("   1 | let a =\n   7 |   1", "   1 | let a =\n   7 |   2")), files) is None


def test_an_answer_with_a_web_pages_escapes_is_read() -> None:
    files = {"a.ml": "let f = function\n  | A -> 1\n  | B -> 2\n"}
    escaped = html.escape(blocks(("  | B -> 2", '  | B -> "&amp;"')), quote=False)
    assert after(escaped, files) == 'let f = function\n  | A -> 1\n  | B -> "&amp;"\n'


def test_escapes_in_a_string_are_meant() -> None:
    files = {"a.ml": 'let arrow = "->"\n'}
    assert after('a.ml: arrow\n```ocaml\nlet arrow = "-&gt;"\n```\n', files) == 'let arrow = "-&gt;"\n'


def test_a_heading_that_reads_like_two_lines_still_says_where_the_place_is_not() -> None:
    stanza = "let {0} =\n  let {0} =\n    create\n      ~name:1\n      ~desc:2\n  in\n  {0}\n"
    stale = stanza.format("beta").replace("~desc:2", "~desc:2 (* since *)")
    answer = "a.ml\n```diff\n--- a/a.ml\n+++ b/a.ml\n@@ -10,3 +10,3 @@ let {} =\n     create\n       ~name:1\n-      ~desc:2\n+      ~desc:3\n```\n"
    files = {"a.ml": f"{stanza.format('alpha')}\n{stale}"}
    assert after(answer.format("alpha"), files) is not None
    assert after(answer.format("beta"), files) is None


def test_a_stretch_that_stands_twice_in_the_named_definition_but_for_one_line_is_refused() -> None:
    step = "  let x = x lsr 8 in\n  let pop = pop + x in\n"
    twin = f"let one x =\n{step}{step}  pop\n\nlet two x =\n{step}{step}"
    answer = "a.ml\n```diff\n--- a/a.ml\n+++ b/a.ml\n@@ -9,3 +9,3 @@ let two x =\n   let x = x lsr 8 in\n   let pop = pop + x in\n-  pop\n+  pop + 1\n```\n"
    assert after(answer, {"a.ml": f"{twin}  pop\n"}) is not None
    stale = answer.replace("-  pop\n+  pop + 1", "-  let x = x lsr 8 in\n+  let x = x lsr 4 in")
    assert after(stale, {"a.ml": twin.replace(step, f"{step}  let x = x lsr 8 in (* since *)\n") + "  pop\n"}) is None
