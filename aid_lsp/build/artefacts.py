"""What the compiler knows of every name of a built tree, out of its `.cmt` and `.cmti` files.

    _build/default ──ocamlobjinfo──▶ Artefacts ── declarations(name), occurrences(name), at(path, …), together(uid)

`ocamlobjinfo -shape -index -uid-deps -decls` (OCaml >= 5.2; dune passes the compiler `-bin-annot-occurrences`) prints each use of a
bound name with its place, resolved to a declaration within the unit, and as a shape (see `shapes`) where it lies outside.
Measured with OCaml 5.3 and dune 3.17:
 - places are paths from the root of the build context, lines from 1, columns from 0 in bytes; with a ppx still those of the source;
 - `M.x` is one occurrence, of `x`, that spans the whole path; the modules in front are not occurrences of their own;
 - parameters and other pattern variables are used (with a uid) but never declared; labels of arguments are not there at all;
 - `{ width }` is two occurrences (field and variable) at one place; constructors and fields of the two declarations of one type in
   `.ml` and `.mli` are not linked, values, types, modules and exceptions are;
 - what comes from a functor's parameter has no uid; nor has a component of a `with` constraint an occurrence;
 - `let (a, b) = …` declares both as `a`: the name behind a uid is believed only if the text at its place agrees;
 - a unit with a type error leaves a `.cmt` of the part before it, and one that cannot be built any more keeps its old one.
"""

import asyncio
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.shapes import CompUnit, Item, Proj, Reduced, Reducer, Shape, read_shape
from aid_lsp.build.uid import Uid, read_uid
from aid_lsp.errors import NoToolchain

OCCURRENCES_SINCE = (5, 2)
"""The first OCaml whose artefacts know every use of a name."""

_BATCH = 60
_LOCATION = re.compile(r'\(File "((?:[^"\\]|\\.)*)", lines? (\d+)(?:-(\d+))?(?:, characters (\d+)-(\d+))?\)')
_LINK = re.compile(r"(\S+) (<->|<-) (\S+)")
_DECLARATION = re.compile(r"((?:\[intf\])?[^\s.<>:]+\.\d+): (\S+) ?$")
_HEADINGS = re.compile(r"Indexed shapes:\n|\nUid dependencies:\n|\nUid of decls:\n")
_SHAPE = "Implementation shape: "


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A stretch of a source file as the compiler counts: lines from 1, columns from 0 in bytes, end exclusive."""

    path: str
    """From the root of the build context, which is the workspace's root too."""
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """Where a name is declared."""

    uid: Uid
    name: str
    at: Location
    """The name itself; parentheses around an operator included."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A use of a name."""

    name: str
    """The last component, operators without parentheses: `area` of `Shape.area`."""
    path: str
    """The whole path as the compiler read it: `Shape.area`."""
    at: Location
    """The whole path; of `( + )` used infix only the `+`."""
    uids: tuple[Uid, ...]
    """What it is; for an alias of a module followed by what that stands for. Empty where the compiler does not know."""
    outside: tuple[str, tuple[Item, ...]] | None = None
    """For what no unit of the workspace declares: the unit, and the path in it."""
    kind: str | None = None
    """Value, type, …, where the compiler says so: only for what another unit declares."""

    @property
    def known(self) -> bool:
        """Whether the compiler says what it is."""
        return bool(self.uids) or self.outside is not None


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """What one `.cmt` or `.cmti` says."""

    home: str
    """Its folder, from the root of the build context."""
    name: str
    """The unit's name, as in its uids."""
    interface: bool
    text: str
    """What `ocamlobjinfo` printed of its uses, links and declarations, on one line."""
    shape: Shape | None

    def mentions(self, path: str) -> bool:
        """Whether something of that source file is in it."""
        return f'(File "{path}", line' in self.text


@dataclass(slots=True)
class _Kept:
    stamp: tuple[int, int]
    unit: Unit


