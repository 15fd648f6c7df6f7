"""Takes a part of a patch: some files, some hunks. What is left is a patch that begins where the part ends.

    before ──part──▶ middle ──rest──▶ after        nothing is lost: part and rest together are the patch

A file that is created, deleted or renamed is taken whole. A hunk is named by its number or by `id`, which says what it changes
and where it ends up, so that it means the same hunk after others were taken.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from aid_lsp.edits.diff import Hunk, hunks
from aid_lsp.edits.lines import split_lines
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.errors import NotFound


@dataclass(frozen=True, slots=True)
class HunkName:
    """Which hunk of which file is meant."""

    path: str
    index: int | None = None
    """From 0, in the order of the file."""
    id: str = ""
    """Counts where it is given."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user takes of a proposal."""

    files: tuple[str, ...] = ()
    hunks: tuple[HunkName, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether nothing was left out, as nothing was named."""
        return not self.files and not self.hunks


def hunks_of(change: FileChange) -> tuple[Hunk, ...]:
    """The hunks of a file that can be taken one by one, as a unified diff shows them."""
    return hunks(change.before or "", change.after or "", path=change.path)


def hunk_id(hunk: Hunk) -> str:
    """The name of a hunk by what it says: its changed lines and where they are in the text after the whole patch."""
    said = [f"{row.tag}{row.text}" for row in hunk.rows if row.tag != " "]
    lead = next((number for number, row in enumerate(hunk.rows) if row.tag != " "), 0)
    return hashlib.sha256(f"{hunk.new_start + lead}\n{''.join(said)}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


def split(patch: Patch, choice: Choice) -> tuple[Patch, Patch]:
    """The part that is chosen and the rest. Raises `NotFound` for a file or hunk that the patch does not have."""
    if choice.everything:
        return patch, Patch(())
    whole = _with_partners(patch, choice.files)
    wanted: dict[str, set[int]] = {}
    by_path = {change.path: change for change in patch.changes}
    for name in choice.hunks:
        change = by_path.get(name.path)
        if change is None:
            raise NotFound(_no_file(name.path, patch))
        if change.before is None or change.after is None:
            whole |= _with_partners(patch, (name.path,))
        else:
            wanted.setdefault(name.path, set()).add(_index(change, name))
    part: list[FileChange] = []
    rest: list[FileChange] = []
    for change in patch.changes:
        if change.path in whole:
            part.append(change)
        elif change.path in wanted:
            middle = _with_hunks(change, wanted[change.path])
            part.append(FileChange(change.path, change.before, middle, change.moved_from))
            rest.append(FileChange(change.path, middle, change.after, change.moved_from))
        else:
            rest.append(change)
    return Patch.of(part), Patch.of(rest)


def _with_partners(patch: Patch, paths: Iterable[str]) -> set[str]:
    """The files, and the other half of each rename."""
    chosen = set(paths)
    for path in chosen - set(patch.paths):
        raise NotFound(_no_file(path, patch))
    for change in patch.changes:
        if change.moved_from in patch.paths and (change.path in chosen or change.moved_from in chosen):
            chosen |= {change.path, change.moved_from or ""}
    return chosen


def _no_file(path: str, patch: Patch) -> str:
    return f"The proposal does not change {path!r}; it changes {', '.join(patch.paths)}."


def _index(change: FileChange, name: HunkName) -> int:
    found = hunks_of(change)
    if name.id:
        for index, hunk in enumerate(found):
            if hunk_id(hunk) == name.id:
                return index
    elif name.index is not None and 0 <= name.index < len(found):
        return name.index
    which = name.id or name.index
    raise NotFound(f"{change.path} has no hunk {which!r}; it has {len(found)}. Look at the proposal again: a part may be taken.")


def _with_hunks(change: FileChange, chosen: set[int]) -> str:
    """The text before, with the chosen hunks made."""
    old = split_lines(change.before or "")
    lines: list[str] = []
    at = 0
    for index, hunk in enumerate(hunks_of(change)):
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        lines += old[at:start]
        unwanted = "-" if index in chosen else "+"
        lines += [row.text for row in hunk.rows if row.tag != unwanted]
        at = start + hunk.old_count
    return "".join(lines + old[at:])
