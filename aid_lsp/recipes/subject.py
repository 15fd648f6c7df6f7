"""One thing of the workspace that has a name: what rename and the other recipes are about.

Subject(value, "Shape.area", definitions in shape.ml and shape.mli, their uids)
"""

from dataclasses import dataclass

from aid_lsp.build.uid import Uid
from aid_lsp.recipes.sources import Spot
from aid_lsp.recipes.wording import NameKind


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that has a name."""

    kind: NameKind
    name: str
    dotted: str
    """As people write it from afar: `Shape.area`."""
    definitions: tuple[Spot, ...]
    """The names where it is defined and declared, as the source has them."""
    uids: frozenset[Uid] = frozenset()
    """What it is to the compiler, links followed; empty where nothing was built."""
    local: bool = False
    """Whether only the expression around it can mean it: a parameter or a `let … in`."""
    file: str | None = None
    """For a module that is a file: its `.ml` or `.mli`."""

    def __str__(self) -> str:
        kind = "module" if self.file else "local value" if self.local else self.kind
        return f"{kind} {self.dotted}"


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing, or several things, are meant; the sentence says which."""

    reason: str


_TOKENS: dict[str, tuple[NameKind, ...]] = {
    "value": ("value",),
    "field": ("field",),
    "constructor": ("constructor", "exception"),
    "type": ("type", "class", "class type"),
    "module": ("module",),
    "module type": ("module type",),
    "class": ("class",),
    "class type": ("class type",),
    "regexp": ("regexp",),
}
"""What a token of each kind may be a use of."""


def tokens_for(kind: str) -> tuple[str, ...]:
    """The kinds of tokens that may be uses of something of that kind."""
    return tuple(token for token, kinds in _TOKENS.items() if kind in kinds)
