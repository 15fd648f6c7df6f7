"""The diagnostics that the editor shows of each file: one list per file, though several parts of AID write in it.

build ──put("build", …)──┐
hints ──put("hints", …)──┴─▶ textDocument/publishDiagnostics, if the list is another one than before
"""

from collections.abc import Sequence

from lsprotocol import types as lsp

from aid_lsp.server.from_lsp import document_key
from aid_lsp.server.hardening import Protocol


class Published:
    """What is shown now."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._layers: dict[str, dict[str, list[lsp.Diagnostic]]] = {}

    def put(
        self, layer: str, uri: str, diagnostics: Sequence[lsp.Diagnostic], version: int | None = None, *, again: bool = False
    ) -> None:
        """Shows these in a file, in the place of the layer's earlier ones; `again`: also if they are the same."""
        layers = self._layers.setdefault(document_key(uri), {})
        if layers.get(layer, []) == list(diagnostics) and not (again and diagnostics):
            return
        layers[layer] = list(diagnostics)
        merged = [one for name in sorted(layers) for one in layers[name]]
        if not merged:
            del self._layers[document_key(uri)]
        params = lsp.PublishDiagnosticsParams(uri, merged, version)
        self._protocol.notify(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)
