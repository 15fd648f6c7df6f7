"""Whole definitions, each in a fence under `path: Name`. The format for small models: they need not count, quote or compare.

lib/shape.ml: area
```ocaml
let area s = s.width * s.height
```
"""

import re
from typing import Literal

from aid_lsp.edits.blocks import Block, Define, Fault, Parsed
from aid_lsp.edits.formats import operations
from aid_lsp.edits.formats.fences import Fence, Known, fences, path_in_info, path_in_line
from aid_lsp.edits.formats.search_replace import numbered
from aid_lsp.edits.lines import Span

NAME = "definition"

INSTRUCTIONS = f"""\
Answer with the whole new text of each definition that changes (`let`, `type`, `module`, `val`, `exception`, a test, a dune stanza), in a
fence, with the file's path and the definition's name on the line before it:

lib/shape.ml: area
```ocaml
let area s = s.width * s.height
```

- A definition inside a module is named by its path: `lib/shape.ml: Solid.volume`. A dune stanza by its kind and name:
  `lib/dune: library shapes`.
- Write the definition completely, with its comments. Never write `...` or `(* rest unchanged *)`.
- To add a definition, name the one that it follows: `lib/shape.ml: after area`; or `before area`.
- To remove one, write a line without a fence: `lib/shape.ml: delete area`.
- To create a file, write `lib/new.ml: new file` and its whole text in the fence.
- Everything else stays as it is. All definitions are replaced, or none.
{operations.INSTRUCTIONS}"""

MOST_DEFINITIONS = 2000
_HEAD = re.compile(
    r"^[ \t#*>`-]{0,8}([^\n:`*]{1,300}?)[`*]{0,3}[ \t]{0,9}:[`* \t]{1,6}"
    r"(?:(new file|(?:after|before|delete|remove)(?=[ \t`*]+[^\s`*:])))?"
    r"[`* \t]{0,9}([^\n]{0,200}?)[`*:\r \t]{0,6}$",
    re.IGNORECASE | re.MULTILINE,
)
_KEYWORD = re.compile(
    r"^(?:(?:let|val|and|type|module|module type|exception|external|class|method|rec|nonrec|definition|function|stanza)[ \t]{1,9})+",
    re.IGNORECASE,
)
_OPERATOR = re.compile(r"\([ \t]{0,9}([^\s()]{1,40})[ \t]{0,9}\)$")
"""`( <+> )` and `Infix.(and+)`, as OCaml writes operators."""
_TITLE = re.compile(r'^(?:let%)?(?:test|expect)(?:_[\w.]{1,40})?[ \t]{1,9}"([^"]{1,200})"$', re.IGNORECASE)
"""An inline test, named by its title."""


def looks_like(answer: str, known: Known) -> bool:
    """Whether a fence stands under a line of the form `path: name`, or the answer deletes one so."""
    if any(_head(fence.before, known) is not None for fence in fences(answer)[:MOST_DEFINITIONS]):
        return True
    return any(
        match[2] and match[2].lower() in ("delete", "remove") and known(match[1].strip())
        for match in _HEAD.finditer(answer[:200_000])
    )


def parse(answer: str, known: Known, default_path: str | None) -> Parsed:
    """Reads all fences; one under a bare path is about the definitions that it holds."""
    fenced = fences(answer)
    if len(fenced) > MOST_DEFINITIONS:
        return Parsed((), (Fault(None, None, f"the answer has more than {MOST_DEFINITIONS} fences"),), ())
    parts: list[tuple[int, Block | Fault]] = []
    used: list[Span] = []
    path: str | None = None
    at = 0
    for fence in fenced:
        parts += _deletions(fence.gap, at, known)
        parts += ((at + offset, operation) for offset, operation in operations.operations(fence.gap, known))
        at = fence.span.end
        block = _block(fence, known)
        if block is None:
            alone = (
                path_in_line(fence.before, known) or path_in_info(fence.info, known) or (path if not fence.gap.strip() else None)
            )
            if alone is None and len(fenced) == 1:
                alone = default_path
            if alone is None:
                continue
            block = Define(0, alone, "", "replace", fence.body)
        path = block.path
        parts.append((fence.span.start, block))
        used.append(fence.span)
    parts += _deletions(answer[at:], at, known)
    parts += ((at + offset, operation) for offset, operation in operations.operations(answer[at:], known))
    if len(parts) > MOST_DEFINITIONS:
        return Parsed((), (Fault(None, None, f"the answer changes more than {MOST_DEFINITIONS} definitions"),), ())
    if fenced and not parts:
        parts.append(
            (0, Fault(None, None, "no fence names its file and definition: write `path: name` on the line before the fence"))
        )
    if fenced and not fenced[-1].closed:
        parts.append((len(answer), Fault(None, None, "the answer ends inside a fence: it was cut off")))
    return numbered(parts, used)


def _head(line: str, known: Known) -> tuple[str, str, str] | None:
    """(path, how, name) of a `path: name` line."""
    match = _HEAD.match(line)
    if match is None or not (match[2] or match[3]):
        return None
    path = path_in_line(match[1], known)
    if path is None:
        return None
    return path, (match[2] or "replace").lower(), _name(match[3])


def _name(words: str) -> str:
    """The name in `module Solid`, `let%test "adds"`, `Solid.volume`, `( + )`."""
    title = _TITLE.match(words.strip())
    return title[1] if title else _OPERATOR.sub(r"\1", _KEYWORD.sub("", words.strip()))


def _block(fence: Fence, known: Known) -> Define | None:
    head = _head(fence.before, known)
    if head is None:
        return None
    path, how, name = head
    if how == "new file":
        return Define(0, path, "", "after", fence.body)
    kinds: dict[str, Literal["replace", "after", "before", "delete"]] = {"after": "after", "before": "before"}
    return Define(0, path, name, kinds.get(how, "replace"), fence.body)


def _deletions(gap: str, at: int, known: Known) -> list[tuple[int, Block | Fault]]:
    found: list[tuple[int, Block | Fault]] = []
    for match in _HEAD.finditer(gap) if ":" in gap else ():
        if match[2] and match[2].lower() in ("delete", "remove") and match[3]:
            path = path_in_line(match[1], known)
            if path is not None:
                found.append((at + match.start(), Define(0, path, _name(match[3]), "delete", "")))
    return found
