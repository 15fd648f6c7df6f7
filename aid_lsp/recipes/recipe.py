"""The proposer that needs no model: picks the recipe that an instruction's words ask for.

"rename Shape.area to surface"  ──▶ rename      "fix the build"  ──▶ fix      "add ~depth:int to walk"  ──▶ a described change
anything else                   ──▶ declined, in one sentence
"""

from aid_lsp.build.artefacts import ArtefactReader
from aid_lsp.recipes.catalogue import nearest, wish_in
from aid_lsp.recipes.change import Changer
from aid_lsp.recipes.compiler import Compiler
from aid_lsp.recipes.fix import Fixer
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.recipes.rename import Renamer
from aid_lsp.recipes.wording import Fix, Promote, Rename
from aid_lsp.workspace.request import Request


class RecipeProposer:
    """Recipes as one proposer: deterministic, offline, and declining whatever they are not sure of."""

    name = "recipe"

    def __init__(self, compiler: Compiler, reader: ArtefactReader | None = None) -> None:
        reader = reader or ArtefactReader()
        self._renamer = Renamer(compiler, reader)
        self._changer = Changer(compiler, reader, self._renamer.uses)
        self._fixer = Fixer(compiler)

    async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """The next draft of the recipe that the instruction asks for."""
        wish = wish_in(request.instruction)
        match wish:
            case Rename():
                return await self._renamer.draft(wish, request, attempts, report)
            case Fix() | Promote():
                return await self._fixer.draft(wish, request, attempts, report)
            case None:
                return Draft(None, "", declined=nearest(request.instruction))
            case _:
                return await self._changer.draft(wish, request, attempts, report)
