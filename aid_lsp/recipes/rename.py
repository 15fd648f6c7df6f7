"""Renames something everywhere, by what the compiler knows, and asks the compiler whether it worked.

artefacts of the view ─▶ plan ─▶ patch ─▶ build ─┬─ green, every name means what it meant ─▶ draft
                          ▲                       ├─ an error at a token that was left out ─▶ plan again with it
                          └───────────────────────┴─ a name means something else now        ─▶ decline, with the place
"""

import asyncio
import re
from dataclasses import dataclass, field, replace

from aid_lsp.build.artefacts import ArtefactReader
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import is_module
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes import meaning
from aid_lsp.recipes.compiler import Compiler, artefacts_of
from aid_lsp.recipes.functions import definition_of
from aid_lsp.recipes.legal import why_not
from aid_lsp.recipes.plan import Plan, plan_rename, tokens_in
from aid_lsp.recipes.promote import promoted
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.recipes.rename_label import find_function, plan_label
from aid_lsp.recipes.rename_module import plan_module, stands_alone
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import NotFound, Subject, tokens_for
from aid_lsp.recipes.subject_found import find_everywhere, subjects_named
from aid_lsp.recipes.wording import Rename
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_ROUNDS = 8


@dataclass(slots=True)
class Renamer:
    """The rename recipe. Keeps what it read of the artefacts, so that the next rename is quick."""

    compiler: Compiler
    reader: ArtefactReader = field(default_factory=ArtefactReader)

    async def draft(self, wish: Rename, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """One draft; a second one is never better, as the first was built already."""
        said = _said(wish)
        if attempts:
            told = await asyncio.to_thread(_with_expectations, request.view, attempts[-1], wish.new)
            return told or Draft(None, said, declined=_why_red(attempts[-1].verdict))
        if wish.kind == "method":
            return Draft(None, said, declined="AID cannot rename methods: the compiler's index does not hold them.")
        report(said)
        before = Sources(request.view, await artefacts_of(self.compiler, self.reader, request.view))
        look = find_function if wish.kind == "label" else find_everywhere
        subject = await asyncio.to_thread(look, before, wish, request.place)
        if isinstance(subject, NotFound) and wish.of and wish.kind in (None, "value", "label"):
            wish = replace(wish, kind="value")
            subject = await asyncio.to_thread(_parameter, before, wish, subject)
        if isinstance(subject, NotFound):
            return Draft(None, said, declined=subject.reason)
        reason = why_not(
            "label" if wish.kind == "label" else subject.kind, subject.name if wish.kind != "label" else wish.path[-1], wish.new
        )
        if reason:
            return Draft(None, f"rename {subject} to {wish.new}", declined=reason)
        draft, _ = await self._settle(before, subject, wish, report)
        return draft

    async def uses(self, before: Sources, subject: Subject, report: Report) -> frozenset[tuple[str, int]]:
        """All places that mean a value, found by renaming it in the lane; none where that does not succeed."""
        new = f"{subject.name}_{len(subject.uids)}_uses"
        draft, plan = await self._settle(before, subject, Rename("value", (subject.name,), new), report)
        return (
            frozenset((path, start) for path, starts in plan.tokens.items() for start in starts) if draft.patch else frozenset()
        )

    async def _settle(self, before: Sources, subject: Subject, wish: Rename, report: Report) -> tuple[Draft, Plan]:
        """Plans, builds and plans again until the build has nothing to add."""
        forced: frozenset[tuple[str, int]] = frozenset()
        kept: frozenset[tuple[str, int]] = frozenset()
        number = 0
        while True:
            plan = await asyncio.to_thread(_plan, before, subject, wish, forced, kept)
            said = plan.understood()
            if plan.refused:
                return Draft(None, f"rename {subject} to {wish.new}", declined=_sentence(plan.refused)), plan
            patch = await asyncio.to_thread(plan.patch, before.view)
            report(f"{said}; building" if number == 0 else f"{said}; building again")
            verdict = await self.compiler.judge(before.view, patch, Tier.TYPE)
            if verdict.tier < Tier.TYPE and verdict.state != "green":
                return Draft(patch, said), plan
            patched = before.view.patched(patch)
            after = Sources(patched, await artefacts_of(self.compiler, self.reader, patched))
            drifted = await asyncio.to_thread(meaning.drifts, before, after, plan)  # none without artefacts
            missed = {(drift.path, drift.start) for drift in drifted if drift.was_unknown and drift.name == subject.name}
            told, wrong = await asyncio.to_thread(_told, before, after, plan, verdict)
            if number == _ROUNDS or ((missed | told) <= forced and wrong <= kept):
                captured = [drift for drift in drifted if (drift.path, drift.start) not in forced]
                if captured:
                    return Draft(None, said, declined=_capture(captured[0])), plan
                if verdict.state == "red":
                    return Draft(None, said, declined=_why_red(verdict)), plan
                return Draft(patch, said), plan
            kept |= wrong
            forced = (forced | missed | told) - kept
            number += 1


def _with_expectations(view: View, attempt: Attempt, new: str) -> Draft | None:
    """The rename with the expectations of tests that print the name, where nothing but the name is another."""
    draft, verdict = attempt.draft, attempt.verdict
    errors = [one for one in verdict.diagnostics if one.severity == "error"] if verdict is not None else []
    if draft.patch is None or not errors or not all(one.promotion for one in errors):
        return None
    patched = view.patched(draft.patch)
    texts = promoted(errors, patched.text)
    if {one.path for one in errors} != texts.keys() or not all(
        _only_renamed(patched.text(path) or "", text, new) for path, text in texts.items()
    ):
        return None
    changes = {change.path: change for change in draft.patch.changes}
    for path, text in texts.items():
        changes[path] = FileChange(path, view.text(path), text)
    return Draft(Patch.of(changes.values()), f"{draft.understood}, and what tests expect to be printed")


def _only_renamed(before: str, after: str, new: str) -> bool:
    """Whether two texts differ by one word that became the new name, and by nothing else."""
    old: str | None = None
    lines, others = before.split("\n"), after.split("\n")
    for line, other in zip(lines, others, strict=False):
        if line != other:
            hole = re.escape(other).replace(re.escape(new), r"(?P<old>[\w']+)", 1).replace(re.escape(new), "(?P=old)")
            match = re.fullmatch(hole, line)
            if match is None or "old" not in match.groupdict() or match["old"] != (old or match["old"]):
                return False
            old = match["old"]
    return old is not None and len(lines) == len(others)


def _parameter(sources: Sources, wish: Rename, otherwise: NotFound) -> Subject | NotFound:
    """The parameter without a label that is meant by `rename parameter x of f to y`."""
    functions = [s for s in subjects_named(sources, wish.of[-1], Rename("value", wish.of, "")) if not s.local]
    if len(functions) != 1:
        return otherwise
    name = wish.path[-1]
    for spot in functions[0].definitions:
        tree = parse(spot.path, sources.text(spot.path))
        node = tree.node_at(spot.span).parent
        if node is None or node.type != "let_binding":
            continue
        held = [p.span for p in definition_of(spot.path, tree, node, spot.span).parameters]
        binders = {
            token.span
            for token in sources.references(spot.path, name)
            if token.defines and token.kind == "value" and any(h.start <= token.span.start < h.end for h in held)
        }
        if len(binders) == 1:
            at = sources.spot(spot.path, binders.pop())
            return Subject("value", name, name, (at,), sources.uids_of(spot.path, at.span, name), local=True)
    return NotFound(f"{functions[0]} has no parameter {name}.")


def _plan(
    sources: Sources, subject: Subject, wish: Rename, forced: frozenset[tuple[str, int]], kept: frozenset[tuple[str, int]]
) -> Plan:
    if wish.kind == "label":
        return plan_label(sources, subject, wish.path[-1], wish.new)
    if subject.kind == "module":
        return plan_module(sources, subject, wish.new, forced, kept)
    return plan_rename(sources, subject, wish.new, forced, kept)


def _told(
    before: Sources, after: Sources, plan: Plan, verdict: Verdict
) -> tuple[frozenset[tuple[str, int]], frozenset[tuple[str, int]]]:
    """What the errors of the patched tree point at: tokens that were left out, and tokens that were wrongly renamed."""
    left: set[tuple[str, int]] = set()
    wrong: set[tuple[str, int]] = set()
    moved = {new: old for old, new in plan.moves.items()}
    for diagnostic in verdict.diagnostics:
        if diagnostic.severity != "error":
            continue
        for path, span in _stretches(after, diagnostic):
            old_path = moved.get(path, path)
            shift = plan.shift(old_path)
            for token in tokens_in(after, path, plan.subject.name, plan.subject.kind, [span]):
                if not (token.kind == "value" and token.defines and token.local):
                    left.add((old_path, shift.back(token.span.start)))
            if "Unbound" in diagnostic.message:
                for token in tokens_in(after, path, plan.new, plan.subject.kind, [span]):
                    start = shift.back(token.span.start)
                    if start in plan.tokens.get(old_path, ()) and not _defines(plan, old_path, start):
                        wrong.add((old_path, start))
    return frozenset(left | {key for one in left for key in _alike(before, plan, *one)}), frozenset(wrong)


def _alike(before: Sources, plan: Plan, path: str, start: int) -> set[tuple[str, int]]:
    """The tokens that must be what one token turned out to be.

    Those that the compiler says to be the same thing of a generated file (dune copies sources with `copy_files`), and those of the
    same file that are written with the same path and that the compiler could not resolve; of a module, all that have no path before
    it and no definition in the file.
    """
    name, kinds = plan.subject.name, tokens_for(plan.subject.kind)
    known = before.artefacts.declarations() if before.artefacts else {}
    facts = before.facts(path, name)
    fact = facts.get(start)
    token = next((t for t in before.references(path, name) if t.span.start == start and t.kind in kinds), None)
    if token is None:
        return set()
    found: set[tuple[str, int]] = set()
    if token.kind == "module" and stands_alone(before, path, token):
        found |= {
            (path, other.span.start)
            for other in before.references(path, name)
            if other.kind == "module" and not other.defines and stands_alone(before, path, other)
        }
    if token.kind != "module" and (fact is None or not fact.uids):
        for other in before.references(path, name):
            beside = facts.get(other.span.start)
            if (
                other.kind == token.kind
                and other.written == token.written
                and (beside is None or not (beside.uids or beside.outside))
            ):
                found.add((path, other.span.start))
    copies = {uid for uid in (fact.uids if fact else ()) if uid in known and not before.exists(known[uid].at.path)}
    for other_path in before.fact_paths(name) if copies else ():
        if before.exists(other_path) and is_module(other_path):
            found |= {
                (other_path, at) for at, beside in before.facts(other_path, name).items() if beside.uids & copies and at >= 0
            }
    return found


def _defines(plan: Plan, path: str, start: int) -> bool:
    return any(spot.path == path and spot.span.start == start for spot in plan.subject.definitions)


def _stretches(sources: Sources, diagnostic: Diagnostic) -> list[tuple[str, Span]]:
    """The places that an error names, in files of ours."""
    found: list[tuple[str, Span]] = []
    if diagnostic.path and is_module(diagnostic.path) and sources.exists(diagnostic.path):
        lines = sources.lines(diagnostic.path)
        start = lines.offset(diagnostic.line, diagnostic.column)
        end = lines.offset(diagnostic.end_line, diagnostic.end_column)
        if start is not None and end is not None and start < end:
            found.append((diagnostic.path, Span(start, end)))
    for related in diagnostic.related:
        if is_module(related.path) and sources.exists(related.path):
            start = sources.lines(related.path).offset(related.line, related.column)
            item = None if start is None else next((i for i in sources.items(related.path) if i.core.start == start), None)
            if item is not None:
                found.append((related.path, item.name_span))
    return found


def _said(wish: Rename) -> str:
    old = ".".join((*wish.of, *wish.path)) or "the name at the cursor"
    return f"rename {wish.kind + ' ' if wish.kind and wish.path else ''}{old} to {wish.new}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def _capture(drift: meaning.Drift) -> str:
    return f"At {drift.spot}, {drift.name!r} would mean something else than now; choose another name, or rename that one first."


def _why_red(verdict: Verdict | None) -> str:
    if verdict is None or not verdict.diagnostics:
        return "The rename was all there is to try."
    first = verdict.diagnostics[0]
    words = next((line for line in first.message.split("\n") if any(character.isalpha() for character in line)), first.first_line)
    return f"The rename leads to an error that AID cannot repair: {first.path}:{first.line}: {' '.join(words.split())}"
