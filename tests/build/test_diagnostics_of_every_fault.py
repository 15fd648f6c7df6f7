"""Every text in `errors/` (OCaml 5.3, dune 3.17, one fault each) is read to its places, codes, messages and related places."""

from pathlib import Path

from inline_snapshot import snapshot

from aid_lsp.build.diagnostics import parse_output
from aid_lsp.workspace.diagnostic import Diagnostic

ERRORS = Path(__file__).parent / "errors"
ROOT = Path("/ws")


def said_on_stderr(name: str) -> str:
    """What the first command in a file printed."""
    return (ERRORS / name).read_text("utf-8").partition("--- stderr\n")[2].partition("\n$ ")[0]


def render(diagnostics: tuple[Diagnostic, ...]) -> str:
    """As a person reads it: place, severity, code; the message below; related places marked with an arrow."""
    lines: list[str] = []
    for one in diagnostics:
        place = f"{one.path}:{one.line}:{one.column}-{one.end_line}:{one.end_column}"
        lines.append(" ".join(filter(None, (place, one.severity, one.code, "promotion" if one.promotion else ""))))
        lines += [f"  | {line}".rstrip() for line in one.message.split("\n")]
        lines += [f"  -> {other.path}:{other.line}:{other.column} {other.message}" for other in one.related]
    return "\n".join(lines)


def check(name: str, expected: str) -> None:
    assert render(parse_output(said_on_stderr(name), ROOT)) == expected


def test_type_error_ml() -> None:
    check(
        "01-type-error-ml.txt",
        snapshot("""\
lib/foo.ml:7:19-7:20 error
  | The value "w" has type "float" but an expression was expected of type "int"\
"""),
    )


def test_type_error_arg() -> None:
    check(
        "02-type-error-arg.txt",
        snapshot("""\
bin/main.ml:4:50-4:51 error
  | The constant "3" has type "int" but an expression was expected of type
  |          "Foo_lib.Foo.shape list"\
"""),
    )


def test_mli_mismatch_value() -> None:
    check(
        "03-mli-mismatch-value.txt",
        snapshot("""\
lib/foo.ml:1:0-1:0 error
  | The implementation "lib/foo.ml"
  |        does not match the interface "lib/foo.mli":
  |        Values do not match:
  |          val total : shape list -> float
  |        is not included in
  |          val total : shape list -> int
  |        The type "shape list -> float" is not compatible with the type
  |          "shape list -> int"
  |        Type "float" is not compatible with type "int"
  |        File "lib/foo.mli", line 7, characters 0-29: Expected declaration
  |        File "lib/foo.ml", line 14, characters 4-9: Actual declaration
  -> lib/foo.mli:7:0 Expected declaration
  -> lib/foo.ml:14:4 Actual declaration
bin/main.ml:4:31-4:57 error
  | This expression has type "int" but an expression was expected of type
  |          "float"\
"""),
    )


def test_mli_missing_value() -> None:
    check(
        "04-mli-missing-value.txt",
        snapshot("""\
lib/foo.ml:1:0-1:0 error
  | The implementation "lib/foo.ml"
  |        does not match the interface "lib/foo.mli":
  |        The value "perimeter" is required but not provided
  |        File "lib/foo.mli", line 8, characters 0-30: Expected declaration
  -> lib/foo.mli:8:0 Expected declaration\
"""),
    )


def test_mli_type_mismatch() -> None:
    check(
        "05-mli-type-mismatch.txt",
        snapshot("""\
lib/foo.ml:1:0-1:0 error
  | The implementation "lib/foo.ml"
  |        does not match the interface "lib/foo.mli":
  |        Type declarations do not match:
  |          type shape = Circle of float | Rect of float * float
  |        is not included in
  |          type shape =
  |              Circle of float
  |            | Rect of float * float
  |            | Square of float
  |        A constructor, "Square", is missing in the first declaration.
  |        File "lib/foo.mli", lines 1-4, characters 0-19: Expected declaration
  |        File "lib/foo.ml", lines 1-3, characters 0-25: Actual declaration
  -> lib/foo.mli:1:0 Expected declaration
  -> lib/foo.ml:1:0 Actual declaration\
"""),
    )


