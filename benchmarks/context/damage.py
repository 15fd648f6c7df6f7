"""Whether an error in a file costs only its neighbourhood: one piece of broken syntax is put into real files, seeded.

What is kept: the top-level definitions before the damaged one and after the next one, each with the text that it had.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from aid_lsp.ocaml.outline import outline
from benchmarks.context.installed import library_folder, sources

BROKEN = (
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "(*",
        "*)",
        "begin",
        "end",
        "struct",
        "sig",
        "let",
        "= =",
        "|",
        "->",
        "'",
        "{|",
        "match x with",
    ),
    *("fun", "if x then", "let y = 1 in", "in", ";;", "module M = struct", "[@@", "[%", "~", "#", "<<<"),
)


_LIBRARIES = ("stdlib", "base", "re", "sexplib0")
_LONGEST = 60_000


@dataclass
class Damage:
    kept: int = 0
    all: int = 0
    clean: int = 0
    """Texts of which nothing but the neighbourhood was lost."""
    texts: int = 0
    lost: Counter[str] = field(default_factory=Counter[str])
    """Which damage cost how many."""


def damage(nth: int = 1, seed: int = 8) -> Damage:
    """Damages each nth file of some installed libraries thrice."""
    rng, result = random.Random(seed), Damage()
    written = [path for library in _LIBRARIES for path in sources(library_folder(library)) if path.stat().st_size < _LONGEST]
    for path in written[::nth]:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        for _ in range(3):
            _once(path.name, text, rng, result)
    return result


def _once(path: str, text: str, rng: random.Random, result: Damage) -> None:
    items = [item for item in outline(path, text) if item.parent is None]
    if len(items) < 4:
        return
    broken, hurt = rng.choice(BROKEN), rng.choice(items).core
    at = text.find(" ", rng.randrange(hurt.start, max(hurt.start + 1, hurt.end)))
    if not hurt.start < at < hurt.end:
        return
    lost = missing(path, text, at, broken)
    beyond = len([item for item in items if not item.group.start <= at < item.group.end]) - 1
    result.all += beyond
    result.kept += beyond - lost
    result.texts += 1
    result.clean += lost == 0
    result.lost[broken] += lost


def missing(path: str, text: str, at: int, broken: str) -> int:
    """How many top-level definitions are lost beyond the damaged one (with its `and`s) and the one behind it."""
    items = [item for item in outline(path, text) if item.parent is None]
    hurt = {item.group for item in items if item.span.start <= at <= item.span.end}
    behind = next((item.group for item in items if item.core.start > at and item.group not in hurt), None)
    wanted = Counter(item.core.of(text) for item in items if item.group not in hurt and item.group != behind)
    damaged = f"{text[:at]} {broken}{text[at:]}"
    found = Counter(item.core.of(damaged) for item in outline(path, damaged))
    return (wanted - found).total()
