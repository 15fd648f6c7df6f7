"""When the backend behind an open editor is another release: what must stay, and what the editor can still learn.

The position encoding was promised and has to stay. New abilities are registered at run time where the editor takes that; other
differences wait until the editor starts again.
"""

from typing import Any

from aid_lsp.front.wire import JsonObject, items, table

_AT_RUN_TIME = {
    "codeActionProvider": ("textDocument", "codeAction"),
    "codeLensProvider": ("textDocument", "codeLens"),
    "completionProvider": ("textDocument", "completion"),
    "definitionProvider": ("textDocument", "definition"),
    "diagnosticProvider": ("textDocument", "diagnostic"),
    "documentLinkProvider": ("textDocument", "documentLink"),
    "foldingRangeProvider": ("textDocument", "foldingRange"),
    "hoverProvider": ("textDocument", "hover"),
    "inlayHintProvider": ("textDocument", "inlayHint"),
    "inlineCompletionProvider": ("textDocument", "inlineCompletion"),
    "referencesProvider": ("textDocument", "references"),
    "renameProvider": ("textDocument", "rename"),
}
"""The capability, and where the editor says that it can be registered; the two parts also name the method."""


def encoding_of(capabilities: JsonObject) -> str:
    """What positions are counted in."""
    encoding = capabilities.get("positionEncoding")
    return encoding if isinstance(encoding, str) else "utf-16"


def with_encoding(initialize: JsonObject, encoding: str) -> JsonObject:
    """The params of `initialize` with one encoding to choose from."""
    capabilities = table(initialize.get("capabilities"))
    general = {**table(capabilities.get("general")), "positionEncodings": [encoding]}
    return {**initialize, "capabilities": {**capabilities, "general": general}}


def news(told: JsonObject, offered: JsonObject, editor: JsonObject) -> list[JsonObject]:
    """Registrations for what is offered and was not told, as far as the editor takes them at run time."""
    registrations: list[JsonObject] = []
    for provider, (area, name) in _AT_RUN_TIME.items():
        options: Any = offered.get(provider)
        if told.get(provider) or not _given(options) or not _dynamic(editor, area, name):
            continue
        registrations.append(_registration(f"{area}/{name}", {"documentSelector": None, **table(options)}))
    known = set(_commands(told))
    commands = [command for command in _commands(offered) if command not in known]
    if commands and _dynamic(editor, "workspace", "executeCommand"):
        registrations.append(_registration("workspace/executeCommand", {"commands": commands}))
    return registrations


def _given(options: object) -> bool:
    return options is not None and options is not False


def _dynamic(editor: JsonObject, area: str, name: str) -> bool:
    return table(table(editor.get(area)).get(name)).get("dynamicRegistration") is True


def _commands(capabilities: JsonObject) -> list[str]:
    commands = items(table(capabilities.get("executeCommandProvider")).get("commands"))
    return [command for command in commands if isinstance(command, str)]


def _registration(method: str, options: JsonObject) -> JsonObject:
    return {"id": f"aid/front/{method}", "method": method, "registerOptions": options}
