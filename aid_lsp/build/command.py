"""Other build systems: a shell command that builds or tests the tree and prints errors as OCaml's compilers do.

make -k ──▶ make[1]: Entering directory '/lane/tree/src'            ──▶  src/stock.ml:3:10 error …
            File "stock.ml", line 3, characters 10-14: …
"""

import os
import re
from pathlib import Path

from aid_lsp.build.diagnostics import parse_output
from aid_lsp.workspace.diagnostic import Diagnostic

_ENTERING = re.compile(r"\S+: (?P<which>Entering|Leaving) directory [`'](?P<folder>.*)'")
_TOOL = re.compile(
    r"(?:g?make|ninja|omake|bazel|buck2?)(?:\[\d+\])?: |(?:\S*/)?(?:ocaml(?:c|opt|find|dep|lex|yacc|build)|menhir|gcc|cc)(?:\.opt)? "
)
"""What build tools say of themselves, and the commands that they print."""
_FILE = re.compile(r'^(\s*)File "([^"]*)"')


def parse_command_output(text: str, root: Path) -> tuple[Diagnostic, ...]:
    """Every report in the text, its files named from `root`, whatever folder the compiler ran in; looks at the disk."""
    places = _Places(root)
    lines: list[str] = []
    for line in text.split("\n"):
        moved = _ENTERING.match(line)
        if moved is not None:
            places.move(moved["folder"] if moved["which"] == "Entering" else None)
        elif _TOOL.match(line):
            lines.append("")
        else:
            lines.append(_FILE.sub(lambda found: f'{found[1]}File "{places.of(found[2])}"', line))
    return parse_output("\n".join(lines), root)


class _Places:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: list[str] = []
        self._files: dict[str, list[str]] | None = None

    def move(self, folder: str | None) -> None:
        """Enters a folder, or leaves the last one."""
        if folder is not None:
            self._folders.append(folder)
        elif self._folders:
            self._folders.pop()

    def of(self, path: str) -> str:
        """The path from the root of a file as the compiler named it."""
        if path.startswith("/"):
            return path.removeprefix(f"{self._root}/")
        for folder in (*reversed(self._folders), str(self._root)):
            there = Path(os.path.normpath(Path(folder, path)))
            if there.is_relative_to(self._root) and there.exists():
                return there.relative_to(self._root).as_posix()
        alike = [other for other in self._named(path.rpartition("/")[2]) if other.endswith(f"/{path}")]
        return alike[0] if len(alike) == 1 else path

    def _named(self, name: str) -> list[str]:
        if self._files is None:
            self._files = {}
            for folder, _, names in os.walk(self._root):
                for each in names:
                    self._files.setdefault(each, []).append(os.path.relpath(Path(folder, each), self._root))
        return self._files.get(name, [])
