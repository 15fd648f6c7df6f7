from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.context.facts import facts
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet, estimate
from aid_lsp.context.strategy import gather
from aid_lsp.edits.lines import Lines, Span
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

QUEUE = """\
open Base

type 'a t = { mutable front : 'a list; mutable back : 'a list }

let create () = { front = []; back = [] }
let length t = List.length t.front + List.length t.back

(** Takes the oldest one. *)
let pop t =
  normalise t;
  match t.front with
  | [] -> raise Stdlib.Not_found
  | x :: rest ->
    t.front <- rest;
    x
"""
PROJECT = {
    "dune-project": "(lang dune 3.17)\n",
    "lib/dune": "(library\n (name queues)\n (libraries base str)\n (preprocess (pps ppx_jane)))\n\n(rule (action (progn)))\n",
    "lib/queue.ml": QUEUE,
    "lib/queue.mli": "type 'a t\n\nval create : unit -> 'a t\nval length : 'a t -> int\n\n(** Takes the oldest one. *)\nval pop : 'a t -> 'a\n",
    "lib/stack.ml": "let push x t = x :: t\nlet peek t = Queue.length t\n",
    "test/dune": "(test (name test_queue) (libraries queues))\n",
    "test/test_queue.ml": "open Queues\nlet () =\n  let q = Queue.create () in\n  assert (Queue.length q = 0)\n",
    "test/test_stack.ml": "let () = ignore Queues.Stack.push\n",
    "README.md": "Queues, and how to pop from them.\n",
    ".env": "TOKEN=queue pop\n",
}


def view_of(files: dict[str, str]) -> View:
    return View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in files.items()})


def asked(instruction: str, at: str = "", files: dict[str, str] = PROJECT, diagnostics: tuple[Diagnostic, ...] = ()) -> Request:
    """`at` is a file and words in it: `lib/queue.ml:normalise`."""
    path, _, words = at.partition(":")
    start = files[path].index(words) if path else 0
    place = Place(path, Span(start, start)) if path else None
    return Request(instruction, view_of(files), place, diagnostics)


def drawn(files: dict[str, str], snippets: tuple[Snippet, ...]) -> str:
    shown: list[str] = []
    for snippet in snippets:
        assert snippet.span.of(files[snippet.path]) == snippet.text
        lines = Lines(files[snippet.path])
        first, last = lines.position(snippet.span.start)[0] + 1, lines.position(max(0, snippet.span.end - 1))[0] + 1
        shown.append(f"{snippet.path}:{first}-{last} {snippet.why}")
    return "\n".join(shown)


def check_gather(request: Request, expect: str, budget: int = 2000, files: dict[str, str] = PROJECT) -> None:
    assert drawn(files, gather(request, budget)) == expect


def test_a_place_in_an_implementation() -> None:
    check_gather(
        asked("return an option", "lib/queue.ml:match t.front"),
        snapshot("""\
lib/queue.ml:1-15 value pop, where the change is asked for; what the file opens
lib/queue.mli:1-7 pop in the interface of Queue; shares rare names with the place
lib/dune:1-4 the dune stanza that builds Queue
test/test_queue.ml:1-4 tests that mention Queue
lib/stack.ml:1-2 shares rare names with the place\
"""),
    )


def test_a_small_budget_keeps_the_definition_and_its_interface() -> None:
    check_gather(
        asked("return an option", "lib/queue.ml:match t.front"),
        snapshot("""\
lib/queue.ml:1-15 value pop, where the change is asked for; what the file opens
lib/queue.mli:6-7 pop in the interface of Queue; shares rare names with the place\
"""),
        budget=185,
    )


def test_a_place_in_an_interface() -> None:
    check_gather(
        asked("rename it", "lib/queue.mli:length"),
        snapshot("""\
lib/queue.mli:1-7 value length, where the change is asked for
lib/queue.ml:3-3 shares rare names with the place
lib/queue.ml:6-15 length in the implementation of Queue; shares rare names with the place
lib/dune:1-4 the dune stanza that builds Queue
test/test_queue.ml:1-4 uses Queue.length; a test that mentions Queue
lib/stack.ml:1-2 uses Queue.length; shares rare names with the place\
"""),
        budget=400,
    )


