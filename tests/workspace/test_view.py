from pathlib import Path

from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.workspace.root import find_root
from aid_lsp.workspace.view import Buffer, View


def make(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_ml", ".ml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_buffer_covers_the_disk_and_a_new_buffer_is_a_file(tmp_path: Path) -> None:
    make(tmp_path, lib__a_ml="disk", lib__b_ml="disk")
    view = View.freeze(tmp_path, {"lib/a.ml": Buffer("typed", 3), "lib/new.ml": Buffer("fresh", 1)})
    assert view.paths() == ("lib/a.ml", "lib/b.ml", "lib/new.ml")
    assert [view.text(path) for path in view.paths()] == ["typed", "disk", "fresh"]
    assert [view.version(path) for path in view.paths()] == [3, None, 1]


def test_what_has_been_read_does_not_change_under_the_view(tmp_path: Path) -> None:
    make(tmp_path, a_ml="one")
    view = View.freeze(tmp_path)
    assert view.text("a.ml") == "one"
    make(tmp_path, a_ml="two")
    assert view.text("a.ml") == "one"


def test_build_output_version_control_and_links_that_lead_out_are_not_seen(tmp_path: Path) -> None:
    root = make(tmp_path / "ws", a_ml="", _build__default__a_ml="", lib___build2__x_ml="", node_modules__x_ml="")
    make(root, **{".git/config": "secret"})
    make(tmp_path, secret_ml="outside")
    (root / "leak.ml").symlink_to(tmp_path / "secret.ml")
    (root / "out").symlink_to(tmp_path)
    (root / "inside.ml").symlink_to("a.ml")
    (root / "loop").symlink_to(".")
    assert View.freeze(root).paths() == ("a.ml", "inside.ml")


def test_bytes_that_are_not_utf8_survive(tmp_path: Path) -> None:
    data = b"(* caf\xe9 *)\r\nlet x = 1\x0c\r\n"
    (tmp_path / "a.ml").write_bytes(data)
    view = View.freeze(tmp_path)
    text = view.text("a.ml")
    assert text is not None
    assert text.encode("utf-8", "surrogateescape") == data


def test_a_vanished_file_is_no_file(tmp_path: Path) -> None:
    make(tmp_path, a_ml="x")
    view = View.freeze(tmp_path)
    (tmp_path / "a.ml").unlink()
    assert view.text("a.ml") is None


def test_a_patched_view_shows_the_patch_and_the_first_view_does_not(tmp_path: Path) -> None:
    make(tmp_path, a_ml="old", b_ml="gone")
    view = View.freeze(tmp_path)
    patch = Patch.of([FileChange("a.ml", "old", "new"), FileChange("b.ml", "gone", None), FileChange("c.ml", None, "made")])
    patched = view.patched(patch)
    assert {path: patched.text(path) for path in patched.paths()} == {"a.ml": "new", "c.ml": "made"}
    assert {path: view.text(path) for path in view.paths()} == {"a.ml": "old", "b.ml": "gone"}
    assert patched.digest() != view.digest() == View.freeze(tmp_path).digest()


def test_the_root_is_where_dune_would_put_build(tmp_path: Path) -> None:
    make(tmp_path, **{"outer/dune-project": "", "outer/inner/dune-project": "", "outer/inner/lib/a.ml": ""})
    assert find_root(tmp_path / "outer/inner/lib/a.ml") == tmp_path / "outer"
    make(tmp_path, **{"outer/inner/dune-workspace": ""})
    assert find_root(tmp_path / "outer/inner/lib") == tmp_path / "outer/inner"
    assert find_root(tmp_path) == tmp_path
