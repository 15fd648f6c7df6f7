"""Files that hold OCaml among something else: lexers (`.mll`) and grammars (`.mly`), and whatever languages folders of queries add.

    { open Tokens }                           open Tokens
    rule token = parse                                           what OCaml's own outline and references are read from:
      | digit+ as n { INT (f n) }    ──▶                  ;;INT (f n)       the same offsets, all else blank

`mixed` says that text, the named things of the rest (rules, regexps, tokens), and where the rest writes names.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from aid_lsp.edits.lines import Span

Meaning = Literal["value", "constructor", "regexp", "local"]


@dataclass(frozen=True, slots=True)
class Word:
    """A name that the rest writes."""

    kind: Meaning
    span: Span
    reach: Span | None = None
    """Where it can be meant, for one that comes into being here; None for a use."""


@dataclass(frozen=True, slots=True)
class Made:
    """A named thing of the rest."""

    kind: str
    name: Span
    core: Span
    group: Span


@dataclass(frozen=True, slots=True)
class Mixed:
    """What such a file says."""

    ocaml: str
    """The OCaml in it, at its places: as long as the whole text."""
    made: tuple[Made, ...]
    """In the order of the text."""
    words: tuple[Word, ...]
    """In the order of the text."""
    comments: tuple[Span, ...]
    """Those outside of the OCaml, in the order of the text."""
    errors: tuple[Span, ...] = ()
    types: tuple[Span, ...] = ()
    """Types that stand alone: `Ast.t` of `%token <Ast.t> ATOM`."""


_DOLLAR = re.compile(r"\$[A-Za-z0-9_]+")
_LINE_ENDS = re.compile(r"[^\r\n]")


def only(text: str, pieces: Iterable[Span]) -> str:
    """The pieces of a text where they are, apart from each other by `;;`, with all else blank; `$1` counts as `()`."""
    parts: list[str] = []
    end = 0
    for piece in sorted(pieces):
        if piece.start < end:
            continue
        blank = _LINE_ENDS.sub(" ", text[end : piece.start])
        gap = blank.rfind("  ")
        parts.append(f"{blank[:gap]};;{blank[gap + 2 :]}" if gap >= 0 else blank)
        parts.append(_DOLLAR.sub(lambda match: f"({' ' * (len(match.group()) - 2)})", piece.of(text)))
        end = piece.end
    parts.append(_LINE_ENDS.sub(" ", text[end:]))
    return "".join(parts)


def with_comments(text: str, core: Span, comments: Sequence[Span]) -> Span:
    """A thing and the comments that touch it: those on the lines before that begin their lines, one behind it on its last line.

    The comments are in the order of the text.
    """
    start, end = core.start, core.end
    place = bisect_left(comments, core) - 1
    while place >= 0 and _touch(text, comments[place].end, start) and _opens_line(text, comments[place].start):
        start, place = comments[place].start, place - 1
    place = bisect_left(comments, Span(end, end))
    if place < len(comments) and not text[end : comments[place].start].strip(" \t;"):
        end = comments[place].end
    return Span(start, end)


def _touch(text: str, end: int, start: int) -> bool:
    between = text[end:start]
    return end <= start and not between.strip() and between.count("\n") + between.count("\r") - between.count("\r\n") <= 1


def _opens_line(text: str, offset: int) -> bool:
    before = text[max(0, offset - 200) : offset].rstrip(" \t\f")
    return offset == 0 or before[-1:] in ("\n", "\r")
