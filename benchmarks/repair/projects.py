"""Green OCaml projects to break: Debian's source packages (as `benchmarks/apply` gets them) or local repositories."""

import asyncio
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.apply.corpus import packages, wanted
from benchmarks.repair.code import Texts


@dataclass(frozen=True)
class Package:
    """Which part of a source package is built, and which of it is broken."""

    name: str
    folders: tuple[str, ...]
    code: tuple[str, ...]


PACKAGES = (
    Package("ocaml-re", ("lib/",), ("lib/",)),
    Package("cmdliner", ("src/",), ("src/",)),
    Package("ocamlgraph", ("src/",), ("src/",)),
)
_LENIENT = "(env (_ (flags (:standard -w -50))))\n"
"""Old packages' comments are not what is tried; all other warnings are errors, as in every project under development."""


@dataclass(frozen=True)
class Project:
    """A project on disk."""

    name: str
    root: Path
    texts: Texts
    broken: tuple[str, ...]
    """The files that faults are put into."""

    @property
    def lines(self) -> int:
        return sum(self.texts[path].count("\n") for path in self.broken)


def debian(names: tuple[str, ...], folder: Path) -> list[Project]:
    """Lays the packages out below a folder."""
    chosen = [package for package in PACKAGES if package.name in names]
    trees = dict(packages(tuple(package.name for package in chosen)))
    return [_laid_out(package, trees[package.name], folder / package.name) for package in chosen]


def _laid_out(package: Package, tree: Texts, root: Path) -> Project:
    shutil.rmtree(root, ignore_errors=True)
    kept = {path: text for path, text in tree.items() if path.startswith(package.folders) or path == "dune-project"}
    kept["dune"] = _LENIENT
    kept |= dict.fromkeys(_opam_files(kept), 'opam-version: "2.0"\n')
    for path, text in kept.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return Project(package.name, root, kept, _breakable(kept, package.code))


def _opam_files(kept: Texts) -> set[str]:
    """Dune asks for a file for each package that has a public name."""
    found: set[str] = set()
    for path, text in kept.items():
        if path.endswith("dune") and path != "dune":
            for name in re.findall(r"\((?:public_name|package)\s+([\w-]+)", text):
                above = [
                    part
                    for part in (path[: index + 1] for index, c in enumerate(path) if c == "/")
                    if f"{part}dune-project" in kept
                ]
                found.add(f"{above[-1] if above else ''}{name}.opam")
    return found


def _breakable(texts: Texts, code: tuple[str, ...] = ("",)) -> tuple[str, ...]:
    return tuple(
        sorted(
            path for path in texts if path.endswith((".ml", ".mli")) and path.startswith(code) and 400 < len(texts[path]) < 80_000
        )
    )


def local(repo: Path) -> Project:
    """A repository as it lies on disk; it is only read."""
    root = repo.resolve()
    found = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"_build", "_opam", ".git"} & set(path.relative_to(root).parts)
    ]
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8", "surrogateescape") for path in found if wanted(path.name)}
    return Project(root.name, root, texts, _breakable(texts))


async def builds(root: Path, *targets: str) -> bool:
    """Whether a cold build of a folder is green; the folder gets its `_build`."""
    child = await asyncio.create_subprocess_exec(
        "dune", "build", "--root", ".", *targets, cwd=root, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(300):
            return await child.wait() == 0
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
