"""Puts whole definitions in place, guarded against what an answer leaves out unsaid."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

from aid_lsp.edits.anchor import Anchor, Named
from aid_lsp.edits.blocks import Define, body_lines
from aid_lsp.edits.complain import elided
from aid_lsp.edits.elision import is_elision, is_lazy, is_vague, unwritten
from aid_lsp.edits.found import is_code
from aid_lsp.edits.indentation import indentation
from aid_lsp.edits.lines import Span, lines_of
from aid_lsp.edits.names import Names
from aid_lsp.edits.patch import Edit
from aid_lsp.edits.typography import fold, marks_in


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a text cannot be put in place, as the end of a complaint."""

    why: str


def elided_line(lines: list[str], path: str, before: str, verbatim: Container[str], *, vague: bool = False) -> Refused | None:
    """Refuses text that stands for other text, but for `verbatim` lines; `before` is what it replaces, some of whose lines may look so."""
    if not is_code(path) or not any(is_elision(line) or is_lazy(line) or (vague and is_vague(line)) for line in lines):
        return None
    line = next((line for _, line in unwritten(before.split("\n"), lines, verbatim, vague=vague)), None)
    return None if line is None else Refused(f"it leaves text out: {elided(line)}")


def define(
    block: Define,
    path: str,
    text: str,
    names: Names,
    anchor: Anchor | None,
    *,
    curled: bool,
    verbatim: Container[str] = (),
) -> tuple[list[Edit], bool] | Refused:
    """The edits that put a block's definitions into a text that has these names; and whether the block had to be uncurled."""
    if not curled and marks_in(block.text) and not marks_in(text):
        curled = _comes_back_curled(block.text, text) or (anchor is not None and parses_folded(path, block.text, anchor))
    edits = _defined(block, path, text, names, anchor, curled=curled, verbatim=verbatim)
    return edits if isinstance(edits, Refused) else (edits, curled)


def _defined(
    block: Define, path: str, text: str, named: Names, anchor: Anchor | None, *, curled: bool, verbatim: Container[str]
) -> list[Edit] | Refused:
    if anchor is None:
        return Refused(
            "definitions can be named only in OCaml and dune files. Send the lines to search for and their replacement instead."
        )
    part = named.part(block.name)
    if part is not None:
        whole = part.name.rpartition(".")[0]
        return Refused(
            f"`{block.name}` is a {part.kind}, which cannot be replaced by itself: "
            + (f"send the whole of `{whole}`" if named.called(whole) else "send the whole definition that it is part of")
        )
    if block.how == "delete":
        return _deleted(block, path, text, named)
    body = "\n".join(body_lines(block.text))
    if curled:
        body = fold(body)
    lazy = elided_line(body.split("\n"), path, text, verbatim)
    if lazy is not None:
        return lazy
    fresh = _parsed(path, body, anchor)
    if fresh is None:
        return Refused("the text in the fence does not parse: send the whole definition, complete.")
    if not fresh:
        return Refused("the fence holds no definition (`let`, `type`, `module`, `val`, ..., or a dune stanza).")
    if block.how in ("after", "before"):
        return _added(block, path, text, named, body)
    return _replaced(block, path, text, named, body, fresh)


_CHAINS = ("let rec aid_ = ()\n", "type aid_\n", "class aid_ = object end\n", "module rec Aid_ : sig end = struct end\n")
"""What `and ...` may go on; it does not parse by itself."""
_LEXER = "rule aid_ = parse eof { () }\n"


def _surroundings(path: str, body: str) -> Iterator[tuple[str, str]]:
    """What a definition may stand between in its file, where it does not parse by itself."""
    chained = re.search(r"^[ \t]*and\b", body, re.MULTILINE) is not None
    chains = ["", *_CHAINS] if chained else [""]
    if path.endswith(".mll"):
        yield _LEXER, ""
        yield from (("{\n" + chain, "\n}\n" + _LEXER) for chain in chains)
        yield "", "\n" + _LEXER
    elif path.endswith(".mly"):
        yield from (("%{\n" + chain, "\n%}\n%%\n") for chain in chains)
    else:
        yield from ((chain, "") for chain in chains[1:])


def _parsed(path: str, body: str, anchor: Anchor) -> list[Named] | None:
    """The definitions at the top level of a fence; None where it does not parse."""
    alone = [one for one in anchor.named(path, body) if one.top and one.whole] if anchor.sound(path, body) else None
    if alone:
        return alone
    for above, below in _surroundings(path, body):
        text = above + body + below
        if anchor.sound(path, text):
            back, end = len(above), len(above) + len(body)
            return [
                replace(
                    one,
                    span=Span(one.span.start - back, one.span.end - back),
                    code=Span(one.code.start - back, one.code.end - back),
                )
                for one in anchor.named(path, text)
                if one.top and one.whole and back <= one.span.start and one.span.end <= end
            ]
    return alone


