"""Which files AID looks at, and where a patch may write.

Seen:      every regular file under the root, except build output, version control and package folders.
Writable:  what is seen, minus secrets and anything that a symlink leads out of the root.

The rules of spelling are in `edits/paths.py`; here they meet the disk. What a model may change is narrower still: neither what git
ignores nor what a program generates (`proposals.paths`).
"""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from aid_lsp.edits.paths import SKIPPED_FOLDERS as SKIPPED_FOLDERS
from aid_lsp.edits.paths import clean_path as clean_path
from aid_lsp.edits.paths import editable_path
from aid_lsp.edits.paths import secret as secret
from aid_lsp.edits.paths import skipped_folder as skipped_folder
from aid_lsp.errors import OutsideWorkspace


def writable_path(root: Path, path: str) -> str:
    """The clean path, if a patch may write there; follows symlinks. Raises `OutsideWorkspace` otherwise."""
    clean = editable_path(path)
    target = (root / clean).resolve()
    if not target.is_relative_to(root.resolve()):
        raise OutsideWorkspace(f"{clean!r} leads out of the workspace through a symbolic link.")
    return clean


_GIT_S = 5.0


def git_ignores(root: Path, paths: Iterable[str]) -> frozenset[str]:
    """Those of the paths that git ignores; none where there is no git, no repository, or no answer within seconds. Blocks."""
    wanted = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    if not wanted:
        return frozenset()
    command = ["git", "-C", str(root), "check-ignore", "-z", "--stdin"]
    try:
        told = subprocess.run(command, input=wanted, capture_output=True, timeout=_GIT_S, check=False)  # noqa: TID251 - blocks, with a deadline
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(path for path in told.stdout.decode("utf-8", "surrogateescape").split("\0") if path)
