import pytest

from aid_lsp.ocaml.names import (
    identifiers,
    implementation_of,
    interface_of,
    is_module_name,
    is_ocaml,
    is_value_name,
    module_name,
    words,
)


def test_files_and_their_modules() -> None:
    assert module_name("lib/foo.ml") == module_name("lib/foo.mli") == module_name("Foo.pp.ml") == "Foo"
    assert interface_of("lib/foo.ml") == interface_of("lib/foo.mli") == "lib/foo.mli"
    assert implementation_of("lib/foo.mli") == implementation_of("lib/foo.ml") == "lib/foo.ml"
    assert [is_ocaml(path) for path in ("a.ml", "a.mli", "a.mll", "a.mly", "ml", "a.html")] == [True, True] + [False] * 4


@pytest.mark.parametrize(
    ("name", "value", "module"),
    [
        ("foo", True, False),
        ("_foo'", True, False),
        ("Foo", False, True),
        ("let", False, False),
        ("_", False, False),
        ("1x", False, False),
        ("a b", False, False),
        ("", False, False),
        ("foo\n", False, False),
    ],
)
def test_what_may_be_a_name(name: str, value: bool, module: bool) -> None:
    assert (is_value_name(name), is_module_name(name)) == (value, module)


def test_the_words_of_names() -> None:
    assert words("parse_HTTPRequest2") == ("parse", "http", "request", "2")
    assert words("toJSON'") == ("to", "json")
    assert words("the queue's pop") == ("the", "queue", "s", "pop")


def test_identifiers_of_an_instruction() -> None:
    assert identifiers("make `Foo.Bar.baz` call x', then Foo.Bar.baz again.") == (
        "make",
        "Foo.Bar.baz",
        "call",
        "x'",
        "then",
        "again",
    )
