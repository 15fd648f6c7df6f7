"""Which errors are the patch's own."""

from aid_lsp.ces.compare import compare, steady
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.workspace.diagnostic import Diagnostic

TEXT = "let a = 1\nlet b = x\nlet c = 3\nlet d = y\n"


def error(line: int, message: str = "Unbound value x", path: str | None = "lib/a.ml", code: str | None = None) -> Diagnostic:
    return Diagnostic(path, line, 8, line, 9, "error", message, code)


def patch(after: str, before: str = TEXT, path: str = "lib/a.ml") -> Patch:
    return Patch.of([FileChange(path, before, after)])


def test_an_error_moves_with_its_line() -> None:
    found = compare([error(2)], [error(4)], patch("(* one\n   two *)\n" + TEXT))
    assert (found.new, found.old, found.fixed) == ((), (error(4),), ())


def test_an_error_of_the_same_words_elsewhere_is_another_error() -> None:
    found = compare([error(2)], [error(4)], patch(TEXT.replace("= x", "= 2").replace("= y", "= x")))
    assert (found.new, found.old, found.fixed) == ((error(4),), (), (error(2),))


def test_two_errors_of_the_same_words_count_twice() -> None:
    found = compare([error(2)], [error(2), error(3)], patch(TEXT.replace("= 3", "= x")))
    assert (found.new, found.old, found.fixed) == ((error(3),), (error(2),), ())


def test_an_error_in_a_rewritten_stretch_is_the_same_if_its_words_are() -> None:
    after = "let a = 1\nlet b =\n  let z = 2 in\n  x + z\nlet c = 3\nlet d = y\n"
    found = compare([error(2)], [error(4)], patch(after))
    assert (found.new, found.old) == ((), (error(4),))


def test_other_words_or_another_code_are_another_error() -> None:
    before = error(2, code="32 [unused-value]")
    found = compare([before], [error(2, "Unbound value z"), error(2, code="26 [unused-var]")], patch(TEXT + "\n"))
    assert len(found.new) == 2
    assert found.old == ()


def test_an_error_is_the_same_whether_dune_printed_it_or_told_it_over_rpc() -> None:
    printed = 'The constructor "true" has type "bool"\n       but an expression was expected of type "int"'
    told = 'The constructor "true" has type "bool"\nbut an expression was expected of type "int"'
    coded = error(2, "this pattern-matching is not exhaustive.", code="8 [partial-match]")
    for one, other in ((error(2, printed), error(2, told)), (coded, error(2, coded.message))):
        assert compare([one], [other], patch(TEXT + "\n")).old == (other,)
        assert compare([other], [one], patch(TEXT + "\n")).old == (one,)


def test_an_error_in_a_file_that_the_patch_does_not_touch_keeps_its_line() -> None:
    other = patch("x", "y", "lib/b.ml")
    assert compare([error(2)], [error(2)], other).new == ()
    assert compare([error(2)], [error(3)], other).new == (error(3),)


def test_an_error_without_a_file_goes_by_its_words() -> None:
    cycle = error(1, "Dependency cycle between:\n   a\n-> b", None)
    assert compare([cycle], [cycle], patch("")).old == (cycle,)


def test_what_changes_from_run_to_run_does_not_count() -> None:
    first = "This run has ID `ZOVDPCXN'.\n1 failure! in 0.014s. 1 test run.\n.sandbox/f357a4b/x 0x7f12"
    second = "This run has ID `L2YL82FP'.\n1 failure! in 12.3s. 1 test run.\n.sandbox/0123456/x 0x8000"
    assert steady(first) == steady(second)
    assert steady("expected: 7. but got: 6.") != steady("expected: 7. but got: 5.")


def test_only_what_the_patch_did_not_write_may_have_been_in_the_dark() -> None:
    fixed = patch(TEXT.replace("= x", "= 2"))
    assert compare([error(2)], [error(4, "Unbound value y")], fixed).dark == (error(4, "Unbound value y"),)
    assert compare([error(2)], [error(2, "Unbound value z")], fixed).dark == ()
    assert compare([error(2)], [error(1, "Unbound value w")], fixed).dark == (), "the compiler had come past that line"
    assert compare([error(2)], [error(1, "unused", code="32")], fixed).dark == (error(1, "unused", code="32"),), (
        "warnings come last"
    )
    assert compare([], [error(4)], fixed).dark == (), "nothing was in the way"
    elsewhere = error(9, "Unbound value q", "bin/main.ml")
    assert compare([error(2)], [elsewhere], fixed).dark == (elsewhere,)
