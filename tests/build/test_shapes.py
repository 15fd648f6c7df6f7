"""Paths through modules, as the compiler prints them, lead to declarations."""

import pytest

from aid_lsp.build.shapes import Reducer, Shape, read_shape

UNITS = {
    "Foo": """{<Foo>
        "Shape"[module] -> Alias(<Foo.0>
                                 CU Foo__Shape);
        "Self"[module] -> CU Self;
        }""",
    "Foo__Shape": """
        {<Foo__Shape>
          "+!"[value] -> <Foo__Shape.36>;
          "Bad"[extension constructor] -> {<Foo__Shape.35>};
          "Make"[module] -> Abs<Foo__Shape.34>(X, {
                                           "go"[value] -> <Foo__Shape.31>;
                                           "own"[value] -> X<Foo__Shape.33> . "own"[value];
                                           });
          "Two"[module] -> Abs<Foo__Shape.50>(X, Y, { "both"[value] -> Y . "own"[value]; });
          "Gen"[module] -> Abs<Foo__Shape.60>((), {<Foo__Shape.61> "x"[value] -> <Foo__Shape.62>; });
          "Arg"[module] -> {<Foo__Shape.40> "own"[value] -> <Foo__Shape.41>; };
          "Made"[module] -> CU Foo . "Shape"[module] . "Make"[module](CU Foo . "Shape"[module] . "Arg"[module])<Foo__Shape.42>;
          "t"[type] -> {<Foo__Shape.0> "height"[label] -> <Foo__Shape.2>; "width"[label] -> <Foo__Shape.1>; };
          "\\195\\169"[value] -> <Foo__Shape.70>;
          }""",
    "Self": "CU Self",
}


def reduced(path: str) -> tuple[list[str], object]:
    def shape(name: str) -> Shape | None:
        return read_shape(UNITS[name])[0] if name in UNITS else None

    found = Reducer(shape).reduce(read_shape(path)[0])
    return [str(uid) for uid in found.uids], found.stuck_at and (found.stuck_at[0], [item.name for item in found.stuck_at[1]])


@pytest.mark.parametrize(
    ("path", "uids"),
    [
        ('CU Foo . "Shape"[module]', ["Foo.0", "Foo__Shape"]),
        ('CU Foo . "Shape"[module] . "t"[type] . "width"[label]', ["Foo__Shape.1"]),
        ('CU Foo . "Shape"[module]\n   . "+!"[value]  ', ["Foo__Shape.36"]),
        ('CU Foo . "Shape"[module] . "Bad"[extension constructor]', ["Foo__Shape.35"]),
        ('CU Foo . "Shape"[module] . "Made"[module]', ["Foo__Shape.42"]),
        ('CU Foo . "Shape"[module] . "Made"[module] . "go"[value]', ["Foo__Shape.31"]),
        ('CU Foo . "Shape"[module] . "Made"[module] . "own"[value]', ["Foo__Shape.41"]),
        ('CU Foo__Shape . "Two"[module](CU Gone, CU Foo__Shape . "Arg"[module]) . "both"[value]', ["Foo__Shape.41"]),
        ('CU Foo__Shape . "Gen"[module](CU Gone)<Here.1> . "x"[value]', ["Foo__Shape.62"]),
        ('CU Foo__Shape . "é"[value]', ["Foo__Shape.70"]),
    ],
)
def test_a_path_leads_to_its_declaration(path: str, uids: list[str]) -> None:
    assert reduced(path) == (uids, None)


@pytest.mark.parametrize(
    ("path", "stuck"),
    [
        ('CU Stdlib . "List"[module] . "map"[value]', ("Stdlib", ["List", "map"])),
        ('CU Foo__Shape . "Make"[module](CU Stdlib . "Int"[module]) . "own"[value]', ("Stdlib", ["Int", "own"])),
        ('CU Stdlib . "Map"[module] . "Make"[module](CU Foo__Shape)<Foo.9> . "find"[value]', ("Stdlib", ["Map", "Make", "find"])),
        ('CU Foo . "Self"[module] . "x"[value]', ("Self", ["x"])),
    ],
)
def test_a_path_out_of_the_workspace_says_where_it_ends(path: str, stuck: tuple[str, list[str]]) -> None:
    assert reduced(path) == ([], stuck)


@pytest.mark.parametrize("text", ["", "CU", "{", '{"x"[value] -> <A.1>', "Abs(", '"x"', "<", "CU A . x", "((((" * 50])
def test_what_is_no_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_shape(text)
