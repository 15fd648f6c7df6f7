"""What comes of looking for a block's place: found, with its edits, or lost, with the reason."""

from dataclasses import dataclass

from aid_lsp.edits.blocks import Rows

SPELLINGS = ("exact", "trailing", "stripped", "folded")
"""How lines are compared: as they are, without spaces at the end, without any at either end, in plain typography."""

_CODE = (".ml", ".mli", ".mll", ".mly", ".mlp", ".eliom", ".re", ".rei", ".c", ".h", "dune", "dune-project", "dune-workspace")


@dataclass(frozen=True, slots=True, order=True)
class LineEdit:
    """Replaces lines `start` to `end` (exclusive, from 0)."""

    start: int
    end: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A block's edits, and how its place was found."""

    rung: str
    line: int
    """Where the block starts in the file, from 0."""
    edits: tuple[LineEdit, ...]
    curled: bool = False
    """Whether the answer went through a word processor: it has curly quotes where the file has straight ones."""
    final_newline: bool | None = None
    spelling: str = "exact"
    """How loosely lines had to be compared, typography aside: exact, trailing or stripped."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Why a block has no place."""

    kind: str
    """several, nowhere, blank, no-context, indentation, typography, contradiction, elided-change, elided-addition."""
    lines: tuple[int, ...] = ()
    """The candidates, from 0."""
    wanted: tuple[str, ...] = ()
    """What was looked for."""
    detail: str = ""


def is_code(path: str) -> bool:
    """Whether a bare `...` can have no business in a file."""
    return path.endswith(_CODE)


def line_edits(rows: Rows, at: int) -> tuple[LineEdit, ...]:
    """The edits of rows that stand at line `at`; runs of changed lines only, so that neighbours may share kept lines."""
    edits: list[LineEdit] = []
    start = at
    fresh: list[str] = []
    for tag, line in rows:
        if tag == " ":
            if at > start or fresh:
                edits.append(LineEdit(start, at, tuple(fresh)))
            at += 1
            start, fresh = at, []
        elif tag == "-":
            at += 1
        else:
            fresh.append(line)
    if at > start or fresh:
        edits.append(LineEdit(start, at, tuple(fresh)))
    return tuple(edits)
