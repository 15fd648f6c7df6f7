"""Makes a folder hold exactly what a view holds, writing only what differs.

    view ──plan──▶ Plan(delete, examine, links) ──apply──▶ Synced(written, deleted, notes)

The user's tree is only read. Files are real copies (a hard link would let a build write into the user's tree), replaced by
renaming, each with a later modification time than anything before it: dune tells a file's states apart by size and time.
What the folder holds is remembered with the stamps of both sides, and written down so that the next process starts warm; what
does not match its stamp any more is compared by content.

Where a build works among the sources (`in_place`), what it makes stays, so that the next one is short: files that the view does not
have, as long as no source comes or goes, and files that the build has written over, as long as the view's own do not change.
"""

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aid_lsp.workspace.ignore import skipped_folder
from aid_lsp.workspace.view import Stamp, View

_RACY_NS = 2_000_000_000
"""A file written less than this before we read it may be written again without a change of its stamp."""
_PRODUCTS = (
    ".cmi",
    ".cmo",
    ".cmx",
    ".cmt",
    ".cmti",
    ".cma",
    ".cmxa",
    ".cmxs",
    ".cmj",
    ".o",
    ".a",
    ".so",
    ".annot",
    ".byte",
    ".native",
    ".exe",
    ".obj",
    ".lib",
)
"""What compilers write beside the sources: never taken over from the user's tree, where a build in place makes its own."""
_SOURCES = (".ml", ".mli", ".mll", ".mly", ".mlp", ".mlpack", ".mllib", ".c", ".h", ".cc", ".cpp", ".s", ".S", ".sh", ".mk")
_STEP_NS = 1_000
"""The least step between two times; dune keeps them as floats, which cannot tell less apart."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the shadow knows of one of its files."""

    digest: bytes
    own: Stamp
    """Its own stamp; another one means that somebody else wrote it."""
    source: Stamp | None
    """The stamp of the user's file that it is a copy of; None where only the content tells."""
    made: bool = False
    """Whether a build in place has written over it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What may have to be done; decided from stamps alone, without reading a file."""

    delete: tuple[str, ...]
    examine: tuple[str, ...]
    """Files to be compared by content, and written where they differ."""
    links: tuple[tuple[str, str], ...]
    """Links to folders to be made: where, and what they lead to, relative to the root."""

    @property
    def size(self) -> int:
        """At most so many changes."""
        return len(self.delete) + len(self.examine) + len(self.links)


@dataclass(frozen=True, slots=True)
class Synced:
    """What was done."""

    written: int
    deleted: int
    notes: tuple[str, ...] = ()
    """What the shadow could not take over, one sentence each."""


class Cancelled(Exception):
    """Whoever wanted the shadow gave up; what was done so far is remembered."""


