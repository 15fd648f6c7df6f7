"""A workspace, a recipe and the real judge: what an instruction makes of a little project, as text."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from aid_lsp.build.verdict import Tier
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.diff import hunks
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Patch
from aid_lsp.recipes.proposer import Attempt, Draft
from aid_lsp.recipes.recipe import RecipeProposer
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

DUNE_PROJECT = "(lang dune 3.0)\n"


@dataclass
class Workshop:
    """One project under the real judge."""

    root: Path
    judge: LaneJudge
    recipe: RecipeProposer

    async def ask(
        self,
        instruction: str,
        at: str = "",
        buffers: Mapping[str, str] | None = None,
        tier: Tier = Tier.TYPE,
        said: tuple[Diagnostic, ...] = (),
    ) -> str:
        """What comes of an instruction: the sentence, the changed lines, the verdict (silent if green).

        `at` is a place as `lib/a.ml:WORD` or `lib/a.ml:WORD:2`, the second place where the word stands; `said` is what an editor shows.
        """
        view = await asyncio.to_thread(self._view, buffers or {})
        place = await asyncio.to_thread(_place, view, at) if at else None
        request = Request(instruction, view, place, said)
        attempts: tuple[Attempt, ...] = ()
        draft = Draft(None, "")
        for _ in range(4):
            draft = await self.recipe.draft(request, attempts, lambda line: None)
            if draft.patch is None:
                break
            verdict = await self.judge.judge(view, draft.patch, tier)
            attempts += (Attempt(draft, verdict, "recipe"),)
            if verdict.green:
                return f"{draft.understood}\n{changed(draft.patch)}"
        if not attempts:
            return f"declined: {draft.declined}"
        last, verdict = attempts[-1].draft, attempts[-1].verdict
        assert last.patch is not None
        assert verdict is not None
        words = [f"{one.path}:{one.line}: {one.first_line}" for one in (*verdict.diagnostics, *verdict.before)]
        return f"{last.understood}\n{changed(last.patch)}{verdict.state}: {'; '.join(words)}\n"

    async def fixed(self) -> dict[str, str]:
        """What `fix the build` writes, by path, however far it gets."""
        view = await asyncio.to_thread(self._view, {})
        draft = await self.recipe.draft(Request("fix the build", view), (), lambda line: None)
        return {change.path: change.after or "" for change in draft.patch.changes} if draft.patch else {}

    def _view(self, buffers: Mapping[str, str]) -> View:
        return View.freeze(self.root, {path: Buffer(text, 7) for path, text in buffers.items()})


@asynccontextmanager
async def workshop(folder: Path, files: Mapping[str, str]) -> AsyncGenerator[Workshop]:
    """A project with these files; texts are dedented, `dune-project` is added."""
    root = folder / "project"
    for path, text in {"dune-project": DUNE_PROJECT, **files}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(dedent(text).lstrip("\n").encode())
    judge = LaneJudge(root, folder / "lanes")
    try:
        yield Workshop(root, judge, RecipeProposer(judge))
    finally:
        await judge.close()


def changed(patch: Patch) -> str:
    """The changed lines of each file."""
    shown: list[str] = []
    for change in patch.changes:
        head = change.path if change.moved_from is None else f"{change.moved_from} -> {change.path}"
        if change.after is None:
            if not any(other.moved_from == change.path for other in patch.changes):
                shown.append(f"{change.path}: deleted")
            continue
        shown.append(head)
        before = change.before
        if change.moved_from is not None:
            before = next(other.before for other in patch.changes if other.path == change.moved_from)
        for hunk in hunks(before or "", change.after):
            shown += (
                f"  {row.tag} {row.text!r}" if "\r" in row.text or "\f" in row.text else f"  {row.tag} {row.text.rstrip()}"
                for row in hunk.rows
                if row.tag != " "
            )
    return "\n".join(shown) + "\n" if shown else ""


def _place(view: View, at: str) -> Place:
    path, word, *number = at.split(":")
    text = view.text(path) or ""
    start = -1
    for _ in range(int(number[0]) if number else 1):
        start = text.index(word, start + 1)
    return Place(path, Span(start, start))
