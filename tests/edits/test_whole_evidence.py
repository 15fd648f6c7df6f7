"""What a whole file or definition must show before it is believed: definitions left out, lines left out, tabs, a fence without a path."""

import time

import pytest
from inline_snapshot import snapshot

from aid_lsp.edits.complain import told
from aid_lsp.edits.patch import Complaint
from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor
from tests.support.answers import SHAPES, reading


def whole(path: str, text: str) -> str:
    return f"{path}\n```ocaml\n{text}```\n"


def after(answer: str, files: dict[str, str], kind: str = "auto") -> str | None:
    found = reading(answer, files, format=kind)
    return None if found.patch is None else found.patch.changes[0].after


def test_a_val_amid_errors_does_not_stand_for_the_let_that_was_left_out() -> None:
    files = {"a.ml": "let lift = Lwt.return\n\nlet map f e =\n  Lwt.map\n    (function\n      | Error e -> Error (f e))\n    e\n"}
    broken = "let map f e =\n  Lwt.map\n    (function\n      val lift : int -> int\n      end\n      | Error e -> Error (f e))\n    e\n"
    found = reading(whole("a.ml", broken), files)
    assert found.patch is None
    assert "lacks `value lift`" in found.complaints[0].message


def test_a_local_name_amid_errors_does_not_stand_for_a_definition() -> None:
    files = {"a.ml": "let one = compute 1\n\nlet two = compute 2\n\nlet three =\n  go ()\n"}
    broken = "let two = compute 2\n\nlet three =\n  go (\n\nlet one = 3 in\n  one\n"
    assert after(whole("a.ml", broken), files) is None
    assert after(whole("a.ml", files["a.ml"].replace("go ()", "go (")), files) is not None, (
        "errors alone are not lost definitions"
    )


def test_a_definition_that_changes_amid_errors_is_not_lost_if_it_begins_as_before() -> None:
    files = {"a.ml": "let one = 1\n\nlet two f = function\n  | A -> f\n\nlet three a =\n  a\n\nlet four = two three\n"}
    wrong = "let one = 1\n| B -> 1\nlet three a =\n" + files["a.ml"].replace("-> f", "-> f_1").replace("let three", "let three_2")
    answer = whole("a.ml", wrong)
    assert after(answer, files) == wrong
    assert after(answer.replace("let two f = function\n  | A -> f_1\n\n", ""), files) is None


HIDDEN = "".join(f"val v{number} : int\n" for number in range(6))


@pytest.mark.parametrize("wrong", ['(* a "quote *)\n', "match t with\n| A\n(x (fun l -> \\\n", "let = (\n"])
def test_definitions_that_an_error_above_hides_are_not_lost(wrong: str) -> None:
    files = {"a.mli": HIDDEN}
    assert after(whole("a.mli", wrong + HIDDEN), files) == wrong + HIDDEN
    assert after(whole("a.mli", wrong + HIDDEN.replace("val v3 : int\n", "")), files) is None


COMMENTED = """\
(** To use it:
    open Shape
    ...
    close Shape *)
let area s =
  log "area";
  s.width * s.width

let all = 1
"""


@pytest.mark.parametrize("old", ["s.width * s.width", "close Shape", "open Shape"])
def test_dots_that_the_file_has_itself_stay(old: str) -> None:
    """In every format: beside lines that stay, and beside one that changes."""
    files = {"a.ml": COMMENTED}
    new = COMMENTED.replace(old, "other x")
    assert after(whole("a.ml", new), files) == new
    definition = new.partition("\n\n")[0]
    assert after(f"a.ml: area\n```ocaml\n{definition}\n```\n", files) == new
    search = COMMENTED.partition("\n\n")[0]
    assert after(f"a.ml\n<<<<<<< SEARCH\n{search}\n=======\n{definition}\n>>>>>>> REPLACE\n", files) == new


DECLARED = COMMENTED.replace('log "area";', "(* ... *)")


@pytest.mark.parametrize(
    "answer",
    [
        whole("a.ml", DECLARED),
        f"a.ml: area\n```ocaml\n{DECLARED.partition(chr(10) * 2)[0]}\n```\n",
        'a.ml\n<<<<<<< SEARCH\n  log "area";\n=======\n  (* ... *)\n>>>>>>> REPLACE\n',
        '```diff\n--- a/a.ml\n+++ b/a.ml\n@@\n let area s =\n-  log "area";\n+  (* ... *)\n```\n',
        '*** Begin Patch\n*** Update File: a.ml\n@@\n let area s =\n-  log "area";\n+  (* ... *)\n*** End Patch\n',
    ],
    ids=["whole_file", "definition", "search_replace", "unified_diff", "apply_patch"],
)
def test_dots_are_text_where_the_answer_declares_them(answer: str) -> None:
    files = {"a.ml": COMMENTED}
    refused = reading(answer, files)
    assert "`Verbatim: (* ... *)`" in refused.complaints[0].message
    for said in ("Verbatim: (* ... *)", "**Verbatim:** `(* ... *)`", "- verbatim: (* ... *)"):
        assert after(f"{said}\n\n{answer}", files) == DECLARED
    assert after(f"Verbatim: (* other ... *)\n\n{answer}", files) is None


