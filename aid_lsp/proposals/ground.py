"""The ground that drafts stand on: the user's view, minus the instruction comment, plus the proposal that is being refined.

the user's view ──under──▶ the proposers' view ──draft──▶ result
       └──────────────── what is judged and offered ───────┘
"""

from dataclasses import dataclass, replace

from aid_lsp.edits.apply import apply_edits
from aid_lsp.edits.diff import edits_between
from aid_lsp.edits.lines import Lines, Span
from aid_lsp.edits.patch import Edit, FileChange, Patch
from aid_lsp.ocaml.comments import removal_of
from aid_lsp.proposals.offer import Misfit, move
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import View


@dataclass(frozen=True, slots=True)
class Ground:
    """Where drafts start from."""

    request: Request
    """What the proposers see: their view, with the place and the diagnostics moved to it."""
    under: Patch
    """What lies between the user's view and theirs."""
    afresh: bool = False
    """Whether a proposal was to be refined that no longer fits the text, so that its changes are left out."""

    def whole(self, user: View, draft: Patch) -> Patch:
        """The draft as a patch of the user's view."""
        drafted = {change.path: change for change in draft.changes}
        below = {change.path: change for change in self.under.changes}
        changes: list[FileChange] = []
        for path in drafted.keys() | below.keys():
            last = drafted.get(path) or below[path]
            moved_from = last.moved_from or (below[path].moved_from if path in below else None)
            changes.append(FileChange(path, user.text(path), last.after, moved_from))
        return Patch.of(changes)


def ground(request: Request, previous: Proposal | None) -> Ground:
    """Prepares the ground; reads files, so call it off the event loop."""
    if previous is not None:
        return _upon(request, previous)
    if request.remove is None:
        return Ground(request, Patch(()))
    return _moved(request, _without_comment(request.view, request.remove))


def _without_comment(view: View, remove: Place) -> Patch:
    text = view.text(remove.path)
    if text is None:
        return Patch(())
    span = Span(min(remove.span.start, len(text)), min(remove.span.end, len(text)))
    if span.of(text).startswith("(*"):
        span = removal_of(text, span)
    return Patch.of([FileChange(remove.path, text, apply_edits(text, (Edit(span, ""),)))])


def _upon(request: Request, previous: Proposal) -> Ground:
    earlier = (*previous.request.earlier, previous.request.instruction)
    request = replace(request, earlier=earlier, place=request.place or _old_place(request.view, previous))
    cleared = _without_comment(request.view, request.remove) if request.remove else Patch(())
    moved_on = _move_on(previous, request.view.patched(cleared))
    if not isinstance(moved_on, Patch):
        return replace(_moved(request, cleared), afresh=True)
    under = Ground(request, cleared).whole(request.view, moved_on)
    moved = _moved(request, under)
    errors = previous.verdict.diagnostics if previous.verdict else ()
    return replace(moved, request=replace(moved.request, done=under, diagnostics=errors or moved.request.diagnostics))


def _move_on(previous: Proposal, now: View) -> Patch | tuple[Misfit, ...]:
    """The earlier proposal's patch over the text as it is now, whose instruction comment may still be there or may have become
    the new one, which is cleared by now.
    """
    if previous.patch is None:
        return Patch(())
    moved = move(previous.patch, now)
    remove = previous.request.remove
    if isinstance(moved, Patch) or remove is None:
        return moved
    bare = move(Patch.of(_bare(change, remove) for change in previous.patch.changes), now)
    return bare if isinstance(bare, Patch) else moved


def _bare(change: FileChange, remove: Place) -> FileChange:
    """The change as if the comment had never been there."""
    if change.path != remove.path or change.before is None:
        return change
    return replace(change, before=apply_edits(change.before, (Edit(removal_of(change.before, remove.span), ""),)))


def _old_place(view: View, previous: Proposal) -> Place | None:
    """Where the refined proposal was asked for, as far as that place can still be told."""
    place = previous.request.place
    text = view.text(place.path) if place else None
    if place is None or text is None:
        return None
    before = next((c.before for c in previous.patch.changes if c.path == place.path), None) if previous.patch else None
    span = Span(min(place.span.start, len(text)), min(place.span.end, len(text)))
    return Place(place.path, span if before is None else _carried(place.span, before, text))


def _moved(request: Request, under: Patch) -> Ground:
    """The request as seen over the patched view."""
    view = request.view.patched(under)
    changed = {change.path: change for change in under.changes}
    place = request.place
    if place and (change := changed.get(place.path)):
        place = (
            Place(place.path, _carried(place.span, change.before or "", change.after or "")) if change.after is not None else None
        )
    diagnostics = tuple(_shifted(diagnostic, changed) for diagnostic in request.diagnostics)
    return Ground(replace(request, view=view, place=place, remove=None, diagnostics=diagnostics), under)


def _shifted(diagnostic: Diagnostic, changed: dict[str, FileChange]) -> Diagnostic:
    change = changed.get(diagnostic.path) if diagnostic.path else None
    if change is None or change.before is None or change.after is None:
        return diagnostic
    lines = Lines(change.before)
    start = lines.offset(diagnostic.line - 1, diagnostic.column, "utf-8")
    end = max(start, lines.offset(diagnostic.end_line - 1, diagnostic.end_column, "utf-8"))
    span, after = _carried(Span(start, end), change.before, change.after), Lines(change.after)
    (line, column), (end_line, end_column) = after.position(span.start, "utf-8"), after.position(span.end, "utf-8")
    return replace(diagnostic, line=line + 1, column=column, end_line=end_line + 1, end_column=end_column)


def _carried(span: Span, before: str, after: str) -> Span:
    """Where a stretch of a text lies in the next one; what was deleted shrinks to the place where it was."""
    edits = edits_between(before, after)
    start = _carried_offset(min(span.start, len(before)), edits)
    return Span(start, max(start, _carried_offset(min(span.end, len(before)), edits)))


def _carried_offset(offset: int, edits: tuple[Edit, ...]) -> int:
    shift = 0
    for edit in edits:
        if edit.span.end <= offset:
            shift += len(edit.text) - (edit.span.end - edit.span.start)
        elif edit.span.start < offset:
            return edit.span.start + shift
    return offset + shift
