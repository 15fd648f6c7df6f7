"""Makes one of two: capabilities, lists of actions and lenses, diagnostics.

| capability | merged |
|---|---|
| executeCommandProvider | both lists of commands |
| codeActionProvider | both lists of kinds; none if one of them does not say which |
| codeLensProvider, inlayHintProvider | the first server's options, if it has any |
| renameProvider | `prepareProvider`, where the first server can be asked or the editor can do without |
| textDocumentSync | the first server's, with open, close and save |
| workspace.workspaceFolders, experimental | both |
| everything else, and `positionEncoding` | the first server's |
"""

from dataclasses import dataclass, field
from typing import Any

from aid_lsp.front.wire import JsonObject, items, table


def merge_capabilities(first: JsonObject, aid: JsonObject, editor: JsonObject) -> JsonObject:
    """What the two servers offer together; `first` is the one of `--with`."""
    merged: JsonObject = dict(first)
    commands = [*_commands(first), *(command for command in _commands(aid) if command not in _commands(first))]
    merged["executeCommandProvider"] = {**table(first.get("executeCommandProvider")), "commands": commands}
    if actions := _merge_actions(first.get("codeActionProvider"), aid.get("codeActionProvider")):
        merged["codeActionProvider"] = actions
    for name in ("codeLensProvider", "inlayHintProvider"):
        if _given(aid.get(name)) or _given(first.get(name)):
            merged[name] = {**table(aid.get(name)), **table(first.get(name))} or True
    if _given(aid.get("renameProvider")) and can_prepare(first, editor):
        merged["renameProvider"] = {**table(first.get("renameProvider")), "prepareProvider": True}
    merged["textDocumentSync"] = _merge_synchronisation(first.get("textDocumentSync"))
    folders = {
        **table(table(aid.get("workspace")).get("workspaceFolders")),
        **table(table(first.get("workspace")).get("workspaceFolders")),
    }
    merged["workspace"] = {**table(first.get("workspace")), "workspaceFolders": folders}
    if experimental := {**table(aid.get("experimental")), **table(first.get("experimental"))}:
        merged["experimental"] = experimental
    return merged


def can_prepare(first: JsonObject, editor: JsonObject) -> bool:
    """Whether there is an answer to prepareRename where AID has none: else every rename of the first server would be lost."""
    rename: object = first.get("renameProvider")
    if not _given(rename) or table(rename).get("prepareProvider"):
        return True
    return bool(table(table(editor.get("textDocument")).get("rename")).get("prepareSupportDefaultBehavior"))


def _merge_actions(first: object, aid: object) -> object:
    if not _given(aid):
        return first
    if not _given(first):
        return aid
    merged = {**table(aid), **table(first)}
    kinds, more = items(table(first).get("codeActionKinds")), items(table(aid).get("codeActionKinds"))
    merged.pop("codeActionKinds", None)
    if kinds and more:
        merged["codeActionKinds"] = list(dict.fromkeys([*kinds, *more]))
    return merged or True


def _merge_synchronisation(first: object) -> JsonObject:
    options: JsonObject = {"change": first} if isinstance(first, int) else table(first)
    save: Any = options.get("save")
    return {**options, "openClose": True, "change": options.get("change") or 2, "save": save or {"includeText": False}}


def _commands(capabilities: JsonObject) -> list[Any]:
    return items(table(capabilities.get("executeCommandProvider")).get("commands"))


def _given(option: object) -> bool:
    return option is not None and option is not False


@dataclass(slots=True, eq=False)
class Diagnostics:
    """The diagnostics of two servers, as one list for each file."""

    _published: dict[str, dict[str, JsonObject]] = field(default_factory=dict[str, dict[str, JsonObject]])

    def merge(self, side: str, name: str, params: JsonObject) -> JsonObject:
        """The params to publish now that one side has published these; `name` is the source of those that have none."""
        uri = str(params.get("uri"))
        named = [{"source": name, **table(item)} for item in items(params.get("diagnostics"))]
        sides = self._published.setdefault(uri, {})
        sides[side] = {**params, "diagnostics": named}
        speaking = [
            sides[other] for other in ("first", "aid") if other in sides and (sides[other]["diagnostics"] or other == side)
        ]
        if not any(sides[other]["diagnostics"] for other in sides):
            del self._published[uri]
        merged = {key: value for key, value in params.items() if key != "version"}
        merged["diagnostics"] = [item for each in speaking for item in each["diagnostics"]]
        versions = [each.get("version") for each in speaking]
        if versions[0] is not None and all(version == versions[0] for version in versions):
            merged["version"] = versions[0]
        return merged
