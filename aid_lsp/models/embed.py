"""Asks an embedding model: texts become vectors of length 1. OpenAI's dialect, which vLLM, Ollama, llama.cpp and others speak.

POST URL/embeddings {"model": …, "input": [text, …]}  ──▶  {"data": [{"index": 0, "embedding": [0.1, …]}, …]}
"""

import json
import math
import urllib.request
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from aid_lsp.models.http import opener

_LONGEST_ANSWER = 64_000_000


@dataclass(frozen=True, slots=True)
class Embedder:
    """One embedding model on one server."""

    model: str
    url: str
    """Up to and with `/v1`."""
    key: str = field(default="", repr=False)

    def embed(self, texts: Sequence[str], timeout_s: float) -> "list[array[float]]":
        """A vector for each text; blocking. Raises OSError where the server does not answer so, in time; ValueError on nonsense."""
        body = {"model": self.model, "input": [text.encode("utf-8", "replace").decode() for text in texts]}
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        request = urllib.request.Request(f"{self.url.rstrip('/')}/embeddings", json.dumps(body).encode(), headers)
        with opener().open(request, timeout=timeout_s) as response:
            told: object = json.loads(response.read(_LONGEST_ANSWER))
        return _vectors(told, len(texts))


def _vectors(told: object, count: int) -> "list[array[float]]":
    try:
        entries = cast("dict[str, list[dict[str, object]]]", told)["data"]
        found = sorted((cast("int", entry["index"]), cast("list[float]", entry["embedding"])) for entry in entries)
        vectors = [_unit(array("f", vector)) for _, vector in found]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no embeddings: {error!r}") from None
    if [place for place, _ in found] != list(range(count)) or len({len(vector) for vector in vectors}) > 1:
        raise ValueError(f"{len(found)} embeddings for {count} texts")
    return vectors


def _unit(vector: "array[float]") -> "array[float]":
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return array("f", (value / length for value in vector))
