"""What a person asks for: an instruction, a place, and the workspace as it was when they asked."""

from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Patch
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a file of the view."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Request:
    """One wish, with everything needed to grant it later or again."""

    instruction: str
    view: View
    place: Place | None = None
    """Where it was asked; None: anywhere."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What the build said of the view, as far as known; empty may also mean unknown."""
    remove: Place | None = None
    """The instruction comment itself, which the proposal deletes in the same edit."""
    attached: tuple[Place, ...] = ()
    """What else the person points at."""
    earlier: tuple[str, ...] = ()
    """What was asked before, oldest first, where this refines a proposal."""
    done: Patch | None = None
    """What that proposal changed; the view already holds it."""
