"""The conversation page as text: pure functions from one text to the next, each of them safe to do twice.

    # AID: shapes
    ## You                            what a person writes; `@lib/shape.ml:3-7` points at lines
    ## AID, 2026-11-25 15:31:07       what AID answers; the heading names the section for good
    ### Proposal 7: green (test) …    a proposal in it
    ## You                            the next one, at the end

A person may write wherever they like meanwhile; a section is found by its heading, and what AID adds goes to the section's end.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

YOU = "## You"

TURN = re.compile(r"## (?:You[ \t]*\r?$|AID, )")
"""What a line may not begin with that is no turn."""

_AID = re.compile(r"## AID, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: \(\d+\))?[ \t]*\r?$")
_YOU = re.compile(r"## You[ \t]*\r?$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)$")
_PROPOSAL = re.compile(r"### Proposal ([1-9][0-9]{0,8})\b")
_FILE = re.compile(r"#### (.+?)(?: \(.*\))?: \+\d+ −\d+[ \t]*\r?$")
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True, slots=True)
class Section:
    """One turn on the page."""

    kind: Literal["you", "aid"]
    heading: str
    line: int
    """Of the heading, from 0."""
    start: int
    """Offset of the heading."""
    body: int
    """Offset of what follows the heading's line."""
    end: int
    """Offset of the next section's heading, or of the end."""
    last_line: int
    """The last line of it, from 0."""

    def text(self, page: str) -> str:
        """What stands below the heading, trimmed."""
        return page[self.body : self.end].strip()


def fresh(name: str) -> str:
    """A new page for a workspace of that name."""
    return (
        f"# AID: {name}\n\n"
        "Write below what should change, or a question that ends in `?`, and send it: with a code action (`AID: send`), a lens, or your\n"
        "editor's key. `@lib/file.ml:3-7` points at lines. What AID proposes is shown here; accept, reject or refine it with the code\n"
        f"actions at it. This is plain Markdown: edit it, keep it, delete what you do not need.\n\n{YOU}\n\n"
    )


def sections(page: str) -> tuple[Section, ...]:
    """The turns, in order. The two headings count on every line of their own: also in a code block, as an answer may be in the
    middle of one; `clean` and `fenced` keep others from passing for them.
    """
    found: list[tuple[Literal["you", "aid"], str, int, int, int]] = []
    offset = 0
    count = 0
    for number, line in enumerate(page.split("\n")):
        count = number
        if _AID.match(line):
            found.append(("aid", line.strip(), number, offset, offset + len(line) + 1))
        elif _YOU.match(line):
            found.append(("you", line.strip(), number, offset, offset + len(line) + 1))
        offset += len(line) + 1
    if not found:
        return ()
    ends = [*(start for _, _, _, start, _ in found[1:]), len(page)]
    lines = [*(number - 1 for _, _, number, _, _ in found[1:]), count]
    return tuple(
        Section(kind, heading, number, start, min(body, len(page)), end, last)
        for (kind, heading, number, start, body), end, last in zip(found, ends, lines, strict=True)
    )


def _fence_after(fence: str, line: str) -> str:
    """The code block that is open after a line; empty for none."""
    match = _FENCE.match(line.rstrip("\r"))
    if not match:
        return fence
    run, rest = match[1], match[2]
    if not fence:
        return "" if run[0] == "`" and "`" in rest else run
    return "" if run[0] == fence[0] and len(run) >= len(fence) and not rest.strip() else fence


def prompt_at(page: str, line: int | None = None) -> Section | None:
    """The prompt that a line is in; without a line the last one on the page. None where there is none."""
    found = [section for section in sections(page) if section.kind == "you"]
    if line is None:
        return found[-1] if found else None
    return next((section for section in found if section.line <= line <= section.last_line), None)


def answer_of(page: str, prompt: Section) -> Section | None:
    """AID's turn that follows a prompt: it was sent before."""
    following = next((section for section in sections(page) if section.start >= prompt.end), None)
    return following if following and following.kind == "aid" else None


def section_of(page: str, heading: str) -> Section | None:
    """AID's turn with that heading."""
    return next((section for section in sections(page) if section.heading == heading and section.kind == "aid"), None)


def heading_for(page: str, clock: str) -> str:
    """A heading that the page does not have yet; `clock` is the time as `2026-11-25 15:31:07`."""
    taken = {section.heading for section in sections(page)}
    heading = f"## AID, {clock}"
    number = 2
    while heading in taken:
        heading = f"## AID, {clock} ({number})"
        number += 1
    return heading


# What AID writes


