"""Matches, records, interfaces, and what nothing uses: repaired with the real compiler, each beside a twin in which nothing can be known, so that it is left alone."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.recipes.repairs.check import check_fix

pytestmark = pytest.mark.dune


async def test_missing_cases_get_a_hole_that_is_said_to_be_one(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type t = A | B of int | C\nlet f x =\n  match x with\n  | A -> 1\nlet g = function 1 -> 2 | 2 -> 3\n"},
        snapshot("""\
fix lib/b.ml:3: the case C|B _ is put in, with a hole; lib/b.ml:6: the case _ is put in, with a hole — builds, but is NOT DONE: write the case C|B _ at lib/b.ml:3, the case _ at lib/b.ml:6, which fails with TODO until then
lib/b.ml
  - let g = function 1 -> 2 | 2 -> 3
  +   | C|B _ -> failwith "TODO: C|B _"
  + let g = function 1 -> 2 | 2 -> 3 | _ -> failwith "TODO: _"
"""),
    )


async def test_not_cases(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f (Some x) = x\n"},
        snapshot(
            "declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: this pattern-matching is not exhaustive."
        ),
    )


async def test_a_case_that_nothing_reaches_moves_up(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f = function\n  | _ -> 1\n  | Some 1 -> 2\n"},
        snapshot("""\
fix lib/b.ml:3: the case Some 1 moves before _
lib/b.ml
  -   | _ -> 1
  +   | _ -> 1
"""),
    )


async def test_not_swallowed(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f = function\n  | Some _ -> 1\n  | Some 1 -> 2\n  | None -> 3\n"},
        snapshot(
            "declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:3: this match case is unused."
        ),
    )


async def test_a_record_gets_the_variable_of_the_missing_field(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type t = { a : int; b : int; c : int }\nlet f b = { a = 1; c = b }\n"},
        snapshot("""\
fix lib/b.ml:2: b is given as b
lib/b.ml
  - let f b = { a = 1; c = b }
  + let f b = { a = 1; b; c = b }
"""),
    )


async def test_not_record(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type t = { a : int; b : int }\nlet f () = { a = 1 }\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: Some record fields are undefined: "b"'
        ),
    )


async def test_the_interface_follows_the_inferred_type_if_those_who_use_it_agree(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let total x = x +. 1.\n",
            "lib/b.mli": "(** A sum. *)\nval total : float -> int\n",
            "lib/c.ml": "let z = B.total 1. +. 2.\n",
        },
        snapshot("""\
fix lib/b.ml:1: the interface follows the implementation: val total : float -> float
lib/b.mli
  - val total : float -> int
  + val total : float -> float
"""),
    )


async def test_not_interface(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let total x = x +. 1.\n",
            "lib/b.mli": "(** A sum. *)\nval total : float -> int\n",
            "lib/c.ml": "let z = B.total 1. + 2\n",
        },
        snapshot(
            """\
fix lib/b.ml:1: x +. 1. becomes int_of_float (x +. 1.)
lib/b.ml
  - let total x = x +. 1.
  + let total x = int_of_float (x +. 1.)
"""
        ),
    )


async def test_what_the_interface_misspells(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let total x = x + 1\n", "lib/b.mli": "val totla : int -> int\n", "lib/c.ml": "let z = B.total 1\n"},
        snapshot("""\
fix lib/b.ml:1: totla becomes total in the interface, as the implementation calls it
lib/b.mli
  - val totla : int -> int
  + val total : int -> int
"""),
    )


async def test_not_interface_name(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let sum x = x + 1\nlet _ = sum\n", "lib/b.mli": "val product : int -> int\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: The implementation "lib/b.ml" does not match the interface "lib/b.ml":'
        ),
    )


async def test_a_constructor_that_one_side_lacks(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "type t = A | C\nlet f = function A -> 1 | B -> 2 | C -> 3\n",
            "lib/b.mli": "type t =\n  | A\n  | B (** two *)\n  | C\nval f : t -> int\n",
        },
        snapshot("""\
fix lib/b.ml:2: B is put in, as lib/b.mli has it
lib/b.ml
  - type t = A | C
  + type t = A | B
  +   | C
"""),
    )


async def test_not_constructor(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type t = A | C\nlet f = function A -> 1 | B -> 2 | C -> 3\n", "lib/b.mli": "type t\nval f : t -> int\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:2: This variant pattern is expected to have type "t"'
        ),
    )


async def test_what_nothing_uses_gets_an_underscore(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let rec spare x = spare x\nlet f x = x\n", "lib/b.mli": "val f : 'a -> 'a\n"},
        snapshot("""\
fix lib/b.ml:1: spare, which nothing uses, becomes _spare
lib/b.ml
  - let rec spare x = spare x
  + let rec _spare x = _spare x
"""),
    )


async def test_not_unused(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "type spare = A\nlet f x = x\n", "lib/b.mli": "val f : 'a -> 'a\n"},
        snapshot("declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: unused type spare."),
    )


async def test_a_deprecated_name_gives_way_to_what_its_author_names(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let g x = x\nlet f x = x\n",
            "lib/b.mli": 'val g : int -> int\nval f : int -> int [@@deprecated "Use {!g} instead."]\n',
            "lib/c.ml": "let z = B.f 3\n",
        },
        snapshot("""\
fix lib/c.ml:1: B.f becomes B.g
lib/c.ml
  - let z = B.f 3
  + let z = B.g 3
"""),
    )


async def test_not_deprecated(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let g x = x\nlet f x = x\n",
            "lib/b.mli": 'val g : int -> int\nval f : int -> int [@@deprecated "It is slow."]\n',
            "lib/c.ml": "let z = B.f 3\n",
        },
        snapshot("declined: The compiler hints at no repair that holds; the first error is at lib/c.ml:1: Lib.B.f"),
    )
