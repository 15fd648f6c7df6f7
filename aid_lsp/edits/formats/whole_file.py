"""Whole files, each in a fence under its path.

lib/shape.ml
```ocaml
let area s = s.width * s.height
```
"""

import re

from aid_lsp.edits.blocks import Block, Fault, Parsed, Rename, Whole
from aid_lsp.edits.formats import operations
from aid_lsp.edits.formats.fences import Fence, Known, fences, path_in_info, path_in_line, spoken_of
from aid_lsp.edits.formats.search_replace import numbered
from aid_lsp.edits.lines import Span

NAME = "whole_file"

INSTRUCTIONS = f"""\
Answer with the whole new text of each file that changes, in a fence, with the file's path alone on the line before it:

lib/shape.ml
```ocaml
let area s = s.width * s.height
let double x = 2 * x
```

- Write every line of the file, changed or not. Never write `...`, `(* rest unchanged *)` or the like.
- If you remove or rename a definition on purpose, or remove an `include`, say so on a line between path and fence: `Removed: perimeter, Shape.scale`.
  In files of other languages, say `Removed: lines` if their first or last lines go.
- A file that has ``` lines itself goes into a fence of four or more backticks.
- Files that you do not show stay as they are. All files are written, or none.
{operations.INSTRUCTIONS}"""

MOST_FILES = 500
CODE = frozenset({"", "ocaml", "ml", "mli", "dune", "ocamllex", "menhir", "reason", "c"})
"""What a fence with a file's text says to be in; `sh` and `text` are talk."""
_SAYS_REMOVED = re.compile(r"[ \t*_>-]{0,6}removed?[*_]{0,2}:", re.IGNORECASE)
REMOVED = re.compile(r"^[ \t*_>-]{0,6}removed?[*_]{0,2}:[*_]{0,2}[ \t]{0,9}([^\n]{1,100000})$", re.MULTILINE | re.IGNORECASE)


def looks_like(answer: str, known: Known) -> bool:
    """Whether the answer has a fence with a path."""
    return any(path_of(fence, known) for fence in fences(answer)[:MOST_FILES])


def parse(answer: str, known: Known, default_path: str | None) -> Parsed:
    """Reads all fences that have a path.

    One fence alone may lack it where `default_path` says which file is meant, or where the answer speaks of one file only. Beside
    others a fence without a path is talk, unless it is of code and the line above it speaks of a file that nothing else is said
    about: that is a fault.
    """
    fenced = fences(answer)
    if len(fenced) > MOST_FILES:
        return Parsed((), (Fault(None, None, f"the answer has more than {MOST_FILES} fences"),), ())
    parts: list[tuple[int, Block | Fault]] = []
    used: list[Span] = []
    nameless: list[Fence] = []
    for fence in fenced:
        path, body = path_of(fence, known), fence.body
        if path is None:
            first, _, rest = body.partition("\n")
            path = path_in_line(first, known) if first.strip().startswith(("(*", "#", "//", ";", "<!--")) else None
            if path is not None and known(path):
                body = rest
        if path is None:
            nameless.append(fence)
            if _SAYS_REMOVED.match(fence.before):
                why = "a fence has a `Removed:` line but no path: write the path of the file, alone on the line before that"
                parts.append((fence.span.start, Fault(None, None, why)))
            continue
        parts.append((fence.span.start, Whole(0, path, body, removed_names(fence.gap))))
        used.append(fence.span)
    if not parts and len(nameless) == 1:
        fence = nameless[0]
        spoken = spoken_of(answer[: fence.span.start] + answer[fence.span.end :], known)
        path = default_path or (spoken[0] if len(spoken) == 1 else None)
        if path is not None:
            parts.append((fence.span.start, Whole(0, path, fence.body, removed_names(fence.gap), default_path is None)))
            used.append(fence.span)
    at = 0
    for fence in fenced:
        parts += ((at + offset, operation) for offset, operation in operations.operations(fence.gap, known))
        at = fence.span.end
    parts += ((at + offset, operation) for offset, operation in operations.operations(answer[at:], known))
    given = {part.path for _, part in parts} | {part.to for _, part in parts if isinstance(part, Rename)}
    for fence in nameless if used else ():
        spoken = [path for path in spoken_of(fence.before, known) if path not in given]
        if len(spoken) == 1 and fence.span not in used and fence.info.split(" ")[0].lower() in CODE:
            why = f"a fence below the words on `{spoken[0]}` has no path: write the path alone on the line before it, or leave it out"
            parts.append((fence.span.start, Fault(None, spoken[0], why)))
    if nameless and not parts:
        parts.append(
            (0, Fault(None, None, "no fence has a path: write the path of the file, alone on the line before its fence"))
        )
    if fenced and not fenced[-1].closed:
        parts.append((len(answer), Fault(None, None, "the answer ends inside a fence: it was cut off")))
    return numbered(parts, used)


def path_of(fence: Fence, known: Known) -> str | None:
    """The path on the fence's first line, or alone on the line before it; a `Removed:` line may stand between."""
    inside = path_in_info(fence.info, known)
    if inside is not None:
        return inside
    if _SAYS_REMOVED.match(fence.before):
        lines = [line for line in fence.gap.split("\n") if line.strip() and not _SAYS_REMOVED.match(line)]
        return path_in_line(lines[-1], known) if lines else None
    return path_in_line(fence.before, known)


def removed_names(gap: str) -> tuple[str, ...]:
    """The definitions that a `Removed:` line names."""
    names: list[str] = []
    for match in REMOVED.finditer(gap):
        names += (name.strip(" `\r\t") for name in match[1].split(","))
    return tuple(name for name in names if name)
