"""Tells the errors that a patch makes from those that were there before.

An error is the same one if file, code and message are equal and its line is the old line carried through the patch; inside a
rewritten stretch any line of the stretch will do. Numbers that change from run to run (times, ids, places inside a message) do
not count, nor what an error's way to us changes: over dune's RPC alone, a message has other indentation and a warning no code.

What is not the same may still have been there: a compiler stops at the first error of a file, and dune does not compile what
depends on a broken file. Where the patch mends an error, others *may come to light*; whether a file did compile before is then
asked of dune (`climb.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aid_lsp.edits.diff import line_changes
from aid_lsp.edits.lines import split_lines
from aid_lsp.edits.patch import Patch
from aid_lsp.edits.sequence import Change
from aid_lsp.workspace.diagnostic import Diagnostic

_VOLATILE = (
    (re.compile(r"lines? \d+(-\d+)?(, characters \d+-\d+)?"), "line _"),
    (re.compile(r"@@ [^@]* @@"), "@@"),
    (re.compile(r"\.sandbox/[0-9a-f]+|index [0-9a-f]+\.\.[0-9a-f]+|`[0-9A-Z]{8}'|0x[0-9a-f]+"), "_"),
    (re.compile(r"\b\d+(\.\d+)? ?(s|ms|us|ns|sec|seconds?)\b"), "_ s"),
    (re.compile(r"\b(dune|bin/dune|\S*dune):\d+"), r"\1"),
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The errors of a patched tree, told apart, and what became of the errors before."""

    new: tuple[Diagnostic, ...]
    """They are not known from before."""
    dark: tuple[Diagnostic, ...]
    """Those of the new ones that may have been hidden behind an error that is gone."""
    old: tuple[Diagnostic, ...]
    """They were there before, with their places of now."""
    fixed: tuple[Diagnostic, ...]
    """They were there before and are not any more, with their places of then."""


def compare(before: Sequence[Diagnostic], after: Sequence[Diagnostic], patch: Patch) -> Comparison:
    """Compares the errors of the tree before with those of the patched tree."""
    moves = {change.path: _Moves.of(change.before or "", change.after or "") for change in patch.changes}
    left = list(before)
    old: list[Diagnostic] = []
    new: list[Diagnostic] = []
    for error in after:
        twin = next((one for one in left if _same(one, error, moves.get(one.path or ""))), None)
        if twin is None:
            new.append(error)
        else:
            left.remove(twin)
            old.append(error)
    dark = (error for error in new if left and _may_have_been_hidden(error, left, moves.get(error.path or "")))
    return Comparison(tuple(new), tuple(dark), tuple(old), tuple(left))


@dataclass(frozen=True, slots=True)
class _Moves:
    """Where the lines of one file went; lines count from 0 here."""

    changes: tuple[Change, ...]

    @classmethod
    def of(cls, before: str, after: str) -> "_Moves":
        return cls(tuple(line_changes(split_lines(before), split_lines(after))))

    def after(self, line: int) -> range:
        """The lines that an old line may be now: one, or the stretch that took its place."""
        shift = 0
        for change in self.changes:
            if line < change.a0:
                break
            if line < change.a1:
                return range(change.b0, max(change.b1, change.b0 + 1))
            shift = change.b1 - change.a1
        return range(line + shift, line + shift + 1)

    def touched(self, line: int) -> bool:
        """Whether a line of now was written by the patch."""
        return any(change.b0 <= line < change.b1 for change in self.changes)


def _same(before: Diagnostic, after: Diagnostic, moves: _Moves | None) -> bool:
    if (before.path, before.promotion) != (after.path, after.promotion):
        return False
    if before.code != after.code and before.code is not None and after.code is not None:
        return False
    if before.message != after.message and steady(before.message) != steady(after.message):
        return False
    if before.path is None or moves is None:
        return before.path is None or before.line == after.line
    return after.line - 1 in moves.after(before.line - 1)


def _may_have_been_hidden(error: Diagnostic, gone: Sequence[Diagnostic], moves: _Moves | None) -> bool:
    """Whether the patch did not write the line, and the compiler may not have come to it before."""
    if error.path is None or (moves is not None and moves.touched(error.line - 1)):
        return False
    said_last = error.code is not None or error.end_column == 0  # warnings, and mismatches of whole files
    here = [one.line - 1 for one in gone if one.path == error.path]
    return said_last or not here or any((moves.after(line).start if moves else line) <= error.line - 1 for line in here)


def steady(message: str) -> str:
    """The message without what changes from run to run, and without its layout."""
    for pattern, instead in _VOLATILE:
        message = pattern.sub(instead, message)
    return " ".join(message.split())
