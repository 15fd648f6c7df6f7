"""What the front offers before anybody was asked is what the server offers."""

import json
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.protocol import default_converter

from aid_lsp.front.offer import COMMANDS, offer
from aid_lsp.server import capabilities
from aid_lsp.server.capabilities import client_of, server_capabilities
from aid_lsp.server.pruning import prune

PROFILES = sorted((Path(__file__).parent.parent / "support" / "profiles").glob("*.json"))
BARE: dict[str, Any] = {"capabilities": {}}


@pytest.mark.parametrize(
    "params", [*(json.loads(path.read_text()) for path in PROFILES), BARE], ids=[*(path.stem for path in PROFILES), "bare"]
)
def test_the_offer_is_the_servers(params: dict[str, Any]) -> None:
    converter = default_converter()
    given = {"processId": None, "rootUri": None, **params}
    kept = prune(given["capabilities"], lsp.ClientCapabilities, converter)
    client = client_of(converter.structure({**given, "capabilities": kept}, lsp.InitializeParams), given)
    assert offer(params) == json.loads(json.dumps(converter.unstructure(server_capabilities(client))))


def test_the_commands_are_the_servers() -> None:
    assert COMMANDS == capabilities.COMMANDS
