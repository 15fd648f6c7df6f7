"""The workspace's OCaml files beside what the compiler knows of them: byte columns become offsets here.

    token of the source (ocaml/references) ──place──▶ Fact(uids) of the compiler (build/artefacts)

A fact counts only if the text at its place still bears its name, so artefacts of an older text cannot mislead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from aid_lsp.build.artefacts import Artefacts, Declaration, Location
from aid_lsp.build.artefacts import Occurrence as Seen
from aid_lsp.build.uid import Uid
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_module, is_ocaml
from aid_lsp.ocaml.outline import Item, mixed, outline
from aid_lsp.ocaml.references import Occurrence, references
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.workspace.view import View

_PATH = re.compile(r"(?:[\w'.()\s]|\(\*[^*]*\*\))*")
"""What may stand before the last component of a path, in the stretch that the compiler gives it."""
_AFTER = re.compile(r"[\s)]*")


class OCamlLines:
    """Places as OCaml counts them: lines from 1, ended by \\n only (a lone \\r is a blank to its lexer), columns in bytes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def offset(self, line: int, column: int) -> int | None:
        """The offset of a place; None if there is no such place."""
        if not 1 <= line <= len(self._starts):
            return None
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        content = self._text[start:end]
        if content.isascii():
            return start + column if column <= len(content) else None
        piece = content.encode("utf-8", "surrogateescape")[:column]
        return start + len(piece.decode("utf-8", "surrogateescape")) if len(piece) == column else None

    def line(self, offset: int) -> int:
        """The line of an offset, from 1."""
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            if self._starts[middle] <= offset:
                low = middle
            else:
                high = middle
        return low + 1


