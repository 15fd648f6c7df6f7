"""Instruction comments: `(* AID: do this *)` in the source asks for a change at that place.

The colon is needed; case is not. A comment inside a comment or a string is not an instruction.
"""

import re
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import parse

_OPENING = re.compile(r"\(\*[\s*]*\bAID[ \t]*:", re.IGNORECASE)

_BLANK_LINE = re.compile(r"[ \t\f]*(?:\r\n|\n|\r)")


@dataclass(frozen=True, slots=True)
class InstructionComment:
    """An instruction that somebody wrote into the source."""

    span: Span
    """The comment, from `(*` to `*)`."""
    instruction: str
    """What it asks for, on one line a sentence; never empty."""
    removal: Span
    """What to delete so that no trace stays: whole lines if nothing else is on them."""


def instructions(path: str, text: str) -> tuple[InstructionComment, ...]:
    """The instruction comments of an `.ml` or `.mli`, in the text's order."""
    matches = list(_OPENING.finditer(text))
    if not matches:
        return ()
    tree = parse(path, text)
    found: list[InstructionComment] = []
    for match in matches:
        opening = match.start()
        node = tree.node_at(Span(opening, opening + 2))
        while node.type != "comment" and node.parent is not None and tree.offset(node.parent.start_byte) == opening:
            node = node.parent
        if node.type != "comment" or tree.offset(node.start_byte) != opening:
            continue
        span = tree.span(node)
        instruction = _instruction(span.of(text))
        if instruction and match.end() <= span.end and text.endswith("*)", span.start, span.end):
            found.append(InstructionComment(span, instruction, removal_of(text, span)))
    return tuple(found)


def _instruction(comment: str) -> str:
    body = comment.removesuffix("*)").rstrip("*") if comment.endswith("*)") else comment
    body = _OPENING.sub("", body, count=1)
    lines = [re.sub(r"^\*(?!\w)", "", line.strip()).strip() for line in re.split(r"\r\n|\n|\r", body)]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip())
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs if paragraph.strip())


def removal_of(text: str, span: Span) -> Span:
    """What to delete with a stretch: its lines where it stands alone on them, else it and the blanks on one side."""
    start, end = span.start, span.end
    while start > 0 and text[start - 1] in " \t\f":
        start -= 1
    while end < len(text) and text[end] in " \t\f":
        end += 1
    opens_line = start == 0 or text[start - 1] in "\r\n"
    closes_line = end == len(text) or text[end] in "\r\n"
    if opens_line and closes_line:
        if end == len(text):
            return Span(_before_line_end(text, start), end)
        end = _after_line_end(text, end)
        blank = _BLANK_LINE.match(text, end)
        return Span(start, blank.end() if blank and _follows_blank_line(text, start) else end)
    if closes_line:
        return Span(start, span.end if span.end == end else end)
    if opens_line:
        return Span(span.start, end)
    return Span(start if start < span.start and end > span.end else span.start, span.end)


def _follows_blank_line(text: str, start: int) -> bool:
    before = text[max(0, start - 200) : start].rstrip(" \t\f")
    return before == "" or re.search(r"(?:\n|\r(?!\n))[ \t\f]*(?:\r\n|\n|\r)$", before) is not None


def _after_line_end(text: str, offset: int) -> int:
    return offset + 2 if text.startswith("\r\n", offset) else offset + 1


def _before_line_end(text: str, offset: int) -> int:
    if offset >= 2 and text.startswith("\r\n", offset - 2):
        return offset - 2
    return max(0, offset - 1)
