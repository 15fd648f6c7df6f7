"""A strict fake editor: speaks LSP as its profile says and applies edits by the letter.

    editor = Editor(profile("helix_25.01"), root, wire)
    await editor.initialize()
    editor.open("lib/a.ml")
    await editor.run("AID: accept proposal 1", "lib/a.ml")

Whatever the server does that the profile does not allow (a create that was not announced, a column inside a character, a report
on a token that was never created, an edit for another version) lands in `violations`; a test ends by asserting that there are none.
How it treats edits can be made to misbehave as real editors do, by `manners`.
"""

import asyncio
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

PROFILES = Path(__file__).parent / "profiles"
PATIENCE_S = 120.0
"""How long to wait for anything: a wait that ends well costs no more, however busy the machine."""

Manners = Literal[
    "strict",  # applies everything or, on a stale version, nothing with applied: false
    "stale is an error",  # Eglot: a JSON-RPC error for a stale version; files before it stay edited
    "stale is true",  # Neovim: a stale edit is dropped and called applied
    "says true, does nothing",  # kak-lsp that gives up
    "says true, does it later",  # kak-lsp: answers before it edits
    "declines",  # applied: false, as the user said no
    "silent",  # never answers
]

_LINE_END = re.compile(r"\r\n|\n|\r")


def profile(name: str) -> dict[str, Any]:
    """A captured `initialize`, by file name."""
    return json.loads((PROFILES / f"{name}.json").read_text("utf-8"))


def profile_names() -> list[str]:
    """Every captured profile."""
    return sorted(path.stem for path in PROFILES.glob("*.json"))


BARE: dict[str, Any] = {"clientInfo": {"name": "bare"}, "capabilities": {"workspace": {"applyEdit": True}}}
"""A client that can do next to nothing."""


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return value  # pyright: ignore[reportUnknownVariableType]


