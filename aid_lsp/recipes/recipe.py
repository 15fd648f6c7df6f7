"""The proposer that needs no model: picks the recipe that an instruction's words ask for.

"rename Shape.area to surface"  ──▶ rename      "fix the build"  ──▶ fix      anything else  ──▶ declined, in one sentence
"""

from dataclasses import dataclass

from aid_lsp.build.artefacts import ArtefactReader
from aid_lsp.recipes.compiler import Compiler
from aid_lsp.recipes.fix import Fixer
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.recipes.rename import Renamer
from aid_lsp.recipes.wording import Fix, Promote, Rename, understand
from aid_lsp.workspace.request import Request


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that recipes understand."""

    recipe: str
    example: str
    """An instruction as a person writes it."""
    does: str
    """What it does, in one sentence."""


_CATALOGUE = (
    Entry(
        "rename", "rename Shape.area to surface", "Renames a value everywhere: definition, interface, uses, tests, docs comments."
    ),
    Entry("rename", "rename the type shape to figure", "Renames a type; also `module type`, `class`."),
    Entry("rename", "rename constructor Circle to Disc", "Renames a constructor or an exception, in patterns too."),
    Entry("rename", "rename field width to w", "Renames a record field; `{ width }` becomes `{ w = width }`."),
    Entry("rename", "rename label ~by of Shape.scale to ~factor", "Renames the label of an argument, at its calls too."),
    Entry(
        "rename", "rename module Shape to Figure", "Renames a module; if it is a file, the files and their mention in dune too."
    ),
    Entry("rename", "rename this to perimeter", "Renames what the cursor is on, parameters and local values included."),
    Entry("fix", "fix the build", "Repairs what the compiler itself hints at, one error after the other."),
    Entry("fix", "fix lib/shape.ml", "The same for the errors of one file; with the cursor on an error: `fix this error`."),
    Entry("promote", "promote the test output", "Makes what the tests print now what they expect."),
)


class RecipeProposer:
    """Recipes as one proposer: deterministic, offline, and declining whatever they are not sure of."""

    name = "recipe"

    def __init__(self, compiler: Compiler, reader: ArtefactReader | None = None) -> None:
        self._renamer = Renamer(compiler, reader or ArtefactReader())
        self._fixer = Fixer(compiler)

    async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """The next draft of the recipe that the instruction asks for."""
        wish = understand(request.instruction)
        match wish:
            case Rename():
                return await self._renamer.draft(wish, request, attempts, report)
            case Fix() | Promote():
                return await self._fixer.draft(wish, request, attempts, report)
            case None:
                return Draft(None, "", declined=_nearest(request.instruction))


def catalogue() -> tuple[Entry, ...]:
    """What recipes understand, with an example each."""
    return _CATALOGUE


def _nearest(instruction: str) -> str:
    """One sentence on what recipes do understand, the nearest first."""
    words = set(instruction.lower().split())
    scored = sorted(_CATALOGUE, key=lambda entry: -len(words & set(entry.example.lower().split())))
    if words & {"rename", "call"}:
        return f"No recipe understands that; renames are written like `{scored[0].example}`, one at a time."
    return "No recipe understands that; without a model AID understands `rename … to …`, `fix the build` and `promote the test output`."
