"""Where the benchmark's OCaml code comes from: Debian's source packages (kept in the user's cache), or local git clones."""

import os
import random
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.apply.case import Case, Tree

HERE = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aid" / "bench"
PACKAGES = (
    "ocaml-re",
    "yojson",
    "cmdliner",
    "ocaml-zarith",
    "lwt",
    "menhir",
    "ocamlgraph",
    "ocaml-batteries",
    "ppxlib",
    "ocaml-dune",
)
QUICK_PACKAGES = ("ocaml-re", "yojson", "cmdliner")
_SUFFIXES = (".ml", ".mli", ".mll", ".mly")
_SUITES = ("bookworm", "trixie", "bullseye")
_FETCH = """
set -eu
. toolchain/say.sh
. toolchain/apt.sh
LOG=$1/log
step "benchmark corpus"
APT_SOURCES=true
SUITE=$2
apt_open "$1/apt-$SUITE"
shift 2
cd "$APT"
apt-get source --download-only "$@" >>"$LOG" 2>&1
"""


def packages(names: tuple[str, ...]) -> list[tuple[str, Tree]]:
    """The OCaml files of Debian source packages, fetched once by the host's own apt."""
    folder = CACHE / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not (folder / name).is_dir()]
    if missing:
        # an archive may list sources that it no longer has, and not every suite has all: the next one then
        for suite in _SUITES:
            if subprocess.run(["sh", "-c", _FETCH, "sh", str(folder), suite, *missing], cwd=HERE).returncode == 0:
                for name in missing:
                    _unpack(folder, folder / f"apt-{suite}", name)
                break
        else:
            raise SystemExit(
                f"apply: no Debian archive of this machine has the sources; {folder / 'log'} says why. Use --repo PATH."
            )
    return [(name, _tree(folder / name)) for name in names]


def _unpack(folder: Path, downloads: Path, name: str) -> None:
    archives = sorted(downloads.glob(f"{name}_*.orig.tar.*"))
    archives = [path for path in archives if not path.name.endswith(".asc")]
    if not archives:
        raise SystemExit(f"apply: the source package {name} has no .orig.tar file in {downloads}")
    target = folder / f"{name}.part"
    shutil.rmtree(target, ignore_errors=True)
    with tarfile.open(archives[-1]) as archive:
        archive.extractall(target, filter="data")
    target.rename(folder / name)


def _tree(folder: Path) -> Tree:
    tree: Tree = {}
    tops = [path for path in folder.iterdir() if path.is_dir()]
    top = tops[0] if len(tops) == 1 else folder
    for path in sorted(top.rglob("*")):
        relative = path.relative_to(top).as_posix()
        if path.is_symlink() or not path.is_file() or "/_build" in relative or not wanted(relative):
            continue
        if path.stat().st_size > 400_000:
            continue
        try:
            tree[relative] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
    return tree


def wanted(path: str) -> bool:
    """Whether a file is OCaml's or dune's."""
    return path.endswith(_SUFFIXES) or path.rpartition("/")[2] in ("dune", "dune-project")


def commits(repo: Path, limit: int, rng: random.Random) -> Iterator[Case]:
    """Real commits of at most 100 changed lines of OCaml, in one to six files; the tree is the commit's parent."""

    def git(*arguments: str) -> bytes:
        return subprocess.run(["git", "-C", str(repo), *arguments], check=True, capture_output=True).stdout

    listed = git("log", "--no-merges", "--first-parent", "--format=%H", "-n", "4000").decode().split()
    rng.shuffle(listed)
    found = 0
    for commit in listed:
        if found >= limit:
            return
        try:
            stat = git("show", "--format=", "--numstat", "--no-renames", commit).decode("utf-8", "replace")
            rows = [line.split("\t") for line in stat.split("\n") if line.count("\t") == 2]
            rows = [row for row in rows if wanted(row[2]) and row[0].isdigit() and row[1].isdigit()]
            changed = sum(int(row[0]) + int(row[1]) for row in rows)
            if not 1 <= len(rows) <= 6 or not 1 <= changed <= 100:
                continue
            before, after = _side(git, f"{commit}^", rows), _side(git, commit, rows)
            others = git("ls-tree", "-r", "--name-only", f"{commit}^").decode().split("\n")
            others = [path for path in others if wanted(path) and path not in before]
            for path in rng.sample(others, min(3, len(others))):
                before[path] = after[path] = git("show", f"{commit}^:{path}").decode("utf-8")
        except (subprocess.CalledProcessError, UnicodeDecodeError):
            continue
        if before != after:
            found += 1
            yield Case(f"{clone_name(repo)}@{commit[:10]}", before, after)


def clone_name(repo: Path) -> str:
    """A clone's name."""
    return repo.resolve().parent.name if repo.name in ("repo", ".git") else repo.name.removesuffix(".git")


def _side(git: object, commit: str, rows: list[list[str]]) -> Tree:
    tree: Tree = {}
    for row in rows:
        try:
            tree[row[2]] = git("show", f"{commit}:{row[2]}").decode("utf-8")  # pyright: ignore
        except subprocess.CalledProcessError:
            continue
    return tree