class LspError(Exception):
    """The server answered with an error."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]


@dataclass
class Buffer:
    text: str
    version: int
    uri: str
    saved: bool = True
    undo: list[str] = field(default_factory=list[str])
    """The texts before each edit that a WorkspaceEdit made."""


class Wire:
    """JSON-RPC over a pair of streams; keeps everything that came."""

    def __init__(self, reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
        self._reader = reader
        self._write = write
        self._next = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.answers: list[dict[str, Any]] = []
        """Every response, also those to ids that nobody waits for."""
        self.on_request: Callable[[str, Any, Any], None] = lambda method, params, message_id: None
        self.on_notification: Callable[[str, Any], None] = lambda method, params: None
        self.on_message: Callable[[], None] = lambda: None

    def send(self, message: dict[str, Any]) -> None:
        self.send_bytes(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def send_bytes(self, body: bytes) -> None:
        self._write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def notify(self, method: str, params: Any) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Any) -> "tuple[int, asyncio.Future[Any]]":
        self._next += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._next] = answer
        self.send({"id": self._next, "method": method, "params": params})
        return self._next, answer

    async def request(self, method: str, params: Any, seconds: float = PATIENCE_S) -> Any:
        _, answer = self.ask(method, params)
        async with asyncio.timeout(seconds):
            return await answer

    async def listen(self) -> None:
        while True:
            length = 0
            while (line := await self._reader.readline()).strip():
                name, _, value = line.partition(b":")
                assert name.lower() == b"content-length", line
                length = int(value)
            if not line:
                for waiting in self._waiting.values():
                    if not waiting.done():
                        waiting.set_exception(ConnectionError("the server is gone"))
                        waiting.exception()
                return
            message: dict[str, Any] = json.loads(await self._reader.readexactly(length))
            if "method" in message and "id" in message:
                self.on_request(message["method"], message.get("params"), message["id"])
            elif "method" in message:
                self.on_notification(message["method"], message.get("params"))
            else:
                self.answers.append(message)
                waiting = self._waiting.pop(message["id"], None) if isinstance(message["id"], int) else None
                if waiting and not waiting.done():
                    if "error" in message:
                        waiting.set_exception(LspError(message["error"]))
                    else:
                        waiting.set_result(message["result"])
            self.on_message()


class Editor:
    """One editor on one folder. Texts are kept as they are, files are read and written as bytes."""

    def __init__(self, initialize: dict[str, Any], root: Path, wire: Wire, manners: Manners = "strict") -> None:
        self.profile = initialize
        self.capabilities: dict[str, Any] = initialize["capabilities"]
        self.root = root
        self.wire = wire
        self.manners: Manners = manners
        self.buffers: dict[str, Buffer] = {}
        self.violations: list[str] = []
        self.messages: list[str] = []
        self.shown: list[str] = []
        self.progress: list[tuple[str, dict[str, Any]]] = []
        """(token, value) as they came."""
        self.applied: list[dict[str, Any]] = []
        """Params of every workspace/applyEdit."""
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.published: list[tuple[str, list[str]]] = []
        """Every list of diagnostics as it came: path and messages."""
        self.statuses: list[dict[str, Any]] = []
        options, experimental = initialize.get("initializationOptions"), self.capabilities.get("experimental")
        self.wants_status = True in (_at(options, "client", "status"), _at(experimental, "aid", "status"))
        self.server: dict[str, Any] = {}
        """What the server said it can do."""
        self.encoding = "utf-16"
        self.status: int | None = None
        """The server's exit status, once it has ended."""
        self.before_apply: Callable[[], None] | None = None
        """Runs when an edit has come but is not applied yet: the user who types at that moment."""
        self.double_open = False
        """Opens each file twice, first with a null language, as Eglot does."""
        self._tokens: set[str] = set()
        self._changed = asyncio.Event()
        wire.on_request, wire.on_notification, wire.on_message = self._request, self._notification, self._changed.set

    # Life

    async def initialize(self, **extra: Any) -> dict[str, Any]:
        params = {**self.profile, "processId": os.getpid(), "rootUri": self.root.as_uri(), **extra}
        params.setdefault("workspaceFolders", None)
        answer = await self.wire.request("initialize", params)
        self.server = answer["capabilities"]
        self.encoding = self.server["positionEncoding"]
        announced = self.capabilities.get("general", {}).get("positionEncodings", ["utf-16"])
        if self.encoding not in announced:
            self.violations.append(f"encoding {self.encoding} was not offered")
        self.wire.notify("initialized", {})
        return answer

    async def shutdown(self) -> None:
        assert await self.wire.request("shutdown", None) is None
        self.wire.notify("exit", None)

    async def until(self, holds: Callable[[], Any], seconds: float = PATIENCE_S, what: str = "") -> Any:
        """Waits until something holds, looking after each message from the server."""
        try:
            async with asyncio.timeout(seconds):
                while not (value := holds()):
                    self._changed.clear()
                    await self._changed.wait()
                return value
        except TimeoutError:
            raise AssertionError(
                f"never happened: {what or holds}; messages: {self.messages}; last: {self.progress[-3:]}"
            ) from None

    async def said(self, words: str, seconds: float = PATIENCE_S) -> str:
        """Waits for a message with these words."""
        return await self.until(lambda: next((m for m in self.messages if words in m), None), seconds, f"message {words!r}")

    # Files

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def path(self, uri: str) -> str:
        for path, buffer in self.buffers.items():
            if buffer.uri == uri:
                return path
        assert uri.startswith("file://"), uri
        absolute = Path(unquote(uri.removeprefix("file://")))
        return absolute.relative_to(self.root).as_posix() if absolute.is_relative_to(self.root) else str(absolute)

    def open(self, path: str, language: str | None = "ocaml") -> Buffer:
        file = self.root / path
        text = file.read_bytes().decode() if file.exists() else ""
        uri = file.as_uri()
        first = 0 if self.profile.get("clientInfo", {}).get("name") == "Neovim" else 1
        buffer = Buffer(text, first, uri)
        self.buffers[path] = buffer
        if self.double_open:
            self._did_open(buffer, None)
        self._did_open(buffer, language)
        return buffer

    def text(self, path: str) -> str:
        return self.buffers[path].text

    def type(
        self, path: str, new: str, *, before: str | None = None, after: str | None = None, instead_of: str | None = None
    ) -> None:
        """Edits as a user does: the place is named by the text around it."""
        buffer = self.buffers[path]
        place = before or after or instead_of
        if place is None:
            start = end = len(buffer.text)
        else:
            start = buffer.text.index(place) + (len(place) if after else 0)
            end = start + (len(place) if instead_of else 0)
        self.replace(path, start, end, new)

    def replace(self, path: str, start: int, end: int, new: str, *, version_step: int = 1) -> None:
        buffer = self.buffers[path]
        change = {"range": {"start": self.position(buffer.text, start), "end": self.position(buffer.text, end)}, "text": new}
        buffer.text = buffer.text[:start] + new + buffer.text[end:]
        buffer.saved = False
        self._did_change(buffer, [change], version_step)

    def save_all(self) -> None:
        for path, buffer in self.buffers.items():
            if not buffer.saved:
                (self.root / path).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).write_bytes(buffer.text.encode())
                buffer.saved = True
                self.wire.notify("textDocument/didSave", {"textDocument": {"uri": buffer.uri}})

    def undo(self, path: str) -> None:
        """Takes the last WorkspaceEdit back."""
        buffer = self.buffers[path]
        buffer.text = buffer.undo.pop()
        buffer.saved = False
        self._did_change(buffer, [{"text": buffer.text}])

    def tree(self) -> dict[str, str]:
        """Every file on disk."""
        files = (p for p in self.root.rglob("*") if p.is_file())
        return {p.relative_to(self.root).as_posix(): p.read_bytes().decode() for p in sorted(files)}

    def read(self, uri: str) -> str:
        """A file on disk, such as a page that was shown."""
        return Path(unquote(uri.removeprefix("file://"))).read_bytes().decode()

    # Requests

    async def actions(self, path: str, at: str | None = None, **context: Any) -> list[dict[str, Any]]:
        buffer = self.buffers[path]
        start = buffer.text.index(at) if at else 0
        place = {"start": self.position(buffer.text, start), "end": self.position(buffer.text, start + len(at or ""))}
        params: dict[str, Any] = {"textDocument": {"uri": buffer.uri}, "range": place, "context": {"diagnostics": [], **context}}
        answer = await self.wire.request("textDocument/codeAction", params)
        literals = "codeActionLiteralSupport" in self.capabilities.get("textDocument", {}).get("codeAction", {})
        for action in answer:
            if not literals and not isinstance(action.get("command"), str):
                self.violations.append(f"a code action literal that was not announced: {action}")
        return answer

    async def titles(self, path: str, at: str | None = None, **context: Any) -> list[str]:
        return [action["title"] for action in await self.actions(path, at, **context)]

    async def run(self, title: str, path: str, at: str | None = None, **context: Any) -> Any:
        """Runs the code action with this title (or that begins with it, before a …)."""
        actions = await self.actions(path, at, **context)
        chosen = next(
            (a for a in actions if a["title"] == title or (title.endswith("…") and a["title"].startswith(title[:-1]))), None
        )
        assert chosen, f"{title!r} is not among {[a['title'] for a in actions]}"
        command = chosen if isinstance(chosen["command"], str) else chosen["command"]
        return await self.command(command["command"], *command.get("arguments", []))

    async def command(self, name: str, *arguments: Any) -> Any:
        if name not in self.server["executeCommandProvider"]["commands"]:
            self.violations.append(f"command {name} was not announced")
        return await self.wire.request("workspace/executeCommand", {"command": name, "arguments": list(arguments)})

    # What the server asks

    def _request(self, method: str, params: Any, message_id: Any) -> None:
        def answer(result: Any) -> None:
            self.wire.send({"id": message_id, "result": result})

        window = self.capabilities.get("window", {})
        if method == "window/workDoneProgress/create":
            if not window.get("workDoneProgress"):
                self.violations.append("progress was not announced")
            self._tokens.add(params["token"])
            answer(None)
        elif method == "window/showDocument":
            if not window.get("showDocument", {}).get("support"):
                self.violations.append("showDocument was not announced")
            self.shown.append(params["uri"])
            answer({"success": True})
        elif method == "workspace/applyEdit":
            self.applied.append(params)
            self._apply(params, message_id)
        elif method in ("client/registerCapability", "workspace/codeLens/refresh"):
            answer(None)
        elif method == "workspace/configuration":
            answer([None for _ in params["items"]])
        else:
            self.violations.append(f"unknown request {method}")
            self.wire.send({"id": message_id, "error": {"code": -32601, "message": "no"}})

    def _notification(self, method: str, params: Any) -> None:
        if method == "window/showMessage":
            self.messages.append(params["message"])
        elif method == "$/progress":
            if params["token"] not in self._tokens:
                self.violations.append("progress on a token that was never created")
            self.progress.append((params["token"], params["value"]))
        elif method == "textDocument/publishDiagnostics":
            self._check_diagnostics(params["diagnostics"])
            self.diagnostics[self.path(params["uri"])] = params["diagnostics"]
            self.published.append((self.path(params["uri"]), [one["message"] for one in params["diagnostics"]]))
        elif method == "aid/status" and self.wants_status:
            self.statuses.append(params)
        elif method != "window/logMessage":
            self.violations.append(f"unknown notification {method}")

    def _check_diagnostics(self, diagnostics: list[dict[str, Any]]) -> None:
        announced = self.capabilities.get("textDocument", {}).get("publishDiagnostics", {})
        for one in diagnostics:
            for key, capability in (("relatedInformation", "relatedInformation"), ("tags", "tagSupport")):
                if one.get(key) and not announced.get(capability):
                    self.violations.append(f"{key} were not announced")

    # Applying edits, by the letter

    def _apply(self, params: Any, message_id: Any) -> None:
        if self.before_apply:
            self.before_apply()
            self.before_apply = None
        manners = self.manners
        if manners == "silent":
            return
        if manners == "declines":
            self.wire.send({"id": message_id, "result": {"applied": False}})
            return
        if manners == "says true, does nothing":
            self.wire.send({"id": message_id, "result": {"applied": True}})
            return
        if manners == "says true, does it later":
            self.wire.send({"id": message_id, "result": {"applied": True}})
            asyncio.get_running_loop().call_soon(self._apply_operations, self._operations(params["edit"]))
            return
        operations = self._operations(params["edit"])
        stale = self._stale(operations)
        if stale is None:
            self._apply_operations(operations)
            self.wire.send({"id": message_id, "result": {"applied": True}})
        elif manners == "stale is true":
            self.wire.send({"id": message_id, "result": {"applied": True}})
        elif manners == "stale is an error":
            self._apply_operations(operations[:stale])
            message = f"Edits on {operations[stale]['textDocument']['uri']} require another version"
            self.wire.send({"id": message_id, "error": {"code": -32603, "message": message}})
        else:
            self.wire.send({"id": message_id, "result": {"applied": False}})

    def _operations(self, edit: dict[str, Any]) -> list[dict[str, Any]]:
        """The edit as a list of document changes, checked against what was announced."""
        announced = self.capabilities.get("workspace", {}).get("workspaceEdit", {})
        kinds = announced.get("resourceOperations", [])
        if "changes" in edit and "documentChanges" in edit:
            self.violations.append("changes and documentChanges at once")
        operations = edit.get("documentChanges")
        if operations is not None and not (announced.get("documentChanges") or kinds):
            self.violations.append("documentChanges were not announced")
        if operations is None:
            operations = [
                {"textDocument": {"uri": uri, "version": None}, "edits": edits} for uri, edits in edit.get("changes", {}).items()
            ]
        annotations: dict[str, Any] = edit.get("changeAnnotations") or {}
        if annotations and "changeAnnotationSupport" not in announced:
            self.violations.append("annotations were not announced")
        for operation in operations:
            kind = operation.get("kind")
            if kind and kind not in kinds:
                self.violations.append(f"{kind} was not announced")
            if kind is None and "version" not in operation["textDocument"]:
                self.violations.append("a version is missing")
            for text_edit in operation.get("edits", ()):
                annotation = text_edit.get("annotationId")
                if annotation is not None and annotation not in annotations:
                    self.violations.append("an annotation without its entry")
                if annotation is not None and annotations[annotation].get("needsConfirmation"):
                    self.violations.append("needsConfirmation")
        return operations

    def _stale(self, operations: list[dict[str, Any]]) -> int | None:
        """The first operation that is for another version."""
        for index, operation in enumerate(operations):
            document = operation.get("textDocument")
            if document and document["version"] is not None:
                buffer = self.buffers.get(self.path(document["uri"]))
                if buffer is None:
                    self.violations.append(f"a version for a file that is not open: {document}")
                elif buffer.version != document["version"]:
                    return index
        return None

    def _apply_operations(self, operations: list[dict[str, Any]]) -> None:
        for operation in operations:
            kind = operation.get("kind")
            if kind == "create":
                self._create(operation)
            elif kind == "rename":
                self._rename(operation)
            elif kind == "delete":
                path = self.path(operation["uri"])
                (self.root / path).unlink()
                self._close(path)
            else:
                self._edit(operation)

    def _create(self, operation: dict[str, Any]) -> None:
        file = self.root / self.path(operation["uri"])
        options: dict[str, Any] = operation.get("options") or {}
        if file.exists() and not options.get("ignoreIfExists"):
            self.violations.append(f"create over {file.name}: Neovim and Helix would empty it")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def _rename(self, operation: dict[str, Any]) -> None:
        old, new = self.path(operation["oldUri"]), self.path(operation["newUri"])
        (self.root / new).parent.mkdir(parents=True, exist_ok=True)
        (self.root / old).rename(self.root / new)
        if old in self.buffers:
            text = self.buffers[old].text
            self._close(old)
            buffer = self.open(new)
            buffer.text = text
            self._did_change(buffer, [{"text": text}])

    def _edit(self, operation: dict[str, Any]) -> None:
        path = self.path(operation["textDocument"]["uri"])
        buffer = self.buffers.get(path) or self.open(path, "ocaml")
        spans = sorted(
            (self.offset(buffer.text, e["range"]["start"]), self.offset(buffer.text, e["range"]["end"]), e["newText"])
            for e in operation["edits"]
        )
        for (_, end, _), (start, _, _) in pairwise(spans):
            if start < end:
                self.violations.append(f"overlapping edits in {path}")
        buffer.undo.append(buffer.text)
        changes: list[dict[str, Any]] = []
        for start, end, new in reversed(spans):
            changes.append(
                {"range": {"start": self.position(buffer.text, start), "end": self.position(buffer.text, end)}, "text": new}
            )
            buffer.text = buffer.text[:start] + new + buffer.text[end:]
        buffer.saved = False
        self._did_change(buffer, changes)

    def _did_open(self, buffer: Buffer, language: str | None) -> None:
        item = {"uri": buffer.uri, "languageId": language, "version": buffer.version, "text": buffer.text}
        self.wire.notify("textDocument/didOpen", {"textDocument": item})

    def _did_change(self, buffer: Buffer, changes: list[dict[str, Any]], step: int = 1) -> None:
        buffer.version += step
        document = {"uri": buffer.uri, "version": buffer.version}
        self.wire.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def _close(self, path: str) -> None:
        buffer = self.buffers.pop(path, None)
        if buffer:
            self.wire.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})

    # Positions, counted independently of the product

    def position(self, text: str, offset: int) -> dict[str, int]:
        line_start, line = 0, 0
        for found in _LINE_END.finditer(text):
            if found.end() > offset:
                break
            line_start, line = found.end(), line + 1
        return {"line": line, "character": self._units(text[line_start:offset])}

    def offset(self, text: str, position: dict[str, int]) -> int:
        starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
        if position["line"] >= len(starts):
            self.violations.append(f"line {position['line']} of {len(starts)}")
            return len(text)
        start = starts[position["line"]]
        line = _LINE_END.split(text[start:], maxsplit=1)[0]
        for index in range(len(line) + 1):
            if self._units(line[:index]) == position["character"]:
                return start + index
        self.violations.append(f"no such column: {position} in {line!r}")
        return start + len(line)

    def _units(self, text: str) -> int:
        if self.encoding == "utf-8":
            return len(text.encode())
        return len(text.encode("utf-16-le")) // 2 if self.encoding == "utf-16" else len(text)
