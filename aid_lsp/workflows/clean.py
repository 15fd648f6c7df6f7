"""A model's words as they may stand on the page: nothing of them can pass for a turn, a proposal or a picture from elsewhere.

Works on a text that is still growing: what it gives for the beginning is the beginning of what it gives for the whole.
"""

import re

from aid_lsp.workflows.page_text import TURN

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_HEADING = re.compile(r"( {0,3})(#{1,3})(?=[ \t]|$)")
_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def clean(text: str, *, ended: bool) -> str:
    """The text for the page; of one that has not ended, as much as later words cannot change."""
    text = _ODD.sub("", text.rstrip() if ended else text)
    *lines, last = text.split("\n")
    fence = ""
    out: list[str] = []
    for line in lines:
        said, fence = _line(line, fence)
        out.append(said)
    if ended:
        said, fence = _line(last, fence)
        out.append(said)
        if fence:
            out.append(fence)
        return "\n".join(out).rstrip()
    return "\n".join([*out, _beginning(last, fence)])


def _line(line: str, fence: str) -> tuple[str, str]:
    match = _FENCE.match(line)
    if fence:
        if match and match[1][0] == fence[0] and len(match[1]) >= len(fence) and not match[2].strip():
            return line, ""
        return (f" {line}" if TURN.match(line) else line), fence
    if match and not (match[1][0] == "`" and "`" in match[2]):
        return line, match[1]
    line = _HEADING.sub(r"\1####", line)
    pieces: list[str] = []
    at = 0
    for span in _SPAN.finditer(line):
        pieces += (_prose(line[at : span.start()]), span[0])
        at = span.end()
    return "".join([*pieces, _prose(line[at:])]), ""


def _prose(text: str) -> str:
    return _TAG.sub(r"\\<", text.replace("![", "!\\["))


def _beginning(line: str, fence: str) -> str:
    """The part of an unfinished line that is certain."""
    if fence:
        return "" if not line.strip() or line.startswith((" ", "`", "~", "#")) else line
    if not line.strip() or re.match(r" {0,3}[`~#]", line):
        return ""
    unsure = re.search(r"[`!<]", line)
    return line[: unsure.start()] if unsure else line
