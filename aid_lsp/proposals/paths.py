"""Where a patch may write, as complaints that a model can act on."""

from pathlib import Path

from aid_lsp.edits.patch import Complaint, Patch
from aid_lsp.errors import OutsideWorkspace
from aid_lsp.workspace.ignore import writable_path


def path_complaints(patch: Patch, root: Path) -> tuple[Complaint, ...]:
    """One complaint for each path that AID may not write, or that is spelled oddly; looks at the disk for links."""
    complaints: list[Complaint] = []
    for path in patch.paths:
        try:
            clean = writable_path(root, path)
        except OutsideWorkspace as error:
            complaints.append(Complaint(f"{error} Leave this file out.", path))
            continue
        if clean != path:
            complaints.append(Complaint(f"Write the path as {clean}.", path))
    return tuple(complaints)
