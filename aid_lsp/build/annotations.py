"""The type that the compiler found for every expression and pattern of a file, out of its `.cmt`, if that is of this very text.

    _build/default/lib/.shapes.objs/byte/shapes__Shape.cmt ──ocamlcmt──▶ Annotation(50, 54, "t -> int", "area", defined=True), …

`ocamlcmt` comes with the compiler: `-annot` prints types and names with byte offsets, `-info` the digest of the source that was compiled and
the units it was compiled against. Measured with OCaml 5.3 and dune 3.17: 20 ms for a file of 200 lines; places are those of the source with a
ppx too; of a file with an error there is what comes before it; what could not be built any more keeps an old `.cmt`, which its digest shows.
"""

import asyncio
import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.process import ask
from aid_lsp.ocaml.names import interface_of, module_name

Read = Callable[[str], bytes | None]
"""Gives the bytes of a file of the workspace as the user sees it."""

_DEADLINE_S = 10.0
_LONGEST = 40_000_000
_MOST_USED = 120
"""A file that uses more units of the workspace has no types here: it would take too long to see whether they are still true."""
_KEPT = 20
_PLACE = re.compile(r'^"((?:[^"\\]|\\.)*)" \d+ (\d+) (-?\d+) "(?:[^"\\]|\\.)*" \d+ \d+ (-?\d+)\n', re.MULTILINE)
_TYPE = re.compile(r"(?ms)^type\(\n(.*?)^\)$")
_IDENT = re.compile(r"(?ms)^ident\(\n\s*(def|int_ref|ext_ref) (.*?)(?: \"|\n)")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What the compiler found of a stretch of a source file."""

    start: int
    """In bytes, as all that the compiler counts."""
    end: int
    type: str
    """On one line."""
    name: str = ""
    """The whole path, if it is a name: `Base.List.sum`."""
    defined: bool = False
    """Whether the name is bound there, and not used."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a `.cmt` says of itself."""

    source: str
    """The file that was compiled, from the root of the build context; behind a preprocessor not the one that people write."""
    digest: str
    """Of that file."""
    interface: str = ""
    """The digest of the interface that came of it; empty where there was an error."""
    imports: tuple[tuple[str, str], ...] = ()
    """The units that it was compiled against, each with the digest of its interface."""


def read_annotations(text: str, path: str) -> tuple[Annotation, ...]:
    """Reads what `ocamlcmt -annot` prints of one source file; never raises: what is not understood is passed over."""
    found: list[Annotation] = []
    places = list(_PLACE.finditer(text))
    for number, place in enumerate(places):
        start, end = int(place.group(3)), int(place.group(4))
        if place.group(1) != path or not 0 <= start < end:
            continue
        block = text[place.end() : places[number + 1].start() if number + 1 < len(places) else len(text)]
        type_ = _TYPE.search(block)
        if type_ is None:
            continue
        ident = _IDENT.search(block)
        name = ident.group(2) if ident is not None else ""
        found.append(
            Annotation(start, end, " ".join(type_.group(1).split()), name, ident is not None and ident.group(1) == "def")
        )
    return tuple(found)


def read_info(text: str) -> Compiled:
    """Reads what `ocamlcmt -info` prints; never raises."""
    source = digest = interface = ""
    imports: list[tuple[str, str]] = []
    for line in text.split("\n"):
        key, _, value = line.partition(": ")
        if key == "sourcefile":
            source = value.strip().removeprefix("./")
        elif key == "source digest":
            digest = value.strip()
        elif key == "import":
            unit, _, crc = value.partition(" ")
            imports.append((unit, crc.strip()))
        elif key == "interface digest":
            interface = value.strip()
    return Compiled(source, digest, interface, tuple(imports))


