"""Finds blocks whose new lines go beyond the lines they replace: what follows would be there twice, or stay behind."""

import re
from collections.abc import Iterable

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.blocks import Change, Rows
from aid_lsp.edits.found import Found
from aid_lsp.edits.lines import lines_of
from aid_lsp.edits.target import Index, Target

_LONGEST = 60
"""So many lines are compared beyond a block."""
_CONTEXT = 2
"""A block that keeps more lines below its last change says that these come next."""
_MOST = 2000
"""No definition that is looked at has more lines."""
_WORD = re.compile(r"[^\W\d]\w*|\d+")
_KEYWORDS = frozenset(["begin", "end", "in", "done", "do", "else", "then", "with", "and", "struct", "sig", "object", "try"])
"""Words that many lines consist of: two such lines are the same by chance."""
_NEVER_TWICE = frozenset(["else", "then", "in", "with", "and", "of", "struct", "sig", "do"])
"""Words of which two in a row are never OCaml."""
_DEFINES = re.compile(r"[ \t]*(?:let|and|method|let%\w+)\b")
_HEAD = re.compile(r"(?:let|type|val|external|exception)[ \t]+(?:rec[ \t]+|nonrec[ \t]+)?(?!_\b)\w")
_CHAINED = re.compile(r"^(?:[ \t]*\n)*[ \t]*and\b")
_GOES_ON = re.compile(r"(?:[|;)\]}<>=@&^+*/,:.-]|(?:in|and|with|then|else|done|end|do|of|to|downto|when)\b)")


def beyond(change: Change, found: Found, target: Target, anchor: Anchor | None) -> str | None:
    """Why a block with a place would leave its neighbours wrong; None where it would not. Kept lines at its edge say that they stay."""
    rows = _core(change.readings[0])
    if not rows or not found.edits:
        return None
    after = _repeated_below(rows, change.prefixed, found, target, anchor)
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
    twice = _kept_and_added(rows, target, anchor) if anchor is not None and target.path.endswith((".ml", ".mli")) else None
    if twice is not None:
        return f"it adds {twice[:80]!r} beside the same line, which it keeps: mark the old definition as removed"
    return None


def _kept_and_added(rows: Rows, target: Target, anchor: Anchor) -> str | None:
    """The head of a definition at the top that a block adds, and keeps, too; a preprocessor's branches may do so.

    A line that is a whole definition is none: who writes `val x : t` beside the same line has seen both.
    """
    added = [line.rstrip() for tag, line in rows if tag == "+"]
    heads = [line for line in added if _HEAD.match(line)]
    if not heads or any(line.startswith("#") for _, line in rows):
        return None
    kept = {line.rstrip() for tag, line in rows if tag == " "}
    twice = [line for line in heads if line in kept and not line.endswith(" in")]
    return next((line for line in twice if not anchor.sound(target.path, line)), None)


def _core(rows: Rows) -> Rows:
    """The rows without blank kept lines at the edges."""
    start, end = 0, len(rows)
    while start < end and rows[start][0] == " " and not rows[start][1].strip():
        start += 1
    while end > start and rows[end - 1][0] == " " and not rows[end - 1][1].strip():
        end -= 1
    return rows[start:end]


def _repeated_below(rows: Rows, prefixed: bool, found: Found, target: Target, anchor: Anchor | None) -> str | None:
    """A line of the longest run that ends the new lines and begins those below the block, and that is new there at least in part.

    Blank lines do not count. A diff says by its marks which lines stay. Of other blocks a line is new, too, that comes oftener than it
    was; and where the block ends with a twin of the line below, there is no telling whether it added one or kept one.
    """
    kept = next((count for count, (tag, _) in enumerate(reversed(rows)) if tag != " "), len(rows))
    end = found.edits[-1].end + kept
    if prefixed and kept > _CONTEXT:
        return None
    there = _shown(target.contents[end : end + _LONGEST])
    put = _shown(line for tag, line in rows if tag != "-")
    searched = _shown(line for tag, line in rows if tag != "+")
    stays = len(_shown(line for _, line in rows[len(rows) - kept :]))
    added = rows[-1 - kept][0] == "+"
    for count in range(min(len(put), len(there)), stays if prefixed else 0, -1):
        run = there[:count]
        if put[-count:] == run and ((added and count > stays) or _times(run, put) > _times(run, searched)):
            return _telling(run[: count - stays] if prefixed else run, found, target, anchor)
    return None


def _shown(lines: Iterable[str]) -> list[str]:
    """The lines that are not blank, without their indentation."""
    return [line.strip() for line in lines if line.strip()]


def _times(run: list[str], lines: list[str]) -> int:
    """How often lines stand in a row among others."""
    return len(Index(lines).find(run, _LONGEST))


def _repeated_above(found: Found, target: Target, anchor: Anchor | None) -> str | None:
    edit = found.edits[0]
    added = [line.strip() for line in edit.lines[:_LONGEST]]
    there = [line.strip() for line in target.contents[max(0, edit.start - _LONGEST) : edit.start]]
    for count in range(min(len(added), len(there)), 0, -1):
        if added[:count] == there[-count:]:
            return _telling(there[-count:], found, target, anchor)
    return None


def _telling(lines: list[str], found: Found, target: Target, anchor: Anchor | None) -> str | None:
    """The longest of lines that have a name in them; `end` and the like only if the file does not parse with two of them, or in comments."""
    words = {word for line in lines for word in _WORD.findall(line)}
    if words - _KEYWORDS or (len(lines) == 1 and lines[0] in _NEVER_TWICE):
        return max(lines, key=len)
    if anchor is None or not any(lines) or not anchor.sound(target.path, target.text):
        return None
    contents = list(target.contents)
    for edit in reversed(found.edits):
        contents[edit.start : edit.end] = edit.lines
    if not anchor.sound(target.path, "\n".join(contents)):
        return max(lines, key=len)
    return max(lines, key=len) if _in_comment(found.edits[-1].end, target, anchor) else None


def _in_comment(line: int, target: Target, anchor: Anchor) -> bool:
    """Whether a line of a file that parses lies in a comment or a string: there a bracket that nothing closes spoils nothing."""
    broken = [*target.contents[:line], "[", *target.contents[line:]]
    return anchor.sound(target.path, "\n".join(broken))


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
