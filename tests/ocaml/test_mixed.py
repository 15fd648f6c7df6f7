"""Lexers, grammars, dune files and cram tests have outlines; the OCaml in them counts as OCaml."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aid_lsp.ocaml.anchor import OCamlAnchor, heading
from aid_lsp.ocaml.outline import mixed, outline
from aid_lsp.ocaml.references import references
from tests.ocaml.draw import drawn_outline, drawn_references

LEXER = """\
{
open Tokens

(** Counts lines. *)
let lines = ref 0

exception Bad of string
}

let digit = ['0'-'9']
(* of C *)
let ident = ['a'-'z'] (digit | '_')*

(** The next token. *)
rule token depth = parse
  | digit+ as n { INT (int_of_string n) }
  | "(*" { comment (depth + 1) lexbuf }
  | '\\n' { incr lines; token depth lexbuf }
  | '}' { RBRACE }

and comment depth = shortest
  | "*)" { token depth lexbuf }
  | _ as c { raise (Bad (String.make 1 c)) }

{
let all lexbuf = token 0 lexbuf
}
"""

GRAMMAR = """\
%{
open Ast
let at p = p.Lexing.pos_lnum (* } %% *)
%}

%token <int> INT
%token PLUS "+" TIMES
%token <string * (int -> int)> FUN
/* lowest first */
%left PLUS
%start <Ast.t> main
%%

(* The start. *)
%public main:
  | e = expr; EOF { e }
;

expr:
  | i = INT { Int (i, at $startpos, "}", '}', {|}|}) }
  | expr PLUS expr { Add ($1, $3) }
  | l = delimited(LPAREN, expr, RPAREN) { l }

%inline pair(A, B): a = A b = B { a, b }

let ends(x) :=
  | ~ = x; EOF; <>

%%

let of_string s = main s
"""

CRAM = """\
Compiling says nothing:

  $ dune build
  $ ./main.exe
  hello

Errors
======

  $ ./main.exe --wrong
  [1]
"""


def test_a_lexer() -> None:
    assert drawn_outline("lib/lexer.mll", LEXER) == snapshot("""\
value lines: (** Counts lines. *)⏎let lines = ref 0
exception Bad: exception Bad of string
regexp digit: let digit = ['0'-'9']
regexp ident: (* of C *)⏎let ident = ['a'-'z'] (digit | '_')*
rule token: (** The next token. *)⏎rule token dept…}⏎  | '}' { RBRACE }
rule comment: and comment depth = shortest⏎  | "*)" …(String.make 1 c)) }
value all: let all lexbuf = token 0 lexbuf\
""")


def test_a_grammar() -> None:
    assert drawn_outline("lib/parser.mly", GRAMMAR) == snapshot("""\
