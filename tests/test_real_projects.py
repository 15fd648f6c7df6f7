"""AID at work on code that nobody here wrote: `aid change` renames and repairs, and dune by itself says that it is right."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.real_project import real_project

pytestmark = [pytest.mark.dune, pytest.mark.slow]


async def run(folder: Path, *command: str) -> tuple[int, str, str]:
    child = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(240):
        output, errors = await child.communicate()
    assert child.returncode is not None
    return child.returncode, output.decode(), errors.decode()


async def change(folder: Path, instruction: str) -> dict[str, Any]:
    """What `aid change --apply --json` says."""
    _, output, errors = await run(
        folder, sys.executable, "-m", "aid_lsp", "change", "--model", "none", "--apply", "--json", instruction
    )
    assert output, errors
    return json.loads(output)


async def dune_is_green(folder: Path) -> bool:
    status, _, errors = await run(folder, "dune", "build", "--root", ".", "@default")
    return status == 0 or pytest.fail(errors)


RENAMES = [
    ("re", "rename function Cset.union to join", ("src/cset.ml", "src/cset.mli", "src/core.ml")),
    ("re", "rename module Color_map to Colors", ("src/colors.ml", "src/colors.mli", "src/core.ml", "src/color_map.ml")),
    ("re", "rename type Category.t to kind", ("src/category.ml", "src/category.mli", "src/automata.ml")),
    ("re", "rename function Core.rep1 to at_least_once", ("src/core.ml", "src/core.mli", "bin/main.ml")),
    ("yojson", "rename function Safe.from_string to parse", ("src/safe.ml", "src/safe.mli", "bin/main.ml")),
    ("yojson", "rename exception Common.Json_error to Malformed", ("src/common.ml", "src/common.mli")),
]


@pytest.mark.parametrize(
    ("project", "instruction", "touched"), RENAMES, ids=lambda value: str(value) if isinstance(value, str) else ""
)
async def test_a_name_is_changed_everywhere(project: str, instruction: str, touched: tuple[str, ...], tmp_path: Path) -> None:
    folder = await real_project(project, tmp_path / project)
    answer = await change(folder, instruction)
    assert (answer["verdict"]["state"], answer["proposer"]) == ("green", "recipe"), answer
    assert set(touched) <= set(answer["files"])
    assert await dune_is_green(folder)


SLIPS = [
    ("re", "src/automata.ml", "Category.intersect", "Category.intersct"),
    ("re", "src/core.mli", "val str : string", "val str : strng"),
    ("re", "bin/main.ml", "Re.Group.get", "Re.Group.gett"),
    ("yojson", "src/common.ml", "raise", "rais"),
    ("yojson", "src/safe.ml", "Buffer.add_char", "Bufer.add_char"),
]


@pytest.mark.parametrize(("project", "path", "right", "wrong"), SLIPS, ids=lambda value: str(value))
async def test_a_slip_of_the_pen_is_mended(project: str, path: str, right: str, wrong: str, tmp_path: Path) -> None:
    folder = await real_project(project, tmp_path / project)
    text = (folder / path).read_text("utf-8")
    assert right in text
    (folder / path).write_text(text.replace(right, wrong, 1), "utf-8")
    answer = await change(folder, "fix the build")
    assert answer["verdict"]["state"] == "green", answer
    assert await dune_is_green(folder)
    assert (folder / path).read_text("utf-8") == text
