"""`aid lsp --with ocamllsp`: two servers behind one pipe. The first is transparent, AID is added to it and may die unseen.

                       ┌─▶ first (ocamllsp)      alone: everything that is not named here, and every rename that AID does not want
    editor ─▶ Gate ─▶ Mux
                       └─▶ Replay ─▶ daemon      alone: `aid.…` commands, `aid/…` methods, Markdown documents

| from the editor | goes to | answered |
|---|---|---|
| initialize | first; when it has answered, AID, with that encoding alone | from the first's answer and AID's offer: not waiting for AID |
| shutdown; notifications (Markdown documents: AID only) | both | when both have |
| codeAction, codeLens, inlayHint | both | both lists, the first's first; AID has 0.5 s |
| prepareRename | AID for 0.2 s; null, error or late: first | by one of them; it gets the rename there |
| executeCommand, command/resolve | by the command's name | by that one |
| codeAction/resolve, codeLens/resolve | first; what carries a command of AID is whole already | |

The death of the first server is ours: the editor then starts both anew. No IO: see `beside.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from aid_lsp.front import codes
from aid_lsp.front.merge import Diagnostics, can_prepare, merge_capabilities
from aid_lsp.front.offer import offer
from aid_lsp.front.replay import Replay, Timer
from aid_lsp.front.skew import encoding_of, with_encoding
from aid_lsp.front.wire import (
    JsonObject,
    Message,
    RequestId,
    error,
    items,
    message,
    notification,
    renamed,
    request,
    result,
    table,
    valid_id,
)

MERGED_S = 0.5
"""How long AID may take over its part of a list; editors ask on every move of the cursor."""
PREPARE_S = 0.2
"""How long AID may take to say whether a rename is for it."""

Side = Literal["first", "aid"]

_LISTS = frozenset({"textDocument/codeAction", "textDocument/codeLens", "textDocument/inlayHint"})
_RESOLVED = frozenset({"codeAction/resolve", "codeLens/resolve"})
_GIVEN_UP = (-32800, -32801, -32802)
"""Cancelled by the client, content modified, cancelled by the server."""


@dataclass(slots=True, eq=False)
class _Shared:
    """A request that both are asked, or one after the other."""

    request: Message
    aid_id: RequestId
    """AID's copy has an id of its own, so that its late answer is nobody else's."""
    waits: set[Side]
    got: dict[Side, Message] = field(default_factory=dict[Side, Message])
    timer: Timer | None = None


@dataclass(slots=True, eq=False)
class Mux:
    """Routes and merges."""

    to_editor: Callable[[Message], None]
    to_first: Callable[[Message], None]
    later: Callable[[float, Callable[[], None]], Timer]
    replay: Replay
    name: str
    """Of the first server, for diagnostics that do not say where they are from."""
    _initialize: Message | None = None
    _shared: dict[RequestId, _Shared] = field(default_factory=dict[RequestId, _Shared])
    """By the editor's id."""
    _aid_ids: dict[RequestId, _Shared] = field(default_factory=dict[RequestId, _Shared])
    """By the id of AID's copy."""
    _alone: dict[RequestId, Side] = field(default_factory=dict[RequestId, Side])
    """Who has a request of the editor that only one is asked."""
    _asked_editor: dict[RequestId, RequestId] = field(default_factory=dict[RequestId, RequestId])
    """Requests of the first server to the editor: the id there, and its own."""
    _asked_first: dict[RequestId, Callable[[Message], None]] = field(default_factory=dict[RequestId, Callable[[Message], None]])
    """Questions of AID to the first server."""
    _tokens: dict[RequestId, Side] = field(default_factory=dict[RequestId, Side])
    """Who reports progress on a token."""
    _renames: dict[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    """The place in each document where AID took the rename."""
    _first_offers: JsonObject = field(default_factory=dict[str, object])
    _aid_offers: JsonObject = field(default_factory=dict[str, object])
    _diagnostics: Diagnostics = field(default_factory=Diagnostics)
    _count: int = 0

    def __post_init__(self) -> None:
        self.replay.asked = self._ask_first

    # From the editor

    def receive(self, message: Message) -> None:
        """Takes what the editor says."""
        told = message
        if told.is_response:
            return self._receive_response(told)
        if told.id is None:
            return self._receive_notification(told)
        match told.method:
            case "initialize":
                self._initialize = told
                return self.to_first(told)
            case "shutdown":
                return self._share(told, None)
            case "textDocument/prepareRename" if self._aid_has(told, "renameProvider") and not _is_page(told):
                return self._share(told, PREPARE_S, ask_first=False)
            case method if method in _LISTS and not _is_page(told) and self._aid_has(told, _provider(method)):
                if self._first_offers.get(_provider(method)) in (None, False):
                    return self._pass(told, "aid")
                return self._share(told, MERGED_S)
            case method if method in _RESOLVED and _command(told.params.get("command")).startswith("aid."):
                return self.to_editor(result(told.id, told.fields.get("params")))
            case _:
                return self._pass(told, self._side_of(told))

    def end(self) -> None:
        """The editor is gone."""
        self.to_first(message({"jsonrpc": "2.0", "method": "exit"}))
        self.replay.end()

    def _side_of(self, told: Message) -> Side:
        match told.method:
            case "workspace/executeCommand" | "command/resolve":
                return "aid" if _command(told.params.get("command")).startswith("aid.") else "first"
            case "textDocument/rename":
                taken = self._renames.pop(_uri(told), None)
                return "aid" if _is_page(told) or (taken is not None and taken == told.params.get("position")) else "first"
            case method:
                return "aid" if method.startswith("aid/") or _is_page(told) else "first"

    def _pass(self, told: Message, side: Side) -> None:
        if told.id is not None:
            self._alone[told.id] = side
        if side == "aid":
            self.replay.receive(told)
        else:
            self.to_first(told)

    def _share(self, told: Message, seconds: float | None, *, ask_first: bool = True) -> None:
        """Asks AID, and the first server at once or only if AID does not want it; `seconds` bound the waiting for AID alone."""
        assert told.id is not None
        self._count += 1
        shared = _Shared(told, f"$aid/mux/{self._count}", {"first", "aid"} if ask_first else {"aid"})
        self._shared[told.id] = self._aid_ids[shared.aid_id] = shared
        if seconds is not None:
            shared.timer = self.later(seconds, lambda: self._aid_is_late(shared))
        if ask_first:
            self.to_first(_without(told, "partialResultToken"))  # a list that is shown in parts cannot be merged
        copy = _without(told, "workDoneToken", "partialResultToken")
        self.replay.receive(renamed(copy, shared.aid_id))

    def _receive_response(self, told: Message) -> None:
        if told.id in self._asked_editor:
            self.to_first(renamed(told, self._asked_editor.pop(told.id)))
        else:
            self.replay.receive(told)

    def _receive_notification(self, told: Message) -> None:
        match told.method:
            case "$/cancelRequest":
                return self._cancel(told)
            case "window/workDoneProgress/cancel":
                token = valid_id(told.params.get("token"))
                side = self._tokens.get(token) if token is not None else None
                if side != "aid":
                    self.to_first(told)
                if side != "first":
                    self.replay.receive(told)
                return None
            case _:
                if not _is_page(told):
                    self.to_first(told)
                return self.replay.receive(told)

    def _cancel(self, told: Message) -> None:
        request_id = valid_id(told.params.get("id"))
        if request_id is None:
            return None
        shared = self._shared.get(request_id)
        if shared is None:
            return self.replay.receive(told) if self._alone.get(request_id) == "aid" else self.to_first(told)
        if "first" in shared.waits:
            self.to_first(told)
        if "aid" in shared.waits:
            self._cancel_at_aid(shared)
        return None

    def _cancel_at_aid(self, shared: _Shared) -> None:
        self.replay.receive(notification("$/cancelRequest", {"id": shared.aid_id}))

    def _aid_is_late(self, shared: _Shared) -> None:
        if "aid" in shared.waits:
            shared.waits.discard("aid")
            self._aid_ids.pop(shared.aid_id, None)
            self._cancel_at_aid(shared)
            self._settle(shared)

    # From AID

    def aid_says(self, told: Message) -> None:
        """Takes what the replay would say to the editor."""
        if told.is_response and told.id is not None:
            shared = self._aid_ids.pop(told.id, None)
            if shared is not None:
                shared.got["aid"] = told
                shared.waits.discard("aid")
                return self._settle(shared)
            if self._alone.get(told.id) == "aid":
                del self._alone[told.id]
                return self.to_editor(told)
            return None  # to `initialize`, which was answered, or too late
        return self.to_editor(self._seen_by_editor(told, "aid", "aid"))

    # From the first server

    def first_says(self, told: Message) -> None:
        """Takes what the first server says."""
        if not told.is_response:
            if told.id is not None and told.method:
                self._count += 1
                editor_id = f"with/{self._count}"
                self._asked_editor[editor_id] = told.id
                self._seen_by_editor(told, "first", self.name)
                return self.to_editor(renamed(told, editor_id))
            return self.to_editor(self._seen_by_editor(told, "first", self.name)) if told.method else None
        if told.id is None:
            return None
        if told.id in self._asked_first:
            return self._asked_first.pop(told.id)(told)
        if self._initialize is not None and told.id == self._initialize.id:
            return self._initialized(told, self._initialize)
        shared = self._shared.get(told.id)
        if shared is not None:
            shared.got["first"] = told
            shared.waits.discard("first")
            return self._settle(shared)
        if self._alone.pop(told.id, None):
            return self.to_editor(told)
        return None

    def first_gone(self) -> None:
        """The first server has died: nothing stays unanswered, then the process ends."""
        waiting = [*self._alone, *self._shared]
        if self._initialize is not None and self._initialize.id is not None:
            waiting.append(self._initialize.id)
        for request_id in waiting:
            self.to_editor(error(request_id, codes.REQUEST_FAILED, f"{self.name} has ended."))

    def _initialized(self, answer: Message, asked: Message) -> None:
        self._initialize = None
        if "error" in answer.fields:
            return self.to_editor(answer)
        told = table(answer.fields.get("result"))
        self._first_offers = table(told.get("capabilities"))
        params = with_encoding(asked.params, encoding_of(self._first_offers))
        self._aid_offers = offer(params)
        editor = table(params.get("capabilities"))
        if not can_prepare(self._first_offers, editor):
            self._aid_offers.pop("renameProvider", None)
        server = table(told.get("serverInfo"))
        merged = {
            **told,
            "capabilities": merge_capabilities(self._first_offers, self._aid_offers, editor),
            "serverInfo": {**server, "name": f"{server.get('name') or self.name}+aid"},
        }
        self.to_editor(message({**answer.fields, "result": merged}))
        return self.replay.receive(request("$aid/mux/initialize", "initialize", params))

    # Answers

    def _settle(self, shared: _Shared) -> None:
        """Answers a shared request if all is there that is waited for."""
        request_id = shared.request.id
        if shared.waits or request_id is None or self._shared.get(request_id) is not shared:
            return None
        if shared.request.method == "textDocument/prepareRename" and "first" not in shared.got and not self._aid_takes(shared):
            return self._ask_first_to_prepare(shared)
        del self._shared[request_id]
        self._aid_ids.pop(shared.aid_id, None)
        if shared.timer:
            shared.timer.cancel()
        return self.to_editor(self._answer_of(shared, request_id))

    def _answer_of(self, shared: _Shared, request_id: RequestId) -> Message:
        first, aid = shared.got.get("first"), shared.got.get("aid")
        match shared.request.method:
            case "shutdown":
                return result(request_id, None)
            case "textDocument/prepareRename":
                return first or (renamed(aid, request_id) if aid else result(request_id, None))
            case _:
                pass
        ours = items(aid.fields.get("result")) if aid else []
        if first is None:
            return result(request_id, ours)
        problem = table(first.fields.get("error"))
        if "error" in first.fields and (not ours or problem.get("code") in _GIVEN_UP):
            return first
        theirs = first.fields.get("result")
        return first if not ours else result(request_id, [*items(theirs), *ours])

    def _aid_takes(self, shared: _Shared) -> bool:
        """Whether AID wants the rename here, or the editor does not want it any more."""
        answer = shared.got.get("aid")
        if answer is None:
            return False
        if "error" in answer.fields:
            return table(answer.fields["error"]).get("code") == codes.CANCELLED
        if answer.fields.get("result") is None:
            return False
        self._renames[_uri(shared.request)] = table(shared.request.params.get("position"))
        return True

    def _ask_first_to_prepare(self, shared: _Shared) -> None:
        self._renames.pop(_uri(shared.request), None)
        request_id = shared.request.id
        assert request_id is not None
        rename = self._first_offers.get("renameProvider")
        if table(rename).get("prepareProvider"):
            shared.waits.add("first")
            return self.to_first(shared.request)
        default = None if rename in (None, False) else {"defaultBehavior": True}
        shared.got["first"] = result(request_id, default)
        return self._settle(shared)

    # Small things

    def _aid_has(self, told: Message, provider: str) -> bool:
        return self._aid_offers.get(provider) not in (None, False) and bool(_uri(told))

    def _seen_by_editor(self, told: Message, side: Side, name: str) -> Message:
        """A message of one side as the editor gets it."""
        match told.method:
            case "textDocument/publishDiagnostics":
                return notification(told.method, self._diagnostics.merge(side, name, told.params))
            case "window/workDoneProgress/create":
                token = valid_id(told.params.get("token"))
                if token is not None:
                    self._tokens[token] = side
            case "$/progress" if table(told.params.get("value")).get("kind") == "end":
                token = valid_id(told.params.get("token"))
                if token is not None:
                    self._tokens.pop(token, None)
            case _:
                pass
        return told

    def _ask_first(self, asked: Message) -> bool:
        """`$aid/ask`: a question of the daemon to the first server."""
        backend_id, method = asked.id, asked.params.get("method")
        if backend_id is None or not isinstance(method, str) or method in ("initialize", "shutdown"):
            return False
        self._count += 1
        own_id = f"$aid/ask/{self._count}"
        self._asked_first[own_id] = lambda answer: self.replay.ports.to_backend(renamed(answer, backend_id))
        self.to_first(request(own_id, method, asked.params.get("params")))
        return True


def _provider(method: str) -> str:
    return method.removeprefix("textDocument/") + "Provider"


def _uri(told: Message) -> str:
    uri = table(told.params.get("textDocument")).get("uri")
    return uri if isinstance(uri, str) else ""


def _is_page(told: Message) -> bool:
    """Markdown is AID's: its pages, and what people ask on them."""
    return _uri(told).lower().endswith(".md")


def _command(value: object) -> str:
    """The name of a command, given as such or within one."""
    name: object = table(value).get("command") if isinstance(value, dict) else value  # pyright: ignore[reportUnknownArgumentType]
    return name if isinstance(name, str) else ""


def _without(told: Message, *keys: str) -> Message:
    """A request without some of its params."""
    if not any(key in told.params for key in keys):
        return told
    return message({**told.fields, "params": {key: value for key, value in told.params.items() if key not in keys}})
