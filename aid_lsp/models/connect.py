"""From settings to a model: which provider, which address, which key.

url set                     an OpenAI-compatible server there; `anthropic:NAME` speaks Anthropic's API to it
anthropic:NAME, openai:NAME the hosted provider, with its own key
ollama:NAME                 Ollama on this machine
"""

import asyncio
import json
import logging
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, cast

from aid_lsp.errors import NotConfigured
from aid_lsp.models.http import opener
from aid_lsp.models.model import Model
from aid_lsp.models.through_pydantic_ai import ThroughPydanticAI
from aid_lsp.settings import ModelSettings

if TYPE_CHECKING:
    from pydantic_ai.models import Model as PydanticModel
    from pydantic_ai.providers import Provider

HOW_TO_ADD_A_MODEL = """\
To add a model on your own machine (Ollama, llama.cpp, vLLM, …), set in the environment
    AID_MODEL_URL=http://localhost:11434/v1
    AID_MODEL=qwen2.5-coder:32b
or a hosted one:
    AID_MODEL=anthropic:claude-sonnet-5-5
    ANTHROPIC_API_KEY=…"""
"""Two lines for a local server, two for a hosted one."""

_OPENAI_DIALECT = frozenset(
    {"openai", "openai-chat", "openai-compatible", "ollama", "vllm", "litellm", "llamacpp", "llama.cpp", "lmstudio"}
)
"""Prefixes that an address makes needless; the rest of the name is the model's name on that server."""
_OLLAMA = "http://localhost:11434/v1"
_NO_KEY = "not-needed"
_PROBE_S = 2.0


def connect(settings: ModelSettings) -> Model:
    """The model that the settings name. Costs nothing: it is imported, built and complained about when it is first asked."""
    prefix, _, _ = settings.name.partition(":")
    return ThroughPydanticAI(
        name=settings.name,
        load=lambda: _load(settings),
        where=_shown(settings.url) or prefix,
        timeout_s=settings.timeout_s,
        max_output_tokens=settings.max_output_tokens,
        temperature=settings.temperature,
        says_why=prefix == "anthropic",
    )


async def reachable(settings: ModelSettings) -> str | None:
    """Says what keeps the model from being asked, as far as a cheap look can tell; None: nothing."""
    if not settings.configured:
        return f"No model is configured. {HOW_TO_ADD_A_MODEL}"
    try:
        if settings.url:
            return await asyncio.to_thread(_probe, settings)
        await asyncio.to_thread(_load, settings)
    except NotConfigured as error:
        return str(error)
    return None


def _load(settings: ModelSettings) -> "PydanticModel":
    """Imports the provider's library and builds the model; blocking."""
    if not settings.configured:
        raise NotConfigured(f"No model is configured. {HOW_TO_ADD_A_MODEL}")
    _check_address(settings.url)
    prefix, colon, rest = settings.name.partition(":")
    # Some libraries log whole requests when somebody turns debugging on; prompts are people's code.
    for library in ("openai", "anthropic", "httpx", "httpx2", "httpcore", "httpcore2"):
        logging.getLogger(library).setLevel(logging.WARNING)
    if settings.url and not (colon and prefix == "anthropic"):
        return _openai_compatible(rest if colon and prefix in _OPENAI_DIALECT else settings.name, settings)
    if not colon or not rest:
        raise NotConfigured(
            f"`model.name` is {settings.name!r}, without a provider. Write PROVIDER:MODEL (`openai:…`, `anthropic:…`, "
            "`ollama:…`), or give the server's address in `model.url`."
        )
    return _hosted(prefix, rest, settings)


