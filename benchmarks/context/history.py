"""Cases from git histories: the parent's tree, the commit's subject, the first place it edited."""

import random
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.ocaml.names import is_dune, is_ocaml
from benchmarks.context.case import Case, Hunk, edited_by, truth_of, without_noise

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_SKIPPED = re.compile(r"(?i)^(merge|revert|bump|release|prepare|wip|typo|format|ocamlformat|fmt|indent)\b")


def git(repo: Path, *arguments: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", str(repo), *arguments], check=True, capture_output=True).stdout.decode("utf-8", "replace")


def clone_name(repo: Path) -> str:
    """A clone's name."""
    repo = repo.resolve()
    return repo.parent.name if repo.name in ("repo", ".git") else repo.name.removesuffix(".git")


@dataclass(frozen=True)
class Commit:
    """One that makes a case."""

    name: str
    subject: str
    paths: tuple[str, ...]
    """The files of its parent."""
    hunks: tuple[Hunk, ...]


def commits(repo: Path, limit: int, rng: random.Random) -> list[Commit]:
    """So many, oldest first, so that a tree differs little from the one before: no merges, one to six OCaml files, at most 150 changed
    lines and 10 files in all, dune in the parent, and a definition of the parent changed.
    """
    log = git(repo, "log", "--no-merges", "--no-renames", "--name-only", "--format=%x01%H%x02%s", "-n", "6000")
    entries = list(enumerate(log.split("\x01")[1:]))
    rng.shuffle(entries)
    found: list[tuple[int, Commit]] = []
    for place, entry in entries:
        if len(found) == limit:
            break
        title, _, listed = entry.partition("\n")
        name, _, subject = title.partition("\x02")
        changed = [path for path in listed.split("\n") if path]
        code = sum(map(is_ocaml, changed))
        if not (1 <= code <= 6 and len(changed) <= 10) or _SKIPPED.match(subject) or " " not in subject:
            continue
        commit = _commit(repo, name, subject)
        if commit is not None:
            found.append((place, commit))
    return [commit for _, commit in sorted(found, key=lambda pair: -pair[0])]


def _commit(repo: Path, name: str, subject: str) -> Commit | None:
    """A commit, if it makes a case; a clone may lack its objects."""
    try:
        paths = tuple(git(repo, "ls-tree", "-r", "--name-only", f"{name}^").split("\n"))
        if not any(is_dune(path) for path in paths):
            return None
        known = set(paths)
        hunks = [hunk for hunk in _hunks(repo, name) if hunk.path in known]
        code = [hunk for hunk in hunks if is_ocaml(hunk.path)]
        texts = {path: git(repo, "show", f"{name}^:{path}") for path in {hunk.path for hunk in code}}
    except subprocess.CalledProcessError:
        return None
    lines = sum(hunk.count + len(hunk.added) for hunk in code)
    if not 2 <= lines <= 150 or not edited_by(code, texts.get):
        return None
    return Commit(name, subject, paths, tuple(hunks))


def cases(repo: Path, limit: int, folder: Path, rng: random.Random) -> Iterator[Case]:
    """Checks each commit's parent out into `folder` and yields its case; the next case replaces the tree."""
    name = clone_name(repo)
    subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", str(repo), str(folder)], check=True, capture_output=True)
    for commit in commits(repo, limit, rng):
        try:
            git(folder, "checkout", "-q", "-f", "--detach", f"{commit.name}^")
        except subprocess.CalledProcessError:
            continue
        known = set(commit.paths)

        def read(path: str, known: set[str] = known) -> str | None:
            if path not in known or not (folder / path).is_file():
                return None
            return (folder / path).read_bytes().decode("utf-8", "surrogateescape")

        first = next(hunk for hunk in commit.hunks if is_ocaml(hunk.path))
        place = (first.path, first.needed[0])
        truth = truth_of(commit.hunks, read, commit.paths, place)
        if truth.edited:
            yield Case(f"{name}@{commit.name[:10]}", folder, commit.subject, *place, truth)


def _hunks(repo: Path, commit: str) -> list[Hunk]:
    found: list[Hunk] = []
    path = ""
    after: list[str] = []
    for line in git(repo, "diff", "-U0", "--no-renames", f"{commit}^", commit).split("\n"):
        if line.startswith("--- "):
            path = line[6:].rstrip("\t") if line.startswith("--- a/") else ""
        elif line.startswith("+++ "):
            there = path and is_ocaml(path) and line.startswith("+++ b/")
            after = without_noise(git(repo, "show", f"{commit}:{path}")).split("\n") if there else []
        elif (match := _HUNK.match(line)) and path:
            count = int(match[2]) if match[2] is not None else 1
            first, more = int(match[3]) - 1, int(match[4]) if match[4] is not None else 1
            found.append(Hunk(path, int(match[1]) - (1 if count else 0), count, tuple(after[first : first + more])))
    return found
