"""Real projects that are green here: copies of repositories without the folders that cannot be built on this machine."""

import asyncio
import io
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.ocaml.stanzas import stanzas
from benchmarks.apply.corpus import clone_name, packages

PACKAGES = ("ocaml-re", "cmdliner", "yojson", "ocamlgraph")
QUICK = ("ocaml-re",)
_ROUNDS = 12
_LEFT_OUT = ("lib_test/concurrency",)
"""A stress test of ocaml-re: its spinning domains take 1 s on an idle machine, and 25 s where something else runs."""
_LENIENT = "(env (_ (flags (:standard -w -50-53))))\n"
"""Old packages' comments and attributes are not what is tried; all other warnings are errors, as in every project under development."""
_BLAMED = re.compile(r'File "((?:[^"/]+/)*)[^"/]+", line')
_EMPTIED = re.compile(r"The\s+package\s+(\S+)\s+does\s+not\s+have\s+any\s+user\s+defined\s+stanzas")


@dataclass(frozen=True)
class Ground:
    """A project that builds."""

    name: str
    root: Path
    code: tuple[str, ...]
    """Its OCaml files; without those (`x.cppo.ml`) of which a preprocessor makes others."""
    tests: bool
    """Whether something of it is tested."""

    @property
    def lines(self) -> int:
        return sum((self.root / path).read_text("utf-8", "replace").count("\n") for path in self.code)


async def green_copies(repos: Sequence[Path], folder: Path, *, quick: bool) -> list[Ground]:
    """Lays out the repositories (or Debian's sources) below a folder, each cut down to what is green."""
    grounds: list[Ground] = []
    if repos:
        for repo in repos:
            root = folder / clone_name(repo)
            if not root.with_name(f"{root.name}.green").exists():
                shutil.rmtree(root, ignore_errors=True)
                _export(repo, root)
            grounds.append(await _cut_down(root))
    else:
        for name, tree in packages(QUICK if quick else PACKAGES):
            if not (folder / f"{name}.green").exists():
                for path, text in tree.items():
                    (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / name / path).write_text(text, "utf-8")
            grounds.append(await _cut_down(folder / name))
    return [ground for ground in grounds if ground.code]


def _export(repo: Path, to: Path) -> None:
    """The files of a repository's HEAD, or of a folder that is none."""
    to.mkdir(parents=True)
    archive = subprocess.run(["git", "-C", str(repo), "archive", "HEAD"], capture_output=True, check=False)
    if archive.returncode == 0:
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
            packed.extractall(to, filter="data")
    else:
        shutil.copytree(repo, to, dirs_exist_ok=True, ignore=shutil.ignore_patterns("_build", "_opam", ".git"))


async def _cut_down(root: Path) -> Ground:
    """Takes away folders until what is left is green: those that the build blames, then the tests that fail."""
    done = root.with_name(f"{root.name}.green")
    if done.exists():
        return Ground(root.name, root, *await asyncio.to_thread(_looked_at, root))
    if not (root / "dune").exists():
        (root / "dune").write_text(_LENIENT)
    for folder in _opamless(root):
        (root / folder).touch()
    _without_javascript(root)
    for folder in _LEFT_OUT:
        shutil.rmtree(root / folder, ignore_errors=True)
    for alias in ("@check", "@default", "@runtest"):
        for _ in range(_ROUNDS):
            said = await _build(root, alias)
            blamed = set(_BLAMED.findall(said))
            emptied = set(_EMPTIED.findall(said))
            if not blamed and not emptied:
                break
            for path in blamed:
                print(f"{root.name}: left out, as it does not build here: {path or 'rules of the root'}", file=sys.stderr)
                if not path:
                    (root / "dune").write_text(_LENIENT)  # rules of the root for folders that are gone
                elif (root / path).is_dir():
                    shutil.rmtree(root / path)
            for package in emptied:
                _allow_empty(root / "dune-project", package)
    green = not await _build(root, "@default")
    shutil.rmtree(root / "_build", ignore_errors=True)
    if green:
        done.touch()
    code, tests = await asyncio.to_thread(_looked_at, root)
    return Ground(root.name, root, code if green else (), tests)


def _without_javascript(root: Path) -> None:
    """Has tests run natively only: there is no js_of_ocaml here."""
    for dune in root.rglob("dune"):
        if dune.is_file():
            text = dune.read_text("utf-8", "replace")
            native = re.sub(r"\(modes\s+([^()]*)\bjs\b([^()]*)\)", r"(modes \1\2)", text)
            if native != text:
                dune.write_text(native, "utf-8")


def _allow_empty(project: Path, package: str) -> None:
    """Lets a package be without the folders that were taken away."""
    text = project.read_text("utf-8")
    named = re.search(rf"\(package\s*\(name\s+{re.escape(package)}\)", text)
    if named is not None:
        project.write_text(f"{text[: named.end()]}\n (allow_empty){text[named.end() :]}", "utf-8")
    else:
        project.write_text(f"{text}\n(package (name {package}) (allow_empty))\n", "utf-8")


def _looked_at(root: Path) -> tuple[tuple[str, ...], bool]:
    """The OCaml files of the libraries, and whether there are tests."""
    code = tuple(
        sorted(
            path.relative_to(root).as_posix()
            for path in root.rglob("*.ml*")
            if path.suffix in (".ml", ".mli")
            and "." not in path.stem
            and 200 < path.stat().st_size < 120_000
            and _built(root, path)
        )
    )
    tests = any(
        stanza.is_test or "runtest" in stanza.span.of(text)
        for dune in root.rglob("dune")
        if dune.is_file()
        for text in (dune.read_text("utf-8", "replace"),)
        for stanza in stanzas(text)
    )
    return code, tests


def _built(root: Path, path: Path) -> bool:
    """Whether a file belongs to something that dune builds, and is not a test itself."""
    for folder in (path.parent, *path.parent.parents):
        if (folder / "dune").is_file():
            found = [stanza for stanza in stanzas((folder / "dune").read_text("utf-8", "replace")) if stanza.has_modules]
            if found:
                return any(stanza.kind == "library" for stanza in found)
        if folder == root:
            break
    return False


def _opamless(root: Path) -> set[str]:
    """The opam files that dune will ask for, where a package has a public name."""
    found: set[str] = set()
    for dune in root.rglob("dune"):
        if dune.is_file():
            for name in re.findall(r"\((?:public_name|package)\s+([\w-]+)", dune.read_text("utf-8", "replace")):
                if not list(root.glob(f"**/{name}.opam")) and "generate_opam_files" not in (root / "dune-project").read_text(
                    "utf-8"
                ):
                    found.add(f"{name}.opam")
    return found


async def _build(root: Path, alias: str) -> str:
    """What a cold build says; empty if it is green."""
    child = await asyncio.create_subprocess_exec(
        *("dune", "build", "--root", ".", alias), cwd=root, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(300):
            _, said = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return "" if child.returncode == 0 else said.decode("utf-8", "replace")
