"""Writes texts into the user's tree, when the user says so on the command line: all files or none."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aid_lsp.errors import AidError
from aid_lsp.workspace.ignore import writable_path


def write_all(root: Path, texts: Mapping[str, str | None]) -> None:
    """Gives each file its text; None deletes it. New texts are on disk before the first file is replaced.

    Raises `OutsideWorkspace` for a path AID may not write, `AidError` if the disk refuses; the tree is then as it was.
    """
    targets = {(root / writable_path(root, path)).resolve(): text for path, text in texts.items()}
    staged: dict[Path, Path] = {}
    made: list[Path] = []
    undo: list[tuple[Path, Path | None]] = []
    try:
        for target, text in targets.items():
            if text is not None:
                made += _make_folders(target.parent)
                staged[target] = _stage(target, text)
        for target in targets:
            undo.append((target, _back_up(target)))
            if target in staged:
                staged[target].replace(target)
            else:
                target.unlink(missing_ok=True)
    except OSError as error:
        for target, backup in reversed(undo):
            if backup is not None:
                backup.replace(target)
            else:
                target.unlink(missing_ok=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise AidError(f"Nothing was written: {error.strerror or error} ({error.filename}).") from error
    finally:
        for path in staged.values():
            path.unlink(missing_ok=True)
    for _, backup in undo:
        if backup is not None:
            backup.unlink(missing_ok=True)


def _make_folders(folder: Path) -> list[Path]:
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
    return missing


def _stage(target: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".aid", dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    staged = Path(name)
    staged.chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
    return staged


def _back_up(target: Path) -> Path | None:
    """A second name for the file that is there, so that it can come back."""
    if not target.exists():
        return None
    backup = target.with_name(f".{target.name}.{os.getpid()}.before-aid")
    try:
        os.link(target, backup)
    except OSError:  # a file system without hard links
        shutil.copy2(target, backup)
    return backup


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
