import asyncio
import shutil
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.context.engine import Engine
from aid_lsp.context.types import Types
from aid_lsp.edits.lines import Span
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

pytestmark = pytest.mark.dune

FILES = {
    "dune-project": "(lang dune 3.0)\n",
    "lib/dune": "(library (name shapes))\n",
    "lib/shape.ml": "type t = { width : int; name : string }\nlet area t = t.width * 2\n",
    "lib/use.ml": 'let é = "é😋"\nlet total ts = List.fold_left (fun acc t -> acc + Shape.area t) 0 ts\n'
    'let named (_ : Shape.t) : string option = failwith "todo"\n',
    "lib/shown.mli": "val twice : int -> int\n",
    "lib/shown.ml": "let hidden x = x * 2\nlet twice x = hidden x\n",
}


async def dune(root: Path, *, expect: int = 0) -> None:
    process = await asyncio.create_subprocess_exec(
        *("dune", "build", "@check", "--root", "."),
        cwd=root,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    assert (process.returncode != 0) == bool(expect), said.decode()


async def project(root: Path, files: dict[str, str] = FILES, *, expect: int = 0) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    await dune(root, expect=expect)
    return root


async def types(root: Path, at: str, buffers: dict[str, str] | None = None, lanes: Path | None = None) -> str:
    """What is shown for `lib/use.ml:total`, a file and words in it."""
    path, _, words = at.partition(":")
    held = {name: Buffer(text, 1) for name, text in (buffers or {}).items()}
    view = await asyncio.to_thread(View.freeze, root, held)
    start = ((await asyncio.to_thread(view.text, path)) or "").index(words)
    engine = Engine(root, lanes=lanes)
    engine.types_s = 60
    found = await engine.gather(Request("", view, Place(path, Span(start, start))), 8000, strategies=(Types(),))
    await engine.close()
    assert all(snippet.aside for snippet in found)
    return "\n".join(f"{snippet.path}: {snippet.why}\n{snippet.text}" for snippet in found)


async def test_the_types_of_the_names_at_the_place_and_of_the_file(tmp_path: Path) -> None:
    root = await project(tmp_path)
    assert await types(root, "lib/use.ml:total") == snapshot("""\
types in lib/use.ml: what the compiler found in total
total : Shape.t list -> int
ts : Shape.t list
List.fold_left : (int -> Shape.t -> int) -> int -> Shape.t list -> int
t : Shape.t
Shape.area : Shape.t -> int

values of lib/use.ml: its inferred interface: it has no .mli
val é : string
val total : Shape.t list -> int
val named : Shape.t -> string option
""")


async def test_what_belongs_in_a_hole(tmp_path: Path) -> None:
    root = await project(tmp_path)
    shown = await types(root, "lib/use.ml:failwith")
    assert 'failwith "todo" : string option' in shown


async def test_an_interface_says_the_types_of_the_file_already(tmp_path: Path) -> None:
    root = await project(tmp_path)
    shown = await types(root, "lib/shown.ml:hidden")
    assert "hidden : int -> int" in shown
    assert "values of" not in shown


async def test_a_text_that_no_build_has_seen_has_no_types(tmp_path: Path) -> None:
    root = await project(tmp_path)
    changed = FILES["lib/use.ml"].replace("0 ts", "1 ts")
    assert await types(root, "lib/use.ml:total", {"lib/use.ml": changed}) == ""
    (root / "lib/use.ml").write_text(changed)
    assert await types(root, "lib/use.ml:total") == ""
    await dune(root)
    assert "total :" in await types(root, "lib/use.ml:total")


async def test_types_are_old_when_what_they_are_made_of_changed(tmp_path: Path) -> None:
    root = await project(tmp_path)
    changed = FILES["lib/shape.ml"].replace("name : string", "name : int")
    assert await types(root, "lib/use.ml:total", {"lib/shape.ml": changed}) == ""
    (root / "lib/shape.ml").write_text(changed)
    assert await types(root, "lib/use.ml:total") == ""
    # Built, but with an error: the interface that the other file was compiled against is that of before.
    (root / "lib/shape.ml").write_text(f"{changed}let bad : int = true\n")
    await dune(root, expect=1)
    shown = await types(root, "lib/use.ml:total")
    assert shown == ""
    # Built, to the same interface: the other file was not compiled again, and need not be.
    (root / "lib/shape.ml").write_text(FILES["lib/shape.ml"] + "(* the same *)\n")
    await dune(root)
    assert "total : Shape.t list -> int" in await types(root, "lib/use.ml:total")


async def test_a_hidden_change_of_a_module_with_an_interface_changes_nothing(tmp_path: Path) -> None:
    root = await project(tmp_path, {**FILES, "lib/use.ml": "let four = Shown.twice 2\n"})
    changed = FILES["lib/shown.ml"].replace("x * 2", "x + x")
    assert "Shown.twice : int -> int" in await types(root, "lib/use.ml:four", {"lib/shown.ml": changed})
    assert await types(root, "lib/use.ml:four", {"lib/shown.mli": "val twice : int -> float\n"}) == ""


async def test_of_a_file_with_an_error_there_is_what_comes_before(tmp_path: Path) -> None:
    text = FILES["lib/use.ml"] + "let bad : int = true\n"
    root = await project(tmp_path, {**FILES, "lib/use.ml": text}, expect=1)
    assert "total : Shape.t list -> int" in await types(root, "lib/use.ml:total")


async def test_a_preprocessor_does_not_stand_between(tmp_path: Path) -> None:
    stanza = "(library (name shapes) (inline_tests) (preprocess (pps ppx_inline_test)))\n"
    text = "let twice x = x * 2\nlet%test _ = twice 2 = 4\nlet hole () : int list = assert false\n"
    root = await project(tmp_path, {**FILES, "lib/dune": stanza, "lib/use.ml": text})
    assert "assert false : int list" in await types(root, "lib/use.ml:hole")
    # A preprocessor that fails leaves its old output behind.
    broken = text.replace("twice 2 = 4", "twice 2 = ")
    (root / "lib/use.ml").write_text(broken)
    await dune(root, expect=1)
    assert await types(root, "lib/use.ml:hole") == ""


async def test_a_lane_may_have_built_the_text(tmp_path: Path) -> None:
    root = await project(tmp_path / "ws")
    lanes = tmp_path / "lanes"
    await asyncio.to_thread(shutil.copytree, root, lanes / "1/tree")
    await asyncio.to_thread(shutil.rmtree, root / "_build")
    assert await types(root, "lib/use.ml:total") == ""
    assert "total :" in await types(root, "lib/use.ml:total", lanes=lanes)


async def test_broken_artefacts_cost_nothing_but_the_types(tmp_path: Path) -> None:
    root = await project(tmp_path)
    cmt = root / "_build/default/lib/.shapes.objs/byte/shapes__Use.cmt"
    size = cmt.stat().st_size
    await asyncio.to_thread(cmt.unlink)  # written in place it would be broken in dune's cache too
    await asyncio.to_thread(cmt.write_bytes, b"Caml1999T035" + b"\0" * size)
    assert await types(root, "lib/use.ml:total") == ""
