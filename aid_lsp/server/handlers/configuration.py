"""Settings and folders from the editor: initializationOptions, didChangeConfiguration, workspace/configuration, folders."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.server.from_lsp import path_of_uri
from aid_lsp.server.session import Session
from aid_lsp.settings import Settings, load

_log = logging.getLogger(__name__)

_ASK_S = 5.0
_OURS = ("client",)
"""What initializationOptions carry beside settings."""


def settings_in(options: object) -> object:
    """The settings among initializationOptions, which also say what a thin client can do."""
    if not isinstance(options, Mapping):
        return None
    fields = cast("Mapping[str, Any]", options)
    return {key: value for key, value in fields.items() if key not in _OURS}


async def did_change_configuration(session: Session, settings: object, command_line: Mapping[str, Mapping[str, object]]) -> None:
    """Takes new settings; a client that sends none is asked for them."""
    if not isinstance(settings, Mapping) and session.client.configuration:
        settings = await _ask(session)
    if isinstance(settings, Mapping):
        session.workspaces.editor = cast("Mapping[str, Any]", settings)
        await configure(session, command_line)


async def configure(session: Session, command_line: Mapping[str, Mapping[str, object]]) -> None:
    """Reads all settings again for the workspaces that are open."""
    for workspace in session.workspaces.open:
        editor = session.workspaces.editor
        settings = await asyncio.to_thread(load, workspace.root, editor=editor, command_line=command_line)
        _warn(session, workspace.settings, settings)
        workspace.configure(settings)


def client_folders(params: lsp.InitializeParams) -> tuple[Path, ...]:
    """The folders that the client has open; empty for one that has only files."""
    folders = tuple(path for folder in params.workspace_folders or () if (path := path_of_uri(folder.uri)))
    if folders:
        return folders
    if params.root_uri:
        root = path_of_uri(params.root_uri)
        return (root,) if root else ()
    if params.root_path and Path(params.root_path).is_absolute():
        return (Path(params.root_path),)
    return ()


def did_change_folders(session: Session, params: lsp.DidChangeWorkspaceFoldersParams) -> None:
    """Takes folders that the user added or closed; what runs in them goes on."""
    gone = {path_of_uri(folder.uri) for folder in params.event.removed}
    come = [path for folder in params.event.added if (path := path_of_uri(folder.uri))]
    kept = [folder for folder in session.workspaces.folders if folder not in gone]
    session.workspaces.set_folders(tuple(dict.fromkeys((*kept, *come))))


async def _ask(session: Session) -> object:
    params = lsp.ConfigurationParams([lsp.ConfigurationItem(section="aid")])
    try:
        answers = await session.protocol.ask(lsp.WORKSPACE_CONFIGURATION, params, _ASK_S)
    except (TimeoutError, JsonRpcException) as error:
        _log.info("no settings from the client: %s", error)
        return None
    return answers[0] if answers else None


def _warn(session: Session, before: Settings, after: Settings) -> None:
    for warning in after.warnings:
        if warning not in before.warnings:
            session.say(f"AID: {warning}", lsp.MessageType.Warning)
