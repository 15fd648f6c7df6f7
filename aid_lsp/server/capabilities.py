"""What this client can do, and what we tell it that we can.

Only what a client announces is used; where it announces nothing the plainest form goes out, which every client takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from lsprotocol import types as lsp

from aid_lsp.edits.lines import Encoding

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")

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
"""Neovim and Helix only run commands that are announced."""


@dataclass(frozen=True, slots=True)
class Client:
    """The abilities of one client; the defaults are those of one that announces nothing."""

    name: str = ""
    version: str = ""
    encoding: Encoding = "utf-16"
    """What it counts columns in: the first of its own that we know."""
    apply_edit: bool = False
    document_changes: bool = False
    """Whether edits may carry versions; Neovim announces `resourceOperations` only and means this too."""
    create: bool = False
    rename: bool = False
    delete: bool = False
    annotations: bool = False
    refactoring: bool = False
    """Whether it wants to know that an edit is a refactoring, to save the touched files."""
    progress: bool = False
    show_document: bool = False
    lenses: bool = False
    refresh_lenses: bool = False
    prepare_rename: bool = False
    action_literals: bool = False
    """Whether code actions may be more than commands."""
    marks_generated: bool = False
    """Whether it shows which actions ask a model."""
    configuration: bool = False
    """Whether it can be asked for settings."""
    forms: bool = False
    """Whether it fills in forms for commands (`command/resolve`)."""
    related_information: bool = False
    diagnostic_tags: bool = False
    """Whether it shows unused and deprecated things in ways of their own."""
    status: bool = False
    """Whether its thin client is told how AID stands (`aid/status`); this and what follows: docs/protocol.md."""
    input_box: bool = False
    """Whether its thin client asks for an instruction itself."""
    review: bool = False
    """Whether its thin client shows proposals and what becomes of them itself."""

    @property
    def asks(self) -> bool:
        """Whether there is a way to ask the user for a line of text."""
        return self.forms or self.input_box


_NOBODY = lsp.ClientInfo("")


def client_of(params: lsp.InitializeParams, raw: Mapping[str, Any]) -> Client:
    """Reads `initialize`; `raw` is the same before anything was pruned."""
    capabilities = params.capabilities
    workspace = capabilities.workspace or lsp.WorkspaceClientCapabilities()
    document = capabilities.text_document or lsp.TextDocumentClientCapabilities()
    window = capabilities.window or lsp.WindowClientCapabilities()
    edit = workspace.workspace_edit or lsp.WorkspaceEditClientCapabilities()
    action = document.code_action or lsp.CodeActionClientCapabilities()
    said = document.publish_diagnostics or lsp.PublishDiagnosticsClientCapabilities()
    operations = set(edit.resource_operations or ())
    return Client(
        name=params.client_info.name if params.client_info else "",
        version=(params.client_info.version or "") if params.client_info else "",
        encoding=_encoding(_at(raw, "capabilities", "general", "positionEncodings")),
        apply_edit=bool(workspace.apply_edit),
        document_changes=bool(edit.document_changes or operations),
        create=lsp.ResourceOperationKind.Create in operations,
        rename=lsp.ResourceOperationKind.Rename in operations,
        delete=lsp.ResourceOperationKind.Delete in operations,
        # Neovim shows an annotation as a message of several lines that has to be dismissed, after every edit.
        annotations=edit.change_annotation_support is not None and (params.client_info or _NOBODY).name != "Neovim",
        refactoring=bool(edit.metadata_support),
        progress=bool(window.work_done_progress),
        show_document=bool(window.show_document and window.show_document.support),
        lenses=document.code_lens is not None,
        refresh_lenses=bool(workspace.code_lens and workspace.code_lens.refresh_support),
        prepare_rename=bool(document.rename and document.rename.prepare_support),
        action_literals=action.code_action_literal_support is not None,
        marks_generated=bool(action.tag_support and lsp.CodeActionTag.LlmGenerated in action.tag_support.value_set),
        configuration=bool(workspace.configuration),
        forms=_fills_forms(raw),
        related_information=bool(said.related_information),
        diagnostic_tags=said.tag_support is not None,
        status=_announced(raw, "status"),
        input_box=_announced(raw, "inputBox"),
        review=_announced(raw, "review"),
    )


def server_capabilities(client: Client) -> lsp.ServerCapabilities:
    """What AID offers to this client."""
    return lsp.ServerCapabilities(
        position_encoding=client.encoding,
        text_document_sync=lsp.TextDocumentSyncOptions(
            open_close=True, change=lsp.TextDocumentSyncKind.Incremental, save=lsp.SaveOptions(include_text=False)
        ),
        code_action_provider=lsp.CodeActionOptions(
            code_action_kinds=[lsp.CodeActionKind.QuickFix, lsp.CodeActionKind.RefactorRewrite]
        )
        if client.action_literals
        else True,
        code_lens_provider=lsp.CodeLensOptions(resolve_provider=False),
        execute_command_provider=lsp.ExecuteCommandOptions(commands=list(COMMANDS)),
        # Without prepareRename AID would take every rename away from ocamllsp, so it is for clients that have it.
        rename_provider=lsp.RenameOptions(prepare_provider=True) if client.prepare_rename else None,
        workspace=lsp.WorkspaceOptions(
            workspace_folders=lsp.WorkspaceFoldersServerCapabilities(supported=True, change_notifications=True)
        ),
        experimental={"interactiveResolveProvider": {"kinds": ["command"]}},
    )


def _encoding(announced: object) -> Encoding:
    for name in cast("list[object]", announced) if isinstance(announced, list) else ():
        for known in ENCODINGS:
            if name == known:
                return known
    return "utf-16"


def _fills_forms(raw: Mapping[str, Any]) -> bool:
    """The proposal for LSP by the Go and Dart teams; gopls 0.22 had the kinds as a plain list under another name."""
    kinds: object = (
        _at(raw, "capabilities", "workspace", "interactiveResolve", "inputTypes")
        or _at(raw, "capabilities", "experimental", "interactiveResolve", "inputTypes")
        or _at(raw, "capabilities", "experimental", "interactiveInputTypes")
    )
    return isinstance(kinds, list) and "string" in kinds


def _announced(raw: Mapping[str, Any], name: str) -> bool:
    """Whether a thin client announces something, in either of the two places."""
    places = (("capabilities", "experimental", "aid"), ("initializationOptions", "client"))
    return any(_at(raw, *place, name) is True for place in places)


def _at(value: object, *keys: str) -> object:
    """What lies at a path in JSON; None where there is nothing."""
    for key in keys:
        if not isinstance(value, Mapping):
            return None
        value = cast("Mapping[str, object]", value).get(key)
    return value
