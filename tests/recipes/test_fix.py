"""Repairs by the compiler's hints, with the real compiler."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.build.verdict import Tier
from aid_lsp.workspace.diagnostic import Diagnostic
from tests.recipes.workshop import workshop

pytestmark = pytest.mark.dune

LIBRARY = {"lib/dune": "(library (name lib))\n"}


async def test_hints_are_followed_one_error_after_the_other(tmp_path: Path) -> None:
    files = {
        **LIBRARY,
        "lib/shape.ml": """
            type t = Circle of float | Rect of { width : float; height : float }
            let area = function Circl r -> 3.14 *. r *. r | Rect { widht; height } -> widht *. height
            let total shapes = Lst.fold_left (fun acc s -> acc +. aera s) 0 shapes
            let é = "é😋" ^ string_of_int (String.lenght "é")
        """,
        "lib/other.ml": """
            open List
            let fact n = if n = 0 then 1 else n * fact (n - 1)
            let scale ~by x = by * x
            let y = scale 2 3
            let f (a, b) ~label { contents } = let rec g x = x in g a
        """,
    }
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix the build") == snapshot("""\
fix 14 errors: lib/other.ml:2: let becomes let rec; lib/other.ml:4: scale gets ~by; lib/shape.ml:2: Circl becomes Circle; …
lib/other.ml
  - open List
  - let fact n = if n = 0 then 1 else n * fact (n - 1)
  + let rec fact n = if n = 0 then 1 else n * fact (n - 1)
  - let y = scale 2 3
  - let f (a, b) ~label { contents } = let rec g x = x in g a
  + let y = scale ~by:2 3
  + let f (a, _b) ~label:_label { contents = _contents } = let g x = x in g a
lib/shape.ml
  - let area = function Circl r -> 3.14 *. r *. r | Rect { widht; height } -> widht *. height
  - let total shapes = Lst.fold_left (fun acc s -> acc +. aera s) 0 shapes
  - let é = "é😋" ^ string_of_int (String.lenght "é")
  + let area = function Circle r -> 3.14 *. r *. r | Rect { width; height } -> width *. height
  + let total shapes = List.fold_left (fun acc s -> acc +. area s) 0. shapes
  + let é = "é😋" ^ string_of_int (String.length "é")
""")
        assert await shop.ask("fix lib/other.ml") == snapshot(
            """\
fix 7 errors: lib/other.ml:2: let becomes let rec; lib/other.ml:4: scale gets ~by; lib/other.ml:1: `open List` goes; …
lib/other.ml
  - open List
  - let fact n = if n = 0 then 1 else n * fact (n - 1)
  + let rec fact n = if n = 0 then 1 else n * fact (n - 1)
  - let y = scale 2 3
  - let f (a, b) ~label { contents } = let rec g x = x in g a
  + let y = scale ~by:2 3
  + let f (a, _b) ~label:_label { contents = _contents } = let g x = x in g a
unknown: lib/shape.ml:2: Unbound constructor "Circl"
"""
        )
        assert await shop.ask("fix this error", at="lib/shape.ml:Circl r") == snapshot("""\
fix lib/shape.ml:2: Circl becomes Circle; lib/shape.ml:2: widht becomes width; lib/shape.ml:2: widht becomes width
lib/shape.ml
  - let area = function Circl r -> 3.14 *. r *. r | Rect { widht; height } -> widht *. height
  + let area = function Circle r -> 3.14 *. r *. r | Rect { width; height } -> width *. height
unknown: lib/shape.ml:3: Unbound module "Lst"; lib/other.ml:2: Unbound value "fact"
""")
        assert await shop.ask("fix this error", at="lib/shape.ml:type") == snapshot(
            "declined: The build reports no error there; the first of 2 is at lib/other.ml:2."
        )


async def test_of_several_suggestions_the_one_that_builds_is_taken(tmp_path: Path) -> None:
    files = {**LIBRARY, "lib/a.ml": 'let namea = 1\nlet nameb = "b"\nlet use : string = namec\n'}
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix") == snapshot("""\
fix lib/a.ml:3: namec becomes nameb
lib/a.ml
  - let use : string = namec
  + let use : string = nameb
""")


async def test_dune_files_are_repaired_too(tmp_path: Path) -> None:
    files = {"lib/dune": "(library (name lib) (librares str))\n", "lib/a.ml": "let x = Str.regexp\n"}
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix the build", tier=Tier.BUILD) == snapshot("""\
fix lib/dune:1: librares becomes libraries
lib/dune
  - (library (name lib) (librares str))
  + (library (name lib) (libraries str))
""")


async def test_code_is_never_deleted_or_invented(tmp_path: Path) -> None:
    files = {
        **LIBRARY,
        "lib/a.ml": """
            let f x = x
        """,
        "lib/a.mli": "val f : 'a -> 'a\nval missing : int\n",
        "lib/b.ml": "let hidden = 1\n",
        "lib/b.mli": "",
        "lib/c.ml": 'let x : int = "a"\n',
    }
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix lib/a.ml") == snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/a.ml:1: The implementation "lib/a.ml" does not match the interface "lib/a.ml":'
        )
        assert await shop.ask("fix lib/b.ml") == snapshot(
            """\
fix lib/b.ml:1: hidden, which nothing uses, becomes _hidden
lib/b.ml
  - let hidden = 1
  + let _hidden = 1
