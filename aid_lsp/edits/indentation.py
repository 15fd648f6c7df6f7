"""Works out how an answer's indentation relates to the file's, and writes new lines the file's way.

Each rule is tried on the lines that the block and the file share. A rule must hold for all of them, and all rules that hold must
write the new lines alike; else there is no telling what the model meant.
"""

from collections.abc import Callable, Iterable

from aid_lsp.edits.blocks import Rows

Rule = Callable[[str], str | None]
"""Rewrites the indentation of a new line; None where it cannot."""

_PREFIX = " "
"""In a diff that only adds, a difference of one space is no indentation: the kept lines lack their prefix, or have one too many."""
WIDTHS = (2, 4, 8, 3, 1, 6)
"""What a tab may stand for."""


def indentation(line: str) -> str:
    """The spaces and tabs a line starts with."""
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def rewritten(rows: Rows, file_lines: list[str], *, prefixed: bool = False) -> tuple[str, list[str]] | None:
    """The rung's name and the added lines in the file's indentation; None where no rule, or more than one, fits.

    `file_lines` are the file's own lines for the kept and removed rows, equal to them but for blanks at either end. `prefixed` says
    that the rows come from a diff.
    """
    pairs: list[tuple[str, str, str]] = []
    index = 0
    for tag, line in rows:
        if tag != "+":
            if line.strip():
                pairs.append((tag, indentation(line), indentation(file_lines[index])))
            index += 1
    added = [line for tag, line in rows if tag == "+"]
    if all(mine == theirs for _, mine, theirs in pairs):
        return "trailing-space", added
    outcomes: list[tuple[str, list[str]]] = []
    for name, rule in _rules(pairs, prefixed=prefixed and all(tag == " " for tag, _, _ in pairs)):
        lines = [rule(line) if line.strip() or name == "tabs" else line for line in added]
        if any(line is None for line in lines):
            continue
        outcome = [line for line in lines if line is not None]
        if all(outcome != other for _, other in outcomes):
            outcomes.append((name, outcome))
    if outcomes:
        return outcomes[0] if len(outcomes) == 1 else None
    if _context_only(pairs):
        return "context-space", added
    first = None if prefixed else _first_line(rows, file_lines, pairs, added)
    return None if first is None else ("first-line", first)


def _rules(pairs: list[tuple[str, str, str]], *, prefixed: bool) -> Iterable[tuple[str, Rule]]:
    _, mine, theirs = pairs[0]
    if theirs.endswith(mine):
        more = theirs[: len(theirs) - len(mine)]
        if not (prefixed and more == _PREFIX) and all(b == more + a for _, a, b in pairs):
            yield "indentation", lambda line: more + line
    if mine.endswith(theirs):
        less = mine[: len(mine) - len(theirs)]
        if not (prefixed and less == _PREFIX) and all(a == less + b for _, a, b in pairs):
            yield "indentation", lambda line: line.removeprefix(less) if line.startswith(less) else None
    if any("\t" in a for _, a, _ in pairs) and not any("\t" in b for _, _, b in pairs):
        yield from (("tabs", _expander(width)) for width in WIDTHS if all(a.expandtabs(width) == b for _, a, b in pairs))
    if any("\t" in b for _, _, b in pairs) and not any("\t" in a for _, a, _ in pairs):
        yield from (("tabs", _contractor(width)) for width in WIDTHS if all(_contracted(a, width) == b for _, a, b in pairs))


def _context_only(pairs: list[tuple[str, str, str]]) -> bool:
    """Whether only kept lines came with other spaces: the removed lines show that the new ones are as they are meant."""
    return any(tag == "-" and theirs for tag, _, theirs in pairs) and all(
        mine == theirs for tag, mine, theirs in pairs if tag == "-"
    )


def _expander(width: int) -> Rule:
    def expand(line: str) -> str:
        blank = indentation(line)
        return blank.expandtabs(width) + line[len(blank) :]

    return expand


def _contractor(width: int) -> Rule:
    def contract(line: str) -> str:
        blank = indentation(line)
        return _contracted(blank, width) + line[len(blank) :]

    return contract


def _contracted(blank: str, width: int) -> str:
    return "\t" * (len(blank) // width) + " " * (len(blank) % width)


def _first_line(rows: Rows, file_lines: list[str], pairs: list[tuple[str, str, str]], added: list[str]) -> list[str] | None:
    """Only the block's first line lost its indentation: whoever cut the text out stripped it. The first new line did, too.

    Another line must still have its own, or the whole block may have lost it.
    """
    tag, line = rows[0]
    if not any(indentation(text) for _, text in rows[1:] if text.strip()):
        return None
    if tag == "+" or not line.strip() or pairs[0][1] or any(mine != theirs for _, mine, theirs in pairs[1:]):
        return None
    if tag == " ":
        return added
    removed = next((index for index, (kind, _) in enumerate(rows) if kind != "-"), len(rows))
    if removed < len(rows) and rows[removed][0] == "+" and not indentation(rows[removed][1]) and rows[removed][1].strip():
        return [indentation(file_lines[0]) + added[0], *added[1:]]
    return added


def tab_width(pairs: Iterable[tuple[str, str]]) -> int | None:
    """The tab width that turns an answer's indentations into the file's; None where there is none, or more than one.

    Lines whose indentation the answer means to change speak against every width, so four lines of five decide: of those with tabs,
    and of all that would have got a tab. Where more lines than that change, one width must account for all tabs and spaces of the
    answer, and no other one for any line.
    """
    listed = list(pairs)
    tabbed = [(a, b) for a, b in listed if "\t" in a]
    right = {width: sum(a.expandtabs(width) == b for a, b in tabbed) for width in WIDTHS}
    fitting: list[int] = []
    for width in WIDTHS:
        concerned = [(a, b) for a, b in listed if "\t" in a or len(b) >= width]
        if (
            tabbed
            and 5 * right[width] >= 4 * len(tabbed)
            and 5 * sum(_contracted(b, width) == a for a, b in concerned) >= 4 * len(concerned)
        ):
            fitting.append(width)
    if not fitting:
        able = [
            width for width in WIDTHS if right[width] and all(_contracted(a.expandtabs(width), width) == a for a, _ in listed)
        ]
        fitting = [width for width in able if 2 * right[width] >= len(tabbed) or right[width] >= 3]
        fitting = fitting if len(able) == 1 else []
    return fitting[0] if len(fitting) == 1 else None
