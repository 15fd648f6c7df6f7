"""Tells a model's edits from what it only thought of: drafts in its thoughts, edits it takes back, one of several ways."""

import re
from collections.abc import Iterable

from aid_lsp.edits.formats.fences import fences
from aid_lsp.edits.lines import Span

_TAG = re.compile(r"^[ \t]{0,8}<(/?)(think|thinking|thoughts?|reasoning|reflection|scratchpad)>", re.MULTILINE)
_CLOSING = re.compile(r"</(think|thinking|thoughts?|reasoning|reflection|scratchpad)>[ \t\r]*$", re.MULTILINE)
_FINAL = "<|channel|>final<|message|>"
_ENDS = ("<|return|>", "<|end|>")
_MOST_TAGS = 50
_MOST_CHARACTERS = 20_000_000
"""Tags times characters; nobody thinks so much, and nothing of such an answer is used."""

_OTHER_WAY = re.compile(
    r"^[ \t>*_#-]{0,8}(?:(?:option|alternative|approach|variant|solution)[ \t]{1,3}(?:[2-9]|[B-F]|two|three)\b"
    r"|alternatively\b|(?:or,? )?if you(?:'d| would)? (?:rather|prefer)\b|or,? if you prefer\b|or:?[ \t*]*$)",
    re.MULTILINE | re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"^[ \t>*_#-]{0,8}(?:(?:oops|scratch that|my mistake|disregard|ignore (?:the|that|my)|on second thoughts?)\b"
    r"|(?:correction|corrected (?:version|blocks?|edits?|answer|code))[ \t*]{0,5}:"
    r"|(?:wait|actually|hold on|hmm+|sorry|no)\b[^\n]{0,200}\b(?:wrong|mistake|incorrect|not right|correct(?:ed|ion)?|redo|instead|scratch)\b)",
    re.MULTILINE | re.IGNORECASE,
)
_DISOWNED = re.compile(
    r"(?:^[ \t>*_#-]{0,8}|[.!?:][ \t]{1,3}|\bplease[ \t]{1,3})(?:disregard|ignore)[ \t]{1,3}(?:the|this|that|these|those|my)"
    r"[ \t]{1,3}(?:first |last |above |previous )?"
    r"(?:block|edit|change|diff|patch|answer)s?\b"
    r"|\b(?:block|edit|change|diff|patch)s?[ \t]{1,3}above[ \t]{1,3}(?:should|must|is|are)[ \t]{1,3}not\b"
    r"|^[ \t>*_#-]{0,8}(?:oops|scratch that|my mistake|sorry\b[^\n]{0,100}\b(?:wrong|mistake|incorrect))\b",
    re.MULTILINE | re.IGNORECASE,
)
"""Words that take an edit back wherever they stand."""
_WARNED = re.compile(
    r"\b(?:do[ \t]not|don't)[ \t]{1,3}(?:use|write|do|apply)(?:[ \t]{1,3}(?:it|this|that|these|so))?(?:[ \t]{1,3}like[ \t](?:this|that|so))?"
    r"[):*\s]{0,9}\Z",
    re.IGNORECASE,
)
"""Words right before an edit that is not to be made."""
_OLD = re.compile(
    r"^[ \t>*_#-]{0,8}(?:before|old|original|current)(?:[ \t](?:code|version|text|file|definition))?[ \t*_]{0,5}:?[ \t*_:]{0,5}$",
    re.MULTILINE | re.IGNORECASE,
)


def without_thoughts(answer: str) -> str:
    """The answer without its thoughts: what stands between `<think>` and `</think>`, up to a lone `</think>`, or from one never closed.

    Tags inside fences and blocks are text of a file.
    """
    final = answer.rfind(_FINAL)
    if final >= 0:
        answer = answer[final + len(_FINAL) :].rstrip()
        for end in _ENDS:
            answer = answer.removesuffix(end)
    if "<think" not in answer and "</" not in answer and not _TAG.search(answer):
        return answer
    tags = sorted(
        {(match.start(), match.end(), bool(match[1]), match[2]) for match in _TAG.finditer(answer)}
        | {(match.start(), match.end(), True, match[1]) for match in _CLOSING.finditer(answer)}
    )
    if not tags:
        return answer
    if len(tags) > _MOST_TAGS or len(tags) * len(answer) > _MOST_CHARACTERS:
        return ""
    kept: list[str] = []
    at = 0
    opened: str | None = None
    for start, end, closes, name in tags:
        if closes and name == opened:
            at, opened = end, None
        elif closes and opened is None and start >= at and not _in_edit(answer, at, start):
            kept, at = [], end
        elif not closes and opened is None and start >= at and not _in_edit(answer, at, start):
            kept.append(answer[at:start])
            opened = name
    if opened is None:
        kept.append(answer[at:])
    return "".join(kept)


def _in_edit(answer: str, start: int, at: int) -> bool:
    """Whether a place lies in a fence, or between the markers of a block, of what the answer says from `start`."""
    said = answer[start:at]
    if said.count("\n<<<<<") + said.startswith("<<<<<") > said.count("\n>>>>>"):
        return True
    found = fences(said)
    return bool(found) and not found[-1].closed


def second_thought(answer: str, used: Iterable[Span], *, shows_whole: bool) -> str | None:
    """Why the edits of an answer cannot all be meant: words between them say so. `shows_whole`: its fences hold whole texts."""
    spans = sorted(used)
    at = 0
    for index, span in enumerate(spans):
        said = answer[at : span.start][-4000:] if span.start > at else ""
        at = max(at, span.end)
        if shows_whole and _OLD.search(said):
            return "it shows old text beside the new, as if that were to be written, too. Send the new text only"
        last = said[-300:].rstrip()
        warned = _WARNED.search(last) or _WARNED.search(last.rpartition("\n")[0])  # a path may stand between
        if warned is not None:
            return (
                f"it says {warned[0].strip()!r} before an edit, so there is no telling whether that is meant. Send only what is"
            )
        if not index or not said.strip():
            continue
        for pattern, why in ((_OTHER_WAY, "it offers more than one way"), (_TAKEN_BACK, "it takes back what it said before")):
            match = pattern.search(said)
            if match is not None:
                line = said[match.start() :].strip().partition("\n")[0][:80]
                return f"{why} ({line!r}), so there is no telling which edits are meant. Send one set of edits only"
    return None


def disowned(prose: str) -> str | None:
    """Why the edits of an answer cannot be meant, though nothing better follows: its other words take them back."""
    match = _DISOWNED.search(prose)
    if match is None:
        return None
    return (
        f"it takes back what it says ({match[0].strip()[:80]!r}), so there is no telling which edits are meant. Send those only"
    )
