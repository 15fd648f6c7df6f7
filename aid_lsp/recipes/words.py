"""How instructions are read: politeness and quotes aside, names and kinds as people write them."""

import difflib
import itertools
import re
from collections.abc import Iterator

_LONGEST = 300
"""A longer instruction tells more than a recipe understands."""
_POLITE = re.compile(
    r"^(?:please|pls|aid[:,]?|can you|could you|would you|now|let's|let us)[\s,]+|[\s,]+(?:please|pls|thanks|thank you)$", re.I
)
_QUOTED = re.compile(r"`([^`]+)`|[‘“]([^’”]+)[’”]")
PATH = r"(?-i:(?:[A-Z][\w']*\.)*[a-z_][\w']*)"
"""A value, perhaps with its modules: `Shape.area`."""
MODULE = r"(?:[\w./-]+\.mli?|(?-i:[A-Z][\w']*(?:\.[A-Z][\w']*)*))"
"""A module, as its name or as its file."""
THIS = r"(?:(?:this|that|the|the\s+current)\s+(?:function|value|one)|(?:this|it|that|here)\b)"


def sentence(instruction: str) -> str:
    """An instruction without what says nothing: blanks, politeness, a full stop, backticks; empty if it is too long for a recipe."""
    if len(instruction) > _LONGEST:
        return ""
    text = re.sub(r"(?<=[\w'`\"’”)\]])[\s.!;,]+$", "", " ".join(instruction.split()))
    text = _QUOTED.sub(lambda match: match[1] or match[2], text)
    for _ in range(3):
        text = _POLITE.sub("", text).strip()
    return text


def pattern(verbose: str) -> re.Pattern[str]:
    """A pattern of a whole sentence, in verbose form; letters of either case."""
    return re.compile(rf"^(?:{verbose})$", re.VERBOSE | re.IGNORECASE)


def names(dotted: str | None) -> tuple[str, ...]:
    """The parts of a path; empty for `this` and for nothing."""
    if dotted is None or re.fullmatch(THIS, dotted, re.IGNORECASE):
        return ()
    return tuple(part for part in dotted.split(".") if part)


_VOCABULARY = re.findall(
    r"\w+",
    "add argument arguments build cases cleanup comment comments compile constructor create default document "
    "documentation errors expose exception extract field fill function generate hide hole implementation inline "
    "instead interface labelled library module move optional option parameter parameters positional promote raise "
    "record remove rename reorder result return returning selection signature swap test type unused update value "
    "variant warnings wrap",
)
"""The words by which recipes know an instruction."""
_LOOSE = re.compile(r"(?<![\w.'`~?:/\"])[A-Za-z]{3,}(?![\w.'`~:/\"])")
_ALIKE = 0.8
"""How much of a word has to be right, from 0 to 1."""
_SLIPS = 5
"""Behind so many words that may be ours, nothing is mended."""


def respelt(instruction: str) -> Iterator[str]:
    """An instruction with its slips of the pen mended, as few of them as will do first.

    Only for what is not understood as it is; a name may look like one of our words.
    """
    if len(instruction) > _LONGEST:
        return
    found = [
        (match.span(), near[0])
        for match in _LOOSE.finditer(instruction)
        if match[0].lower() not in _VOCABULARY
        and (near := difflib.get_close_matches(match[0].lower(), _VOCABULARY, n=1, cutoff=_ALIKE))
    ]
    for size in (1, 2, 3):
        for slips in itertools.combinations(found[:_SLIPS], size):
            mended = instruction
            for (start, end), word in reversed(slips):
                mended = f"{mended[:start]}{word}{mended[end:]}"
            yield mended
