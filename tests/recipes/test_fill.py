"""Holes that keep the compiler from reading the file, and what is known of types from elsewhere. See also the page `fill.md`."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.catalogue import change_in
from aid_lsp.recipes.fill import Fill
from aid_lsp.recipes.holes import filled, holes, split
from tests.recipes.workshop import workshop

FILES = {
    "bin/dune": "(executable (name main) (libraries re str))\n",
    "bin/main.ml": """
        type shape = Disc of float | Box of { w : float; h : float } | Dot

        let é = "é"
        let found re text = ignore é; _
        let area (s : shape) : float = _
        let wrap n = Buffer.add_string n _; n
        """,
    "bin/other.ml": """
        let compiled (text : string) : Re.re = assert false
        let contents (b : Buffer.t) = String.trim (assert false)
        let each : (int -> string -> string) = assert false
        let any x = ignore (assert false); x
        let broken = 1 + "a"
        let after (s : string) : string = assert false
        """,
}


@pytest.mark.dune
async def test_a_hole_of_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    async with workshop(tmp_path, FILES | {"bin/other.ml": ""}) as shop:
        said = [
            await shop.ask("match on s", "bin/main.ml:area"),
            await shop.ask("fill the hole with Re.execp re text", "bin/main.ml:found"),
            await shop.ask("fill the hole", "bin/main.ml:wrap"),
        ]
    assert said == snapshot(
        [
            """\
fill the hole at bin/main.ml:5 with a match on s — NOT DONE: write the case Disc _, the case Box _, the case Dot, the hole at bin/main.ml:4, the hole at bin/main.ml:6, which fails with TODO until then
bin/main.ml
  - let found re text = ignore é; _
  - let area (s : shape) : float = _
  - let wrap n = Buffer.add_string n _; n
  + let found re text = ignore é; failwith "TODO"
  + let area (s : shape) : float =
  +   match s with
  +   | Disc _ -> failwith "TODO: Disc _"
  +   | Box _ -> failwith "TODO: Box _"
  +   | Dot -> failwith "TODO: Dot"
  + let wrap n = Buffer.add_string n (failwith "TODO"); n
red: bin/main.ml:4: unused value found.; bin/main.ml:4: unused variable re.; bin/main.ml:4: unused variable text.; bin/main.ml:5: unused value area.; bin/main.ml:10: unused value wrap.; bin/main.ml:1: constructor Disc is never used to build values.; bin/main.ml:1: constructor Box is never used to build values.; bin/main.ml:1: constructor Dot is never used to build values.
""",
            """\
fill the hole at bin/main.ml:4 with Re.execp re text — NOT DONE: write the hole at bin/main.ml:5, the hole at bin/main.ml:6, which fails with TODO until then
bin/main.ml
  - let found re text = ignore é; _
  - let area (s : shape) : float = _
  - let wrap n = Buffer.add_string n _; n
  + let found re text = ignore é; Re.execp re text
  + let area (s : shape) : float = failwith "TODO"
  + let wrap n = Buffer.add_string n (failwith "TODO"); n
red: bin/main.ml:4: unused value found.; bin/main.ml:5: unused value area.; bin/main.ml:5: unused variable s.; bin/main.ml:6: unused value wrap.; bin/main.ml:1: unused constructor Disc.; bin/main.ml:1: unused constructor Box.; bin/main.ml:1: unused constructor Dot.
""",
            """\
fill the hole at bin/main.ml:6 (string) with Buffer.contents n — NOT DONE: write the hole at bin/main.ml:4, the hole at bin/main.ml:5, which fails with TODO until then
bin/main.ml
  - let found re text = ignore é; _
  - let area (s : shape) : float = _
  - let wrap n = Buffer.add_string n _; n
  + let found re text = ignore é; failwith "TODO"
  + let area (s : shape) : float = failwith "TODO"
  + let wrap n = Buffer.add_string n (Buffer.contents n); n
