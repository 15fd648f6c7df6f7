"""Names that a module has because it includes another one, or is another one."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from aid_lsp.recipes.included import stands_for
from aid_lsp.recipes.sources import Sources
from aid_lsp.workspace.view import Buffer, View
from tests.recipes.workshop import workshop

FILES = {
    "lib/dune": "(library (name rex))\n",
    "lib/core.ml": """
        module Rlist = struct let split x = [ x ] end
        module Rseq = struct let split x = Seq.return x end
        include Rlist
        module List = Rlist
        let first x = Stdlib.List.hd (split x)
        """,
    "lib/core.mli": """
        val split : 'a -> 'a list
        (** [split x] is a list. *)

        val first : 'a -> 'a
        module Rseq : sig val split : 'a -> 'a Seq.t end
        module List : sig val split : 'a -> 'a list end
        """,
    "lib/rex.ml": "include Core\nmodule Other = struct module C = Core end\n",
    "bin/dune": "(executable (name main) (libraries rex re str))\n",
    "bin/main.ml": """
        let () = ignore (Rex.split 1, Rex.Other.C.split 2, Rex.Rseq.split 3)
        let () = ignore (Re.execp (Re.compile (Re.str "a")) "b", Str.split (Str.regexp "x") "y")
        """,
}


@pytest.mark.parametrize(
    ("written", "others"),
    [
        ("Rex", {"Core", "Core.Rlist"}),
        ("Rex.List", {"Core.List", "Core.Rlist"}),
        ("Rex.Other.C", {"Core", "Core.Rlist"}),
        ("Core.Rseq", set[str]()),
        ("Rexlib.Core", {"Core", "Core.Rlist"}),
        ("Nowhere", set[str]()),
    ],
)
def test_a_module_is_found_behind_its_names(written: str, others: set[str]) -> None:
    view = View(Path("/nowhere"), {}, {path: Buffer(text, 1) for path, text in FILES.items()})
    found = stands_for(Sources(view, None), tuple(written.split(".")))
    assert {".".join(modules) for modules in found} - {written} == others


def test_modules_that_include_each_other_come_to_an_end() -> None:
    view = View(Path("/nowhere"), {}, {"a.ml": Buffer("include B\n", 1), "b.ml": Buffer("include A\nmodule C = C\n", 1)})
    assert stands_for(Sources(view, None), ("A", "C")) >= {("A", "C"), ("B", "C")}


@pytest.mark.dune
async def test_what_is_named_by_the_module_that_includes_it(tmp_path: Path) -> None:
    async with workshop(tmp_path, FILES) as shop:
        said = [
            await shop.ask("rename Rex.split to cut"),
            await shop.ask("rename Rex.Rseq.split to cut"),
            await shop.ask("add labelled argument ~by:int to Rex.Other.C.first, passing 1"),
            await shop.ask("rename Re.execp to matches"),
            await shop.ask("rename Re.split to cut"),
            await shop.ask("rename Str.split to cut"),
            await shop.ask("rename Rex.join to cut"),
        ]
    assert said == snapshot(
        [
            """\
rename value Core.Rlist.split to cut: 6 places in 3 files
bin/main.ml
  - let () = ignore (Rex.split 1, Rex.Other.C.split 2, Rex.Rseq.split 3)
  + let () = ignore (Rex.cut 1, Rex.Other.C.cut 2, Rex.Rseq.split 3)
lib/core.ml
  - module Rlist = struct let split x = [ x ] end
  + module Rlist = struct let cut x = [ x ] end
  - let first x = Stdlib.List.hd (split x)
  + let first x = Stdlib.List.hd (cut x)
lib/core.mli
  - val split : 'a -> 'a list
  - (** [split x] is a list. *)
  + val cut : 'a -> 'a list
  + (** [cut x] is a list. *)
  - module List : sig val split : 'a -> 'a list end
  + module List : sig val cut : 'a -> 'a list end
""",
            """\
rename value Core.Rseq.split to cut: 3 places in 3 files
bin/main.ml
  - let () = ignore (Rex.split 1, Rex.Other.C.split 2, Rex.Rseq.split 3)
  + let () = ignore (Rex.split 1, Rex.Other.C.split 2, Rex.Rseq.cut 3)
lib/core.ml
  - module Rseq = struct let split x = Seq.return x end
  + module Rseq = struct let cut x = Seq.return x end
lib/core.mli
  - module Rseq : sig val split : 'a -> 'a Seq.t end
  + module Rseq : sig val cut : 'a -> 'a Seq.t end
""",
            """\
add labelled argument ~by:int to value Core.first, passing 1: 2 places in 2 files; nothing uses it yet, so its variable is called _by
lib/core.ml
  - let first x = Stdlib.List.hd (split x)
  + let first ~by:(_by : int) x = Stdlib.List.hd (split x)
lib/core.mli
  - val first : 'a -> 'a
  + val first : by:int -> 'a -> 'a
""",
            "declined: 'Re.execp' is not defined in this workspace; the 'execp' that is used here comes from Re, which AID cannot change.",
            "declined: There is nothing called 'Re.split' in this workspace; the 'split' used here is Str.split.",
            "declined: 'Str.split' is not defined in this workspace; the 'split' that is used here comes from Str, which AID cannot change.",
            "declined: There is nothing called 'Rex.join' in this workspace.",
        ]
    )


@pytest.mark.dune
async def test_an_unbound_name_is_taken_from_the_module_that_includes_it(tmp_path: Path) -> None:
    files = FILES | {"bin/main.ml": "let () = ignore (first 1)\n"}
    async with workshop(tmp_path, files) as shop:
        assert await shop.ask("fix the build") == snapshot("""\
fix bin/main.ml:1: first becomes Rex.first
bin/main.ml
  - let () = ignore (first 1)
  + let () = ignore (Rex.first 1)
""")
