"""What a recipe needs beside a verdict: the built tree itself, to read the compiler's artefacts in."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from aid_lsp.build.artefacts import ArtefactReader, Artefacts
from aid_lsp.build.verdict import Judge
from aid_lsp.errors import NoToolchain
from aid_lsp.workspace.view import View


class Compiler(Judge, Protocol):
    """A judge that lets its build folder be read; `ces.judge.LaneJudge` is one."""

    def checked(self, view: View) -> AbstractAsyncContextManager[Path | None]:
        """The `_build/default` in which the view has been type-checked, held while in use; None where there is no dune.

        Nothing may be judged while it is held: there is one lane.
        """
        ...


async def artefacts_of(compiler: Compiler, reader: ArtefactReader, view: View) -> Artefacts | None:
    """What the compiler knows of a view; None where it knows nothing."""
    async with compiler.checked(view) as build:
        if build is None:
            return None
        try:
            artefacts = await reader.read(build)
        except NoToolchain:
            return None
    return artefacts if artefacts is not None and not artefacts.empty else None