def test_an_instruction_alone() -> None:
    check_gather(
        asked("make the queue's pop return an option"),
        snapshot("""\
lib/queue.mli:1-7 pop is named in the instruction
lib/queue.ml:1-15 pop is named in the instruction
lib/dune:1-4 the dune stanza that builds Queue
test/test_queue.ml:1-4 has the instruction's words
lib/stack.ml:2-2 has the instruction's words
test/test_stack.ml:1-1 has the instruction's words\
"""),
    )


def test_an_instruction_that_names_code() -> None:
    check_gather(
        asked("use `Queue.length` less"),
        snapshot("""\
lib/queue.mli:1-4 Queue.length, which the instruction names; length is named in the instruction
lib/queue.ml:6-6 Queue.length, which the instruction names; length is named in the instruction
lib/dune:1-4 the dune stanza that builds Queue
lib/stack.ml:2-2 has the instruction's words\
"""),
        budget=200,
    )


def test_an_instruction_that_says_nothing_shows_nothing() -> None:
    check_gather(asked("do it"), "")


def test_build_errors_show_their_place_and_what_they_name() -> None:
    error = Diagnostic("lib/stack.ml", 2, 13, 2, 25, "error", 'The value "Queue.length" has type\n  "\'a Queue.t -> int"')
    check_gather(
        asked("fix this", "", PROJECT, (error,)),
        snapshot("""\
lib/stack.ml:2-2 the build complains here: The value "Queue.length" has type
lib/queue.mli:1-1 Queue.t, which the build's message names
lib/queue.mli:4-4 Queue.length, which the build's message names
lib/queue.ml:3-3 Queue.t, which the build's message names
lib/queue.ml:6-6 Queue.length, which the build's message names\
"""),
        budget=230,
    )


def test_diagnostics_of_the_last_attempt_count_too() -> None:
    error = Diagnostic("lib/stack.ml", 2, 13, 2, 25, "error", "Unbound value Queue.length")
    found = gather(asked("x", "lib/queue.ml:pop"), 2000, diagnostics=(error,))
    assert "Unbound value" in next(snippet.why for snippet in found if snippet.path == "lib/stack.ml")


def test_columns_of_diagnostics_are_bytes() -> None:
    files = {"a.ml": 'let s = "é😋" let broken = x\n'}
    error = Diagnostic("a.ml", 1, 17, 1, 20, "error", "Unbound value x")
    assert [snippet.text for snippet in gather(asked("fix", "", files, (error,)), 32)] == ["let broken = x\n"]


def test_secrets_are_never_shown() -> None:
    files = {
        ".env": "let pop = 1",
        "id_rsa": "pop",
        "lib/keys.ml": 'let pop_key = "-----BEGIN RSA PRIVATE KEY-----"\n',
        "lib/pop.ml": "let pop = 1\n",
    }
    assert {snippet.path for snippet in gather(asked("change pop and pop_key", "", files), 2000)} == {"lib/pop.ml"}
    assert gather(asked("change pop", ".env:pop", files), 2000)[0].path == "lib/pop.ml"


LONG = "\n".join(f"let f{n} x =\n  let y = x + {n} in\n  y * y\n" for n in range(400))


def test_a_long_file_is_cut_at_definitions() -> None:
    files = {"lib/long.ml": "open Base\n\n" + LONG}
    found = gather(asked("make it faster", "lib/long.ml:x + 200 in", files), 600)
    assert all(snippet.text.startswith(("let f", "open Base")) for snippet in found)
    assert all(snippet.head or snippet.text.rstrip().endswith(("y * y", "open Base")) for snippet in found)
    assert any("let f200 x" in snippet.text for snippet in found)


def test_a_definition_longer_than_the_budget_is_cut_around_the_place() -> None:
    body = "\n".join(f"  print_int {n};" for n in range(2000))
    files = {"lib/long.ml": f"let main () =\n{body}\n  ()\n"}
    (found,) = gather(asked("print less", "lib/long.ml:print_int 1000", files), 400)
    assert "print_int 1000;" in found.text
    assert estimate(found.text) <= 400


@pytest.mark.parametrize("budget", [0, 1, 20, 60, 200, 1000, 10000])
def test_the_budget_holds_and_nothing_is_shown_twice(budget: int) -> None:
    for at in ("", "lib/queue.ml:pop t", "lib/queue.mli:pop", "README.md:pop", "lib/dune:queues"):
        found = gather(asked("make the queue's pop return an option", at), budget)
        assert sum(estimate(snippet.text) for snippet in found) <= budget
        for one in found:
            others = [other for other in found if other is not one and other.path == one.path]
            assert not any(one.span.start < other.span.end and other.span.start < one.span.end for other in others)