def _openai_compatible(model: str, settings: ModelSettings) -> "PydanticModel":
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    # Without a key of its own such a server gets none: never another provider's key from the environment.
    provider = OpenAICompatibleProvider("server", base_url=settings.url, api_key=settings.api_key or _NO_KEY)
    host = urllib.parse.urlsplit(settings.url).hostname or ""
    profile = OpenAIModelProfile(
        # A stream that ends without a finish reason was cut, however orderly it looks.
        openai_chat_streaming_requires_finish_reason=True,
        # Only OpenAI itself insists on the new name of `max_tokens`; older servers ignore it, and then write without end.
        openai_chat_supports_max_completion_tokens=host.endswith((".openai.com", ".openai.azure.com")),
    )
    return OpenAIChatModel(model, provider=provider, profile=profile)


def _hosted(prefix: str, model: str, settings: ModelSettings) -> "PydanticModel":
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model
    from pydantic_ai.providers import infer_provider_class

    def make(name: str) -> "Provider[object]":
        kind = infer_provider_class(name)
        # Only Anthropic comes here with an address; its library adds /v1 itself.
        address = settings.url.rstrip("/").removesuffix("/v1")
        given = {key: value for key, value in (("api_key", settings.api_key), ("base_url", address)) if value}
        if address:
            given.setdefault("api_key", _NO_KEY)
        if name == "ollama" and not settings.url:
            try:
                return kind(**given)
            except UserError:
                given["base_url"] = _OLLAMA
        return kind(**given)

    try:
        return infer_model(f"{prefix}:{model}", make)
    except ImportError:
        raise NotConfigured(
            f"The provider {prefix!r} needs a package that is not installed: "
            f"`pip install 'pydantic-ai-slim[{prefix}]'` where AID lives."
        ) from None
    except ValueError:
        raise NotConfigured(
            f"{prefix!r} is not a provider AID knows (openai, anthropic, ollama, google, mistral, groq, openrouter, …). "
            "For an OpenAI-compatible server, give its address in `model.url`."
        ) from None
    except UserError as error:
        variable = next((word.strip("`'.,") for word in str(error).split() if "_API_KEY" in word or "_BASE_URL" in word), "")
        raise NotConfigured(
            f"{prefix} needs a key: set {variable}, or AID_API_KEY."
            if "API_KEY" in variable
            else f"{prefix} needs more to be set up{f': set {variable}' if variable else ''}."
        ) from None
    except TypeError:
        raise NotConfigured(f"{prefix} takes no AID_API_KEY; set it up by its own variables.") from None


def _check_address(url: str) -> None:
    if url and urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise NotConfigured(f"`model.url` is {_shown(url)!r}; write the whole address, such as http://localhost:11434/v1.")


def _shown(url: str) -> str:
    """The address without a password in it."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", "")) if url else ""


def _probe(settings: ModelSettings) -> str | None:
    _check_address(settings.url)
    where = _shown(settings.url)
    headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    request = urllib.request.Request(settings.url.rstrip("/") + "/models", headers=headers)
    try:
        with opener().open(request, timeout=_PROBE_S) as response:
            listed = _names(response.read(1_000_000))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (401, 403):
            return f"{where} refuses the key (HTTP {error.code}); check AID_API_KEY."
        return f"{where} answers HTTP {error.code} to /models; does its address end in /v1?"
    except TimeoutError:
        return f"{where} did not answer within {_PROBE_S:g} s."
    except (OSError, ValueError):
        return f"Nothing listens at {where}; is it running?"
    wanted = settings.name.partition(":")[2] if settings.name.partition(":")[0] in _OPENAI_DIALECT else settings.name
    if listed and wanted not in listed:
        return f"{where} does not list a model {wanted!r}; it has {', '.join(sorted(listed)[:5])}."
    return None


def _names(body: bytes) -> set[str]:
    try:
        data: object = json.loads(body)
    except ValueError:
        return set()
    entries = cast("dict[str, object]", data).get("data") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        return set()
    models = [cast("dict[str, object]", entry) for entry in cast("list[object]", entries) if isinstance(entry, dict)]
    return {str(model["id"]) for model in models if "id" in model}
