"""What a client's context chips attach to a request: selections, files, diagnostics; each can be left out.

{kind, uri, range, version, diagnostics} ──read──▶ Attachment ──resolve──▶ Attached, by path in the workspace
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lsprotocol import types as lsp

from aid_lsp.server.from_lsp import diagnostic_of_json, path_of_uri, range_of_json, relative_to
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.to_lsp import diagnostic_as_json, range_as_json
from aid_lsp.server.workspaces import Workspace

MOST = 50
"""How many attachments one request may have, and diagnostics one attachment."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One chip, as the client sends it."""

    uri: str
    range: lsp.Range | None = None
    """None: the whole file."""
    version: int | None = None
    diagnostics: tuple[lsp.Diagnostic, ...] | None = None
    """None for what is no chip of diagnostics."""


@dataclass(frozen=True, slots=True)
class Attached:
    """One chip, in a workspace; its range is of the text as it is now."""

    path: str
    range: lsp.Range | None = None
    diagnostics: tuple[lsp.Diagnostic, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """As a job's wish is kept."""
        said = self.diagnostics
        return {
            "path": self.path,
            "range": range_as_json(self.range) if self.range else None,
            "diagnostics": None if said is None else [diagnostic_as_json(one) for one in said],
        }

    @classmethod
    def of_json(cls, fields: Mapping[str, Any]) -> "Attached":
        """Reads it again; raises `KeyError` or `BadArgument` for another shape."""
        said: object = fields.get("diagnostics")
        found = [diagnostic_of_json(one) for one in cast("list[object]", said)] if isinstance(said, list) else None
        return cls(
            str(fields["path"]),
            range_of_json(fields.get("range")),
            None if found is None else tuple(one for one in found if one is not None),
        )


def read_attachments(fields: Mapping[str, Any]) -> tuple[Attachment, ...] | None:
    """The attachments of a command's argument; None where it has no such field. Raises `BadArgument`."""
    given: object = fields.get("attachments")
    if given is None:
        return None
    if not isinstance(given, list) or len(cast("list[object]", given)) > MOST:
        raise BadArgument(f"`attachments` has to be a list of {MOST} at most.")
    return tuple(map(_attachment, cast("list[object]", given)))


_SHAPES = "An attachment has to be {kind: 'selection', uri, range}, {kind: 'file', uri} or {kind: 'diagnostics', uri, diagnostics: [...]}."


def _attachment(item: object) -> Attachment:
    fields: Mapping[str, object] = cast("Mapping[str, object]", item) if isinstance(item, Mapping) else {}
    kind, uri = fields.get("kind"), fields.get("uri")
    if kind not in ("selection", "file", "diagnostics") or not isinstance(uri, str):
        raise BadArgument(_SHAPES)
    if kind == "file":
        return Attachment(uri)
    if kind == "diagnostics":
        said = fields.get("diagnostics")
        if not isinstance(said, list):
            raise BadArgument(_SHAPES)
        found = (diagnostic_of_json(one) for one in cast("list[object]", said)[:MOST])
        return Attachment(uri, diagnostics=tuple(one for one in found if one is not None))
    version, place = fields.get("version"), range_of_json(fields.get("range"))
    if place is None:
        raise BadArgument(_SHAPES)
    return Attachment(uri, place, version if isinstance(version, int) else None)


def resolve(session: Session, workspace: Workspace, attachments: tuple[Attachment, ...]) -> tuple[Attached, ...]:
    """Finds the files in the workspace; raises `BadArgument` for one that is not in it."""
    found: list[Attached] = []
    for each in attachments:
        absolute = path_of_uri(each.uri)
        path = relative_to(workspace.root, absolute) if absolute else None
        if path is None:
            raise BadArgument(f"{each.uri} is attached, but it is not a file of the workspace {workspace.root}.")
        spot = Spot(workspace, path, session.documents.get(each.uri))
        found.append(Attached(path, spot.range_now(each.range, each.version), each.diagnostics))
    return tuple(found)
