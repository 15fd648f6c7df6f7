"""What a compiler, dune or a test says about a place in a file."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that a diagnostic speaks of."""

    path: str
    line: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One complaint of the build. Lines count from 1, columns from 0 in **bytes**, end exclusive: as OCaml prints them."""

    path: str | None
    """Relative to the workspace; None where dune names no file (a dependency cycle)."""
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    message: str
    """The whole message without its location and excerpt, hints included."""
    code: str | None = None
    """The warning or alert, as OCaml names it: `26 [unused-var]`, `alert deprecated`."""
    related: tuple[Related, ...] = ()
    promotion: bool = False
    """Whether it is the difference of an expectation that `dune promote` would accept."""

    @property
    def first_line(self) -> str:
        """The message's first line."""
        return self.message.partition("\n")[0]