def parses_folded(path: str, text: str, anchor: Anchor) -> bool:
    """Whether code parses in plain typography, and as it is does not."""
    return _parsed(path, text, anchor) is None and _parsed(path, fold(text), anchor) is not None


def _comes_back_curled(body: str, text: str) -> bool:
    """Whether a line of the file comes back with curly quotes."""
    known = {line.strip() for line in text.split("\n")}
    return any(marks_in(line) and fold(line).strip() in known for line in body.split("\n"))


def _replaced(block: Define, path: str, text: str, named: Names, body: str, fresh: list[Named]) -> list[Edit] | Refused:
    scope = block.name.rpartition(".")[0]
    matched: list[tuple[Named, Named]] = []
    if block.name and len(fresh) == 1:
        old = lookup(block.name, path, named, fresh[0].kind)
        if isinstance(old, Refused):
            return old
        matched.append((fresh[0], old))
    else:
        for new in fresh:
            name = f"{scope}.{new.name}" if scope else new.name
            if new.kind == "toplevel":
                same = [one for one in named.called(new.name) if one.kind == "toplevel" and one.top]
                if len(same) > 1:
                    return Refused(f"the file has {len(same)} definitions `{new.name}`: there is no telling which one is meant.")
            else:
                same = [one for one in named.called(name) if one.kind == new.kind]
            if len(same) > 1:
                return Refused(f"the file has {len(same)} definitions `{name}`: there is no telling which one is meant.")
            if same:
                matched.append((new, same[0]))
        if block.name and not any(old.name == block.name or old.name.endswith(f".{block.name}") for _, old in matched):
            return Refused(f"the fence does not define `{block.name}`.")
        if not matched:
            nested = [one.name for new in fresh for one in named.ending(new.name) if not one.top]
            if nested:
                return Refused(f"the file has `{nested[0]}`: name the definition by its path, `{path}: {nested[0]}`.")
            return _appended(text, body)
    if any(not old.sound for _, old in matched):
        return Refused(
            "the definition in the file has a syntax error, so its end is unclear. Send the lines to search for instead."
        )
    if len({old.span for _, old in matched}) < len(matched):
        return Refused("the fence defines the same name twice.")
    edits: list[Edit] = []
    start = 0
    for index, (new, old) in enumerate(matched):
        end = len(body) if index == len(matched) - 1 else new.span.end
        edit = _put(text, old, body, Span(start, end), new)
        if isinstance(edit, Refused):
            return edit
        edits.append(edit)
        start = end
    return edits


_IF, _ENDIF = re.compile(r"^#[ \t]*if", re.MULTILINE), re.compile(r"^#[ \t]*endif", re.MULTILINE)


def _put(text: str, old: Named, body: str, chunk: Span, new: Named) -> Edit | Refused:
    """Replaces one definition by a piece of the body; comments of the old one stay where the new one has none."""
    if len(_IF.findall(old.code.of(text))) != len(_ENDIF.findall(old.code.of(text))):
        return Refused(f"a preprocessor's `#if` cuts `{old.name}` in the file. Send the lines to search for instead.")
    lead, core, trail = body[chunk.start : new.code.start], body[new.code.start : new.code.end], body[new.code.end : chunk.end]
    lead = _without_known_opens(lead, text)
    start = old.span.start if lead.strip() else old.code.start
    end = old.span.end if trail.strip() else old.code.end
    if old.code.of(text).startswith("and") and not core.startswith("and"):
        core = _as_member(core)
    elif core.startswith("and") and not old.code.of(text).startswith("and"):
        return Refused(f"`{old.name}` starts its chain in the file: write it with its keyword, not with `and`.")
    if core.startswith("val ") and old.code.of(text).startswith(("let", "and")):
        return Refused(f"`{old.name}` is defined in this file; the fence only declares it. Send its definition.")
    lines = lines_of(text)
    line, column = lines.position(start)
    theirs = lines.line(line)[:column]
    mine = _indent_at(body, new.code.start)
    piece = (lead.lstrip("\n") if lead.strip() else "") + core + (trail.rstrip() if trail.strip() else "")
    piece = piece.lstrip(" \t")
    if theirs.strip():
        return Edit(Span(start, end), piece)  # it starts in the middle of a line: nothing to align
    if not mine and theirs and _first_line_stripped(piece, theirs, old.span.of(text)):
        return Edit(Span(start, end), piece)
    moved = _reindented(piece, mine, theirs)
    if moved is None:
        return Refused("its lines are indented less than its first line. Send it with even indentation.")
    return Edit(Span(start, end), moved)


def _without_known_opens(lead: str, text: str) -> str:
    """What stands above a definition in its fence, without the `open` lines that the file has anyway."""
    if "open" not in lead:
        return lead
    known = set(text.split("\n"))
    return "\n".join(line for line in lead.split("\n") if not (line.startswith(("open ", "open! ")) and line.rstrip() in known))


