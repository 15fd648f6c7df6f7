"""Which OCaml libraries are installed, where, and what they need: out of the `META` files that findlib, dune and opam all leave.

    Installed((/usr/lib/ocaml,)).library("base")  ──▶  Library("base", "v0.17.1", /usr/lib/ocaml/base, needs=("sexplib0", …))

A `META` is read without regard to what runs; of a field's conditions (`requires(ppx_driver)`) only the unconditional words count.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.process import ask
from aid_lsp.build.toolchain import Toolchain, dotted

STDLIB = "stdlib"
"""The name under which the standard library is kept here; no META names it so that its folder can be told."""

_LONGEST = 1_000_000
_DEEPEST = 20
_META_TOKEN = re.compile(r'#[^\n]*|"(?P<string>(?:[^"\\]|\\.)*)"|(?P<word>[\w.\-/]+)|(?P<mark>\+=|[=(),])|\s+|.', re.DOTALL)
_EXPORTED = re.compile(r"\(re_export\s+([\w.\-]+)\s*\)")


@dataclass(frozen=True, slots=True)
class Package:
    """A `META`, or a `package` in one."""

    fields: dict[str, str] = field(default_factory=dict[str, str])
    """Those without conditions; what `+=` adds follows after a blank."""
    packages: dict[str, "Package"] = field(default_factory=dict[str, "Package"])


def read_meta(text: str) -> Package:
    """Reads a `META`; never raises: what is not understood is passed over."""
    found = [
        (str(match.lastgroup), match.group(match.lastgroup)) for match in _META_TOKEN.finditer(text[:_LONGEST]) if match.lastgroup
    ]
    package, _ = _package(found, 0, 0)
    return package


def _package(tokens: list[tuple[str, str]], at: int, depth: int) -> tuple[Package, int]:
    package = Package()
    while at < len(tokens):
        kind, text = tokens[at]
        at += 1
        if (kind, text) == ("mark", ")"):
            break
        if kind != "word":
            continue
        if text == "package" and depth < _DEEPEST and [k for k, _ in tokens[at : at + 2]] == ["string", "mark"]:
            name = tokens[at][1]
            inner, at = _package(tokens, at + 2, depth + 1)
            package.packages.setdefault(name, inner)
            continue
        conditional = tokens[at : at + 1] == [("mark", "(")]
        if conditional:
            while at < len(tokens) and tokens[at] != ("mark", ")"):
                at += 1
            at += 1
        if at + 1 < len(tokens) and tokens[at] in (("mark", "="), ("mark", "+=")) and tokens[at + 1][0] == "string":
            value = re.sub(r"\\(.)", r"\1", tokens[at + 1][1])
            if not conditional:
                more = tokens[at][1] == "+=" and text in package.fields
                package.fields[text] = f"{package.fields[text]} {value}" if more else value
            at += 2
    return package, at


@dataclass(frozen=True, slots=True)
class Library:
    """An installed library."""

    name: str
    version: str
    """As its META says; empty where it says none."""
    folder: Path
    needs: tuple[str, ...] = ()
    """The libraries that it requires."""
    exports: tuple[str, ...] = ()
    """Those of them that it hands on to whoever links it (`re_export`)."""

    @property
    def dotted(self) -> str:
        """`base v0.17.1`."""
        return f"{self.name} {self.version}".rstrip()

    def modules(self) -> tuple[str, ...]:
        """The modules that others see at the top: its `.cmi` files without `__` in their names. Reads the folder."""
        try:
            stems = [path.stem for path in self.folder.iterdir() if path.suffix == ".cmi" and "__" not in path.stem]
        except OSError:
            return ()
        return tuple(sorted(stem[:1].upper() + stem[1:] for stem in stems if not stem.startswith("camlinternal")))


@dataclass
class Installed:
    """What is installed below some folders; looks at the disk when it is asked, and remembers."""

    path: tuple[Path, ...]
    """Where packages lie, the first one wins."""
    ocamlc: tuple[str, ...] = ()
    version: str = ""
    """Of OCaml."""
    _known: dict[str, Library | None] = field(default_factory=dict[str, Library | None], repr=False)
    _providers: dict[str, str] | None = field(default=None, repr=False)

    @property
    def usable(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self.path)

    def library(self, name: str) -> Library | None:
        """The library of that name; None where it is not installed."""
        if name not in self._known:
            self._known[name] = self._stdlib() if name == STDLIB else self._look(name)
        return self._known[name]

    def closure(self, names: Iterable[str]) -> tuple[Library, ...]:
        """The libraries with all that they need, each once, those asked for first; what is not installed is left out."""
        return self._reached(names, lambda library: library.needs)

    def linked(self, names: Iterable[str]) -> tuple[Library, ...]:
        """The libraries and what they hand on."""
        return self._reached(names, lambda library: library.exports)

    def _reached(self, names: Iterable[str], leads_to: Callable[[Library], Iterable[str]]) -> tuple[Library, ...]:
        found: dict[str, Library] = {}
        pending = list(names)
        while pending:
            library = self.library(pending.pop(0))
            if library is not None and library.name not in found:
                found[library.name] = library
                pending += leads_to(library)
        return tuple(found.values())

    def provider(self, module: str) -> str:
        """The installed library that has a module of that name at its top; empty where none has."""
        if self._providers is None:
            self._providers = {}
            for name in self._all():
                library = self.library(name)
                for provided in library.modules() if library is not None else ():
                    self._providers.setdefault(provided, name)
        return self._providers.get(module, "")

    def _all(self) -> Iterator[str]:
        """The names of all libraries, sub-libraries included; shorter names first."""
        for folder in self.path:
            names = {path.parent.name for path in folder.glob("*/META")} | {path.suffix[1:] for path in folder.glob("META.*")}
            for name in sorted(names, key=lambda name: (len(name), name)):
                if name != STDLIB:
                    yield name
                    yield from (f"{name}.{inner}" for inner in sorted(self._meta(name)[0].packages))

    def _meta(self, name: str) -> tuple[Package, Path]:
        for folder in self.path:
            for meta, home in ((folder / name / "META", folder / name), (folder / f"META.{name}", folder)):
                try:
                    if meta.stat().st_size <= _LONGEST:
                        return read_meta(meta.read_text("utf-8", "replace")), home
                except OSError:
                    continue
        return Package(), Path()

    def _look(self, name: str) -> Library | None:
        head, *rest = name.split(".")
        if not head or "/" in name or head.startswith("-"):
            return None
        package, folder = self._meta(head)
        folder = self._folder(folder, package)
        version = package.fields.get("version", "")
        for part in rest:
            inner = package.packages.get(part)
            if inner is None:
                return None
            package, folder = inner, self._folder(folder, inner)
            version = package.fields.get("version") or version
        if not folder.parts or not package.fields:
            return None
        needs = tuple(re.split(r"[\s,]+", package.fields.get("requires", "").strip()))
        return Library(
            name,
            self.version if "distributed" in version else version,
            folder,
            tuple(need for need in needs if need),
            self._exports(folder, name),
        )

    def _folder(self, folder: Path, package: Package) -> Path:
        directory = package.fields.get("directory", "")
        if directory.startswith(("+", "^")):
            stdlib = self.library(STDLIB)
            return (stdlib.folder if stdlib is not None else folder) / directory[1:].lstrip("/")
        return folder / directory if directory else folder

    def _exports(self, folder: Path, name: str) -> tuple[str, ...]:
        """What `dune-package` says is re-exported; it lies in the package's folder."""
        for home in (folder, *folder.parents[:3]):
            try:
                text = (home / "dune-package").read_text("utf-8", "replace")[: 2 * _LONGEST]
            except OSError:
                continue
            for piece in text.split("\n(library")[1:]:
                if re.search(rf"\(name {re.escape(name)}\)", piece[:300]):
                    return tuple(_EXPORTED.findall(piece))
            return ()
        return ()

    def _stdlib(self) -> Library | None:
        for folder in self.path:
            for home in (folder, folder / "ocaml"):
                if (home / "stdlib.cmi").is_file():
                    return Library(STDLIB, self.version, home)
        return None


