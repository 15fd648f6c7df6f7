"""Puts whole files in place, in the file's own spelling, guarded against what an answer leaves out unsaid."""

from collections import Counter
from collections.abc import Container

from aid_lsp.edits.anchor import Anchor
from aid_lsp.edits.blocks import Whole, body_lines
from aid_lsp.edits.dressed import dressed, labels
from aid_lsp.edits.indentation import indentation, tab_width
from aid_lsp.edits.lost import lost_includes, lost_names
from aid_lsp.edits.sequence import changes
from aid_lsp.edits.splice import Refused, elided_line, parses_folded
from aid_lsp.edits.target import Target
from aid_lsp.edits.typography import fold, marks_in


def whole_lines(
    block: Whole, target: Target, anchor: Anchor | None, *, curled: bool, verbatim: Container[str] = ()
) -> tuple[list[str], bool] | Refused:
    """The lines that a whole-file block gives a file that exists, in the file's spelling; and whether they had to be uncurled."""
    lines = body_lines(block.text)
    if lines and labels(lines[0], target.path) and lines[0] not in target.contents:
        lines = lines[1:]
    lazy = elided_line(lines, target.path, target.text, verbatim, vague=True) or _excerpt(lines, block, target, anchor)
    if lazy is not None:
        return lazy
    worn = dressed(lines, target.path, target)
    if worn is not None:
        return Refused(worn)
    if not curled and anchor is not None and marks_in(block.text) and not marks_in(target.text):
        curled = anchor.sound(target.path, target.text) and parses_folded(target.path, block.text, anchor)
    lines, curled = _uncurled(lines, target.contents, target.text, curled=curled)
    unshifted = _unshifted(lines, target.contents)
    if unshifted is None:
        return Refused("all its lines are indented, and not as in the file. Send the file with its own indentation.")
    untabbed = _untabbed(unshifted, target.contents)
    if untabbed is None:
        return Refused("its lines are indented with tabs where the file has spaces. Send the file with its own indentation.")
    lines = untabbed
    if anchor is not None:
        text = "\n".join([*lines, ""])
        lost = lost_names(
            target.text,
            text,
            anchor.named(target.path, target.text),
            anchor.named(target.path, text),
            block.removed,
            sound=anchor.sound(target.path, text),
        )
        lost += lost_includes(target.text, text, block.removed) if target.path.endswith((".ml", ".mli")) else []
        if lost:
            listed = ", ".join(f"`{name}`" for name in lost[:12]) + (f" and {len(lost) - 12} more" if len(lost) > 12 else "")
            return Refused(
                f"the new text lacks {listed}, which the file has. Write the whole file; if they shall go, say so on a line "
                f"`Removed: {', '.join(lost[:12])}` between path and fence."
            )
    return lines, curled


def _excerpt(lines: list[str], block: Whole, target: Target, anchor: Anchor | None) -> Refused | None:
    """Refuses a piece for the whole of a file whose definitions are not known: nothing else tells that its start or end is missing."""
    if block.removed or (anchor is not None and anchor.named(target.path, target.text)):
        return None
    old, new = [line.strip() for line in target.contents], [line.strip() for line in lines]
    edges = [run for run in changes(old, new) if run.a0 == 0 or run.a1 == len(old)]
    lost = [line for run in edges for line in old[run.a0 : run.a1] if line]
    came = sum(1 for run in edges for line in new[run.b0 : run.b1] if line)
    if len(lost) < 3 or len(lost) < 4 * came:
        return None
    return Refused(
        f"the new text lacks lines at the start or the end of the file, {lost[0][:80]!r} for one. Write the whole file; if they shall "
        "go, say so on a line `Removed: lines` between path and fence."
    )


def _uncurled(lines: list[str], old: list[str], old_text: str, *, curled: bool) -> tuple[list[str], bool]:
    """The lines in plain typography, where lines of the file come back with curly quotes."""
    if not any(marks_in(line) for line in lines):
        return lines, curled
    own = marks_in(old_text)
    known = {line.strip() for line in old}
    curled = curled or any(line.strip() not in known and marks_in(line) - own and fold(line).strip() in known for line in lines)
    if not curled:
        return lines, False
    return [line if own & marks_in(line) else fold(line) for line in lines], True


def _unshifted(lines: list[str], old: list[str]) -> list[str] | None:
    """Takes away an indentation that the file came back with; None where its lines do not agree whether there is one."""
    shown = [line for line in lines if line.strip()]
    if not shown or not all(line.startswith((" ", "\t")) for line in shown):
        return lines
    pairs = _aligned(lines, old)
    shifts = Counter(mine[: len(mine) - len(theirs)] for mine, theirs in pairs if mine.endswith(theirs))
    shift, count = shifts.most_common(1)[0] if shifts else ("", 0)
    if 2 * count <= len(pairs) or not all(line.startswith(shift) for line in shown):
        return None
    return [line.removeprefix(shift) if line.strip() else line for line in lines]


def _aligned(lines: list[str], old: list[str]) -> list[tuple[str, str]]:
    """The indentations, new and old, of the lines that stayed."""
    pairs: list[tuple[str, str]] = []
    at = other = 0
    mine, theirs = [line.strip() for line in lines], [line.strip() for line in old]
    for run in [*changes(theirs, mine), None]:
        end = run.a0 if run is not None else len(old)
        pairs += (
            (indentation(lines[other + index]), indentation(old[at + index])) for index in range(end - at) if theirs[at + index]
        )
        if run is not None:
            at, other = run.a1, run.b1
    return pairs


def _untabbed(lines: list[str], old: list[str]) -> list[str] | None:
    """Expands tabs where the file has none; None where lines of the file come back with tabs of no clear width."""
    if not any("\t" in indentation(line) for line in lines) or any("\t" in indentation(line) for line in old):
        return lines
    pairs = _aligned(lines, old)
    if not any("\t" in blank for blank, _ in pairs):
        # no line that stayed came back with a tab: the new ones are meant, unless a line that only moved says otherwise
        known = {line.strip() for line in old}
        return None if any("\t" in indentation(line) and line.strip() in known for line in lines) else lines
    width = tab_width(pairs)
    if width is None:
        return None
    return [indentation(line).expandtabs(width) + line[len(indentation(line)) :] for line in lines]
