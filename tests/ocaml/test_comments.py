from textwrap import dedent

from inline_snapshot import snapshot

from aid_lsp.ocaml.comments import instructions


def check_instructions(text: str, expect: list[str], path: str = "a.ml") -> None:
    assert [comment.instruction for comment in instructions(path, dedent(text))] == expect


def check_removed(text: str, expect: str) -> None:
    (comment,) = instructions("a.ml", text)
    assert text[: comment.removal.start] + text[comment.removal.end :] == expect


def test_instructions_are_found_wherever_a_comment_may_stand() -> None:
    check_instructions(
        """
        (* AID: at the top *)
        let f x = (* AID: in the middle *) x
        let g = function
          | A -> 1 (* AID: behind a case *)
          (* AID: over
             two lines,

             and a second paragraph *)
          | B -> 2
        (** AID: even a doc comment *)
        (*
         * aid : starred
         * box
         *)
        (*AID:tight*)
        """,
        snapshot(
            [
                "at the top",
                "in the middle",
                "behind a case",
                """\
over two lines,
and a second paragraph\
""",
                "even a doc comment",
                "starred box",
                "tight",
            ]
        ),
    )


def test_strings_nested_comments_and_other_words_are_none() -> None:
    check_instructions(
        """
        let a = "(* AID: in a string *)"
        let b = {|(* AID: in a quoted string *)|}
        (* outer (* AID: nested *) *)
        (* AID without a colon *)
        (* FIRST AID: kit *)
        (* AID: *)
        (* PAID: no *)
        let c = '"' (* AID: after a quote character *)
        """,
        snapshot(["after a quote character"]),
    )


def test_an_instruction_may_quote_strings_and_comments() -> None:
    check_instructions(
        """(* AID: print "*)" and say why (* with a comment *), don't stop *)\nlet x = 1\n""",
        snapshot(['print "*)" and say why (* with a comment *), don\'t stop']),
    )


def test_an_instruction_in_broken_code_is_found() -> None:
    check_instructions("let f x =\n  (* AID: write this *)\n\nlet g (\n", ["write this"])


def test_an_instruction_that_is_never_closed_is_not_one_yet() -> None:
    check_instructions("let x = 1\n(* AID: still typ", [])


def test_an_interface_may_hold_instructions() -> None:
    check_instructions("val f : int\n(* AID: add val g *)\n", ["add val g"], path="a.mli")


def test_a_comment_on_its_own_lines_goes_with_them() -> None:
    check_removed("let a = 1\n  (* AID: x\n     y *)\nlet b = 2\n", "let a = 1\nlet b = 2\n")


def test_a_comment_between_blank_lines_leaves_one() -> None:
    check_removed("let a = 1\n\n(* AID: x *)\n\nlet b = 2\n", "let a = 1\n\nlet b = 2\n")


def test_a_comment_at_the_end_of_a_line_goes_with_the_blank_before_it() -> None:
    check_removed("let a = 1 (* AID: x *)\r\nlet b = 2\r\n", "let a = 1\r\nlet b = 2\r\n")


def test_a_comment_within_a_line_leaves_one_blank() -> None:
    check_removed("let a = (* AID: x *) 1\n", "let a = 1\n")


def test_a_comment_at_the_start_of_a_line_keeps_the_indentation() -> None:
    check_removed("  (* AID: x *) f y\n", "  f y\n")


def test_a_comment_that_parts_two_words_leaves_them_apart() -> None:
    check_removed("f(* AID: x *) y\n", "f y\n")


def test_a_comment_that_is_all_of_the_file() -> None:
    check_removed("(* AID: x *)", "")


def test_a_last_line_without_an_end() -> None:
    check_removed("let a = 1\n(* AID: x *)", "let a = 1")
