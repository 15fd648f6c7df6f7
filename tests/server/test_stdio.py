"""The real thing: `aid lsp` as a process of its own, with the real workspace behind it."""

import asyncio
import signal
from pathlib import Path

import pytest

from tests.server.conftest import Launch


async def test_a_session_ends_with_status_zero_and_says_nothing_on_stderr(launch: Launch, tmp_path: Path) -> None:
    async with launch(tmp_path) as (editor, process):
        answer = await editor.initialize()
        assert answer["serverInfo"]["name"] == "aid"
        await editor.shutdown()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    assert editor.messages == [""]


async def test_a_signal_ends_it_with_status_one(launch: Launch, tmp_path: Path) -> None:
    async with launch(tmp_path) as (editor, process):
        await editor.initialize()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 1


@pytest.mark.dune
async def test_the_main_job_with_the_real_workspace(launch: Launch, warehouse: Path) -> None:
    async with launch(warehouse, "emacs_30.1") as (editor, _):
        await editor.initialize()
        path = "lib/order.ml"
        editor.open(path)
        editor.type(path, "(* AID: rename pieces to total *)\n", before="let pieces")
        await editor.run("AID: rename pieces to total", path, "(* AID")
        await editor.said("is green (test")
        await editor.run("AID: accept proposal 1", path)
        await editor.said("proposal 1 is applied to 4 files")
        editor.save_all()
        tree = editor.tree()
        assert "val total : t -> int" in tree["lib/order.mli"]
        assert "Order.total order" in tree["lib/report.ml"]
        assert "_build" not in "".join(tree)
        await editor.shutdown()
