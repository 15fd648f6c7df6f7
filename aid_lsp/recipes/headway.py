"""Whether a repair got the build further: an error that is gone may only make room for later ones."""

import re
from collections.abc import Sequence
from dataclasses import replace

from aid_lsp.recipes.repairs.site import Repair
from aid_lsp.recipes.sources import OCamlLines
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View


def moved(error: Diagnostic, repair: Repair, view: View) -> Diagnostic:
    """The error where it would be now if the repair had not helped: further down if lines were put in above it."""
    text = view.text(repair.path) or ""
    start = OCamlLines(text).offset(error.line, error.column) if repair.path == error.path else None
    if start is None:
        return error
    above = [(span, new) for span, new in repair.replacements.items() if span.end <= start]
    lines = sum(new.count("\n") - span.of(text).count("\n") for span, new in above)
    return replace(error, line=error.line + lines, end_line=error.end_line + lines)


def further(error: Diagnostic, before: Sequence[Diagnostic], after: Sequence[Diagnostic], was: Diagnostic) -> bool:
    """Whether the error is gone and nothing as early in its file came instead: the compiler stops at a file's first type error."""
    if any(other.path is None and not any(key(other) == key(one) for one in before) for other in after):
        return False  # a circle of dependencies, say
    same = [other for other in after if other.path == error.path]
    known = [other for other in before if other.path == error.path and other is not was]
    for other in same:
        if key(other) == key(error) and other.line == error.line and other.column == error.column:
            return False
        if is_syntax(other) and not is_syntax(error):
            return False
        fresh = not any(key(other) == key(one) for one in known)
        if _next_case(error, other) or disagrees_further(error, other) or (is_syntax(error) and not is_syntax(other)):
            continue  # types are looked at only once the file parses, cases are missed one by one
        place, old = (other.line, other.column), (error.line, error.column)
        if _is_warning(other) and not _is_warning(error):
            continue  # the compiler warns only of what it has typed
        deeper = place == old and "Unbound module" in error.message and "Unbound" in other.message
        if fresh and place <= old and not deeper:
            return False
    return True


def made_worse(error: Diagnostic, before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> bool:
    """Whether another error came up right where the repair was made, or there are more elsewhere."""
    if "Unbound" in error.first_line or "not exhaustive" in error.first_line or is_syntax(error):
        return False
    known = {key(other) for other in before}
    after = [other for other in after if not disagrees_further(error, other)]
    fresh = [other for other in after if key(other) not in known and (not _is_warning(other) or _MADE_UP.search(other.message))]
    return any(other.path == error.path and error.line <= other.line <= error.end_line for other in fresh)


_MADE_UP = re.compile(r"not exhaustive|should have type unit|match case is unused")
"""Warnings that tell of a repair that was not meant."""


def _next_case(error: Diagnostic, other: Diagnostic) -> bool:
    """Whether two errors say of matches that different cases are missing."""
    return "not exhaustive" in error.first_line and "not exhaustive" in other.first_line and error.message != other.message


def disagrees_further(error: Diagnostic, other: Diagnostic) -> bool:
    """Whether two errors say of one interface that different things are not as it says: the compiler tells types first, then values."""
    both = all("does not match the interface" in one.message for one in (error, other))
    return both and error.path == other.path and _first_of(error) != _first_of(other)


def _first_of(error: Diagnostic) -> str:
    """What an interface and its implementation disagree about first: `val total`."""
    said = re.search(r"do not match:\s+(\w+\s+\S+)", error.message)
    return said[1] if said is not None else error.message


def is_syntax(diagnostic: Diagnostic) -> bool:
    """Whether the file could not even be read."""
    return diagnostic.first_line.startswith(
        ("Syntax error", "Illegal character", "Invalid literal", "String literal not", "Comment not")
    )


def _is_warning(diagnostic: Diagnostic) -> bool:
    """Whether it is a warning that the build takes for an error; dune's RPC leaves out its number."""
    return diagnostic.code is not None or diagnostic.message.startswith(("unused ", "this ", "label", "Alert "))


def worth(error: Diagnostic, remaining: Sequence[Diagnostic]) -> tuple[int, int, int]:
    """Fewer errors first, then the file whose next error comes later; what is only warned of has been typed, so it is worth more."""
    hard = [other for other in remaining if not _is_warning(other)]
    lines = [other.line for other in hard if other.path == error.path]
    return -len(hard), min(lines, default=1 << 30), -len(remaining)


def key(error: Diagnostic) -> tuple[str | None, str]:
    """What an error is, wherever its file has it now."""
    return error.path, error.message