def _first_line_stripped(piece: str, theirs: str, old: str) -> bool:
    """Whether only the first line came without the file's indentation: others are the file's as they are, none is when moved."""
    known = set(old.split("\n")[1:])
    rest = [line for line in piece.split("\n")[1:] if line.strip()]
    return any(line in known for line in rest) and not any(theirs + line in known for line in rest)


def _as_member(core: str) -> str:
    for keyword in ("let rec ", "let ", "type nonrec ", "type ", "module rec ", "class type ", "class ", "rule "):
        if core.startswith(keyword):
            return f"and {core[len(keyword) :]}"
    return core


def _indent_at(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    return indentation(text[start:offset] + "x")


def _reindented(piece: str, mine: str, theirs: str) -> str | None:
    """The piece with its lines after the first moved from one indentation to another."""
    if mine == theirs:
        return piece
    first, *rest = piece.split("\n")
    if any(line.strip() and not line.startswith(mine) for line in rest):
        return None
    return "\n".join([first, *(theirs + line[len(mine) :] if line.strip() else line for line in rest)])


_INTERCHANGEABLE = ({"value", "external"}, {"value", "regexp"})
"""Kinds that one name may change between; a lexer's `let eol = '\\n'` reads as either."""


def lookup(name: str, path: str, named: Names, kind: str | None) -> Named | Refused:
    """The one definition of a name: by its whole path, or by the end of its path."""
    stem = path.rpartition("/")[2].partition(".")[0]
    own = stem[:1].upper() + stem[1:]
    names = [name, name.removeprefix(f"{own}.")]
    for wanted in dict.fromkeys(names):
        for found in (named.called(wanted), named.ending(wanted)):
            if kind is not None:
                found = [one for one in found if one.kind == kind or {one.kind, kind} in _INTERCHANGEABLE]
            if len(found) == 1:
                return found[0]
            if found:
                listed = ", ".join(f"{one.kind} `{one.name}`" for one in found[:6])
                return Refused(
                    f"`{name}` fits several definitions: {listed}. Name it by its whole path, or send lines to search for."
                )
    near = [one.name for one in named.all if one.name.rpartition(".")[2].lower() == name.rpartition(".")[2].lower()]
    hint = f"; there is `{near[0]}`" if near else ""
    return Refused(f"the file has no definition `{name}`{hint}. To add one, write `{path}: after NAME`.")


def _added(block: Define, path: str, text: str, named: Names, body: str) -> list[Edit] | Refused:
    if not block.name:
        return _appended(text, body)
    beside = lookup(block.name, path, named, None)
    if isinstance(beside, Refused):
        return beside
    chain = named.chain(beside, text)
    beside = chain[-1] if block.how == "after" else chain[0]
    lines = lines_of(text)
    line, column = lines.position(beside.code.start)
    theirs = lines.line(line)[:column]
    if theirs.strip():
        return Refused(f"`{beside.name}` starts in the middle of a line. Send the lines to search for instead.")
    piece = body.strip("\n")
    moved = _reindented(piece, indentation(piece), theirs)
    if moved is None:
        return Refused("its lines are indented less than its first line. Send it with even indentation.")
    moved = moved.lstrip(" \t")
    if block.how == "after":
        return [Edit(Span(beside.span.end, beside.span.end), f"\n\n{theirs}{moved.rstrip()}")]
    return [Edit(Span(beside.span.start, beside.span.start), f"{moved.rstrip()}\n\n{theirs}")]


def _appended(text: str, body: str) -> list[Edit]:
    gap = "" if not text.strip() else "\n" if text.endswith("\n") else "\n\n"
    return [Edit(Span(len(text), len(text)), f"{gap}{body.strip()}" + ("\n" if not text or text.endswith("\n") else ""))]


def _deleted(block: Define, path: str, text: str, named: Names) -> list[Edit] | Refused:
    old = lookup(block.name, path, named, None)
    if isinstance(old, Refused):
        return old
    chain = named.chain(old, text)
    if len(chain) > 1 and chain[0] is old:
        return Refused(f"`{old.name}` starts a chain of `and`: send the rest of the chain as a definition of its own.")
    lines = lines_of(text)
    first, column = lines.position(old.span.start)
    last, end_column = lines.position(old.span.end)
    if lines.line(first)[:column].strip() or lines.line(last)[end_column:].strip():
        return Refused(f"`{old.name}` shares a line with other code. Send the lines to search for instead.")
    blank_after = last + 1 < len(lines) and not lines.line(last + 1).strip() and lines.offset(last + 1, 0) < len(text)
    blank_before = first == 0 or not lines.line(first - 1).strip()
    if blank_after and blank_before:
        last += 1
    elif blank_before and first > 0 and lines.span_of_lines(first, last).end >= len(text):
        first -= 1
    return [Edit(lines.span_of_lines(first, last), "")]
