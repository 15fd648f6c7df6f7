"""What the compiler's artefacts say of names, read from a tree that a real dune has built."""

import asyncio
from pathlib import Path

import pytest

from aid_lsp.build.artefacts import ArtefactReader, Artefacts, Declaration
from aid_lsp.errors import NoToolchain

pytestmark = pytest.mark.dune

FILES = {
    "dune-project": "(lang dune 3.0)\n",
    "lib/dune": "(library (name foo))\n",
    "lib/shape.mli": "type t = { width : int }\nval area : t -> int\nmodule type S = sig val run : int -> int end\n",
    "lib/shape.ml": 'type t = { width : int }\nlet é = "é😋" let area { width } = ignore é; width\n'
    "module type S = sig val run : int -> int end\n",
    "lib/use.ml": "open Shape\nmodule R : S = struct let run x = x end\nlet y = area { width = 1 } + R.run 2\ninclude Shape\n",
    "a/dune": "(executable (name main) (libraries foo))\n",
    "a/main.ml": "let helper = Foo.Use.area\nlet () = ignore (helper { Foo.Shape.width = 1 })\n",
    "b/dune": "(executable (name main))\n",
    "b/main.ml": "let helper = 1\nlet () = ignore helper\n",
}


async def built(root: Path, use: str = FILES["lib/use.ml"], *, expect: int = 0) -> Path:
    """Writes the project and checks it; gives the build folder."""
    for path, text in {**FILES, "lib/use.ml": use}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *("dune", "build", "@check", "--root", "."),
        cwd=root,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert process.returncode == expect, said.decode()
    return root / "_build" / "default"


async def read(build: Path) -> Artefacts:
    artefacts = await ArtefactReader().read(build)
    assert artefacts is not None
    return artefacts


def uses(artefacts: Artefacts, name: str) -> set[tuple[str, int, int, str]]:
    """Where a name is used: file, line, columns in bytes, and the declaration."""
    return {
        (o.at.path, o.at.line, o.at.column, str(o.uids[0]) if o.uids else str(o.outside)) for o in artefacts.occurrences(name)
    }


async def test_every_use_leads_to_its_declaration(tmp_path: Path) -> None:
    artefacts = await read(await built(tmp_path))
    area = next(d for d in artefacts.declarations().values() if d.name == "area" and d.at.path == "lib/shape.ml")
    assert (area.at.line, area.at.column) == (2, 22), "columns are bytes"
    assert {(path, line) for path, line, _, uid in uses(artefacts, "area") if uid == str(area.uid)} == {
        ("lib/use.ml", 3),
        ("a/main.ml", 1),
    }
    declared = {artefacts.declarations()[uid].at.path for uid in artefacts.together(area.uid)}
    assert declared == {"lib/shape.ml", "lib/shape.mli"}


async def test_a_structure_is_tied_to_its_signature(tmp_path: Path) -> None:
    artefacts = await read(await built(tmp_path))
    run = next(d for d in artefacts.declarations().values() if d.name == "run" and d.at.path == "lib/use.ml")
    assert {artefacts.declarations()[uid].at.path for uid in artefacts.together(run.uid)} == {
        "lib/use.ml",
        "lib/shape.ml",
        "lib/shape.mli",
    }


async def test_executables_that_share_a_unit_name_are_told_apart(tmp_path: Path) -> None:
    artefacts = await read(await built(tmp_path))
    homes = {d.at.path: d.uid for d in artefacts.declarations().values() if d.name == "helper"}
    assert len(set(homes.values())) == 2
    meant = {o.at.path: o.uids[0] for o in artefacts.occurrences("helper")}
    assert meant == homes


async def test_a_pun_is_two_uses_at_one_place(tmp_path: Path) -> None:
    artefacts = await read(await built(tmp_path))
    entries = [e for e in artefacts.at("lib/shape.ml") if not isinstance(e, Declaration) and e.name == "width"]
    assert sorted((e.at.line, e.at.column) for e in entries) == [(2, 29), (2, 50)]


async def test_a_unit_with_an_error_is_known_in_part(tmp_path: Path) -> None:
    await built(tmp_path)
    broken = FILES["lib/use.ml"].replace("R.run 2", "R.run true")
    artefacts = await read(await built(tmp_path, broken, expect=1))
    assert not artefacts.covers("lib/use.ml")
    assert artefacts.covers("lib/shape.ml")


async def test_what_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    build = await built(tmp_path)
    reader = ArtefactReader()
    first = await reader.read(build)
    again = await reader.read(build)
    assert first is not None
    assert again is not None
    assert all(one is other for one, other in zip(first.units, again.units, strict=True))


async def test_no_compiler_is_said_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = await built(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoToolchain, match="not on PATH"):
        await ArtefactReader().read(build)