@dataclass(slots=True)
class ArtefactReader:
    """Reads artefacts of one build folder again and again; reads only what has changed since."""

    deadline_s: float = 60.0
    program: str | None = None
    """`ocamlobjinfo`; found on PATH if not given."""
    _kept: dict[str, _Kept] = field(default_factory=dict[str, _Kept])

    async def read(self, build: Path) -> "Artefacts | None":
        """What the tree under `build` (`_build/default`) says. None where the compiler is too old to say anything.

        Raises `NoToolchain` where `ocamlobjinfo` cannot be run.
        """
        program = self.program or shutil.which("ocamlobjinfo.opt") or shutil.which("ocamlobjinfo")
        if program is None:
            raise NoToolchain("ocamlobjinfo is not on PATH; it comes with the OCaml compiler.")
        found = await asyncio.to_thread(_artefacts, build)
        stale = [path for path, stamp in found.items() if path not in self._kept or self._kept[path].stamp != stamp]
        for start in range(0, len(stale), _BATCH):
            batch = stale[start : start + _BATCH]
            printed = await self._ask(program, build, batch)
            if printed is None:
                return None
            for path, unit in await asyncio.to_thread(_units, batch, printed):
                self._kept[path] = _Kept(found[path], unit)
        for path in self._kept.keys() - found.keys():
            del self._kept[path]
        return Artefacts(tuple(kept.unit for _, kept in sorted(self._kept.items())))

    async def _ask(self, program: str, build: Path, paths: list[str]) -> str | None:
        process = await asyncio.create_subprocess_exec(
            program,
            *("-quiet", "-shape", "-index", "-uid-deps", "-decls"),
            *(f"./{path}" for path in paths),
            cwd=build,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(self.deadline_s):
                out, _ = await process.communicate()
        except TimeoutError:
            raise NoToolchain(f"ocamlobjinfo did not answer in {self.deadline_s:.0f} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return out.decode("utf-8", "surrogateescape") if process.returncode == 0 else None


def _artefacts(build: Path) -> dict[str, tuple[int, int]]:
    """Every `.cmt` and `.cmti` that dune wrote into an `.objs/byte` folder, with what tells its states apart."""
    found: dict[str, tuple[int, int]] = {}
    for folder in build.rglob("byte"):
        if folder.parent.suffix not in (".objs", ".eobjs") or not folder.is_dir():
            continue
        for path in folder.iterdir():
            if path.suffix in (".cmt", ".cmti"):
                status = path.stat()
                found[path.relative_to(build).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found


def _units(paths: list[str], printed: str) -> Iterator[tuple[str, Unit]]:
    blocks = printed.split(_SHAPE)[1:]
    if len(blocks) != len(paths):
        raise NoToolchain(f"ocamlobjinfo said {len(blocks)} things of {len(paths)} files; AID does not know this version.")
    for path, block in zip(paths, blocks, strict=True):
        text = _HEADINGS.sub("", block).strip()
        if text.startswith("(none)"):
            shape, end = None, len("(none)")
        else:
            try:
                shape, end = read_shape(text)
            except ValueError:
                shape, end = None, 0
        home, _, file = path.rpartition("/")
        stem, _, suffix = file.rpartition(".")
        yield path, Unit(home, stem[:1].upper() + stem[1:], suffix == "cmti", " ".join(text[end:].split()), shape)


class Artefacts:
    """What the compiler knows of the names of one tree. Looks names up lazily: a big tree has a million uses."""

    def __init__(self, units: tuple[Unit, ...]) -> None:
        self.units = units
        self._homes: dict[str, list[Unit]] = {}
        for unit in units:
            self._homes.setdefault(unit.name, []).append(unit)
        self._reducers: dict[str, Reducer] = {}
        self._declared: dict[Uid, Declaration] | None = None
        self._linked: dict[Uid, set[Uid]] | None = None
        self._occurrences: dict[str, tuple[Occurrence, ...]] = {}
        self._names: dict[Uid, str] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was built, or without occurrences."""
        return not any(unit.text for unit in self.units)

    def covers(self, path: str) -> bool:
        """Whether the compiler has read that source file to its end; an implementation with an error has no shape."""
        return any(unit.mentions(path) and (unit.interface or unit.shape is not None) for unit in self.units)

    def declarations(self) -> dict[Uid, Declaration]:
        """Every declaration of the tree; parameters and pattern variables are not among them."""
        if self._declared is None:
            self._declared = {}
            for unit in self.units:
                for _, declaration in self._entries(unit, declarations=True):
                    if isinstance(declaration, Declaration):
                        self._declared[declaration.uid] = declaration
        return self._declared

    def occurrences(self, name: str) -> tuple[Occurrence, ...]:
        """Every use of something of that name."""
        if name not in self._occurrences:
            found: list[Occurrence] = []
            needles = (f' {name} (File "', f'.{name} (File "', f'{name}) (File "', f'{name} ) (File "')
            for unit in self.units:
                if any(needle in unit.text for needle in needles):
                    found += (
                        entry
                        for _, entry in self._entries(unit, only=name)
                        if isinstance(entry, Occurrence) and entry.name == name
                    )
            self._occurrences[name] = tuple(dict.fromkeys(found))
        return self._occurrences[name]

    def at(self, path: str) -> Iterator[Occurrence | Declaration]:
        """Every use and declaration in one source file."""
        for unit in self.units:
            if unit.mentions(path):
                for _, entry in self._entries(unit, declarations=True, occurrences=True):
                    if entry.at.path == path:
                        yield entry

    def together(self, uid: Uid) -> frozenset[Uid]:
        """Everything that must bear the same name because the compiler matched it: declarations of an interface, a functor's argument."""
        linked = self._links()
        found = {uid}
        pending = [uid]
        while pending:
            for other in linked.get(pending.pop(), ()):
                if other not in found:
                    found.add(other)
                    pending.append(other)
        return frozenset(found)

    def name_of(self, uid: Uid) -> str | None:
        """The name of an item as the shape of its unit has it; None for what its unit does not export."""
        if self._names is None:
            self._names = {}
            for unit in self.units:
                if unit.shape is not None:
                    self._names.update((self._at_home(found, unit), name) for found, name in _named(unit.shape))
        return self._names.get(uid)

    def reduce(self, home: str, shape: Shape) -> Reduced:
        """Where a path leads, as seen from a unit that lies in `home`."""
        if home not in self._reducers:
            self._reducers[home] = Reducer(lambda name: self._shape_of(name, home))
        reduced = self._reducers[home].reduce(shape)
        return Reduced(tuple(self._settled(uid, home) for uid in reduced.uids), reduced.stuck_at)

    def _links(self) -> dict[Uid, set[Uid]]:
        if self._linked is None:
            self._linked = {}
            for unit in self.units:
                for one, _, other in _LINK.findall(unit.text):
                    left, right = read_uid(one), read_uid(other)
                    if left and right:
                        left, right = self._settled(left, unit.home), self._settled(right, unit.home)
                        self._linked.setdefault(left, set()).add(right)
                        self._linked.setdefault(right, set()).add(left)
        return self._linked

    def _entries(
        self, unit: Unit, *, only: str | None = None, declarations: bool = False, occurrences: bool = False
    ) -> Iterator[tuple[int, Occurrence | Declaration]]:
        before = 0
        for match in _LOCATION.finditer(unit.text):
            head = unit.text[before : match.start()].strip()
            before = match.end()
            if only is not None and only not in head:
                continue
            if head.startswith(("Resolved", "Unresolved", "Approximated", "Missing uid")):
                if (occurrences or only is not None) and not match.group(1).startswith("_none_"):
                    yield match.start(), self._occurrence(unit, head, _location(match))
            elif declarations:
                declared = _DECLARATION.search(head)
                uid = read_uid(declared.group(1)) if declared else None
                if declared and uid:
                    yield match.start(), Declaration(self._settled(uid, unit.home), declared.group(2), _location(match))

    def _occurrence(self, unit: Unit, head: str, at: Location) -> Occurrence:
        found, _, path = head.rpartition(" : ")
        path = path.strip()
        name = _last_component(path)
        word, _, rest = found.partition(":") if not found.startswith("Missing uid") else ("", "", "")
        match word:
            case "Resolved":
                uid = read_uid(rest)
                return Occurrence(name, path, at, (self._settled(uid, unit.home),) if uid else ())
            case "Resolved_alias":
                uids = [read_uid(part) for part in rest.split("->")]
                return Occurrence(name, path, at, tuple(self._settled(uid, unit.home) for uid in uids if uid))
            case "Unresolved":
                try:
                    shape, _ = read_shape(rest.strip())
                except ValueError:
                    return Occurrence(name, path, at, ())
                reduced = self.reduce(unit.home, shape)
                kind = shape.item.kind if isinstance(shape, Proj) else "module" if isinstance(shape, CompUnit) else None
                return Occurrence(name, path, at, reduced.uids, reduced.stuck_at, kind)
            case _:
                return Occurrence(name, path, at, ())

    def _shape_of(self, name: str, home: str) -> Shape | None:
        unit = self._unit(name, home, interface=False)
        return unit.shape if unit else None

    def _unit(self, name: str, home: str, *, interface: bool) -> Unit | None:
        """The unit of that name that a unit in `home` sees: its neighbour, else the only one there is."""
        units = [unit for unit in self._homes.get(name, ()) if unit.interface == interface]
        near = [unit for unit in units if unit.home == home]
        return near[0] if near else units[0] if units else None

    def _settled(self, uid: Uid, home: str) -> Uid:
        """The uid with the folder it belongs to."""
        if uid.home:
            return uid
        unit = self._unit(uid.unit, home, interface=uid.interface) or self._unit(uid.unit, home, interface=not uid.interface)
        return uid._replace(home=unit.home) if unit else uid

    def _at_home(self, uid: Uid, unit: Unit) -> Uid:
        return self._settled(uid, unit.home)


def _location(match: re.Match[str]) -> Location:
    path, line, end_line, column, end_column = match.groups()
    return Location(
        path.replace('\\"', '"').removeprefix("./"), int(line), int(column or 0), int(end_line or line), int(end_column or 0)
    )


def _last_component(path: str) -> str:
    """`area` of `Shape.area`, `+!` of `Shape.(+!)` and `( *. )`, `F(X).t` has `t`."""
    if path.endswith(")") and not path.endswith("()"):
        return path[path.rfind("(") + 1 : -1].strip()
    return path.rpartition(".")[2]


def _named(shape: Shape) -> Iterator[tuple[Uid, str]]:
    pending: list[tuple[Shape, str]] = [(shape, "")]
    while pending:
        part, name = pending.pop()
        uid = getattr(part, "uid", None)
        if isinstance(uid, Uid) and name:
            yield uid, name
        for inner in ("body", "of"):
            child = getattr(part, inner, None)
            if child is not None and inner == "body":
                pending.append((child, ""))
        for item, child in getattr(part, "items", {}).items():
            pending.append((child, item.name))
