"""Says why a block could not be used, so that the model that wrote it can do better.

Each complaint tells which block, what was looked for, all the places it might have meant or the nearest lines, and what not to send again.
"""

from collections import Counter
from collections.abc import Sequence

from aid_lsp.edits.blocks import Change
from aid_lsp.edits.found import Lost
from aid_lsp.edits.patch import Complaint
from aid_lsp.edits.target import Target

AGAIN = "Nothing was applied. Send all blocks again, with this one corrected; do not send this one unchanged."
_SHOWN = 8
_WIDTH = 160


def told(complaints: Sequence[Complaint]) -> list[str]:
    """The complaints as they are said one after the other: each with its block and file, what to send again only at the end."""
    said: list[str] = []
    for index, complaint in enumerate(complaints):
        message = complaint.message
        if not message.startswith(_which(complaint.block, complaint.path)):
            message = (_which(complaint.block, complaint.path) if complaint.path else "") + message
        said.append(message if index == len(complaints) - 1 else message.removesuffix(AGAIN).rstrip())
    return said


def about(number: int | None, path: str | None, why: str) -> Complaint:
    """A complaint that needs no file."""
    why += "" if why.endswith((".", "?", "!", ".)")) else "."
    return Complaint(f"{_which(number, path)}{_capital(why)} {AGAIN}", path, number)


def elided(line: str) -> str:
    """What to do about new text that holds a line like `...`."""
    return (
        f"{line.strip()!r} stands for lines that you did not write. Write every line. (If the file shall hold that very line, "
        f"say so before the edits: `Verbatim: {line.strip()}`.)"
    )


def about_place(change: Change, target: Target, lost: Lost) -> Complaint:
    """A complaint about a block that has no place in its file."""
    parts = [_which(change.number, target.path) + _capital(_reason(lost))]
    if lost.wanted and lost.kind in ("nowhere", "several", "indentation", "contradiction"):
        parts.append("Looked for:\n" + _excerpt(lost.wanted))
    if lost.kind == "nowhere":
        parts.append(_nearest(change, list(lost.wanted), target))
    return Complaint("\n".join([*(part for part in parts if part), AGAIN]), target.path, change.number)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _which(number: int | None, path: str | None) -> str:
    named = f"Block {number}" if number else "The answer"
    return f"{named} ({path}): " if path else f"{named}: "


def _reason(lost: Lost) -> str:
    where = _numbers(lost.lines)
    match lost.kind:
        case "several":
            count = f"{len(lost.lines)} times" if len(lost.lines) < 7 else "more than 6 times"
            if lost.detail.startswith("its divider"):
                return f"{lost.detail}; both fit the file. Send a block that has only one ======= line."
            inside = f" Naming {lost.detail!r} does not settle it." if lost.detail else ""
            return f"these lines occur {count}, at lines {where}.{inside} Add the lines above or below the place until they fit it only."
        case "indentation":
            return f"these lines are at line {where} but for their indentation, which differs from line to line. Copy them with all their spaces."
        case "typography":
            return f"these lines are at line {where} but for their quotes, dashes or spaces. Use plain ASCII quotes, as the file has them."
        case "contradiction":
            return (
                f"these lines are at line {where}, but not in {lost.detail!r}, which the block names: the lines you mean have changed. "
                "Copy the lines from the file as it is now."
            )
        case "elided-change":
            return "it searches for `...`, which is not in the file. Write all lines to search for, or one block for each place."
        case "elided-addition":
            return f"it adds a line that leaves text out: {elided(lost.wanted[0])}"
        case "no-context":
            return "it adds lines but shows none of the file's, so their place is unknown. Repeat the lines beside the place."
        case "blank":
            return "it shows only blank lines of the file, so its place is unknown. Show lines that are not blank."
        case _:
            tail = f" {_capital(lost.detail)}." if lost.detail else ""
            return f"these lines are not in the file.{tail}"


def _numbers(lines: tuple[int, ...]) -> str:
    listed = [str(line + 1) for line in lines]
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}" if listed else "none"


def _excerpt(lines: tuple[str, ...]) -> str:
    shown = [f"    {line[:_WIDTH]}" for line in lines[:_SHOWN]]
    if len(lines) > _SHOWN:
        shown.append(f"    (and {len(lines) - _SHOWN} more lines)")
    return "\n".join(shown)


def _nearest(change: Change, wanted: list[str], target: Target) -> str:
    """The place that shares most lines with the block, or what else may have happened to it."""
    after = [line.strip() for tag, line in change.readings[0] if tag != "-"]
    if any(tag != " " for tag, _ in change.readings[0]) and any(after) and len(after) > 1:
        done = target.stripped.find(after, 2)
        if len(done) == 1:
            return f"The file already has what the block leads to, at line {done[0] + 1}: leave the block out if so."
    votes: Counter[int] = Counter()
    index = target.stripped
    for offset, line in enumerate(wanted[:400]):
        core = line.strip()
        places = index.places(core) if core else []
        if 0 < len(places) <= 20:
            votes.update(place - offset for place in places)
    if not votes:
        return _nowhere([line.strip() for line in wanted if line.strip()], target)
    start, _ = min(votes.items(), key=lambda one: (-one[1], one[0]))
    first = max(0, start)
    theirs = target.contents[first : max(first + 1, start + len(wanted))]
    differing = [
        (first + offset, mine, line)
        for offset, (mine, line) in enumerate(zip(wanted[first - start :], theirs, strict=False))
        if mine.strip() != line.strip()
    ]
    shown = [f"    {first + offset + 1:>5} | {line[:_WIDTH]}" for offset, line in enumerate(theirs[: 2 * _SHOWN])]
    text = f"The nearest lines of the file, {first + 1} to {first + len(theirs)}:\n" + "\n".join(shown)
    if differing:
        number, mine, line = differing[0]
        text += f"\nThe first to differ is line {number + 1}: the file has {line.strip()[:_WIDTH]!r}, the block {mine.strip()[:_WIDTH]!r}."
    return text


def _nowhere(wanted: list[str], target: Target) -> str:
    """What to say where none of the lines is in the file: that they are parts of lines, or that there is nothing."""
    if not wanted:
        return ""
    at = next((number for number, line in enumerate(target.contents) if wanted[0] in line), None)
    if at is None:
        return "None of its lines is in the file."
    shown = target.contents[at].strip()[:_WIDTH]
    return f"Whole lines are looked for, and {wanted[0][:_WIDTH]!r} is only a part of line {at + 1}: {shown!r}."
