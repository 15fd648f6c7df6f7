"""Names that mean nothing where they stand, and what dune has to be told: repaired with the real compiler, each beside a twin in which nothing can be known, so that it is left alone."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.build.verdict import Tier
from tests.recipes.repairs.check import check_fix
from tests.recipes.workshop import workshop

pytestmark = pytest.mark.dune


async def test_values_of_another_module_are_qualified(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/shape.ml": "let area x = x * x\n", "lib/b.ml": "let f x = area x + 1\n"},
        snapshot("""\
fix lib/b.ml:1: area becomes Shape.area
lib/b.ml
  - let f x = area x + 1
  + let f x = Shape.area x + 1
"""),
    )


async def test_not_qualified(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/shape.ml": "let area x = x * x\n", "lib/b.ml": "let f x = volume x + 1\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Unbound value "volume"'
        ),
    )


async def test_a_module_that_several_names_come_from_is_opened(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/shape.ml": "let area x = x * x\nlet rim x = 4 * x\n", "lib/b.ml": "let f x = area x + rim x\n"},
        snapshot("""\
fix lib/b.ml:1: `open Shape` is put in
lib/b.ml
  + open Shape
  + \n\
"""),
    )


async def test_not_opened(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/shape.ml": "module Inner (X : sig end) = struct let area x = x let rim x = x end\n",
            "lib/b.ml": "let f x = area x + rim x\n",
        },
        snapshot('declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Unbound value "area"'),
    )


async def test_a_field_and_a_constructor_are_found_in_their_module(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "module M = struct type t = { alpha : int } type u = Beta | Gamma end\nlet f t = t.alpha\nlet g = Beta\n"},
        snapshot("""\
fix lib/b.ml:2: alpha becomes M.alpha; lib/b.ml:3: Beta becomes M.Beta
lib/b.ml
  - let f t = t.alpha
  - let g = Beta
  + let f t = t.M.alpha
  + let g = M.Beta
"""),
    )


async def test_not_field(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let g = Delta\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Unbound constructor "Delta"'
        ),
    )


async def test_the_parameter_that_nothing_uses_gets_the_name_that_is_used(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f xs = List.length ys + List.length ys\n"},
        snapshot("""\
fix lib/b.ml:1: xs, which nothing uses, becomes ys
lib/b.ml
  - let f xs = List.length ys + List.length ys
  + let f ys = List.length ys + List.length ys
"""),
    )


async def test_not_binder(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f xs = List.length ys + List.length xs\n"},
        snapshot('declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Unbound value "ys"'),
    )


async def test_dune_is_told_of_a_library(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/shape.ml": "let area x = x\n",
            "bin/dune": "(executable\n (name m))\n",
            "bin/m.ml": "let () = print_int (Lib.Shape.area 1)\n",
        },
        snapshot("""\
fix bin/m.ml:1: bin/dune: links lib
bin/dune
  -  (name m))
  +  (name m)
  +  (libraries lib))
"""),
    )


async def test_dune_is_told_of_a_library_that_only_the_linker_misses(tmp_path: Path) -> None:
    """The compiler sees `str` beside the standard library; the program does not link."""
    files = {"bin/dune": "(executable\n (name m))\n", "bin/m.ml": 'let () = ignore (Str.regexp "a")\n'}
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix the build", tier=Tier.BUILD) == snapshot(
            """\
fix the build: bin/dune: links str
bin/dune
  -  (name m))
  +  (name m)
  +  (libraries str))
"""
        )


async def test_not_library(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "bin/dune": "(executable\n (name m))\n",
            "bin/m.ml": "let () = print_int (Libx.Shape.area 1)\n",
            "lib/shape.ml": "let area x = x\n",
        },
        snapshot('declined: The compiler hints at no repair that holds; the first error is at bin/m.ml:1: Unbound module "Libx"'),
    )


async def test_dune_is_told_of_a_module(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/dune": "(library\n (name lib)\n (modules b))\n",
            "lib/b.ml": "let f x = Shape.area x\n",
            "lib/shape.ml": "let area x = x\n",
        },
        snapshot("""\
fix lib/b.ml:1: lib/dune: lists shape
lib/dune
  -  (modules b))
  +  (modules b shape))
