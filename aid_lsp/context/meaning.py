"""Ranks definitions by what they mean, as an embedding model sees it; only where the user names one.

It looks at what the words of the instruction and the names at the place find, and at the place's file. Vectors are kept in the index, so
that a definition is sent once. What the server has not said in time is left out, and asked for again next time.
"""

import logging
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean, pstdev

from aid_lsp.context.chunks import stems
from aid_lsp.context.mentions import asked_words
from aid_lsp.context.scene import Scene, reveals_key
from aid_lsp.context.snippet import Snippet
from aid_lsp.context.vectors import key
from aid_lsp.models.embed import Embedder
from aid_lsp.ocaml.outline import Item

_log = logging.getLogger(__name__)

_FOUND = 120
_MOST = 300
_BATCH = 64
_LONGEST = 2_000
"""Characters of a definition that are sent."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The definitions that are nearer than most, as strong as they stand out."""

    embedder: Embedder
    timeout_s: float
    """For one request."""
    name: str = "meaning"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields them; nothing where the server cannot be asked."""
        items = _candidates(scene)
        texts = [_sent(scene, path, item) for path, item in items]
        question = _question(scene)
        try:
            known = self._vectors(scene, [question, *texts])
        except (OSError, ValueError) as error:
            _log.info("the embedding model %s cannot be asked: %s", self.embedder.model, type(error).__name__)
            return
        asked = known.get(question)
        if asked is None:
            return
        near = [
            (sum(map(float.__mul__, asked, vector)), place)
            for place, text in enumerate(texts)
            if (vector := known.get(text)) is not None and len(vector) == len(asked)
        ]
        middle = fmean(score for score, _ in near) if near else 0.0
        spread = pstdev(score for score, _ in near) if near else 0.0
        for score, place in near:
            above = min(3.0, (score - middle) / (spread or 1.0))
            if above > 0.5:
                yield scene.definition(*items[place], "means what is asked for", above, 0.5 * above)

    def _vectors(self, scene: Scene, texts: list[str]) -> "dict[str, array[float]]":
        """By text; those that the server had time for."""
        until = time.monotonic() + self.timeout_s
        keys = {text: key(self.embedder.model, text) for text in texts}
        stored = scene.index.vectors.get(list(keys.values()))
        found = {text: stored[name] for text, name in keys.items() if name in stored}
        missing = [text for text in keys if text not in found]
        for start in range(0, len(missing), _BATCH):
            left = until - time.monotonic()
            if left <= 0:
                break
            batch = missing[start : start + _BATCH]
            try:
                vectors = dict(zip(batch, self.embedder.embed(batch, left), strict=True))
            except TimeoutError:
                break
            found |= vectors
            scene.index.vectors.put({keys[text]: vector for text, vector in vectors.items()})
        return found


def _question(scene: Scene) -> str:
    """The instruction, and the head of what it is asked of; what looks like a credential is not sent."""
    item, place = scene.at_place, scene.request.place
    code = scene.code_at(place.path, place.span)[:_LONGEST] if item is not None and place is not None else ""
    return scene.request.instruction if reveals_key(code) else f"{scene.request.instruction}\n\n{code}".strip()


def _candidates(scene: Scene) -> list[tuple[str, Item]]:
    place = scene.request.place
    wanted = [stem for word in asked_words(scene.request.instruction) for stem in stems(word)]
    found = [(hit.path, item) for hit, item in scene.found(scene.index.ranked(wanted, _FOUND))]
    if place is not None:
        found += [(place.path, item) for item in scene.outline(place.path) if item.kind not in ("constructor", "field")]
    unique = {(path, item.span.start): (path, item) for path, item in found if item != scene.at_place}
    return [entry for entry in unique.values() if not reveals_key(_sent(scene, *entry))][:_MOST]


def _sent(scene: Scene, path: str, item: Item) -> str:
    return f"{path}\n{item.span.of(scene.text(path) or '')[:_LONGEST]}"
