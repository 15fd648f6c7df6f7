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
from functools import cached_property
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
_NAMED = re.compile(r'"([^"\\]*)"\[[\w ]+\]\s*->\s*(?:\{|Abs|Alias\()?\s*<([^<>\s]+)>')
_BEHIND_SHAPE = re.compile(
    r"^(?:Resolved|Unresolved|Approximated|Missing uid)\b|\nUid (?:dependencies|of decls):\n", re.MULTILINE
)
_USES = ("Resolved", "Unresolved", "Approximated", "Missing uid")


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


@dataclass(frozen=True, eq=False)
class Unit:
    """What one `.cmt` or `.cmti` says; what is read of it is kept, as most units stay as they are from one build to the next."""

    home: str
    """Its folder, from the root of the build context."""
    name: str
    """The unit's name, as in its uids."""
    interface: bool
    text: str
    """What `ocamlobjinfo` printed of its uses, links and declarations, on one line."""
    shape_text: str
    """The shape as it was printed; empty where there is none."""

    @cached_property
    def shape(self) -> Shape | None:
        """What the unit exports; None for an interface, and where there was an error."""
        try:
            return read_shape(self.shape_text)[0] if self.shape_text else None
        except ValueError:
            return None

    @cached_property
    def names(self) -> tuple[tuple[Uid, str], ...]:
        """The items of its shape, with their names, read without reading the shape as a whole: some are a megabyte long."""
        found = ((read_uid(uid), name) for name, uid in _NAMED.findall(self.shape_text))
        return tuple((uid, name) for uid, name in found if uid is not None)

    @cached_property
    def links(self) -> tuple[tuple[Uid, Uid], ...]:
        """What the compiler matched in it."""
        read = ((read_uid(one), read_uid(other)) for one, _, other in _LINK.findall(self.text))
        return tuple((one, other) for one, other in read if one and other)

    @cached_property
    def declarations(self) -> tuple[Declaration, ...]:
        """What it declares, with uids that do not say their folders yet."""
        found: list[Declaration] = []
        for head, match in _entries(self.text):
            declared = None if head.startswith(_USES) else _DECLARATION.search(head)
            uid = read_uid(declared.group(1)) if declared else None
            if declared and uid:
                found.append(Declaration(uid, declared.group(2), _location(match)))
        return tuple(found)

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
        behind = _BEHIND_SHAPE.search(block)
        end = behind.start() if behind else len(block)
        shape = _HEADINGS.sub("", block[:end]).strip()
        text = " ".join(_HEADINGS.sub("", block[end:]).split())
        home, _, file = path.rpartition("/")
        stem, _, suffix = file.rpartition(".")
        yield path, Unit(home, stem[:1].upper() + stem[1:], suffix == "cmti", text, "" if shape == "(none)" else shape)


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
        self._settled_in: dict[tuple[str, bool, str], str] = {}

    @property
    def empty(self) -> bool:
        """Whether nothing was built, or without occurrences."""
        return not any(unit.text for unit in self.units)

    def covers(self, path: str) -> bool:
        """Whether the compiler has read that source file to its end; an implementation with an error has no shape."""
        return any(unit.mentions(path) and (unit.interface or unit.shape_text) for unit in self.units)

    def declarations(self) -> dict[Uid, Declaration]:
        """Every declaration of the tree; parameters and pattern variables are not among them."""
        if self._declared is None:
            self._declared = {}
            for unit in self.units:
                for declaration in self._declarations(unit):
                    self._declared[declaration.uid] = declaration
        return self._declared

    def occurrences(self, name: str) -> tuple[Occurrence, ...]:
        """Every use of something of that name."""
        if name not in self._occurrences:
            found: list[Occurrence] = []
            needles = (f' {name} (File "', f'.{name} (File "', f'{name}) (File "', f'{name} ) (File "')
            for unit in self.units:
                if any(needle in unit.text for needle in needles):
                    found += (seen for seen in self._occurrences_in(unit, only=name) if seen.name == name)
            self._occurrences[name] = tuple(dict.fromkeys(found))
        return self._occurrences[name]

    def at(self, path: str) -> Iterator[Occurrence | Declaration]:
        """Every use and declaration in one source file."""
        for unit in self.units:
            if unit.mentions(path):
                for entry in (*self._declarations(unit), *self._occurrences_in(unit)):
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
                self._names.update((self._settled(found, unit.home), name) for found, name in unit.names)
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
                for one, other in unit.links:
                    left, right = self._settled(one, unit.home), self._settled(other, unit.home)
                    self._linked.setdefault(left, set()).add(right)
                    self._linked.setdefault(right, set()).add(left)
        return self._linked

    def _declarations(self, unit: Unit) -> Iterator[Declaration]:
        for declared in unit.declarations:
            yield Declaration(self._settled(declared.uid, unit.home), declared.name, declared.at)

    def _occurrences_in(self, unit: Unit, *, only: str = "") -> Iterator[Occurrence]:
        for head, match in _entries(unit.text):
            if only in head and head.startswith(_USES) and not match.group(1).startswith("_none_"):
                yield self._occurrence(unit, head, _location(match))

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
        key = (uid.unit, uid.interface, home)
        if key not in self._settled_in:
            unit = self._unit(uid.unit, home, interface=uid.interface) or self._unit(uid.unit, home, interface=not uid.interface)
            self._settled_in[key] = unit.home if unit else ""
        return uid._replace(home=self._settled_in[key])


def _entries(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Each place in a unit's text, and what is said of it."""
    before = 0
    for match in _LOCATION.finditer(text):
        yield text[before : match.start()].strip(), match
        before = match.end()


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
