"""Cuts OCaml into tokens, broken code too: what a syntax error is looked for in."""

import re
from dataclasses import dataclass

from aid_lsp.edits.lines import Span

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"|\{(?P<id>[a-z_]*)\|.*?\|(?P=id)\})
      | (?P<char>'(?:[^'\\\n]|\\(?:.|\d{3}|x[0-9a-fA-F]{2}))')
      | (?P<word>[~?][a-z_][\w']*:?|[A-Za-z_][\w']*)
      | (?P<number>\d[\w.]*)
      | (?P<operator>;;|->|<-|:=|::|\[\||\|\]|\[[<>](?![<>=|])|[!$%&*+\-./:<=>?@^|~#]+)
      | (?P<mark>[()\[\]{};,'`"])
      """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"\(\*|\*\)|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a mark, an operator or a literal."""

    text: str
    span: Span
    kind: str


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of a stretch, comments left out; a quote that is not closed is a token of its own."""
    end = len(text) if end is None else end
    found: list[Token] = []
    at = start
    while at < end:
        if text.startswith("(*", at) and not text.startswith("(*)", at):
            at = _after_comment(text, at)
            continue
        match = _TOKEN.match(text, at, end)
        if match is None:
            at += 1
            continue
        written = match.group()
        found.append(Token(written, Span(at, at + len(written)), match.lastgroup or "mark"))
        at += len(written)
    return found


def _after_comment(text: str, at: int) -> int:
    depth = 0
    for match in _COMMENT.finditer(text, at):
        if match.group() == "(*":
            depth += 1
        elif match.group() == "*)":
            depth -= 1
            if depth == 0:
                return match.end()
    return at + 2
