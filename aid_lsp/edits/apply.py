"""Applies edits to a text, all of them or none."""

from collections.abc import Iterable

from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Edit


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; their spans count in the text before any of them.

    Several insertions at one offset keep the order given. Raises ValueError for edits that overlap or lie outside the text.
    """
    pieces: list[str] = []
    end = 0
    for edit in _ordered(edits):
        if edit.span.start < end or edit.span.end > len(text):
            raise ValueError(f"the edit of {edit.span} overlaps another or lies outside a text of {len(text)} characters")
        pieces += (text[end : edit.span.start], edit.text)
        end = edit.span.end
    pieces.append(text[end:])
    return "".join(pieces)


def inverted(text: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that bring `text` back, to be applied to `apply_edits(text, edits)`."""
    moved = 0
    back: list[Edit] = []
    for edit in _ordered(edits):
        start = edit.span.start + moved
        back.append(Edit(Span(start, start + len(edit.text)), edit.span.of(text)))
        moved += len(edit.text) - (edit.span.end - edit.span.start)
    return tuple(back)


def _ordered(edits: Iterable[Edit]) -> list[Edit]:
    """By place; an insertion before a replacement that starts at its offset (the sort is stable)."""
    return sorted(edits, key=lambda edit: (edit.span.start, edit.span.end))
