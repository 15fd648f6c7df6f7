"""Rung `layout`: the block shows one whole definition, its line breaks aside."""

from aid_lsp.edits.anchor import Anchor, Named
from aid_lsp.edits.blocks import Rows
from aid_lsp.edits.found import Found, LineEdit
from aid_lsp.edits.indentation import indentation
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.target import Target


def placed_by_layout(rows: Rows, target: Target, anchor: Anchor | None) -> Found | None:
    """The block shows one whole definition with other line breaks, and the file has just one definition of that name."""
    if anchor is None:
        return None
    before = "\n".join(line for tag, line in rows if tag != "+")
    mine = _only_definition(before, target.path, anchor)
    if mine is None:
        return None
    twins = [n for n in anchor.named(target.path, target.text) if n.whole and n.kind == mine.kind and _last(n) == _last(mine)]
    if len(twins) != 1 or not twins[0].sound:
        return None
    theirs = twins[0]
    if "".join(theirs.span.of(target.text).split()) != "".join(before.split()):
        return None
    lines = Lines(target.text)
    start, column = lines.position(theirs.span.start)
    end = lines.position(theirs.span.end)[0] + 1
    if target.contents[start][:column].strip() or "".join("".join(target.contents[start:end]).split()) != "".join(before.split()):
        return None
    after = [line for tag, line in rows if tag != "-"]
    shifted = shift(after, indentation(target.contents[start]))
    return None if shifted is None else Found("layout", start, (LineEdit(start, end, tuple(shifted)),))


def _only_definition(text: str, path: str, anchor: Anchor) -> Named | None:
    tops = [n for n in anchor.named(path, text) if n.top]
    if len(tops) != 1 or not tops[0].sound or not tops[0].whole or not anchor.sound(path, text):
        return None
    rest = text[: tops[0].span.start] + text[tops[0].span.end :]
    return None if rest.strip() else tops[0]


def _last(named: Named) -> str:
    return named.name.rpartition(".")[2]


def shift(lines: list[str], indent: str) -> list[str] | None:
    """The lines moved as one so that the first one has the given indentation; None where that cannot be."""
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        return lines
    mine = indentation(first)
    if mine == indent:
        return lines
    if indent.endswith(mine):
        more = indent[: len(indent) - len(mine)]
        return [more + line if line.strip() else line for line in lines]
    if mine.endswith(indent):
        less = mine[: len(mine) - len(indent)]
        if all(line.startswith(less) or not line.strip() for line in lines):
            return [line.removeprefix(less) for line in lines]
    return None
