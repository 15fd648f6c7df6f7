"""What the specification says about the conversation with the editor, before anybody behind is asked.

    editor ─▶ Gate ─▶ Server (the replay, or the mux in front of it) ─▶ Gate ─▶ editor

Behind the gate there are only requests, notifications and responses that make sense where they come; before it every request is
answered exactly once, whatever those behind do.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from aid_lsp.front import codes
from aid_lsp.front.early import Early
from aid_lsp.front.wire import Malformed, Message, NotAnObject, RequestId, error, result

State = Literal["new", "initializing", "ready", "down"]


class Server(Protocol):
    """What stands behind the gate, or behind the mux."""

    def receive(self, message: Message) -> None:
        """Takes a request, a notification or a response of the editor."""
        ...

    def end(self) -> None:
        """The editor is gone, or said `exit`."""
        ...


class Gate:
    """The editor's side of the conversation."""

    def __init__(self, send: Callable[[Message], None], leave: Callable[[int], None]) -> None:
        """`send` writes to the editor, `leave` ends the process with an exit status."""
        self._send = send
        self._leave = leave
        self._server: Server | None = None
        self._asked: dict[RequestId, str] = {}
        """The method of every request that is not answered yet."""
        self._early = Early()
        self.state: State = "new"

    def stand_before(self, server: Server) -> None:
        """Says who is behind."""
        self._server = server

    @property
    def unanswered(self) -> int:
        """How many requests of the editor wait for an answer."""
        return len(self._asked)

    # From the editor

    def receive(self, item: Message | Malformed) -> None:
        """Takes what came from the editor."""
        if isinstance(item, Malformed):
            code = codes.INVALID_REQUEST if isinstance(item, NotAnObject) else codes.PARSE_ERROR
            return self._send(error(None, code, item.sentence))
        fields = item.fields
        if "method" not in fields:
            if item.is_response:
                return self._pass_on(item) if item.id is not None and self.state != "new" else None
            return self._send(error(item.id, codes.INVALID_REQUEST, "A message needs a `method`, a `result` or an `error`."))
        if "id" in fields:
            return self._receive_request(item)
        return self._receive_notification(item)

    def close(self) -> None:
        """The editor's pipe has ended: like `exit`."""
        if self._server:
            self._server.end()
        self._leave(0 if self.state == "down" else 1)

    def _receive_request(self, request: Message) -> None:
        request_id = request.id
        if request_id is None:
            return self._send(error(None, codes.INVALID_REQUEST, "An `id` has to be a whole number or a string."))
        if not request.method:
            return self._send(error(request_id, codes.INVALID_REQUEST, "A `method` has to be a string."))
        if not isinstance(request.fields.get("params"), dict | list | None):
            return self._send(error(request_id, codes.INVALID_REQUEST, "`params` have to be an object or a list."))
        if request_id in self._asked:
            return self._send(error(request_id, codes.INVALID_REQUEST, f"The id {request_id!r} is in use."))
        if self.state == "down":
            return self._send(error(request_id, codes.INVALID_REQUEST, "AID is shutting down."))
        if request.method == "initialize":
            if self.state != "new":
                return self._send(error(request_id, codes.INVALID_REQUEST, "`initialize` came twice."))
            self.state = "initializing"
        elif self.state == "new":
            return self._send(error(request_id, codes.NOT_INITIALIZED, "`initialize` has to come first."))
        elif self.state == "initializing" and request.method != "shutdown":
            return self._send(error(request_id, codes.NOT_INITIALIZED, "`initialize` is not answered yet."))
        self._asked[request_id] = request.method
        if request.method == "shutdown":
            self.state = "down"
        return self._pass_on(request)

    def _receive_notification(self, notification: Message) -> None:
        if notification.method == "exit":
            return self.close()
        if not notification.method or self.state in ("new", "down"):
            return None  # as the specification has it: dropped
        if not isinstance(notification.fields.get("params"), dict | list | None):
            return None
        for told in self._early.in_order(notification):
            self._pass_on(told)
        return None

    def _pass_on(self, message: Message) -> None:
        if self._server:
            self._server.receive(message)

    # To the editor

    def send(self, message: Message) -> None:
        """Sends a message to the editor; a second answer to a request is dropped."""
        if message.is_response:
            if message.id is None:
                return
            method = self._asked.pop(message.id, None)
            if method is None:
                return
            if method == "initialize" and self.state == "initializing":
                self.state = "ready" if "error" not in message.fields else "new"
            elif method == "shutdown":
                self._answer_the_rest()
        self._send(message)

    def _answer_the_rest(self) -> None:
        """Nobody behind answers after `shutdown`."""
        for request_id, method in tuple(self._asked.items()):
            del self._asked[request_id]
            missing = result(request_id, None) if method == "shutdown" else None
            self._send(missing or error(request_id, codes.CANCELLED, "AID is shutting down."))
