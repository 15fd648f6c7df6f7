from aid_lsp.ocaml.triads import owner, triad

FILES = {
    "bin/dune": "(executable (name main) (libraries shapes))",
    "bin/main.ml": "let () = Shapes.Shape.draw ()",
    "lib/dune": "(library (name shapes) (public_name geometry.shapes) (modules :standard \\ gen))\n(executable (name gen) (modules gen))",
    "lib/gen.ml": "",
    "lib/shape.ml": "let area x = x",
    "lib/shape.mli": "val area : int -> int",
    "lib/other.ml": "let x = Shape.area 1",
    "test/dune": "(tests (names all test_shape test_far) (libraries geometry.shapes))",
    "test/all.ml": "open Shapes\nlet () = assert (Shape.area 1 = 1)",
    "test/test_shape.ml": "open Shapes\nlet () = ()",
    "test/test_far.ml": "let () = Reshape.x ()",
    "vendor/dune": "(test (name test_shape))",
    "vendor/test_shape.ml": "(* of another Shape *) let () = Shape.x",
}


def around(path: str, files: dict[str, str] = FILES) -> str:
    found = triad(path, sorted(files), files.get)
    stanza = f"{found.stanza.kind} {' '.join(found.stanza.names)}" if found.stanza else "-"
    return f"{found.module}: {found.implementation or '-'} {found.interface or '-'} tests[{' '.join(found.tests)}] {found.dune or '-'} {stanza}"


def test_a_library_module_has_interface_tests_and_stanza() -> None:
    expect = (
        "Shape: lib/shape.ml lib/shape.mli tests[test/test_shape.ml vendor/test_shape.ml test/all.ml] lib/dune library shapes"
    )
    assert around("lib/shape.ml") == expect
    assert around("lib/shape.mli") == expect


def test_the_stanza_that_lists_a_module_owns_it() -> None:
    assert around("lib/gen.ml") == "Gen: lib/gen.ml - tests[] lib/dune executable gen"


def test_inline_tests_of_the_same_library_count() -> None:
    files = {
        "dune": "(library (name l) (inline_tests))",
        "a.ml": "let a = 1",
        "b.ml": "let b = A.a",
        "c.ml": 'let%expect_test "x" = print_int A.a',
    }
    assert around("a.ml", files) == "A: a.ml - tests[c.ml] dune library l"


def test_folders_below_belong_where_dune_says_so() -> None:
    files = {
        "src/dune": "(include_subdirs unqualified)\n(library (name l))",
        "src/deep/er/a.ml": "",
        "plain/dune": "(library (name p))",
        "plain/deep/b.ml": "",
        "sub/dune": "(subdir x (library (name s)))",
        "sub/x/c.ml": "",
    }
    known = frozenset(files)
    owners = {path: owner(path, known, files.get) for path in files if path.endswith(".ml")}
    assert {path: (dune, stanza and stanza.names) for path, (dune, stanza) in owners.items()} == {
        "src/deep/er/a.ml": ("src/dune", ("l",)),
        "plain/deep/b.ml": (None, None),
        "sub/x/c.ml": ("sub/dune", ("s",)),
    }


def test_without_dune_a_test_is_what_is_called_one() -> None:
    files = {"shape.ml": "", "test/test_shape.ml": "", "tests.ml": "Shape.x", "latest.ml": "Shape.x"}
    assert around("shape.ml", files) == "Shape: shape.ml - tests[test/test_shape.ml tests.ml] - -"
