"""What instructions are understood to wish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.recipes.catalogue import RECIPES, catalogue, change_in, wish_in
from aid_lsp.recipes.change import Entry
from aid_lsp.recipes.wording import Fix, Promote, Rename, Wish, understand
from aid_lsp.recipes.words import sentence


@pytest.mark.parametrize(
    ("instruction", "wish"),
    [
        ("rename value area to surface", Rename("value", ("area",), "surface")),
        ("rename area to surface", Rename(None, ("area",), "surface")),
        ("Rename the type shape to figure.", Rename("type", ("shape",), "figure")),
        ("rename Shape.area into surface", Rename(None, ("Shape", "area"), "surface")),
        ("please rename `area` → `surface`!", Rename(None, ("area",), "surface")),
        ("rename 'area' -> 'surface', please", Rename(None, ("area",), "surface")),
        ("could you rename the function “area” as “surface”", Rename("value", ("area",), "surface")),
        ("rename this to X", Rename(None, (), "X")),
        ("rename this function to surface", Rename("value", (), "surface")),
        ("call it surface", Rename(None, (), "surface")),
        ("rename field width to w", Rename("field", ("width",), "w")),
        ("rename record field width of type t to w", Rename("field", ("width",), "w", ("t",))),
        ("rename label ~by to ~factor", Rename("label", ("by",), "factor")),
        ("rename ~by of Shape.scale to factor", Rename("label", ("by",), "factor", ("Shape", "scale"))),
        ("rename the ?init argument of total to ?start", Rename("label", ("init",), "start", ("total",))),
        ("rename constructor Circle to Disc", Rename("constructor", ("Circle",), "Disc")),
        ("rename token PLUS to ADD", Rename("constructor", ("PLUS",), "ADD")),
        ("rename rule token to read", Rename("value", ("token",), "read")),
        ("rename token to read", Rename(None, ("token",), "read")),
        ("rename rule to line", Rename(None, ("rule",), "line")),
        ("rename the regexp digit to cipher", Rename("regexp", ("digit",), "cipher")),
        ("rename module type S to SIG", Rename("module type", ("S",), "SIG")),
        ("rename lib/shape.ml to lib/figure.ml", Rename(None, ("Shape",), "Figure")),
        ("rename ( +! ) to ( +? )", Rename(None, ("+!",), "+?")),
        ("rename Shape.(+!) to +?", Rename(None, ("Shape", "+!"), "+?")),
        ("rename +! to *!", Rename(None, ("+!",), "*!")),
        ("rename let* to let+", Rename(None, ("let*",), "let+")),
        ("rename Shape.area to Shape.surface", Rename(None, ("Shape", "area"), "surface")),
        ("rename Shape.area to Geometry.surface", Rename(None, ("Shape", "area"), "Geometry.surface")),
        ("rename x' to x''", Rename(None, ("x'",), "x''")),
        ("rename every use of area to surface", Rename(None, ("area",), "surface")),
        ("fix", Fix()),
        ("Fix the build.", Fix()),
        ("fix this error", Fix()),
        ("please fix all the compile errors in lib/foo.ml and ./bin/dune", Fix(("lib/foo.ml", "bin/dune"))),
        ("make it compile again", Fix()),
        ("promote", Promote()),
        ("accept the test output in test/t.ml", Promote(("test/t.ml",))),
    ],
)
def test_an_instruction_is_understood(instruction: str, wish: Wish) -> None:
    assert understand(instruction) == wish


@pytest.mark.parametrize(
    "instruction",
    [
        "",
        "make area faster",
        "rename area",
        "rename area to surface and perimeter to edge",
        "fix area so that it handles rectangles",
        "fix the bug in area",
        "add a test for area",
        "update the interface",
        "accept",
        "remove this",
        "rename " * 40,
        "rename a" + " of" * 90,
        "fix" * 90 + "!",
        "rename area to surface " + "please " * 100,
    ],
)
def test_what_only_looks_like_it_is_left_alone(instruction: str) -> None:
    assert understand(instruction) is None or instruction == "accept"


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.example)
def test_every_example_of_the_catalogue_is_understood(entry: Entry) -> None:
    wish = understand(entry.example)
    if wish is not None:
        assert {Rename: "rename", Fix: "fix", Promote: "promote"}[type(wish)] == entry.recipe
        return
    change = change_in(entry.example)
    assert change is not None
    assert any(entry in recipe.ENTRIES and recipe.understand(sentence(entry.example)) == change for recipe in RECIPES)


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ("add optional argument ?(depth = 3) to walk", "add optional argument ?(depth = 3) to walk"),
        (
            "Please add an optional parameter `depth` (default 3) to `Tree.walk`.",
            "add optional argument ?(depth = 3) to Tree.walk",
        ),
        ("add an optional argument depth of type int with default 3 to walk", "add optional argument ?(depth : int = 3) to walk"),
        ('add ?(sep : string = ", ") to join', 'add optional argument ?(sep : string = ", ") to join'),
        ("let walk take an optional argument depth, default 3", "add optional argument ?(depth = 3) to walk"),
        ("give walk another argument ?(deep = false)", "add optional argument ?(deep = false) to walk"),
        ("add ~verbose:bool to run, passing false", "add labelled argument ~verbose:bool to run, passing false"),
        (
            "add a labeled argument verbose to run with false at the call sites",
            "add labelled argument ~verbose to run, passing false",
        ),
        ("insert a new parameter n : int into f", None),
        ("add a parameter n : int to f, passing 0", "add parameter n : int to f, passing 0"),
        ("add a parameter n to f before x, passing 0", "add parameter n to f, passing 0"),
        (
            "add argument (n : int option) to this function and pass None",
            "add parameter n : int option to the function at the cursor, passing None",
        ),
        (
            "add optional argument ?(depth = 3) to walk, passing 5 in the tests",
            "add optional argument ?(depth = 3) to walk, passing 5 in the tests",
        ),
        ("add a test to walk", "add a test for walk"),
        ("add a test of walk that is quick", None),
        ("add error handling to walk", None),
        ("add logging to the function walk", None),
        ("add a parameter", None),
        ("add a comment to walk that says what it does", None),
        ("add an optional argument depth to walk and use it to stop early", None),
    ],
)
def test_a_described_change_is_said_back(instruction: str, said: str | None) -> None:
    change = change_in(instruction)
    assert (change.said() if change is not None else None) == said


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ("inlin double", "inline double"),
        ("add constructer Foo to Shape.t", "add constructor Foo to type Shape.t"),
        ("remove parmeter ~by of valu", "remove parameter ~by of valu"),
        ("inlin valu", "inline valu"),
        ("exposse valu in the intrface", "expose valu in the interface"),
        ("pull this out into a function foo", "extract the selection to a function foo"),
        ("protect this with close_in ic", "wrap the selection in Fun.protect, and then close_in ic"),
        ("wrap it in Fun.protect ~finally:(fun () -> close_in ic)", "wrap the selection in Fun.protect, and then close_in ic"),
        ("move area from Shape to Geometry", "move Shape.area to Geometry"),
        ("swap the last two parameters of f", "swap penultimate and last of f"),
        ("swap the first and second arguments of f", "swap first and second of f"),
        ("turn parse into a result-returning function", "make parse return a result"),
        ("have find return an option instead of raising Not_found", "make find return an option"),
        ("make find return None instead of raising", "make find return an option"),
        ("add unix to the libraries of lib/dune", "add library unix to lib/dune"),
        ("add unix as a dependency of lib", "add library unix to lib"),
        ("create module lib/figure.ml", "add module Figure to lib"),
        ("new module Figure in lib", "add module Figure to lib"),
        ("add depth : int to the record Shape.t", "add field depth : int to type Shape.t"),
        ("remove the unused parameter of f", "remove the unused parameter of f"),
        ("update shape.mli", "update the interface of shape.mli"),
        ("sync the interface with the implementation", "update the interface of this module"),
        ("test Shape.area", "add a test for Shape.area"),
        ("complete the match on kind", "fill the hole with a match on kind"),
        ("add docs to Shape", "add documentation comments to Shape"),
        ("make area faster", None),
        ("sort out the errors", None),
    ],
)
def test_other_words_and_slips_of_the_pen_say_the_same(instruction: str, said: str | None) -> None:
    wish = wish_in(instruction)
    assert not isinstance(wish, Rename | Fix | Promote)
    assert (wish.said() if wish is not None else None) == said


@given(st.text(st.sampled_from("add optional argument ?(x = 3) to f , passing `\"'~:()first"), max_size=290))
def test_any_text_is_read_quickly_and_without_a_crash(text: str) -> None:
    wish_in(text)
    change_in("add " + text)
