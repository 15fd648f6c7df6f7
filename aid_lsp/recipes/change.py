"""What all described changes share: planned on the sources, built before they are offered, planned again where the build says how.

    words ─understand─▶ Change ─plan(scene)─▶ Planned ─build─┬─ green ─▶ draft
                                   ▲                         ├─ red, something learnt ─▶ plan again
                                   └─────────────────────────┴─ red, nothing learnt   ─▶ declined, with the place

A recipe is a module with `ENTRIES` (what it understands, for people) and `understand(sentence)`; `catalogue.RECIPES` lists them.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from aid_lsp.build.artefacts import ArtefactReader
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.recipes.compiler import Compiler, artefacts_of
from aid_lsp.recipes.fits import Fits, fits_at
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.recipes.signature import inferred_signature
from aid_lsp.recipes.sites import Replacements, Shift, rewritten
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View

_ROUNDS = 20
_LONGEST_REASON = 200
"""In characters."""


class Unsure(Exception):
    """A recipe does not know what is meant, or cannot do it; its words say so to the user, and what to say instead."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that recipes understand."""

    recipe: str
    example: str
    """An instruction as a person writes it."""
    does: str
    """What it does, in one sentence."""


@dataclass(slots=True)
class Planned:
    """What a change does to each file."""

    said: str = ""
    """What it does, in one line for people."""
    edits: dict[str, Replacements] = field(default_factory=dict[str, Replacements])
    created: dict[str, str] = field(default_factory=dict[str, str])
    """Files that it makes, with their texts."""

    texts: dict[str, str] = field(default_factory=dict[str, str])
    """Files whose whole new text is known, edits included."""

    def again(self) -> "Planned":
        """The same plan, to be added to."""
        return Planned(self.said, {path: dict(edits) for path, edits in self.edits.items()}, dict(self.created), dict(self.texts))

    def put(self, path: str, span: Span, text: str) -> None:
        """Replaces a stretch, or inserts at an empty one, after what was inserted there before."""
        edits = self.edits.setdefault(path, {})
        if span.start == span.end:
            edits[span] = edits.get(span, "") + text
            return
        for other in edits:
            if other.start < span.end and span.start < other.end:
                raise Unsure(f"Two parts of the change meet at {path}; AID does not know how to put them together.")
        edits[span] = text

    def lift(self, path: str, span: Span, text: str) -> str:
        """What a stretch of a file's text becomes; the plan forgets it there, so that it can be put elsewhere."""
        edits = self.edits.get(path, {})
        inside = {
            Span(one.start - span.start, one.end - span.start): edits.pop(one)
            for one in list(edits)
            if span.start <= one.start and one.end <= span.end and (one.start < one.end or span.start < one.start < span.end)
        }
        return rewritten(span.of(text), inside)

    def take(self, path: str, replacements: Mapping[Span, str]) -> None:
        """Takes in several replacements of one file."""
        for span, text in replacements.items():
            self.put(path, span, text)

    def shift(self, path: str) -> Shift:
        """How offsets move in a file."""
        return Shift(self.edits.get(path, {}))

    @property
    def places(self) -> str:
        """How much it touches, for people: `3 places in 2 files`."""
        files = len(self.edits.keys() | self.created.keys() | self.texts.keys())
        in_files = f"{files} file{'s' if files != 1 else ''}"
        if self.texts:
            return in_files
        count = sum(len(edits) for edits in self.edits.values()) + len(self.created)
        return f"{count} place{'s' if count != 1 else ''} in {in_files}"

    def patch(self, view: View) -> Patch:
        """The plan as a patch of the view."""
        changes = [FileChange(path, None, text) for path, text in self.created.items()]
        for path, edits in self.edits.items():
            before = view.text(path) or ""
            if path not in self.texts:
                changes.append(FileChange(path, before, rewritten(before, edits)))
        changes += [FileChange(path, view.text(path), text) for path, text in self.texts.items()]
        return Patch.of(changes)


@dataclass(frozen=True, slots=True)
class Try:
    """A plan that was built, and what the build said."""

    planned: Planned
    verdict: Verdict
    after: Sources
    """The texts as the plan made them; without artefacts."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What is wrong with it."""
        return tuple(one for one in self.verdict.diagnostics if one.severity == "error")


@dataclass(frozen=True, slots=True)
class Question:
    """What a change wants to know of the compiler: what fits an `(assert false)` that a patch puts in a place."""

    patch: Patch
    path: str
    line: int
    """From 1, in the patched text."""
    column: int
    """From 0, in bytes."""
    value: str = ""
    """The value that is to be taken apart there, if one is."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a recipe plans on."""

    sources: Sources
    place: Place | None
    tries: tuple[Try, ...] = ()
    """The plans before this one, all of them red."""
    signature: str = ""
    """The inferred signature that the change asked for, see `Change.signature_of`."""
    defining_signature: str = ""
    """The same, with every type named by the module that defines it."""
    uses: frozenset[tuple[str, int]] = frozenset()
    """The places of the function that the change asked for, see `Change.unsure_of`; a path, and where the name begins."""
    fits: Fits | str = ""
    """What the compiler says to its `Question`; a sentence where it says nothing."""


