"""A piece of a file for a model to see, with the reason why."""

from collections.abc import Callable
from dataclasses import dataclass

from aid_lsp.edits.lines import Span

Count = Callable[[str], int]
"""Says how many tokens a text takes; the model's own tokenizer, or `estimate`."""

MUST = 10.0
"""From this evidence on a snippet goes before all others that have less, whatever it takes."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a file, exactly as the view has it, so that a model can quote it."""

    path: str
    span: Span
    text: str
    """What the span covers."""
    why: str
    """Why it is shown, for people and the model: `the definition at the cursor`."""
    evidence: float = 0.0
    """How much likelier than a definition picked blindly it is to be needed, as a natural logarithm: 0 says nothing, 0.7 doubles
    the odds. What several strategies say of the same snippet adds up; `strategy.py` has the scale."""
    stopgap: int | None = None
    """For a cut that minds no definition: the offset that matters. Whatever else is kept and shows it makes the cut needless."""


def estimate(text: str) -> int:
    """A guess at the tokens of OCaml text that holds for all common tokenizers, on the high side."""
    return (2 * len(text) + 6) // 7
