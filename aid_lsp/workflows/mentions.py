"""What a prompt says and what it points at: `@lib/shape.ml:3-7`, and code blocks that carry such a mark.

text ──read_prompt──▶ Said(words, mentions)      region(path, first, last, text) ──▶ the block that stands for it
"""

import re
from dataclasses import dataclass

from aid_lsp.workflows.page_text import TURN

_MENTION = re.compile(r"(?:^|(?<=[\s(]))@((?:[\w.+-]+/)*[\w.+-]+?)(?::(\d{1,7})(?:-(\d{1,7}))?)?(?=[\s,;:)!?]|\.(?:\s|$)|$)")
_BLOCK = re.compile(r"^(`{3,}|~{3,})([^\n`]*)\n(.*?)^\1[ \t]*$\n?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mention:
    """A file, or lines of it."""

    path: str
    first: int | None = None
    """From 1; None: the whole file."""
    last: int | None = None
    message: str = ""
    """What the compiler says there."""


@dataclass(frozen=True, slots=True)
class Said:
    """A prompt, taken apart."""

    words: str
    """What a person says, without marks and the blocks that AID put there."""
    logs: tuple[str, ...] = ()
    """Build logs that were appended."""
    mentions: tuple[Mention, ...] = ()

    @property
    def question(self) -> bool:
        """Whether it is meant as a question."""
        return self.words.rstrip().endswith("?")


def read_prompt(text: str) -> Said:
    """Takes a prompt apart. A mark alone on its line, or on a code block, goes; one inside a sentence stays as a name."""
    text = text.replace("\r\n", "\n")
    found: list[Mention] = []
    logs: list[str] = []

    def block(match: re.Match[str]) -> str:
        language, _, rest = match[2].strip().partition(" ")
        mention = _MENTION.match(rest.strip())
        if mention:
            found.append(_mention(mention, match[3].strip() if language == "text" else ""))
            return ""
        if language == "text" and rest.strip() == "build":
            logs.append(match[3].strip())
            return ""
        return match[0]

    words = _BLOCK.sub(block, f"{text}\n")
    lines: list[str] = []
    fenced = False
    for line in words.split("\n"):
        fenced ^= line.lstrip().startswith("```")
        marks = [] if fenced else list(_MENTION.finditer(line))
        found += map(_mention, marks)
        if marks and not _MENTION.sub("", line).strip(" \t,"):
            continue
        lines.append(line if fenced else _MENTION.sub(_plain, line))
    return Said(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), tuple(logs), tuple(dict.fromkeys(found)))


def _mention(match: re.Match[str], message: str = "") -> Mention:
    first = int(match[2]) if match[2] else None
    return Mention(match[1], first, int(match[3]) if match[3] else first, message)


def _plain(match: re.Match[str]) -> str:
    """A mark inside a sentence, as a name."""
    return match[0].removeprefix("@")


def mark(path: str, first: int | None = None, last: int | None = None) -> str:
    """`@lib/shape.ml:3-7`; lines from 1."""
    if first is None:
        return f"@{path}"
    return f"@{path}:{first}" if last in (None, first) else f"@{path}:{first}-{last}"


def region(path: str, first: int, last: int, text: str) -> str:
    """The block for lines of a file."""
    language = "ocaml" if path.endswith((".ml", ".mli")) else "dune" if path.rpartition("/")[2].startswith("dune") else "text"
    if language == "text":
        return f"{mark(path, first, last)}"  # a text block is what the compiler says
    return fenced(text, f"{language} {mark(path, first, last)}")


def diagnostic(path: str, line: int, message: str) -> str:
    """The block for what the compiler says at a place."""
    return fenced(message, f"text {mark(path, line)}")


def log(text: str) -> str:
    """The block for a build log."""
    return fenced(text, "text build")


def fenced(text: str, info: str) -> str:
    """A code block that its content cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = [f" {line}" if TURN.match(line) else line for line in text.rstrip().split("\n")]
    return "\n".join((f"{fence}{info}", *lines, fence))
