"""What an answer's formats have in common: blocks, each about one file, numbered in the order of the answer.

    answer ──formats/*──▶ Parsed(blocks, complaints) ──ladder──▶ placed edits ──assemble──▶ Patch

Lines here carry no line ends: how a line ends is the file's business, never the model's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from aid_lsp.edits.lines import Span
from aid_lsp.edits.sequence import changes

Tag = Literal[" ", "-", "+"]
Rows = tuple[tuple[Tag, str], ...]
"""Kept, removed and added lines."""


@dataclass(frozen=True, slots=True)
class Change:
    """Looks for lines and replaces some of them: a search/replace block, a hunk."""

    number: int
    path: str
    readings: tuple[Rows, ...]
    """What the block may say, the plainest reading first; a later one counts only where no earlier one is found."""
    rival_readings: bool = False
    """Whether the readings contradict each other, so that more than one found is a refusal."""
    headings: tuple[str, ...] = ()
    """The enclosing definitions the block names, outermost first: `let area shape =`."""
    line: int | None = None
    """The line it claims to start at, from 1; never trusted by itself."""
    prefixed: bool = False
    """Whether its lines came with a diff's prefixes, so that one space more or less may be a prefix."""
    at_end: bool = False
    """Whether it says that its lines end the file."""
    final_newline: bool | None = None
    """Whether it says how the file ends."""


@dataclass(frozen=True, slots=True)
class Create:
    """Makes a file that is not there."""

    number: int
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Removes a file."""

    number: int
    path: str


@dataclass(frozen=True, slots=True)
class Rename:
    """Moves a file; changes of it may be named by either path."""

    number: int
    path: str
    to: str


@dataclass(frozen=True, slots=True)
class Whole:
    """Gives the whole text of a file, new or old."""

    number: int
    path: str
    text: str
    removed: tuple[str, ...] = ()
    """The definitions it says it leaves out on purpose."""
    assumed: bool = False
    """Whether its fence has no path, and this is the one file that the answer speaks of: then it must resemble that file."""


@dataclass(frozen=True, slots=True)
class Define:
    """Replaces named definitions whole, adds new ones, or deletes one."""

    number: int
    path: str
    name: str
    """The definition it is about; empty: those in the text, by their own names."""
    how: Literal["replace", "after", "before", "delete"]
    text: str


@dataclass(frozen=True, slots=True)
class Exact:
    """A file's hunks by their line numbers: from a tool's diff, or one that git's blob names prove to be made for this very text."""

    number: int
    path: str
    hunks: tuple[tuple[int, Rows, bool | None], ...]
    """(line it starts at, from 1; rows; how the file ends, where said)."""
    blobs: tuple[str, str] | None
    """The starts of git's names of the text before and after; None: the diff is trusted."""
    changes: tuple[Change, ...]
    """The same hunks to be placed by their lines, where the blob names do not prove anything."""


Block = Change | Create | Delete | Rename | Whole | Define | Exact


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a part of an answer is no block."""

    number: int | None
    path: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a format's reader found."""

    blocks: tuple[Block, ...]
    faults: tuple[Fault, ...] = ()
    used: tuple[Span, ...] = ()
    """The parts of the answer that it took; the rest is prose."""
    verbatim: Mapping[str, int] = field(default_factory=dict[str, int])
    """Lines that the answer declares to be text, though they look as if they stood for other lines, and how many of each."""


def rows_between(search: list[str], replace: list[str]) -> Rows:
    """The rows that turn the searched lines into the replacement."""
    rows: list[tuple[Tag, str]] = []
    at = 0
    for run in changes(search, replace):
        rows += tagged(" ", search[at : run.a0])
        rows += tagged("-", search[run.a0 : run.a1])
        rows += tagged("+", replace[run.b0 : run.b1])
        at = run.a1
    rows += tagged(" ", search[at:])
    return tuple(rows)


def tagged(tag: Tag, lines: list[str]) -> list[tuple[Tag, str]]:
    """The lines, each as a row of one kind."""
    return [(tag, line) for line in lines]


def body_lines(text: str) -> list[str]:
    """The lines of a block's body without their ends; `\\r` before `\\n` is an end, too."""
    if not text:
        return []
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    return lines
