"""A proposal as data, for clients that show it in their own way (docs/protocol.md)."""

from collections.abc import Callable
from typing import Any

from aid_lsp.edits.diff import stat
from aid_lsp.edits.patch import FileChange, Files, Patch
from aid_lsp.proposals.offer import move
from aid_lsp.proposals.partial import hunk_id, hunks_of
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.pages import headline, page_path, size
from aid_lsp.server.workspaces import Workspace

UriOf = Callable[[str], str]
"""The URI of a path in the workspace, as the client spells it."""

Json = dict[str, Any]


def summary(workspace: Workspace, proposal: Proposal, uri_of: UriOf) -> Json:
    """What a list shows of a proposal; compares its texts, so call it off the event loop."""
    patch = proposal.patch or Patch(())
    verdict = proposal.verdict
    return {
        "proposal": proposal.id,
        "revision": proposal.revision,
        "outcome": proposal.outcome,
        "parent": proposal.parent,
        "instruction": proposal.request.instruction,
        "understood": proposal.understood,
        "proposer": proposal.proposer,
        "headline": headline(proposal),
        "size": size(patch),
        "started": proposal.started,
        "declined": proposal.declined,
        "verdict": {**verdict.as_json(), "timings": dict(verdict.timings)} if verdict else None,
        "timings": dict(proposal.timings),
        "root": str(workspace.root),
        "page": page_path(workspace.state, proposal.id).as_uri(),
        "files": [_file(patch, change, uri_of) for change in patch.changes if not _half(patch, change)],
    }


def whole(workspace: Workspace, proposal: Proposal, uri_of: UriOf, now: Files, *, texts: bool) -> Json:
    """The summary with the hunks of each file, whether it fits the text of `now`, and with `texts` both texts."""
    answer = summary(workspace, proposal, uri_of)
    patch = proposal.patch or Patch(())
    changes = {change.path: change for change in patch.changes}
    for file in answer["files"]:
        change = _joined(patch, changes[file["path"]])
        file["hunks"] = [
            {
                "id": hunk_id(hunk),
                "index": index,
                "header": hunk.header,
                "old_start": hunk.old_start,
                "old_count": hunk.old_count,
                "new_start": hunk.new_start,
                "new_count": hunk.new_count,
            }
            for index, hunk in enumerate(hunks_of(change))
        ]
        moved = move(Patch((changes[file["path"]],)), now)
        file["fits"] = isinstance(moved, Patch)
        file["why"] = "" if isinstance(moved, Patch) else "; ".join(f"{misfit.path} {misfit.why}" for misfit in moved)
        if texts:
            file["before"], file["after"] = change.before, change.after
    return answer


def _file(patch: Patch, change: FileChange, uri_of: UriOf) -> Json:
    joined = _joined(patch, change)
    added, removed = stat(Patch((joined,)))[change.path]
    kind = "edit"
    if joined is not change:
        kind = "rename"
    elif change.before is None:
        kind = "create"
    elif change.after is None:
        kind = "delete"
    return {
        "path": change.path,
        "uri": uri_of(change.path),
        "kind": kind,
        "from": change.moved_from if kind == "rename" else None,
        "added": added,
        "removed": removed,
        "hunks": len(hunks_of(joined)),
    }


def _half(patch: Patch, change: FileChange) -> bool:
    """Whether this deletion is shown where the file went."""
    return change.after is None and any(other.moved_from == change.path and other.before is None for other in patch.changes)


def _joined(patch: Patch, change: FileChange) -> FileChange:
    """A rename as one change: from the old text to the new one."""
    origin = next((other for other in patch.changes if other.path == change.moved_from and other.after is None), None)
    if origin is None or change.before is not None:
        return change
    return FileChange(change.path, origin.before, change.after, change.moved_from)
