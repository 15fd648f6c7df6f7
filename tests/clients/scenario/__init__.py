"""The job that every editor does the same way: an optional argument over `.ml`, `.mli` and a test, then a red build turned green.

    project/    what it begins with          expected/    the files that are different in the end, byte for byte

1. In `lib/tree.ml`, on the line of `walk`: ask for `INSTRUCTION`, accept the proposal whole, save everything.
2. Append `RED` to `bin/main.ml` and save it; when the error is shown, ask for its fix there, accept, save.
"""

import shutil
from pathlib import Path

from tests.clients.desk import changed, dune, sources

HERE = Path(__file__).parent

INSTRUCTION = "add optional argument ?(depth = 3) to walk, passing 5 in the tests"
WALK = 8
"""The line of `let rec walk` in `lib/tree.ml`, from 1."""
RED = "let () = print_int (Tree.sise tree)"


def copy_scenario(to: Path) -> Path:
    """Copies the project; answers with the folder of the copy."""
    shutil.copytree(HERE / "project", to, ignore=shutil.ignore_patterns("_build"))
    return to


async def check_done(project: Path) -> None:
    """Fails unless every byte is as it has to be, and the project builds and passes its tests."""
    expected = {**sources(HERE / "project"), **sources(HERE / "expected")}
    found = sources(project)
    assert found == expected, changed(expected, found)
    assert await dune(project, "@default", "@runtest") == (0, "")