unknown: lib/a.ml:1: The implementation "lib/a.ml" does not match the interface "lib/a.ml":; lib/c.ml:1: This constant has type "string" but an expression was expected of type
"""
        )
        assert await shop.ask("fix lib/c.ml") == snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/c.ml:1: This constant has type "string" but an expression was expected of type'
        )


QUIET = {
    "lib/dune": "(library (name shapes) (flags (:standard -warn-error -a)))\n",
    "lib/a.ml": """
        open Printf
        let[@deprecated "use A.fresh instead"] old x = x
        let fresh x = x
        let area w h = w
        let rec total l = List.length l
        """,
    "lib/b.ml": """
        let a = A.old 3
        let f ?(opt = 1) = opt
        let g = match a with 3 -> let y = 2 in 1 | _ -> 3
        """,
}


async def test_warnings_are_answered_where_they_are_no_errors(tmp_path: Path) -> None:
    files = QUIET | {
        "lib/a.mli": 'val old : int -> int [@@deprecated "use A.fresh instead"]\nval fresh : int -> int\nval total : int list -> int\n'
    }
    async with workshop(tmp_path, files) as shop:
        await shop.ask("rename A.total to sum")  # so that the lane is built, and dune has told the warnings
        assert await shop.ask("fix the warnings") == snapshot("""\
fix 6 warnings: lib/a.ml:1: `open Printf` goes; lib/a.ml:3: area, which nothing uses, becomes _area; lib/a.ml:3: h becomes _h; …; 2 warnings left that no hint answers
lib/a.ml
  - open Printf
  - let area w h = w
  - let rec total l = List.length l
  + let _area w _h = w
  + let total l = List.length l
lib/b.ml
  - let a = A.old 3
  + let a = A.fresh 3
  - let g = match a with 3 -> let y = 2 in 1 | _ -> 3
  + let g = match a with 3 -> let _y = 2 in 1 | _ -> 3
""")
        assert await shop.ask("fix the warnings in lib/b.ml") == snapshot("""\
fix lib/b.ml:1: A.old becomes A.fresh; lib/b.ml:3: y becomes _y; 1 warning left that no hint answers
lib/b.ml
  - let a = A.old 3
  + let a = A.fresh 3
  - let g = match a with 3 -> let y = 2 in 1 | _ -> 3
  + let g = match a with 3 -> let _y = 2 in 1 | _ -> 3
""")
        assert await shop.ask("fix this", at="lib/b.ml:y") == snapshot("""\
fix lib/b.ml:3: y becomes _y
lib/b.ml
  - let g = match a with 3 -> let y = 2 in 1 | _ -> 3
  + let g = match a with 3 -> let _y = 2 in 1 | _ -> 3
""")
        assert await shop.ask("fix this warning", at="lib/b.ml:opt") == snapshot(
            "declined: The compiler hints at no repair that holds; the first warning is at lib/b.ml:2: this optional argument cannot be erased."
        )
        assert await shop.ask("fix this", at="lib/a.ml:fresh x") == snapshot(
            "declined: The build has no errors, and no warning there."
        )


async def test_a_warning_is_repaired_where_it_is_asked_about(tmp_path: Path) -> None:
    files = {
        "lib/dune": "(library (name lib) (flags (:standard -warn-error -a)))\n",
        "lib/a.ml": "let f x = 1\nlet g y = 2\n",
    }
    said = (Diagnostic("lib/a.ml", 2, 6, 2, 7, "warning", "unused variable y.", "27 [unused-var-strict]"),)
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix the build") == snapshot("declined: The build has no errors.")
        assert await shop.ask("fix the build", said=said) == snapshot(
            "declined: The build has no errors, but 1 warning: say `fix the warnings`."
        )
        assert await shop.ask("fix this warning", at="lib/a.ml:y", said=said) == snapshot("""\
fix lib/a.ml:2: y becomes _y
lib/a.ml
  - let g y = 2
  + let g _y = 2
""")
        assert await shop.ask("fix this warning", at="lib/a.ml:x", said=said) == snapshot("""\
fix lib/a.ml:1: x becomes _x
lib/a.ml
  - let f x = 1
  + let f _x = 1
""")


async def test_a_green_build_needs_no_repair(tmp_path: Path) -> None:
    async with workshop(tmp_path, {**LIBRARY, "lib/a.ml": "let x = 1\n"}) as shop:
        assert await shop.ask("fix the build") == snapshot("declined: The build has no errors.")


async def test_expectations_are_promoted_only_when_asked(tmp_path: Path) -> None:
    files = {
        "lib/dune": "(library (name lib) (inline_tests) (preprocess (pps ppx_expect)))\n",
        "lib/a.ml": """
            let%expect_test "one" =
              print_string "one";
              [%expect {| two |}]

            let%expect_test "lines" =
              print_string "a\\nb";
              [%expect {| |}]
        """,
    }
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix the build") == snapshot("declined: The build has no errors.")
        assert await shop.ask("promote the test output", tier=Tier.TEST) == snapshot("""\
promote what the tests print in lib/a.ml
lib/a.ml
  -   [%expect {| two |}]
  +   [%expect {| one |}]
  -   [%expect {| |}]
  +   [%expect {|
  +     a
  +     b
  +     |}]
""")