def test_unbound_value_hint() -> None:
    check(
        "06-unbound-value-hint.txt",
        snapshot("""\
lib/foo.ml:14:55-14:59 error
  | Unbound value "aera"
  | Hint: Did you mean "area"?\
"""),
    )


def test_unbound_value_no_hint() -> None:
    check(
        "07-unbound-value-no-hint.txt",
        snapshot("""\
lib/foo.ml:14:55-14:61 error
  | Unbound value "zzzqqq"\
"""),
    )


def test_unbound_module_hint() -> None:
    check(
        "08-unbound-module-hint.txt",
        snapshot("""\
lib/foo.ml:14:19-14:32 error
  | Unbound module "Lst"
  | Hint: Did you mean "List"?\
"""),
    )


def test_unbound_constructor() -> None:
    check(
        "09-unbound-constructor.txt",
        snapshot("""\
lib/foo.ml:11:4-11:9 error
  | Unbound constructor "Circl"
  | Hint: Did you mean "Circle"?\
"""),
    )


def test_unbound_qualified() -> None:
    check(
        "10-unbound-qualified.txt",
        snapshot("""\
lib/foo.ml:14:19-14:32 error
  | Unbound value "List.fold_lft"
  | Hint: Did you mean "fold_left"?\
"""),
    )


def test_unused_variable() -> None:
    check(
        "11-unused-variable.txt",
        snapshot("""\
lib/foo.ml:10:6-10:12 error 26 [unused-var]
  | unused variable unused.\
"""),
    )


def test_unused_value_mli() -> None:
    check(
        "12-unused-value-mli.txt",
        snapshot("""\
lib/foo.ml:22:4-22:10 error 32 [unused-value-declaration]
  | unused value hidden.\
"""),
    )


def test_unused_open() -> None:
    check("13-unused-open.txt", snapshot(""))


def test_non_exhaustive() -> None:
    check(
        "14-non-exhaustive.txt",
        snapshot("""\
lib/foo.ml:10:2-11:53 error 8 [partial-match]
  | this pattern-matching is not exhaustive.
  | Here is an example of a case that is not matched:
  | Rect (_, _)\
"""),
    )


def test_redundant_case() -> None:
    check(
        "15-redundant-case.txt",
        snapshot("""\
lib/foo.ml:13:4-13:10 error 11 [redundant-case]
  | this match case is unused.\
"""),
    )


def test_syntax_error() -> None:
    check(
        "16-syntax-error.txt",
        snapshot("""\
lib/foo.ml:14:19-14:21 error
  | Syntax error\
"""),
    )


def test_syntax_unclosed() -> None:
    check(
        "17-syntax-unclosed.txt",
        snapshot("""\
lib/foo.ml:16:0-16:3 error
  | Syntax error: ")" expected
  -> lib/foo.ml:14:34 This "(" might be unmatched\
"""),
    )


def test_unterminated_string() -> None:
    check(
        "18-unterminated-string.txt",
        snapshot("""\
lib/foo.ml:12:37-12:39 error
  | Invalid literal 2f\
"""),
    )


def test_failing_expect() -> None:
    check(
        "19-failing-expect.txt",
        snapshot("""\
lib/foo.ml:1:0-1:0 error promotion
  | diff --git a/_build/default/lib/foo.ml b/_build/.sandbox/f357a4b90314286d56932c3b4c748976/default/lib/foo.ml.corrected
  | index d9089b9..c831375 100644
  | --- a/_build/default/lib/foo.ml
  | +++ b/_build/.sandbox/f357a4b90314286d56932c3b4c748976/default/lib/foo.ml.corrected
  | @@ -17,4 +17,4 @@ let%test "total empty" = total [] = 0.
  |
  |  let%expect_test "describe" =
  |    print_endline (describe (Rect (2., 3.)));
  | -  [%expect {| rect 7.00 |}]
  | +  [%expect {| rect 6.00 |}]\
"""),
    )


