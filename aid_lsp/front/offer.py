"""What AID offers to an editor, known without asking a backend; a test holds it equal to what the server says.

For the moments when the backend is not up and the editor should not wait: a cold start, beside the server of `--with`, and when
no backend can be started at all.
"""

from aid_lsp.front.wire import JsonObject, items, table

COMMANDS = (
    "aid.change",
    "aid.fix",
    "aid.accept",
    "aid.reject",
    "aid.refine",
    "aid.show",
    "aid.cancel",
    "aid.status",
    "aid.jobs",
    "aid.proposals",
    "aid.proposal",
    "aid.report",
    "aid.page",
    "aid.ask",
    "aid.send",
    "aid.append",
)

_ENCODINGS = ("utf-8", "utf-16", "utf-32")


def offer(initialize: JsonObject) -> JsonObject:
    """AID's capabilities for an editor with these params of `initialize`."""
    capabilities = table(initialize.get("capabilities"))
    document = table(capabilities.get("textDocument"))
    kinds = {"codeActionKinds": ["quickfix", "refactor.rewrite"]}
    offered: JsonObject = {
        "positionEncoding": _encoding(table(capabilities.get("general")).get("positionEncodings")),
        "textDocumentSync": {"openClose": True, "change": 2, "save": {"includeText": False}},
        "codeActionProvider": kinds if table(document.get("codeAction")).get("codeActionLiteralSupport") is not None else True,
        "codeLensProvider": {"resolveProvider": False},
        "executeCommandProvider": {"commands": list(COMMANDS)},
        "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
        "experimental": {"interactiveResolveProvider": {"kinds": ["command"]}},
    }
    if table(document.get("rename")).get("prepareSupport"):
        offered["renameProvider"] = {"prepareProvider": True}
    return offered


def _encoding(announced: object) -> str:
    return next((name for name in items(announced) if isinstance(name, str) and name in _ENCODINGS), "utf-16")
