"""Answers warnings that are no errors to the build: dune tells them once, so a file whose warnings are asked for is compiled anew.

warnings of a file ─▶ first one with a repair ─▶ candidates ─▶ compiled each ─▶ the first that leaves fewer, and no error ─▶ …
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import is_dune, is_ocaml
from aid_lsp.recipes.compiler import Compiler
from aid_lsp.recipes.headway import key
from aid_lsp.recipes.proposer import Report
from aid_lsp.recipes.repairs.candidates import candidates
from aid_lsp.recipes.repairs.site import Repair
from aid_lsp.recipes.sites import rewritten
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

NEVER = frozenset({"cast", "assert-false", "warnings-off", "swallowed", "interface", "interface-gone"})
"""The judge's remarks that no repair may earn."""

MOST_CANDIDATES = 24
"""How many suggestions of one message are tried."""
_MOST_REPAIRS = 40

Takes = Callable[[Diagnostic], bool]


@dataclass(slots=True)
class Quiet:
    """What has been answered so far."""

    patch: Patch
    done: list[str] = field(default_factory=list[str])
    holes: list[str] = field(default_factory=list[str])
    left: list[Diagnostic] = field(default_factory=list[Diagnostic])
    """The warnings that were meant and stay."""


async def warnings_of(compiler: Compiler, view: View, patch: Patch, paths: Iterable[str]) -> tuple[Verdict, list[Diagnostic]]:
    """What the compiler warns of in some files, and the verdict that says so: each is compiled, even if it was before."""
    wanted = frozenset(paths)
    anew = await asyncio.to_thread(_anew, view, patch, wanted)
    verdict = await compiler.judge(view, anew, Tier.TYPE)
    found = [one for one in verdict.diagnostics if one.severity == "warning" and one.path in wanted]
    return verdict, sorted(found, key=lambda one: (one.path or "", one.line, one.column, one.message))


async def quieten(compiler: Compiler, view: View, paths: Sequence[str], takes: Takes, report: Report) -> Quiet:
    """Answers the warnings of some files that are meant, one after the other."""
    quiet = Quiet(Patch(()))
    report(f"compiling {paths[0] if len(paths) == 1 else f'{len(paths)} files'} anew, to hear the warnings")
    _, found = await warnings_of(compiler, view, quiet.patch, paths)
    for path in dict.fromkeys(one.path for one in found if one.path and takes(one)):
        known = [one for one in found if one.path == path]
        given_up: set[tuple[str | None, str]] = set()
        for _ in range(_MOST_REPAIRS):
            warning = next((one for one in known if takes(one) and key(one) not in given_up), None)
            if warning is None:
                break
            step = await _step(compiler, view, quiet, warning, known, report)
            if step is None:
                given_up.add(key(warning))
                continue
            repair, quiet.patch, known = step
            quiet.done.append(f"{path}:{warning.line}: {repair.does}")
            if repair.hole:
                quiet.holes.append(f"{repair.hole} at {path}:{warning.line}")
        quiet.left += [one for one in known if takes(one)]
    return quiet


async def _step(
    compiler: Compiler, view: View, quiet: Quiet, warning: Diagnostic, known: Sequence[Diagnostic], report: Report
) -> tuple[Repair, Patch, list[Diagnostic]] | None:
    """The first repair after which the file has that warning less often, fewer warnings in all, and the build no error."""
    now = await asyncio.to_thread(view.patched, quiet.patch)
    for repair in await asyncio.to_thread(lambda: list(islice(candidates(warning, now), MOST_CANDIDATES))):
        patch = await asyncio.to_thread(with_repair, view, quiet.patch, repair)
        report(f"{warning.path}:{warning.line}: {repair.does}; building")
        verdict, after = await warnings_of(compiler, view, patch, (warning.path or "", repair.path))
        if any(one.severity == "error" for one in verdict.diagnostics):
            continue
        if any(lint.name in NEVER and not is_dune(lint.path) for lint in verdict.lints):
            continue
        here = [one for one in after if one.path == warning.path]
        if _times(here, warning) < _times(known, warning) and len(here) < len(known):
            return repair, patch, here
    return None


def with_repair(view: View, patch: Patch, repair: Repair) -> Patch:
    """The patch with one more repair, as a patch of the view."""
    texts = {change.path: change.after for change in patch.changes}
    now = texts.get(repair.path, view.text(repair.path)) or ""
    texts[repair.path] = rewritten(now, repair.replacements)
    return Patch.of(FileChange(path, view.text(path), text) for path, text in texts.items())


def _times(diagnostics: Iterable[Diagnostic], one: Diagnostic) -> int:
    return Counter(map(key, diagnostics))[key(one)]


def _anew(view: View, patch: Patch, paths: frozenset[str]) -> Patch:
    """The patch with a comment of its own at the end of some files, so that they are compiled whatever was before."""
    texts = {change.path: change.after for change in patch.changes}
    for path in paths:
        text = texts.get(path, view.text(path))
        if text is not None and is_ocaml(path):
            texts[path] = f"{text}\n\n(* {uuid.uuid4().hex} *)\n"
    return Patch.of(FileChange(path, view.text(path), text) for path, text in texts.items())
