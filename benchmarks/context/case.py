"""One question to a context engine, and what a commit says the right answer was.

Case       a tree, an instruction, a place          what everybody is told
Truth      the definitions and files it edited      what should be shown: an edit cannot be made of lines that nobody saw
           the definitions its new lines use        what should be shown: at least their first line
Shown      the lines of each file that are shown    what an engine answers
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from aid_lsp.context.snippet import estimate
from aid_lsp.edits.lines import Lines, Span
from aid_lsp.ocaml.names import KEYWORDS, is_dune, is_ocaml, module_name
from aid_lsp.ocaml.outline import Item, enclosing, outline

Shown = Mapping[str, frozenset[int]]
"""The lines that are shown of each file, from 0."""


@dataclass(frozen=True)
class Hunk:
    """Lines of the old file that a commit replaced; for a mere insertion the two lines around it, in `around`."""

    path: str
    first: int
    count: int
    added: tuple[str, ...]
    """What stands there now, comments and strings blanked."""

    @property
    def needed(self) -> tuple[int, ...]:
        """The lines that must be seen: those replaced; where nothing was, the one after which something was put in."""
        return tuple(range(self.first, self.first + self.count)) if self.count else (max(0, self.first - 1),)


@dataclass(frozen=True)
class Definition:
    """An edited or used definition."""

    path: str
    dotted: str
    needed: frozenset[int]
    """The lines of it that must be shown."""
    name_line: int


@dataclass
class Truth:
    edited: list[Definition] = field(default_factory=list)
    at_place: frozenset[tuple[str, str]] = frozenset()
    """The edited definitions that the place itself gives away."""
    files: frozenset[str] = frozenset()
    used: list[tuple[Definition, ...]] = field(default_factory=list)
    """Each with the places where it is declared: implementation, interface."""


@dataclass
class Case:
    name: str
    root: Path
    """Where the tree lies while the case is asked."""
    instruction: str
    path: str
    line: int
    """Where the first edit is, from 0."""
    truth: Truth


Read = Callable[[str], str | None]


_NOISE = re.compile(r'"(?:[^"\\]|\\.)*"|\(\*.*?\*\)', re.DOTALL)


def without_noise(text: str) -> str:
    """The text with blanks for its comments and strings; its lines stay."""
    return _NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def truth_of(hunks: Iterable[Hunk], read: Read, paths: Iterable[str], place: tuple[str, int]) -> Truth:
    """What a commit edited and used, told from its hunks and the tree before."""
    hunks = list(hunks)
    edited = edited_by(hunks, read)
    at_place = frozenset((d.path, d.dotted) for d in edited if d.path == place[0] and place[1] in d.needed)
    files = frozenset(h.path for h in hunks if is_ocaml(h.path) or is_dune(h.path) or h.path.endswith((".mll", ".mly")))
    used = _used(hunks, read, paths, {(d.path, d.dotted) for d in edited})
    return Truth(edited, at_place, files, used)


def edited_by(hunks: Iterable[Hunk], read: Read) -> list[Definition]:
    """The definitions of the tree before that hunks change."""
    needed: dict[tuple[str, str], tuple[Definition, set[int]]] = {}
    for hunk in hunks:
        text = read(hunk.path)
        if text is None or not is_ocaml(hunk.path):
            continue
        lines = Lines(text)
        for row in hunk.needed:
            item = _at(hunk.path, text, lines, row, inside=hunk.count == 0)
            if item is not None:
                name_line = lines.position(item.name_span.start)[0]
                made = needed.setdefault(
                    (hunk.path, item.dotted), (Definition(hunk.path, item.dotted, frozenset(), name_line), set())
                )
                made[1].add(row)
    return [Definition(d.path, d.dotted, frozenset(rows), d.name_line) for d, rows in needed.values()]


def _at(path: str, text: str, lines: Lines, row: int, *, inside: bool) -> Item | None:
    """The innermost definition that a line belongs to; an insertion must lie within it, not behind it."""
    line = lines.line(row)
    offset = lines.offset(row, len(line) - len(line.lstrip()))
    item = enclosing(path, text, offset)
    if item is None or (item.kind == "toplevel" and item.name == ""):
        return None
    if inside and lines.position(max(item.core.start, item.core.end - 1))[0] <= row:
        return None
    return item


_MODULE = re.compile(r"(?<![\w'])[A-Z][\w']*")
_WORD = re.compile(r"(?:[A-Z][\w']*\.)*[a-zA-Z_][\w']*")


def _used(hunks: list[Hunk], read: Read, paths: Iterable[str], edited: set[tuple[str, str]]) -> list[tuple[Definition, ...]]:
    """The definitions of the workspace that the new lines name: `Module.name` of a module of the tree, or a bare name that a single
    module of the tree defines at its top, if the file that names it is that module's or speaks of it (`open Module`). Names that are
    ambiguous are left out.
    """
    wanted: dict[tuple[str, str], None] = {}
    spoken: dict[str, set[str]] = {}
    for hunk in hunks:
        if is_ocaml(hunk.path):
            added = "\n".join(hunk.added)
            wanted.update(((hunk.path, word), None) for word in _WORD.findall(added))
            if hunk.path not in spoken:
                spoken[hunk.path] = set(_MODULE.findall(read(hunk.path) or "")) | {module_name(hunk.path)}
            spoken[hunk.path].update(_MODULE.findall(added))
    table: dict[str, dict[str, list[Definition]]] = {}
    by_name: dict[str, set[str]] = {}
    for path in paths:
        text = read(path) if is_ocaml(path) else None
        if text is None or len(text) > 400_000:
            continue
        folder_and_module = f"{path.rpartition('/')[0]}/{module_name(path)}"
        for definition in _top_level(path, text):
            table.setdefault(folder_and_module, {}).setdefault(definition.dotted, []).append(definition)
            by_name.setdefault(definition.dotted, set()).add(folder_and_module)
    modules: dict[str, list[str]] = {}
    for key in table:
        modules.setdefault(key.rpartition("/")[2], []).append(key)
    found: dict[tuple[str, str], tuple[Definition, ...]] = {}
    for path, word in wanted:
        parts = word.split(".")
        name = parts[-1]
        if name in KEYWORDS:
            continue
        homes = sorted(by_name.get(name, ())) if len(name) > 3 else []
        homes = homes if homes and homes[0].rpartition("/")[2] in spoken[path] else []
        homes = modules.get(parts[-2], []) if len(parts) > 1 else homes
        if len(homes) == 1 and name in table[homes[0]]:
            places = tuple(table[homes[0]][name])
            if not any((d.path, d.dotted) in edited for d in places):
                found[homes[0], name] = places
    return list(found.values())


@lru_cache(maxsize=4000)
def _top_level(path: str, text: str) -> tuple[Definition, ...]:
    """Kept, since a commit's tree is mostly the one before."""
    lines = Lines(text)
    items = [item for item in outline(path, text) if item.parent is None and item.kind not in ("test", "toplevel")]
    rows = [lines.position(item.name_span.start)[0] for item in items]
    return tuple(Definition(path, item.name, frozenset({row}), row) for item, row in zip(items, rows, strict=True))


