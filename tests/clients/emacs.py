"""Emacs in a terminal with the lines of `docs/emacs.md`; keys as a person types them."""

from pathlib import Path

from tests.clients.desk import documented, environment
from tests.clients.screen import Screen

# What a user has beside AID: a mode for OCaml (tuareg itself is not here), and no files that a test would have to sweep up.
_USER = """
(setq inhibit-startup-screen t make-backup-files nil create-lockfiles nil auto-save-default nil)
(define-derived-mode tuareg-mode prog-mode "Tuareg")
(add-to-list 'auto-mode-alist '("\\\\.mli?\\\\'" . tuareg-mode))
(setq project-vc-extra-root-markers '("dune-project"))
"""

CTRL_C, CTRL_U, CTRL_X, META = "\x03", "\x15", "\x18", "\x1b"


class Emacs:
    """Emacs on one file of a project, when AID has said how the build stands. `async with Emacs(…) as emacs`."""

    def __init__(self, project: Path, file: str, home: Path, *, init: str = "", **env: str) -> None:
        home.mkdir()
        self._init = home / "init.el"
        self._init.write_text(f"{_USER}{documented('emacs.md', 'elisp')}{init}", "utf-8")
        self._project = project
        self.screen = Screen(("emacs", "-nw", "-Q", "-l", str(self._init), file), project, environment(**env))

    async def __aenter__(self) -> "Emacs":
        await self.screen.__aenter__()
        await self.screen.shows("AID[ok", 180.0)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.screen.__aexit__(*error)

    async def line(self, number: int) -> None:
        """Goes to a line of the buffer."""
        self.screen.type(f"{META}gg{number}\r")
        await self.screen.shows(f" L{number} ")

    async def visit(self, file: str) -> None:
        """Visits a file of the project in this window, where AID serves it."""
        self.screen.type(f"{CTRL_X}\x06")
        await self.screen.shows("Find file: ")
        self.screen.type(f"\x01\x0b{self._project / file}\r")
        await self.screen.shows(lambda text: f"  {Path(file).name} " in text and "Find file" not in text and "AID[" in text)

    async def run(self, keys: str, prompt: str, *answers: str) -> None:
        """Types a key of `C-c '` and answers what it asks."""
        self.screen.type(f"{CTRL_C}'{keys}")
        await self.screen.shows(prompt)
        for answer in answers:
            self.screen.type(f"{answer}\r")

    async def save_all(self) -> None:
        """Saves every buffer with a file."""
        self.screen.type(f"{CTRL_X}s")
        await self.screen.shows("Save file")
        self.screen.type("!")
        await self.screen.shows(lambda text: "**-" not in text and "Save file" not in text)

    async def quit(self) -> None:
        """Leaves; nothing may be left to save."""
        self.screen.type(f"{CTRL_X}{CTRL_C}")
        assert await self.screen.ends() == 0
