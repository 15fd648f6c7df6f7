"""Writes a case as a correct answer in each format: what a careful model would send, as the format's instructions ask.

An answer is kept as parts, so that damages can be done to lines without parsing text:

    Answer(format, parts=[Part(path, op, hunks=[Hunk(rows, old line, heading)])])   ──render──▶ text
"""

import copy
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from aid_lsp.edits.anchor import Named
from aid_lsp.edits.elision import is_elision, is_lazy, is_vague
from aid_lsp.edits.lines import split_lines
from aid_lsp.edits.lost import lost_includes
from aid_lsp.edits.typography import QUOTES
from aid_lsp.ocaml.anchor import OCamlAnchor, heading
from benchmarks.apply.case import Case

FORMATS = ("search_replace", "unified_diff", "apply_patch", "whole_file", "definition")
Row = tuple[str, str]


@dataclass
class Hunk:
    """Rows of (tag, line without end)."""

    rows: list[Row]
    old: int
    """Line from 0."""
    new: int
    heading: str = ""
    old_count: int = 0
    new_count: int = 0
    bare: set[int] = field(default_factory=set)

    def count(self) -> None:
        self.old_count = sum(tag != "+" for tag, _ in self.rows)
        self.new_count = sum(tag != "-" for tag, _ in self.rows)


@dataclass
class Part:
    """What the answer says about one file."""

    path: str
    op: str
    """change, create, delete, whole, define."""
    hunks: list[Hunk] = field(default_factory=list)
    text: str = ""
    name: str = ""
    removed: tuple[str, ...] = ()


@dataclass
class Answer:
    """One answer, and how it is dressed."""

    format: str
    parts: list[Part]
    fenced: bool = True
    numbers: bool = True
    headers: bool = True
    one_fence: bool = False
    markers: tuple[str, str, str] = ("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE")
    path_at: str = "before"
    prefix: tuple[str, str] = ("a/", "b/")
    prose: tuple[str, str] = ("", "")
    crlf: bool = False
    verbatim: tuple[str, ...] = ()

    def copy(self) -> "Answer":
        return copy.deepcopy(self)


def lines_of(text: str) -> list[str]:
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def answer(case: Case, format: str) -> Answer | None:
    """The case as an answer; None where the format cannot say it."""
    parts: list[Part] = []
    for path in case.changed:
        before, after = case.before.get(path), case.after.get(path)
        if "\r" in (before or "") + (after or "") or any(len(line) > 2000 for line in split_lines(after or "")):
            return None
        if after is None:
            parts.append(Part(path, "delete", [Hunk([("-", line) for line in lines_of(before or "")], 0, 0)]))
        elif before is None:
            if not after.endswith("\n"):
                return None
            parts.append(Part(path, "create", text=after))
        else:
            if before.endswith("\n") != after.endswith("\n") or not before or not after:
                return None
            if format == "whole_file":
                parts.append(
                    Part(
                        path, "whole", text=after if after.endswith("\n") else after + "\n", removed=_removed(path, before, after)
                    )
                )
            elif format == "definition":
                defined = _definitions(path, before, after)
                if defined is None:
                    return None
                parts += defined
            else:
                parts.append(Part(path, "change", hunks_of(path, before, after)))
    return Answer(format, parts, verbatim=_verbatim(case, format)) if parts else None


def _verbatim(case: Case, format: str) -> tuple[str, ...]:
    """New lines with curly quotes, and those that look as if they stood for others; old ones, too, beside lines that go unmarked."""
    found: list[str] = []
    for path in case.changed:
        before, after = lines_of(case.before.get(path, "")), lines_of(case.after.get(path, ""))
        if not any(_doubtful(line) for line in after):
            continue
        for tag, gone, kept, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            shrinks = format not in ("unified_diff", "apply_patch") and kept - gone > end - start
            looked = after[max(0, start - 1) : end + 1] if shrinks else after[start:end]
            found += [line.strip() for line in looked if is_elision(line) or is_lazy(line)]
            found += [line.strip() for line in after[start:end] if QUOTES.intersection(line) or is_vague(line)]
    return tuple(found)


def _doubtful(line: str) -> bool:
    return is_elision(line) or is_lazy(line) or is_vague(line) or bool(QUOTES.intersection(line))


