from pathlib import Path

import pytest

from aid_lsp.workspace.ignored import kept, rule_files
from aid_lsp.workspace.view import Buffer, View


def left(rules: dict[str, str], *paths: str) -> list[str]:
    files = dict.fromkeys(paths, "let x = 1\n") | rules
    view = View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in files.items()})
    return [path for path in kept(view, view.paths(), rule_files(view)) if path in paths]


def test_without_rules_all_stay() -> None:
    assert left({}, "a.ml", "lib/b.ml") == ["a.ml", "lib/b.ml"]


def test_git() -> None:
    rules = {".gitignore": "# made\n*.gen.ml\n/out/\n!keep.gen.ml\n", "lib/.gitignore": "/local.ml\n"}
    paths = ("a.gen.ml", "keep.gen.ml", "out/a.ml", "lib/out/a.ml", "lib/local.ml", "lib/deep/local.ml")
    assert left(rules, *paths) == ["keep.gen.ml", "lib/deep/local.ml", "lib/out/a.ml"]


def test_mercurial() -> None:
    rules = {".hgignore": "\\.gen\\.ml$\nsyntax: glob\n*.old.ml\nout\nsyntax: rootglob\nlocal/*.ml\nre:^exact\\.ml$\n"}
    paths = (
        "a.gen.ml",
        "a.old.ml",
        "lib/b.old.ml",
        "out/a.ml",
        "lib/out/a.ml",
        "local/a.ml",
        "lib/local/a.ml",
        "exact.ml",
        "b.ml",
    )
    assert left(rules, *paths) == ["b.ml", "lib/local/a.ml"]


def test_dune() -> None:
    rules = {"dune": "(vendored_dirs vendor duni*)\n(library (name x))", "lib/dune": "(data_only_dirs templates)\n"}
    paths = ("vendor/a.ml", "duniverse/x/a.ml", "lib/templates/a.ml", "lib/vendor/a.ml", "templates/a.ml", "a.ml")
    assert left(rules, *paths) == ["a.ml", "lib/vendor/a.ml", "templates/a.ml"]


@pytest.mark.parametrize("rules", [{".hgignore": "(((\n"}, {".gitignore": "[z-a]\n\\\n"}, {"dune": "(vendored_dirs ((("}])
def test_rules_that_make_no_sense_ignore_nothing(rules: dict[str, str]) -> None:
    assert left(rules, "a.ml") == ["a.ml"]
