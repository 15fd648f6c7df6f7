"""What the edit engine asks about the named things in a text; `ocaml/anchor.py` answers for OCaml and dune.

edits/ knows lines, not languages. Whoever reads an answer hands an `Anchor` in; without one the rungs that need names refuse.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from aid_lsp.edits.lines import Span


@dataclass(frozen=True, slots=True)
class Named:
    """One definition of a text: an OCaml item, or a dune stanza."""

    name: str
    """Its path from the top of the file: `area`, `Parser.State.step`; for dune `library shapes`."""
    kind: str
    """value, type, module, module type, constructor, field, exception, class, method, external, test, stanza, ..."""
    span: Span
    """All of it, with its doc comments and attributes; ends before the line end."""
    code: Span
    """The same without its doc comments."""
    top: bool
    """Whether it stands at the top level of the file."""
    sound: bool
    """Whether no syntax error touches it."""
    whole: bool = True
    """Whether it can be replaced by itself: an item of a structure or signature, `and g = ...` too; not a field."""


class Anchor(Protocol):
    """Finds named things by tree-sitter; never raises, knows nothing of a file that is not its language."""

    def named(self, path: str, text: str) -> tuple[Named, ...]:
        """Every definition of the text, outer before inner, in the order of the text; empty for other kinds of file."""
        ...

    def sound(self, path: str, text: str) -> bool:
        """Whether the text parses without an error; True for other kinds of file."""
        ...


class Careful:
    """Asks an anchor once for each text, and never about text that no person wrote: parsers recurse, and a model may nest for ever."""

    __slots__ = ("_anchor", "_named", "_sound")

    def __init__(self, anchor: Anchor) -> None:
        self._anchor = anchor
        self._named: dict[tuple[str, str], tuple[Named, ...]] = {}
        self._sound: dict[tuple[str, str], bool] = {}

    def named(self, path: str, text: str) -> tuple[Named, ...]:
        """What the anchor says; nothing for monstrous text."""
        key = (path, text)
        if key not in self._named:
            self._named[key] = () if monstrous(text) else self._anchor.named(path, text)
        return self._named[key]

    def sound(self, path: str, text: str) -> bool:
        """What the anchor says; False for monstrous text."""
        key = (path, text)
        if key not in self._sound:
            self._sound[key] = not monstrous(text) and self._anchor.sound(path, text)
        return self._sound[key]


_NESTING = re.compile(r"\(\*|\*\)|[(\[{)\]}]|\b(?:struct|sig|begin|object|do|done|end)\b")
_OPENERS = frozenset({"(", "[", "{", "(*", "struct", "sig", "begin", "object", "do"})
_DEEPEST = 1000
_LONGEST = 1_000_000


def monstrous(text: str) -> bool:
    """Whether a text is longer or nested deeper than code is."""
    if len(text) > _LONGEST:
        return True
    if len(text) < _DEEPEST:
        return False
    depth = 0
    for match in _NESTING.finditer(text):
        depth = depth + 1 if match[0] in _OPENERS else max(0, depth - 1)
        if depth > _DEEPEST:
            return True
    return False
