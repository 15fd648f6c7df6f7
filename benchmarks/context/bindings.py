"""Whether what AID says of uses agrees with the compiler, which knows every use of every name of a project that it has built.

seen        the compiler's uses of the project's own top-level values, types, constructors, fields, modules, … that our parser has there
            (`area` of `Shape.area`), and of those that our parser has as uses of such a thing how many the compiler has there
same file   bare values: for a use that the compiler takes for a top-level value of the same file, ours is that one; and of all that we
            take for one (and are sure of), the compiler agrees
anywhere    a use of any kind, from any file: the first definition that `context.definitions` offers lies where the compiler says
"""

import asyncio
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.artefacts import ArtefactReader, Artefacts, Declaration, Occurrence
from aid_lsp.build.uid import Uid
from aid_lsp.context.definitions import definitions
from aid_lsp.context.index import Index
from aid_lsp.context.scene import Scene
from aid_lsp.edits.lines import Lines
from aid_lsp.ocaml.names import implementation_of, is_ocaml
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.references import Occurrence as Ours
from aid_lsp.ocaml.references import references
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View
from benchmarks.context.installed import lay_out, library_folder

_DIRECTIVE = re.compile(rb"(?m)^# \d+ \".*\"\n")
PROJECTS = ("re", "yojson", "sexplib0")
"""Installed libraries whose sources make a project that builds without others."""


@dataclass
class Agreed:
    """How many of how many."""

    right: int = 0
    all: int = 0

    def add(self, right: bool) -> None:
        self.all += 1
        self.right += right

    @property
    def share(self) -> float:
        return self.right / max(1, self.all)

    def __str__(self) -> str:
        return f"{100 * self.share:.2f} % of {self.all}"


@dataclass
class Bindings:
    """Of one project or several."""

    seen_recall: Agreed = field(default_factory=Agreed)
    seen_precision: Agreed = field(default_factory=Agreed)
    file_recall: Agreed = field(default_factory=Agreed)
    file_precision: Agreed = field(default_factory=Agreed)
    anywhere_recall: Agreed = field(default_factory=Agreed)
    anywhere_precision: Agreed = field(default_factory=Agreed)
    kinds: dict[str, Agreed] = field(default_factory=dict[str, Agreed])
    """`anywhere_recall` by kind."""
    projects: list[str] = field(default_factory=list[str])
    odd: list[str] = field(default_factory=list[str])
    why: Counter[str] = field(default_factory=Counter[str])

    def note(self, what: str, path: str, line: int, name: str) -> None:
        self.why[what] += 1
        if self.why[what] <= 6:
            self.odd.append(f"{what}: {path}:{line} {name}")


def bindings(repos: list[Path]) -> Bindings:
    """Builds the projects (of local clones, or else of installed libraries) and compares."""
    result = Bindings()
    with tempfile.TemporaryDirectory() as name:
        for number, project in enumerate(repos or [Path(library) for library in PROJECTS]):
            root = Path(name) / str(number)
            if repos:
                subprocess.run(["git", "clone", "-q", "--depth", "1", f"file://{project.resolve()}", str(root)], check=True)
            else:
                lay_out(library_folder(project.name), root / "src")
                for source in (root / "src").iterdir():  # where a generator left its line directives, this text is the source
                    source.write_bytes(_DIRECTIVE.sub(b"", source.read_bytes()))
                (root / "dune-project").write_text("(lang dune 3.0)\n")
                (root / "src" / "dune").write_text(f"(library (name {project.name}) (flags (:standard -w -a)))\n")
            # what lacks its libraries is left out by dune, and so by us
            subprocess.run(["dune", "build", "--root", ".", "@check"], cwd=root, capture_output=True)
            artefacts = asyncio.run(ArtefactReader().read(root / "_build" / "default"))
            if artefacts is not None and not artefacts.empty:
                result.projects.append(project.parent.name if project.name in ("repo", ".git") else project.name)
                _Comparison(root, artefacts, result).run()
    return result


