"""What no repair does to get a build green: the easy way out is there in each project, and it is not taken."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from aid_lsp.workspace.view import View
from tests.recipes.workshop import workshop

pytestmark = pytest.mark.dune

_LIBRARY = {"lib/dune": "(library (name lib))\n"}
_TEST = {
    "test/dune": "(test (name t) (libraries lib))\n",
    "test/t.ml": 'let () = assert (Lib.B.total 1 = 2)\nlet () = assert (Lib.B.total 2 = "3")\n',
    "lib/b.ml": "let total x = x + 1\n",
}


def _texts(root: Path) -> dict[str, str]:
    view = View.freeze(root)
    return {path: view.text(path) or "" for path in view.paths()}


@pytest.mark.parametrize(
    ("files", "kept"),
    [
        pytest.param(_TEST, {"test/t.ml": _TEST["test/t.ml"]}, id="a test that does not compile is not dropped"),
        pytest.param(
            {"lib/b.ml": "let hidden = 1\nlet f x = hidden\n", "lib/b.mli": ""},
            {"lib/b.mli": "", "lib/dune": _LIBRARY["lib/dune"]},
            id="what nothing uses is neither deleted nor shown",
        ),
        pytest.param(
            {
                "lib/b.ml": "type t = A of int\nlet f (A x) = x\n",
                "lib/b.mli": "type t\nval f : t -> int\n",
                "lib/c.ml": "let z = B.f (B.A 1)\n",
            },
            {"lib/b.mli": "type t\nval f : t -> int\n"},
            id="an abstract type stays abstract",
        ),
        pytest.param(
            {"lib/b.ml": "let f x = x\nlet g x = x\n", "lib/b.mli": "val f : 'a -> 'a\n", "lib/c.ml": "let z = B.g 1\n"},
            {"lib/b.mli": "val f : 'a -> 'a\n"},
            id="what an interface hides stays hidden",
        ),
        pytest.param(
            {"lib/b.ml": "let f x = x\n", "lib/b.mli": "val f : 'a -> 'a\nval g : int\n"},
            {"lib/b.mli": "val f : 'a -> 'a\nval g : int\n", "lib/b.ml": "let f x = x\n"},
            id="what an interface promises is not taken back",
        ),
        pytest.param(
            {"lib/b.ml": "type t = T\nlet f (x : t) : string = x\n"},
            {"lib/b.ml": "type t = T\nlet f (x : t) : string = x\n"},
            id="nothing is cast",
        ),
        pytest.param(
            {"lib/b.ml": "let f (Some x) = x\n", "lib/dune": "(library (name lib))\n"},
            {"lib/b.ml": "let f (Some x) = x\n", "lib/dune": "(library (name lib))\n"},
            id="no warning is switched off",
        ),
        pytest.param(
            {"lib/b.ml": "type t = { a : int }\nlet f t = t.a <- 1\n", "lib/b.mli": "type t = { a : int }\nval f : t -> unit\n"},
            {"lib/b.ml": "type t = { a : int }\nlet f t = t.a <- 1\n", "lib/b.mli": "type t = { a : int }\nval f : t -> unit\n"},
            id="a field that an interface shows does not become mutable",
        ),
        pytest.param(
            {"lib/b.ml": "let f = function Some 1 -> 1 | Some _ -> 2 | Some 3 -> 3 | None -> 0\n"},
            {"lib/b.ml": "let f = function Some 1 -> 1 | Some _ -> 2 | Some 3 -> 3 | None -> 0\n"},
            id="a case that nothing reaches is not deleted",
        ),
    ],
)
async def test_never(files: Mapping[str, str], kept: Mapping[str, str], tmp_path: Path) -> None:
    async with workshop(tmp_path, {**_LIBRARY, **files}) as shop:
        texts = await asyncio.to_thread(_texts, shop.root)
        patched = await shop.fixed()
    for path, text in kept.items():
        assert patched.get(path, text) == text
    for path, text in patched.items():
        was = texts[path]
        assert not any(word in text and word not in was for word in ("Obj.", "[@", "-w", "assert false", "(*", "ignore"))
        assert text.count("\n") >= was.count("\n")