def hunks_of(path: str, before: str, after: str, context: int = 3) -> list[Hunk]:
    """Hunks with three lines of context, more until each occurs once in the file."""
    old, new = lines_of(before), lines_of(after)
    groups = [list(group) for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(context)]
    hunks: list[Hunk] = []
    spans = [(group[0][1], group[-1][2], group[0][3], group[-1][4]) for group in groups]
    widened: list[tuple[int, int, int, int]] = []
    joined = "\n" + before
    for a0, a1, b0, b1 in spans:
        step = 0
        while (a1 == a0 or not _once(joined, old[a0:a1])) and (a0 > 0 or a1 < len(old)):
            if (step % 2 == 0 and a0 > 0) or a1 >= len(old):
                a0, b0 = a0 - 1, b0 - 1
            else:
                a1, b1 = a1 + 1, b1 + 1
            step += 1
        widened.append((a0, a1, b0, b1))
    merged: list[tuple[int, int, int, int]] = []
    for span in widened:
        if merged and span[0] <= merged[-1][1]:
            last = merged.pop()
            span = (min(last[0], span[0]), max(last[1], span[1]), min(last[2], span[2]), max(last[3], span[3]))
        merged.append(span)
    for a0, a1, b0, b1 in merged:
        rows: list[Row] = []
        first = None
        for tag, i0, i1, j0, j1 in SequenceMatcher(None, old[a0:a1], new[b0:b1], autojunk=False).get_opcodes():
            if tag == "equal":
                rows += [(" ", line) for line in old[a0 + i0 : a0 + i1]]
                continue
            first = a0 + i0 if first is None else first
            rows += [("-", line) for line in old[a0 + i0 : a0 + i1]]
            rows += [("+", line) for line in new[b0 + j0 : b0 + j1]]
        hunk = Hunk(rows, a0, b0, heading(path, before, first or a0))
        hunk.count()
        hunks.append(hunk)
    return hunks


def _once(joined: str, lines: list[str]) -> bool:
    text = joined if joined.endswith("\n") else joined + "\n"
    needle = "\n" + "\n".join(lines) + "\n"
    at = text.find(needle)
    return at >= 0 and text.find(needle, at + 1) < 0 and any(line.strip() for line in lines)


def _removed(path: str, before: str, after: str) -> tuple[str, ...]:
    """The definitions that the file loses, or that it loses its first or last lines, which the format wants to be said."""
    anchor = OCamlAnchor()
    kept = Counter((one.kind, one.name) for one in anchor.named(path, after) if one.whole)
    if not anchor.sound(path, after):  # amid errors a local name looks like one at the top
        gone = [one for one in anchor.named(path, before) if one.whole and not _begins(one, before, after)]
        kept -= Counter({(one.kind, one.name) for one in gone})
    old = Counter((one.kind, one.name) for one in anchor.named(path, before) if one.whole)
    includes = lost_includes(before, after, ()) if path.endswith((".ml", ".mli")) else []
    if not old and not includes:
        x, y = lines_of(before), lines_of(after)
        return () if (x[0].strip(), x[-1].strip()) == (y[0].strip(), y[-1].strip()) else ("lines",)
    return (*(name for _, name in (old - kept).elements()), *includes)


def _begins(named: Named, before: str, after: str) -> bool:
    """Whether a line of the new text begins the definition as the old one does: `let area`, at the same indentation."""
    start = before.rfind("\n", 0, named.code.start) + 1
    name = named.name.rpartition(".")[2]
    at = before.find(name, named.code.start, named.code.end)
    return at < 0 or f"\n{before[start:at]}{name}" in f"\n{after}"


def _definitions(path: str, before: str, after: str) -> list[Part] | None:
    """Whole definitions, where nothing but top-level definitions with their own lines, comments included, has changed."""
    anchor = OCamlAnchor()
    old = [one for one in anchor.named(path, before) if one.top and one.whole]
    new = [one for one in anchor.named(path, after) if one.top and one.whole]
    if not anchor.sound(path, after) or not anchor.sound(path, before) or len(old) != len(new) or not old:
        return None
    parts: list[Part] = []
    at = other = 0
    names = [(one.kind, one.name) for one in old]
    for one, two in zip(old, new, strict=True):
        if (one.kind, one.name) != (two.kind, two.name) or before[at : one.span.start] != after[other : two.span.start]:
            return None
        at, other = one.span.end, two.span.end
        x, y = one.span.of(before), two.span.of(after)
        if x == y:
            continue
        if (
            names.count((one.kind, one.name)) > 1
            or one.kind == "toplevel"
            or before[: one.span.start].rpartition("\n")[2].strip()
            or after[: two.span.start].rpartition("\n")[2].strip()
        ):
            return None
        if (one.span.start < one.code.start) != (two.span.start < two.code.start) or (one.span.end > one.code.end) != (
            two.span.end > two.code.end
        ):
            return None
        if (x.startswith("and") or y.startswith("and")) and x[:3] != y[:3]:
            return None
        if _indents(before, one) != _indents(after, two) or any(line.startswith("#") for line in x.split("\n")):
            return None  # a definition comes back at its place; lines for a preprocessor may cut it
        indent = after[: two.span.start].rpartition("\n")[2]
        parts.append(Part(path, "define", text=f"{indent}{y}\n", name=one.name))
    return parts if before[at:] == after[other:] and parts else None


def _indents(text: str, named: Named) -> list[str]:
    """What stands before a definition on its first line, and before its comment."""
    return [text[:start].rpartition("\n")[2] for start in (named.span.start, named.code.start)]


