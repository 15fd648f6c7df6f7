"""What is red in files that nobody has open, in real editors: seen, fixed by a code action, gone when the build says so."""

from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import HERE, changed, dune, environment, play, sources
from tests.clients.helix import Helix
from tests.support.ocaml_project import copy_project

pytestmark = [pytest.mark.editor, pytest.mark.dune]

EMACS = ("emacs", "-Q", "--batch", "-l")
NEOVIM = ("nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "-c")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project whose program does not compile; two characters before the error are not ASCII."""
    root = copy_project("corner_shop", tmp_path / "shop")
    main = root / "bin/main.ml"
    text = main.read_text("utf-8")
    main.write_text(text.replace("(Stock.value item)", '(ignore "é😋"; Stock.valu item)'), "utf-8")
    return root


async def check_fixed(project: Path, before: dict[str, str]) -> None:
    assert changed(before, sources(project)) == snapshot("""\
bin/main.ml
  - List.iter (fun (item : Stock.item) -> Printf.printf "%s: %d\\n" item.name (ignore "é😋"; Stock.valu item)) items;
  + List.iter (fun (item : Stock.item) -> Printf.printf "%s: %d\\n" item.name (ignore "é😋"; Stock.value item)) items;\
""")
    assert await dune(project, "@check") == (0, "")


async def test_emacs_lists_and_fixes_an_error_in_a_closed_file(shop: Path) -> None:
    before = sources(shop)
    assert await play((*EMACS, str(HERE / "diagnostics.el")), shop, environment()) == snapshot(
        [
            'listed, not open: aid (dune): Unbound value "Stock.valu"',
            "is open: nil",
            'in its buffer, line 5: aid (dune): Unbound value "Stock.valu"',
            "text there: Stock.valu",
            "offered as: quickfix",
            "still shown before the save: t",
            "gone after the save",
            "done",
        ]
    )
    await check_fixed(shop, before)


async def test_neovim_knows_and_fixes_an_error_in_a_closed_file(shop: Path) -> None:
    before = sources(shop)
    assert await play((*NEOVIM, f"luafile {HERE / 'diagnostics.lua'}"), shop, environment()) == snapshot(
        [
            'known, loaded false: Unbound value "Stock.valu"',
            "aid (dune) ERROR",
            "text there: Stock.valu",
            "offered as quickfix",
            "still shown before the save: true",
            "gone after the save",
            "done",
        ]
    )
    await check_fixed(shop, before)


async def test_helix_lists_and_fixes_an_error_in_a_closed_file(shop: Path, tmp_path: Path) -> None:
    before = sources(shop)
    async with Helix(shop, tmp_path / "config") as helix:
        for _ in range(30):  # the picker lists what was known when it opened
            helix.screen.type(" D")
            try:
                await helix.screen.shows("Unbound value", 2.0)
                break
            except AssertionError:
                await helix.escape()
        helix.screen.type("\r")
        await helix.screen.shows("Stock.valu item")
        await helix.act("AID: fix this error")
        await helix.screen.shows("proposal 1 is green")
        await helix.act("AID: accept proposal 1")
        await helix.screen.shows("Stock.value item")
        await helix.quit()
    await check_fixed(shop, before)


async def test_neovim_is_offered_a_fix_for_each_kind_of_error(tmp_path: Path) -> None:
    root = tmp_path / "kinds"
    files = {
        "dune-project": "(lang dune 3.0)\n",
        "lib/dune": "(library (name lib) (inline_tests) (preprocess (pps ppx_expect)))\n",
        "lib/a.ml": "let f x = (x + 1\n",
        "lib/b.ml": "let total x = x +. 1.\n",
        "lib/b.mli": "val total : float -> int\n",
        "lib/c.ml": "let f x = match x with Some y -> y\n",
        "lib/d.ml": 'let f unused = 1\nlet g = 1 + "a"\n',
        "lib/e.mli": "val f : strng\n",
        "lib/e.ml": 'let f = ""\n',
        "bin/dune": "(executable (name m) (libraries libb))\n",
        "bin/m.ml": "let () = print_int 1\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    command = (*NEOVIM, f"luafile {HERE / 'every_kind.lua'}")
    assert await play(command, root, environment(AID_EXPECTED="6")) == snapshot(
        [
            'bin/dune: Library "libb" not found.: AID: fix this error',
            'lib/a.ml: Syntax error: ")" expected: AID: fix this error',
            'lib/b.ml: The implementation "lib/b.ml": AID: fix this error',
            "lib/c.ml: this pattern-matching is not exhaustive.: AID: fix this error",
            'lib/d.ml: This constant has type "string" but an expression was expected of type: AID: fix this error',
            'lib/e.mli: Unbound type constructor "strng": AID: fix this error',
            "bin/dune: (executable (name m) (libraries lib))",
            "done",
        ]
    )
