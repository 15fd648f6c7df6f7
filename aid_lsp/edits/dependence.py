"""Tells a block that looks for what another block makes: it may mean the file as that block leaves it, and blocks know only the base."""

from aid_lsp.edits.blocks import Change
from aid_lsp.edits.found import Found


def depends(blocks: list[Change], places: list[tuple[int, Found]]) -> int | None:
    """The number of a block of one file that looks for lines which another one makes; None where there is none."""
    numbers = {number for number, _ in places}
    blocks = [block for block in blocks if block.number in numbers]
    if len(places) < 2:
        return None
    befores = [_joined_lines(block, "+") for block in blocks]
    afters = [_joined_lines(block, "-") for block in blocks]
    all_before, all_after = "\0".join(befores), "\0".join(afters)
    for block, before, after in zip(blocks, befores, afters, strict=True):
        made = all_after.count(before) - after.count(before)
        if made > all_before.count(before) - before.count(before) and not _copied(block, before, places, blocks):
            return block.number
    return None


def _copied(block: Change, before: str, places: list[tuple[int, Found]], blocks: list[Change]) -> bool:
    """Whether others only write anew what the block looks for, while the lines themselves stay: a function and its changed copy."""
    found = next(found for number, found in places if number == block.number)
    start, end = found.line, found.line + before.count("\n") - 1
    if found.rung in ("elision", "named", "layout"):
        return False
    for number, other in places:
        if number != block.number and any(edit.start < end and start < edit.end for edit in other.edits):
            return False
    return all(
        other is block or before not in _joined_lines(other, "-") or any(before in run and before != run for run in _fresh(other))
        for other in blocks
    )


def _fresh(block: Change) -> list[str]:
    """The runs of lines that a block adds."""
    lines = [line if tag == "+" else "\0" for tag, line in block.readings[0] if tag != "-"]
    return [f"\n{run.strip(chr(10))}\n" for run in "\n".join(lines).split("\0")]


def _joined_lines(block: Change, without: str) -> str:
    return "\n".join(["", *(line for tag, line in block.readings[0] if tag != without), ""])
