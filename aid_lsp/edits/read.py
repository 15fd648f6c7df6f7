"""Reads a model's answer: text in, a patch or complaints out. Never guesses between two places, never applies half."""

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.patch import Complaint, Files, Reading

FORMATS = ("auto", "search_replace", "unified_diff", "whole_file", "apply_patch", "definition")
"""The names of the answer formats; `auto` tells the others apart."""


def instructions(format: str) -> str:  # noqa: A002 - the word of the settings
    """What the system prompt says about a format; for `auto` those of search/replace. Raises KeyError for an unknown name."""
    if format not in FORMATS:
        raise KeyError(format)
    return ""


def read(
    answer: str,
    files: Files,
    format: str = "auto",  # noqa: A002 - the word of the settings
    anchor: Anchor | None = None,
    default_path: str | None = None,
    *,
    cut_off: bool = False,
) -> Reading:
    """Reads an answer against the files it was made for.

    `default_path` is the file meant by edits that name none. `cut_off` says that the model was stopped before its end: nothing of
    such an answer is used.
    """
    return Reading(None, (Complaint("not yet"),))
