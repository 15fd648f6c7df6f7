"""Moves a proposal onto the texts as they are now: whole, or with the names of the files that no longer fit.

made for   now           what becomes of it
─────────────────────────────────────────────────────────────────
text       same text     as proposed
text       typed in      merged by lines, if nobody touched the same place
text       gone          does not fit
nothing    nothing       as proposed: the file is created
nothing    a file        fits only if it is the proposed text already
"""

from dataclasses import dataclass

from aid_lsp.edits.patch import FileChange, Files, Patch
from aid_lsp.edits.rebase import Conflict, rebase
from aid_lsp.errors import Stale


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why one file of a patch does not fit the text as it is now."""

    path: str
    why: str
    """The rest of a sentence that begins with the path: `was changed at line 12, where the proposal changes it too`."""


def move(patch: Patch, files: Files) -> Patch | tuple[Misfit, ...]:
    """The patch as it applies to `files` now; its `before` texts are theirs. What is already so drops out of it."""
    changes: list[FileChange] = []
    misfits: list[Misfit] = []
    for change in patch.changes:
        moved = _move(change, files.text(change.path))
        if isinstance(moved, Misfit):
            misfits.append(moved)
        else:
            changes.append(moved)
    return tuple(misfits) or Patch.of(changes)


def moved_or_stale(patch: Patch, files: Files) -> Patch:
    """Like `move`, but raises `Stale` with a sentence that names the files."""
    moved = move(patch, files)
    if isinstance(moved, Patch):
        return moved
    places = "; ".join(f"{misfit.path} {misfit.why}" for misfit in moved)
    raise Stale(f"The proposal no longer fits: {places}. Nothing was changed; refine it or ask again.")


def _move(change: FileChange, current: str | None) -> FileChange | Misfit:
    if current == change.before or current == change.after:
        return FileChange(change.path, current, change.after, change.moved_from)
    if change.before is None:
        return Misfit(change.path, "exists by now, with another text")
    if current is None:
        return Misfit(change.path, "is gone")
    if change.after is None:
        return Misfit(change.path, "was changed, and the proposal deletes it")
    merged = rebase(change.before, change.after, current)
    if isinstance(merged, Conflict):
        lines = ", ".join(str(place.line + 1) for place in merged.places[:3])
        return Misfit(change.path, f"was changed at line {lines}, where the proposal changes it too")
    return FileChange(change.path, current, merged, change.moved_from)