async def find_installed(toolchain: Toolchain, root: Path, extra: str = "") -> Installed:
    """Asks `ocamlfind` and `ocamlc` where libraries lie; `extra` are folders that come first, separated by `:`. Never raises."""
    if not toolchain.ocamlc:
        return Installed(())
    prefix = toolchain.ocamlc[:-1]
    finder = (*prefix, "ocamlfind") if prefix else ("ocamlfind",)
    printed = await ask([*finder, "printconf", "path"], folder=root) or ""
    where = (await ask([*toolchain.ocamlc, "-where"], folder=root) or "").strip()
    told = [Path(line.strip()) for line in printed.split("\n") if line.strip()]
    standard = [Path(where), Path(where).parent] if where else []
    locked = root / "_build" / "_private" / "default" / ".pkg"  # where dune's own package management installs

    def visible() -> tuple[Path, ...]:
        folders = [Path(part).expanduser() for part in extra.split(":") if part]
        folders += sorted(locked.glob("*/target/lib"))
        folders += [root / "_opam" / "lib", *told, *standard]
        return tuple(dict.fromkeys(folder for folder in folders if folder.is_absolute() and folder.is_dir()))

    return Installed(await asyncio.to_thread(visible), toolchain.ocamlc, dotted(toolchain.ocaml_version))