class Shadow:
    """The folder. Its methods block, and one thread at a time may call them."""

    def __init__(self, tree: Path, incoming: Path, manifest: Path) -> None:
        self.tree = tree
        self._incoming = incoming
        self._manifest = manifest
        self._held: dict[str, Held] | None = None
        self._strays: set[str] = set()
        self._links: dict[str, str] = {}
        self._looked = False
        self._clock = 0
        self.in_place = False
        """Whether builds work among the sources."""
        self.gone: set[str] = set()
        """Folders that were dropped; whoever watched them sees nothing of what comes there again."""

    def disturbed(self) -> None:
        """Says that somebody else may have written in the folder: a build."""
        self._looked = False

    def look(self) -> None:
        """Compares the folder with what is remembered of it; `plan` does so itself where it was not done since a build."""
        for folder in (self.tree, self._incoming):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        held = self._held = self._load() if self._held is None else self._held
        files, self._links = _listed(self.tree)
        self._clock = max([self._clock, *(own.mtime_ns for own in files.values())])
        for path in [path for path, known in held.items() if files.get(path) != known.own]:
            own, known = files.get(path), held.pop(path)
            if self.in_place and own is not None:
                held[path] = Held(known.digest, own, known.source, made=True)
        self._strays = files.keys() - held.keys()
        self._looked = True

    def plan(self, view: View) -> Plan:
        """Compares stamps: the view's, ours, and those we remember."""
        if not self._looked or self._held is None:
            self.look()
        held = self._held or {}
        wanted = tuple(path for path in view.paths() if _ours(path) and not (self.in_place and path.endswith(_PRODUCTS)))
        examine = tuple(path for path in wanted if (known := held.get(path)) is None or not _fresh(known, view.stamp(path), path))
        wanted_links = {path: target for path, target in view.links.items() if target is not None}
        made = {path for path, target in self._links.items() if wanted_links.get(path) == target}
        delete = ((held.keys() | self._strays) - set(wanted)) | (self._links.keys() - made)
        if self.in_place and held.keys() == set(wanted):
            delete -= self._strays
        return Plan(tuple(delete), examine, tuple((path, target) for path, target in wanted_links.items() if path not in made))

    def brings_back(self, plan: Plan) -> bool:
        """Whether the plan may write into a folder that was dropped."""
        if not self.gone:
            return False
        paths = (*plan.examine, *(path for path, _ in plan.links))
        return any(str(parent) in self.gone for path in paths for parent in Path(path).parents)

    def apply(self, view: View, plan: Plan, stop: threading.Event) -> Synced:
        """Does it. Raises `Cancelled` when `stop` is set, OSError where the disk is full or the folder not ours any more."""
        if self._held is None:
            self.look()
        held = self._held = self._held or {}
        notes = [f"{path} leads out of the workspace and is left out" for path, target in view.links.items() if target is None]
        for path in plan.delete:
            held.pop(path, None)
            self._strays.discard(path)
            self._links.pop(path, None)
            _remove(self.tree / path)
        for path, target in plan.links:
            self._link(path, target)
            self._links[path] = target
        written = 0
        for path in plan.examine:
            if stop.is_set():
                raise Cancelled
            read_at = time.time_ns()
            status = _status(view.root / path)
            data = view.read(path)
            if data is None:
                notes.append(f"{path} vanished or cannot be read, and is left out")
                held.pop(path, None)
                _remove(self.tree / path)
                continue
            digest = hashlib.blake2b(data, digest_size=16).digest()
            known = held.get(path)
            executable = _executable(status)
            own = known.own if known and known.digest == digest and not known.made else self._same(path, digest)
            if own is None or executable != _executable(_status(self.tree / path)):
                own = self._write(path, data, executable=executable)
                written += 1
            stamp = view.stamp(path)
            settled = stamp is not None and status is not None and _stamp(status) == stamp and read_at - stamp.mtime_ns > _RACY_NS
            held[path] = Held(digest, own, stamp if settled else None)
            self._strays.discard(path)
        self._drop_empty_folders(
            {str(Path(path).parent) for path in plan.delete}
        )  # last: what stays is not to be away for a moment
        return Synced(written, len(plan.delete), tuple(notes))

    def save(self) -> None:
        """Writes down what is held, for the next process."""
        if self._held is None:
            return
        rows = {
            path: [known.digest.hex(), known.made, *_row(known.own), *(_row(known.source) if known.source else ())]
            for path, known in self._held.items()
        }
        fresh = self._incoming / "manifest"
        fresh.write_text(json.dumps(rows), "utf-8", "surrogateescape")
        fresh.replace(self._manifest)

    def _load(self) -> dict[str, Held]:
        try:
            rows = cast("dict[str, list[Any]]", json.loads(self._manifest.read_text("utf-8", "surrogateescape")))
            return {
                path: Held(bytes.fromhex(row[0]), Stamp(*row[2:5]), Stamp(*row[5:8]) if len(row) == 8 else None, row[1] is True)
                for path, row in rows.items()
            }
        except (OSError, ValueError, TypeError, AttributeError, IndexError):
            return {}

    def _same(self, path: str, digest: bytes) -> Stamp | None:
        """The stamp of our file if it holds that content already."""
        mine = self.tree / path
        try:
            if mine.is_symlink() or hashlib.blake2b(mine.read_bytes(), digest_size=16).digest() != digest:
                return None
            return _stamp(mine.stat())
        except OSError:
            return None

    def _write(self, path: str, data: bytes, *, executable: bool) -> Stamp:
        target = self.tree / path
        fresh = self._incoming / "file"
        _remove(fresh)
        fresh.write_bytes(data)
        fresh.chmod(0o755 if executable else 0o644)
        self._clock = max(time.time_ns(), self._clock + _STEP_NS)
        os.utime(fresh, ns=(self._clock, self._clock))
        _replacing(fresh.replace, target)
        own = _stamp(target.stat())
        self._clock = max(self._clock, own.mtime_ns)
        return own

    def _link(self, path: str, target: str) -> None:
        link = self.tree / path
        leads_to = os.path.relpath(self.tree / target, link.parent)
        fresh = self._incoming / "file"
        _remove(fresh)
        fresh.symlink_to(leads_to)
        _replacing(fresh.replace, link)

    def _drop_empty_folders(self, folders: set[str]) -> None:
        for folder in sorted(folders, key=len, reverse=True):
            here = self.tree / folder
            while here != self.tree:
                try:
                    here.rmdir()
                except OSError:
                    break
                self.gone.add(str(here.relative_to(self.tree)))
                here = here.parent


def _fresh(known: Held, stamp: Stamp | None, path: str) -> bool:
    """Whether the file holds what the view does, going by the stamps; what a build made of a file that is no source counts as that."""
    return stamp is not None and (known.source == stamp or (known.made and not path.endswith(_SOURCES)))


def _replacing(move: Callable[[Path], object], target: Path) -> None:
    """Moves a file to its place; whatever of another kind is in the way goes."""
    try:
        move(target)
    except (FileNotFoundError, NotADirectoryError):
        for parent in reversed(target.parents):
            if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
                _remove(parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        move(target)
    except IsADirectoryError:
        _remove(target)
        move(target)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (IsADirectoryError, PermissionError):
        shutil.rmtree(path, ignore_errors=True)


def _listed(tree: Path) -> tuple[dict[str, Stamp], dict[str, str]]:
    """The files of the folder with their stamps, and its links with what they lead to."""
    files: dict[str, Stamp] = {}
    links: dict[str, str] = {}
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(f"{tree}/{folder}") as entries:
            for entry in entries:
                path = f"{folder}{entry.name}"
                if entry.is_symlink():
                    leads_to = os.path.normpath(Path(entry.path).parent / Path(entry.path).readlink())
                    links[path] = os.path.relpath(leads_to, tree)
                elif entry.is_dir(follow_symlinks=False):
                    if not skipped_folder(entry.name):
                        pending.append(f"{path}/")
                else:
                    files[path] = _stamp(entry.stat(follow_symlinks=False))
    return files, links


def _ours(path: str) -> bool:
    """Whether a path may be written in the shadow: a buffer may lie in `_build`, which is dune's."""
    return not any(part == ".." or skipped_folder(part) for part in path.split("/")[:-1]) and not path.startswith("/")


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _executable(status: os.stat_result | None) -> bool:
    return status is not None and bool(status.st_mode & 0o100)


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ino)


def _row(stamp: Stamp) -> tuple[int, int, int]:
    return stamp.size, stamp.mtime_ns, stamp.inode