@dataclass(slots=True)
class Fact:
    """What the compiler says of a name at one place."""

    uids: set[Uid] = field(default_factory=set[Uid])
    """What it is or declares; two where a pun is both field and variable."""
    declares: set[Uid] = field(default_factory=set[Uid])
    outside: set[str] = field(default_factory=set[str])
    """The units outside of the workspace that it belongs to."""
    unknown: bool = False
    """Whether it is a use that the compiler could not resolve, such as a functor parameter's component."""

    @property
    def identity(self) -> tuple[frozenset[Uid], frozenset[str], bool]:
        """What must not change when something else is renamed."""
        return frozenset(self.uids), frozenset(self.outside), self.unknown


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of a file, with its line for people."""

    path: str
    span: Span
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Sources:
    """Reads, parses and looks up, each once. Not for the event loop: it reads files."""

    def __init__(self, view: View, artefacts: Artefacts | None) -> None:
        self.view = view
        self.artefacts = artefacts
        self._texts: dict[str, str | None] = {}
        self._lines: dict[str, OCamlLines] = {}
        self._facts: dict[str, dict[str, dict[int, Fact]]] = {}
        self._covered: dict[str, bool] = {}
        self._copies: dict[str, frozenset[str]] | None = None
        self._trees: dict[str, Tree] = {}
        self._references: dict[tuple[str, str], tuple[Occurrence, ...]] = {}

    def text(self, path: str) -> str:
        """The text of a file; empty where there is none."""
        if path not in self._texts:
            self._texts[path] = self.view.text(path)
        return self._texts[path] or ""

    def exists(self, path: str) -> bool:
        """Whether the user has that file; generated ones are only in the build folder."""
        self.text(path)
        return self._texts[path] is not None

    def lines(self, path: str) -> OCamlLines:
        """The lines of a file."""
        if path not in self._lines:
            self._lines[path] = OCamlLines(self.text(path))
        return self._lines[path]

    def spot(self, path: str, span: Span) -> Spot:
        """A place for people."""
        return Spot(path, span, self.lines(path).line(span.start))

    def files(self, mentioning: str, *, generators: bool = False) -> tuple[str, ...]:
        """The `.ml` and `.mli` files in which a word stands somewhere; with `generators` the lexers and grammars too."""
        meant = is_module if generators else is_ocaml
        return tuple(path for path in self.view.paths() if meant(path) and mentioning in self.text(path))

    def tree(self, path: str) -> Tree:
        """The OCaml of a file, and that in a lexer or grammar."""
        text = self.text(path)
        rest = mixed(path, text)
        if rest is None:
            return parse(path, text)
        if path not in self._trees:
            self._trees[path] = parse(".ml", rest.ocaml).within(text)
        return self._trees[path]

    def is_code(self, path: str, span: Span) -> bool:
        """Whether a stretch is OCaml, and not part of what a lexer or a grammar has around it."""
        rest = mixed(path, self.text(path))
        return rest is None or span.of(rest.ocaml) == span.of(self.text(path))

    def references(self, path: str, name: str) -> tuple[Occurrence, ...]:
        """Where a file has a name, as syntax."""
        if (path, name) not in self._references:
            self._references[path, name] = references(path, self.text(path), name)
        return self._references[path, name]

    def items(self, path: str) -> tuple[Item, ...]:
        """The definitions of a file."""
        return outline(path, self.text(path))

    def covers(self, path: str) -> bool:
        """Whether the compiler has read the file to its end."""
        if path not in self._covered:
            self._covered[path] = self.artefacts is not None and self.artefacts.covers(path)
        return self._covered[path]

    def named_at(self, at: Location, name: str) -> Span | None:
        """Where in the text the compiler has seen a name; None if the text has something else there."""
        lines = self.lines(at.path)
        start, end = lines.offset(at.line, at.column), lines.offset(at.end_line, at.end_column)
        if start is None or end is None or end < start:
            return None
        text = self.text(at.path)
        found = text.rfind(name, start, end)
        if found < 0 or not _PATH.fullmatch(text, start, found) or not _AFTER.fullmatch(text, found + len(name), end):
            return None  # another text, or code that a ppx made and says to be from here
        return Span(found, found + len(name))

    def facts(self, path: str, name: str) -> dict[int, Fact]:
        """What the compiler says of a name in one file, by the offset where the name begins."""
        if name not in self._facts:
            self._facts[name] = self._gather(name)
        return self._facts[name].get(path, {})

    def fact_paths(self, name: str) -> tuple[str, ...]:
        """Every file, generated ones too, of which the compiler says that it has the name."""
        self.facts("", name)
        return tuple(self._facts[name])

    def declared(self, name: str) -> tuple[Declaration, ...]:
        """Every declaration that bears a name."""
        if self.artefacts is None:
            return ()
        return tuple(
            declaration
            for uid, declaration in self.artefacts.declarations().items()
            if (self.artefacts.name_of(uid) or declaration.name) == name
        )

    def uids_of(self, path: str, span: Span, name: str) -> frozenset[Uid]:
        """What a definition that begins there is to the compiler; also by what its uses in the file are said to be."""
        facts = self.facts(path, name)
        fact = facts.get(span.start)
        if fact and fact.declares:
            return frozenset(fact.declares) | self._in_copies(path, fact.declares)
        bound = [o for o in self.references(path, name) if o.binder == span and o.span != span and not o.unsure]
        found = frozenset(uid for o in bound if not o.punned for uid in facts.get(o.span.start, Fact()).uids)
        if found or self.is_code(path, span):
            return found
        made = path[: path.rfind(".")]  # a rule or token, which is declared in what the build makes of the file
        places = (f"{made}.ml", f"{made}.mli")
        return frozenset(one.uid for one in self.declared(name) if one.at.path in places and not self.exists(one.at.path))

    def copies(self, path: str) -> frozenset[str]:
        """The files that the build makes of a file without changing it, as dune's `copy_files` does: they declare the same at the same places."""
        if self._copies is None:
            self._copies = dict(self._find_copies())
        return self._copies.get(path, frozenset())

    def _find_copies(self) -> Iterator[tuple[str, frozenset[str]]]:
        places: dict[str, set[tuple[str, int, int]]] = {}
        for declaration in self.artefacts.declarations().values() if self.artefacts else ():
            at = declaration.at
            places.setdefault(at.path, set()).add((declaration.name, at.line, at.column))
        made: dict[str, list[str]] = {}
        for path in places:
            if is_ocaml(path) and not self.exists(path):
                made.setdefault(path.rpartition("/")[2], []).append(path)
        for path in self.view.paths() if made else ():
            same = [one for one in made.get(path.rpartition("/")[2], ()) if path in places and places[one] == places[path]]
            if same:
                yield path, frozenset(same)

    def is_copy(self, path: str) -> bool:
        """Whether the build makes a file by copying one of the workspace."""
        self.copies(path)
        return any(path in copies for copies in (self._copies or {}).values())

    def _in_copies(self, path: str, uids: set[Uid]) -> frozenset[Uid]:
        """The same declarations in copies of their file."""
        copies = self.copies(path)
        if not copies or self.artefacts is None:
            return frozenset()
        known = self.artefacts.declarations()
        own = {(known[uid].name, known[uid].at.line, known[uid].at.column) for uid in uids if uid in known}
        names = {name for name, _, _ in own}
        return frozenset(
            uid
            for uid, one in known.items()
            if one.name in names and one.at.path in copies and (one.name, one.at.line, one.at.column) in own
        )

    def _gather(self, name: str) -> dict[str, dict[int, Fact]]:
        found: dict[str, dict[int, Fact]] = {}
        if self.artefacts is None:
            return found
        for declaration in self.declared(name):
            at = declaration.at
            span = self.named_at(at, name) or self._in_pattern(declaration, name)
            if span is not None:
                fact = found.setdefault(at.path, {}).setdefault(span.start, Fact())
                fact.uids.add(declaration.uid)
                fact.declares.add(declaration.uid)
            elif not self.exists(at.path):
                found.setdefault(at.path, {}).setdefault(-1, Fact()).declares.add(declaration.uid)
        for seen in self.artefacts.occurrences(name):
            span = self.named_at(seen.at, name)
            if span is not None:
                _add(found.setdefault(seen.at.path, {}).setdefault(span.start, Fact()), seen)
        return found

    def _in_pattern(self, declaration: Declaration, name: str) -> Span | None:
        """Where `b` of `let (a, b) = …` stands, which the compiler declares at the place of `a`."""
        first = self.named_at(declaration.at, declaration.name)
        if first is None:
            return None
        for item in self.items(declaration.at.path):
            if item.name == name and item.core.start <= first.start < item.core.end and item.kind == "value":
                return item.name_span
        return None


def _add(fact: Fact, seen: Seen) -> None:
    if seen.uids:
        fact.uids.add(seen.uids[0])
    elif seen.outside:
        fact.outside.add(seen.outside[0])
    else:
        fact.unknown = True
