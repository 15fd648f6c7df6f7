"""Undoes what word processors and chat windows do to code: curly quotes, long dashes, odd spaces, a web page's escapes.

fold("print “a”") == 'print "a"'
"""

import html
import re

_FOLDS = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"',
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'",
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
        "\u00a0": " ", "\u2007": " ", "\u202f": " ",
        "…": "...",
        "\u200b": "", "\u2060": "", "\ufeff": "",
    }
)  # fmt: skip

MARKS = frozenset("“”„‟«»‘’‚‛′–—‐‑−\u00a0\u2007\u202f…\u200b\u2060\ufeff")
QUOTES = frozenset("“”„‟‘’‚‛")


def fold(text: str) -> str:
    """The text as a keyboard would have it."""
    return text if text.isascii() else text.translate(_FOLDS)


def marks_in(text: str) -> frozenset[str]:
    """The characters of a text that folding changes."""
    return frozenset() if text.isascii() else MARKS.intersection(text)


_ENTITY = re.compile(r"&(?:lt|gt|amp|quot|apos|#39|#x27);")
_STRING = re.compile(r'"[^"\n]{0,400}"')


def unescaped(answer: str) -> str:
    """The answer without a web page's escapes, where all of it is escaped: arrows or markers outside strings, no plain `<`, `>` or `&`."""
    if "&gt;" not in answer or "<" in answer or ">" in answer or answer.count("&") != len(_ENTITY.findall(answer)):
        return answer
    outside = _STRING.sub("", answer)
    return html.unescape(answer) if "-&gt;" in outside or "&lt;&lt;&lt;&lt;&lt;" in outside else answer
