from inline_snapshot import snapshot

from aid_lsp.ocaml.anchor import OCamlAnchor, heading

TEXT = """\
module State : sig
  val step : int -> int
end = struct
  (** Steps. *)
  let step x =
    x + 1
end

type t = A | B of { x : int }

let rec f x = g x
and g x = f x
"""


def test_what_can_be_named() -> None:
    named = OCamlAnchor().named("a.ml", TEXT)
    assert [(n.kind, n.name, n.top, n.whole, n.code.of(TEXT)[:18]) for n in named] == snapshot(
        [
            ("module", "State", True, True, "module State : sig"),
            (
                "value",
                "State.step",
                False,
                True,
                """\
let step x =
    x\
""",
            ),
            ("type", "t", True, True, "type t = A | B of "),
            ("constructor", "t.A", False, False, "A"),
            ("constructor", "t.B", False, False, "B of { x : int }"),
            ("field", "t.B.x", False, False, "x : int"),
            ("value", "f", True, True, "let rec f x = g x"),
            ("value", "g", True, True, "and g x = f x"),
        ]
    )
    assert all(n.sound for n in named)


def test_an_error_spoils_what_it_touches() -> None:
    text = "let a = 1\n\nlet b = ) 2\n\nlet c = 3\n"
    assert {n.name: n.sound for n in OCamlAnchor().named("a.ml", text)} == {"a": True, "b": False, "c": True}
    assert not OCamlAnchor().sound("a.ml", text)
    assert OCamlAnchor().sound("a.ml", TEXT)


def test_dune_stanzas_can_be_named() -> None:
    text = "(library (name a))\n(rule (action (progn)))\n(tests (names b c))\n"
    named = OCamlAnchor().named("lib/dune", text)
    assert [(n.name, n.span.of(text)) for n in named] == snapshot(
        [("library a", "(library (name a))"), ("rule", "(rule (action (progn)))"), ("tests b c", "(tests (names b c))")]
    )
    assert OCamlAnchor().sound("lib/dune", text)
    assert not OCamlAnchor().sound("lib/dune", text + "(")


def test_other_files_have_no_names() -> None:
    assert OCamlAnchor().named("README.md", "let x = 1") == ()
    assert OCamlAnchor().sound("README.md", "let let")


def test_the_heading_of_a_line() -> None:
    rows = [heading("a.ml", TEXT, row) for row in range(TEXT.count("\n"))]
    assert rows == snapshot(
        [
            "",
            "module State : sig",
            "module State : sig",
            "module State : sig",
            "let step x =",
            "let step x =",
            "module State : sig",
            "",
            "",
            "",
            "",
            "",
        ]
    )
    assert heading("README.md", TEXT, 1) == ""
