"""The project's own layout, with the real ocamlformat and dune."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from aid_lsp.build.format import Formatter
from aid_lsp.build.toolchain import Toolchain, find_toolchain
from aid_lsp.edits.patch import FileChange, Patch

FORMATTED = "let f x = match x with 1 -> 2 | _ -> 3\n"
BY_HAND = "let f x =   match x with 1->2 | _ -> 3\n"
UGLY = "let f x = match x with 1->2|_->33333\n"
NEAT = "let f x = match x with 1 -> 2 | _ -> 33333\n"


async def after(root: Path, changes: list[FileChange], files: Mapping[str, str]) -> list[str | None]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")

    async def tools() -> Toolchain:
        return await find_toolchain(None, root)

    return [change.after for change in (await Formatter(root, tools).formatted(Patch.of(changes))).changes]


CONFIGURED = {"dune-project": "(lang dune 3.0)\n", ".ocamlformat": "profile = default\n"}


@pytest.mark.dune
@pytest.mark.parametrize(
    ("change", "files", "expected"),
    [
        pytest.param(FileChange("lib/a.ml", FORMATTED, UGLY), {}, NEAT, id="what was formatted stays so"),
        pytest.param(FileChange("lib/a.ml", BY_HAND, UGLY), {}, UGLY, id="what was laid out by hand is left"),
        pytest.param(FileChange("lib/a.ml", None, UGLY), {}, NEAT, id="a new file is formatted"),
        pytest.param(FileChange("lib/a.mli", None, "val  x:int\n"), {}, "val x : int\n", id="an interface too"),
        pytest.param(FileChange("lib/a.ml", FORMATTED, "let f ="), {}, "let f =", id="what does not parse is left"),
        pytest.param(FileChange("lib/a.ml", FORMATTED, None), {}, None, id="a deletion stays one"),
        pytest.param(
            FileChange("lib/a.ml", FORMATTED, UGLY),
            {".ocamlformat": "version = 0.1.0\n"},
            UGLY,
            id="another version is asked for",
        ),
        pytest.param(FileChange("lib/a.ml", FORMATTED, UGLY), {".ocamlformat-ignore": "lib/a.ml\n"}, UGLY, id="ignored"),
        pytest.param(FileChange("lib/a.ml", FORMATTED, UGLY), {"lib/.ocamlformat": "disable\n"}, UGLY, id="disabled"),
        pytest.param(
            FileChange("lib/dune", "(library\n (name a))\n", "(library\n (name a)(libraries b))\n"),
            {},
            "(library\n (name a)\n (libraries b))\n",
            id="dune's files are formatted by dune",
        ),
        pytest.param(
            FileChange("lib/dune", "(library (name a))\n", "(library (name a) (libraries b))\n"),
            {},
            "(library (name a) (libraries b))\n",
            id="not those that were written otherwise",
        ),
        pytest.param(FileChange("README.md", "a", "b  c"), {}, "b  c", id="nothing else is"),
    ],
)
async def test_a_file_is_formatted_as_it_was(
    tmp_path: Path, change: FileChange, files: Mapping[str, str], expected: str | None
) -> None:
    assert await after(tmp_path, [change], {**CONFIGURED, **files}) == [expected]


@pytest.mark.dune
async def test_a_file_that_moves_is_judged_by_what_it_was(tmp_path: Path) -> None:
    def moved(text: str) -> list[FileChange]:
        return [FileChange("lib/a.ml", text, None), FileChange("lib/b.ml", None, UGLY, moved_from="lib/a.ml")]

    assert await after(tmp_path, moved(FORMATTED), CONFIGURED) == [None, NEAT]
    assert await after(tmp_path, moved(BY_HAND), CONFIGURED) == [None, UGLY]


async def test_without_a_configuration_no_tool_is_looked_for(tmp_path: Path) -> None:
    change = FileChange("lib/a.ml", FORMATTED, UGLY)
    assert await after(tmp_path, [change], {"dune-project": "(lang dune 3.0)\n"}) == [UGLY]


@pytest.mark.dune
async def test_the_one_that_dune_has_installed_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = await find_toolchain(None, None)
    tool = tmp_path / "_build/_private/default/.dev-tool/ocamlformat/target/bin/ocamlformat"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec {real.formatter[0]} "$@"\n', "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert (await find_toolchain(None, tmp_path)).formatter == (str(tool),)
