"""Cases from git histories: the parent's tree, the commit's subject, the first place it edited."""

import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from aid_lsp.ocaml.names import is_dune, is_ocaml
from benchmarks.context.case import Case, Hunk, truth_of

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_SKIPPED = re.compile(r"(?i)^(merge|revert|bump|release|prepare|wip|typo|format|ocamlformat|fmt|indent)\b")


def git(repo: Path, *arguments: str) -> str:
    """What git prints."""
    return subprocess.run(["git", "-C", str(repo), *arguments], check=True, capture_output=True).stdout.decode("utf-8", "replace")


def clone_name(repo: Path) -> str:
    """A clone's name."""
    repo = repo.resolve()
    return repo.parent.name if repo.name in ("repo", ".git") else repo.name.removesuffix(".git")


def candidates(repo: Path, limit: int, rng: random.Random) -> list[tuple[str, str]]:
    """So many (commit, subject), oldest first: no merges, one to six OCaml files, at most 150 changed lines, at most 10 files in all."""
    entries = git(repo, "log", "--no-merges", "--format=%H%x02%s", "-n", "6000").split("\n")
    order = list(range(len(entries)))
    rng.shuffle(order)
    found: list[tuple[int, str, str]] = []
    for place in order:
        commit, _, subject = entries[place].partition("\x02")
        if _SKIPPED.match(subject) or " " not in subject:
            continue
        try:
            body = git(repo, "show", "--format=", "--numstat", "--no-renames", commit)
        except subprocess.CalledProcessError:  # a clone may lack old objects
            continue
        rows = [line.split("\t") for line in body.split("\n") if line.count("\t") == 2]
        code = [row for row in rows if is_ocaml(row[2]) and row[0].isdigit()]
        changed = sum(int(row[0]) + int(row[1]) for row in code)
        if 1 <= len(code) <= 6 and len(rows) <= 10 and 2 <= changed <= 150:
            found.append((-place, commit, subject))
        if len(found) == limit:
            break
    return [(commit, subject) for _, commit, subject in sorted(found)]


def cases(repo: Path, limit: int, folder: Path, rng: random.Random) -> Iterator[Case]:
    """Checks each commit's parent out into `folder` and yields its case; the next case replaces the tree."""
    name = clone_name(repo)
    subprocess.run(["git", "clone", "-q", "--shared", "--no-checkout", str(repo), str(folder)], check=True, capture_output=True)
    made = 0
    for commit, subject in candidates(repo, 2 * limit, rng):
        if made == limit:
            return
        parent = f"{commit}^"
        try:
            paths = git(repo, "ls-tree", "-r", "--name-only", parent).split("\n")
            if not any(is_dune(path) for path in paths):
                continue
            hunks = _hunks(git(repo, "diff", "-U0", "--no-renames", parent, commit))
        except subprocess.CalledProcessError:
            continue
        hunks = [hunk for hunk in hunks if hunk.path in set(paths)]
        code = [hunk for hunk in hunks if is_ocaml(hunk.path)]
        if not code:
            continue
        try:
            git(folder, "checkout", "-q", "-f", "--detach", f"{commit}^")
        except subprocess.CalledProcessError:
            continue
        known = set(paths)

        def read(path: str, known: set[str] = known) -> str | None:
            return (folder / path).read_bytes().decode("utf-8", "surrogateescape") if path in known else None

        place = (code[0].path, code[0].needed[0])
        truth = truth_of(hunks, read, paths, place)
        if truth.edited:
            made += 1
            yield Case(f"{name}@{commit[:10]}", folder, subject, *place, truth)


def _hunks(diff: str) -> list[Hunk]:
    found: list[Hunk] = []
    path = ""
    for line in diff.split("\n"):
        if line.startswith("--- "):
            path = line[6:].rstrip("\t") if line.startswith("--- a/") else ""
        elif (match := _HUNK.match(line)) and path:
            count = int(match[2]) if match[2] is not None else 1
            found.append(Hunk(path, int(match[1]) - (1 if count else 0), count, ()))
        elif line.startswith("+") and not line.startswith("+++ ") and found and path:
            last = found[-1]
            found[-1] = Hunk(last.path, last.first, last.count, (*last.added, line[1:]))
    return found
