"""From our words to the client's: offsets become positions, patches become workspace edits.

    Patch + texts as they are now ──workspace_edit──▶ Edit(lsp.WorkspaceEdit, by_hand)

The form goes by what the client announced (capabilities.py): versions where it takes them, creating, renaming and deleting where
it can; what it cannot do is named, so that the user can do it by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types as lsp

from aid_lsp.edits.diff import edits_between
from aid_lsp.edits.lines import Encoding, Lines, Span
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.errors import AidError
from aid_lsp.server.capabilities import Client

_ANNOTATION = "aid"

_Change = lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile


@dataclass(frozen=True, slots=True)
class Target:
    """Where an edit of a file goes."""

    uri: str
    version: int | None = None
    """The version of the open document; None for a file that is not open."""


@dataclass(frozen=True, slots=True)
class ClientEdit:
    """A patch as a client can apply it."""

    edit: lsp.WorkspaceEdit
    by_hand: tuple[str, ...]
    """What the client cannot do, a phrase each: `delete lib/old.ml`."""


def uri_of_path(path: Path) -> str:
    """The `file:` URI of an absolute path."""
    return path.as_uri()


def range_of(lines: Lines, span: Span, encoding: Encoding) -> lsp.Range:
    """The range of a span."""
    return lsp.Range(
        lsp.Position(*lines.position(span.start, encoding)),
        lsp.Position(*lines.position(span.end, encoding)),
    )


def range_as_json(place: lsp.Range) -> dict[str, dict[str, int]]:
    """A range as a command's argument carries it."""
    return {
        name: {"line": position.line, "character": position.character}
        for name, position in (("start", place.start), ("end", place.end))
    }


def diagnostic_as_json(said: lsp.Diagnostic) -> dict[str, object]:
    """A diagnostic as a command's argument carries it."""
    fields: dict[str, object] = {"range": range_as_json(said.range), "message": said.message}
    if said.severity is not None:
        fields["severity"] = int(said.severity)
    if said.code is not None:
        fields["code"] = said.code
    return fields


def workspace_edit(patch: Patch, target: Callable[[str], Target], client: Client, label: str, description: str) -> ClientEdit:
    """The edit that makes the patch, each `before` being what the editor has now. `target` says where a path goes.

    Raises `AidError` for a file whose bytes an editor cannot be told (not UTF-8 where it changes).
    """
    changes: list[_Change] = []
    by_hand: list[str] = []
    moved = _moves(patch) if client.rename else {}
    for change in patch.changes:
        _refuse_odd_bytes(change)
        where = target(change.path)
        if change.after is None:
            if change.path in moved.values():
                continue
            if client.delete:
                changes.append(lsp.DeleteFile(where.uri, options=lsp.DeleteFileOptions(ignore_if_not_exists=True)))
            else:
                by_hand.append(f"delete {change.path}")
        elif change.path in moved:
            old = moved[change.path]
            before = next(c.before or "" for c in patch.changes if c.path == old)
            changes.append(lsp.RenameFile(target(old).uri, where.uri))
            if before != change.after:
                changes.append(_text_edit(Target(where.uri), before, change.after, client))
        else:
            if change.before is None and client.create:
                changes.append(lsp.CreateFile(where.uri, options=lsp.CreateFileOptions(overwrite=False, ignore_if_exists=True)))
            changes.append(_text_edit(where, change.before or "", change.after, client))
    return ClientEdit(_in_the_client_s_form(changes, client, label, description), tuple(by_hand))


def _moves(patch: Patch) -> dict[str, str]:
    """The new path of each renamed file, with its old one, where the patch also deletes that."""
    gone = {change.path for change in patch.changes if change.after is None}
    return {
        change.path: change.moved_from
        for change in patch.changes
        if change.before is None and change.moved_from is not None and change.moved_from in gone
    }


def _text_edit(where: Target, before: str, after: str, client: Client) -> lsp.TextDocumentEdit:
    lines = Lines(before)
    edits: list[lsp.TextEdit | lsp.AnnotatedTextEdit | lsp.SnippetTextEdit] = []
    for edit in edits_between(before, after):
        place = range_of(lines, edit.span, client.encoding)
        if client.annotations and client.document_changes:
            edits.append(lsp.AnnotatedTextEdit(_ANNOTATION, place, edit.text))
        else:
            edits.append(lsp.TextEdit(place, edit.text))
    return lsp.TextDocumentEdit(lsp.OptionalVersionedTextDocumentIdentifier(where.uri, where.version), edits)


def _in_the_client_s_form(changes: list[_Change], client: Client, label: str, description: str) -> lsp.WorkspaceEdit:
    if not client.document_changes:
        plain = {
            change.text_document.uri: [edit for edit in change.edits if isinstance(edit, lsp.TextEdit)]
            for change in changes
            if isinstance(change, lsp.TextDocumentEdit)
        }
        return lsp.WorkspaceEdit(changes=plain)
    if not client.annotations:
        return lsp.WorkspaceEdit(document_changes=changes)
    # Never needsConfirmation: Neovim 0.12 asks for each file, skips on "no" and still says that all is applied.
    annotation = lsp.ChangeAnnotation(label, needs_confirmation=False, description=description or None)
    return lsp.WorkspaceEdit(document_changes=changes, change_annotations={_ANNOTATION: annotation})


def _refuse_odd_bytes(change: FileChange) -> None:
    """Editors read bytes that are not UTF-8 in ways of their own: positions beside them and texts with them do not fit."""
    if change.before is None or change.after is None:
        odd = change.after or ""
    else:
        lines = Lines(change.before)
        odd = ""
        for edit in edits_between(change.before, change.after):
            first, last = lines.position(edit.span.start)[0], lines.position(edit.span.end)[0]
            odd += edit.text + lines.span_of_lines(first, last).of(change.before)
    if any("\ud800" <= character <= "\udfff" for character in odd):
        raise AidError(f"{change.path} is not UTF-8 where it would change; take this proposal with `aid change --apply`.")
