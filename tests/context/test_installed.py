import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.context.engine import Engine
from aid_lsp.context.installed import InstalledLibraries
from aid_lsp.context.libraries import Libraries, Linked
from aid_lsp.context.opened import opened
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet, estimate
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import Buffer, View
from tests.context import test_gather
from tests.support.real_project import library_path

PROJECT = {
    "dune-project": "(lang dune 3.17)\n",
    "lib/dune": "(env (_ (flags (:standard -open Base))))\n(library (name shapes) (libraries base))\n",
    "lib/shape.ml": "type t = { width : int }\n\nlet total ts = List.fold ts ~init:0 ~f:(fun acc t -> acc + t.width)\n",
    "bin/dune": "(executable (name main) (libraries re yojson shapes) (flags (:standard -open Stdlib)))\n",
    "bin/import.ml": "include Re\n",
    "bin/main.ml": "module J = Yojson.Safe\n\nlet date = Re.(compile (rep1 digit))\nlet show s = J.to_string (`String s)\n",
    "bin/odd.ml": "open Import\n\nlet yes = execp\n",
    "plain/dune": "(library (name plain) (libraries base))\n",
    "plain/dune-project": "",
}


def asked(instruction: str, at: str = "", files: dict[str, str] = PROJECT, diagnostics: tuple[Diagnostic, ...] = ()) -> Request:
    """A request whose workspace is a folder that is there, so that tools can be started in it."""
    request = test_gather.asked(instruction, at, files, diagnostics)
    view = View(Path(__file__).parent, {}, {path: Buffer(text, None) for path, text in files.items()})
    return replace(request, view=view)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where interfaces are kept from test to test of this file."""
    return tmp_path_factory.mktemp("libraries")


async def linked(request: Request, folder: Path) -> Linked:
    libraries = Libraries(folder, await library_path())
    found = await libraries.at(request, 120)
    await libraries.close()
    return found


async def found(request: Request, folder: Path, budget: int = 8000) -> dict[str, Snippet]:
    scene = await scene_of(request, folder, budget)
    return {snippet.path.partition(" ")[0]: snippet for snippet in await offered(scene)}


async def scene_of(request: Request, folder: Path, budget: int = 8000) -> Scene:
    known = await linked(request, folder)
    return await asyncio.to_thread(lambda: Scene(request, budget, linked=known))


async def offered(scene: Scene) -> list[Snippet]:
    return await asyncio.to_thread(lambda: list(InstalledLibraries().find(scene)))


def error(path: str, line: int, message: str) -> Diagnostic:
    return Diagnostic(path, line, 0, line, 1, "error", message)


async def test_a_function_that_the_instruction_names_is_shown_as_it_is_here(libraries: Path) -> None:
    shown = await found(asked("use List.sum and List.nope_map", "lib/shape.ml:List.fold"), libraries)
    text = shown["Base.List"].text
    assert "val sum : (module" in text
    assert "val fold : 'a t -> init:'acc -> f:('acc -> 'a -> 'acc) -> 'acc\n" in text
    assert "val map :" in text  # what nope_map may have meant
    assert "of base v" in shown["Base.List"].path
    assert "there is no nope_map" in shown["Base.List"].why or "List.sum, which the instruction names" in shown["Base.List"].why
    assert shown["Base.List"].aside


async def test_an_alias_and_a_local_open_lead_to_the_library(libraries: Path) -> None:
    shown = await found(asked("", "bin/main.ml:J.to_string"), libraries)
    assert "val to_string :" in shown["Yojson.Safe"].text
    shown = await found(asked("", "bin/main.ml:rep1"), libraries)
    assert "val rep1 : t -> t" in shown["Re"].text
    assert "val compile : t -> re" in shown["Re"].text


async def test_what_a_module_of_the_workspace_hands_on_is_seen(libraries: Path) -> None:
    shown = await found(asked("", "bin/odd.ml:execp"), libraries)
    assert "val execp :" in shown["Re"].text


async def test_an_unbound_value_shows_what_the_module_has(libraries: Path) -> None:
    message = 'Unbound value "List.find_option"'
    request = asked("fix", "lib/shape.ml:List.fold", diagnostics=(error("lib/shape.ml", 3, message),))
    shown = await found(request, libraries)
    assert "val find :" in shown["Base.List"].text
    assert shown["Base.List"].why.startswith("the build says that it has no find_option")
    request = asked("fix", "bin/main.ml:J.to", diagnostics=(error("bin/main.ml", 3, 'Unbound value "Option.map_default"'),))
    assert "val map : ('a -> 'b) -> 'a option -> 'b option" in (await found(request, libraries))["Stdlib.Option"].text


async def test_an_unbound_module_says_which_library_has_it(libraries: Path) -> None:
    errors = (error("bin/main.ml", 3, "Unbound module Str"), error("bin/main.ml", 3, 'Unbound module "Safe"'))
    request = asked("fix", "bin/main.ml:J.to", diagnostics=errors)
    scene = await scene_of(request, libraries)
    texts = [snippet.text for snippet in await offered(scene) if snippet.path.startswith("libraries:")]
    assert "Module Str is of the installed library str" in texts[0]
    assert "bin/dune does not list it" in texts[0]
    assert "There is Yojson.Safe (yojson)." in texts[1]


async def test_the_workspaces_own_modules_are_not_the_librarys(libraries: Path) -> None:
    files = {**PROJECT, "lib/list.ml": "let sum = 0\n"}
    request = asked("use List.sum", "lib/shape.ml:List.fold", files)
    scene = await scene_of(request, libraries)
    assert opened(scene, "lib/shape.ml").module("List") is None
    assert opened(scene, "lib/shape.ml").module("Map") == "Base.Map"
    assert opened(scene, "bin/main.ml").module("Nope.List") is None


@pytest.mark.parametrize("budget", [0, 60, 2000, 8000])
async def test_libraries_take_a_bounded_share(budget: int, libraries: Path) -> None:
    message = "Unbound value Re.sequence"
    request = asked(
        "find and replace all of Re and Yojson.Safe", "bin/main.ml:J.to", diagnostics=(error("bin/main.ml", 3, message),)
    )
    shown = await found(request, libraries, budget)
    assert sum(estimate(snippet.text) for snippet in shown.values()) <= 0.12 * budget
    assert bool(shown) == (budget > 60)


async def test_without_a_compiler_or_a_stanza_nothing_is_shown_and_nothing_fails(tmp_path: Path) -> None:
    libraries = Libraries(tmp_path / "file" / "not a folder", "/nowhere:relative")
    (tmp_path / "file").write_text("")
    request = asked("use List.sum", "lib/shape.ml:List.fold")
    assert await libraries.at(asked("use List.sum"), 1) == Linked()
    await libraries.at(request, 0)
    await libraries.warm(request.view)
    await libraries.close()


async def test_an_interface_is_printed_once_for_all_workspaces(libraries: Path, tmp_path: Path) -> None:
    request = asked("use Re.exec", "bin/main.ml:rep1")
    first = await linked(request, libraries)
    again = Libraries(libraries, await library_path())
    known = await again.at(request, 0)
    assert [interface.library for interface in known.interfaces] == ["re", "yojson", "stdlib"]
    assert known.modules.keys() == first.modules.keys()
    for file in await asyncio.to_thread(lambda: list(libraries.glob("*.json"))):
        await asyncio.to_thread((tmp_path / file.name).write_text, "{broken")
    broken = Libraries(tmp_path, await library_path())
    assert (await broken.at(request, 120)).modules.keys() == first.modules.keys()
    await broken.close()


async def test_the_facts_name_the_versions_and_the_standard_library(libraries: Path) -> None:
    engine = Engine(Path(__file__).parent, libraries=Libraries(libraries, await library_path()))
    request = asked("", "lib/shape.ml:List.fold")
    said = await engine.facts(request)
    assert "libraries: base v" in said
    assert "Base replaces Stdlib here" in said
    assert "OCaml " in said
    assert "dune " in said
    assert "standard library: Stdlib" in await engine.facts(asked("", "bin/main.ml:J.to"))
    gathered = await engine.gather(request, 8000)
    assert [snippet.path.partition(" ")[0] for snippet in gathered if snippet.aside] == snapshot(["Base.List"])
    await engine.close()
