"""Keeps an editor's session alive over the death of any number of backends.

             ┌────────────── Replay ──────────────┐
    editor ◀─┤ memory · in flight · registrations ├─▶ backend, backend, backend, …
             └────────────────────────────────────┘
    absent ──start──▶ starting ──up──▶ greeting ──initialize answered──▶ live ──gone──▶ starting …   or asleep

A new backend is told: initialize (with the encoding that the editor was promised) → initialized → trace → settings → each
document's `didOpen` and changes → requests worth asking again → what the editor said meanwhile, in its order. So every command
is delivered once at most, and every request is answered once.

No IO and no clock: what it does goes through `Ports`, so tests drive it message by message.
"""

import json
from collections.abc import Callable
from typing import Any, Literal, Protocol

from aid_lsp import __version__
from aid_lsp.front import codes
from aid_lsp.front.inflight import InFlight, wakes
from aid_lsp.front.memory import Document, Memory, text_question
from aid_lsp.front.offer import offer
from aid_lsp.front.skew import encoding_of, news, with_encoding
from aid_lsp.front.wire import (
    ASK,
    GOODBYE,
    REPLAYED,
    TEXT,
    JsonObject,
    Message,
    RequestId,
    error,
    message,
    notification,
    renamed,
    request,
    result,
    table,
    valid_id,
)

CRASHES = 5
"""So many deaths within a minute are borne; after one more, AID sleeps until the user wants something of it."""
PATIENCE_S = 0.1
"""So long `initialize` waits for a backend; one that is up answers in a fifth of it."""
_MINUTE_S = 60.0
_SHUTDOWN_S = 1.0
"""How long a backend may take to answer `shutdown`; Eglot waits 1.5 s."""
_STALE_DIAGNOSTICS_S = 20.0
"""How long the diagnostics of a dead backend stay if the next one has nothing to say of that file."""

State = Literal["absent", "starting", "greeting", "live", "asleep", "ended"]


class Timer(Protocol):
    """Something that will be called."""

    def cancel(self) -> None:
        """Calls it off."""
        ...


