"""Repairs what the compiler hints at."""

from dataclasses import dataclass

from aid_lsp.recipes.compiler import Compiler
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.recipes.wording import Fix, Promote
from aid_lsp.workspace.request import Request


@dataclass(slots=True)
class Fixer:
    """The fix recipe."""

    compiler: Compiler

    async def draft(self, wish: Fix | Promote, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """Not yet."""
        return Draft(None, "", declined="not yet")
