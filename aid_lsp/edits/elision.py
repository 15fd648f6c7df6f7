"""Recognises lines that stand for other lines: `...`, `(* rest unchanged *)`, `; ... existing stanzas ...`."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from aid_lsp.edits.sequence import Change, changes

INSTRUCTIONS = """\
- Lines such as `...` or `(* rest unchanged *)` are refused, as are curly quotes in code that has none. Where a file shall hold such a
  line, say so before the edits, with a line for each: `Verbatim: (* ... *)`."""

_VERBATIM = re.compile(r"^[ \t*_>-]{0,6}verbatim[*_]{0,2}:[*_]{0,2}[ \t]{1,9}([^\r\n]{1,400})", re.MULTILINE | re.IGNORECASE)
_COMMENT = re.compile(r"^(?:\(\*+|//+|\#+|;+|<!--)\s*(.*?)\s*(?:\*+\)|-->)?$")
_OPENING = re.compile(r"^\(\*(?!.*\*\))")
_DOTS = re.compile(r"^(?:\.{3,}|…)$")
_DOTTED = re.compile(r"^(?:\.{3,}|…).{0,120}$|^.{0,120}(?:\.{3,}|…)$")
_BOTH_ENDS = re.compile(r"^(?:\.{3,}|…).{1,100}(?:\.{3,}|…)$")
_YOURS = re.compile(
    r"^(?:your|the|my)? ?(?:(?:existing|original|previous|current) )?(?:code|implementation|logic)(?: (?:goes|stays))? here$"
    r"|^(?:your|the)? ?(?:existing|original|previous|current) (?:code|implementation|logic)(?: here| unchanged)?$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(
    r"^(?:\[[ \t]?(?:\.{3}|…)[ \t]?\]|<(?:snip|keep|rest|unchanged|existing|same|omitted)\b[^<>\n]{0,60}>)$", re.IGNORECASE
)
_INSTEAD = re.compile(
    r"(?:=|->|\bbegin|\bin)[ \t]{1,9}\(\*[ \t]{0,9}(?:\.{3}|…|unchanged|same as (?:before|above)|as before|rest unchanged|existing code)"
    r"[ \t.…]{0,9}\*\)$",
    re.IGNORECASE,
)
"""A definition whose body is only spoken of."""
_WORDS = re.compile(
    r"\b(?:rest|remainder|remaining|existing|other|previous|same|unchanged|omitted|elided|snip|unmodified|as before|as above|keep)\b",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"^(?:the\s+)?(?:rest|remainder|remaining|existing|other|previous|everything else|all other)\b.{0,80}"
    r"\b(?:unchanged|same|omitted|elided|unmodified|as before|as is|stays?|remains?|here|goes here|above|below)\b"
    r"|^(?:unchanged|omitted|snip|elided)(?:\s+(?:code|lines?|here|part))?$|^rest of (?:the )?(?:file|code|module|function|definitions?)$",
    re.IGNORECASE,
)
_VAGUE = re.compile(
    r"^(?:the )?(?:(?:same )?as (?:before|above)\b.{0,60}|(?:same|unchanged|omitted|elided|original|existing|previous|etc)"
    r"(?: (?:as|for|body|code|implementation|brevity|here|arms?|cases?|lines?|before|above|one|logic)){0,4})$",
    re.IGNORECASE,
)
"""What a comment says that may be a placeholder, or may be meant."""


def is_vague(line: str) -> bool:
    """Whether a line is a comment that stands for others if some went where it came: `(* as before *)`, `(* omitted for brevity *)`."""
    core = line.strip()
    if not core.startswith("(*") or not core.endswith("*)") or len(core) > 120:
        return False
    return bool(_VAGUE.match(core[2:-2].strip(" .…*[]")))


def is_elision(line: str) -> bool:
    """Whether the line stands for lines that the writer left out."""
    core = line.strip()
    if not core or len(core) > 200 or not core.isprintable():
        return False
    if _DOTS.match(core):
        return True
    comment = _COMMENT.match(core)
    inner = comment.group(1).strip() if comment else core
    if comment and (_DOTS.match(inner) or _PHRASE.match(inner.strip(" .…")) or _BOTH_ENDS.match(inner)):
        return True
    return bool(_DOTTED.match(inner) and _WORDS.search(inner) and (comment or inner.startswith(("...", "…"))))


def is_lazy(line: str) -> bool:
    """Whether a new line speaks of code instead of writing it: `(* your code here *)`, `let f x = (* same as before *)`."""
    core = line.strip()
    if len(core) <= 200 and _BRACKETED.match(core):
        return True
    if "(*" not in core or len(core) > 200:
        return False
    comment = _COMMENT.match(core)
    return bool((comment and _YOURS.match(comment[1].strip(" .…"))) or _INSTEAD.search(core))


def elisions(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines of new text that stand for others, with their indexes.

    A comment that opens with dots and goes on is text: `(** ...` above `raises [Not_found] *)`, unless all of it says so.
    """
    for index, line in enumerate(lines):
        if not is_elision(line) and not is_lazy(line):
            continue
        if _OPENING.match(line.strip()):
            rest = [line.strip(), *(one.strip() for one in lines[index + 1 : index + 4])]
            end = next((number for number, one in enumerate(rest) if one.endswith("*)")), None)
            if end and not is_elision(" ".join(rest[: end + 1])):
                continue
        yield index, line


