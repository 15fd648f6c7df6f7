"""The suite's own promises (tests/conftest.py): each guard is seen to guard."""

import asyncio
import os
import socket
import urllib.request
from pathlib import Path

import platformdirs
import pytest
from blockbuster import BlockingError

from aid_lsp.workspace.view import View
from aid_lsp.workspace.write import write_all


def test_nothing_of_the_developer_is_at_hand() -> None:
    assert Path.home().name == "home"
    for folder in (
        platformdirs.user_state_path("aid"),
        platformdirs.user_cache_path("aid"),
        platformdirs.user_config_path("aid"),
    ):
        assert folder.is_relative_to(Path.home().parent)
    assert not [name for name in os.environ if name.endswith("_API_KEY") or name.startswith("AID_")]  # noqa: TID251


def test_no_test_leaves_this_machine() -> None:
    for reach in (
        lambda: socket.create_connection(("198.51.100.7", 80), timeout=1),
        lambda: socket.create_connection(("example.org", 80), timeout=1),
        lambda: urllib.request.urlopen("http://example.org/"),
    ):
        with pytest.raises(RuntimeError, match="tests speak to this machine only"):
            reach()
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_no_model_is_asked() -> None:
    from pydantic_ai import models

    assert models.ALLOW_MODEL_REQUESTS is False
    with pytest.raises(RuntimeError, match="ALLOW_MODEL_REQUESTS"):
        models.check_allow_model_requests()


async def test_the_product_does_not_write_files_in_the_loop(tmp_path: Path) -> None:
    with pytest.raises(BlockingError):
        write_all(tmp_path, {"a.ml": "let a = 1\n"})
    await asyncio.to_thread(write_all, tmp_path, {"a.ml": "let a = 1\n"})
    view = await asyncio.to_thread(View.freeze, tmp_path)
    assert view.text("a.ml") == "let a = 1\n"
