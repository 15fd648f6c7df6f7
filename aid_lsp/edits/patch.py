"""A patch: what a set of files was and what it becomes, whole or not at all.

    answer text ──read──▶ Reading(patch | None, complaints) ──judge──▶ ...
                             │
    Patch(changes) ─ FileChange(path, before, after)      before None: created · after None: deleted

A patch carries both texts, so it can be judged, shown, undone and rebased from its own record.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from aid_lsp.edits.lines import Span


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replaces one stretch of one text."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """What becomes of one file."""

    path: str
    """Relative to the workspace, with `/`."""
    before: str | None
    """The text it was made for; None creates the file."""
    after: str | None
    """The text it shall have; None deletes the file."""
    moved_from: str | None = None
    """The path it had before, if the answer renamed it; that path's deletion is a change of its own."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Changes to several files, each file at most once, sorted by path; none leaves its file as it was."""

    changes: tuple[FileChange, ...]

    @classmethod
    def of(cls, changes: Iterable[FileChange]) -> "Patch":
        """Sorts, drops changes that change nothing; two changes of one path are a bug of the caller."""
        kept = sorted((c for c in changes if c.before != c.after), key=lambda c: c.path)
        paths = [c.path for c in kept]
        if len(set(paths)) != len(paths):
            raise ValueError(f"a path is changed twice: {paths!r}")
        return cls(tuple(kept))

    @property
    def paths(self) -> tuple[str, ...]:
        """The files it touches."""
        return tuple(change.path for change in self.changes)

    @property
    def empty(self) -> bool:
        """Whether it changes nothing."""
        return not self.changes


class Files(Protocol):
    """The texts an answer is read against; `workspace.view.View` is one, a dict's `get` in tests another."""

    def text(self, path: str) -> str | None:
        """The text of a file, None where there is none."""
        ...

    def paths(self) -> tuple[str, ...]:
        """Every file there is."""
        ...


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why a part of an answer could not be used, phrased for the model that wrote it."""

    message: str
    """What failed, what was looked for, the candidates, and what not to send again."""
    path: str | None = None
    block: int | None = None
    """Which block of the answer, from 1."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where and how one block of an answer was placed."""

    block: int
    path: str
    rung: str
    """The rung of the ladder that placed it: exact, trailing-space, indentation, anchor, whole-file, ..."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says: a patch, or the complaints that keep it from being one; never both."""

    patch: Patch | None
    complaints: tuple[Complaint, ...] = ()
    placements: tuple[Placement, ...] = field(default=())
    prose: str = ""
    """What the answer said around its edits, shortened."""
