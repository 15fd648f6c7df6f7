"""The head of a definition: what somebody who uses it has to know, in as few lines as there are.

val pop : 'a t -> 'a                  a declaration, whole
let rec find ?from ~key t =           a value, up to what it stands for
type shape = Circle of float | ...    a type, whole unless it is long
module Make (Key : Ordered) : S =     a module, its first line
"""

import re

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import Item

_ROWS = 12
"""Of a declaration or a type; a longer one is cut."""
_LONGEST = 1_000
"""Characters of a value's name and parameters."""
_SIGN = re.compile(r"[(\[{]|[)\]}]|[=<>!:|&+*/$%@^~?.#-]+")
_REST = re.compile(r"[ \t;]*(?:\(\*.*\*\))?[ \t\r]*")


def head(text: str, item: Item) -> Span:
    """Whole lines from the definition's keyword on; comments before it are left out."""
    start, end = text.rfind("\n", 0, item.core.start) + 1, item.core.end
    if text[start : item.core.start].strip():
        start = item.core.start  # something else stands before it on its line
    if item.kind in ("type", "exception", "external", "class type") or (item.declared and item.kind in ("value", "method")):
        stop = start
        for _ in range(_ROWS):
            stop = text.find("\n", stop, end) + 1
            if not stop:
                return Span(start, _line_end(text, end))
        return Span(start, stop)
    last = item.name_span.end
    if item.kind in ("value", "method"):
        last = _parameters_end(text, last, min(end, last + _LONGEST))
    line_end = text.find("\n", last, end) + 1
    return Span(start, line_end or _line_end(text, end))


def _parameters_end(text: str, start: int, end: int) -> int:
    """Where a value's `=` stands; where it has none, `start`."""
    depth = 0
    for sign in _SIGN.finditer(text, start, end):
        if sign[0] in "([{":
            depth += 1
        elif sign[0] in ")]}":
            depth -= 1
        elif depth <= 0 and sign[0] == "=":
            return sign.start()
    return start


def _line_end(text: str, offset: int) -> int:
    """Past the line's end, or only up to the offset where something else than a comment follows on its line."""
    found = text.find("\n", offset)
    rest = text[offset:] if found < 0 else text[offset:found]
    if not _REST.fullmatch(rest):
        return offset
    return len(text) if found < 0 else found + 1