@dataclass(frozen=True)
class Marks:
    """How one answer did on one case; None where there was nothing to find."""

    edited: float | None
    beyond: float | None
    """Edited definitions that the place does not give away."""
    named: float | None
    """Of those: whose first line is shown, whatever else."""
    files: float
    used: float | None
    precise_files: float
    """The share of the shown files that were edited."""
    precise_lines: float
    """The share of the shown lines that lie in edited or used definitions."""
    tokens: int


def marks(case: Case, shown: Shown, extent: Callable[[Definition], range], tokens: int) -> Marks:
    """Compares what was shown with what was needed."""
    truth = case.truth
    beyond = [d for d in truth.edited if (d.path, d.dotted) not in truth.at_place]

    def seen(definition: Definition) -> bool:
        return definition.needed <= shown.get(definition.path, frozenset())

    def named(definition: Definition) -> bool:
        return definition.name_line in shown.get(definition.path, frozenset())

    useful: dict[str, set[int]] = {}
    for definition in (*truth.edited, *(d for places in truth.used for d in places)):
        useful.setdefault(definition.path, set()).update(extent(definition))
    total = sum(len(rows) for rows in shown.values())
    hit = sum(len(rows & useful.get(path, set())) for path, rows in shown.items())
    shown_files = [path for path, rows in shown.items() if rows]
    return Marks(
        edited=_share(truth.edited, seen),
        beyond=_share(beyond, seen),
        named=_share(beyond, named),
        files=sum(path in shown_files for path in truth.files) / max(1, len(truth.files)),
        used=_share(truth.used, lambda places: any(named(d) for d in places)),
        precise_files=sum(path in truth.files for path in shown_files) / max(1, len(shown_files)),
        precise_lines=hit / max(1, total),
        tokens=tokens,
    )


def _share(things: list, holds: Callable[..., bool]) -> float | None:
    return sum(map(holds, things)) / len(things) if things else None


def rows_of(text: str, span: Span) -> range:
    """The lines that a span touches."""
    lines = Lines(text)
    return range(lines.position(span.start)[0], lines.position(max(span.start, span.end - 1))[0] + 1)


count_tokens = estimate
HEADER_TOKENS = 16
"""What a path and its fence take, for everybody."""
