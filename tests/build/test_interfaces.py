import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aid_lsp.build.findlib import Installed, find_installed
from aid_lsp.build.interfaces import Entry, Interface, first_sentence, packed, print_interface, unpacked
from aid_lsp.build.toolchain import find_toolchain
from tests.support.real_project import library_path


async def everything(folder: Path) -> Installed:
    return await find_installed(await find_toolchain(None, folder), folder, await library_path())


async def printed(name: str, folder: Path) -> Interface:
    installed = await everything(folder)
    library = await asyncio.to_thread(installed.library, name)
    assert library is not None
    return await print_interface(library, installed)


def entry(interface: Interface, module: str, name: str) -> Entry:
    return next(entry for entry in interface.modules[module] if entry.name == name and entry.kind == "value")


async def test_what_base_includes_is_there_with_its_labels(tmp_path: Path) -> None:
    base = await printed("base", tmp_path)
    assert entry(base, "Base.List", "map").text == "val map : 'a t -> f:('a -> 'b) -> 'b t"
    assert "f:('a -> 'sum) -> 'sum" in entry(base, "Base.List", "sum").text
    assert "key:'k -> data:'v" in entry(base, "Base.Map", "set").text
    assert base.version
    assert unpacked(packed(base)) == base


async def test_the_standard_library_has_its_comments_and_its_primitives(tmp_path: Path) -> None:
    stdlib = await printed("stdlib", tmp_path)
    assert entry(stdlib, "Stdlib.List", "map").text == "val map : ('a -> 'b) -> 'a list -> 'b list"
    assert entry(stdlib, "Stdlib.List", "hd").doc == "Return the first element of the given list."
    assert entry(stdlib, "Stdlib", "fst").text == "val fst : 'a * 'b -> 'a"


async def test_a_library_that_cannot_be_loaded_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue/META").write_text('version = "1"\n')
    (tmp_path / "queue/queue.cmi").write_bytes(b"of another compiler")
    (tmp_path / "queue/list.mli").write_bytes(b"\xff\xfe val")
    known = await everything(tmp_path)
    installed = Installed((tmp_path, *known.path), known.ocamlc, known.version)
    library = await asyncio.to_thread(installed.library, "queue")
    assert library is not None
    assert (await print_interface(library, installed)).modules == {}


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        (" Takes the oldest one. Raises. ", "Takes the oldest one."),
        (" Like {!List.map}, but faster\n\n More. ", "Like {!List.map}, but faster"),
        ("@since 5.1", "@since 5.1"),
        ("Takes\n   one\n   @raise Not_found", "Takes one"),
        ("", ""),
    ],
)
def test_the_first_sentence(comment: str, sentence: str) -> None:
    assert first_sentence(comment) == sentence


@given(st.text(max_size=80) | st.just('{"format":1,"library":1,"version":2,"modules":{"A":[["a"]]}}'))
def test_no_text_is_too_strange_for_a_kept_interface(text: str) -> None:
    assert unpacked(text) is None
    assert len(first_sentence(text)) <= 120