@dataclass
class Annotations:
    """Reads annotations of one workspace again and again; what was read stays as long as the `.cmt` does."""

    root: Path
    program: str | None = None
    """`ocamlcmt`; found on PATH if not given."""
    others: Callable[[], Sequence[Path]] = tuple
    """Further folders such as `_build/default` that may have been built from the same texts."""
    _read: dict[tuple[str, int, int], tuple[Compiled, tuple[Annotation, ...]]] = field(
        default_factory=dict[tuple[str, int, int], tuple[Compiled, tuple[Annotation, ...]]], repr=False
    )

    async def of(self, path: str, dune: str, read: Read, modules: Callable[[str], Sequence[str]]) -> tuple[Annotation, ...]:
        """The annotations of a file as the user sees it; none where no build has seen this text, or something that it uses changed since.

        `dune` is the file of its stanza, `modules` gives the files of a module's name.
        """
        program = self.program or shutil.which("ocamlcmt")
        if program is None or not path.endswith((".ml", ".mli")):
            return ()
        for build in await asyncio.to_thread(lambda: [self.root / "_build" / "default", *self.others()]):
            for cmt in await asyncio.to_thread(_candidates, build, path, dune):
                known = await self._known(program, build, cmt, path)
                if known is not None and await self._holds(program, build, known[0], path, read, modules):
                    return known[1]
        return ()

    async def _known(self, program: str, build: Path, cmt: Path, path: str) -> tuple[Compiled, tuple[Annotation, ...]] | None:
        stamp = await asyncio.to_thread(_stamp, cmt)
        if stamp is None or stamp[2] > _LONGEST:
            return None
        if stamp not in self._read:
            file = cmt.relative_to(build).as_posix()
            told, printed = await asyncio.gather(
                self._told(program, build, [cmt]), ask([program, "-annot", "-o", "-", file], folder=build, deadline_s=_DEADLINE_S)
            )
            if not told or printed is None:
                return None
            self._read[stamp] = (told[0], await asyncio.to_thread(read_annotations, printed, path))
            while len(self._read) > _KEPT:
                del self._read[next(iter(self._read))]
        return self._read[stamp]

    async def _holds(
        self,
        program: str,
        build: Path,
        compiled: Compiled,
        path: str,
        read: Read,
        modules: Callable[[str], Sequence[str]],
    ) -> bool:
        """Whether what was compiled is the text as the user sees it, and so is what it uses of the workspace.

        Times say nothing: dune's cache gives a file back with the time at which it was first made.
        """

        def look() -> dict[str, tuple[str, list[Path]]] | None:
            if not _compiled_from(build, compiled, path, read):
                return None
            used: dict[str, tuple[str, list[Path]]] = {}
            for unit, interface in compiled.imports:
                files = modules(unit.rpartition("__")[2])
                for file in files:
                    if file == path or interface_of(file) == path or f"{file}i" in files:
                        continue  # what has an interface is known to others by that alone
                    try:
                        if (build / file).read_bytes() != read(file):
                            return None
                        used[file] = (interface, _candidates(build, file, f"{file.rpartition('/')[0]}/dune".lstrip("/")))
                    except FileNotFoundError:
                        continue  # another module of that name
            return used

        try:
            used = await asyncio.to_thread(look)
        except OSError:
            return False
        if used is None or len(used) > _MOST_USED:
            return False
        cmts = [cmt for _, found in used.values() for cmt in found]
        told = await self._told(program, build, cmts) if cmts else ()

        def all_hold() -> bool:
            return all(
                any(found.interface == interface and _compiled_from(build, found, file, read) for found in told)
                for file, (interface, _) in used.items()
            )

        return await asyncio.to_thread(all_hold)

    async def _told(self, program: str, build: Path, cmts: Sequence[Path]) -> list[Compiled]:
        """What these say of themselves; none where one cannot be read."""
        files = [str(cmt.relative_to(build)) for cmt in cmts]
        said = await ask([program, "-info", *files], folder=build, deadline_s=_DEADLINE_S)
        return [read_info(block) for block in (said or "").split("module name: ")[1:]]


def _compiled_from(build: Path, compiled: Compiled, path: str, read: Read) -> bool:
    data = read(path)
    if data is None or not compiled.digest:
        return False
    if compiled.source == path:
        return hashlib.md5(data, usedforsecurity=False).hexdigest() == compiled.digest
    if module_name(compiled.source) != module_name(path):
        return False
    # Behind a preprocessor: its output is of the copy in the build, and not older than that.
    try:
        made, copy = build / compiled.source, build / path
        fresh = made.stat().st_mtime_ns >= copy.stat().st_mtime_ns and copy.read_bytes() == data
        return fresh and hashlib.md5(made.read_bytes(), usedforsecurity=False).hexdigest() == compiled.digest
    except OSError:
        return False


def _candidates(build: Path, path: str, dune: str) -> list[Path]:
    """The `.cmt` (`.cmti` of an interface) files that may be of a file, going by their names."""
    module = module_name(path)
    suffix = ".cmti" if path.endswith(".mli") else ".cmt"
    home = build / dune.rpartition("/")[0]
    names = (f"{module[0].lower()}{module[1:]}{suffix}", f"*__{module}{suffix}")
    return [found for name in names for found in sorted(home.glob(f".*objs/byte/{name}"))] if module else []


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_mtime_ns, status.st_size
