"""What becomes of a request whose backend has died.

| request | answer |
|---|---|
| codeAction, codeLens, hover, prepareRename, completion, inlayHint, diagnostic | asked again after the replay, once |
| one of these that was cancelled, or has shown a part of its result | RequestCancelled, ContentModified |
| executeCommand, rename, forms, `aid/…`: may have had an effect | RequestFailed: "AID was restarted; …" |
| everything else | ContentModified: editors ask again or stay silent |
"""

from aid_lsp.front import codes
from aid_lsp.front.wire import Message, error, result

_REPEATABLE = frozenset(
    f"textDocument/{name}"
    for name in ("codeAction", "codeLens", "hover", "prepareRename", "completion", "inlayHint", "diagnostic")
)
_WITH_EFFECT = frozenset({"workspace/executeCommand", "textDocument/rename", "command/resolve"})
_ASKS_AGAIN = 1
"""A question that kills the backend must not kill every one that follows."""

AnswerOrNone = Message | None


class InFlight:
    """A request of the editor that is not answered yet."""

    __slots__ = ("cancelled", "partly_shown", "repeated", "request", "sent")

    def __init__(self, request: Message, *, sent: bool = False) -> None:
        self.request = request
        self.sent = sent
        """Whether the present backend has it; one that was never sent is delivered when there is one, whatever it is."""
        self.cancelled = False
        self.partly_shown = False
        self.repeated = 0

    def after_death(self) -> AnswerOrNone:
        """The answer now that the backend which had it is gone; None: it is asked again."""
        request_id = self.request.id
        if self.cancelled:
            return error(request_id, codes.CANCELLED, "Cancelled.")
        if self.request.method in _REPEATABLE and not self.partly_shown and self.repeated < _ASKS_AGAIN:
            self.sent = False
            self.repeated += 1
            return None
        if _has_effect(self.request.method):
            return error(request_id, codes.REQUEST_FAILED, "AID was restarted while it was at this; please run it again.")
        return error(request_id, codes.CONTENT_MODIFIED, "AID was restarted.")

    def without_backend(self) -> Message:
        """The answer where there is no backend and none is coming: silent for what editors ask by themselves."""
        request_id = self.request.id
        if request_id is not None and self.request.method in _REPEATABLE and self.request.method != "textDocument/diagnostic":
            return result(request_id, None)
        return error(
            request_id, codes.REQUEST_FAILED, "AID is not running. Run an AID command to start it; `aid logs` says more."
        )


def wakes(method: str) -> bool:
    """Whether a request is a wish of the user, worth starting a backend that was stopped or given up."""
    return _has_effect(method)


def _has_effect(method: str) -> bool:
    return method in _WITH_EFFECT or method.startswith("aid/")
