"""Reads a model's answer from outside against a view, path rules included."""

from aid_lsp.edits.patch import Complaint, Reading
from aid_lsp.edits.read import read
from aid_lsp.errors import OutsideWorkspace
from aid_lsp.ocaml.anchor import OCamlAnchor
from aid_lsp.workspace.ignore import writable_path
from aid_lsp.workspace.view import View


def read_answer(answer: str, view: View, answer_format: str) -> Reading:
    """What the answer says; a path that AID may not write is a complaint."""
    reading = read(answer, view, answer_format, OCamlAnchor())
    complaints: list[Complaint] = []
    for path in reading.patch.paths if reading.patch else ():
        try:
            writable_path(view.root, path)
        except OutsideWorkspace as error:
            complaints.append(Complaint(str(error), path))
    return Reading(None, tuple(complaints)) if complaints else reading
