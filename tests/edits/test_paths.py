"""How a path may be spelled."""

import pytest

from aid_lsp.edits.paths import clean_path, editable_path
from aid_lsp.errors import OutsideWorkspace


@pytest.mark.parametrize(
    ("path", "clean"),
    [("./lib//a.ml", "lib/a.ml"), ("a b/é.ml", "a b/é.ml"), ("lib/./a.ml", "lib/a.ml"), (".ocamlformat", ".ocamlformat")],
)
def test_clean(path: str, clean: str) -> None:
    assert editable_path(path) == clean


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "..", "lib/../../a.ml", "~/a.ml", "C:/a.ml", "C:a.ml", "\\\\host\\a", "lib\\a.ml", "a\x00.ml", "a\n.ml", "a\x7f.ml",
     ".git/config", "sub/.git/hooks/x", ".hg/hgrc", "_build/default/a.ml", "x/_build.prof/a.ml", "_opam/a", ".", "x" * 2000],
)  # fmt: skip
def test_refused(path: str) -> None:
    with pytest.raises(OutsideWorkspace):
        clean_path(path)


@pytest.mark.parametrize("path", [".git", "_build", ".env", ".env.local", "keys/id_ed25519", "server.PEM", ".netrc"])
def test_never_edited(path: str) -> None:
    with pytest.raises(OutsideWorkspace):
        editable_path(path)
