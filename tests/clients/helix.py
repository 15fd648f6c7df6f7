"""Helix with plain configuration, or with ours of `clients/helix`, on a readable screen; keys as a person types them."""

import sys
from pathlib import Path

from tests.clients.desk import CHECKOUT, environment
from tests.clients.screen import Screen

LANGUAGES = """
[language-server.aid]
command = "{python}"
args = ["-m", "aid_lsp", "lsp"]

[[language]]
name = "ocaml"
language-servers = ["aid"]

[[language]]
name = "ocaml-interface"
language-servers = ["aid"]

[[language]]
name = "markdown"
language-servers = ["aid"]
"""

ESCAPE, CTRL_N = "\x1b", "\x0e"


class Helix:
    """Helix on one file of a project. `async with Helix(…) as helix`."""

    def __init__(self, project: Path, home: Path, *, file: str = "lib/stock.ml", ours: bool = False, **env: str) -> None:
        (home / "helix").mkdir(parents=True)
        if ours:
            for name in ("languages.toml", "config.toml"):
                (home / "helix" / name).write_text((CHECKOUT / "clients" / "helix" / name).read_text("utf-8"))
        else:
            (home / "helix" / "languages.toml").write_text(LANGUAGES.format(python=sys.executable))
        self.screen = Screen(("hx", file), project, environment(**{**env, "XDG_CONFIG_HOME": str(home)}))

    async def __aenter__(self) -> "Helix":
        await self.screen.__aenter__()
        await self.screen.shows(" NOR ")
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.screen.__aexit__(*error)

    async def comment(self, instruction: str, line: int = 5) -> None:
        """Writes an instruction comment above a line, in the place of the one that is there."""
        there = "(* AID:" in self.screen.text
        self.screen.type(f"{line}G{f'xd{line}G' if there else ''}O(* AID: {instruction} *)")
        await self.escape()
        await self.screen.shows(f"(* AID: {instruction} *)")

    async def escape(self) -> None:
        """Leaves the mode or menu that is open."""
        self.screen.type(ESCAPE)
        await self.screen.shows(" NOR ")
        await self.screen.settles()

    async def act(self, title: str, seconds: float = 120.0) -> None:
        """Opens the menu of code actions until it offers what is wanted, and picks that."""
        for _ in range(int(seconds / 3.0) + 1):
            self.screen.type(" a")
            try:
                menu = await self.screen.shows(lambda text: _place(text, title) is not None, 3.0)
            except AssertionError:
                await self.escape()
                continue
            self.screen.type(CTRL_N * (_place(menu, title) or 0) + "\r")
            return
        raise AssertionError(f"Helix never offered {title!r}; it shows:\n{self.screen.text}")

    async def quit(self) -> None:
        """Saves everything and leaves."""
        self.screen.type(":wqa\r")
        assert await self.screen.ends() == 0


def _place(text: str, title: str) -> int | None:
    """Which entry of the open menu has that title; the first one is chosen when it opens."""
    entries = [line for line in text.split("\n")[:-2] if "AID: " in line and "(* AID:" not in line]
    return next((number for number, line in enumerate(entries) if f"{title} " in f"{line} "), None)
