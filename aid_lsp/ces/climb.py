"""One patch on its way up the tiers, and the verdict that comes of it.

    apply ─▶ parse ─▶ type (@check) ─▶ build (dune build) ─▶ test (dune test)         the first red ends it

    green     no error remains
    red       the patched tree has errors that the tree before it had not
    unknown   only old errors remain (`before`, `fixed`), or errors came to light in what did not compile before, or it could
              not be tried (`note` says why and what to do)

A verdict is a function of tree, patch and toolchain. Warnings are reported and never red.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from aid_lsp.build.diagnostics import words_of_the_build
from aid_lsp.build.dune import Lost, Outcome, Target
from aid_lsp.build.verdict import Blast, State, Tier, Verdict
from aid_lsp.ces import tiers
from aid_lsp.ces.build_system import BuildSystem
from aid_lsp.ces.compare import compare
from aid_lsp.ces.lane import Lane
from aid_lsp.ces.memo import Memo
from aid_lsp.ces.reach import target_of_tests
from aid_lsp.ces.sandbox import OFF, build_rules
from aid_lsp.edits.patch import Patch
from aid_lsp.errors import AidError
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

Turn = Callable[[], AbstractAsyncContextManager[Lane]]
"""Waits for the lane and holds it. Raises `AidError` where none can be had."""

Baselines = Memo[tuple[str, Target], tuple[Diagnostic, ...]]
"""The errors of trees by their digest, and by what was built."""

_OUTPUT_HEAD, _OUTPUT_TAIL = 6000, 2000
_ROOM = "Make room on the disk, or set AID_CACHE to a folder on another one."

_MACHINE = re.compile(
    r"No space left on device|Disk quota exceeded|Cannot allocate memory|Too many open files|Out of memory|out of memory"
    r"|[Rr]ead-only file system|Resource temporarily unavailable|got signal (?:KILL|SIGKILL)|Input/output error"
)
"""The machine's troubles, not the patch's."""
_DENIED = re.compile(
    r"[^\n]*(?:Read-only file system|\bEROFS\b|Network is unreachable|\bENETUNREACH\b|Temporary failure in name resolution"
    r"|Could not resolve host)[^\n]*"
)
"""What the sandbox denies, in the words of those to whom it is denied."""
_LOCKED = re.compile(r"A running dune .*instance has locked the build directory")


class Climb:
    """One judgement; to be used once."""

    def __init__(
        self,
        view: View,
        patch: Patch,
        digest: str,
        system: BuildSystem,
        turn: Turn,
        baselines: Baselines,
        *,
        reach: Awaitable[Blast] | None,
        timeout_s: float,
    ) -> None:
        self._view, self._patch, self._digest = view, patch, digest
        self._patched = view.patched(patch)
        self._system, self._toolchain = system, system.toolchain
        self._reach = reach
        self._turn = turn
        self._baselines = baselines
        self._timeout_s = timeout_s
        self._timings: dict[str, float] = {}
        self._notes: list[str] = []
        self._output = ""
        self._lane_holds: View | None = None
        self._built: list[Target] = []
        self._sandbox = OFF
        self._warnings: list[Diagnostic] = []
        self._old: dict[Diagnostic, None] = {}
        self._light: dict[Diagnostic, None] = {}
        self._fixed: dict[Diagnostic, None] = {}

    async def climb(self, tier: Tier) -> Verdict:
        """Climbs up to `tier`."""
        misfits = await asyncio.to_thread(tiers.misfits, self._view, self._patch)
        if misfits:
            return self._verdict("red", Tier.APPLY, misfits)
        if self._patch.empty:
            self._notes.append("the patch changes nothing")
        if tier == Tier.APPLY:
            return self._verdict("green", Tier.APPLY)
        with self._timed("parse"):
            errors = await self._parse(thorough=tier == Tier.PARSE)
        if errors:
            return self._verdict("red", Tier.PARSE, errors)
        if tier == Tier.PARSE:
            return self._verdict("green", Tier.PARSE)
        return await self._build_up(tier)

    async def stand(self) -> Verdict:
        """The baseline: how the view stands by itself, with all its errors."""
        verdict = await self._build_up(Tier.BUILD)
        if verdict.state == "unknown" and verdict.before:
            return replace(verdict, state="red", diagnostics=(*verdict.before, *verdict.diagnostics), before=(), note="")
        return verdict

    async def _parse(self, *, thorough: bool) -> tuple[Diagnostic, ...]:
        doubtful = await asyncio.to_thread(tiers.doubtful, self._patch)
        if self._toolchain.ocamlc:
            return await tiers.parsed(self._toolchain.ocamlc, self._patch.changes if thorough else doubtful)
        return await asyncio.to_thread(tiers.syntax_errors, doubtful)

    async def _build_up(self, tier: Tier) -> Verdict:
        if problem := await asyncio.to_thread(self._system.problem, self._patched):
            return self._verdict("unknown", Tier.PARSE, note=problem)
        tried = Tier.PARSE
        asked = time.monotonic()
        try:
            async with self._turn() as lane:
                self._timings["wait"] = time.monotonic() - asked
                self._sandbox = await lane.sandbox(self._toolchain)
                rules = build_rules(self._patch)
                lane.apart, lane.in_place = bool(rules) and self._system.dune, not self._system.dune
                if rules and not self._sandbox:
                    self._notes.append(_unguarded(rules, self._sandbox.problem))
                for step, target in self._system.up_to(tier):
                    tried = step
                    if step == Tier.TEST and self._reach is not None and self._system.dune and not self._patch.empty:
                        reached = target_of_tests(await self._reach)
                        if reached is None:
                            self._notes.append("no test depends on this change")
                            break
                        target = reached
                    self._built.append(target)
                    if (end := await self._step(lane, step, target)) is not None:
                        return end
                self._notes += await asyncio.to_thread(_unbuilt, lane, self._patch) if self._system.dune else []
        except AidError as error:
            return self._verdict("unknown", tried, note=str(error))
        except OSError as error:
            return self._verdict("unknown", tried, note=f"AID's lane cannot be written: {error.strerror or error}. {_ROOM}")
        if self._old or self._light:
            return self._still_red(tier)
        for target in self._built:
            self._fixed.update(dict.fromkeys(self._baselines.get((self._digest, target)) or ()))
        return self._verdict("green", tier)

    async def _step(self, lane: Lane, tier: Tier, target: Target) -> Verdict | None:
        """One build of the patched tree; a verdict if that is the end of it."""
        outcome = await self._build(lane, self._patched, target, tier.word)
        if isinstance(outcome, Lost):
            return self._lost(tier, outcome)
        self._warnings += (one for one in outcome.diagnostics if one.severity == "warning")
        if outcome.success:
            if self._patch.empty:
                self._baselines.keep((self._digest, target), ())
            return None
        errors = _errors(outcome)
        if trouble := self._trouble(outcome):
            return self._verdict("unknown", tier, note=f"the build failed for want of room on this machine: {trouble}. {_ROOM}")
        if self._patch.empty:
            self._baselines.keep((self._digest, target), errors)
            self._old.update(dict.fromkeys(errors))
            return self._still_red(tier)
        before = await self._before(lane, target)
        if isinstance(before, Lost):
            return self._lost(tier, before, "the patched tree has errors, but the tree before it could not be built: ")
        found = compare(before, errors, self._patch)
        light = await self._came_to_light(lane, found.dark)
        self._old.update(dict.fromkeys(found.old))
        self._light.update(dict.fromkeys(light))
        self._fixed.update(dict.fromkeys(found.fixed))
        new = [error for error in found.new if error not in light]
        touched = set(self._patch.paths)
        return self._verdict("red", tier, sorted(new, key=lambda one: one.path not in touched)) if new else None

    async def _came_to_light(self, lane: Lane, dark: Sequence[Diagnostic]) -> list[Diagnostic]:
        """Those errors whose files did not compile in the tree before: they may have had them all along."""
        compiled: dict[str | None, bool] = {}
        for path in dict.fromkeys(error.path for error in dark):
            target = _object_of(path or "") if self._system.dune else None
            outcome = await self._build(lane, self._view, target, "baseline") if target else None
            compiled[path] = isinstance(outcome, Outcome) and outcome.success
        return [error for error in dark if not compiled[error.path]]

    async def _before(self, lane: Lane, target: Target) -> tuple[Diagnostic, ...] | Lost:
        """The errors of the tree before the patch."""
        known = self._baselines.get((self._digest, target))
        if known is None:
            outcome = await self._build(lane, self._view, target, "baseline")
            if isinstance(outcome, Lost):
                return outcome
            if self._trouble(outcome):
                return Lost("this machine had no room for it")
            known = () if outcome.success else _errors(outcome)
            self._baselines.keep((self._digest, target), known)
        return known

    async def _build(self, lane: Lane, view: View, target: Target, stage: str) -> Outcome | Lost:
        if self._lane_holds is not view:
            self._lane_holds = None
            with self._timed("sync"):
                self._notes += (await lane.sync(view)).notes
            self._lane_holds = view
        with self._timed(stage):
            outcome = await lane.build(self._toolchain, target, deadline_s=self._timeout_s)
        if isinstance(outcome, Outcome):
            if stage != "baseline" and outcome.output.strip():
                self._output = words_of_the_build(outcome.output)
                if self._sandbox and (denied := _DENIED.search(outcome.output)):
                    self._notes.append(_denied(denied[0].strip()))
            if not outcome.success and _LOCKED.search(outcome.output):
                return Lost("another dune holds the lane's build folder; it is ended with the next judgement")
        return outcome

    def _trouble(self, outcome: Outcome) -> str:
        """The machine's trouble that a build failed for; in the sandbox a read-only file system is none."""
        found = (one[0] for one in _MACHINE.finditer(outcome.output))
        return next((words for words in found if not (self._sandbox and words[1:].startswith("ead-only"))), "")

    def _lost(self, tier: Tier, lost: Lost, why: str = "") -> Verdict:
        advice = (
            " Set `judge.timeout_s` higher, or a lower `judge.tier`; a first build takes longest."
            if lost.timed_out
            else " `aid doctor` says more."
        )
        return self._verdict("unknown", tier, note=f"{why}{lost.reason.rstrip('.')}.{advice}")

    def _still_red(self, tier: Tier) -> Verdict:
        notes: list[str] = []
        if count := len(self._old):
            notes.append(f"the workspace was red before this change: {_counted(count)}, none of them new")
        if count := len(self._light):
            notes.append(f"{_counted(count, 'came to light')} in what did not compile before; they may be old, or this change's")
        return self._verdict("unknown", tier, tuple(self._light), note="; ".join(notes))

    def _verdict(self, state: State, tier: Tier, errors: Sequence[Diagnostic] = (), note: str = "") -> Verdict:
        said = (*errors, *(one for one in self._light if one not in errors), *self._warnings)
        return Verdict(
            state,
            tier,
            diagnostics=tuple(dict.fromkeys(said)),
            before=tuple(self._old),
            fixed=len(self._fixed),
            note="; ".join(dict.fromkeys(filter(None, (note, *self._notes)))),
            output=_bounded(self._output),
            timings={stage: round(seconds, 4) for stage, seconds in self._timings.items()},
        )

    @contextlib.contextmanager
    def _timed(self, stage: str) -> Generator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self._timings[stage] = self._timings.get(stage, 0.0) + time.monotonic() - started


