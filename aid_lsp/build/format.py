"""The project's own layout: what a patch writes is formatted where the file was formatted before.

.ocamlformat above lib/a.ml, and ocamlformat leaves lib/a.ml as it is      ──▶  the new text is formatted too
`dune format-dune-file` leaves lib/dune as it is                           ──▶  so is what becomes of lib/dune
anything else: no .ocamlformat, another version asked for, laid out by hand ──▶  left as the patch has it
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aid_lsp.build.process import ask
from aid_lsp.build.toolchain import Toolchain
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import is_dune

_AT_ONCE = 4
_DEADLINE_S = 10.0
_MOST = 200
"""A patch of more files is left as it is."""


@dataclass(frozen=True, slots=True)
class Formatter:
    """Formats patches of one workspace. Never raises: what cannot be formatted is left."""

    root: Path
    toolchain: Callable[[], Coroutine[Any, Any, Toolchain]]

    async def formatted(self, patch: Patch) -> Patch:
        """The patch with those of its texts formatted whose files were formatted before, or are new."""
        concerned = [change for change in patch.changes if change.after is not None and _has_layout(change.path)]
        if not concerned or len(concerned) > _MOST:
            return patch
        tools = await self.toolchain()
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(change: FileChange) -> FileChange:
            async with turn:
                return await self._change(change, patch, tools)

        return Patch.of(await asyncio.gather(*(one(change) for change in patch.changes)))

    async def _change(self, change: FileChange, patch: Patch, tools: Toolchain) -> FileChange:
        if change.after is None or not _has_layout(change.path):
            return change
        command = await asyncio.to_thread(self._command, change.path, tools)
        if not command:
            return change
        before = change.before
        if change.moved_from is not None:
            before = next((other.before for other in patch.changes if other.path == change.moved_from), None)
        if before is not None and await self._ask(command, before) != before:
            return change
        after = await self._ask(command, change.after)
        return change if after is None or (change.after.strip() and not after.strip()) else replace(change, after=after)

    def _command(self, path: str, tools: Toolchain) -> tuple[str, ...]:
        """What formats a file; empty where nothing shall."""
        if is_dune(path):
            return (*tools.command, "format-dune-file") if tools.command and self._configured(path) else ()
        if not tools.formatter or not self._configured(path):
            return ()
        return (*tools.formatter, "--intf" if path.endswith(".mli") else "--impl", f"--name={path}", "-")

    def _configured(self, path: str) -> bool:
        """Whether a `.ocamlformat` lies above a file, within the workspace."""
        folder = (self.root / path).parent
        while folder.is_relative_to(self.root):
            if (folder / ".ocamlformat").is_file():
                return True
            folder = folder.parent
        return False

    async def _ask(self, command: tuple[str, ...], text: str) -> str | None:
        return await ask(command, folder=self.root, deadline_s=_DEADLINE_S, stdin=text)


def _has_layout(path: str) -> bool:
    return path.endswith((".ml", ".mli")) or is_dune(path)
