"""The project into which each fault of `errors/` was put, and the faults, so that real tools can be asked again."""

from pathlib import Path

CLEAN = {
    "dune-project": "(lang dune 3.17)\n",
    "lib/dune": "(library\n (name foo_lib)\n (inline_tests)\n (preprocess (pps ppx_inline_test ppx_expect)))\n",
    "bin/dune": "(executable\n (name main)\n (libraries foo_lib))\n",
    "test/dune": (
        "(test\n (name test_foo)\n (modules test_foo)\n (libraries foo_lib alcotest))\n\n"
        "(test\n (name test_ounit)\n (modules test_ounit)\n (libraries foo_lib ounit2))\n"
    ),
    "lib/foo.mli": """\
type shape =
  | Circle of float
  | Rect of float * float

val area : shape -> float
val describe : shape -> string
val total : shape list -> float
""",
    "lib/foo.ml": """\
type shape =
  | Circle of float
  | Rect of float * float

let area = function
  | Circle r -> Float.pi *. r *. r
  | Rect (w, h) -> w *. h

let describe s =
  match s with
  | Circle _ -> Printf.sprintf "circle %.2f" (area s)
  | Rect _ -> Printf.sprintf "rect %.2f" (area s)

let total shapes = List.fold_left (fun acc s -> acc +. area s) 0. shapes

let%test "total empty" = total [] = 0.

let%expect_test "describe" =
  print_endline (describe (Rect (2., 3.)));
  [%expect {| rect 6.00 |}]
""",
    "bin/main.ml": """\
let () =
  let shapes = Foo_lib.Foo.[ Circle 1.; Rect (2., 3.) ] in
  List.iter (fun s -> print_endline (Foo_lib.Foo.describe s)) shapes;
  Printf.printf "total %.2f\\n" (Foo_lib.Foo.total shapes)
""",
    "test/test_foo.ml": """\
open Foo_lib

let test_area () =
  Alcotest.(check (float 1e-9)) "rect" 6. (Foo.area (Rect (2., 3.)))

let () = Alcotest.run "foo" [ ("area", [ Alcotest.test_case "rect" `Quick test_area ]) ]
""",
    "test/test_ounit.ml": """\
open OUnit2

let suite = "foo" >::: [ ("area" >:: fun _ -> assert_equal ~printer:string_of_float 6. (Foo_lib.Foo.area (Rect (2., 3.)))) ]
let () = run_test_tt_main suite
""",
}

FAULTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "01-type-error-ml": (("lib/foo.ml", "w *. h", "w * h"),),
    "02-type-error-arg": (("bin/main.ml", "total shapes", "total 3"),),
    "03-mli-mismatch-value": (("lib/foo.mli", "total : shape list -> float", "total : shape list -> int"),),
    "04-mli-missing-value": (("lib/foo.mli", "", "val perimeter : shape -> float\n"),),
    "05-mli-type-mismatch": (("lib/foo.mli", "  | Rect of float * float\n", "  | Rect of float * float\n  | Square of float\n"),),
    "06-unbound-value-hint": (("lib/foo.ml", "acc +. area s", "acc +. aera s"),),
    "07-unbound-value-no-hint": (("lib/foo.ml", "acc +. area s", "acc +. zzzqqq s"),),
    "08-unbound-module-hint": (("lib/foo.ml", "List.fold_left", "Lst.fold_left"),),
    "09-unbound-constructor": (("lib/foo.ml", "| Circle _", "| Circl _"),),
    "10-unbound-qualified": (("lib/foo.ml", "List.fold_left", "List.fold_lft"),),
    "11-unused-variable": (("lib/foo.ml", "  match s with", "  let unused = 3 in\n  match s with"),),
    "12-unused-value-mli": (("lib/foo.ml", "", "\nlet hidden = 3\n"),),
    "14-non-exhaustive": (("lib/foo.ml", '  | Rect _ -> Printf.sprintf "rect %.2f" (area s)\n', ""),),
    "15-redundant-case": (("lib/foo.ml", "  | Rect _ ->", '  | Rect _ -> ""\n  | Rect _ ->'),),
    "16-syntax-error": (("lib/foo.ml", "let total shapes =", "let total shapes = in let"),),
    "17-syntax-unclosed": (("lib/foo.ml", "area s) 0. shapes", "area s 0. shapes"),),
    "18-unterminated-string": (("lib/foo.ml", '"circle %.2f"', '"circle %.2f'),),
    "19-failing-expect": (("lib/foo.ml", "{| rect 6.00 |}", "{| rect 7.00 |}"),),
    "20-failing-inline-test": (("lib/foo.ml", "total [] = 0.", "total [] = 1."),),
    "21-failing-alcotest": (("test/test_foo.ml", '"rect" 6.', '"rect" 7.'),),
    "22-failing-ounit": (("test/test_ounit.ml", "string_of_float 6.", "string_of_float 7."),),
    "23-missing-library": (("lib/dune", "ppx_expect)))", "ppx_expect))\n (libraries nosuchlib))"),),
    "24-dune-file-error": (("bin/dune", "libraries", "librarie"),),
    "25-dune-parse-error": (("bin/dune", "foo_lib))", "foo_lib)"),),
    "28-two-errors-two-files": (("bin/main.ml", "total shapes", "total 3"), ("test/test_foo.ml", '"rect" 6.', '"rect" "six"')),
    "29-dependency-cycle": (("lib/a.ml", "", "let x = B.y\n"), ("lib/b.ml", "", "let y = A.x\n")),
    "32-warning-promoted-multi": (("lib/foo.ml", "  match s with", "  let u1 = 3 in\n  let u2 = 4 in\n  match s with"),),
    "34-unused-rec-and-match-fragile": (("lib/foo.ml", "let area", "let rec area"),),
}


def write(root: Path, files: dict[str, str]) -> None:
    """Writes files below a folder."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def faulty(name: str) -> dict[str, str | None]:
    """The files that a fault changes, with their texts; an empty `before` appends, to a new file if need be."""
    files: dict[str, str | None] = {}
    for path, before, after in FAULTS[name]:
        text = files.get(path) or CLEAN.get(path, "")
        assert before in text
        files[path] = text.replace(before, after, 1) if before else text + after
    return files
