"""Where nobody said where: ranks files and definitions by the words of the instruction.

"make the queue's pop return an option"  ──▶  words queue, pop, option  ──▶  lib/queue.ml: pop · lib/queue.mli: pop
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.context.referred import asked_for, used_by
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.context.triad import around_module
from aid_lsp.ocaml.names import implementation_of, is_ocaml, module_name, words
from aid_lsp.ocaml.outline import Item

_FILES_READ = 3000
_CHARACTERS_READ = 20_000_000
_FILE_LENGTH = 400_000
_WORDS = 16
_FILES = 6
_ITEMS = 5
_STOP_WORDS = (
    "a an and any are as at be but by can change code do does each every file files for from function functions has have if in "
    "instead into is it its make module must new no not now of on one only or our please rename return returns should so some "
    "such than that the their them then there these they this to type types up use used using value values was we when where "
    "which with without you your all add remove"
)
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Hit:
    path: str
    score: float


class Mentions:
    """Files ranked by how they use the instruction's words: in their path, their definitions' names, their text."""

    name = "mentions"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields the best definitions of the best files; weak where a place was given, since that says more."""
        wanted = asked_words(scene.request.instruction)
        if not wanted:
            return
        factor = 1.0 if scene.request.place is None else 0.45
        exact = frozenset(name.rpartition(".")[2] for name in asked_for(scene.request.instruction))
        hits = _ranked(scene, wanted, exact)
        for number, hit in enumerate(hits[:_FILES]):
            fade = factor * (0.95 - number / 12)
            yield from _of_file(scene, hit.path, wanted, exact, fade)
        if scene.request.place is None and hits:
            best = hits[0].path
            names = tuple(item.name for _, item in _best_items(scene, best, wanted, exact)[:2])
            yield from around_module(scene, best, names, 0.9)
            for path in dict.fromkeys((implementation_of(best), best)):
                for item in scene.outline(path):
                    if item.name in names:
                        yield from used_by(scene, path, item.span, f"used by {item.name}", 0.62)


def asked_words(instruction: str) -> tuple[str, ...]:
    """The words of an instruction that may name things."""
    found = [word for word in words(instruction) if len(word) > 1 and word not in _STOP]
    return tuple(dict.fromkeys(found))[:_WORDS]


def _ranked(scene: Scene, wanted: tuple[str, ...], exact: frozenset[str]) -> list[_Hit]:
    """Counts in the manner of BM25, in the paths first: of a huge workspace only the likeliest files are read."""
    sources = [path for path in scene.sources if is_ocaml(path)]
    in_path = {path: _in_name(wanted, path) for path in sources}
    read = sorted(sources, key=lambda path: -in_path[path])[:_FILES_READ]
    counts: dict[str, list[int]] = {}
    spent = 0
    for path in read:
        text = scene.text(path) if spent < _CHARACTERS_READ else None
        if text is None or len(text) > _FILE_LENGTH:
            continue
        spent += len(text)
        lowered = text.lower()
        counts[path] = [lowered.count(_stem(word)) for word in wanted] + [text.count(name) for name in sorted(exact)]
    if not counts:
        return []
    columns = list(zip(*counts.values(), strict=True))
    rarity = [math.log(1 + len(counts) / (1 + sum(1 for n in column if n))) for column in columns]
    rarity = [value * (2 if place >= len(wanted) else 1) for place, value in enumerate(rarity)]
    about_code = not any(_stem(word) in ("test", "expect") for word in wanted)
    hits = [
        _Hit(path, (sum(idf * n / (n + 2) for idf, n in zip(rarity, row, strict=True)) + 1.5 * in_path[path]) * dim)
        for path, row in counts.items()
        for dim in (0.6 if about_code and _is_test(path) else 1.0,)
    ]
    return sorted((hit for hit in hits if hit.score > 0), key=lambda hit: (-hit.score, hit.path))


def _is_test(path: str) -> bool:
    return any(word in ("test", "tests") for word in (*words(module_name(path)), *words(path.rpartition("/")[0])))


def _in_name(wanted: tuple[str, ...], path: str) -> float:
    name = {_stem(word) for word in words(module_name(path))}
    folders = {_stem(word) for word in words(path.rpartition("/")[0])}
    return sum(1.0 if _stem(word) in name else 0.3 if _stem(word) in folders else 0 for word in wanted)


def _of_file(scene: Scene, path: str, wanted: tuple[str, ...], exact: frozenset[str], weight: float) -> Iterator[Snippet]:
    best = _best_items(scene, path, wanted, exact)
    for number, (score, item) in enumerate(best[:_ITEMS]):
        why = f"{item.dotted} is named like the instruction's words"
        yield scene.snippet(path, item.span, why, min(0.96, weight + 0.03 * min(score, 1)) - number / 40)
    if scene.small(path, 0.25):
        yield scene.whole(path, "uses the instruction's words", weight * 0.85)


def _best_items(scene: Scene, path: str, wanted: tuple[str, ...], exact: frozenset[str]) -> list[tuple[float, Item]]:
    stems = frozenset(_stem(word) for word in wanted)
    scored: list[tuple[float, Item]] = []
    for item in scene.outline(path):
        if item.kind in ("constructor", "field", "toplevel"):
            continue
        name = [_stem(word) for word in words(item.name)]
        score = sum(1 for word in name if word in stems) / len(name) if name else 0.0
        if item.name in exact:
            score += 1
        if score > 0.3:
            scored.append((score, item))
    return sorted(scored, key=lambda pair: (-pair[0], pair[1].span.start))


def _stem(word: str) -> str:
    """Takes off what grammar adds, so that `queues` finds `queue` and `parsing` finds `pars`."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word.removesuffix("e") if len(word) > 4 else word
