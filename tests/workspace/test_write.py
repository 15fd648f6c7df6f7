from pathlib import Path

import pytest

from aid_lsp.errors import AidError, OutsideWorkspace
from aid_lsp.workspace.write import write_all


def tree(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def test_files_are_changed_made_and_deleted_together(tmp_path: Path) -> None:
    (tmp_path / "a.ml").write_text("old")
    (tmp_path / "b.ml").write_text("gone")
    write_all(tmp_path, {"a.ml": "new", "b.ml": None, "lib/c.ml": "made"})
    assert tree(tmp_path) == {"a.ml": "new", "lib/c.ml": "made"}


def test_a_failure_in_the_middle_leaves_the_tree_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.ml").write_text("old")
    (tmp_path / "z.ml").mkdir()
    (tmp_path / "z.ml" / "keep").write_text("folder, not a file")
    with pytest.raises(AidError, match="Nothing was written"):
        write_all(tmp_path, {"a.ml": "new", "lib/c.ml": "made", "z.ml": "cannot"})
    assert tree(tmp_path) == {"a.ml": "old", "z.ml/keep": "folder, not a file"}
    assert not (tmp_path / "lib").exists()


def test_the_mode_of_a_script_and_a_link_inside_the_tree_are_kept(tmp_path: Path) -> None:
    script = tmp_path / "gen.sh"
    script.write_text("echo old")
    script.chmod(0o750)
    (tmp_path / "link.sh").symlink_to("gen.sh")
    write_all(tmp_path, {"link.sh": "echo new"})
    assert (tmp_path / "link.sh").is_symlink()
    assert script.read_text() == "echo new"
    assert script.stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize("path", ["../x.ml", "/etc/x.ml", "out/x.ml", ".git/config", "_build/x.ml", ".env", "a\nb.ml"])
def test_nothing_is_written_outside_the_workspace_or_where_aid_never_writes(tmp_path: Path, path: str) -> None:
    root = tmp_path / "ws"
    root.mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "out").symlink_to(outside)
    with pytest.raises(OutsideWorkspace):
        write_all(root, {"ok.ml": "fine", path: "no"})
    assert tree(root) == {}
    assert tree(outside) == {}
