"""The main job through the protocol, in every editor: comment, action, page, accept, undo."""

import json
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp

from tests.server.conftest import Connect
from tests.support.editor import BARE, Editor, profile, profile_names

COMMENT = "(* AID: rename area to surface *)"

OLDER = Path(pytest_lsp.__file__).parent / "clients"
EDITORS: dict[str, dict[str, Any]] = {
    **{name: profile(name) for name in profile_names()},
    **{f"pytest-lsp {path.stem}": json.loads(path.read_text("utf-8")) for path in sorted(OLDER.glob("*.json"))},
    "bare": BARE,
}


@pytest.mark.parametrize("name", EDITORS)
async def test_an_instruction_comment_becomes_an_edit_of_three_files(connect: Connect, name: str) -> None:
    async with connect(EDITORS[name]) as editor:
        await write_comment(editor)
        before = editor.text("lib/shape.ml")
        await editor.run("AID: rename area to surface", "lib/shape.ml", COMMENT)
        message = await editor.said("proposal 1 is green (test, 0.8 s): 3 files")
        assert ("read " in message) == (not editor.shown)
        assert editor.applied == []
        await editor.run("AID: accept proposal 1", "lib/shape.ml")
        await editor.said("proposal 1 is applied to 3 files")
        assert COMMENT not in editor.text("lib/shape.ml")
        editor.save_all()
        tree = editor.tree()
        assert (
            tree["lib/shape.ml"]
            == "type t = Square of int\n\nlet surface (Square side) = side * side\n\nlet twice s = 2 * surface s\n"
        )
        assert tree["lib/shape.mli"] == "type t = Square of int\n\nval surface : t -> int\nval twice : t -> int\n"
        assert tree["test/test_shape.ml"] == "let () = assert (Shapes.Shape.surface (Square 2) = 4)\n"
        editor.undo("lib/shape.ml")
        assert editor.text("lib/shape.ml") == before


async def write_comment(editor: Editor, comment: str = COMMENT) -> None:
    editor.open("lib/shape.ml")
    editor.type("lib/shape.ml", f"{comment}\n", before="let area")


async def test_the_page_says_it_all(connect: Connect) -> None:
    async with connect("eglot_v1.24") as editor:
        await write_comment(editor)
        await editor.run("AID: rename area to surface", "lib/shape.ml", COMMENT)
        await editor.said("proposal 1 is green")
        page = editor.read(editor.shown[0])
        for part in (
            "# AID: proposal 1 is green (test, 0.8 s)",
            "> rename area to surface",
            "Proposed by **recipe**",
            "`M-x eglot-code-actions`",
            "**Green**: its tests pass.",
            "type 0.20 s",
            "## Changes: 3 files, +4 −5",
            "### lib/shape.mli: +1 −1",
            "-val area : t -> int\n+val surface : t -> int\n",
            "## Refine",
        ):
            assert part in page
