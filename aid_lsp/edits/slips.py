"""Finds in an answer's new text what can only be a slip: markers of blocks, tokens of the model's protocol, quotes of a word processor."""

import re
from collections.abc import Callable, Iterable

from aid_lsp.edits.blocks import Block, Change, Create, Define, Delete, Exact, Fault, Parsed, Rename, Whole
from aid_lsp.edits.found import is_code
from aid_lsp.edits.typography import QUOTES, marks_in

_UNDECODED = re.compile("[\ud800-\udfff]")
_CONTROL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|eot_id|>",
    "<fim_middle>",
)


def slip(path: str, before: str, after: str) -> str | None:
    """What in the new text belongs to no file: a marker of a block, a token of the model's own protocol; None where nothing does."""
    odd = None if after.isascii() else _UNDECODED.search(after)
    if odd is not None and before and not _UNDECODED.search(before):
        return f"the new text holds bytes that are not UTF-8 ({odd[0]!a})"
    for token in _CONTROL:
        if token in after and token not in before:
            return f"the new text holds {token!r}, which belongs to no file"
    if is_code(path) and ("<<<<<<<" in after or ">>>>>>>" in after or "\n=======\n" in after):
        known = set(before.split("\n"))
        for line in after.split("\n"):
            if (line.startswith(("<<<<<<< ", ">>>>>>> ")) or line == "=======") and line not in known:
                return f"the new text holds the marker {line[:40]!r}"
    return None


def curled_code(parsed: Parsed, text_of: Callable[[str], str], *, curled: bool) -> Fault | None:
    """Why there is no telling whether curly quotes are meant: code gains some while the answer has no straight ones.

    In `verbatim` lines they are, unless lines of the file came back `curled`, too.
    """
    if curled:
        why = "lines of the file came back with curly quotes, so there is no telling whether those of its `Verbatim:` lines are meant"
        doubtful = any(map(marks_in, parsed.verbatim))
        return Fault(None, None, f"{why}. Use straight quotes everywhere else") if doubtful else None
    for curly, straight in (("“”„", '"'), ("‘’‚‛", "'")):
        if any(straight in text for block in parsed.blocks for text in _texts(block)):
            continue
        for block in parsed.blocks:
            curls = (one for one in _texts(block, added=True) if not one.isascii() and set(curly).intersection(one))
            added = next((one.strip() for one in curls if one.strip() not in parsed.verbatim), None)
            if added is not None and is_code(block.path) and not QUOTES.intersection(marks_in(text_of(block.path))):
                return Fault(
                    block.number,
                    block.path,
                    f"it adds curly quotes to code: {added[:80]!r}. Use straight quotes, or say before the edits that you mean "
                    f"these, on a line of its own: `Verbatim: {added}`",
                )
    return None


def _texts(block: Block, *, added: bool = False) -> Iterable[str]:
    """The lines of a block, or only those that it adds."""
    match block:
        case Change():
            return [text for tag, text in block.readings[0] if not added or tag == "+"]
        case Exact():
            return [text for _, rows, _ in block.hunks for tag, text in rows if not added or tag == "+"]
        case Whole() | Create() | Define():
            return block.text.split("\n")
        case Delete() | Rename():
            return ()