"""),
    )


async def test_dune_is_told_of_the_module_that_a_program_is_named_after(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"bin/dune": "(executable\n (name m)\n (modules ))\n", "bin/m.ml": "let () = print_int 1\n"},
        snapshot("""\
fix bin/dune:2: bin/dune: lists m
bin/dune
  -  (modules ))
  +  (modules m))
"""),
    )


async def test_not_module(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/dune": "(library\n (name lib)\n (modules b))\n",
            "lib/b.ml": "let f x = Quux.area x\n",
            "lib/shape.ml": "let area x = x\n",
        },
        snapshot('declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Unbound module "Quux"'),
    )


async def test_a_misspelt_library_is_found(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let f x = x\n",
            "bin/dune": "(executable (name m) (libraries libb))\n",
            "bin/m.ml": "let () = print_int (Lib.B.f 1)\n",
        },
        snapshot("""\
fix bin/dune:1: libb becomes lib
bin/dune
  - (executable (name m) (libraries libb))
  + (executable (name m) (libraries lib))
"""),
    )


async def test_not_library_typo(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let f x = x\n",
            "bin/dune": "(executable (name m) (libraries zzz))\n",
            "bin/m.ml": "let () = print_int 1\n",
        },
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at bin/dune:1: Library "zzz" not found.'
        ),
    )


async def test_a_dune_file_is_closed(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/dune": "(library\n (name lib)\n", "lib/b.ml": "let f x = x\n"},
        snapshot("""\
fix lib/dune:3: the missing `)` is put in
lib/dune
  -  (name lib)
  +  (name lib))
"""),
    )


async def test_not_dune_closed(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/dune": "(library\n (name lib)\n (nonsense x))\n", "lib/b.ml": "let f x = x\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/dune:3: Unknown field "nonsense"'
        ),
    )


async def test_a_circle_of_modules_is_explained(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/a.ml": "let x = B.y\n", "lib/b.ml": "let y = C.z\n", "lib/c.ml": "let z = A.x\n"},
        snapshot(
            "declined: A ─▶ C ─▶ B ─▶ A depend on each other in a circle, and no small repair can know which dependency is to go: move what they share into a module of its own, or pass it as an argument."
        ),
    )


async def test_a_circle_of_libraries_is_explained(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/dune": "(library (name lib) (libraries other))\n",
            "lib/a.ml": "let x = Other.y\n",
            "other/dune": "(library (name other) (libraries lib))\n",
            "other/other.ml": "let y = 1\n",
        },
        snapshot(
            "declined: lib ─▶ other ─▶ lib depend on each other in a circle, and no small repair can know which dependency is to go: move what they share into a module of its own, or pass it as an argument."
        ),
    )


async def test_an_operator_comes_from_what_is_opened(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/import.ml": "let ( >> ) f g x = g (f x)\n",
            "lib/a.ml": "open! Import\nlet twice = succ >> succ\n",
            "lib/b.ml": "open! Import\nlet once = succ >> Fun.id\n",
            "lib/c.ml": "let thrice = succ >> succ >> succ\n",
        },
        snapshot("""\
fix lib/c.ml:1: `open! Import` is put in
lib/c.ml
  + open! Import
  + \n\
"""),
    )


async def test_what_a_with_says_is_misspelt(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/platform.ml": "module type S = sig type 'a promise type unit_of val run : 'a promise -> 'a end\n",
            "lib/b.ml": "module Make (P : Platform.S with type 'a prmise = 'a list) = struct let first l = P.run l end\n",
        },
        snapshot("""\
fix lib/b.ml:1: prmise becomes promise
lib/b.ml
  - module Make (P : Platform.S with type 'a prmise = 'a list) = struct let first l = P.run l end
  + module Make (P : Platform.S with type 'a promise = 'a list) = struct let first l = P.run l end
"""),
    )


async def test_what_a_with_says_is_like_nothing(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/platform.ml": "module type S = sig type 'a promise val run : 'a promise -> 'a end\n",
            "lib/b.ml": "module Make (P : Platform.S with type 'a future = 'a list) = struct let first l = P.run l end\n",
        },
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: The signature constrained by "with" has no component named "future"'
        ),
    )
