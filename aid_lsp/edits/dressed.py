"""Finds new lines that came dressed up: as a listing, as a diff, with a page's or JSON's escapes. Written so, they would spoil the file."""

import html
import re
from collections.abc import Sequence

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.formats.fences import path_in_line
from aid_lsp.edits.found import is_code
from aid_lsp.edits.target import Target
from aid_lsp.edits.typography import fold

NUMBERED = re.compile(r"^[ \t]{0,8}(\d{1,6})[ \t]?(?:\||:|→)(?: (.*)|)$")
"""A line as a listing shows it: `   12 | let x = 1`."""

_ESCAPE = re.compile(r'\\(?:["_*#<>`]|(?<!\[\\)\[|\](?!\]))|\\u00[0-9A-Fa-f]{2}|&(?:lt|gt|amp|quot|apos|#39);|[“”„‟‘’‚‛…–—]')
"""`[\\[@x\\]]` is documentation's own."""
_PLUS = re.compile(r"\+(?!\+)")
"""What a diff puts before a line; `+++` also begins a heading in documentation."""
_PLAIN_QUOTE = re.compile(r'(?<!\\)"')
_INVISIBLE = re.compile("[\u00a0\u2007\u202f\u200b\u2060\ufeff]")


def dressed(added: Sequence[str], path: str, target: Target | None) -> str | None:
    """What the new lines of a block wear that cannot be meant; None where nothing is."""
    if not is_code(path):
        return None
    lines = [line for line in added if line.strip()]
    marks = {line[0] for line in lines}
    numbers = [NUMBERED.match(line) for line in lines]
    first = numbers[0] if numbers else None
    if (
        first is not None
        and all(n is not None and int(n[1]) >= int(first[1]) + i for i, n in enumerate(numbers))
        and (len(lines) > 1 or ":" not in lines[0].partition(first[1])[2][:2])
    ):
        return "its new lines have line numbers. Write them without"
    if not marks <= {"+", "-", " "} or not any(map(_PLUS.match, lines)) or (target and any(map(_PLUS.match, target.contents))):
        return None
    kept = [line[1:].strip() for line in lines if line[0] != "+"]
    if all(target is not None and target.stripped.places(line) for line in kept if line):
        return "its new lines are written as a diff, with `+` before them. Write the lines as the file shall hold them"
    return None


def escaped(path: str, before: str, after: str, anchor: Anchor | None) -> str | None:
    """What a page or JSON made of new code, where the code does not parse so, and does without: `\\"`, `&gt;`, curly quotes, odd spaces."""
    if anchor is None:
        return None
    odd = _INVISIBLE.search(after)
    if (
        odd is not None
        and not _INVISIBLE.search(before)
        and anchor.sound(path, fold(after))
        and not anchor.sound(path, _INVISIBLE.sub("\x01", after))  # in strings and comments any letter could stand for it
    ):
        return f"the new text holds the invisible character U+{ord(odd[0]):04X} in code. Write plain spaces"
    if _ESCAPE.search(after) is None or anchor.sound(path, after) or not anchor.sound(path, before):
        return None
    known = set(before.split("\n"))
    found: re.Match[str] | None = None
    lines = after.split("\n")
    for index, line in enumerate(lines):
        escape = _ESCAPE.search(line) if line not in known else None
        if escape is not None and not ("\\" in line and _PLAIN_QUOTE.search(line)):  # these are a string's own
            found = found or escape
            lines[index] = fold(_ESCAPE.sub(_unescaped, line))
    plain = "\n".join(lines)
    if found is None or not anchor.sound(path, plain):
        return None
    return f"the new text holds {found[0]!r} where code cannot have it. Write plain text: no escapes, straight quotes"


def _unescaped(match: re.Match[str]) -> str:
    escape = match[0]
    if escape.startswith("&"):
        return html.unescape(escape)
    if escape.startswith("\\u"):
        return chr(int(escape[2:], 16))
    return escape[-1]


def labels(line: str, path: str) -> bool:
    """Whether a line is no more than a comment that names the file it is in."""
    return line.lstrip().startswith(("(*", "//", "#", ";", "<!--")) and path_in_line(line, lambda _: False) == path
