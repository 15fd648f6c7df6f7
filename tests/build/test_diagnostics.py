"""Texts that are not among the faults: other compilers, noise around, hostile sizes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.build.diagnostics import parse_output, source_path, words_of_the_build
from aid_lsp.workspace.diagnostic import Diagnostic, Related

ROOT = Path("/ws")

OCAML_4_13 = """\
File "lib/foo.ml", line 3, characters 8-12:
3 | let x = aera
            ^^^^
Error: Unbound value aera
Hint: Did you mean area?
File "lib/bar.ml", line 2, characters 0-3:
2 | let y = 2
    ^^^
Error: Syntax error: ')' expected
File "lib/bar.ml", line 1, characters 8-9:
1 | let x = (1
            ^
  This '(' might be unmatched
"""


def test_texts_of_ocaml_4_13_are_read() -> None:
    assert parse_output(OCAML_4_13, ROOT) == (
        Diagnostic("lib/foo.ml", 3, 8, 3, 12, "error", "Unbound value aera\nHint: Did you mean area?"),
        Diagnostic(
            "lib/bar.ml",
            2,
            0,
            2,
            3,
            "error",
            "Syntax error: ')' expected",
            related=(Related("lib/bar.ml", 1, 8, "This '(' might be unmatched"),),
        ),
    )


DUNE_2_9 = """\
    test_foo alias test/runtest (exit 2)
(cd _build/default/test && ./test_foo.exe)
Fatal error: exception Assert_failure("test/test_foo.ml", 1, 9)
       false alias runtest (exit 1)
(cd _build/default && /usr/bin/false)
          sh (internal) (exit 1)
(cd _build/default && /usr/bin/sh -c 'diff -u a.txt b.txt')
--- a.txt\t2026-11-23 16:29:14.054426013 +0000
+++ b.txt\t2026-11-23 16:29:14.052016987 +0000
@@ -1 +1 @@
-a
+b
File "bin/dune", line 3, characters 2-10:
3 |  (librarie foo_lib))
      ^^^^^^^^
Error: Unknown field librarie
Hint: did you mean libraries?
"""


def test_texts_of_dune_2_9_are_read() -> None:
    assert parse_output(DUNE_2_9, ROOT) == (
        Diagnostic("test/dune", 1, 0, 1, 0, "error", 'Fatal error: exception Assert_failure("test/test_foo.ml", 1, 9)'),
        Diagnostic("dune", 1, 0, 1, 0, "error", "false failed (exit 1)"),
        Diagnostic("a.txt", 1, 0, 1, 0, "error", "--- a.txt\n+++ b.txt\n@@ -1 +1 @@\n-a\n+b", promotion=True),
        Diagnostic("bin/dune", 3, 2, 3, 10, "error", "Unknown field librarie\nHint: did you mean libraries?"),
    )


WITH_COMMANDS = """\
(cd _build/default && /usr/bin/ocamlc.opt -w -40 -g -o lib/.shop.objs/byte/shop__Price.cmo -c -impl lib/price.ml)
File "lib/price.ml", line 1, characters 14-18:
1 | let tax = 1 + true
                  ^^^^
Error: The constructor "true" has type "bool"
       but an expression was expected of type "int"
(cd _build/default && /usr/bin/ocamlc.opt -w -40 -g -o lib/.shop.objs/byte/shop__Order.cmo -c -impl lib/order.ml)
File "lib/order.ml", line 1, characters 17-27:
1 | let size items = Stock.totl items
                     ^^^^^^^^^^