def test_each_line_of_dots_is_declared() -> None:
    files = {"a.ml": COMMENTED}
    twice = whole("a.ml", DECLARED.replace("let all = 1", "(* ... *)\nlet all = 1"))
    said = reading(f"Verbatim: (* ... *)\n\n{twice}", files).complaints[0].message
    assert "adds '(* ... *)' 2 times and declares 1" in said
    assert after(f"Verbatim: (* ... *)\nVerbatim: (* ... *)\n\n{twice}", files) is not None


def test_a_new_file_holds_dots_that_are_declared() -> None:
    answer = whole("b.ml", "let x = 1\n(* ... *)\n")
    assert after(answer, {}) is None
    assert after(f"Verbatim: (* ... *)\n\n{answer}", {}) == "let x = 1\n(* ... *)\n"


def test_a_diff_keeps_the_dots_that_it_marks_as_kept() -> None:
    hunk = "--- a/a.ml\n+++ b/a.ml\n@@\n-    open Shape\n     ...\n-    close Shape *)\n+    close x *)\n let area s =\n"
    assert after(f"```diff\n{hunk}```\n", {"a.ml": COMMENTED}) == COMMENTED.replace("    open Shape\n", "").replace(
        "e Shape *", "e x *"
    )


@pytest.mark.parametrize("kind", ["whole_file", "definition", "search_replace"])
@pytest.mark.parametrize(
    ("gone", "left"),
    [
        pytest.param(
            '    ...\n    close Shape *)\nlet area s =\n  log "area";\n', "    ...\n", id="instead of lines around the dots"
        ),
        pytest.param('  log "area";\n', "  ...\n", id="once more, instead of a line"),
    ],
)
def test_dots_instead_of_lines_are_refused_though_the_file_has_dots(kind: str, gone: str, left: str) -> None:
    assert gone in COMMENTED
    lazy = COMMENTED.replace(gone, left)
    search, put = COMMENTED.partition("\n\n")[0], lazy.partition("\n\n")[0]
    answers = {
        "whole_file": whole("a.ml", lazy),
        "definition": f"a.ml: area\n```ocaml\n{put}\n```\n",
        "search_replace": f"a.ml\n<<<<<<< SEARCH\n{search}\n=======\n{put}\n>>>>>>> REPLACE\n",
    }
    assert after(answers[kind], {"a.ml": COMMENTED}, kind) is None


def test_tabs_are_spaces_again_though_most_tabbed_lines_move() -> None:
    lines = ["let f x =", "    if x then", "        1", "    else", "        2", "", "let g = 1", ""]
    moved = ["let f x =", *("  " + line if line else line for line in lines[1:2]), *lines[2:]]
    tabbed = "\n".join(line.replace("    ", "\t").replace("  \t", "\t  ") for line in moved)
    assert "\t" in tabbed
    assert after(whole("a.ml", tabbed), {"a.ml": "\n".join(lines)}) == "\n".join(moved)


def test_tabs_of_no_clear_width_are_refused() -> None:
    files = {"a.ml": "let f x =\n    g\n\nlet h =\n        k\n"}
    assert after(whole("a.ml", "let f x =\n\tg\n\nlet h =\n\tk\n"), files) is None


def test_the_fence_without_a_path_is_the_one_file_that_is_spoken_of() -> None:
    new = SHAPES["lib/shape.ml"].replace("s.width * s.width", "s.width * s.height")
    assert after(f"I corrected the area in `lib/shape.ml`:\n\n```ocaml\n{new}```\n", dict(SHAPES)) == new


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param("See lib/shape.ml and lib/shape.mli:\n\n```ocaml\nlet x = 1\n```\n", "no fence has a path", id="two files"),
        pytest.param(
            "In lib/shape.ml there is:\n\n```ocaml\nlet x = 1\n```\n", "not the whole of `lib/shape.ml`", id="an excerpt"
        ),
        pytest.param(
            "lib/shape.ml\n```ocaml\n"
            + SHAPES["lib/shape.ml"]
            + "```\n\nand lib/shape.mli follows\n\n```ocaml\nval x : int\n```\n",
            "below the words on `lib/shape.mli` has no path",
            id="the second of two",
        ),
    ],
)
def test_a_fence_without_a_path_is_not_guessed_at(answer: str, why: str) -> None:
    found = reading(answer, format="whole_file")
    assert found.patch is None
    assert why.lower() in found.complaints[0].message.lower()


