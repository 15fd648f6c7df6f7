"""Tables: what each captured client can do, and which LSP error a failure becomes."""

import asyncio
from dataclasses import fields

import pytest
from lsprotocol import types as lsp
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcException

from aid_lsp.errors import AidError, ModelFailed, NotConfigured, NotFound, OutsideWorkspace, Stale
from aid_lsp.server.capabilities import client_of
from aid_lsp.server.replies import BadArgument, error_of, sentence_of
from tests.support.editor import BARE, profile

TABLE = {
    "emacs_30.1": "utf-32 action_literals apply_edit configuration diagnostic_tags document_changes progress show_document",
    "eglot_v1.24": "utf-32 action_literals apply_edit configuration create delete diagnostic_tags document_changes prepare_rename progress rename show_document",
    "helix_25.01": "utf-8 action_literals apply_edit configuration create delete diagnostic_tags document_changes prepare_rename progress rename",
    "neovim_v0.10.4": "utf-16 action_literals apply_edit configuration create delete diagnostic_tags document_changes prepare_rename progress related_information rename show_document",
    "neovim_v0.12.4": "utf-8 action_literals apply_edit configuration create delete diagnostic_tags document_changes lenses prepare_rename progress refresh_lenses related_information rename show_document",
    "vscode_code-server_1.139": "utf-16 action_literals annotations apply_edit configuration create delete diagnostic_tags document_changes lenses marks_generated prepare_rename progress refactoring refresh_lenses related_information rename show_document",
    "bare": "utf-16 apply_edit",
}


@pytest.mark.parametrize("name", TABLE)
def test_what_a_client_can_do(name: str) -> None:
    raw = BARE if name == "bare" else profile(name)
    client = client_of(get_converter().structure({"processId": None, "rootUri": None, **raw}, lsp.InitializeParams), raw)
    able = sorted(field.name for field in fields(client) if getattr(client, field.name) is True)
    assert " ".join([client.encoding, *able]) == TABLE[name]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (BadArgument("`uri` is missing."), -32602, "`uri` is missing."),
        (NotFound("There is no proposal 7."), -32602, "There is no proposal 7."),
        (OutsideWorkspace("'../a' leads out."), -32602, "'../a' leads out."),
        (Stale("It no longer fits."), -32801, "It no longer fits."),
        (NotConfigured("Add a model."), -32803, "Add a model."),
        (ModelFailed("The model does not answer."), -32803, "The model does not answer."),
        (AidError("We could not try."), -32803, "We could not try."),
        (asyncio.CancelledError(), -32800, "cancelled"),
        (JsonRpcException("no", -32001), -32001, "no"),
        (KeyError("secret"), -32603, "this failed inside AID (KeyError); please report it with AID's log."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_failures_become_errors(error: BaseException, code: int, message: str) -> None:
    answer = error_of(error)
    assert (answer.code, answer.message) == (code, message)


def test_a_user_reads_sentences_not_traces() -> None:
    assert sentence_of(Stale("It no longer fits.")) == "It no longer fits."
    assert "secret" not in sentence_of(KeyError("secret"))
