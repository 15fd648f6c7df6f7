"""Texts of Debian 12's own tools (OCaml 4.13.1, dune 2.9.3), one fault each, recorded word for word: the faults of `faults.py` in a
project without preprocessors, built by `dune build @check @@default @runtest`."""

from pathlib import Path

from inline_snapshot import snapshot

from aid_lsp.build.diagnostics import parse_output
from tests.build.test_diagnostics_of_every_fault import render

ERRORS = Path(__file__).parent / "errors_4.13"


def test_every_recorded_text_of_the_old_tools_is_read() -> None:
    read = {
        page.stem: render(parse_output(page.read_text("utf-8").partition("--- stderr\n")[2], Path("/ws")))
        for page in sorted(ERRORS.glob("*.txt"))
    }
    assert read == snapshot(
        {
            "01-type-error-ml": """\
lib/foo.ml:7:19-7:20 error
  | This expression has type float but an expression was expected of type
  |          int\
""",
            "02-type-error-arg": """\
bin/main.ml:4:50-4:51 error
  | This expression has type int but an expression was expected of type
  |          Foo_lib.Foo.shape list\
""",
            "03-mli-mismatch-value": """\
bin/main.ml:4:31-4:57 error
  | This expression has type int but an expression was expected of type
  |          float
lib/foo.ml:1:0-1:0 error
  | The implementation lib/foo.ml
  |        does not match the interface lib/.foo_lib.objs/byte/foo_lib__Foo.cmi:
  |        Values do not match:
  |          val total : shape list -> float
  |        is not included in
  |          val total : shape list -> int
  |        File "lib/foo.mli", line 7, characters 0-29: Expected declaration
  |        File "lib/foo.ml", line 14, characters 4-9: Actual declaration
  -> lib/foo.mli:7:0 Expected declaration
  -> lib/foo.ml:14:4 Actual declaration\
""",
            "04-mli-missing-value": """\
lib/foo.ml:1:0-1:0 error
  | The implementation lib/foo.ml
  |        does not match the interface lib/.foo_lib.objs/byte/foo_lib__Foo.cmi:
  |        The value `perimeter' is required but not provided
  |        File "lib/foo.mli", line 8, characters 0-30: Expected declaration
  -> lib/foo.mli:8:0 Expected declaration\
""",
            "05-mli-type-mismatch": """\
lib/foo.ml:1:0-1:0 error
  | The implementation lib/foo.ml
  |        does not match the interface lib/.foo_lib.objs/byte/foo_lib__Foo.cmi:
  |        Type declarations do not match:
  |          type shape = Circle of float | Rect of float * float
  |        is not included in
  |          type shape =
  |              Circle of float
  |            | Rect of float * float
  |            | Square of float
  |        The constructor Square is only present in the second declaration.
  |        File "lib/foo.mli", lines 1-4, characters 0-19: Expected declaration
  |        File "lib/foo.ml", lines 1-3, characters 0-25: Actual declaration
  -> lib/foo.mli:1:0 Expected declaration
  -> lib/foo.ml:1:0 Actual declaration\
""",
            "06-unbound-value-hint": """\
lib/foo.ml:14:55-14:59 error
  | Unbound value aera
  | Hint: Did you mean area?\
""",
            "07-unbound-value-no-hint": """\
lib/foo.ml:14:55-14:61 error
  | Unbound value zzzqqq\
""",
            "08-unbound-module-hint": """\
lib/foo.ml:14:19-14:32 error
  | Unbound module Lst
  | Hint: Did you mean List?\
""",
            "09-unbound-constructor": """\
lib/foo.ml:11:4-11:9 error
  | Unbound constructor Circl
  | Hint: Did you mean Circle?\
""",
            "10-unbound-qualified": """\
lib/foo.ml:14:19-14:32 error
  | Unbound value List.fold_lft
  | Hint: Did you mean fold_left?\
""",
            "11-unused-variable": """\
lib/foo.ml:10:6-10:12 error 26 [unused-var]
  | unused variable unused.\
""",
            "12-unused-value-mli": """\
lib/foo.ml:16:4-16:10 error 32 [unused-value-declaration]
  | unused value hidden.\
""",
            "14-non-exhaustive": """\
lib/foo.ml:10:2-11:53 error 8 [partial-match]
  | this pattern-matching is not exhaustive.
  | Here is an example of a case that is not matched:
  | Rect (_, _)\
""",
            "15-redundant-case": """\
lib/foo.ml:13:4-13:10 error 11 [redundant-case]
  | this match case is unused.\
""",
            "16-syntax-error": """\
lib/foo.ml:14:19-14:21 error
  | Syntax error\
""",
            "17-syntax-unclosed": """\
lib/foo.ml:15:0-15:0 error
  | Syntax error: ')' expected
  -> lib/foo.ml:14:34 This '(' might be unmatched\
""",
            "18-unterminated-string": """\
lib/foo.ml:12:37-12:39 error
  | Invalid literal 2f\
""",
            "19-failing-cram": """\
test/run.t:1:0-1:0 error promotion
  | --- test/run.t
  | +++ test/run.t.corrected
  | @@ -1,4 +1,4 @@
  |    $ ../bin/main.exe
  |    circle 3.14
  | -  rect 7.00
  | +  rect 6.00
  |    total 9.14\
""",
            "21-failing-test": """\
test/dune:1:0-1:0 error
  | Fatal error: exception Assert_failure("test/test_foo.ml", 3, 9)\
""",
            "23-missing-library": """\
lib/dune:3:12-3:21 error
  | Library "nosuchlib" not found.
  | Hint: try:
  |   dune external-lib-deps --missing --root . @check @@default @runtest\
""",
            "24-dune-file-error": """\
bin/dune:3:2-3:10 error
  | Unknown field librarie
  | Hint: did you mean libraries?\
""",
            "25-dune-parse-error": """\
bin/dune:4:0-4:0 error
  | unclosed parenthesis at end of input\
""",
            "26-alert-deprecated": """\
bin/main.ml:4:45-4:53 error alert deprecated
  | Foo_lib.Foo.old_area
  | use area\
""",
            "28-two-errors-two-files": """\
bin/main.ml:4:50-4:51 error
  | This expression has type int but an expression was expected of type
  |          Foo_lib.Foo.shape list
test/test_foo.ml:3:44-3:49 error
  | This expression has type string but an expression was expected of type
  |          float\
""",
            "29-dependency-cycle": """\
None:1:0-1:0 error
  | Dependency cycle between the following files:
  |    _build/default/lib/.foo_lib.objs/foo_lib__A.impl.all-deps
  | -> _build/default/lib/.foo_lib.objs/foo_lib__B.impl.all-deps
  | -> _build/default/lib/.foo_lib.objs/foo_lib__A.impl.all-deps\
""",
            "32-warning-promoted-multi": """\
lib/foo.ml:10:6-10:8 error 26 [unused-var]
  | unused variable u1.
lib/foo.ml:11:6-11:8 error 26 [unused-var]
  | unused variable u2.\
""",
            "34-unused-rec": """\
lib/foo.ml:5:8-5:12 error 39 [unused-rec-flag]
  | unused rec flag.\
""",
        }
    )
