"""Where a patch may write, as complaints that a model can act on."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from aid_lsp.edits.patch import Complaint, Patch, Placement
from aid_lsp.edits.paths import generated
from aid_lsp.errors import OutsideWorkspace
from aid_lsp.workspace.ignore import git_ignores, writable_path


def path_complaints(patch: Patch, root: Path, placements: Iterable[Placement] = ()) -> tuple[Complaint, ...]:
    """One complaint for each path that AID may not write, or that is spelled oddly; looks at the disk for links, and asks git.

    `placements` tell which block of an answer is complained about.
    """
    blocks = {one.path: one.block for one in reversed(list(placements))}
    complaints: list[Complaint] = []
    ignored = git_ignores(root, patch.paths)
    for change in patch.changes:
        path = change.path
        try:
            clean = writable_path(root, path)
        except OutsideWorkspace as error:
            complaints.append(Complaint(f"{error} Leave this file out.", path))
            continue
        mark = generated(change.before) if change.before is not None else None
        if clean != path:
            complaints.append(Complaint(f"Write the path as {clean}.", path))
        elif path in ignored:
            complaints.append(Complaint(f"git ignores {path}: it is no part of the project. Leave this file out.", path))
        elif mark is not None:
            complaints.append(
                Complaint(f"{path} is generated: it says {mark!r}. Change what it is generated from instead.", path)
            )
    return tuple(replace(complaint, block=blocks.get(complaint.path or "")) for complaint in complaints)
