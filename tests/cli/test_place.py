from pathlib import Path

import pytest

from aid_lsp.cli.place import read_place
from aid_lsp.errors import NotFound
from aid_lsp.workspace.view import View

TEXT = "let a = 1\nlet é😋 = 2\nlet c = 3"


@pytest.fixture
def view(tmp_path: Path) -> View:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.ml").write_text(TEXT)
    (tmp_path / "lib" / "odd:1.ml").write_text("x")
    return View.freeze(tmp_path.resolve())


@pytest.mark.parametrize(
    ("place", "covered"),
    [
        ("lib/a.ml", TEXT),
        ("lib/a.ml:2", "let é😋 = 2\n"),
        ("lib/a.ml:2-3", "let é😋 = 2\nlet c = 3"),
        ("lib/a.ml:2:5-2:7", "é😋"),
        ("lib/a.ml:2:5", ""),
        ("lib/a.ml:1:5-2:4", "a = 1\nlet"),
        ("lib/a.ml:3-1", "let c = 3"),
        ("lib/a.ml:99:99", ""),
    ],
)
def test_lines_and_columns_count_from_one_in_characters(view: View, place: str, covered: str) -> None:
    read = read_place(place, view, view.root)
    assert (read.path, read.span.of(TEXT)) == ("lib/a.ml", covered)


def test_a_file_is_looked_for_below_the_current_folder_then_below_the_root(view: View) -> None:
    assert read_place("a.ml", view, view.root / "lib").path == "lib/a.ml"
    assert read_place("lib/a.ml", view, view.root / "lib").path == "lib/a.ml"
    assert read_place(str(view.root / "lib" / "a.ml"), view, Path("/")).path == "lib/a.ml"


@pytest.mark.parametrize("place", ["nothing.ml:3", "/etc/passwd", "../a.ml", "lib"])
def test_a_file_that_is_not_in_the_workspace_is_named(view: View, place: str) -> None:
    with pytest.raises(NotFound, match=r"is not a file of the workspace"):
        read_place(place, view, view.root)
