"""Patches as each client takes them."""

from dataclasses import replace
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from lsprotocol.converters import get_converter

from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.errors import AidError
from aid_lsp.server.capabilities import Client
from aid_lsp.server.to_lsp import ClientEdit, Target, uri_of_path, workspace_edit

ALL = Client(document_changes=True, create=True, rename=True, delete=True)


def edit(client: Client, *changes: FileChange) -> ClientEdit:
    def target(path: str) -> Target:
        return Target(uri_of_path(Path("/p") / path), 7 if path == "open.ml" else None)

    return workspace_edit(Patch.of(changes), target, client, "AID: proposal 1", "a change")


def shape(client: Client, *changes: FileChange) -> list[str]:
    """The operations in short."""
    made = edit(client, *changes).edit
    lines = [f"changes {uri}" for uri in made.changes or {}]
    for operation in made.document_changes or ():
        match operation:
            case lsp.TextDocumentEdit(text_document=document):
                lines.append(f"edit {document.uri} v{document.version}")
            case lsp.RenameFile():
                lines.append(f"rename {operation.old_uri} {operation.new_uri}")
            case _:
                lines.append(f"{operation.kind} {operation.uri}")
    return [line.replace("file:///p/", "") for line in lines]


EDITED = FileChange("open.ml", "let a = 1\n", "let a = 2\n")
CREATED = FileChange("new.ml", None, "let n = 1\n")
DELETED = FileChange("old.ml", "let o = 1\n", None)
MOVED = (FileChange("from.ml", "let m = 1\n", None), FileChange("to.ml", None, "let m = 2\n", moved_from="from.ml"))


@pytest.mark.parametrize(
    ("client", "operations", "by_hand"),
    [
        (
            ALL,
            [
                "rename from.ml to.ml",
                "edit to.ml vNone",
                "create new.ml",
                "edit new.ml vNone",
                "delete old.ml",
                "edit open.ml v7",
            ],
            (),
        ),
        (
            Client(document_changes=True),
            ["edit new.ml vNone", "edit open.ml v7", "edit to.ml vNone"],
            ("delete from.ml", "delete old.ml"),
        ),
        (Client(), ["changes new.ml", "changes open.ml", "changes to.ml"], ("delete from.ml", "delete old.ml")),
        (
            replace(ALL, rename=False),
            [
                "delete from.ml",
                "create new.ml",
                "edit new.ml vNone",
                "delete old.ml",
                "edit open.ml v7",
                "create to.ml",
                "edit to.ml vNone",
            ],
            (),
        ),
    ],
    ids=["everything", "versions only", "bare", "no rename"],
)
def test_a_patch_takes_the_form_that_the_client_announced(
    client: Client, operations: list[str], by_hand: tuple[str, ...]
) -> None:
    changes = (EDITED, CREATED, DELETED, *MOVED)
    assert sorted(shape(client, *changes)) == sorted(operations)
    assert edit(client, *changes).by_hand == by_hand


def test_a_file_that_is_not_open_has_the_version_null_on_the_wire() -> None:
    wire = get_converter().unstructure(edit(ALL, FileChange("closed.ml", "a", "b")).edit)
    assert wire["documentChanges"][0]["textDocument"] == {"uri": "file:///p/closed.ml", "version": None}


def test_a_create_never_empties_a_file() -> None:
    create = (edit(ALL, CREATED).edit.document_changes or [])[0]
    assert isinstance(create, lsp.CreateFile)
    assert create.options == lsp.CreateFileOptions(overwrite=False, ignore_if_exists=True)


def test_edits_are_minimal_and_counted_in_the_client_s_units() -> None:
    change = FileChange("open.ml", 'let s = "é😋" let y = 1\nlet z = 2\n', 'let s = "é😋" let y = 10\nlet z = 2\n')
    columns: dict[str, object] = {}
    for encoding in ("utf-8", "utf-16", "utf-32"):
        operation = (edit(replace(ALL, encoding=encoding), change).edit.document_changes or [])[0]
        assert isinstance(operation, lsp.TextDocumentEdit)
        [text_edit] = operation.edits
        assert isinstance(text_edit, lsp.TextEdit)
        columns[encoding] = text_edit.range.start.character
        assert text_edit.new_text == "10"
    assert columns == {"utf-8": 25, "utf-16": 22, "utf-32": 21}


def test_annotations_go_only_to_clients_that_know_them_and_never_ask() -> None:
    annotated = edit(replace(ALL, annotations=True), EDITED).edit
    assert annotated.change_annotations == {
        "aid": lsp.ChangeAnnotation("AID: proposal 1", needs_confirmation=False, description="a change")
    }
    assert edit(ALL, EDITED).edit.change_annotations is None
    assert edit(Client(annotations=True), EDITED).edit.change_annotations is None


def test_bytes_that_no_editor_can_be_told_are_refused() -> None:
    with pytest.raises(AidError, match="not UTF-8"):
        edit(ALL, FileChange("a.ml", "let a = '\udcff'\n", "let b = '\udcff'\n"))
    assert edit(ALL, FileChange("a.ml", "(* \udcff *)\n\nlet a = 1\n", "(* \udcff *)\n\nlet a = 2\n"))
