"""What a patch reaches, told from dune files; and that the real dune finds nothing else that fails."""

import asyncio
import random
from pathlib import Path

import pytest

from aid_lsp.build.verdict import Blast, Tier
from aid_lsp.ces.reach import reach, target_of_tests
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.workspace.view import View
from tests.ces.project import change, judging, make, write

PROJECT = {
    "dune-project": "(lang dune 3.0)\n",
    "core/dune": "(library (name core) (public_name pkg.core))\n",
    "pkg.opam": 'opam-version: "2.0"\n',
    "core/a.ml": "let a = 1\n",
    "core/b.ml": "let b = A.a\n",
    "core/b.mli": "val b : int\n",
    "core/c.ml": "let c = B.b\n",
    "core/d.ml": "let d = 4\n",
    "extra/dune": "(library (name extra) (inline_tests))\n",
    "extra/e.ml": "let e = 5\n",
    "app/dune": "(executable (name app) (libraries pkg.core))\n(rule (with-stdout-to said.txt (run ./app.exe)))\n",
    "app/app.ml": "let () = print_int (Core.C.c)\n",
    "golden/dune": "(rule (alias runtest) (action (diff golden.txt ../app/said.txt)))\n",
    "golden/golden.txt": "1",
    "test/dune": "(test (name t) (libraries core))\n",
    "test/t.ml": "let () = assert (Core.D.d = 4)\n",
    "far/dune": "(test (name f) (modules f))\n(tests (names g) (modules g) (libraries extra))\n",
    "far/f.ml": "let () = ()\n",
    "far/g.ml": "let () = assert (Extra.E.e = 5)\n",
}


def reached(root: Path, *replacements: tuple[str, str, str]) -> Blast:
    view = View.freeze(root)
    return reach(view, change(view, *replacements))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write(tmp_path, PROJECT)
    return tmp_path


def test_tests_are_reached_through_libraries_executables_and_rules(project: Path) -> None:
    through_all = ("golden", "test")
    assert reached(project, ("core/a.ml", "1", "2")).tests == through_all
    assert reached(project, ("core/b.mli", "int", "int (* *)")).tests == through_all
    assert reached(project, ("app/app.ml", "Core.C.c", "7")).tests == ("golden",)
    assert reached(project, ("extra/e.ml", "5", "6")).tests == ("extra", "far")
    assert reached(project, ("far/f.ml", "()", "((), 1)")).tests == ("far",)
    assert reached(project, ("core/new.ml", "", "let x = 1\n")).tests == through_all
    assert reached(project, ("core/a.ml", "1", "2"), ("extra/e.ml", "5", "6")).tests == ("extra", "far", "golden", "test")


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("core/dune", "(library", "(library  "),
        ("dune-project", "3.0", "3.1"),
        ("golden/golden.txt", "1", "2"),
        ("stray.ml", "", "let x = 1\n"),
    ],
)
def test_what_cannot_be_followed_reaches_all_tests(project: Path, path: str, old: str, new: str) -> None:
    blast = reached(project, (path, old, new))
    assert blast.tests is None
    assert target_of_tests(blast) is not None


@pytest.mark.parametrize(
    "stanza", ["(include dune.inc)", "(* -*- tuareg -*- *)\nlet () = Jbuild_plugin.V1.send {|(test (name x))|}"]
)
def test_dune_files_that_do_not_say_all_reach_all(project: Path, stanza: str) -> None:
    write(project, {"made/dune": stanza})
    assert reached(project, ("far/f.ml", "()", "((), 1)")).tests is None


def test_folders_that_dune_passes_over_are_left_out(project: Path) -> None:
    write(project, {"dune": "(data_only_dirs golden)\n(vendored_dirs te*)\n"})
    assert reached(project, ("core/a.ml", "1", "2")).tests == ()
    assert target_of_tests(reached(project, ("core/a.ml", "1", "2"))) is None


def test_cram_tests_are_always_reached(project: Path) -> None:
    write(project, {"cram/run.t": "  $ true\n", "more/run.t/run.t": "  $ true\n"})
    assert reached(project, ("far/f.ml", "()", "((), 1)")).tests == ("cram", "far", "more")


def test_modules_that_see_the_change_are_counted(project: Path) -> None:
    assert reached(project, ("core/b.ml", "A.a", "A.a + 0")).modules == 1, "its interface hides it"
    assert reached(project, ("far/f.ml", "()", "((), 1)")).modules == 1
    # In core: d alone; outside all that links core: app and t.
    assert reached(project, ("core/d.ml", "4", "4 + 0")).modules == 3
    # In core a, b (which says A) and c (which says B).
    assert reached(project, ("core/a.ml", "1", "2")).modules == 5
    assert reached(project, ("core/dune", "(library", "(library  ")).modules == 6


@pytest.mark.dune
async def test_only_reachable_tests_are_run(tmp_path: Path) -> None:
    marks = {
        "far/dune": '(rule (alias runtest) (action (system "echo far >> %{env:MARKS=/dev/null}; exit 1")))\n',
        "spare/dune": "(library (name spare))\n",
        "spare/s.ml": "let s = 1\n",
    }
    root = make(tmp_path, marks)
    async with judging(root) as judge:
        view = await asyncio.to_thread(View.freeze, root)
        verdict = await judge.judge(
            view, await asyncio.to_thread(change, view, ("lib/order.ml", "let size", "let more = 1\nlet size"))
        )
        assert (verdict.state, verdict.tier, verdict.note) == ("green", Tier.TEST, ""), "far fails, and is not run"
        assert verdict.blast == Blast(3, ("test",))
        assert verdict.as_json()["blast"] == {"modules": 3, "tests": ["test"]}
        verdict = await judge.judge(view, await asyncio.to_thread(change, view, ("spare/s.ml", "1", "2")))
        assert (verdict.state, verdict.note) == ("green", "no test depends on this change")
        readme = Patch.of([FileChange("README.md", None, "Nails.\n")])
        assert (await judge.judge(view, readme)).blast == Blast(0, None)
        assert (await judge.judge(view, readme)).state == "unknown", "all tests are run, and far failed before"


@pytest.mark.dune
async def test_no_test_that_a_change_breaks_is_passed_over(project: Path) -> None:
    """Random changes of values: where dune's whole test run fails, so does the limited one."""
    dice = random.Random(7)
    values = [("core/a.ml", "1"), ("core/d.ml", "4"), ("extra/e.ml", "5"), ("app/app.ml", "Core.C.c"), ("core/b.ml", "A.a")]
    (project / "extra/dune").write_text("(library (name extra))\n")
    async with judging(project) as judge:
        view = await asyncio.to_thread(View.freeze, project)
        for _ in range(6):
            path, old = dice.choice(values)
            patch = await asyncio.to_thread(change, view, (path, old, f"{old} + {dice.randrange(2)}"))
            copy = project.parent / f"copy{_}"
            for each in view.patched(patch).paths():
                await asyncio.to_thread(write, copy, {each: view.patched(patch).data(each) or b""})
            child = await asyncio.create_subprocess_exec(
                "dune", "build", "--root", ".", "@runtest", cwd=copy, stderr=asyncio.subprocess.DEVNULL
            )  # fmt: skip
            assert (await child.wait() == 0) == (await judge.judge(view, patch)).green, patch