class Change(Protocol):
    """A wish that a recipe has understood."""

    def said(self) -> str:
        """What was understood, in one line for people."""
        ...

    # A change that needs an inferred signature has a method `signature_of(scene) -> path`, one that needs to know what fits a place
    # `asks(scene) -> Question`; one that needs to know what is wrong before it does anything has `wants_build = True`: its first try
    # is the tree as it is. `tier` says how far its plans are judged; `excuses(scene, verdict)` whether a red one is not its fault, and
    # `excuse` what to say then.

    def plan(self, scene: Scene) -> Planned:
        """What to do; raises `Unsure`. Reads files, so not for the event loop. The same plan again ends the tries."""
        ...


@dataclass(slots=True)
class Changer:
    """Carries out changes. Keeps what it read of the artefacts, so that the next one is quick."""

    compiler: Compiler
    reader: ArtefactReader
    uses: Callable[[Sources, Subject, Report], Awaitable[frozenset[tuple[str, int]]]]
    """Finds all places that mean a value."""

    async def draft(self, change: Change, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """One draft; a second one is never better, as the first was built already."""
        said = change.said()
        if attempts:
            return Draft(None, said, declined=why_red(attempts[-1].verdict))
        report(said)
        scene = Scene(Sources(request.view, await artefacts_of(self.compiler, self.reader, request.view)), request.place)
        try:
            scene = await self._prepared(change, scene, request.view, report)
        except Unsure as reason:
            return Draft(None, said, declined=str(reason))
        while True:
            try:
                planned = await asyncio.to_thread(change.plan, scene)
            except Unsure as reason:
                return Draft(None, said, declined=str(reason))
            patch = await asyncio.to_thread(planned.patch, request.view)
            if patch.empty:
                return Draft(None, said, declined="There is nothing to change: everything is like that already.")
            if scene.tries and scene.tries[-1].planned.patch(request.view) == patch:
                return Draft(None, said, declined=why_red(scene.tries[-1].verdict))
            report(f"{planned.said}; building{' again' if scene.tries else ''}")
            verdict = await self.compiler.judge(request.view, patch, getattr(change, "tier", Tier.TYPE))
            excused = getattr(change, "excuses", None)
            if (
                verdict.state == "green"
                or (verdict.state == "unknown" and not verdict.diagnostics)
                or (excused is not None and await asyncio.to_thread(excused, scene, verdict))
            ):
                return Draft(patch, f"{planned.said}{getattr(change, 'excuse', '') if verdict.state == 'red' else ''}")
            if len(scene.tries) == _ROUNDS:
                return Draft(None, said, declined=why_red(verdict))
            after = Sources(request.view.patched(patch), None)
            scene = replace(scene, tries=(*scene.tries, Try(planned, verdict, after)))

    async def _prepared(self, change: Change, scene: Scene, view: View, report: Report) -> Scene:
        """The scene with what the change needs to know beforehand."""
        asks = getattr(change, "signature_of", None)
        if asks is not None:
            path = await asyncio.to_thread(asks, scene)
            if path:
                async with self.compiler.checked(view) as build:
                    if build is not None:
                        shown = await inferred_signature(build, path)
                        scene = replace(
                            scene, signature=shown, defining_signature=await inferred_signature(build, path, short=False)
                        )
        questions = getattr(change, "asks", None)
        question: Question | None = await asyncio.to_thread(questions, scene) if questions is not None else None
        if question is not None:
            async with self.compiler.checked(await asyncio.to_thread(view.patched, question.patch)) as build:
                if build is not None:
                    said = await fits_at(build, question.path, question.line, question.column, question.value)
                    scene = replace(scene, fits=said)
        unsure_of = getattr(change, "unsure_of", None)
        if unsure_of is not None and (subject := await asyncio.to_thread(unsure_of, scene)) is not None:
            report(f"looking for all places of {subject}")
            scene = replace(scene, uses=await self.uses(scene.sources, subject, lambda line: None))
        if getattr(change, "wants_build", False):
            verdict = await self.compiler.baseline(view)
            scene = replace(scene, tries=(Try(Planned(), verdict, scene.sources),))
        return scene


MISMATCH = re.compile(r"Values do not match: (?P<is>val .+?) is not included in (?P<wanted>val .+?) (?:The type|Type |File )")
"""What the compiler says of an implementation that is not as its interface declares it."""


def why_red(verdict: Verdict | None) -> str:
    """One sentence on why a change does not hold."""
    if verdict is None or not verdict.diagnostics:
        return "That was all there is to try."
    first = next((one for one in verdict.diagnostics if one.severity == "error"), verdict.diagnostics[0])
    both = MISMATCH.search(" ".join(first.message.split()))
    if both is not None:
        return f"That does not fit the interface: {first.path}: `{both['is']}` is not `{both['wanted']}`."
    words = " ".join(first.message.partition("Hint:")[0].split())
    words = words if len(words) <= _LONGEST_REASON else f"{words[: _LONGEST_REASON - 1].rstrip()}…"
    where = f"{first.path}:{first.line}: " if first.path is not None else ""
    return f"That leads to an error that AID cannot repair: {where}{words}"
