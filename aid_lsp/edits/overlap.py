"""Finds blocks whose new lines go beyond the lines they replace: what follows would be there twice, or stay behind."""

import re

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.blocks import Change, Rows
from aid_lsp.edits.found import Found
from aid_lsp.edits.lines import lines_of
from aid_lsp.edits.target import Target

_LONGEST = 60
"""So many lines are compared beyond a block."""
_CONTEXT = 2
"""A block that keeps more lines below its last change says that these come next."""
_MOST = 2000
"""No definition that is looked at has more lines."""
_WORD = re.compile(r"[^\W\d]\w*|\d+")
_KEYWORDS = frozenset(["begin", "end", "in", "done", "do", "else", "then", "with", "and", "struct", "sig", "object", "try"])
"""Words that many lines consist of: two such lines are the same by chance."""
_DEFINES = re.compile(r"[ \t]*(?:let|and|method|let%\w+)\b")
_HEAD = re.compile(r"(?:let|type|val|external|exception)[ \t]+(?:rec[ \t]+|nonrec[ \t]+)?(?!_\b)\w")
_CHAINED = re.compile(r"^(?:[ \t]*\n)*[ \t]*and\b")
_GOES_ON = re.compile(r"(?:[|;)\]}<>=@&^+*/,:.-]|(?:in|and|with|then|else|done|end|do|of|to|downto|when)\b)")


def beyond(change: Change, found: Found, target: Target, anchor: Anchor | None) -> str | None:
    """Why a block with a place would leave its neighbours wrong; None where it would not. Kept lines at its edge say that they stay."""
    rows = _core(change.readings[0])
    if not rows or not found.edits:
        return None
    after = _repeated_below(rows, found, target, anchor)
    above = _repeated_above(found, target, anchor) if rows[0][0] != " " else None
    if after or above:
        where, line = ("below", after) if after else ("above", above)
        return (
            f"its new lines repeat lines that stand {where} the lines it replaces, and that would be there twice: "
            f"{str(line)[:80]!r}. Search for these lines, too, or leave them out of the new ones"
        )
    name = _headless(rows, found, target, anchor) if rows[-1][0] != " " and anchor is not None else None
    if name is not None:
        return (
            f"it replaces only the head of `{name}`, by a whole definition or nothing: the rest of the old one would stay. "
            "Search for all lines of the definition"
        )
    twice = _kept_and_added(rows) if target.path.endswith((".ml", ".mli")) else None
    if twice is not None:
        return f"it adds {twice[:80]!r} beside the same line, which it keeps: mark the old definition as removed"
    return None


def _kept_and_added(rows: Rows) -> str | None:
    """The head of a definition at the top that a block adds, and keeps, too; a preprocessor's branches may do so."""
    added = [line.rstrip() for tag, line in rows if tag == "+"]
    heads = [line for line in added if _HEAD.match(line)]
    if not heads or any(line.startswith("#") for _, line in rows):
        return None
    kept = {line.rstrip() for tag, line in rows if tag == " "}
    return next((line for line in heads if line in kept and not line.endswith(" in")), None)


def _core(rows: Rows) -> Rows:
    """The rows without blank kept lines at the edges."""
    start, end = 0, len(rows)
    while start < end and rows[start][0] == " " and not rows[start][1].strip():
        start += 1
    while end > start and rows[end - 1][0] == " " and not rows[end - 1][1].strip():
        end -= 1
    return rows[start:end]


def _repeated_below(rows: Rows, found: Found, target: Target, anchor: Anchor | None) -> str | None:
    kept = next((count for count, (tag, _) in enumerate(reversed(rows)) if tag != " "), len(rows))
    if kept > _CONTEXT or rows[-1 - kept][0] != "+":
        return None
    end = found.edits[-1].end + kept
    put = [line.strip() for tag, line in rows if tag != "-"][-_LONGEST:]
    there = [line.strip() for line in target.contents[end : end + _LONGEST]]
    for count in range(min(len(put), len(there)), kept, -1):
        if put[-count:] == there[:count]:
            return _telling(put[-count : len(put) - kept], found, target, anchor)
    return None


def _repeated_above(found: Found, target: Target, anchor: Anchor | None) -> str | None:
    edit = found.edits[0]
    added = [line.strip() for line in edit.lines[:_LONGEST]]
    there = [line.strip() for line in target.contents[max(0, edit.start - _LONGEST) : edit.start]]
    for count in range(min(len(added), len(there)), 0, -1):
        if added[:count] == there[-count:]:
            return _telling(there[-count:], found, target, anchor)
    return None


def _telling(lines: list[str], found: Found, target: Target, anchor: Anchor | None) -> str | None:
    """The longest of lines that have a name in them; `end` and the like only if the file does not parse with two of them."""
    words = {word for line in lines for word in _WORD.findall(line)}
    if words - _KEYWORDS:
        return max(lines, key=len)
    if anchor is None or not any(lines) or not anchor.sound(target.path, target.text):
        return None
    contents = list(target.contents)
    for edit in reversed(found.edits):
        contents[edit.start : edit.end] = edit.lines
    return None if anchor.sound(target.path, "\n".join(contents)) else max(lines, key=len)


def _headless(rows: Rows, found: Found, target: Target, anchor: Anchor) -> str | None:
    """The definition of which the block shows only the head, while its new lines are a whole one of that name."""
    old = [line for tag, line in rows if tag != "+"]
    new = [line for tag, line in rows if tag != "-"]
    if not old or len(old) > 4 or len(new) > _MOST or not _DEFINES.match(old[0]):
        return None
    last = next((line for line in reversed(new) if line.strip()), "")
    end = found.edits[-1].end
    rest = next((line.strip() for line in target.contents[end:] if line.strip()), "")
    before, after = _CHAINED.sub("let", "\n".join(old)), _CHAINED.sub("let", "\n".join(new))
    if not anchor.sound(target.path, after):
        return None
    goes_on = not rest or _GOES_ON.match(rest) or last.rstrip().endswith(";")
    cut = not goes_on and not anchor.sound(target.path, before)
    fresh = [one.name for one in anchor.named(target.path, after) if one.top]
    if last and not fresh:
        return None
    lines = lines_of(target.text)
    known = {line.strip() for line in new}
    for one in anchor.named(target.path, target.text):
        starts, ends = lines.position(one.code.start)[0], lines.position(one.code.end)[0]
        if found.line <= starts < end <= ends and one.kind in ("value", "method"):
            left = [line.strip() for line in target.contents[end : ends + 1] if line.strip()]
            again = [line for line in left if line in known]
            same = one.name.rpartition(".")[2] in fresh
            if cut or (same and 2 * len(again) >= len(left)):
                return one.name
    return None
