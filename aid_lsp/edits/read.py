"""Reads a model's answer: text in, a patch or complaints out. Never guesses between two places, never applies half.

answer ──detect──▶ formats/* ──▶ blocks ──ladder (place, splice)──▶ assemble ──▶ Reading(patch | complaints, placements, prose)
"""

from dataclasses import replace

from aid_lsp.edits.anchor import Anchor, Careful
from aid_lsp.edits.assemble import Assembly
from aid_lsp.edits.blocks import Block, Delete, Fault, Parsed, Rename, Whole
from aid_lsp.edits.complain import about
from aid_lsp.edits.elision import INSTRUCTIONS, declared
from aid_lsp.edits.formats import apply_patch, definition, search_replace, unified_diff, whole_file
from aid_lsp.edits.formats.fences import MOST_FENCES, Known, fences, path_in_line, spoken_of
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Files, Reading
from aid_lsp.edits.resolve import Resolver
from aid_lsp.edits.thoughts import disowned, second_thought, without_thoughts
from aid_lsp.edits.typography import unescaped

FORMATS = ("auto", "search_replace", "unified_diff", "whole_file", "apply_patch", "definition")
"""The names of the answer formats; `auto` tells the others apart."""

MOST_CHARACTERS = 20_000_000
MOST_LINES = 200_000
"""No answer is longer. All that is done with an answer is linear in it; these keep it to a second or two."""

MOST_BLOCKS = 2000

_INSTRUCTIONS = {
    "auto": search_replace.INSTRUCTIONS,
    "search_replace": search_replace.INSTRUCTIONS,
    "unified_diff": unified_diff.INSTRUCTIONS,
    "whole_file": whole_file.INSTRUCTIONS,
    "apply_patch": apply_patch.INSTRUCTIONS,
    "definition": definition.INSTRUCTIONS,
}
_PROSE = 2000


def instructions(format: str) -> str:  # noqa: A002 - the word of the settings
    """What the system prompt says about a format; for `auto` those of search/replace. Raises KeyError for an unknown name."""
    return f"{_INSTRUCTIONS[format].rstrip()}\n{INSTRUCTIONS}\n"


def read(
    answer: str,
    files: Files,
    format: str = "auto",  # noqa: A002 - the word of the settings
    anchor: Anchor | None = None,
    default_path: str | None = None,
    *,
    cut_off: bool = False,
) -> Reading:
    """Reads an answer against the files it was made for.

    A named format is tried first; where the answer plainly has another one, that one counts. `default_path` is the file meant by edits
    that name none. `cut_off` says that the model was stopped before its end: nothing of such an answer is used. Raises KeyError for
    an unknown format, and nothing else.
    """
    _INSTRUCTIONS[format]
    if cut_off:
        return Reading(
            None, (about(None, None, "it was cut off before its end. Send a shorter answer: fewer and smaller blocks"),)
        )
    if len(answer) > MOST_CHARACTERS or answer.count("\n") > MOST_LINES:
        size = f"{len(answer)} characters in {answer.count(chr(10)) + 1} lines"
        return Reading(None, (about(None, None, f"it has {size}, which no edit needs"),))
    answer = unescaped(without_thoughts(answer.removeprefix("\ufeff")))
    if len(fences(answer)) >= MOST_FENCES:
        return Reading(None, (about(None, None, f"it has {MOST_FENCES} fences or more, which no edit needs"),))
    resolver = Resolver(files)
    kind = detect(answer, resolver.known, format)
    parsed = _parse(kind, answer, resolver.known, default_path)
    parsed = _with_leftovers(kind, answer, parsed, resolver.known)
    if len(parsed.blocks) > MOST_BLOCKS:
        return Reading(None, (about(None, None, f"it has more than {MOST_BLOCKS} blocks, which no edit needs"),))
    if not parsed.blocks and not parsed.faults:
        return Reading(None, (about(None, None, _nothing(answer, format)),), (), _prose(answer, ()))
    spans = parsed.used
    if any(isinstance(block, Delete | Rename) for block in parsed.blocks):
        spans = (*spans, Span(len(answer), len(answer)))  # what is said before such a line counts, too
    doubt = second_thought(answer, spans, shows_whole=kind in (whole_file.NAME, definition.NAME))
    doubt = doubt or disowned(_rest(answer, list(parsed.used))[-_PROSE:])
    if doubt is not None:
        parsed = replace(parsed, faults=(*parsed.faults, Fault(None, None, doubt)))
    parsed = replace(parsed, verbatim=declared(answer))
    reading = Assembly(parsed, files, resolver, anchor and Careful(anchor)).reading()
    return Reading(reading.patch, reading.complaints, reading.placements, _prose(answer, parsed.used))


