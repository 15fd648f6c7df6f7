"""Slips that the parser stumbles over: repaired with the real compiler, each beside a twin in which nothing can be known, so that it is left alone."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.recipes.repairs.check import check_fix

pytestmark = pytest.mark.dune


async def test_in(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f x =\n  let y = x + 1\n  y * 2\n\nlet g x = let y = 1; x + y\n"},
        snapshot("""\
fix lib/b.ml:5: `in` is put in after 1; lib/b.ml:6: `;` becomes `in`
lib/b.ml
  -   let y = x + 1
  +   let y = x + 1 in
  - let g x = let y = 1; x + y
  + let g x = let y = 1 in x + y
"""),
    )


async def test_not_slip_in(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f x = let = = x\n"},
        snapshot("declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Syntax error"),
    )


async def test_parentheses(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f x = (x + 1\n\nlet g x = x + 1)\n\nlet h = [ 1; 2\n"},
        snapshot("""\
fix lib/b.ml:3: `)` is put in after 1; lib/b.ml:3: `)` goes; lib/b.ml:6: `]` is put in after 2
lib/b.ml
  - let f x = (x + 1
  + let f x = (x + 1)
  - let g x = x + 1)
  + let g x = x + 1
  - let h = [ 1; 2
  + let h = [ 1; 2 ]
"""),
    )


async def test_not_slip_parenthesis(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f x = ((( x + + 1 ]\n"},
        snapshot(
            'declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Syntax error: ")" expected'
        ),
    )


async def test_arrows_and_keywords(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {
            "lib/b.ml": "let f x = match x with\n  | 1 2\n  | _ -> 3\n\nlet g x = if x 1 else 2\nlet i x = match x | 1 -> 2 | _ -> 3\n"
        },
        snapshot("""\
fix lib/b.ml:2: `->` is put in after 1; lib/b.ml:5: `then` is put in after x; lib/b.ml:6: `with` is put in after x
lib/b.ml
  -   | 1 2
  +   | 1 -> 2
  - let g x = if x 1 else 2
  - let i x = match x | 1 -> 2 | _ -> 3
  + let g x = if x then 1 else 2
  + let i x = match x with | 1 -> 2 | _ -> 3
"""),
    )


async def test_not_slip_keyword(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let f x = match with then else\n"},
        snapshot("declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Syntax error"),
    )


async def test_an_end(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "module M = struct\n  let a = 1\n\nlet g = M.a\n"},
        snapshot("""\
fix lib/b.ml:5: `end` is put in for `struct`
lib/b.ml
  + end
"""),
    )


async def test_not_slip_end(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "module M = struct let a = ) end\nmodule N = struct let = end\n"},
        snapshot("declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Syntax error"),
    )


async def test_double_semicolons_and_quotes(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": 'let f x = let y = 1;; in x + y\nlet g x = print_string "abc; x\nlet h = "x"\n'},
        snapshot("""\
fix lib/b.ml:1: `;;` goes; lib/b.ml:3: the missing quote is put in
lib/b.ml
  - let f x = let y = 1;; in x + y
  - let g x = print_string "abc; x
  + let f x = let y = 1 in x + y
  + let g x = print_string "abc"; x
"""),
    )


async def test_not_slip_quote(tmp_path: Path) -> None:
    await check_fix(
        tmp_path,
        {"lib/b.ml": "let g = 1 (* abc\n"},
        snapshot(
            "declined: The compiler hints at no repair that holds; the first error is at lib/b.ml:1: Comment not terminated"
        ),
    )