def _unguarded(rules: Sequence[str], why: str) -> str:
    return (
        f"there is no sandbox ({why}) and this change touches {', '.join(rules[:3])}{' …' if len(rules) > 3 else ''}, "
        "which can run code with your rights while building"
    )


def _denied(words: str) -> str:
    return (
        f"the build tried what AID's sandbox does not allow, to write outside of its lane or to reach the network ({words[:200]}); "
        "if this project needs that, set `judge.sandbox` to `off`"
    )


def _errors(outcome: Outcome) -> tuple[Diagnostic, ...]:
    """The errors of a failed build: at least one, if only its last words."""
    errors = tuple(one for one in outcome.diagnostics if one.severity == "error")
    if errors:
        return errors
    said = _bounded(outcome.output).strip() or "dune failed without a word"
    return (Diagnostic(None, 1, 0, 1, 0, "error", said),)


def _object_of(path: str) -> Target | None:
    """What dune calls a compiled file, on its command line and over RPC; None for a file that is not compiled by itself."""
    stem, _, kind = path.rpartition(".")
    name = {"ml": f"%{{cmo:{stem}}}", "mli": f"%{{cmi:{stem}}}"}.get(kind)
    return Target((name,), (name,)) if name else None


def _unbuilt(lane: Lane, patch: Patch) -> list[str]:
    """A green build says nothing of a file that no stanza takes in."""
    if not lane.built(""):
        return []
    return [
        f"{change.path} belongs to no dune stanza, so the build did not look at it"
        for change in patch.changes
        if change.after is not None and is_ocaml(change.path) and not lane.built(change.path)
    ]


def _bounded(output: str) -> str:
    if len(output) <= _OUTPUT_HEAD + _OUTPUT_TAIL:
        return output
    return f"{output[:_OUTPUT_HEAD]}\n[… {len(output) - _OUTPUT_HEAD - _OUTPUT_TAIL} characters left out …]\n{output[-_OUTPUT_TAIL:]}"


def _counted(count: int, verb: str = "remain") -> str:
    if verb == "remain":
        return "1 error remains" if count == 1 else f"{count} errors remain"
    return f"{count} error{'' if count == 1 else 's'} {verb}"