def declared(answer: str) -> Counter[str]:
    """The lines that an answer declares to be text, `Verbatim: (* ... *)`, as they are or between backquotes, and how many of each."""
    found: Counter[str] = Counter()
    for match in _VERBATIM.finditer(answer):
        line = match[1].strip()
        found.update(dict.fromkeys((one.strip() for one in (line, line.strip("`")) if one.strip()), 1))
    return found


def undeclared(verbatim: Mapping[str, int], texts: Iterable[tuple[str | None, str | None]]) -> str | None:
    """Why texts (before, after) gain more lines that stand for others than were declared to be text; None where they do not."""
    if not verbatim:
        return None
    came: Counter[str] = Counter()
    for before, after in texts:
        came.update(line.strip() for line in (after or "").split("\n"))
        came.subtract(line.strip() for line in (before or "").split("\n"))
    for line, count in verbatim.items():
        if came[line] > count and (is_elision(line) or is_lazy(line)):
            return f"it adds {line!r} {came[line]} times and declares {count}: write a line `Verbatim: {line}` for each that is meant"
    return None


def unwritten(
    before: Sequence[str], after: Sequence[str], verbatim: Container[str] = (), *, vague: bool = True
) -> Iterator[tuple[int, str]]:
    """The lines of new text that stand for lines of the old text, with their indexes: elisions that are not the old text's own.

    Those that the answer declares to be text, `verbatim`, stand for nothing. `vague` says to doubt comments, too, that came where more
    lines went; the two texts must be of the same things then.

    A text may hold `...` itself, in a comment. It is taken for that one where it stayed, or moved, and no lines beside it
    went; `...` in the place of lines is an elision, whatever else the text holds.
    """
    marks = [(index, line) for index, line in elisions(after) if line.strip() not in verbatim]
    doubtful = [(index, line) for index, line in enumerate(after) if vague and is_vague(line) and line.strip() not in verbatim]
    if not marks and not doubtful:
        return
    old, new = [line.strip() for line in before], [line.strip() for line in after]
    known = {line for line in old if is_elision(line) or is_lazy(line)}
    runs = changes(old, new) if known or doubtful else []
    above, below = {run.b1: run for run in runs}, {run.b0 - 1: run for run in runs}
    shrinks = {run for run in runs if _shrinks(run, old, new)}
    moved = {index for run in runs if run not in shrinks for index in _common(old, new, run)}
    changed = {index for run in runs for index in range(run.b0, run.b1)}
    came = {index for run in _over_blanks(runs, old) if _shrinks(run, old, new) for index in range(run.b0, run.b1)}
    had = set(old)
    yield from ((index, line) for index, line in doubtful if index in came and new[index] not in had)
    for index, line in marks:
        stayed = index not in changed and above.get(index) not in shrinks and below.get(index) not in shrinks
        if new[index] not in known or not (stayed or index in moved):
            yield index, line


def _shrinks(run: Change, old: list[str], new: list[str]) -> bool:
    """Whether more lines went than came, blank ones aside."""
    return sum(map(bool, old[run.a0 : run.a1])) > sum(map(bool, new[run.b0 : run.b1]))


def _over_blanks(runs: list[Change], old: list[str]) -> list[Change]:
    """The runs, those made one that only blank lines part."""
    joined: list[Change] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last is not None and not any(old[last.a1 : run.a0]):
            joined[-1] = Change(last.a0, run.a1, last.b0, run.b1)
        else:
            joined.append(run)
    return joined


def _common(old: list[str], new: list[str], run: Change) -> Iterator[int]:
    """Where a run of new lines has lines that its old ones have."""
    had = set(old[run.a0 : run.a1])
    return (index for index in range(run.b0, run.b1) if new[index] in had)
