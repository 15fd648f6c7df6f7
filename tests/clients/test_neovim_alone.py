"""`clients/neovim/lsp/aid.lua` in nvim-lspconfig's form: copied alone, enabled by Neovim's own `vim.lsp.enable`."""

import shutil
from pathlib import Path

import pytest

from tests.clients.desk import CHECKOUT, HERE, environment, play
from tests.clients.neovim import newest
from tests.clients.scenario import copy_scenario

pytestmark = [pytest.mark.editor, pytest.mark.dune]


async def test_it_works_alone(tmp_path: Path) -> None:
    forest = copy_scenario(tmp_path / "forest")
    config = tmp_path / "config"
    (config / "nvim" / "lsp").mkdir(parents=True)
    shutil.copy(CHECKOUT / "clients" / "neovim" / "lsp" / "aid.lua", config / "nvim" / "lsp")
    command = (newest(), "--headless", "-i", "NONE", "-n", "-c", f"luafile {HERE / 'alone.lua'}")
    said = await play(command, forest, environment(XDG_CONFIG_HOME=str(config)))
    assert said == ["serves OCaml: true", "root: forest", "serves its page: true", "serves other Markdown: false", "servers: 1"]
