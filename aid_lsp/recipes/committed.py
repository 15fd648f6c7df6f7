"""What files were at the last commit: the evidence of which of two sides that disagree was edited since.

    committed(root, ("lib/a.ml", "lib/a.mli"))  ──▶ {"lib/a.ml": "let total …"}     absent: not in the commit, or no repository

Only `git cat-file` is asked, which reads objects and runs nothing that a repository configures.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from aid_lsp.build.process import ask


async def committed(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """The texts at `HEAD`, by path; without those that it does not have."""

    async def text(path: str) -> tuple[str, str | None]:
        return path, await ask(("git", "cat-file", "blob", f"HEAD:./{path}"), folder=root)

    found = await asyncio.gather(*(text(path) for path in paths))
    return {path: was for path, was in found if was is not None}