def _nothing(answer: str, format: str) -> str:  # noqa: A002 - the word of the settings
    if not answer.strip():
        return "it is empty"
    return "it holds no edit" + ("" if format == "auto" else f" in the format {format!r}, nor in any other")


def read_diff(text: str, files: Files, anchor: Anchor | None = None) -> Reading:
    """Reads a unified diff that a tool or a person made: its line numbers count, where its hunks fit there exactly.

    A diff that does not fit so is read like a model's.
    """
    if len(text) <= MOST_CHARACTERS and text.count("\n") <= MOST_LINES:
        resolver = Resolver(files)
        parsed = unified_diff.parse_strict(text, resolver.known)
        if parsed is not None and parsed.blocks and not parsed.faults:
            reading = Assembly(parsed, files, resolver, anchor and Careful(anchor)).reading()
            if reading.patch is not None:
                return reading
    return read(text, files, "unified_diff", anchor)


def detect(answer: str, known: Known, format: str = "auto") -> str:  # noqa: A002 - the word of the settings
    """The format an answer is in; `format` where its own marks speak for no other one."""
    if apply_patch.looks_like(answer):
        return apply_patch.NAME
    if search_replace.looks_like(answer):
        return search_replace.NAME
    if unified_diff.looks_like(answer):
        return unified_diff.NAME
    if format in (whole_file.NAME, definition.NAME):
        return format
    if definition.looks_like(answer, known):
        return definition.NAME
    if whole_file.looks_like(answer, known) or format == "auto":
        return whole_file.NAME
    return format


def _parse(kind: str, answer: str, known: Known, default_path: str | None) -> Parsed:
    match kind:
        case search_replace.NAME:
            return search_replace.parse(answer, known, default_path)
        case unified_diff.NAME:
            return unified_diff.parse(answer, known, default_path)
        case apply_patch.NAME:
            return apply_patch.parse(answer, known, default_path)
        case definition.NAME:
            return definition.parse(answer, known, default_path)
        case _:
            return whole_file.parse(answer, known, default_path)


def _with_leftovers(kind: str, answer: str, parsed: Parsed, known: Known) -> Parsed:
    """Edits in another format beside those read: new files in fences are taken along, anything else is refused, not dropped."""
    if kind in (whole_file.NAME, definition.NAME) or parsed.faults:
        return parsed
    blocks: list[Block] = list(parsed.blocks)
    faults: list[Fault] = []
    used = list(parsed.used)
    number = max((block.number for block in blocks), default=0)
    given = {block.path for block in blocks}
    for fence in fences(answer):
        if any(span.start < fence.span.end and fence.span.start < span.end for span in parsed.used[:2000]):
            continue
        path = path_in_line(fence.before, known, alone=True)
        if path is None:
            spoken = [one for one in spoken_of(fence.before, known) if one not in given]
            if len(spoken) == 1 and fence.info.split(" ")[0].lower() in whole_file.CODE - {""}:
                why = f"a fence of code below the words on `{spoken[0]}` is no block: write all edits in one format, or leave it out"
                faults.append(Fault(None, spoken[0], why))
            continue
        number += 1
        if known(path):
            faults.append(
                Fault(number, path, "this file is shown whole or in part, beside blocks in another format. Use one format for it")
            )
        else:
            blocks.append(Whole(number, path, fence.body))
            used.append(fence.span)
            if not fence.closed:
                faults.append(Fault(None, None, "the answer ends inside a fence: it was cut off"))
    rest = _rest(answer, used)
    if kind != search_replace.NAME and search_replace.looks_like(rest):
        faults.append(Fault(None, None, "it mixes search/replace blocks with another format. Use one format"))
    if kind == search_replace.NAME and unified_diff.looks_like(rest):
        faults.append(Fault(None, None, "it mixes search/replace blocks with a diff. Use one format"))
    return Parsed(tuple(blocks), tuple(faults), tuple(used))


def _rest(answer: str, used: list[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for span in sorted(used):
        pieces.append(answer[at : span.start])
        at = max(at, span.end)
    return "\n".join([*pieces, answer[at:]])


def _prose(answer: str, used: tuple[Span, ...]) -> str:
    return " ".join(_rest(answer, list(used))[: 4 * _PROSE].split())[:_PROSE]
