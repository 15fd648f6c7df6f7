"""Cuts a file into what is indexed and shown: one chunk a definition, with the words that it can be found by.

let pop_front q = Queue.take q      ──▶  Chunk(item 3, name "pop front", body "queue take", names "pop_front q Queue.take take")
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.item import Item
from aid_lsp.ocaml.names import KEYWORDS, words
from aid_lsp.ocaml.outline import is_outlined

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_']*")
_LONGEST = 40_000
"""Characters of one definition that are indexed; a longer one is a table or generated."""
_CONTAINERS = frozenset({"module", "module type", "class", "class type", "test"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """What can be found by its words."""

    place: int
    """The item's place in the outline of its file."""
    span: Span
    name: str
    """The words of its name and of what it lies in."""
    body: str
    """The words of its text, comments included; each as often as it occurs."""
    names: str
    """The identifiers in it, each once."""


def chunks(path: str, text: str, items: Sequence[Item]) -> Iterator[Chunk]:
    """The chunks of a file in the order of the text; constructors and fields belong to their type, stanzas to their modules."""
    if not is_outlined(path):
        return
    parents = {id(item.parent) for item in items if item.parent is not None and item.kind not in ("constructor", "field")}
    for place, item in enumerate(items):
        if item.kind in ("constructor", "field", "stanza"):
            continue
        holds_others = item.kind in _CONTAINERS and id(item) in parents
        span = Span(item.span.start, max(item.span.start, item.core.start)) if holds_others else item.span  # the rest is theirs
        found = _IDENTIFIER.findall(text, span.start, min(span.end, span.start + _LONGEST))
        body = [word for name in found if name not in KEYWORDS for word in stems(name)]
        yield Chunk(
            place, span, " ".join(word for part in item.path for word in stems(part)), " ".join(body), " ".join(set(found))
        )


@lru_cache(maxsize=50_000)
def stems(name: str) -> tuple[str, ...]:
    """The words of a name without what grammar adds: `parsed_lines` is `pars lin`."""
    return tuple(stem(word) for word in words(name) if len(word) > 1 or word.isdigit())


def stem(word: str) -> str:
    """Takes off what grammar adds, so that `queues` finds `queue` and `parsing` finds `parse`."""
    for ending in ("ings", "ing", "ies", "ied", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + ("y" if ending in ("ies", "ied") else "")
            break
    return word.removesuffix("e") if len(word) > 3 else word
