"""Who may make a draft: the seam that recipes and models share.

draft(request, attempts so far) ──▶ Draft ──judge──▶ Attempt ──▶ draft(request, attempts + 1) ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.patch import Complaint, Patch, Placement
from aid_lsp.workspace.request import Request

Report = Callable[[str], None]
"""Takes one line of progress for a person: `asking qwen2.5-coder, 120 words`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of the workspace that a model was shown: where it is and why, not its text."""

    path: str
    first_line: int
    """From 1."""
    last_line: int
    tokens: int
    why: str
    aside: bool = False
    """Whether it is no piece of a file, but of a library's interface or what the compiler found."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One try at a patch; without a patch it says why there is none."""

    patch: Patch | None
    understood: str
    """What it does or tried to do, in one line a person reads: `rename value area to surface in 4 files`."""
    complaints: tuple[Complaint, ...] = ()
    """Why the answer could not be read; the next round feeds on them."""
    declined: str = ""
    """Why this proposer has nothing (more) to offer, in one sentence; ends its attempts."""
    answer: str = ""
    """A model's raw answer, kept so that it can be read again."""
    placements: tuple[Placement, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds by stage, where there are stages: gather, ask, read."""
    shown: tuple[Shown, ...] = ()
    """What the model was shown for it, what earlier rounds had shown included."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A draft and what the judge said of it; no verdict where there was nothing to judge."""

    draft: Draft
    verdict: Verdict | None
    proposer: str
    seconds: float = 0.0
    """What the draft took, judging aside."""


class Proposer(Protocol):
    """Makes drafts: a recipe, or a model."""

    @property
    def name(self) -> str:
        """Who it is, for people and the journal: `recipe`, `model openai:gpt-5`."""
        ...

    async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """Makes the next draft, knowing the earlier ones of this proposer and their verdicts."""
        ...
