"""What version control remembers of a workspace: which files changed together. Reads git and Mercurial, changes nothing.

await read_history(root) ──▶ History(head, commits) ── together("lib/queue.ml") ──▶ lib/queue.mli 0.61, test/test_queue.ml 0.4
"""

import asyncio
import contextlib
import logging
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)

_COMMITS = 400
_MOST_FILES = 15
"""A commit of more files than this moved or reformatted things; it says nothing about what belongs together."""
_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True)
class History:
    """The latest commits, the newest first; empty where there is no repository, or nothing could be read."""

    head: str = ""
    commits: tuple[frozenset[str], ...] = ()
    """The files of each, relative to the workspace's root."""

    def together(self, path: str) -> list[tuple[str, float]]:
        """The files that changed with a file, and in which share of its commits, the largest first."""
        mine = [files for files in self.commits if path in files]
        counts = Counter(other for files in mine for other in files if other != path)
        return [(other, count / (len(mine) + 1)) for other, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]

    def recent(self, most: int) -> tuple[str, ...]:
        """The files that changed last."""
        return tuple(dict.fromkeys(path for files in self.commits[:most] for path in sorted(files)))


async def read_history(root: Path, known: History | None = None) -> History:
    """The history of the repository that the workspace lies in; `known` itself, if nothing was committed since."""
    kind, top = await asyncio.to_thread(_repository, root)
    if kind == "git":
        return await _git(root, known)
    return await _hg(root, top, known) if kind == "hg" else History()


def _repository(root: Path) -> tuple[str, Path]:
    for folder in (root, *root.parents):
        for kind in ("git", "hg"):
            if (folder / f".{kind}").exists() and shutil.which(kind) is not None:
                return kind, folder
    return "", root


async def _git(root: Path, known: History | None) -> History:
    # whatever the repository's own configuration says, nothing but git itself runs
    git = ("git", "--no-optional-locks", "-C", str(root), "-c", "log.showSignature=false", "-c", "core.fsmonitor=false")
    head = (await _output(*git, "rev-parse", "--verify", "-q", "HEAD")).strip()
    if known is not None and known.head == head:
        return known
    listed = ("-z", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "--format=%x01")
    told = await _output(*git, "log", "-n", str(_COMMITS), "--no-merges", *listed, "HEAD", "--", ".")
    return History(head, _commits(told, "\0"))


async def _hg(root: Path, top: Path, known: History | None) -> History:
    # the same here: what the repository's own hgrc says is not read
    hg = ("env", "HGRCSKIPREPO=1", "HGPLAIN=1", "hg", "-R", str(top), "--config", "ui.report_untrusted=false", "--pager", "never")
    head = (await _output(*hg, "log", "-r", ".", "--template", "{node}")).strip()
    if known is not None and known.head == head:
        return known
    wanted = ("-r", "reverse(ancestors(.)) and not merge()", "-l", str(_COMMITS))
    told = await _output(*hg, "log", *wanted, "--template", r"\1{join(files, '\0')}")
    below = root.relative_to(top).as_posix()
    return History(head, _commits(told, "\0", "" if below == "." else f"{below}/"))


def _commits(told: str, between: str, below: str = "") -> tuple[frozenset[str], ...]:
    found: list[frozenset[str]] = []
    for commit in told.split("\x01")[1:]:
        names = [name.strip("\n") for name in commit.split(between)]
        files = frozenset(name.removeprefix(below) for name in names if name and name.startswith(below))
        if 1 <= len(files) <= _MOST_FILES:
            found.append(files)
    return tuple(found)


async def _output(*command: str) -> str:
    """What a command prints; nothing where it fails or takes too long."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError as error:
        _log.info("%s cannot be run: %s", command[0], error)
        return ""
    try:
        async with asyncio.timeout(_DEADLINE_S):
            out, _ = await process.communicate()
    except TimeoutError:
        _log.info("%s took too long to tell its history", command[0])
        return ""
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return out.decode("utf-8", "surrogateescape") if process.returncode == 0 else ""