def test_failing_inline_test() -> None:
    check(
        "20-failing-inline-test.txt",
        snapshot("""\
lib/foo.ml:16:0-16:38 error
  | total empty is false.\
"""),
    )


def test_failing_alcotest() -> None:
    check(
        "21-failing-alcotest.txt",
        snapshot("""\
test/dune:2:7-2:15 error
  | Testing `foo'.
  | This run has ID `ZOVDPCXN'.
  |
  | > [FAIL]        area          0   rect.
  |
  | ┌──────────────────────────────────────────────────────────────────────────────┐
  | │ [FAIL]        area          0   rect.                                        │
  | └──────────────────────────────────────────────────────────────────────────────┘
  | ASSERT rect
  | FAIL rect
  |
  |    Expected: `7'
  |    Received: `6'
  |
  | Raised at Alcotest_engine__Test.check in file "src/alcotest-engine/test.ml", lines 203-213, characters 4-19
  | Called from Alcotest_engine__Core.Make.protect_test.(fun) in file "src/alcotest-engine/core.ml", line 186, characters 17-23
  | Called from Alcotest_engine__Monad.Identity.catch in file "src/alcotest-engine/monad.ml", line 24, characters 31-35
  |
  | Logs saved to `_build/default/test/_build/_tests/foo/area.000.output'.
  |  ──────────────────────────────────────────────────────────────────────────────
  |
  | Full test results in `_build/default/test/_build/_tests/foo'.
  | 1 failure! in 0.014s. 1 test run.\
"""),
    )


def test_failing_ounit() -> None:
    check(
        "22-failing-ounit.txt",
        snapshot("""\
test/dune:7:7-7:17 error
  | F
  | ==============================================================================
  | Error: foo:0:area.
  |
  | File "_build/default/test/oUnit-foo-vm#01.log", line 2, characters 1-1:
  | Error: foo:0:area (in the log).
  |
  | Raised at OUnitAssert.assert_failure in file "src/lib/ounit2/advanced/oUnitAssert.ml", line 45, characters 2-27
  | Called from OUnitRunner.run_one_test.(fun) in file "src/lib/ounit2/advanced/oUnitRunner.ml", line 83, characters 13-26
  |
  | expected: 7. but got: 6.
  | ------------------------------------------------------------------------------
  | Ran: 1 tests in: 0.02 seconds.
  | FAILED: Cases: 1 Tried: 1 Errors: 0 Failures: 1 Skip:  0 Todo: 0 Timeouts: 0.\
"""),
    )


def test_missing_library() -> None:
    check(
        "23-missing-library.txt",
        snapshot("""\
lib/dune:4:12-4:21 error
  | Library "nosuchlib" not found.
  | -> required by library "foo_lib" in _build/default/lib
  | -> required by executable main in bin/dune:2
  | -> required by _build/default/bin/main.exe
  | -> required by alias bin/all
  | -> required by alias default\
"""),
    )


def test_dune_file_error() -> None:
    check(
        "24-dune-file-error.txt",
        snapshot("""\
bin/dune:3:2-3:10 error
  | Unknown field "librarie"
  | Hint: did you mean libraries?\
"""),
    )


def test_dune_parse_error() -> None:
    check(
        "25-dune-parse-error.txt",
        snapshot("""\
bin/dune:4:0-4:0 error
  | unclosed parenthesis at end of input\
"""),
    )


def test_alert_deprecated() -> None:
    check(
        "26-alert-deprecated.txt",
        snapshot("""\
bin/main.ml:5:8-5:23 error alert deprecated
  | Foo_lib.Foo.old
  | use total\
"""),
    )


def test_missing_label() -> None:
    check(
        "27-missing-label.txt",
        snapshot("""\
bin/main.ml:5:45-5:76 error
  | This expression has type "by:float -> Foo_lib.Foo.shape"
  |        but an expression was expected of type "Foo_lib.Foo.shape"
  |   Hint: This function application is partial,
  |   maybe some arguments are missing.\
"""),
    )


