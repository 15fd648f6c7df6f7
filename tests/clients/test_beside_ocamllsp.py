"""Eglot allows one server a buffer: AID and a (scripted) ocamllsp share it."""

import os
import sys
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from tests.clients.desk import HERE, SERVER, environment, play
from tests.support.ocaml_project import copy_project

pytestmark = [pytest.mark.editor, pytest.mark.dune]


async def test_eglot_shows_the_actions_of_both_in_one_menu(tmp_path: Path) -> None:
    shop = copy_project("corner_shop", tmp_path / "shop")
    tools = tmp_path / "tools"
    tools.mkdir()
    ocamllsp = tools / "ocamllsp"
    ocamllsp.write_text(f"#!/bin/sh\nexec {sys.executable} -m tests.support.scripted_ocamllsp\n")
    ocamllsp.chmod(0o755)
    more = {
        "AID_COMMAND": f"{' '.join(SERVER)} --with ocamllsp",
        "PATH": f"{tools}:{os.environ['PATH']}",  # noqa: TID251
        "PYTHONPATH": str(HERE.parent.parent),
    }
    said = await play(("emacs", "-Q", "--batch", "-l", str(HERE / "beside.el")), shop, {**environment(), **more})
    assert said == snapshot(
        [
            "server: ocamllsp+aid",
            "action: ocamllsp textDocument/codeAction",
            "action: AID: rename value value to worth",
            "AID made a proposal",
            "done",
        ]
    )
