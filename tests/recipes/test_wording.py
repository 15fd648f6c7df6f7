"""What instructions are understood to wish."""

import pytest

from aid_lsp.recipes.catalogue import catalogue
from aid_lsp.recipes.wording import Fix, Promote, Rename, Wish, understand


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
        ("rename module type S to SIG", Rename("module type", ("S",), "SIG")),
        ("rename lib/shape.ml to lib/figure.ml", Rename(None, ("Shape",), "Figure")),
        ("rename ( +! ) to ( +? )", Rename(None, ("+!",), "+?")),
        ("rename Shape.(+!) to +?", Rename(None, ("Shape", "+!"), "+?")),
        ("rename +! to *!", Rename(None, ("+!",), "*!")),
        ("rename let* to let+", Rename(None, ("let*",), "let+")),
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
def test_every_example_of_the_catalogue_is_understood(entry: object) -> None:
    example = next(one for one in catalogue() if one == entry)
    wish = understand(example.example)
    assert {Rename: "rename", Fix: "fix", Promote: "promote"}[type(wish)] == example.recipe  # type: ignore[index]