red: bin/main.ml:4: unused value found.; bin/main.ml:4: unused variable re.; bin/main.ml:4: unused variable text.; bin/main.ml:5: unused value area.; bin/main.ml:5: unused variable s.; bin/main.ml:6: unused value wrap.; bin/main.ml:1: unused constructor Disc.; bin/main.ml:1: unused constructor Box.; bin/main.ml:1: unused constructor Dot.
""",
        ]
    )


@pytest.mark.dune
async def test_what_others_make_is_known(tmp_path: Path) -> None:
    async with workshop(tmp_path, FILES | {"bin/main.ml": ""}) as shop:
        said = [await shop.ask("fill the hole", f"bin/other.ml:{name}") for name in ("contents", "each", "any", "after")]
    assert said == snapshot(
        [
            """\
fill the hole at bin/other.ml:2 (string) with Buffer.contents b
bin/other.ml
  - let contents (b : Buffer.t) = String.trim (assert false)
  + let contents (b : Buffer.t) = String.trim (Buffer.contents b)
unknown: bin/other.ml:5: This constant has type "string" but an expression was expected of type
""",
            """\
fill the hole at bin/other.ml:3 (int -> string -> string) with fun _ s -> s
bin/other.ml
  - let each : (int -> string -> string) = assert false
  + let each : (int -> string -> string) = fun _ s -> s
unknown: bin/other.ml:5: This constant has type "string" but an expression was expected of type
""",
            "declined: Nothing says of what type the hole at bin/other.ml:4 is to be; write it there: `(_ : int)`.",
            "declined: The compiler does not get as far as the hole in bin/other.ml; fix the error before it first.",
        ]
    )


@pytest.mark.parametrize(
    ("sentence", "wish"),
    [
        ("fill the hole", Fill()),
        ("fill in this typed hole", Fill()),
        ("complete this todo", Fill()),
        ("fill this hole with List.length l", Fill(expression="List.length l")),
        ("fill the hole by matching on kind", Fill(on="kind")),
        ("destruct t.kind", Fill(on="t.kind")),
        ("case split on k here", Fill(on="k")),
    ],
)
def test_what_is_understood(sentence: str, wish: Fill) -> None:
    assert change_in(sentence) == wish


@pytest.mark.parametrize(
    ("text", "expression", "after"),
    [
        ("let a = f _ 1", "g x", "let a = f (g x) 1"),
        ("let a = f _ 1", "x", "let a = f x 1"),
        ("let a = _", "fun x -> x", "let a = fun x -> x"),
        ("let a = f (_)", "fun x -> x", "let a = f (fun x -> x)"),
        ("let a = _ + 1", "g x", "let a = g x + 1"),
        ("let a = [ _; 1 ]", "fun x -> x", "let a = [ (fun x -> x); 1 ]"),
        ("let a = match b with 1 -> _ | _ -> 2", "function 1 -> 2", "let a = match b with 1 -> (function 1 -> 2) | _ -> 2"),
    ],
)
def test_what_fills_a_hole_means_the_same_there(text: str, expression: str, after: str) -> None:
    tree = parse("a.ml", text)
    (hole,) = holes(tree)
    span = tree.span(hole)
    assert text[: span.start] + filled(tree, hole, expression) + text[span.end :] == after


@pytest.mark.parametrize(
    "text",
    [
        "let f x =\n  let y = 1 in\n  _\n",
        "let f x = _\n",
        "let f x =\n  g (_) y\n",
        "let f x = match y with\n  | A -> _\n  | B -> 1\n",
        "let f = function\n  | A -> 1\n  | B ->\n    _\n",
    ],
)
def test_a_match_takes_no_cases_of_others(text: str) -> None:
    tree = parse("a.ml", text)
    (hole,) = holes(tree)
    span, written = split(tree, hole, "x", ("None", "Some _"))
    after = text[: span.start] + written + text[span.end :]
    assert not parse("a.ml", after).root.has_error
    assert after.count("match x with") == 1
    node = parse("a.ml", after).node_at(type(span)(after.index("match x"), after.index("match x") + 5))
    assert node.parent is not None
    assert sum(child.type == "match_case" for child in node.parent.children) == 2