value at: let at p = p.Lexing.pos_lnum (* } %% *)
token INT: %token <int> INT
token PLUS: PLUS
token TIMES: TIMES
token FUN: %token <string * (int -> int)> FUN
rule main: (* The start. *)⏎%public main:⏎  | e = expr; EOF { e }⏎;
rule expr: expr:⏎  | i = INT { Int (i, at $startp… expr, RPAREN) { l }
rule pair: %inline pair(A, B): a = A b = B { a, b }
rule ends: let ends(x) :=⏎  | ~ = x; EOF; <>
value of_string: let of_string s = main s\
""")


def test_a_cram_test_and_its_sections() -> None:
    assert drawn_outline("test/cli.t", CRAM) == snapshot("""\
test cli: Compiling says nothing:⏎⏎  $ dune buil…n.exe --wrong⏎  [1]⏎
test cli.Compiling says nothing: Compiling says nothing:⏎⏎  $ dune buil…$ ./main.exe⏎  hello
test cli.Errors: Errors⏎======⏎⏎  $ ./main.exe --wrong⏎  [1]\
""")
    assert outline("test/cli.t/run.t", CRAM)[0].dotted == "cli"


def test_a_dune_file() -> None:
    text = "(ocamllex lexer)\n\n(menhir (modules parser) (flags --table))\n(test (name t) (libraries re))\n"
    assert drawn_outline("lib/dune", text) == snapshot("""\
stanza ocamllex lexer: (ocamllex lexer)
stanza menhir parser: (menhir (modules parser) (flags --table))
stanza test t: (test (name t) (libraries re))\
""")


def names(path: str, text: str, *called: str) -> str:
    return "\n".join(f"{drawn_references(path, text, name)}\n" for name in called)


def test_names_of_a_lexer() -> None:
    assert names("lexer.mll", LEXER, "lines", "n", "depth", "token", "digit", "Bad") == snapshot("""\
5:4 value lines defines
18:16 value lines → 5:4

16:14 value n defines local
16:37 value n local → 16:14

15:11 value depth defines local
17:20 value depth local → 15:11
18:29 value depth local → 15:11
21:12 value depth defines local
22:17 value depth local → 21:12

15:5 value token defines
18:23 value token → 15:5
22:11 value token → 15:5
26:17 value token → 15:5

10:4 regexp digit defines
12:23 regexp digit → 10:4
16:4 regexp digit → 10:4

7:10 constructor Bad defines
23:20 constructor Bad
""")


def test_names_of_a_grammar() -> None:
    assert names("parser.mly", GRAMMAR, "expr", "INT", "e", "at", "A", "main") == snapshot("""\
16:8 value expr → 19:0
19:0 value expr defines
21:4 value expr → 19:0
21:14 value expr → 19:0
22:26 value expr → 19:0

6:13 constructor INT defines
20:8 constructor INT

16:4 value e defines local
16:20 value e local → 16:4

3:4 value at defines
20:22 value at → 3:4

24:13 value A defines local
24:24 constructor A

11:15 value main → 15:8
15:8 value main defines
31:18 value main → 15:8
""")


def test_rules_can_be_named_by_those_who_edit() -> None:
    anchor = OCamlAnchor()
    named = {one.name: one for one in anchor.named("parser.mly", GRAMMAR)}
    assert (named["expr"].kind, named["expr"].sound, named["expr"].whole) == ("rule", True, True)
    assert not named["PLUS"].whole
    assert [one.name for one in anchor.named("parser.mly", "expr:\n  | INT { $1 }\n")] == ["expr"]
    assert [one.name for one in anchor.named("lexer.mll", "rule token = parse\n  | eof { EOF }\n")] == ["token"]
    assert anchor.sound("parser.mly", GRAMMAR)
    assert anchor.sound("lexer.mll", LEXER)
    assert not anchor.sound("lexer.mll", LEXER.replace("INT (int", "INT ((int"))
    assert heading("parser.mly", GRAMMAR, GRAMMAR[: GRAMMAR.index("Add (")].count("\n")) == "expr:"


def named(path: str, text: str) -> set[str]:
    return {item.name for item in outline(path, text)}


def test_an_error_in_an_action_spoils_nothing_else() -> None:
    for good, bad in (("Add ($1, $3)", "Add ($1,"), ("{ e }", "{ e"), ("= delimited(", "= delimited((")):
        assert {"at", "INT", "main", "expr", "pair", "of_string"} <= named("parser.mly", GRAMMAR.replace(good, bad)), bad
    for good, bad in (("INT (int", "INT ((int"), ("{ RBRACE }", "{ RBRACE"), ("let digit =", "let =")):
        assert {"lines", "ident", "token", "all"} <= named("lexer.mll", LEXER.replace(good, bad)), bad


def test_parameters_that_never_end_make_no_rule() -> None:
    assert named("parser.mly", "%%\nf(a: b: c):\n  | A { 1 }\ng:\n  | B { 2 }\n") == {"f", "g"}
    assert named("parser.mly", "%%\nf((a:\n  | A { 1 }\ng:\n  | B { 2 }\n") >= {"g"}


_PIECES = r"""%{ %} %% %token %start %left <int> < > { } ( ) (* *) /* */ // : := == | ; = ~ let rule and parse shortest as eof A b
    expr: x=y "s" 'c' ['a'-'z'] _ $1 $startpos {| |} {a| |a} [@x ] ' " + ? * refill é 😋 $"""
PIECES = st.sampled_from(_PIECES.split())


@settings(deadline=None)
@given(
    st.lists(st.one_of(PIECES, st.just("\n"), st.just(" ")), max_size=60).map(" ".join),
    st.sampled_from(["a.mll", "a.mly", "a.t", "dune"]),
)
def test_whatever_the_text_items_and_names_lie_where_they_say(text: str, path: str) -> None:
    for item in outline(path, text):
        assert 0 <= item.span.start <= item.core.start <= item.core.end <= item.span.end <= len(text)
        assert item.kind in ("stanza", "test") or item.name_span.of(text) == item.name
    rest = mixed(path, text)
    if rest is not None:
        assert len(rest.ocaml) == len(text)
        for seen in references(path, text):
            assert seen.span.of(text) == seen.name
            assert seen.binder is None or seen.binder.of(text) == seen.name
    OCamlAnchor().named(path, text)
    OCamlAnchor().sound(path, text)


@pytest.mark.parametrize("path", ["a.mll", "a.mly", "a.t", "dune"])
@pytest.mark.parametrize(
    "piece",
    [
        "a: {\n",
        "a(",
        "x = ",
        "{",
        '"',
        "(*",
        "%token A\n",
        "rule a = parse\n",
        "| _ as x { x }\n",
        "let a = ",
        "<",
        "[@",
        "a:\n  $ b\n",
        "%{",
    ],
)
def test_much_of_anything_takes_little(path: str, piece: str) -> None:
    text = piece * 5_000
    outline(path, text)
    references(path, text, "a")