class _Comparison:
    def __init__(self, root: Path, artefacts: Artefacts, result: Bindings) -> None:
        self.artefacts, self.result = artefacts, result
        self.view = View.freeze(root)
        self.index = Index()
        self.paths = [path for path in self.index.sources(self.view) if is_ocaml(path) and artefacts.covers(path)]
        self.index.refresh(self.view, self.index.sources(self.view))
        self.scene = Scene(Request("", self.view), 0, index=self.index)
        self.lines = {path: Lines(self.view.text(path) or "") for path in self.paths}
        self.top = dict(self._top_level())

    def _offset(self, entry: Declaration | Occurrence) -> int:
        """Where the name begins: behind its path, within parentheses."""
        lines = self.lines[entry.at.path]
        end = lines.offset(entry.at.end_line - 1, entry.at.end_column, "utf-8")
        start = lines.offset(entry.at.line - 1, entry.at.column, "utf-8")
        found = lines.text.rfind(entry.name, start, end)
        return found if found >= 0 else start

    def _top_level(self) -> Iterator[tuple[Uid, tuple[str, str, int]]]:
        """What our outline has at the place of a declaration: file, kind, place of the name."""
        items = {
            (path, item.name_span.start): item.kind
            for path in self.paths
            for item in outline(path, self.lines[path].text)
            if item.kind not in ("test", "toplevel", "method", "instance variable")
        }
        for uid, declaration in self.artefacts.declarations().items():
            if declaration.at.path in self.lines:
                place = (declaration.at.path, self._offset(declaration))
                if place in items:
                    yield uid, (place[0], items[place], place[1])

    def run(self) -> None:
        for path in self.paths:
            theirs = {
                (self._offset(entry), entry.name): entry
                for entry in self.artefacts.at(path)
                if isinstance(entry, Occurrence) and entry.at.end_line == entry.at.line
            }
            ours: dict[tuple[int, str], list[Ours]] = {}
            for seen in references(path, self.lines[path].text):
                ours.setdefault((seen.span.start, seen.name), []).append(seen)
            self._seen(path, theirs, ours)
            self._bound(path, theirs, ours)

    def _homes(self, entry: Occurrence) -> set[tuple[str, str, int]]:
        """The items that a use means, those of interface and implementation alike."""
        together = {other for uid in entry.uids for other in self.artefacts.together(uid)}
        return {self.top[uid] for uid in together if uid in self.top}

    def _seen(self, path: str, theirs: dict[tuple[int, str], Occurrence], ours: dict[tuple[int, str], list[Ours]]) -> None:
        result = self.result
        for (place, name), entry in theirs.items():
            homes = self._homes(entry)
            if not homes:
                continue
            line = entry.at.line
            uses = [seen for seen in ours.get((place, name), ()) if not (seen.local and not seen.punned)]
            result.seen_recall.add(bool(uses))
            if not uses:
                result.note("not seen", path, line, entry.path)
                continue
            self._anywhere(path, uses, entry, homes)
        for (place, name), found in ours.items():
            for seen in found:
                if not seen.defines and not seen.local and seen.binder is not None and not seen.unsure:
                    result.seen_precision.add((place, name) in theirs)
                    if (place, name) not in theirs:
                        result.note("only ours", path, self.lines[path].position(place)[0] + 1, seen.written)

    def _bound(self, path: str, theirs: dict[tuple[int, str], Occurrence], ours: dict[tuple[int, str], list[Ours]]) -> None:
        result = self.result
        for (place, name), entry in theirs.items():
            direct = {self.top[uid] for uid in entry.uids if uid in self.top}
            here = {start for file, kind, start in direct if file == path and kind in ("value", "external")}
            mine = [seen for seen in ours.get((place, name), ()) if seen.kind == "value" and seen.whole == seen.span]
            if not mine or not entry.known:
                continue
            said = next((seen.binder.start for seen in mine if seen.binder is not None and not seen.local), None)
            sure = any(not seen.unsure for seen in mine)
            if here:
                result.file_recall.add(said in here)
                if said not in here:
                    result.note("bound otherwise", path, entry.at.line, entry.path)
            if said is not None and sure:
                result.file_precision.add(said in here)
                if said not in here:
                    result.note("bound wrongly", path, entry.at.line, entry.path)

    def _anywhere(self, path: str, uses: list[Ours], entry: Occurrence, homes: set[tuple[str, str, int]]) -> None:
        result = self.result
        kind = min(homes)[1]
        first = next(definitions(self.scene, uses[0].written, path, uses[0].whole.start), None)
        pairs = {(implementation_of(file), name_start) for file, _, name_start in homes}
        files = {implementation_of(file) for file, _, _ in homes}
        right = first is not None and (
            (implementation_of(first[0]), first[1].name_span.start) in pairs
            or (implementation_of(first[0]) in files and first[1].name == entry.name and first[1].kind == kind)
        )
        result.anywhere_recall.add(right)
        result.kinds.setdefault(kind, Agreed()).add(right)
        if first is not None:
            result.anywhere_precision.add(right)
        if not right:
            result.note("found nothing" if first is None else "found another", path, entry.at.line, entry.path)


def table(found: Bindings) -> str:
    """For people."""
    rows = [
        f"uses, against the compiler's in {', '.join(found.projects)}: recall, precision",
        f"  seen        {found.seen_recall}, {found.seen_precision}",
        f"  same file   {found.file_recall}, {found.file_precision}",
        f"  anywhere    {found.anywhere_recall}, {found.anywhere_precision}",
    ]
    rows += [f"    {kind:14} {agreed}" for kind, agreed in sorted(found.kinds.items(), key=lambda pair: -pair[1].all)]
    rows += [f"  {count} {what}" for what, count in found.why.most_common()]
    rows += [f"    {odd}" for odd in found.odd]
    return "\n".join(rows)


if __name__ == "__main__":
    import sys

    print(table(bindings([Path(arg) for arg in sys.argv[1:]])))
