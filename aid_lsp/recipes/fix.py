"""Makes errors go away by what their messages hint at, one after the other, the compiler asked in between.

    errors ─▶ first one with a hint ─▶ candidates ─▶ judged each ─▶ the one that gets furthest is kept ─▶ errors …

One draft holds all repairs. A repair counts only if its error is gone and the file got further than before; what has no hint is
left, and the draft says so.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import implementation_of, interface_of, is_dune, is_ocaml
from aid_lsp.recipes.change import MISMATCH
from aid_lsp.recipes.committed import committed
from aid_lsp.recipes.compiler import Compiler
from aid_lsp.recipes.headway import disagrees_further, further, is_syntax, key, made_worse, moved, worth
from aid_lsp.recipes.holes import to_fill
from aid_lsp.recipes.promote import promoted
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.recipes.quieten import MOST_CANDIDATES, NEVER, quieten, with_repair
from aid_lsp.recipes.repairs.candidates import candidates
from aid_lsp.recipes.repairs.pairs import pair_of
from aid_lsp.recipes.repairs.probe import Probe, probes
from aid_lsp.recipes.repairs.site import Evidence, Repair, Side, site_of
from aid_lsp.recipes.sources import OCamlLines
from aid_lsp.recipes.wording import Fix, Promote
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View

_MOST_REPAIRS = 40
_EMPTY = Patch(())


@dataclass(slots=True)
class _Progress:
    """What has been repaired so far."""

    patch: Patch
    errors: tuple[Diagnostic, ...]
    done: list[str] = field(default_factory=list[str])
    holes: list[str] = field(default_factory=list[str])
    """What the repairs leave to be written by hand."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One repair that holds."""

    patch: Patch
    """With all repairs before it."""
    remaining: tuple[Diagnostic, ...]
    does: str
    hole: str


