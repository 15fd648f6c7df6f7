"""A piece of a file for a model to see, with the reason why."""

from collections.abc import Callable
from dataclasses import dataclass

from aid_lsp.edits.lines import Span

Count = Callable[[str], int]
"""Says how many tokens a text takes; the model's own tokenizer, or `estimate`."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a file, exactly as the view has it, so that a model can quote it."""

    path: str
    span: Span
    text: str
    """What the span covers."""
    why: str
    """Why it is shown, for people and the model: `the definition at the cursor`."""
    weight: float = 0.0
    """How much it matters, from 0 to 1; strategies agree on the scale in `strategy.py`."""
    stopgap: int | None = None
    """For a cut that minds no definition: the offset that matters. Whatever else is kept and shows it makes the cut needless."""


def estimate(text: str) -> int:
    """A guess at the tokens of OCaml text that holds for all common tokenizers, on the high side."""
    return (2 * len(text) + 6) // 7