Error: Unbound value "Stock.totl"
Hint: Did you mean "total"?
"""


def test_the_commands_that_dune_prints_in_ci_belong_to_no_report() -> None:
    mismatch = 'The constructor "true" has type "bool"\n       but an expression was expected of type "int"'
    unbound = 'Unbound value "Stock.totl"\nHint: Did you mean "total"?'
    assert parse_output(WITH_COMMANDS, ROOT) == (
        Diagnostic("lib/price.ml", 1, 14, 1, 18, "error", mismatch),
        Diagnostic("lib/order.ml", 1, 17, 1, 27, "error", unbound),
    )
    assert "ocamlc.opt" not in words_of_the_build(WITH_COMMANDS)


def test_a_warning_of_an_old_compiler_has_a_bare_number() -> None:
    text = 'File "a.ml", line 1, characters 4-5:\nWarning 32: unused value x.\nFile "a.ml", line 1, characters 4-5:\nWarning 32: unused value x.\n'
    assert parse_output(text, ROOT) == (Diagnostic("a.ml", 1, 4, 1, 5, "warning", "unused value x.", code="32"),)


def test_an_alert_that_is_a_warning_has_its_name() -> None:
    text = 'File "a.ml", line 1, characters 4-5:\n1 | let\n    ^\nAlert deprecated: A.x\nuse y\n'
    assert parse_output(text, ROOT) == (Diagnostic("a.ml", 1, 4, 1, 5, "warning", "A.x\nuse y", code="alert deprecated"),)


def test_what_a_watching_dune_says_of_itself_is_no_part_of_a_message() -> None:
    text = (
        "Success, waiting for filesystem changes...\n\n********** NEW BUILD (lib changed) **********\n\n"
        'File "a.ml", line 1, characters 4-5:\nError: Oh\nHad 1 error, waiting for filesystem changes...\n'
    )
    assert [one.message for one in parse_output(text, ROOT)] == ["Oh"]
    assert words_of_the_build(text) == 'File "a.ml", line 1, characters 4-5:\nError: Oh'


def test_a_failing_command_is_an_error_where_its_rule_stands() -> None:
    text = 'File "dune", lines 1-2, characters 0-40:\n1 | (rule (alias runtest)\n2 |  (action (run false)))\nCommand exited with code 1.\n'
    assert parse_output(text, ROOT) == (Diagnostic("dune", 1, 0, 2, 40, "error", "Command exited with code 1."),)


def test_a_linkers_words_stay_with_the_stanza() -> None:
    text = (
        'File "bin/dune", line 1, characters 18-22:\n1 | (executable (name main))\n                      ^^^^\n'
        '/usr/bin/ld: main.o: undefined reference to `gone\'\nFile "caml_startup", line 1:\nError: Error during linking (exit code 1)\n'
    )
    (first, *_) = parse_output(text, ROOT)
    assert first.path == "bin/dune"
    assert "undefined reference" in first.message


@pytest.mark.parametrize(
    ("printed", "known"),
    [
        ("lib/foo.pp.ml", "lib/foo.ml"),
        ("lib/foo.pp.mli", "lib/foo.mli"),
        ("_build/default/lib/foo.ml", "lib/foo.ml"),
        ("_build/.sandbox/0a1b/default/lib/foo.ml", "lib/foo.ml"),
        ("/ws/lib/foo.ml", "lib/foo.ml"),
        ("/usr/lib/ocaml/list.mli", "/usr/lib/ocaml/list.mli"),
        ("./a.ml", "a.ml"),
        ("", None),
        (".", None),
        ("_none_", None),
        ("command line argument: -w", None),
    ],
)
def test_a_path_is_the_one_that_people_know(printed: str, known: str | None) -> None:
    assert source_path(printed, ROOT) == known


def test_an_output_of_megabytes_is_read_in_time() -> None:
    noise = 'File "a.ml", line 1, characters 4-5:\n' + "Error: not an error of mine\n" * 5_000
    assert len(parse_output('File "test/dune", line 1, characters 2-3:\nF\n' + noise, ROOT)) >= 1
    assert len(parse_output(" " * 200_000 + "^" * 200_000 + "\n" + noise, ROOT)) >= 1


lines = st.sampled_from(
    [
        'File "lib/a.ml", line 3, characters 1-2:',
        'File "lib/a.ml", lines 3-1:',
        'File "/x.log", line 0, characters -1-0:',
        '  File "lib/b.ml", line 3: Expected declaration',
        "3 | let x",
        "    ^^",
        "Error: it",
        "Error (warning 8 [partial-match]): it",
        "Error:",
        "@@ -1,3 +1 @@",
        "--- a",
        "+b",
        "",
        "\r",
        "  This might be unmatched",
        "FAILED 1 / 2 tests",
    ]
)


@given(st.lists(lines | st.text(max_size=20), max_size=30))
def test_no_text_is_an_error(said: list[str]) -> None:
    for one in parse_output("\n".join(said), ROOT):
        assert one.line >= 1
        assert one.column >= 0
