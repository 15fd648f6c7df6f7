"""Reads a model's answer from outside against a view, path rules included."""

from aid_lsp.edits.patch import Reading
from aid_lsp.edits.read import read
from aid_lsp.ocaml.anchor import OCamlAnchor
from aid_lsp.proposals.paths import path_complaints
from aid_lsp.workspace.view import View


def read_answer(answer: str, view: View, answer_format: str) -> Reading:
    """What the answer says; a path that AID may not write is a complaint."""
    reading = read(answer, view, answer_format, OCamlAnchor())
    complaints = path_complaints(reading.patch, view.root, reading.placements) if reading.patch else ()
    return Reading(None, complaints) if complaints else reading
