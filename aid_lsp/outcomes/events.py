"""What happened, as typed past-tense facts: ids, counts and times; never source text, never an instruction.

requested ──▶ offered ──▶ accepted ──▶ edit applied
    │            ├──────▶ rejected      edit declined
    └─ cancelled └──────▶ refined
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ProposalRequested:
    """Someone asked for a change."""

    job: str
    entry: str
    """The way it came in: `comment`, `rename`, `form`, `command`, `fix`, `refine`, `cli`."""
    client: str = ""
    """The editor, as it names itself."""


@dataclass(frozen=True, slots=True)
class ProposalOffered:
    """A proposal was made and shown."""

    proposal: str
    job: str
    latency_s: float
    """From the wish to the offer."""
    proposer: str
    model: str = ""
    """Empty for a recipe."""
    format: str = ""
    verdict: Literal["green", "red", "unknown", "none"] = "none"
    """`none` where there was nothing to judge."""
    tier: str = ""
    rounds: int = 0
    rungs: tuple[str, ...] = ()
    """How each block of the offered answer was placed."""
    changed_lines: int = 0
    changed_files: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    judge_s: float = 0.0
    parent: str = ""


@dataclass(frozen=True, slots=True)
class ProposalFailed:
    """A job ended without a proposal because something could not be tried."""

    job: str
    error: str
    """The kind of error, as `errors.py` names it: `ModelFailed`."""
    latency_s: float


@dataclass(frozen=True, slots=True)
class ProposalAccepted:
    """The user took a proposal."""

    proposal: str
    waited_s: float = 0.0
    """From the offer to the decision."""


@dataclass(frozen=True, slots=True)
class ProposalPartlyAccepted:
    """The user took a part of a proposal; the rest stays open."""

    proposal: str
    files: int
    """How many files the part changes."""
    lines: int
    """Lines added and removed by the part."""
    left_files: int
    left_lines: int
    verdict: str = "none"
    """What the judge said of the part: green, red, unknown."""
    forced: bool = False
    """Whether it was applied though it is not green."""
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ProposalRejected:
    """The user turned a proposal down."""

    proposal: str
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ProposalRefined:
    """The user asked for a proposal to be changed."""

    proposal: str
    job: str
    """The job that makes the next one."""


@dataclass(frozen=True, slots=True)
class ProposalStale:
    """A proposal was accepted too late: the text no longer fits."""

    proposal: str
    conflicting_files: int


@dataclass(frozen=True, slots=True)
class EditApplied:
    """The proposal's text was seen in the editor's buffers or on disk."""

    proposal: str
    files: int


@dataclass(frozen=True, slots=True)
class EditDeclined:
    """The editor did not apply the edit."""

    proposal: str
    reason: Literal["client", "unseen", "timeout"] = "client"
    """`client`: it said no; `unseen`: it said yes, but the text never came; `timeout`: it did not answer."""


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """A question about the workspace was answered."""

    job: str
    client: str = ""
    model: str = ""
    latency_s: float = 0.0
    first_text_s: float = 0.0
    """From the question to the first words."""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class QuestionFailed:
    """A question could not be answered."""

    job: str
    error: str
    """The kind of error: `NotConfigured`."""
    latency_s: float = 0.0


@dataclass(frozen=True, slots=True)
class JobCancelled:
    """The user stopped a job."""

    job: str
    latency_s: float


@dataclass(frozen=True, slots=True)
class ClientReported:
    """What a thin client saw its user do with a proposal; the shape is the same in every editor (docs/protocol.md)."""

    proposal: str
    event: str
    """`shown`, `opened`, `accepted`, `partly-accepted`, `rejected`, `refined`, `undone`, `dismissed`."""
    client: str = ""
    files: int = 0
    hunks: int = 0
    elapsed_s: float = 0.0
    """From when the client showed the proposal."""


@dataclass(frozen=True, slots=True)
class DaemonStarted:
    """AID started on a workspace."""

    version: str


Event = (
    ProposalRequested
    | ProposalOffered
    | ProposalFailed
    | ProposalAccepted
    | ProposalPartlyAccepted
    | ProposalRejected
    | ProposalRefined
    | ProposalStale
    | EditApplied
    | EditDeclined
    | QuestionAnswered
    | QuestionFailed
    | JobCancelled
    | ClientReported
    | DaemonStarted
)
"""Everything that the journal takes."""
