"""A written path is followed through scopes, opens, includes, aliases and functors to what it means."""

from pathlib import Path

import pytest

from aid_lsp.context.definitions import definitions
from aid_lsp.context.scene import Scene
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import Buffer, View

FILES = {
    "lib/core.ml": "module Test = struct\n  type t = { seed : int; mutable runs : int }\n  let make seed = { seed; runs = 0 }\nend\n\n"
    "module type S = sig\n  val show : int -> string\nend\n\nlet map f x = f x\n",
    "lib/core.mli": "module Test : sig\n  type t\n  val make : int -> t\nend\n\nmodule type S = sig\n  val show : int -> string\nend\n\nval map : ('a -> 'b) -> 'a -> 'b\n",
    "lib/check.ml": "include Core\nmodule T = Test\nlet map = 1\n",
    "lib/use.ml": "open Check\n\nlet a = Test.make 1\nlet b = T.make 2\nlet c = map\n\nmodule Make (X : Core.S) = struct\n  let both = X.show 1\nend\n\n"
    "module Inner = struct\n  let map = 2\n  let d = map\nend\n\nlet e = map\nlet f r = r.Core.Test.seed\nlet g = Core.(map succ 1)\nlet h = Nowhere.make\n",
    "lib/loop.ml": "include Loop\nmodule A = B\nmodule B = A\nopen A\nlet i = A.x\nlet j = y\n",
}


@pytest.mark.parametrize(
    ("written", "near", "expect"),
    [
        ("Test.make", "Test.make 1", "lib/core.mli Test.make"),
        ("T.make", "T.make 2", "lib/core.mli Test.make"),
        ("map", "map\n\nmodule Make", "lib/check.ml map"),
        ("X.show", "X.show", "lib/core.mli S.show"),
        ("map", "map\nend", "lib/use.ml Inner.map"),
        ("map", "map\nlet f", "lib/check.ml map"),
        ("Core.Test.seed", "Core.Test.seed", "lib/core.ml Test.t.seed"),
        ("map", "map succ", "lib/core.mli map"),
        ("Nowhere.make", "Nowhere", ""),
    ],
)
def test_what_a_path_means(written: str, near: str, expect: str) -> None:
    view = View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in FILES.items()})
    first = next(definitions(Scene(Request("", view), 0), written, "lib/use.ml", FILES["lib/use.ml"].index(near)), None)
    assert (f"{first[0]} {first[1].dotted}" if first is not None else "") == expect


def test_modules_that_lead_back_to_themselves_lead_nowhere() -> None:
    view = View(Path("/workspace"), {}, {path: Buffer(text, None) for path, text in FILES.items()})
    scene = Scene(Request("", view), 0)
    assert not list(definitions(scene, "A.x", "lib/loop.ml", 50))
    assert not list(definitions(scene, "y", "lib/loop.ml"))