def with_prompt(page: str, added: str = "", *, name: str = "") -> str:
    """The page with a prompt to write in at its end, and text added to that prompt unless it is there already."""
    page = page if page.strip() else fresh(name)
    last = sections(page)[-1] if sections(page) else None
    if last is None or last.kind != "you":
        page = f"{page.rstrip()}\n\n{YOU}\n\n"
        last = sections(page)[-1]
    body = last.text(page)
    if not added or added in body:
        return page if page[last.start :].rstrip(" \t") != YOU else f"{page}\n\n"
    return f"{page[: last.body].rstrip()}\n\n{body}{_gap(body)}{added}\n\n"


def _gap(body: str) -> str:
    return "\n\n" if body else ""


def asked(page: str, question: str, heading: str, *, name: str = "") -> str:
    """The page with a question that was asked elsewhere, and AID's turn for it, above the prompt that is being written."""
    page = with_prompt(page, name=name)
    if section_of(page, heading):
        return page
    last = sections(page)[-1]
    return f"{page[: last.start].rstrip()}\n\n{YOU}\n\n{question.strip()}{_closing(question.strip())}\n\n{heading}\n\n{page[last.start :]}"


def sent(page: str, prompt: str, heading: str, line: int | None = None) -> str:
    """The page with AID's turn below the prompt that says `prompt`, and a fresh one at the end."""
    if section_of(page, heading):
        return page
    found = [section for section in sections(page) if section.kind == "you" and section.text(page) == prompt]
    if not found:
        return asked(page, prompt, heading)
    place = min(found, key=lambda section: abs(section.line - line)) if line is not None else found[-1]
    text = place.text(page)
    closing = _closing(text)
    head = f"{page[: place.body].rstrip()}\n\n{text}{closing}\n\n{heading}\n\n"
    return with_prompt(f"{head}{page[place.end :]}")


def _closing(text: str) -> str:
    """What ends a code block that was left open."""
    fence = ""
    for line in text.split("\n"):
        fence = _fence_after(fence, line)
    return f"\n{fence}" if fence else ""


def grown(page: str, heading: str, before: str, after: str) -> str:
    """The page where AID's turn says `after`, having said `before`: what is new goes to its end, whatever was edited in it."""
    section = section_of(page, heading)
    if section is None:
        return page  # the person deleted it
    body = section.text(page)
    if _plain(body).endswith(_plain(after).strip()):
        return page
    if after.startswith(body):
        before = body
    shared = after if not before else after.removeprefix(before.rstrip())
    if body and shared == after:
        shared = f"\n\n{after}"
    if not shared.strip():
        return page
    if not body:
        shared = shared.lstrip("\n")
    text = f"{body}{shared}".rstrip()
    rest = page[section.end :]
    return f"{page[: section.body].rstrip()}\n\n{text}\n\n{rest}"


def decided(page: str, proposal: str, word: str) -> str:
    """The page with what became of a proposal behind its headings in AID's turns; in the place of an earlier word."""
    lines = page.split("\n")
    for part in shown_parts(page):
        if part.proposal == proposal and not part.path:
            line = lines[part.line]
            end = "\r" if line.endswith("\r") else ""
            lines[part.line] = f"{line.rstrip().partition(' — ')[0]} — {word}{end}"
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


# What stands on it


@dataclass(frozen=True, slots=True)
class Shown:
    """A part of a proposal on the page."""

    proposal: str
    line: int
    """Of its heading, from 0."""
    path: str = ""
    """The file, below its heading."""
    header: str = ""
    """The hunk, `@@ -1,4 +1,5 @@`, below its first line."""


def shown_parts(page: str) -> Iterator[Shown]:
    """Each proposal, file and hunk that AID's turns show, in order."""
    for section in sections(page):
        if section.kind != "aid":
            continue
        proposal = path = ""
        fence = ""
        for number, line in enumerate(page[section.body : section.end].split("\n"), start=section.line + 1):
            outside = not fence
            fence = _fence_after(fence, line)
            if outside and (match := _PROPOSAL.match(line)):
                proposal, path = match[1], ""
                yield Shown(proposal, number)
            elif outside and proposal and (match := _FILE.match(line)):
                path = match[1]
                yield Shown(proposal, number, path)
            elif not outside and proposal and path and (match := _HUNK.match(line)):
                yield Shown(proposal, number, path, match[0])


def shown_at(page: str, line: int) -> tuple[Shown, ...]:
    """What a line belongs to: the proposal, then its file and hunk; empty outside of proposals."""
    section = next((each for each in sections(page) if each.line <= line <= each.last_line), None)
    if section is None or section.kind != "aid":
        return ()
    found: list[Shown] = []
    for part in shown_parts(page):
        if not section.line <= part.line <= line:
            continue
        depth = 0 if not part.path else 1 if not part.header else 2
        found[depth:] = [part]
    return tuple(found)
