"""What an outline is made of."""

from dataclasses import dataclass, field
from typing import Literal

from aid_lsp.edits.lines import Span

ItemKind = Literal[
    "value",
    "external",
    "type",
    "constructor",
    "field",
    "exception",
    "module",
    "module type",
    "class",
    "class type",
    "method",
    "instance variable",
    "test",
    "toplevel",
    "rule",
    "regexp",
    "token",
    "stanza",
]
"""What an item is. `toplevel` is code that binds no name, `let () = ...` or `let _ = ...`; its name is that pattern. A `rule` is one
of a lexer or a grammar, a `regexp` a lexer's, a `token` a grammar's, a `stanza` a dune file's."""


@dataclass(frozen=True, slots=True)
class Item:
    """A named thing of a file. The name is exactly what `name_span` covers (`+` for `let ( + )`)."""

    kind: ItemKind
    name: str
    path: tuple[str, ...]
    """Its name after the names of what it lies in, within the file."""
    span: Span
    """All that belongs to it, the comments that touch it included."""
    name_span: Span
    core: Span
    """From its keyword to its last attribute, without comments around; a chain's later members begin at `and`."""
    group: Span
    """The core of the whole `let ... and ...` or `type ... and ...` that it is a member of."""
    declared: bool = False
    """Whether this is a declaration in a signature (`val`, or anything else between `sig` and `end` or in an `.mli`)."""
    parent: "Item | None" = field(default=None, repr=False, compare=False)

    @property
    def dotted(self) -> str:
        """The path as people write it: `State.step`."""
        return ".".join(self.path)
