"""What went wrong with a model, in one sentence that says what the user can do.

Providers quote the request in their errors, so their words are never passed on: only the kind of error is.
"""

from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelNotFoundError,
    ModelQuotaExceededError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelTimeoutError,
    UserError,
)


def sentence(error: Exception, name: str, where: str, *, begun: bool) -> str:
    """Says what an error of pydantic-ai or a provider's SDK means; `begun`: some of the answer had come."""
    status = error.status_code if isinstance(error, ModelHTTPError) else None
    match error:
        case ModelAuthenticationError():
            return f"{where} refuses the key for {name} (HTTP {status or 401}); check AID_API_KEY or the provider's own variable."
        case ModelContextWindowExceededError():
            return f"The prompt is longer than {name} can read; lower `model.context_tokens`."
        case ModelNotFoundError():
            return f"{where} does not know a model {name!r}; check its name and that the address ends in /v1."
        case ModelQuotaExceededError():
            return f"{where} says that the account's quota is used up; nothing was changed."
        case ModelRateLimitError():
            return f"{where} is too busy (HTTP {status or 429}); try again later."
        case ModelTimeoutError() | ModelRequestTimeout():
            return f"{where} did not answer in time; try again, or raise `model.timeout_s`."
        case ModelConnectionError() if begun:
            return f"The answer of {name} broke off in the middle; nothing was changed. Try again."
        case ModelConnectionError() if _refused(error):
            return f"Nothing listens at {where}; is it running?"
        case ModelConnectionError():
            return f"{where} closed the connection without an answer; is it running, and is the address right?"
        case ContentFilterError():
            return f"{where} withheld the answer of {name} (content filter)."
        case ModelHTTPError() if status is not None and status >= 500:
            return f"{where} failed (HTTP {status}); try again, or look at its log."
        case ModelHTTPError():
            return f"{where} rejects the request (HTTP {status}); check `model.name`, `model.url` and `model.max_output_tokens`."
        case UserError():
            return f"{name} cannot be asked this way; check `model.name` and `model.url`."
        case ModelAPIError() if begun:
            return f"The answer of {name} broke off in the middle; nothing was changed. Try again."
        case _:
            return f"{where} sent something that is no answer; does it speak the OpenAI or provider's API at that address?"


def worth_another_try(error: Exception) -> int:
    """How many more tries an error deserves."""
    if isinstance(error, ModelQuotaExceededError):
        return 0
    if isinstance(error, ModelHTTPError):
        if error.status_code in (429, 503, 529):
            return 2
        return 1 if error.status_code >= 500 else 0
    return 0


def retry_after(error: Exception) -> float | None:
    """How many seconds the server asks to wait; None where it does not say."""
    return error.retry_after if isinstance(error, ModelAPIError) else None


def _refused(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ in ("ConnectError", "ConnectTimeout", "ConnectionRefusedError", "gaierror"):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