@dataclass(frozen=True, slots=True)
class Fixer:
    """The recipe for errors, and for expectations to promote."""

    compiler: Compiler

    async def draft(self, wish: Fix | Promote, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """All repairs that are to be had in one draft; a later draft goes on from where the judge stopped the one before."""
        if isinstance(wish, Promote):
            return await self._promote(wish, request, attempts, report)
        wanted = _scope(wish, request)
        last = attempts[-1] if attempts else None
        if last is not None and (last.verdict is None or last.draft.patch is None):
            return Draft(None, wanted.said, declined="There is nothing more that the compiler hints at.")
        if last is not None and last.verdict is not None and last.draft.patch is not None:
            progress = _Progress(last.draft.patch, _remaining(last.verdict))
        else:
            report(f"{wanted.said}: asking the build what is wrong")
            known = request.diagnostics
            if not known:
                stands = await self.compiler.baseline(request.view)
                known = (*stands.diagnostics, *stands.before)
            progress = _Progress(_EMPTY, _errors(known))
            errors = [error for error in progress.errors if wanted.takes(error, request.view)]
            if not errors and (wanted.at_place or ((wish.paths or wish.warnings) and not progress.errors)):
                every = await asyncio.to_thread(request.view.paths)
                paths = (wanted.place.path,) if wanted.place else [path for path in every if is_ocaml(path)]
                return await self._quieten([p for p in paths if wanted.has(p)], request.view, wanted, progress.errors, report)
            if not errors and not progress.errors and (count := sum(one.severity == "warning" for one in request.diagnostics)):
                # Of what the editor shows; a lane's build tells warnings of what it had to compile just now, and of nothing else.
                told = f"The build has no errors, but {count} warning{'s' if count != 1 else ''}: say `fix the warnings`."
                return Draft(None, wanted.said, declined=told)
        begun = progress.patch
        chosen = [error for error in progress.errors if wanted.takes(error, request.view)]
        if not chosen:
            return Draft(None, wanted.said, declined=_nothing_wrong(progress.errors, wanted, again=bool(attempts)))
        await self._repair_all(request, wanted, progress, report)
        if progress.patch == begun:
            return Draft(None, wanted.said, declined=_no_hint(chosen))
        left = [error for error in progress.errors if wanted.takes(error, request.view)]
        note = f"; {len(left)} error{'s' if len(left) != 1 else ''} left that no hint repairs" if left else ""
        return Draft(progress.patch, f"fix {_summary(progress.done)}{to_fill(progress.holes)}{note}")

    async def _repair_all(self, request: Request, wanted: "_Scope", progress: _Progress, report: Report) -> None:
        """Repairs one error after the other, until none of those meant has a hint that holds."""
        given_up: set[tuple[str | None, str]] = set()
        for _ in range(_MOST_REPAIRS):
            open_ = [e for e in progress.errors if wanted.takes(e, request.view) and key(e) not in given_up]
            if not open_:
                return
            error = min(open_, key=_rank)
            step = await self._step(request.view, progress, error, wanted.side, report)
            if step is None:
                given_up.add(key(error))
                continue
            progress.patch, progress.errors = step.patch, step.remaining
            progress.done.append(f"{_where(error)}: {step.does}")
            if step.hole:
                progress.holes.append(f"{step.hole} at {_where(error)}")

    async def _repairs(self, view: View, done: Patch, error: Diagnostic, asked: Side) -> AsyncIterator[Repair]:
        """What may repair an error; where two files disagree, what the compiler says of the implementation comes first."""
        now = view.patched(done)
        if not error.path or "does not match the interface" not in error.message:
            async for repair in _lazily(now, error, None):
                yield repair
            return
        evidence = Evidence(asked, await committed(view.root, (implementation_of(error.path), interface_of(error.path))))
        for probe in await asyncio.to_thread(_probes, now, error, evidence):
            annotated = Repair(probe.path, probe.added, "")
            patch = await asyncio.to_thread(with_repair, view, done, annotated)
            said = _remaining(await self.compiler.judge(view, patch, Tier.TYPE))
            inside = next(
                (one for one in said if one.path == probe.path and "does not match the interface" not in one.message), None
            )
            if inside is not None:
                tried = await asyncio.to_thread(_candidates, view.patched(patch), inside, evidence)
                for back in filter(None, map(probe.back, tried)):
                    yield replace(back, gain=1)
        async for repair in _lazily(now, error, evidence):
            yield repair

    async def _step(self, view: View, progress: _Progress, error: Diagnostic, asked: Side, report: Report) -> "_Step | None":
        """The repair of one error that gets furthest; None if none holds."""
        best: _Step | None = None
        async for repair in self._repairs(view, progress.patch, error, asked):
            patch = await asyncio.to_thread(with_repair, view, progress.patch, repair)
            report(f"{_where(error)}: {repair.does}; building")
            verdict = await self.compiler.judge(view, patch, Tier.TYPE)
            remaining = _remaining(verdict)
            if verdict.tier < Tier.TYPE and verdict.state == "unknown":
                # no dune: the hint is all there is to go by
                return _Step(patch, tuple(e for e in progress.errors if e is not error), repair.does, repair.hole)
            now = moved(error, repair, view.patched(progress.patch))
            if not further(now, progress.errors, remaining, error):
                continue
            if not repair.sure and made_worse(now, progress.errors, remaining):
                continue
            fewer = len(progress.errors) - len(remaining) + any(disagrees_further(error, other) for other in remaining)
            if repair.gain and fewer < repair.gain:
                continue
            if not is_syntax(error) and any(lint.name in NEVER and not is_dune(lint.path) for lint in verdict.lints):
                continue
            step = _Step(patch, remaining, repair.does, repair.hole)
            if repair.hole and remaining:
                step = await self._keeping(view, progress, repair, step)
            if not step.remaining:
                return step
            if best is None or worth(error, step.remaining) > worth(error, best.remaining):
                best = step
        return best

    async def _quieten(
        self, paths: Sequence[str], view: View, wanted: "_Scope", errors: Sequence[Diagnostic], report: Report
    ) -> Draft:
        """What answers warnings that are no errors to the build; `errors` are elsewhere."""
        quiet = await quieten(self.compiler, view, paths, lambda warning: wanted.takes(warning, view), report)
        if not quiet.done:
            none = "The build has no errors, and no warning there." if wanted.at_place else "The build has no errors."
            none = _nothing_wrong(errors, wanted, again=False) if errors else none
            return Draft(None, wanted.said, declined=_no_hint(quiet.left) if quiet.left else none)
        left = len(quiet.left)
        note = f"; {left} warning{'s' if left != 1 else ''} left that no hint answers" if left else ""
        return Draft(quiet.patch, f"fix {_summary(quiet.done, 'warnings')}{to_fill(quiet.holes)}{note}")

    async def _keeping(self, view: View, progress: _Progress, hole: Repair, step: _Step) -> _Step:
        """A hole that mentions what nothing uses any more because of it, so that nothing around it has to change."""
        lost = [error for error in step.remaining if error.path == hole.path]
        names = [name for error in lost if (name := await asyncio.to_thread(_unused, view.patched(step.patch), error))]
        if not names:
            return step
        uses = f"ignore {names[0]}; " if len(names) == 1 else f"ignore ({', '.join(dict.fromkeys(names))}); "
        kept = replace(hole, replacements={span: new.replace("-> ", f"-> {uses}", 1) for span, new in hole.replacements.items()})
        patch = await asyncio.to_thread(with_repair, view, progress.patch, kept)
        remaining = _remaining(await self.compiler.judge(view, patch, Tier.TYPE))
        return _Step(patch, remaining, step.does, step.hole) if len(remaining) < len(step.remaining) else step

    async def _promote(self, wish: Promote, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        said = "promote what the tests print"
        if len(attempts) > 2:
            return Draft(None, said, declined="The tests print something else each time.")
        before = attempts[-1].draft.patch if attempts else None
        if attempts and attempts[-1].verdict is not None:
            known = attempts[-1].verdict.diagnostics
        else:
            known = tuple(d for d in request.diagnostics if d.promotion)
            if not known:
                report(f"{said}: running the tests")
                verdict = await self.compiler.judge(request.view, _EMPTY, Tier.TEST)
                known = (*verdict.diagnostics, *verdict.before)
        view = request.view.patched(before) if before else request.view
        wanted = [d for d in known if d.promotion and (not wish.paths or d.path in wish.paths)]
        texts = await asyncio.to_thread(promoted, wanted, view.text)
        if not texts:
            return Draft(None, said, declined="No test prints something else than it expects.")
        changed = {change.path: change.after for change in before.changes} if before else dict[str, str | None]()
        changed.update(texts)
        patch = await asyncio.to_thread(
            lambda: Patch.of(FileChange(p, request.view.text(p), text) for p, text in changed.items())
        )
        return Draft(patch, f"{said} in {', '.join(sorted(texts))}")


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which errors are asked about."""

    paths: tuple[str, ...]
    place: Place | None
    said: str
    side: Side = ""
    """Which of two files that disagree the instruction wants changed."""

    @property
    def at_place(self) -> bool:
        return self.place is not None

    def takes(self, error: Diagnostic, view: View) -> bool:
        """Whether an error is meant; `view` is the one that the place is of, and repairs keep lines where they are."""
        if self.place is not None:
            return error.path == self.place.path and _touches(error, self.place, view)
        return self.has(error.path or "")

    def has(self, path: str) -> bool:
        """Whether what is in a file may be meant."""
        if self.place is not None:
            return path == self.place.path
        return not self.paths or any(path == one or path.endswith(f"/{one}") for one in self.paths)


def _scope(wish: Fix, request: Request) -> _Scope:
    this = any(word in request.instruction.lower().split() for word in ("this", "that", "it", "here", "error", "warning"))
    if request.place is not None and this and not wish.paths:
        return _Scope((), request.place, "fix this error", wish.side)
    what = "the warnings" if wish.warnings else "the build"
    return _Scope(wish.paths, None, f"fix {', '.join(wish.paths)}" if wish.paths else f"fix {what}", wish.side)


def _touches(error: Diagnostic, place: Place, view: View) -> bool:
    """Whether an error lies on the lines of a place."""
    text = view.text(place.path)
    if text is None:
        return False
    lines = OCamlLines(text)
    end = place.span.end
    if place.span.start < end and text[end - 1 : end] == "\n":
        end -= 1  # whole lines do not touch the one after them
    return error.line <= lines.line(end) and lines.line(place.span.start) <= error.end_line


def _rank(error: Diagnostic) -> int:
    """Causes first: those who use a module have errors of a wrong interface, and what is unused may be so because of another error."""
    if "does not match the interface" in error.message:
        return 0
    return 2 if error.first_line.startswith("unused ") else 1


def _unused(view: View, error: Diagnostic) -> str:
    """The name that a warning calls unused; empty for other messages."""
    said = re.match(r"unused (?:variable|value) ([\w']+)\.|unused rec flag", error.first_line)
    if said is None or said[1]:
        return said[1] if said is not None else ""
    text = (view.text(error.path or "") or "").split("\n")
    line = text[error.line - 1] if error.line <= len(text) else ""
    function = re.search(r"\brec\s+([a-z_][\w']*)", line)
    return function[1] if function is not None else ""


def _summary(done: Sequence[str], what: str = "errors") -> str:
    shown = "; ".join(done[:3])
    return shown if len(done) <= 3 else f"{len(done)} {what}: {shown}; …"


def _errors(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The errors in an order of their own: dune prints files in the order in which it happens to be done with them."""
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "error" and not diagnostic.promotion]
    return tuple(sorted(errors, key=lambda error: (error.path or "", error.line, error.column, error.message)))


def _remaining(verdict: Verdict) -> tuple[Diagnostic, ...]:
    return _errors(tuple(dict.fromkeys((*verdict.before, *verdict.diagnostics))))


def _candidates(view: View, error: Diagnostic, evidence: Evidence | None) -> list[Repair]:
    return list(islice(candidates(error, view, evidence), MOST_CANDIDATES))


async def _lazily(view: View, error: Diagnostic, evidence: Evidence | None) -> AsyncIterator[Repair]:
    """The candidates one by one: those of a syntax error take longer to find than to build."""
    found = islice(candidates(error, view, evidence), MOST_CANDIDATES)
    while (repair := await asyncio.to_thread(next, found, None)) is not None:
        yield repair


def _probes(view: View, error: Diagnostic, evidence: Evidence) -> list[Probe]:
    """The definitions to be asked about; none where it is the interface that is to change."""
    site = site_of(error, view, evidence)
    pair = pair_of(site) if site is not None else None
    if pair is None or evidence.asked == "interface":
        return []
    return [
        probe
        for declared, _, _ in pair.disagreements()
        if evidence.asked or pair.edited(declared) != "interface"
        for probe in probes(pair.implementation, pair.ours, declared, pair.theirs)
    ]


def _nothing_wrong(errors: Sequence[Diagnostic], wanted: _Scope, *, again: bool) -> str:
    if again:
        return "There is nothing more that the compiler hints at."
    if not errors:
        return "The build has no errors."
    first = errors[0]
    where = "there" if wanted.at_place else f"in {', '.join(wanted.paths)}"
    return f"The build reports no error {where}; the first of {len(errors)} is at {first.path}:{first.line}."


def _where(error: Diagnostic) -> str:
    return f"{error.path}:{error.line}" if error.path else "the build"


def _no_hint(errors: Sequence[Diagnostic]) -> str:
    first = errors[0]
    place = _where(first)
    circle = _CIRCLE.findall(first.message.partition("-> required by")[0]) if "ependency cycle" in first.message else []
    if circle:
        names = list(dict.fromkeys(name.rpartition("__")[2] for name in circle))
        first_ = names.index(min(names))
        names = names[first_:] + names[:first_]
        around = " ─▶ ".join((*names, names[0]))
        return (
            f"{around} depend on each other in a circle, and no small repair can know which dependency is to go: "
            "move what they share into a module of its own, or pass it as an argument."
        )
    both = MISMATCH.search(" ".join(first.message.split()))
    if both is not None:
        return (
            f"{place}: the implementation has `{both['is']}`, the interface says `{both['wanted']}`, and nothing tells which is meant: "
            "ask to `fix the interface` or to `fix the implementation`."
        )
    return f"The compiler hints at no repair that holds; the first {first.severity} is at {place}: {first.first_line}"


_CIRCLE = re.compile(r"-?>?\s*_build/[^\s]*?/(?:\.[^\s/]+/)*([^\s/]+?)(?:\.(?:impl|intf)\.all-deps|\.ml\S*|\.mli\S*)?(?=\s|$)")