def test_the_count_of_the_model_is_what_counts() -> None:
    found = gather(asked("x", "lib/queue.ml:pop t"), 2000, count=lambda text: 10_000 if "pop" in text else 1)
    assert not any("pop" in snippet.text for snippet in found)


class Broken:
    name = "broken"

    def find(self, scene: Scene) -> list[Snippet]:
        raise RuntimeError(scene.budget_tokens)


class One:
    name = "one"

    def find(self, scene: Scene) -> list[Snippet]:
        return [scene.whole("README.md", "always", 1)]


def test_a_strategy_that_fails_leaves_the_others(caplog: pytest.LogCaptureFixture) -> None:
    assert [snippet.path for snippet in gather(asked("x"), 100, strategies=(Broken(), One()))] == ["README.md"]
    assert "the context strategy broken failed" in caplog.text


def test_every_strategy_has_an_answer_for_a_place_in_a_dune_file(caplog: pytest.LogCaptureFixture) -> None:
    assert [s.path for s in gather(asked("link unix", "lib/dune:queues"), 2000)][:1] == ["lib/dune"]
    assert caplog.messages == []


def test_facts_that_models_get_wrong() -> None:
    assert facts(asked("x", "lib/queue.ml:pop"), "OCaml 5.3.0") == snapshot(
        "OCaml 5.3.0 · lib/queue.ml belongs to library queues (lib/dune) · libraries: base, str · ppx: ppx_jane · Base replaces Stdlib here (labelled List.map ~f, no polymorphic =) · dune lang 3.17"
    )
    assert facts(asked("x", "lib/stack.ml:push")) == snapshot(
        "lib/stack.ml belongs to library queues (lib/dune) · libraries: base, str · ppx: ppx_jane · Base is linked but not opened in this file, so List and String are Stdlib's · dune lang 3.17"
    )
    assert facts(asked("x")) == snapshot("dune lang 3.17")
    assert facts(asked("x", "test/test_queue.ml:open"), "OCaml 5.3.0") == snapshot(
        "OCaml 5.3.0 · test/test_queue.ml belongs to test test_queue (test/dune) · libraries: queues · standard library: Stdlib, List.map takes the function first and has no labels · dune lang 3.17"
    )


CALCULATOR = {
    "dune-project": "(lang dune 3.17)\n(using menhir 2.1)\n",
    "lib/dune": "(library (name calc))\n\n(ocamllex lexer)\n\n(menhir (modules parser))\n",
    "lib/ast.ml": "type t = Int of int | Add of t * t\n\nlet add a b = Add (a, b)\n",
    "lib/lexer.mll": "rule token = parse\n  | ['0'-'9']+ as n { Parser.INT (int_of_string n) }\n  | '+' { Parser.PLUS }\n",
    "lib/parser.mly": "%token <int> INT\n%token PLUS\n%start <Ast.t> main\n%%\n\nmain: e = expr { e }\n\n"
    "(* Adds. *)\nexpr:\n  | i = INT { Ast.Int i }\n  | a = expr PLUS b = expr { Ast.add a b }\n",
    "lib/run.ml": "let run text = Parser.main Lexer.token (Lexing.from_string text)\n",
    "test/calc.t": "Sums are printed:\n\n  $ calc '1+2'\n  3\n",
}


def shown(instruction: str, at: str = "") -> set[str]:
    """The definitions' first lines."""
    return {snippet.text.split("\n", 1)[0] for snippet in gather(asked(instruction, at, CALCULATOR), 2000)}


def test_a_grammar_uses_what_is_defined_elsewhere() -> None:
    assert "(* Adds. *)" in shown("subtract too", "lib/ast.ml:let add")


def test_a_place_in_a_grammar() -> None:
    assert {"main: e = expr { e }", "%token <int> INT"} <= shown("subtract too", "lib/parser.mly:Ast.add")
    assert any(first.startswith("type t = Int") for first in shown("subtract too", "lib/parser.mly:Ast.add"))


def test_an_instruction_finds_rules_and_cram_tests() -> None:
    assert {"Sums are printed:", "rule token = parse"} <= shown("print sums with spaces; the token rule")