def render(given: Answer) -> str:
    """The answer as text."""
    text = {"search_replace": _search_replace, "unified_diff": _unified, "apply_patch": _envelope}.get(given.format, _fences)(
        given
    )
    said = "".join(f"Verbatim: {line}\n" for line in given.verbatim)
    text = given.prose[0] + (f"{said}\n" if said else "") + text + given.prose[1]
    return text.replace("\n", "\r\n") if given.crlf else text


def language(path: str) -> str:
    """What stands behind a fence's backquotes."""
    name = path.rpartition("/")[2]
    return "dune" if name.startswith("dune") else "ocaml"


def fence(body: str) -> str:
    return "````" if "```" in body else "```"


def _search_replace(given: Answer) -> str:
    blocks: list[str] = []
    head, divider, tail = given.markers
    for part in given.parts:
        if part.op == "delete":
            blocks.append(f"Delete: {part.path}\n")
            continue
        hunks = part.hunks if part.op == "change" else [Hunk([("+", line) for line in lines_of(part.text)], 0, 0)]
        for hunk in hunks:
            search = [line for tag, line in hunk.rows if tag != "+"]
            put = [line for tag, line in hunk.rows if tag != "-"]
            marker = f"{head} {part.path}" if given.path_at == "marker" else head
            body = "\n".join([marker, *search, divider, *put, tail]) + "\n"
            mark = fence(body)
            if given.path_at == "inside" and given.fenced:
                blocks.append(f"{mark}{language(part.path)}\n{part.path}\n{body}{mark}\n")
            elif given.path_at == "info" and given.fenced:
                blocks.append(f"{mark}{language(part.path)} {part.path}\n{body}{mark}\n")
            else:
                path = "" if given.path_at == "marker" else f"{part.path}\n"
                blocks.append(path + (f"{mark}{language(part.path)}\n{body}{mark}\n" if given.fenced else body))
    return "\n".join(blocks)


def _unified(given: Answer) -> str:
    pieces: list[tuple[str, str]] = []
    for part in given.parts:
        lines: list[str] = []
        old, new = f"{given.prefix[0]}{part.path}", f"{given.prefix[1]}{part.path}"
        if given.headers or part.op != "change":
            lines += [f"--- {'/dev/null' if part.op == 'create' else old}", f"+++ {'/dev/null' if part.op == 'delete' else new}"]
        hunks = part.hunks
        if part.op == "create":
            hunks = [Hunk([("+", line) for line in lines_of(part.text)], -1, 0)]
            hunks[0].count()
        elif part.op == "delete":
            hunks[0].count()
        for hunk in hunks:
            numbers = f"-{hunk.old + 1},{hunk.old_count} +{hunk.new + 1},{hunk.new_count} @@" if given.numbers else ""
            if part.op == "delete" and given.numbers:
                numbers = f"-1,{hunk.old_count} +0,0 @@"
            lines.append(" ".join(f"@@ {numbers} {hunk.heading}".split(" ")).rstrip() if numbers or hunk.heading else "@@ ... @@")
            lines += [text if index in hunk.bare else f"{tag}{text}" for index, (tag, text) in enumerate(hunk.rows)]
        pieces.append((part.path, "\n".join(lines) + "\n"))
    if not given.fenced:
        return "".join(text for _, text in pieces)
    if given.one_fence and given.headers:
        body = "".join(text for _, text in pieces)
        return f"{fence(body)}diff\n{body}{fence(body)}\n"
    return "\n".join(f"{path}\n{fence(text)}diff\n{text}{fence(text)}\n" for path, text in pieces)


def _envelope(given: Answer) -> str:
    lines = ["*** Begin Patch"]
    for part in given.parts:
        if part.op == "delete":
            lines.append(f"*** Delete File: {part.path}")
        elif part.op == "create":
            lines += [f"*** Add File: {part.path}", *(f"+{line}" for line in lines_of(part.text))]
        else:
            lines.append(f"*** Update File: {part.path}")
            for hunk in part.hunks:
                lines.append(f"@@ {hunk.heading}".rstrip())
                lines += [text if index in hunk.bare else f"{tag}{text}" for index, (tag, text) in enumerate(hunk.rows)]
    return "\n".join([*lines, "*** End Patch"]) + "\n"


def _fences(given: Answer) -> str:
    blocks: list[str] = []
    for part in given.parts:
        if part.op == "delete":
            blocks.append(f"Delete: {part.path}\n")
            continue
        head = part.path
        if given.format == "definition":
            head += f": {part.name}" if part.op == "define" else ": new file"
        if part.removed:
            head += f"\nRemoved: {', '.join(part.removed)}"
        mark = fence(part.text)
        blocks.append(f"{head}\n{mark}{language(part.path)}\n{part.text}{mark}\n")
    return "\n".join(blocks)
