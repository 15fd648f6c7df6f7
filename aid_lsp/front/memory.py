"""What a new backend has to be told: everything that the editor said and that still holds.

    Memory.note(message) …            Memory.retell() ─▶ initialized, trace, settings, then each document as it was typed

A document is its `didOpen` and the `didChange`s since, as they came: the front knows nothing of positions and encodings. A log
that grows long is cut by a checkpoint: the backend says which text it has, and that takes the place of the log up to there.
Folders go into `initialize` itself.
"""

from collections.abc import Iterator

from aid_lsp.front.wire import JsonObject, Message, items, message, notification, table

LOG_MESSAGES = 500
"""A document's log of so many changes is worth a checkpoint."""
LOG_BYTES = 128 * 1024
"""A log of so many bytes is worth one, too, if it is longer than the document."""


class Document:
    """One open document."""

    __slots__ = ("asked", "bytes_of_log", "log", "uri", "wait_until")

    def __init__(self, uri: str, opened: Message) -> None:
        self.uri = uri
        self.log = [opened]
        """`didOpen`, then `didChange`s in their order."""
        self.bytes_of_log = 0
        self.asked: int | None = None
        """How much of the log the checkpoint that is under way covers; None if there is none under way."""
        self.wait_until = 0
        """No further checkpoint before the log has so many messages: the last one came to nothing."""


class Memory:
    """What the editor said."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self.initialize: JsonObject = {}
        """The params, with the folders as they are now."""
        self.initialized: Message | None = None
        self.log_messages = LOG_MESSAGES
        self._trace: Message | None = None
        self._settings: Message | None = None

    def note(self, told: Message) -> Document | None:
        """Remembers a notification if it leaves something behind; answers with the document that it changed."""
        match told.method:
            case "textDocument/didOpen":
                uri = _uri(told)
                self.documents[uri] = document = Document(uri, told)
                return document
            case "textDocument/didChange":
                document = self.documents.get(_uri(told))
                if document is not None:
                    _change(document, told)
                return document
            case "textDocument/didClose":
                self.documents.pop(_uri(told), None)
            case "workspace/didChangeConfiguration":
                self._settings = told
            case "workspace/didChangeWorkspaceFolders":
                self._change_folders(table(told.params.get("event")))
            case "$/setTrace":
                self._trace = told
            case "initialized":
                self.initialized = told
            case _:
                pass
        return None

    def wants_checkpoint(self, document: Document) -> bool:
        """Whether a document's log has grown long."""
        count = len(document.log) - 1
        if document.asked is not None or count < document.wait_until:
            return False
        return count >= self.log_messages or (count > 0 and document.bytes_of_log > max(LOG_BYTES, len(document.log[0].body)))

    def retell(self) -> Iterator[Message]:
        """What comes after `initialize`, in order."""
        for told in (self.initialized, self._trace, self._settings):
            if told:
                yield told
        for document in self.documents.values():
            yield from document.log

    def checkpoint(self, document: Document, answer: object) -> None:
        """Takes the backend's answer to `$aid/text`; the log stays as it is unless the answer fits it."""
        covered, document.asked = document.asked, None
        if covered is None or self.documents.get(document.uri) is not document:
            return
        opened, text, version = document.log[0], table(answer).get("text"), table(answer).get("version")
        if not isinstance(text, str) or version != _version(document.log[covered - 1]):
            document.wait_until = 2 * len(document.log)
            return
        item = {**table(opened.params.get("textDocument")), "version": version, "text": text}
        document.log[:covered] = [message({**opened.fields, "params": {**opened.params, "textDocument": item}})]
        document.bytes_of_log = sum(len(change.body) for change in document.log[1:])
        document.wait_until = 0

    def forget_questions(self) -> None:
        """The backend that was asked for texts is gone."""
        for document in self.documents.values():
            document.asked = None

    def _change_folders(self, event: JsonObject) -> None:
        removed = {table(folder).get("uri") for folder in items(event.get("removed"))}
        folders = [folder for folder in items(self.initialize.get("workspaceFolders")) if table(folder).get("uri") not in removed]
        known = {table(folder).get("uri") for folder in folders}
        folders += [folder for folder in items(event.get("added")) if table(folder).get("uri") not in known]
        self.initialize = {**self.initialize, "workspaceFolders": folders}


def text_question(document: Document) -> JsonObject:
    """The params of `$aid/text`; from now on a checkpoint is under way."""
    document.asked = len(document.log)
    return {"uri": document.uri}


def _change(document: Document, told: Message) -> None:
    changes = items(told.params.get("contentChanges"))
    last = table(changes[-1]) if changes else {}
    opened = document.log[0]
    if isinstance(last.get("text"), str) and last.get("range") is None:  # the whole text: what came before does not matter
        item = {**table(opened.params.get("textDocument")), "text": last["text"]}
        version = table(told.params.get("textDocument")).get("version")
        if version is not None:
            item["version"] = version
        document.log[:] = [notification("textDocument/didOpen", {"textDocument": item})]
        document.bytes_of_log = 0
        document.asked = None
    else:
        document.log.append(told)
        document.bytes_of_log += len(told.body)


def _version(told: Message) -> object:
    return table(told.params.get("textDocument")).get("version")


def _uri(told: Message) -> str:
    uri = table(told.params.get("textDocument")).get("uri")
    return uri if isinstance(uri, str) else ""
