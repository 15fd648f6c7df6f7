"""Green OCaml projects to break: Debian's source packages (as `benchmarks/apply` gets them) or local repositories."""

import asyncio
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.ocaml.stanzas import stanzas
from benchmarks.apply.corpus import clone_name, packages, wanted
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
    _commit(root)
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


def local(repo: Path, folder: Path) -> Project:
    """A copy of a repository as it lies on disk (a bare one's HEAD), without the parts that do not build here; it is only read."""
    root = folder / "projects" / clone_name(repo)
    if (repo / "HEAD").is_file():  # bare
        subprocess.run(["git", "clone", "-q", str(repo.resolve()), str(root)], check=True)
        shutil.rmtree(root / ".git")
    else:
        shutil.copytree(repo.resolve(), root, symlinks=True, ignore=shutil.ignore_patterns(*_NOT_COPIED))
    left_out = _pruned(root)
    if left_out:
        print(f"{root.name}: left out, as they do not build here: {', '.join(sorted(left_out))}", file=sys.stderr)
    found = [path for path in sorted(root.rglob("*")) if path.is_file() and "_build" not in path.relative_to(root).parts]
    texts = {path.relative_to(root).as_posix(): path.read_text("utf-8", "surrogateescape") for path in found if wanted(path.name)}
    shutil.rmtree(root / "_build", ignore_errors=True)
    _commit(root)
    built = {
        path.removesuffix("dune")
        for path in texts
        if path.endswith("dune") and any(one.has_modules for one in stanzas(texts[path]))
    }
    own = {path: text for path, text in texts.items() if f"{path.rpartition('/')[0]}/".lstrip("/") in built}
    return Project(root.name, root, texts, _breakable(own))


def _commit(root: Path) -> None:
    """Makes a repository of a project, as people's projects are one: what was committed tells which of two sides was edited."""
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "green")):
        subprocess.run(["git", "-C", str(root), *command], check=True, capture_output=True)


_NOT_COPIED = ("_build", "_opam", ".git")
_MOST_ROUNDS = 8
_SAID = re.compile(r'(?m)^File "([^"]+)", lines? ')


def _pruned(root: Path) -> set[str]:
    """Takes the dune files away below which something is red: a library that is not installed, say. The folders left out."""
    gone: set[str] = set()
    for _ in range(_MOST_ROUNDS):
        build = subprocess.run(["dune", "build", "--root", ".", "@check"], cwd=root, capture_output=True, text=True)
        if build.returncode == 0:
            break
        for path in set(_SAID.findall(build.stderr)):
            folder = (root / path).parent
            while not (folder / "dune").is_file() and folder not in (root, root.parent):
                folder = folder.parent
            if (folder / "dune").is_file():
                (folder / "dune").unlink()
                gone.add(folder.relative_to(root).as_posix())
    return gone


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