def test_two_errors_two_files() -> None:
    check(
        "28-two-errors-two-files.txt",
        snapshot("""\
test/test_foo.ml:4:39-4:44 error
  | This constant has type "string" but an expression was expected of type
  |          "float"
bin/main.ml:4:50-4:51 error
  | The constant "3" has type "int" but an expression was expected of type
  |          "Foo_lib.Foo.shape list"\
"""),
    )


def test_dependency_cycle() -> None:
    check(
        "29-dependency-cycle.txt",
        snapshot("""\
None:1:0-1:0 error
  | Dependency cycle between:
  |    _build/default/lib/.foo_lib.objs/foo_lib__B.impl.all-deps
  | -> _build/default/lib/.foo_lib.objs/foo_lib__A.impl.all-deps
  | -> _build/default/lib/.foo_lib.objs/foo_lib__B.impl.all-deps
  | -> required by _build/default/lib/.foo_lib.objs/native/foo_lib__B.cmx
  | -> required by _build/default/lib/foo_lib.a
  | -> required by alias lib/all
  | -> required by alias default\
"""),
    )


def test_ppx_expect_unreachable_multiline() -> None:
    check(
        "30-ppx-expect-unreachable-multiline.txt",
        snapshot("""\
lib/foo.ml:1:0-1:0 error promotion
  | diff --git a/_build/default/lib/foo.ml b/_build/.sandbox/cb8555f5a742f34f0c4a621ca0897dc6/default/lib/foo.ml.corrected
  | index 95ea3c6..53fbfda 100644
  | --- a/_build/default/lib/foo.ml
  | +++ b/_build/.sandbox/cb8555f5a742f34f0c4a621ca0897dc6/default/lib/foo.ml.corrected
  | @@ -23,7 +23,16 @@ let%expect_test "multi" =
  |    List.iter print_endline ["a"; "b"; "c"];
  |    [%expect {|
  |      a
  | -    x
  | -    c |}]
  | +    b
  | +    c
  | +    |}]
  |
  |  let%expect_test "raises" = failwith "boom"
  | +[@@expect.uncaught_exn {|
  | +  (* CR expect_test_collector: This test expectation appears to contain a backtrace.
  | +     This is strongly discouraged as backtraces are fragile.
  | +     Please change this test to not include a backtrace. *)
  | +  (Failure boom)
  | +  Raised at Stdlib.failwith in file "stdlib.ml", line 29, characters 17-33
  | +  Called from Ppx_expect_runtime__Test_block.Configured.dump_backtrace in file "runtime/test_block.ml", line 142, characters 10-28
  | +  |}]\
"""),
    )


def test_missing_record_field() -> None:
    check(
        "31-missing-record-field.txt",
        snapshot("""\
bin/main.ml:6:12-6:21 error
  | Some record fields are undefined: "b"\
"""),
    )


def test_warning_promoted_multi() -> None:
    check(
        "32-warning-promoted-multi.txt",
        snapshot("""\
lib/foo.ml:10:6-10:8 error 26 [unused-var]
  | unused variable u1.
lib/foo.ml:11:6-11:8 error 26 [unused-var]
  | unused variable u2.\
"""),
    )


def test_type_error_other_module() -> None:
    check(
        "33-type-error-other-module.txt",
        snapshot("""\
lib/foo.ml:16:36-16:38 error
  | The constant "0." has type "float" but an expression was expected of type
  |          "float option"
bin/main.ml:4:31-4:57 error
  | This expression has type "float option"
  |        but an expression was expected of type "float"\
"""),
    )


def test_unused_rec_and_match_fragile() -> None:
    check(
        "34-unused-rec-and-match-fragile.txt",
        snapshot("""\
lib/foo.ml:5:8-5:12 error 39 [unused-rec-flag]
  | unused rec flag.\
"""),
    )


def test_release_profile_unused() -> None:
    check(
        "35-release-profile-unused.txt",
        snapshot("""\
lib/foo.ml:10:6-10:12 warning 26 [unused-var]
  | unused variable unused.\
"""),
    )
