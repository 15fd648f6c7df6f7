"""Breaks a project, asks the recipes to fix it, and says what came of it."""

import asyncio
import random
import shutil
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import is_value_name, module_name
from aid_lsp.ocaml.outline import outline
from aid_lsp.recipes.proposer import Attempt, Draft
from aid_lsp.recipes.recipe import RecipeProposer
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import Buffer, View
from benchmarks.repair.code import Code, Fault, Texts
from benchmarks.repair.projects import Project, builds

_TRIES = 16
"""How often a fault is tried elsewhere before a project is said to have no place for it."""


@dataclass(frozen=True)
class Result:
    """One fault, and what became of it."""

    kind: str
    project: str
    where: str
    green: bool
    equal: bool
    """Whether all is as it was before the fault, to the letter."""
    candidates: int
    """How many builds were asked for."""
    seconds: float
    """From the request to the verdict, with dune warm."""
    error: str
    said: str
    patched: Texts


class Counting:
    """The real judge, with its builds counted."""

    def __init__(self, judge: LaneJudge) -> None:
        self.judged = 0
        self._judge = judge

    async def judge(self, view: View, patch: Patch, tier: Tier = Tier.TEST) -> Verdict:
        self.judged += 1
        return await self._judge.judge(view, patch, tier)

    async def baseline(self, view: View) -> Verdict:
        return await self._judge.baseline(view)

    def checked(self, view: View) -> AbstractAsyncContextManager[Path | None]:
        return self._judge.checked(view)

    async def close(self) -> None:
        await self._judge.close()


class Bench:
    """One project under the real judge."""

    def __init__(self, project: Project, folder: Path) -> None:
        self.project = project
        self._folder = folder
        self._judge = LaneJudge(project.root, folder / "lanes" / project.name, cache=folder / "cache")
        self._view = View.freeze(project.root)

    async def green(self) -> bool:
        """Whether the project can be used at all."""
        return (await self._judge.judge(self._view, Patch(()), Tier.TYPE)).green

    async def break_and_fix(self, kind: str, fault: Fault, rng: random.Random) -> Result | None:
        """Puts a fault in at a place where it breaks the build, and has it fixed; None if there is no such place."""
        for _ in range(_TRIES):
            code = Code(self.project.texts, rng.choice(self.project.broken), rng)
            faulty = fault(code)
            if faulty is None or all(code.texts[path] == text for path, text in faulty.items()):
                continue
            patch = Patch.of(FileChange(path, code.texts[path], text) for path, text in faulty.items())
            verdict = await self._judge.judge(self._view, patch, Tier.TYPE)
            if verdict.state == "red":
                first = verdict.diagnostics[0]
                where = f"{first.path}:{first.line}"
                return await self._fixed(kind, faulty, where, " ".join(first.message.split())[:160])
        return None

    async def rename(self, rng: random.Random) -> tuple[str, bool, str] | None:
        """Renames a value somewhere; what was asked, whether it became green, and what was said."""
        for _ in range(_TRIES):
            path = rng.choice(self.project.broken)
            items = [
                item
                for item in outline(path, self.project.texts[path])
                if item.kind in ("value", "type", "constructor")
                and item.parent is None
                and is_value_name(item.name)
                and len(item.name) > 1
            ]
            if items:
                item = rng.choice(items)
                instruction = f"rename {item.kind} {module_name(path)}.{item.name} to {item.name}_renamed"
                draft, verdict = await self._ask(Request(instruction, self._view), RecipeProposer(self._judge))
                return instruction, verdict is not None and verdict.green, draft.understood or draft.declined
        return None

    async def stays_green(self, result: Result) -> bool:
        """Whether a cold build of the fixed project is green, too."""
        folder = self._folder / "cold"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.project.root, folder, symlinks=True, ignore=shutil.ignore_patterns("_build", ".git"))
        for path, text in result.patched.items():
            (folder / path).write_text(text, "utf-8", "surrogateescape")
        return await builds(folder, "@check")

    async def close(self) -> None:
        await self._judge.close()

    async def _fixed(self, kind: str, faulty: Texts, where: str, error: str) -> Result:
        buffers = {path: Buffer(text, 1) for path, text in faulty.items()}
        view = await asyncio.to_thread(View.freeze, self.project.root, buffers)
        counting = Counting(self._judge)
        start = time.monotonic()
        draft, verdict = await self._ask(Request("fix the build", view), RecipeProposer(counting))
        seconds = time.monotonic() - start
        patched = dict(faulty)
        if draft.patch is not None:
            patched |= {change.path: change.after or "" for change in draft.patch.changes}
        return Result(
            kind=kind,
            project=self.project.name,
            where=where,
            green=verdict is not None and verdict.green,
            equal=all(text == self.project.texts.get(path) for path, text in patched.items()),
            candidates=counting.judged,
            seconds=seconds,
            error=error,
            said=draft.understood or draft.declined,
            patched=patched,
        )

    async def _ask(self, request: Request, recipe: RecipeProposer) -> tuple[Draft, Verdict | None]:
        """What `propose` does with a recipe: draft, judge, and once more if it is red."""
        attempts: tuple[Attempt, ...] = ()
        draft, verdict = Draft(None, ""), None
        for _ in range(3):
            now = await recipe.draft(request, attempts, lambda line: None)
            if now.patch is None:
                return (draft if attempts else now), verdict
            draft = now
            verdict = await self._judge.judge(request.view, now.patch, Tier.TYPE)
            attempts += (Attempt(now, verdict, "recipe"),)
            if verdict.green:
                break
        return draft, verdict
