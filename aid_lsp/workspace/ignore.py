"""Which files AID looks at, and where a patch may write.

Seen:      every regular file under the root, except build output, version control and package folders.
Writable:  what is seen, minus secrets, generated files and anything that a symlink leads out of the root.

The rules of spelling are in `edits/paths.py`; here they meet the disk.
"""

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
