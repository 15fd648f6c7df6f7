"""What can be said of a patch without a build."""

from pathlib import Path

import pytest

from aid_lsp.ces import tiers
from aid_lsp.edits.patch import FileChange, Patch


def change(before: str | None, after: str | None, path: str = "a.ml") -> Patch:
    return Patch.of([FileChange(path, before, after)])


@pytest.mark.parametrize(
    ("before", "after", "doubtful"),
    [
        ("let x = 1\n", "let x = (1\n", True),
        ("let x = (1\n", "let x = (2\n", False),
        (None, "let = \n", True),
        (None, "let x = 1\n", False),
        ("let x = (1\n", None, False),
    ],
)
def test_only_new_errors_of_the_grammar_raise_doubts(before: str | None, after: str | None, doubtful: bool) -> None:
    assert bool(tiers.doubtful(change(before, after))) == doubtful


def test_other_files_than_ocaml_are_not_parsed() -> None:
    assert tiers.doubtful(change("", "(((", "notes.md")) == ()


def test_places_of_syntax_errors_count_bytes() -> None:
    (error, *_) = tiers.syntax_errors(change(None, 'let s = "é" let = 2\n').changes)
    assert (error.path, error.line, error.message) == ("a.ml", 1, "Syntax error")
    assert error.column >= len('let s = "é" '.encode())


@pytest.mark.dune
class TestTheCompilersParser:
    async def test_it_has_the_last_word(self) -> None:
        found = await tiers.parsed(("ocamlc",), change("let x = 1\n", "let x = (1\n").changes)
        assert [(one.path, one.line, one.message) for one in found] == [("a.ml", 2, 'Syntax error: ")" expected')]
        assert found[0].related[0].line == 1

    @pytest.mark.parametrize(
        "after",
        [
            "let%test _ = true\nlet x = [%here]\n",
            "#if OCAML_VERSION >= (4, 14, 0)\nlet x = 1\n#endif\n",
            'let name = "\udcff"\n',
            "let x = (1",
        ],
    )
    async def test_it_is_silent_on_what_is_not_its_own(self, after: str) -> None:
        before = "let x = ((1" if after == "let x = (1" else "let x = 1\n"
        assert await tiers.parsed(("ocamlc",), change(before, after).changes) == ()

    async def test_interfaces_are_parsed_as_such(self) -> None:
        assert await tiers.parsed(("ocamlc",), change(None, "val x : int\n", "a.mli").changes) == ()
        assert len(await tiers.parsed(("ocamlc",), change(None, "let x = 1\n", "lib/a.mli").changes)) == 1

    async def test_without_it_nothing_is_said(self, tmp_path: Path) -> None:
        assert await tiers.parsed((str(tmp_path / "none"),), change(None, "let (\n").changes) == ()
