"""aid.el brings ocamllsp (a scripted one) along where it finds it: Eglot has one server, both answer."""

import os
import sys
from pathlib import Path

import pytest

from tests.clients.desk import CHECKOUT
from tests.clients.emacs import META, Emacs
from tests.clients.scenario import INSTRUCTION, WALK, copy_scenario

pytestmark = [pytest.mark.editor, pytest.mark.dune]


async def test_a_change_is_proposed_beside_ocamllsp(tmp_path: Path) -> None:
    forest = copy_scenario(tmp_path / "forest")
    tools = tmp_path / "tools"
    tools.mkdir()
    ocamllsp = tools / "ocamllsp"
    ocamllsp.write_text(f"#!/bin/sh\nexec {sys.executable} -m tests.support.scripted_ocamllsp\n")
    ocamllsp.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"  # noqa: TID251
    async with Emacs(forest, "lib/tree.ml", tmp_path / "emacs", PATH=path, PYTHONPATH=str(CHECKOUT)) as emacs:
        emacs.screen.type(f"{META}:(plist-get (eglot--server-info (eglot-current-server)) :name)\r")
        await emacs.screen.shows('"ocamllsp+aid"')
        await emacs.line(WALK)
        await emacs.run("c", "AID, change at", INSTRUCTION)
        await emacs.screen.shows("AID: proposal 1 is green")
        await emacs.screen.shows("+let rec walk ?(depth = 3) visit tree =")