@pytest.mark.parametrize(
    "talk",
    [
        "Use it so:\n\n```ocaml\nlet x = Shape.area s\n```\n",
        "This is for lib/shape.mli, too.\n\nUse it so:\n\n```ocaml\nlet x = Shape.area s\n```\n",
        "To see lib/shape.mli:\n\n```sh\ncat lib/shape.mli\n```\n",
        "Delete: lib/shape.mli\n\n```ocaml\nlet x = Shape.area s\n```\n",
    ],
)
def test_talk_may_show_code_without_a_path(talk: str) -> None:
    new = SHAPES["lib/shape.ml"].replace("s.width * s.width", "s.width * s.height")
    found = reading(f"{whole('lib/shape.ml', new)}\n{talk}", dict(SHAPES))
    assert found.patch is not None, found.complaints
    assert {change.path: change.after for change in found.patch.changes}["lib/shape.ml"] == new


def test_many_definitions_of_one_long_file_take_no_longer_than_few() -> None:
    big = "".join(f"let step_{i} state =\n  let next = advance state {i} in\n  run next\n\n" for i in range(5000))
    answer = "".join(f"a.ml: step_{2 * i}\n```ocaml\nlet step_{2 * i} state = {i}\n```\n\n" for i in range(1900))

    class Files:
        def text(self, path: str) -> str | None:
            return big if path == "a.ml" else None

        def paths(self) -> tuple[str, ...]:
            return ("a.ml",)

    start = time.process_time()
    found = read(answer, Files(), "auto", OCamlAnchor())
    assert found.patch is not None, found.complaints[:1]
    assert time.process_time() - start < 5


def test_a_sentence_that_ends_in_a_path_is_no_path() -> None:
    found = reading("I have mended the bug in lib/shape.mli:\n\n```ocaml\nlet x = 1\n```\n", format="whole_file")
    assert found.patch is None


def test_several_complaints_say_only_once_what_to_send_again() -> None:
    answer = "lib/shape.ml\n<<<<<<< SEARCH\nlet\n=======\nlet rec\n>>>>>>> REPLACE\n"
    found = reading(answer + answer.replace("SEARCH\nlet\n", "SEARCH\nnot there\n"))
    assert "\n".join(told((*found.complaints, Complaint("git ignores a.log.", "a.log")))) == snapshot("""\
Block 1 (lib/shape.ml): These lines are not in the file.
Looked for:
    let
Whole lines are looked for, and 'let' is only a part of line 3: 'let area s ='.
Block 2 (lib/shape.ml): These lines are not in the file.
Looked for:
    not there
None of its lines is in the file.
The answer (a.log): git ignores a.log.\
""")


def test_a_misspelt_path_is_told_but_not_taken() -> None:
    found = reading("lib/shap.ml\n<<<<<<< SEARCH\nlet area s =\n=======\nlet area t =\n>>>>>>> REPLACE\n")
    assert found.patch is None
    assert "do you mean `lib/shape.ml`?" in found.complaints[0].message


def test_a_new_file_may_have_a_name_that_is_all_suffix() -> None:
    assert after(".ocamlformat\n```\nprofile = default\n```\n", dict(SHAPES)) == "profile = default\n"
    assert "never writes" in reading(".env\n```\nKEY=1\n```\n").complaints[0].message


BRANCHED = "type t =\n  | A\n#if X\n  | B\n#endif\n\nlet x = 1\n"


def test_a_definition_that_a_preprocessor_cuts_is_not_replaced() -> None:
    files = {"a.cppo.ml": BRANCHED}
    for body in ("type t =\n  | A\n#if X\n  | C\n#endif\n", "type t =\n  | C\n"):
        found = reading(f"a.cppo.ml: t\n```ocaml\n{body}```\n", files)
        assert found.patch is None
        assert "`#if` cuts `t`" in found.complaints[0].message


def test_an_include_does_not_disappear_unsaid() -> None:
    files = {"a.ml": "include Base\n\nlet x = 1\n\ninclude (struct end)\n"}
    short = files["a.ml"].replace("include Base\n\n", "")
    assert "lacks `include Base`" in reading(whole("a.ml", short), files).complaints[0].message
    assert after(whole("a.ml", short).replace("```", "Removed: include Base\n```", 1), files) == short
    other = files["a.ml"].replace("Base", "Stdlib")
    assert after(whole("a.ml", other), files) == other
