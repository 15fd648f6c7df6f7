"""Finding dune and the compiler, or saying what to do."""

import asyncio
from pathlib import Path

import pytest

from aid_lsp.build.toolchain import find_toolchain


def tool(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is on PATH, but for the shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(folder))
    return folder


async def test_tools_on_path_are_found_with_their_versions(path: Path) -> None:
    tool(path, "dune", "echo 3.17.2")
    tool(path, "ocamlc", "echo 5.3.0")
    tool(path, "ocamlformat", "echo 0.27.0")
    found = await find_toolchain(root=path)
    assert (found.command, found.dune_version, found.ocaml_version) == ((str(path / "dune"),), (3, 17, 2), (5, 3, 0))
    assert (found.rpc, found.usable, found.ocamlformat, found.missing) == (True, True, "0.27.0", ())
    assert found.name == "dune 3.17.2, OCaml 5.3.0"
    assert await find_toolchain(root=path) is found


async def test_an_old_dune_is_used_without_rpc_and_said_to_be_slower(path: Path) -> None:
    tool(path, "dune", "echo 2.9.3")
    tool(path, "ocamlc", "echo 4.13.1")
    found = await find_toolchain(root=path)
    assert (found.usable, found.rpc) == (True, False)
    assert [piece.name for piece in found.missing] == ["dune rpc", "ocamlformat"]


async def test_without_dune_the_advice_names_ways_to_get_one(path: Path) -> None:
    found = await find_toolchain(root=path)
    assert not found.usable
    assert "opam install dune" in found.problem
    assert found.name == "no dune"


async def test_a_dune_without_a_compiler_cannot_build(path: Path) -> None:
    tool(path, "dune", "echo 3.17.2")
    found = await find_toolchain(root=path)
    assert not found.usable
    assert "opam env" in found.problem


async def test_the_dune_of_the_settings_is_taken_with_its_arguments(path: Path) -> None:
    tool(path, "opam", 'shift; shift; case "$1" in dune) echo 3.18.0;; ocamlc) echo 5.2.1;; esac')
    found = await find_toolchain("opam exec -- dune", path)
    assert found.command == (str(path / "opam"), "exec", "--", "dune")
    assert (found.dune_version, found.ocaml_version) == ((3, 18, 0), (5, 2, 1))


async def test_opams_switch_is_asked_where_path_has_no_dune(path: Path) -> None:
    tool(path, "opam", 'while [ "$1" != -- ]; do shift; done; shift; case "$1" in dune) echo 3.18.0;; ocamlc) echo 5.2.1;; esac')
    (path / "_opam").mkdir()
    found = await find_toolchain(root=path)
    assert found.command == (str(path / "opam"), "exec", f"--switch={path}", "--", "dune")
    assert found.usable


@pytest.mark.parametrize("command", ["/nonexistent/dune", "broken 'quote", "", " "])
async def test_a_command_that_makes_no_sense_is_missing(path: Path, command: str) -> None:
    found = await find_toolchain(command, path)
    assert not found.usable


async def test_a_dune_that_talks_nonsense_or_fails_is_no_dune(path: Path) -> None:
    tool(path, "dune", "echo hello")
    assert not (await find_toolchain(root=path)).usable
    tool(path, "failing", "exit 3")
    assert not (await find_toolchain("failing", path)).usable
    assert await asyncio.to_thread((path / "dune").exists)
