"""Expressions of one type where another is wanted: repaired with the real compiler, each beside a twin in which nothing can be known, so that it is left alone."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.recipes.repairs.check import check_fix

pytestmark = pytest.mark.dune


async def test_operators_of_floats(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f (a : float) b c = a * b * c\nlet g (a : int) b = a +. b\n"},
        snapshot("""\
fix lib/b.ml:1: + - * / become +. -. *. /.; lib/b.ml:2: +. becomes +
lib/b.ml
  - let f (a : float) b c = a * b * c
  - let g (a : int) b = a +. b
  + let f (a : float) b c = a *. b *. c
  + let g (a : int) b = a + b
"""),
    )


async def test_not_operator(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f (a : bool) b = a * b\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: The value "a" has type "bool" but an expression was expected of type "int"'
        ),
    )


async def test_literals(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f = String.make 3 "a"\nlet g = "x" ^ \'y\'\n'},
        snapshot("""\
fix lib/b.ml:1: "a" becomes 'a'; lib/b.ml:2: 'y' becomes "y"
lib/b.ml
  - let f = String.make 3 "a"
  - let g = "x" ^ 'y'
  + let f = String.make 3 'a'
  + let g = "x" ^ "y"
"""),
    )


async def test_not_literal(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f = String.make 3 "abc"\n'},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: This constant has type "string" but an expression was expected of type'
        ),
    )


async def test_conversions(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": 'let f (n : int) = "n = " ^ n\nlet g (x : float) (n : int) = Float.max x n\nlet h (x : int option) = ignore x\nlet i n = h (n + 1)\nlet j (r : int ref) = r + 1\n'
        },
        snapshot("""\
fix 4 errors: lib/b.ml:1: n becomes string_of_int n; lib/b.ml:2: n becomes (float_of_int n); lib/b.ml:4: (n + 1) becomes (Some (n + 1)); …
lib/b.ml
  - let f (n : int) = "n = " ^ n
  - let g (x : float) (n : int) = Float.max x n
  + let f (n : int) = "n = " ^ string_of_int n
  + let g (x : float) (n : int) = Float.max x (float_of_int n)
  - let i n = h (n + 1)
  - let j (r : int ref) = r + 1
  + let i n = h (Some (n + 1))
  + let j (r : int ref) = !r + 1
"""),
    )


async def test_not_conversion(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'type t = T\nlet f (n : t) = "n = " ^ n\n'},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: The value "n" has type "t" but an expression was expected of type "string"'
        ),
    )


async def test_an_option_is_taken_apart_where_it_is_bound(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f x = match x with None -> 0 | n -> n + 1\n"},
        snapshot("""\
fix lib/b.ml:1: n becomes Some n where it is bound
lib/b.ml
  - let f x = match x with None -> 0 | n -> n + 1
  + let f x = match x with None -> 0 | Some n -> n + 1
"""),
    )


async def test_not_some_pattern(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f (x : int option) = x + 1\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: The value "x" has type "int option" but an expression was expected of type'
        ),
    )


async def test_assignments(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "type t = { mutable a : int }\nlet r = ref 0\nlet f t = t.a := 3\nlet g () = r <- 4\nlet h () = r = 5; ()\n"
        },
        snapshot("""\
fix lib/b.ml:3: `:=` becomes `<-` after t.a; lib/b.ml:4: `<-` becomes `:=` after r; lib/b.ml:5: `=` becomes `:=` after r
lib/b.ml
  - let f t = t.a := 3
  - let g () = r <- 4
  - let h () = r = 5; ()
  + let f t = t.a <- 3
  + let g () = r := 4
  + let h () = r := 5; ()
"""),
    )


async def test_not_assignment(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f (x : string) = x := 3\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: The value "x" has type "string" but an expression was expected of type'
        ),
    )


async def test_a_field_becomes_mutable_where_no_interface_tells_of_it(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type t = { a : int }\nlet f t = t.a <- 3\n"},
        snapshot("""\
fix lib/b.ml:2: the field a becomes mutable
lib/b.ml
  - type t = { a : int }
  + type t = { mutable a : int }
"""),
    )


async def test_not_mutable(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type t = { a : int }\nlet f t = t.a <- 3\n", "lib/b.mli": "type t = { a : int }\nval f : t -> unit\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: The record field "a" is not mutable'
        ),
    )


async def test_arguments_change_places(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f (a : string) (b : int) = a ^ string_of_int b\nlet g () = f 1 "a"\n'},
        snapshot("""\
fix lib/b.ml:2: 1 and "a" change places
lib/b.ml
  - let g () = f 1 "a"
  + let g () = f "a" 1
"""),
    )


async def test_not_swapped(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f (a : string) (b : string) = a ^ b\nlet g () = f 1 2\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: The constant "1" has type "int" but an expression was expected of type'
        ),
    )


async def test_a_unit_too_few_and_one_too_many(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f () = 1\nlet g x = x + 1\nlet h = f + g 1 ()\n"},
        snapshot("""\
fix lib/b.ml:3: f gets (); lib/b.ml:3: `()` goes
lib/b.ml
  - let h = f + g 1 ()
  + let h = f () + g 1
"""),
    )


async def test_not_unit(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let g x = x + 1\nlet h = g 1 2\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: The function "g" has type int -> int'
        ),
    )


async def test_labels(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f ~by x = by * x\n", "lib/c.ml": "let g () = B.f 2 3\nlet h () = B.f ~bi:2 3\n"},
        snapshot("""\
fix lib/c.ml:1: B.f gets ~by; lib/c.ml:2: ~bi:2 becomes ~by:2
lib/c.ml
  - let g () = B.f 2 3
  - let h () = B.f ~bi:2 3
  + let g () = B.f ~by:2 3
  + let h () = B.f ~by:2 3
"""),
    )


async def test_not_label(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f ~by ~on x = by * x * on\n", "lib/c.ml": "let h () : int = B.f ~bi:2 3\n"},
        snapshot(
            "declined: The compiler hints at no repair that holds; the first error is at lib/c.ml:1: The function applied to this argument has type by:int -> on:int -> int"
        ),
    )


async def test_a_semicolon_between_two_lines(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f () =\n  print_string "a"\n  print_newline ()\n'},
        snapshot("""\
fix lib/b.ml:2: `;` is put in after "a"
lib/b.ml
  -   print_string "a"
  +   print_string "a";
"""),
    )


async def test_not_semicolon(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f () =\n  succ 1\n  2\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: The function "succ" has type int -> int'
        ),
    )


async def test_the_conversion_of_a_format(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f (n : int) = Printf.sprintf "%s: %s" "n" n\n'},
        snapshot("""\
fix lib/b.ml:1: %s becomes %d
lib/b.ml
  - let f (n : int) = Printf.sprintf "%s: %s" "n" n
  + let f (n : int) = Printf.sprintf "%s: %d" "n" n
"""),
    )


async def test_not_format(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f (n : int list) = Printf.sprintf "%s: %s" "n" n\n'},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: The value "n" has type "int list" but an expression was expected of type'
        ),
    )
