"""Scenario pages: a story from instruction to patch that a person can read, and a test can play.

    # Title, and prose as one likes
    ## Files           ```ocaml lib/walk.ml … ```, ```dune lib/dune … ```
    ## Instruction     what is said; a second line `at lib/walk.ml:WORD` says where, `at lib/walk.ml:FROM..TO` what is selected
    ## Patch           ```diff … ```
    ## Verdict         green, red, unknown, or `declined: ` and the reason

Instruction, Patch and Verdict may come several times; each story begins with the files as they were.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

_HEADING = re.compile(r"^## (\w+)[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,})(\w*)(?: (\S+))?\n(.*?)^\1$", re.MULTILINE | re.DOTALL)


@dataclass
class Story:
    """One instruction of a page, and what shall come of it."""

    instruction: str
    at: str = ""
    patch: str = ""
    verdict: str = ""
    said: str = ""
    """What the recipe says it understood, where the page tells."""


@dataclass
class Scenario:
    """One page."""

    path: Path
    title: str
    head: str
    """The page up to its first instruction."""
    files: dict[str, str] = field(default_factory=dict[str, str])
    stories: list[Story] = field(default_factory=list[Story])


def read_scenario(path: Path) -> Scenario:
    """Reads a page; raises ValueError with the page's name for what is no scenario."""
    text = path.read_text("utf-8")
    headings = list(_HEADING.finditer(text))
    first = next((match.start() for match in headings if match[1] == "Instruction"), None)
    if first is None or not text.startswith("# "):
        raise ValueError(f"{path.name}: no title or no instruction")
    page = Scenario(path, text[2:].partition("\n")[0].strip(), text[:first])
    for match, following in zip(headings, [*(other.start() for other in headings[1:]), len(text)], strict=True):
        body = text[match.end() : following]
        fences = [(fence[3] or "", fence[4]) for fence in _FENCE.finditer(body)]
        if match[1] == "Files":
            page.files |= dict(fences)
            continue
        if match[1] == "Instruction":
            lines = body.strip().split("\n")
            place = next((line.removeprefix("at ") for line in lines[1:] if line.startswith("at ")), "")
            page.stories.append(Story(lines[0], place))
            continue
        if not page.stories:
            raise ValueError(f"{path.name}: {match[1]} before the first Instruction")
        story = page.stories[-1]
        match match[1]:
            case "Patch":
                story.patch = fences[0][1] if fences else ""
            case "Verdict":
                story.verdict = " ".join(body.split())
            case "Understood":
                story.said = " ".join(body.split())
            case other:
                raise ValueError(f"{path.name}: no section is called {other}")
    return page


def written(page: Scenario) -> str:
    """The page as text again."""
    parts = [page.head]
    for story in page.stories:
        parts.append(f"## Instruction\n{story.instruction}\n" + (f"at {story.at}\n" if story.at else ""))
        if story.said:
            parts.append(f"## Understood\n{story.said}\n")
        if story.patch:
            parts.append(f"## Patch\n```diff\n{story.patch}```\n")
        parts.append(f"## Verdict\n{story.verdict}\n\n")
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)
