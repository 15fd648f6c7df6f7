"""Lints for hollow green: what a patch adds that compiles and passes without being what was asked for.

    cast           Obj.magic, "%identity"                  test-gone       tests or checks fewer, a test file deleted
    stub           failwith "todo"                         test-emptied    a test that checks nothing any more
    assert-false   assert false                            expectation     [%expect], .expected or cram output edited
    warnings-off   [@warning "-8"], (flags (-w -a))        interface       an .mli exports more, or shows a type's definition
    swallowed      try … with _ ->                         interface-gone  an .mli deleted, its .ml kept
    commented-out  code turned into a comment              module-dropped  a module or stanza that dune no longer builds
    runs-code      (run …), (system …) in a dune file

Only what is new counts: what stood there before, anywhere in the patch, may stay or move. Comments and strings are never code
here: files are read by tree-sitter and as s-expressions. A lint never changes a verdict.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from aid_lsp.build.verdict import Lint
from aid_lsp.ces.lint_code import Found, code_findings, commented_out
from aid_lsp.ces.lint_dune import dropped, dune_findings
from aid_lsp.ces.lint_interface import interfaces
from aid_lsp.ces.lint_tests import expectations, lost_tests
from aid_lsp.edits.diff import line_changes
from aid_lsp.edits.lines import Lines, split_lines
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import is_ocaml

_MOST = 20

_ASKED = {
    "cast": r"\bObj\.|\bmagic\b|\bidentity\b|\bunsafe\b",
    "stub": r"\bstubs?\b|\bskeletons?\b|\bplaceholders?\b|\btodos?\b|\bfailwith\b|\bnot (?:yet )?implemented\b",
    "assert-false": r"\bassert\b|\bunreachable\b|\bimpossible\b",
    "warnings-off": r"\bwarnings?\b|\bflags?\b|\balerts?\b",
    "swallowed": r"\bexceptions?\b|\bcatch\b|\bignor(?:e|ing)\b|\bswallow",
    "commented-out": r"\bcomment(?:ed|ing)?\b",
    "test-gone": r"\btests?\b|\bchecks?\b|\bassert",
    "test-emptied": r"\btests?\b|\bchecks?\b",
    "expectation": r"\bpromot(?:e|ion|ing)\b|\bexpect|\boutputs?\b|\bsnapshots?\b|\bcram\b",
    "interface": r"\bexpos(?:e|ing)\b|\bexport|\binterfaces?\b|\.mli\b|\bsignatures?\b|\bpublic\b|\bAPI\b|\bmake\b.*\bvisible\b",
    "interface-gone": r"\binterfaces?\b|\.mli\b|\bsignatures?\b",
    "runs-code": r"\brules?\b|\bactions?\b|\bgenerat|\brun\w*\b|\bscripts?\b|\bdune\b",
    "module-dropped": r"\b(?:remov|delet|drop|exclud|mov|renam|split|merg)\w*|\bstanzas?\b",
}
"""The words of an instruction that ask for the thing itself."""


def lints(patch: Patch) -> tuple[Lint, ...]:
    """What to look at twice in a patch, by file and line; never raises, whatever the texts hold."""
    found = [
        *_new(patch, _findings),
        *commented_out(patch),
        *interfaces(patch),
        *lost_tests(patch),
        *expectations(patch),
        *dropped(patch),
    ]
    return tuple(sorted(dict.fromkeys(found), key=lambda lint: (lint.path, lint.line, lint.name))[:_MOST])


def unasked(found: Iterable[Lint], instruction: str) -> tuple[Lint, ...]:
    """Those that the instruction does not ask for: "promote the test output" may edit expectations."""
    return tuple(lint for lint in found if not re.search(_ASKED.get(lint.name, r"(?!)"), instruction, re.IGNORECASE))


def _findings(path: str, text: str) -> list[Found]:
    if is_ocaml(path):
        return code_findings(path, text)
    if path.rpartition("/")[2] in ("dune", "dune-workspace", "dune-project"):
        return dune_findings(text)
    return []


def _new(patch: Patch, findings: Callable[[str, str], list[Found]]) -> list[Lint]:
    """The findings that the patch adds, each on a line that it adds; what only moved is not new."""
    before = Counter(
        (one.name, one.key) for change in patch.changes if change.before for one in findings(change.path, change.before)
    )
    new: list[Lint] = []
    kept: list[tuple[FileChange, Found]] = []
    for change in patch.changes:
        if change.after is None:
            continue
        lines, added = Lines(change.after), added_lines(change)
        for one in findings(change.path, change.after):
            line = lines.position(one.start)[0]
            if line in added:
                kept.append((change, one))
            else:
                before[one.name, one.key] -= 1  # it stays where it was
    for change, one in kept:
        if before[one.name, one.key] > 0:
            before[one.name, one.key] -= 1
            continue
        line = Lines(change.after or "").position(one.start)[0] + 1
        new.append(Lint(one.name, change.path, line, one.message))
    return new


def added_lines(change: FileChange) -> set[int]:
    """The lines of the text after that are not in the text before, from 0."""
    after = split_lines(change.after or "")
    if change.before is None:
        return set(range(len(after)))
    return {line for run in line_changes(split_lines(change.before), after) for line in range(run.b0, run.b1)}
