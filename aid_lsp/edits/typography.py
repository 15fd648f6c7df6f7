"""Undoes what word processors and chat windows do to code: curly quotes, long dashes, unbreakable spaces.

fold("print “a”") == 'print "a"'
"""

_FOLDS = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"',
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'",
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
        "\u00a0": " ", "\u2007": " ", "\u202f": " ",
        "…": "...",
    }
)  # fmt: skip

MARKS = frozenset("“”„‟«»‘’‚‛′–—‐‑−\u00a0\u2007\u202f…")
QUOTES = frozenset("“”„‟‘’‚‛")


def fold(text: str) -> str:
    """The text as a keyboard would have it."""
    return text if text.isascii() else text.translate(_FOLDS)


def marks_in(text: str) -> frozenset[str]:
    """The characters of a text that folding changes."""
    return frozenset() if text.isascii() else MARKS.intersection(text)