class Ports(Protocol):
    """The world of a replay."""

    def to_editor(self, message: Message) -> None:
        """Sends to the editor."""
        ...

    def to_backend(self, message: Message) -> None:
        """Sends to the backend that came up last."""
        ...

    def start(self, initialize: JsonObject, *, expected: bool) -> None:
        """Starts or finds a backend; `backend_up` or `backend_gone` is called later, never at once.

        `expected`: one is about to be there without our doing.
        """
        ...

    def hang_up(self) -> None:
        """Lets go of the backend, if there is one."""
        ...

    def later(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Calls back later."""
        ...

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        ...


class Gone:
    """Why a backend is gone."""

    __slots__ = ("fatal", "why")

    def __init__(self, why: str = "", *, fatal: bool = False) -> None:
        self.why = why
        """One sentence about a crash, for the user; empty where nothing is known."""
        self.fatal = fatal
        """Whether trying again cannot help (another release of AID, nothing to start)."""


class Replay:
    """One editor's session."""

    def __init__(self, ports: Ports, crashes_borne: int = CRASHES) -> None:
        self.ports = ports
        self.crashes_borne = crashes_borne
        self.memory = Memory()
        self.state: State = "absent"
        self.asked: Callable[[Message], bool] = lambda message: False
        """Takes a request of the backend that is not for the editor (`$aid/ask`); says whether it did."""
        self.warning = ""
        """Shown to the user as soon as the editor is ready for it."""
        self.capabilities: JsonObject | None = None
        """What the editor was told that AID can do; None before `initialize` is answered."""
        self._initialize_id: RequestId | None = None
        """Of the editor's `initialize`, while it waits for the answer."""
        self._in_flight: dict[RequestId, InFlight] = {}
        self._meanwhile: list[Message] = []
        """Requests and notifications that came while no backend was live."""
        self._generation = 0
        self._own: dict[RequestId, Callable[[Message], None]] = {}
        """What becomes of the answers to the front's own questions."""
        self._count = 0
        self._asked_editor: dict[RequestId, RequestId] = {}
        """Requests of the present backend to the editor: the id there, and the backend's own."""
        self._swallowed: set[RequestId] = set()
        """Requests of the front to the editor, whose answers concern nobody."""
        self._registered: dict[str, str] = {}
        """What the editor has registered: what it is, and under which id."""
        self._registration_ids: dict[str, str] = {}
        """The present backend's ids of them, and the editor's."""
        self._progress: dict[RequestId, bool] = {}
        """Progress that has begun; whether it outlives the backend, as its request is asked again."""
        self._marked: set[str] = set()
        """Files with diagnostics."""
        self._spoken_of: set[str] = set()
        """Files that the present backend has published diagnostics of."""
        self._deaths: list[float] = []
        self._goodbye = ""

    # From the editor

    def receive(self, message: Message) -> None:
        """Takes what the editor says; see gate.py for what cannot come."""
        told = message
        if told.is_response:
            return self._receive_response(told)
        if told.method == "initialize":
            return self._initialize(told)
        if told.method == "shutdown":
            return self._shut_down(told)
        if told.method == "$/cancelRequest":
            return self._cancel(told)
        if told.method == "window/workDoneProgress/cancel" and self.state != "live":
            return None
        request_id = told.id
        if request_id is not None:
            self._in_flight[request_id] = InFlight(told)
        if self.state == "live":
            return self._deliver(told)
        if self.state == "asleep":
            return self._receive_asleep(told)
        return self._meanwhile.append(told)

    def end(self) -> None:
        """The editor is gone."""
        if self.state == "live":
            self.ports.to_backend(message({"jsonrpc": "2.0", "method": "exit"}))
        self.state = "ended"
        self.ports.hang_up()

    def _initialize(self, told: Message) -> None:
        self._initialize_id = told.id
        self.memory.initialize = dict(told.params)
        self.ports.later(PATIENCE_S, self._answer_early)
        self._start()

    def _answer_early(self) -> None:
        """The editor need not wait for a backend that has to be started: what AID offers is known."""
        if self._initialize_id is not None:
            self.capabilities = offer(self.memory.initialize)
            told = {"capabilities": self.capabilities, "serverInfo": {"name": "aid", "version": __version__}}
            self._answer_initialize(result(self._initialize_id, told))

    def _start(self) -> None:
        self.state = "starting"
        expected = self._goodbye in ("restart", "drain")
        self._goodbye = ""
        self.ports.start(self.memory.initialize, expected=expected)

    def _shut_down(self, told: Message) -> None:
        if self.state != "live" or told.id is None:
            self.state = "ended"
            if told.id is not None:
                self.ports.to_editor(result(told.id, None))
            return self.ports.hang_up()
        self._in_flight[told.id] = InFlight(told, sent=True)
        self.ports.to_backend(told)
        self.ports.later(_SHUTDOWN_S, self._stop_waiting)
        return None

    def _stop_waiting(self) -> None:
        """The backend takes too long over `shutdown`."""
        for request_id, flight in tuple(self._in_flight.items()):
            if flight.request.method == "shutdown":
                del self._in_flight[request_id]
                self.ports.to_editor(result(request_id, None))

    def _cancel(self, told: Message) -> None:
        request_id = valid_id(told.params.get("id"))
        flight = self._in_flight.get(request_id) if request_id is not None else None
        if flight is None:
            return
        if flight.sent:
            flight.cancelled = True
            self.ports.to_backend(told)
            return
        self._meanwhile = [waiting for waiting in self._meanwhile if waiting is not flight.request]
        self._answer(error(request_id, codes.CANCELLED, "Cancelled."))

    def _receive_response(self, told: Message) -> None:
        if told.id is None:
            return
        if told.id in self._swallowed:
            self._swallowed.discard(told.id)
        elif told.id in self._asked_editor:
            self.ports.to_backend(renamed(told, self._asked_editor.pop(told.id)))
        # else: too late, the backend that asked is dead

    def _receive_asleep(self, told: Message) -> None:
        if told.id is None:
            self.memory.note(told)
        elif wakes(told.method):
            self._meanwhile.append(told)
            self._start()
        else:
            self._answer(self._in_flight[told.id].without_backend())

    def _deliver(self, told: Message) -> None:
        if told.id is None:
            changed = self.memory.note(told)
            self.ports.to_backend(told)
            if changed is not None and self.memory.wants_checkpoint(changed):
                self._ask_for_text(changed)
            return
        flight = self._in_flight.get(told.id)
        if flight is not None and not flight.sent:
            flight.sent = True
            self.ports.to_backend(told)

    def _ask_for_text(self, document: Document) -> None:
        params = text_question(document)
        self._ask_backend(TEXT, params, lambda answer: self.memory.checkpoint(document, answer.fields.get("result")))

    # Life of the backend

    def backend_up(self) -> None:
        """A backend is there; it knows nothing yet."""
        if self.state != "starting":
            return self.ports.hang_up()
        self._generation += 1
        self._registration_ids.clear()
        self._spoken_of.clear()
        self.state = "greeting"
        params = self.memory.initialize
        if self.capabilities is not None:
            params = with_encoding(params, encoding_of(self.capabilities))
        return self._ask_backend("initialize", params, self._greeted)

    def backend_gone(self, gone: Gone) -> None:
        """The backend has died, or could not be started."""
        if self.state in ("ended", "absent", "asleep"):
            return None
        was_live, self.state = self.state == "live", "absent"
        self._own.clear()
        self._asked_editor.clear()
        self.memory.forget_questions()
        self._settle_requests()
        self._settle_progress()
        if was_live and any(flight.request.method == "shutdown" for flight in self._in_flight.values()):
            self.state = "ended"
            return self._stop_waiting()
        if self._goodbye == "stop":
            return self._sleep("AID was stopped. Run an AID command to start it again.", kind=3)
        if gone.fatal:
            return self._sleep(gone.why)
        if not self._goodbye:
            now = self.ports.now()
            self._deaths = [*(death for death in self._deaths if now - death < _MINUTE_S), now]
            if len(self._deaths) > self.crashes_borne:
                times = f"AID stopped {len(self._deaths)} times within a minute and is not started again."
                return self._sleep(f"{times} {gone.why} Run an AID command to try once more; `aid logs` says more.")
        return self._start()

    def backend_found(self) -> None:
        """While AID sleeps: somebody started a backend (`aid restart`)."""
        if self.state == "asleep":
            self._deaths.clear()
            self._start()

    def _settle_requests(self) -> None:
        again: list[Message] = []
        for request_id, flight in tuple(self._in_flight.items()):
            if not flight.sent or flight.request.method == "shutdown":
                continue
            answer = flight.after_death()
            if answer is None:
                again.append(flight.request)
            else:
                del self._in_flight[request_id]
                self.ports.to_editor(answer)
        self._meanwhile[:0] = again

    def _settle_progress(self) -> None:
        kept = {flight.request.params.get("workDoneToken") for flight in self._in_flight.values()}
        for token in tuple(self._progress):
            if token in kept:
                self._progress[token] = True
            else:
                self._end_progress(token)

    def _end_progress(self, token: RequestId) -> None:
        del self._progress[token]
        value = {"kind": "end", "message": "AID was restarted"}
        self.ports.to_editor(notification("$/progress", {"token": token, "value": value}))

    def _sleep(self, sentence: str, *, kind: int = 1) -> None:
        """Stays without a backend: answers, remembers, and tells the user once."""
        self.state = "asleep"
        self._answer_early()
        for told in self._meanwhile:
            if told.id is None:
                self.memory.note(told)
        self._meanwhile.clear()
        for flight in tuple(self._in_flight.values()):
            self._answer(flight.without_backend())
        for uri in self._marked:
            self.ports.to_editor(notification("textDocument/publishDiagnostics", {"uri": uri, "diagnostics": []}))
        self._marked.clear()
        self._say(" ".join(sentence.split()), kind)

    def _greeted(self, answer: Message) -> None:
        if "error" in answer.fields:
            if self._initialize_id is not None and self.capabilities is None:
                self.state = "absent"
                self.ports.hang_up()
                return self._answer_initialize(renamed(answer, self._initialize_id))
            sentence = str(table(answer.fields["error"]).get("message", ""))
            self.ports.hang_up()
            return self.backend_gone(Gone(f"It refused to start: {sentence}"))
        offered = table(table(answer.fields.get("result")).get("capabilities"))
        if self._initialize_id is not None:
            self.capabilities = offered
            self.state = "live"
            self._answer_initialize(renamed(answer, self._initialize_id))
        elif self.capabilities is not None:
            if encoding_of(offered) != encoding_of(self.capabilities):
                self.ports.hang_up()
                return self.backend_gone(Gone("AID now counts columns in another way; please restart the editor.", fatal=True))
            self.state = "live"
        for told in self.memory.retell():
            self.ports.to_backend(told)
        if self.memory.initialized:
            self.ports.to_backend(notification(REPLAYED, {}))
        self._announce_news(offered)
        meanwhile, self._meanwhile = self._meanwhile, []
        for told in meanwhile:
            self._deliver(told)
        if self._marked:
            generation, stale = self._generation, set(self._marked)
            self.ports.later(_STALE_DIAGNOSTICS_S, lambda: self._clear(stale, generation))
        return None

    def _answer_initialize(self, answer: Message) -> None:
        self._initialize_id = None
        self.ports.to_editor(answer)
        if self.warning:
            self._say(self.warning, 2)
            self.warning = ""

    def _announce_news(self, offered: JsonObject) -> None:
        """Tells the editor what a newer backend can do, where it takes that at run time."""
        if self.capabilities is None or not self.memory.initialized:
            return
        registrations = news(self.capabilities, offered, table(self.memory.initialize.get("capabilities")))
        for registration in registrations:
            key = _key(registration)
            if key not in self._registered:
                self._registered[key] = registration["id"]
                self._ask_editor("client/registerCapability", {"registrations": [registration]})

    # From the backend

    def backend_says(self, told: Message) -> None:
        """Takes a message of the present backend."""
        if self.state not in ("greeting", "live"):
            return None
        if told.is_response:
            return self._receive_answer(told)
        if told.id is not None:
            return self._receive_question(told, told.id)
        match told.method:
            case "":
                return None
            case name if name == GOODBYE:
                self._goodbye = str(told.params.get("reason", "end"))
                return None
            case name if name.startswith("$aid/"):
                return None
            case "$/progress":
                return self._pass_progress(told)
            case "textDocument/publishDiagnostics":
                self._note_diagnostics(told)
            case _:
                pass
        return self.ports.to_editor(told)

    def _receive_answer(self, told: Message) -> None:
        request_id = told.id
        if request_id is None:
            return
        if request_id in self._own:
            self._own.pop(request_id)(told)
        elif (flight := self._in_flight.get(request_id)) and flight.sent:
            self._answer(told)

    def _answer(self, answer: Message) -> None:
        flight = self._in_flight.pop(answer.id, None) if answer.id is not None else None
        if flight is None:
            return
        token = valid_id(flight.request.params.get("workDoneToken"))
        if token is not None and self._progress.get(token):  # begun by a dead backend, and not again by this one
            self._end_progress(token)
        self.ports.to_editor(answer)

    def _receive_question(self, told: Message, request_id: RequestId) -> None:
        if told.method == ASK or told.method.startswith("$aid/"):
            if not self.asked(told):
                self.ports.to_backend(error(request_id, codes.METHOD_NOT_FOUND, "There is no other server to ask."))
            return None
        params: Any = told.fields.get("params")
        if told.method == "client/registerCapability":
            params = self._new_registrations(told.params)
            if not params["registrations"]:
                return self.ports.to_backend(result(request_id, None))
        elif told.method == "client/unregisterCapability":
            params = self._unregistrations(told.params)
        editor_id = f"aid/{self._generation}/{json.dumps(request_id)}"
        self._asked_editor[editor_id] = request_id
        fields = {**told.fields, "id": editor_id}
        return self.ports.to_editor(message(fields if params is None else {**fields, "params": params}))

    def _new_registrations(self, params: JsonObject) -> JsonObject:
        """Those that the editor does not have from an earlier backend."""
        new: list[JsonObject] = []
        for registration in map(table, params.get("registrations") or ()):
            key, own_id = _key(registration), str(registration.get("id"))
            if key in self._registered:
                self._registration_ids[own_id] = self._registered[key]
            else:
                self._registered[key] = self._registration_ids[own_id] = editor_id = f"{own_id}/{self._generation}"
                new.append({**registration, "id": editor_id})
        return {**params, "registrations": new}

    def _unregistrations(self, params: JsonObject) -> JsonObject:
        # "unregisterations" is how the specification spells it
        gone: list[JsonObject] = []
        for item in map(table, params.get("unregisterations") or ()):
            editor_id = self._registration_ids.pop(str(item.get("id")), str(item.get("id")))
            self._registered = {key: known for key, known in self._registered.items() if known != editor_id}
            gone.append({**item, "id": editor_id})
        return {**params, "unregisterations": gone}

    def _pass_progress(self, told: Message) -> None:
        token, value = valid_id(told.params.get("token")), table(told.params.get("value"))
        if token is None:
            return self.ports.to_editor(told)
        for flight in self._in_flight.values():
            if flight.request.params.get("partialResultToken") == token:
                flight.partly_shown = True
        kind = value.get("kind")
        if kind == "begin" and self._progress.get(token):  # the editor saw it begin before the restart
            self._progress[token] = False
            report = {key: item for key, item in value.items() if key != "title"} | {"kind": "report"}
            return self.ports.to_editor(notification("$/progress", {"token": token, "value": report}))
        if kind == "begin":
            self._progress[token] = False
        elif kind == "end":
            self._progress.pop(token, None)
        return self.ports.to_editor(told)

    def _note_diagnostics(self, told: Message) -> None:
        uri = str(told.params.get("uri"))
        self._spoken_of.add(uri)
        if told.params.get("diagnostics"):
            self._marked.add(uri)
        else:
            self._marked.discard(uri)

    def _clear(self, stale: set[str], generation: int) -> None:
        if generation != self._generation or self.state != "live":
            return
        for uri in stale - self._spoken_of:
            self._marked.discard(uri)
            self.ports.to_editor(notification("textDocument/publishDiagnostics", {"uri": uri, "diagnostics": []}))

    # Small things

    def ask_backend(self, method: str, params: object, then: Callable[[Message], None]) -> None:
        """Asks the present backend something of the front's own; `then` is not called if it dies first."""
        self._ask_backend(method, params, then)

    def _ask_backend(self, method: str, params: object, then: Callable[[Message], None]) -> None:
        self._count += 1
        own_id = f"$aid/front/{self._count}"
        self._own[own_id] = then
        self.ports.to_backend(request(own_id, method, params))

    def _ask_editor(self, method: str, params: object) -> None:
        self._count += 1
        own_id = f"aid/front/{self._count}"
        self._swallowed.add(own_id)
        self.ports.to_editor(request(own_id, method, params))

    def _say(self, sentence: str, kind: int) -> None:
        self.ports.to_editor(notification("window/showMessage", {"type": kind, "message": sentence}))


def _key(registration: JsonObject) -> str:
    """What is registered, apart from its id."""
    return json.dumps([registration.get("method"), registration.get("registerOptions")], sort_keys=True)
