"""Search/replace blocks: the lines to find, the lines to put there.

    lib/shape.ml
    <<<<<<< SEARCH
    let area s = s.width * s.width
    =======
    let area s = s.width * s.height
    >>>>>>> REPLACE

Read with any of git's markers, fenced or not; the path before the block or its fence, in the fence's first line, inside the fence,
or behind the first marker.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from aid_lsp.edits.blocks import Block, Change, Create, Fault, Parsed, Rows, body_lines, rows_between
from aid_lsp.edits.dressed import NUMBERED, labels
from aid_lsp.edits.formats import operations
from aid_lsp.edits.formats.fences import Fence, Known, fences, last_line, path_in_info, path_in_line, spoken_of
from aid_lsp.edits.lines import Span

NAME = "search_replace"

INSTRUCTIONS = f"""\
Answer with search/replace blocks, each like this, with the path of the file on the line before the block:

lib/shape.ml
```ocaml
<<<<<<< SEARCH
let area s = s.width * s.width
=======
let area s = s.width * s.height
>>>>>>> REPLACE
```

- The SEARCH part is copied from the file as it was shown to you: whole lines, every space, never `...`. It must occur exactly once in
  that file: add lines above or below until it does.
- To insert, SEARCH for the lines beside the place and repeat them in the REPLACE part. To delete, leave the REPLACE part empty.
- To create a file, leave the SEARCH part empty and write the whole file as the REPLACE part.
- All blocks are matched against the files as shown, not against each other's results. Keep them small; one for each place.
- The blocks are applied all or none.
{operations.INSTRUCTIONS}"""

_MARKER = re.compile(r"^([ \t>]{0,8})(<{5,9}|>{5,9}|={5,9}|\|{5,9})(?:[ \t]{1,9}([^\n]{0,300}))?[ \t\r]{0,40}$", re.MULTILINE)
_WORDS = re.compile(r"^(?:search|original|head|old|before|current|ours|find)\b[ \t:]*", re.IGNORECASE)
_DIVIDERS = 4
MOST_BLOCKS = 2000


def looks_like(answer: str) -> bool:
    """Whether the answer has the marker that starts a block."""
    return "<<<<<" in answer and any(match[2][0] == "<" for match in _MARKER.finditer(answer))


def parse(answer: str, known: Known, default_path: str | None) -> Parsed:
    """Reads all blocks; a block that is not whole is a fault."""
    parts: list[tuple[int, Block | Fault]] = []
    used: list[Span] = []
    fenced = fences(answer)
    end = 0
    path: str | None = None
    fence_at = 0
    last_fence: Fence | None = None
    for block in _blocks(answer):
        number = 0
        if isinstance(block, Fault):
            parts.append((len(answer), block))
            used.append(Span(end, len(answer)))
            break
        head, dividers, tail = block
        while fence_at < len(fenced) and fenced[fence_at].span.end <= head.start():
            fence_at += 1
        fence = fenced[fence_at] if fence_at < len(fenced) and fenced[fence_at].span.start < head.start() else None
        named = _path_of(answer, head, end, fence, known)
        if named is not None:
            path = named
        elif (
            path is not None
            and (fence is None or fence is not last_fence)
            and any(one != path for one in spoken_of(answer[end : head.start()], known))
        ):
            parts.append(
                (
                    head.start(),
                    Fault(number, None, "it has no path on the line before it, and the text above names several files"),
                )
            )
            path = None
            end = tail.end()
            continue
        last_fence = fence
        at = path or default_path
        used.append(Span(fence.span.start if fence and fence.span.start >= end else head.start(), tail.end()))
        if at is None:
            fault = Fault(number, None, "it names no file: write the path of the file, alone on the line before the block")
            parts.append((head.start(), fault))
        elif not dividers:
            fault = Fault(number, at, "it has no ======= line between what to search for and what to put there")
            parts.append((head.start(), fault))
        elif any(match[2][0] == "|" for match in dividers):
            parts.append(
                (head.start(), Fault(number, at, "it has a ||||||| part; send the text to search for and its replacement only"))
            )
        elif len(dividers) > _DIVIDERS:
            parts.append((head.start(), Fault(number, at, f"it has {len(dividers)} lines of =======; one is needed")))
        else:
            parts.append((head.start(), _block(answer, head, dividers, tail, at, known)))
        end = min(tail.end() + 1, len(answer))
        if len(parts) > MOST_BLOCKS:
            parts.append((len(answer), Fault(None, None, f"the answer has more than {MOST_BLOCKS} blocks")))
            break
    outside = _outside(answer, used)
    for offset, prose in outside:
        parts += ((offset + at, operation) for at, operation in operations.operations(prose, known))
    if fenced and not fenced[-1].closed and fenced[-1].span.start >= (used[-1].start if used else 0):
        parts.append((len(answer), Fault(None, None, "the answer ends inside a fence: it was cut off")))
    return numbered(parts, used)


def numbered(parts: list[tuple[int, Block | Fault]], used: list[Span]) -> Parsed:
    """Numbers blocks and faults in the order of the answer, from 1."""
    blocks: list[Block] = []
    faults: list[Fault] = []
    count = 0
    for _, part in sorted(parts, key=lambda one: one[0]):
        if isinstance(part, Fault):
            if part.number is None:
                faults.append(part)
                continue
            count += 1
            faults.append(Fault(count, part.path, part.message))
        else:
            count += 1
            blocks.append(with_number(part, count))
    return Parsed(tuple(blocks), tuple(faults), tuple(used))


def with_number(block: Block, number: int) -> Block:
    """The block, renumbered."""
    return replace(block, number=number)


_Parts = tuple[re.Match[str], list[re.Match[str]], re.Match[str]]


def _blocks(answer: str) -> Iterator[_Parts | Fault]:
    """Head, dividers and tail of each block; a fault ends them."""
    head: re.Match[str] | None = None
    dividers: list[re.Match[str]] = []
    for match in _MARKER.finditer(answer):
        kind = match[2][0]
        if kind == "<":
            if head is not None:
                yield Fault(0, None, "it starts before the block above has ended with >>>>>>> REPLACE")
                return
            head, dividers = match, []
        elif head is None:
            continue
        elif kind == ">":
            yield head, dividers, match
            head = None
        elif not match[3]:
            dividers.append(match)
    if head is not None:
        yield Fault(0, None, "it has no >>>>>>> REPLACE line: the answer was cut off, or the block is not whole")


def _path_of(answer: str, head: re.Match[str], end: int, fence: Fence | None, known: Known) -> str | None:
    """The path a block gives for itself."""
    if head[3]:
        behind = path_in_line(_WORDS.sub("", head[3].strip()), known)
        if behind is not None:
            return behind
    inside = fence is not None and fence.body_span.start <= head.start()
    if inside and fence is not None and fence.span.start >= end:
        within = path_in_line(last_line(answer[fence.body_span.start : head.start()]), known)
        return within or path_in_info(fence.info, known) or path_in_line(last_line(answer[end : fence.span.start]), known)
    return path_in_line(last_line(answer[end : head.start()]), known)


def _block(
    answer: str, head: re.Match[str], dividers: list[re.Match[str]], tail: re.Match[str], path: str, known: Known
) -> Block:
    start = head.end() + 1
    readings: list[Rows] = []
    for divider in dividers:
        search = body_lines(answer[start : max(start, divider.start())])
        put = body_lines(answer[divider.end() + 1 : max(divider.end() + 1, tail.start())])
        if search and put and labels(put[0], path) and not labels(search[0], path):
            put = put[1:]
        if not any(line.strip() for line in search) and len(dividers) == 1 and not (known(path) and search):
            return Create(0, path, "\n".join(put) + "\n" if put else "")
        readings.append(rows_between(search, put))
        if len(dividers) == 1:
            readings += _undressed(search, put, path, known)
    return Change(0, path, tuple(readings), rival_readings=len(dividers) > 1)


def _undressed(search: list[str], put: list[str], path: str, known: Known) -> Iterator[Rows]:
    """Readings without what a model dresses lines up with: fences, blank lines at an edge, line numbers, a diff's marks, the path."""
    if search[0].lstrip().startswith("```") and search[-1].strip() == "```" and len(search) > 2:
        inner = put[1:-1] if put and put[0].lstrip().startswith("```") and put[-1].strip() == "```" else put
        yield rows_between(search[1:-1], inner)
    first, last = 0, 0
    while first < min(len(search), len(put)) and not search[first].strip() and not put[first].strip():
        first += 1
    while last < min(len(search), len(put)) - first and not search[-1 - last].strip() and not put[-1 - last].strip():
        last += 1
    if first or last:
        yield rows_between(search[first : len(search) - last], put[first : len(put) - last])
    numbers = [NUMBERED.match(line) for line in search]
    if all(number and int(number[1]) == int((numbers[0] or number)[1]) + index for index, number in enumerate(numbers)):
        yield rows_between(_unnumbered(search), _unnumbered(put))
    if _marked(search, "-") and (_marked(put, "+") or not any(line.strip() for line in put)):
        yield rows_between([line[1:] for line in search], [line[1:] for line in put])
    if len(search) > 1 and path_in_line(search[0], known, alone=True) == path:
        yield rows_between(search[1:], put[1:] if put[:1] == search[:1] else put)


def _unnumbered(lines: list[str]) -> list[str]:
    found = [(line, NUMBERED.match(line)) for line in lines]
    return [(match[2] or "") if match else line for line, match in found]


def _marked(lines: list[str], mark: str) -> bool:
    """Whether lines come with a diff's marks: some with this one, the others kept."""
    shown = [line for line in lines if line.strip()]
    return any(line[0] == mark for line in shown) and all(line[0] in (mark, " ") for line in shown)


def _outside(answer: str, used: list[Span]) -> Iterator[tuple[int, str]]:
    at = 0
    for span in used:
        if span.start > at:
            yield at, answer[at : span.start]
        at = max(at, span.end)
    yield at, answer[at:]
