"""The workspace as the user sees it at one moment: the disk overlaid with unsaved buffers.

    freeze(root, buffers) ──▶ View ── text(path), paths(), data(path), version(path), patched(patch)

A file is frozen when it is first read; its listing (path, size, time) is frozen at once. Whoever acts on a view later compares
versions and rebases, so a file that changed in between costs a rebase, never a wrong edit.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.edits.patch import Patch
from aid_lsp.workspace.ignore import skipped_folder


@dataclass(frozen=True, slots=True)
class Buffer:
    """A file as an editor holds it."""

    text: str
    version: int | None
    """The editor's version; None for a text that no editor holds."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file on disk from another without reading it."""

    size: int
    mtime_ns: int
    inode: int


class View:
    """An immutable picture of the workspace; cheap to make, reads lazily."""

    __slots__ = ("_buffers", "_data", "_gone", "_stamps", "links", "root")

    def __init__(
        self,
        root: Path,
        stamps: Mapping[str, Stamp],
        buffers: Mapping[str, Buffer],
        gone: frozenset[str] = frozenset(),
        links: Mapping[str, str | None] | None = None,
    ) -> None:
        self.root = root
        self.links: Mapping[str, str | None] = links or {}
        """Links to folders, and links that lead out of the root: where each leads, relative to the root; None: out of it."""
        self._stamps = stamps
        self._buffers = buffers
        self._gone = gone
        self._data: dict[str, bytes | None] = {}

    @classmethod
    def freeze(cls, root: Path, buffers: Mapping[str, Buffer] | None = None) -> "View":
        """Lists the disk and lays the buffers over it; walks the folder, so call it off the event loop."""
        links: dict[str, str | None] = {}
        return cls(root, dict(_list(root, links)), dict(buffers or {}), links=links)

    def paths(self) -> tuple[str, ...]:
        """Every file, sorted, relative to the root with `/`; links that lead out of the root are not among them."""
        return tuple(sorted((self._stamps.keys() | self._buffers.keys()) - self._gone))

    def text(self, path: str) -> str | None:
        """The text of a file with its own line ends; None where there is none.

        Bytes that are not UTF-8 become lone surrogates (`surrogateescape`), so that writing them back loses nothing.
        """
        if path in self._buffers:
            return self._buffers[path].text
        data = self.data(path)
        return None if data is None else data.decode("utf-8", "surrogateescape")

    def data(self, path: str) -> bytes | None:
        """The bytes of a file as the user sees it; None where there is none."""
        if path in self._gone:
            return None
        if path in self._buffers:
            return self._buffers[path].text.encode("utf-8", "surrogateescape")
        if path not in self._stamps:
            return None
        if path not in self._data:
            self._data[path] = self.read(path)
        return self._data[path]

    def read(self, path: str) -> bytes | None:
        """As `data`, but keeps nothing that it has to read: for who reads the whole workspace."""
        if path in self._buffers or path in self._gone or path not in self._stamps or path in self._data:
            return self.data(path)
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None

    def version(self, path: str) -> int | None:
        """The editor's version of an open file; None for a file that is not open."""
        buffer = self._buffers.get(path)
        return buffer.version if buffer else None

    def stamp(self, path: str) -> Stamp | None:
        """The state of a file on disk; None for a file that a buffer covers or that is not there."""
        return None if path in self._buffers or path in self._gone else self._stamps.get(path)

    def patched(self, patch: Patch) -> "View":
        """The view as it would be with the patch; keeps what has been read."""
        buffers = dict(self._buffers)
        gone = set(self._gone)
        for change in patch.changes:
            if change.after is None:
                buffers.pop(change.path, None)
                gone.add(change.path)
            else:
                gone.discard(change.path)
                buffers[change.path] = Buffer(change.after, self.version(change.path))
        view = View(self.root, self._stamps, buffers, frozenset(gone), self.links)
        view._data.update(self._data)
        return view

    def digest(self) -> str:
        """Names this state of the tree: equal digests, equal trees (as far as stamps tell)."""
        hasher = hashlib.sha256()
        for path in self.paths():
            hasher.update(path.encode("utf-8", "surrogateescape") + b"\0")
            stamp = self.stamp(path)
            hasher.update(repr(stamp).encode() if stamp else hashlib.sha256(self.data(path) or b"").digest())
        return hasher.hexdigest()


def _list(root: Path, links: dict[str, str | None]) -> Iterator[tuple[str, Stamp]]:
    """Walks the folder; files behind links that stay inside the root count, folders behind links do not (cycles): see `links`."""
    real_root = os.path.realpath(root)
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(Path(root, folder)))
        except OSError:
            continue
        for entry in entries:
            path = f"{folder}{entry.name}"
            try:
                if entry.is_dir(follow_symlinks=False):
                    if not skipped_folder(entry.name):
                        pending.append(f"{path}/")
                    continue
                if entry.is_symlink():
                    target = os.path.realpath(entry.path)
                    inside = target.startswith(real_root + os.sep)
                    if not inside or entry.is_dir():
                        links[path] = os.path.relpath(target, real_root) if inside else None
                        continue
                if entry.is_file():
                    status = entry.stat()
                    yield path, Stamp(status.st_size, status.st_mtime_ns, status.st_ino)
            except OSError:
                continue
