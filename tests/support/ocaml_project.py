"""The small OCaml projects of the tests, copied so that a test may do with them what it likes."""

import shutil
from pathlib import Path

_PROJECTS = Path(__file__).parent / "projects"


def copy_project(name: str, to: Path) -> Path:
    """Copies `tests/support/projects/NAME` and answers with the folder of the copy."""
    shutil.copytree(_PROJECTS / name, to, ignore=shutil.ignore_patterns("_build"))
    return to
