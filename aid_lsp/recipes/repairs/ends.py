"""An `end` that is missing: what opened a block, and where the text goes back to the left of it.

module M = struct         the only `struct` whose `end` is not below it
  let a = 1
                          end is put in here, before the line that is no further in
let g = M.a
"""

import re
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree, kind_of
from aid_lsp.recipes.repairs.site import Repair, Site
from aid_lsp.recipes.repairs.tokens import Token, tokens

_OPENS = frozenset({"struct", "sig", "object", "begin"})
_MOST_TRIED = 12


def lost_ends(site: Site) -> Iterator[Repair]:
    """Puts in the one `end` by which the file parses, where the indentation says that it was."""
    if '"end" expected' not in site.message:
        return
    for tried, opening in enumerate(_suspects(site.text)):
        if tried == _MOST_TRIED:
            return
        indent = _indent(site.text, opening)
        at = _back(site.text, opening, indent)
        end = f"{' ' * indent}end"
        if site.text.startswith("\n\n\n", at) and _airy(site.text):
            at += 2
            stretch, new = Span(at, at), f"{end}\n"
            if not Tree(kind_of(site.path), site.text[:at] + new + site.text[at:], site.tree).root.has_error:
                yield Repair(site.path, {stretch: new}, f"`end` is put in for `{opening.text}`")
                continue
        stretch, new = Span(at, at), f"\n{end}"
        if not Tree(kind_of(site.path), site.text[:at] + new + site.text[stretch.end :], site.tree).root.has_error:
            yield Repair(site.path, {stretch: new}, f"`end` is put in for `{opening.text}`")


def _suspects(text: str) -> list[Token]:
    """What opens a block that is not closed, or closed at another depth; the innermost first."""
    stack: list[Token] = []
    found: list[Token] = []
    for token in tokens(text):
        if token.text in _OPENS:
            stack.append(token)
        elif token.text == "end" and stack:
            opening = stack.pop()
            inside = text[opening.span.start : token.span.start]
            if "\n" in inside and _indent(text, opening) != _indent(text, token):
                found.append(opening)
    return [*found, *reversed(stack)]


def _airy(text: str) -> bool:
    """Whether the file leaves a line empty before `end`."""
    if len(re.findall(r"\n\n\n", text)) == 1:
        return True  # two empty lines are left where `end` was between them
    return len(re.findall(r"\n\n[ \t]*end\b", text)) > len(re.findall(r"\S[ \t]*\n[ \t]*end\b", text))


def _indent(text: str, token: Token) -> int:
    line = text[text.rfind("\n", 0, token.span.start) + 1 :]
    return len(line) - len(line.lstrip(" "))


def _back(text: str, opening: Token, indent: int) -> int:
    """The end of the last line that is further in than the one that opens the block."""
    at = text.find("\n", opening.span.end)
    last = len(text[: at if at >= 0 else len(text)].rstrip())
    while at >= 0:
        end = text.find("\n", at + 1)
        line = text[at + 1 : end if end >= 0 else len(text)]
        if line.strip():
            if len(line) - len(line.lstrip(" ")) <= indent:
                return last
            last = at + 1 + len(line.rstrip())
        at = end
    return last
