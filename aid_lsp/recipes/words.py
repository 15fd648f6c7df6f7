"""How instructions are read: politeness and quotes aside, names and kinds as people write them."""

import re

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
