"""Ranks definitions by the words of the instruction.

"make the queue's pop return an option"  ──▶  queue, pop, option  ──▶  lib/queue.ml: pop · lib/queue.mli: pop
"""

import math
import re
from collections.abc import Iterator

from aid_lsp.context.chunks import stems
from aid_lsp.context.referred import asked_for, used_by
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import MUST, Snippet
from aid_lsp.context.triad import around_module
from aid_lsp.ocaml.names import words

_WORDS = 16
_MOST = 80
_NAME = re.compile(r"[A-Za-z_][\w']*")
_STOP_WORDS = (
    "a an and any are as at be but by can change code do does each every file files for from function functions has have if in "
    "instead into is it its make module must new no not now of on one only or our please rename return returns should so some "
    "such than that the their them then there these they this to type types up use used using value values was we when where "
    "which with without you your all add remove"
)
_STOP = frozenset(_STOP_WORDS.split())


class Mentions:
    """BM25 over definitions: by their names, their files' names and their texts."""

    name = "mentions"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields the best definitions. Without a place the very best one stands for it."""
        instruction = scene.request.instruction
        wanted = [stem for word in asked_words(instruction) for stem in stems(word)]
        written = {name.rpartition(".")[2] for name in asked_for(instruction)} | set(_NAME.findall(instruction))
        hits = list(scene.found(scene.index.ranked(wanted, _MOST)))
        top = hits[0][0].score if hits else 1.0
        for rank, (hit, item) in enumerate(hits):
            names = item.name in written and item.name not in _STOP
            why = f"{item.dotted} is named in the instruction" if names else "has the instruction's words"
            more = 0.8 * names + (3.6 if scene.request.place is None else 0.0)
            fade = math.log1p(rank)
            evidence = 2.2 + 1.6 * hit.score / (top or 1.0) - 0.25 * fade + more
            yield scene.definition(hit.path, item, why, evidence, 2.0 - 0.35 * fade + 0.8 * names)
        if scene.request.place is None and hits:
            best, item = hits[0]
            yield from around_module(scene, best.path, (item.name,), MUST - 3)
            yield from used_by(scene, best.path, item.span, f"used by {item.name}", 3.0)


def asked_words(instruction: str) -> tuple[str, ...]:
    """The words of an instruction that may name things."""
    found = [word for word in words(instruction) if len(word) > 1 and word not in _STOP]
    return tuple(dict.fromkeys(found))[:_WORDS]
