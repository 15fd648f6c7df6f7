import asyncio
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from aid_lsp.build.findlib import Installed, Library, find_installed, read_meta
from aid_lsp.build.toolchain import find_toolchain
from tests.support.real_project import library_path

META = """\
# a comment with "quotes" = (
version = "1.2"
requires = "seq fmt"
requires(ppx_driver) = "ppxlib"
requires += "unix"
archive(byte, -mt) = "queue.cma"
package "sub" (
  directory = "sub"
  requires = "queue, re.str"
  package "inner" ( directory = "^" )
)
"""


def test_a_meta_is_read_with_its_sub_packages() -> None:
    package = read_meta(META)
    assert package.fields == snapshot({"version": "1.2", "requires": "seq fmt unix"})
    assert package.packages["sub"].fields == snapshot({"directory": "sub", "requires": "queue, re.str"})
    assert package.packages["sub"].packages["inner"].fields == snapshot({"directory": "^"})


@given(st.text(alphabet='="()+,#\\abpackage \n.é\f', max_size=200))
def test_no_text_is_too_strange_for_a_meta(text: str) -> None:
    read_meta(text)
    read_meta(META[: len(text)] + text)
    read_meta('package "a" (' * len(text))


def test_libraries_are_found_by_their_metas(tmp_path: Path) -> None:
    (tmp_path / "queue/sub").mkdir(parents=True)
    (tmp_path / "queue/META").write_text(META)
    (tmp_path / "queue/queue.cmi").write_bytes(b"")
    (tmp_path / "queue/queue__Raw.cmi").write_bytes(b"")
    (tmp_path / "queue/dune-package").write_text(
        "(lang dune 3.0)\n(library\n (name queue)\n (requires (re_export fmt) seq))\n(library\n (name queue.sub))\n"
    )
    (tmp_path / "META.old").write_text('requires = "queue"\ndirectory = "elsewhere"\n')
    installed = Installed((tmp_path,))
    assert installed.library("queue") == Library("queue", "1.2", tmp_path / "queue", ("seq", "fmt", "unix"), ("fmt",))
    assert installed.library("queue.sub") == Library("queue.sub", "1.2", tmp_path / "queue/sub", ("queue", "re.str"))
    assert installed.library("old") == Library("old", "", tmp_path / "elsewhere", ("queue",))
    for name in ("fmt", "queue.nope", "", ".", "..", "../queue", "a/b"):
        assert installed.library(name) is None
    assert [library.name for library in installed.closure(["old", "fmt"])] == ["old", "queue"]
    assert installed.provider("Queue") == "queue"
    assert installed.provider("Queue__Raw") == ""


async def test_the_libraries_of_this_machine_are_found(tmp_path: Path) -> None:
    toolchain = await find_toolchain(None, tmp_path)
    installed = await find_installed(toolchain, tmp_path, await library_path())
    yojson, stdlib, provider = await asyncio.to_thread(
        lambda: (installed.library("yojson"), installed.library("stdlib"), installed.provider("Str"))
    )
    assert yojson is not None
    assert yojson.needs
    assert stdlib is not None
    assert stdlib.version == toolchain.name.rpartition(" ")[2]
    assert provider == "str"
