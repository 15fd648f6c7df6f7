"""pygls 2.1.1, hardened by subclassing: every request is answered exactly once, whatever the client sends.

bytes ──receive──▶ decoded, or refused with a sentence ──▶ a handler of `handlers` ──▶ answer, or one error of replies.py

Kept of pygls: the types, requests to the client, running and cancelling handlers. Replaced: decoding (a message that does not
decode was never answered), built-in features and text sync (see documents.py), the initialize/shutdown states, error popups,
late answers, and what is logged (pygls logs whole messages: they hold people's code).
"""

import asyncio
import contextvars
import functools
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Literal, cast

from cattrs import Converter
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter

from aid_lsp.server import replies
from aid_lsp.server.pruning import prune
from aid_lsp.server.transport import frame

_log = logging.getLogger(__name__)

Handler = Callable[[Any], Any]
"""Takes decoded params. A plain function must be quick (1 ms): it holds up everything else. A coroutine function may wait."""

RAW = frozenset({lsp.TEXT_DOCUMENT_DID_OPEN, lsp.TEXT_DOCUMENT_DID_CHANGE, lsp.TEXT_DOCUMENT_DID_CLOSE})
"""Methods whose handlers get the JSON as it came: one odd field must not lose a keystroke."""


class Protocol(LanguageServerProtocol):
    """Decodes, dispatches and answers for one connection."""

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        self.handlers: dict[str, Handler] = {}
        """By method. `initialize` and `shutdown` must be plain functions."""
        self.state: Literal["new", "ready", "down"] = "new"
        self.raw_initialize: Mapping[str, Any] = {}
        """The params of `initialize` before anything was pruned."""
        super().__init__(server, converter)

    def _register_builtin_features(self) -> None:
        """None: everything is in `handlers`."""

    def _get_handler(self, feature_name: str) -> Handler:
        try:
            return self.handlers[feature_name]
        except KeyError:
            raise JsonRpcMethodNotFound.of(feature_name) from None

    # What comes in

    def receive(self, body: bytes) -> None:
        """Takes one message off the wire."""
        try:
            data: object = json.loads(body)
        except (ValueError, RecursionError):
            return self._refuse(None, lsp.ErrorCodes.ParseError, "A message that is not JSON.")
        if not isinstance(data, dict):
            return self._refuse(None, lsp.ErrorCodes.InvalidRequest, "A message has to be one JSON object.")
        message = cast("dict[str, Any]", data)
        method, message_id = message.get("method"), message.get("id")
        if isinstance(method, str) and "id" not in message:
            return self._receive_notification(method, message)
        if isinstance(message_id, bool) or not isinstance(message_id, int | str):
            return self._refuse(None, lsp.ErrorCodes.InvalidRequest, "An `id` has to be a number or a string.")
        if isinstance(method, str):
            return self._receive_request(message_id, method, message)
        if "method" in message:
            return self._refuse(message_id, lsp.ErrorCodes.InvalidRequest, "A `method` has to be a string.")
        return self._receive_response(message_id, message)

    def _receive_request(self, message_id: int | str, method: str, message: dict[str, Any]) -> None:
        if self.state == "down":
            return self._refuse(message_id, lsp.ErrorCodes.InvalidRequest, "AID is shutting down.")
        if method == lsp.INITIALIZE:
            if self.state != "new":
                return self._refuse(message_id, lsp.ErrorCodes.InvalidRequest, "`initialize` came twice.")
        elif self.state == "new":
            return self._refuse(message_id, lsp.ErrorCodes.ServerNotInitialized, "`initialize` has to come first.")
        if method not in self.handlers:
            return self._refuse(message_id, lsp.ErrorCodes.MethodNotFound, f"AID does not know {method!r}.")
        try:
            params = self._initialize_params(message) if method == lsp.INITIALIZE else self._params(method, message)
        except Exception as error:  # noqa: BLE001 - cattrs hooks raise whatever they like
            _log.info("undecodable params of %s: %s", method, type(error).__name__)
            return self._refuse(message_id, lsp.ErrorCodes.InvalidParams, f"The params of {method!r} are not understood.")
        return contextvars.copy_context().run(self._handle_request, message_id, method, params)

    def _receive_notification(self, method: str, message: dict[str, Any]) -> None:
        if method != lsp.EXIT and self.state != "ready":
            return None
        if method not in self.handlers and method != lsp.CANCEL_REQUEST:
            return None
        try:
            params = self._params(method, message)
        except Exception as error:  # noqa: BLE001 - cattrs hooks raise whatever they like
            _log.warning("undecodable params of %s: %s", method, type(error).__name__)
            return None
        return contextvars.copy_context().run(self._handle_notification, method, params)

    def _receive_response(self, message_id: int | str, message: dict[str, Any]) -> None:
        waiting = self._request_futures.pop(message_id, None)
        result_type: Any = self._result_types.pop(message_id, None)
        if waiting is None or waiting.done():  # its waiter was cancelled, or nobody asked
            return
        error = message.get("error")
        if error is not None:
            waiting.set_exception(_client_error(error))
            return
        try:
            value = message.get("result")
            if result_type is not None:
                answer = {"jsonrpc": "2.0", "id": message_id, "result": value}
                value = self._converter.structure(answer, result_type).result
        except Exception as failure:  # noqa: BLE001 - cattrs hooks raise whatever they like
            waiting.set_exception(JsonRpcException(f"The client's answer is not understood ({type(failure).__name__})."))
        else:
            waiting.set_result(value)

    def _params(self, method: str, message: dict[str, Any]) -> Any:
        """Decodes params; those of methods that LSP does not know, and of text sync, stay JSON."""
        if method in RAW:
            return message.get("params")
        message_type = self.get_message_type(method)
        if message_type is None:
            return message.get("params")
        return self._converter.structure({**message, "jsonrpc": "2.0"}, message_type).params

    def _initialize_params(self, message: dict[str, Any]) -> lsp.InitializeParams:
        given: object = message.get("params")
        if not isinstance(given, dict):
            raise TypeError("initialize without params")
        params: dict[str, Any] = {"capabilities": {}, **cast("dict[str, Any]", given)}
        self.raw_initialize = params
        try:
            return self._converter.structure(params, lsp.InitializeParams)
        except Exception:  # noqa: BLE001 - cattrs hooks raise whatever they like
            known = cast("dict[str, Any]", prune({**params, "capabilities": {}}, lsp.InitializeParams, self._converter))
            known["capabilities"] = prune(params["capabilities"], lsp.ClientCapabilities, self._converter)
            return self._converter.structure(known, lsp.InitializeParams)

    # What goes out

    def _refuse(self, message_id: int | str | None, code: int, sentence: str) -> None:
        self._send_data({"jsonrpc": "2.0", "id": message_id, "error": {"code": int(code), "message": sentence}})

    def _send_handler_result(self, future: "Future[Any]", *, msg_id: int | str) -> None:
        """Answers a request with what its handler made of it."""
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self._refuse(msg_id, lsp.LSPErrorCodes.RequestCancelled, "Cancelled.")
        elif (error := future.exception()) is None:
            self._send_response(msg_id, result=future.result())
        else:
            answer = replies.error_of(error)
            self._refuse(msg_id, answer.code, answer.message)

    def _check_handler_result(self, future: "Future[Any]") -> None:
        """Looks after a notification's handler, which nobody answers."""
        if not future.cancelled() and (error := future.exception()) is not None:
            replies.log_bug("a notification", error)

    def _send_data(self, data: Any) -> None:
        if not data or self.writer is None:
            return
        try:
            body = json.dumps(data, default=self._serialize_message).encode("ascii")
        except (TypeError, ValueError, AttributeError) as error:
            replies.log_bug("writing a message", error)
            message_id: int | str | None = getattr(data, "id", None)
            if message_id is not None and not hasattr(data, "method"):
                self._refuse(message_id, lsp.ErrorCodes.InternalError, "AID could not write its answer.")
            return
        self.writer.write(frame(body))

    # Life

    def finish_initialize(self) -> None:
        """From here on requests are answered."""
        self.state = "ready"

    def shut_down(self) -> None:
        """Refuses new requests and cancels those that are being answered, but for the one that asks for it."""
        self.state = "down"
        current = self.msg_id
        for message_id, future in tuple(self._request_futures.items()):
            if message_id != current and not future.done():
                future.cancel()

    async def ask(self, method: str, params: object, seconds: float) -> Any:
        """Asks the client something and waits so long; raises `TimeoutError`, or `JsonRpcException` if it says no."""
        async with asyncio.timeout(seconds):
            return await self.send_request_async(method, params)


@functools.cache
def _converter() -> Converter:
    """One for all connections: making it, and what it learns of each type, takes 80 ms."""
    return default_converter()


class Server(LanguageServer):
    """What pygls wants around a protocol."""

    protocol: Protocol  # pyright: ignore[reportIncompatibleVariableOverride] - ours is the only one

    def __init__(self, name: str, version: str) -> None:
        super().__init__(name, version, protocol_cls=Protocol, converter_factory=_converter)  # pyright: ignore[reportUnknownMemberType]

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Logs: a popup helps nobody."""
        replies.log_bug(str(source), error)


def _client_error(error: object) -> JsonRpcException:
    """What a client answered instead of a result; whatever it is, it has a message."""
    fields = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    code = fields.get("code")
    return JsonRpcException(
        str(fields.get("message") or "the client said no"), code if isinstance(code, int) else lsp.ErrorCodes.UnknownErrorCode
    )
