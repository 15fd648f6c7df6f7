"""What the edit engine asks about the named things in a text; `ocaml/anchor.py` answers for OCaml and dune.

edits/ knows lines, not languages. Whoever reads an answer hands an `Anchor` in; without one the rungs that need names refuse.
"""

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
