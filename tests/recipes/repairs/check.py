"""What `fix the build` makes of a small library."""

from collections.abc import Mapping
from pathlib import Path

from tests.recipes.workshop import workshop


async def check_fix(folder: Path, files: Mapping[str, str], expect: str) -> None:
    """Asks for the build to be fixed, and compares the sentence, the changed lines and (if not green) the verdict."""
    async with workshop(folder, {"lib/dune": "(library (name lib))\n", **files}) as shop:
        assert await shop.ask("fix the build") == expect
