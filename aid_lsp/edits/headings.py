"""Finds the definition that a block names behind its `@@`, and tells whether its place lies there."""

from collections.abc import Iterable

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.indentation import indentation
from aid_lsp.edits.lines import Lines, split_lines
from aid_lsp.edits.target import Target

_PARAGRAPH = 100
"""So many lines without a blank one may stand between a place in a comment and the definition below that it belongs to."""


def contradicted(line: int, count: int, changed: int, headings: tuple[str, ...], target: Target, anchor: Anchor | None) -> bool:
    """Whether the block names a definition and was found in quite another: the true place has changed, a twin is left.

    The block stands at `line`, has `count` lines there, and its first change is at `changed`.
    """
    if len(headings) != 1:
        within = region(headings, target, anchor)
        return within is not None and not (within[0] < line + count and line < within[1])
    heads = _heading_lines(headings[-1], 0, len(target.contents), target)
    return bool(heads) and all(_elsewhere(line, count, changed, first, target, anchor) for first in heads)


def _elsewhere(line: int, count: int, changed: int, first: int, target: Target, anchor: Anchor | None) -> bool:
    """Whether the lines from `line` on belong to another definition than the one that begins on the line `first`."""
    if line <= first < line + count:
        return False
    if first < line and not _definitions_between(first + 1, line, target.contents[first], target):
        return False
    if anchor is None:
        return True
    lines = Lines(target.text)
    known = [one for one in anchor.named(target.path, target.text) if one.whole]
    heads = [lines.position(one.code.start)[0] for one in known]
    if first not in heads:
        between = target.contents[line + count : first]
        same = len(between) < _PARAGRAPH and all(one.strip() for one in between)
        return line < first and not (same and not _definitions_between(changed, first, target.contents[first], target))
    own = known[heads.index(first)]
    start, end = lines.position(own.span.start)[0], lines.position(own.span.end)[0]
    if start < line + count and line <= end:
        return False  # inside, or in the comment above
    return line < start or any(end < head < line for head in heads)


def _definitions_between(start: int, end: int, head: str, target: Target) -> bool:
    """Whether a line between two may begin something at the depth of the line `head`, or further left."""
    depth = len(indentation(head))
    return any(
        len(indentation(line)) <= depth
        and line.lstrip()[:1].isalpha()
        and not line.lstrip().startswith(("in ", "end", "done", "with", "then", "else"))
        for line in target.contents[start:end]
        if line.strip()
    )


def region(headings: Iterable[str], target: Target, anchor: Anchor | None) -> tuple[int, int] | None:
    """The lines of the definition that the headings name, outermost first; None where they name none, or several."""
    start, end = 0, len(target.contents)
    for heading in headings:
        at = _heading_line(heading, start, end, target)
        if at is None:
            return None
        start, end = at, _end_of(at, end, target, anchor)
    return start, end


def _heading_line(heading: str, start: int, end: int, target: Target) -> int | None:
    """The one line between two that reads as the heading, or starts with it; None where there are none, or several."""
    at = _heading_lines(heading, start, end, target)
    return at[0] if len(at) == 1 else None


def _heading_lines(heading: str, start: int, end: int, target: Target) -> list[int]:
    """The lines between two that read as the heading, or else start with it."""
    wanted = " ".join(heading.split()).removesuffix("...").removesuffix("…").strip()
    if len(wanted) < 3:
        return []
    at = [number for number in _lines_starting(heading.strip(), target) if start <= number < end]
    if not at:
        at = [number for number in range(start, end) if " ".join(target.contents[number].split()).startswith(wanted)]
    whole = [number for number in at if " ".join(target.contents[number].split()) == wanted]
    return whole if len(whole) == 1 else at


def _lines_starting(heading: str, target: Target) -> list[int]:
    """The lines that start with a text, but for their indentation; the first few hundred."""
    found: list[int] = []
    at = target.text.find(heading)
    for _ in range(300):
        if at < 0:
            break
        start = max(target.text.rfind("\n", 0, at), target.text.rfind("\r", 0, at)) + 1
        if not target.text[start:at].strip():
            found.append(target.text.count("\n", 0, start) if "\r" not in target.text else len(split_lines(target.text[:start])))
        at = target.text.find(heading, at + 1)
    return found


def _end_of(start: int, end: int, target: Target, anchor: Anchor | None) -> int:
    """Where the definition that starts on a line ends."""
    if anchor is not None:
        lines = Lines(target.text)
        spans = [n for n in anchor.named(target.path, target.text) if lines.position(n.code.start)[0] == start]
        if spans:
            return min(end, lines.position(max(n.code.end for n in spans))[0] + 1)
    depth = len(indentation(target.contents[start]).expandtabs(8))
    for number in range(start + 1, end):
        line = target.contents[number]
        if (
            line.strip()
            and len(indentation(line).expandtabs(8)) <= depth
            and not line.lstrip().startswith(("|", ")", "]", "}", "in", "end"))
        ):
            return number
    return end
