"""Takes the snippets that are likeliest to be needed for their price, until the budget is spent, and joins those that touch.

A definition can be needed whole, since it will be changed, or by its head alone, since the new code will use it. So there are two offers
of it, and whichever is worth more for its tokens comes first; who was taken by the head can still be taken whole.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aid_lsp.context.head import head
from aid_lsp.context.kept import Kept, Tokens
from aid_lsp.context.rules import are_rules
from aid_lsp.context.scene import Scene, reveals_key
from aid_lsp.context.snippet import MUST, Snippet, estimate, heading

_CHANGED = -10.6
"""The log-odds that a definition picked blindly is changed."""
_SIZE = 0.37
"""How those odds grow with a definition's length (its logarithm): there is more in it to change."""
_INTERFACE = 0.45
"""How much likelier an interface's definition is changed."""
_USED = -8.1
"""The log-odds that a definition picked blindly is used."""
_WORTH = 0.5
"""What a definition that is used is worth, where one that is changed is worth 1. These five were fitted: `benchmarks/context/fit.py`."""
_IN_VAIN = 60
"""So many snippets in a row that do not fit, and the rest is not tried."""


def blend(scene: Scene, offered: Mapping[str, Iterable[Snippet]], *, likeliest_last: bool = False) -> tuple[Snippet, ...]:
    """Keeps what fits; the result is ordered by file, then by place, heads after what is whole: house rules, which stay the same from
    request to request, and then the file with the likeliest snippet first, or last.

    A snippet that does not fit is left out whole, so that cuts lie where the strategies put them, at definitions.
    """
    files: dict[str, Kept] = {}
    tokens = Tokens(scene.count)
    left = scene.budget_tokens
    in_vain = 0
    for snippet in _in_order(scene, _added_up(offered)):
        file = files.get(snippet.path)
        if file is None:
            file = files[snippet.path] = Kept(scene.text(snippet.path) or "", tokens)
        if not snippet.text.strip() or file.shows(snippet):
            continue
        cost = None if reveals_key(snippet.text) else file.take(snippet, left)
        if cost is None:
            in_vain += 1
            if in_vain > _IN_VAIN:
                break
            continue
        left -= cost
        in_vain = 0
    sign = 1 if likeliest_last else -1
    kept = {path: snippets for path, file in files.items() if (snippets := file.snippets())}

    def place(path: str) -> tuple[bool, float]:
        return (not are_rules(path), sign * max(max(snippet.evidence, snippet.use) for snippet in kept[path]))

    return tuple(snippet for path in sorted(kept, key=place) for snippet in kept[path])


def _added_up(offered: Mapping[str, Iterable[Snippet]]) -> list[Snippet]:
    """Of each strategy the strongest word on a snippet counts; what different strategies say adds up."""
    said: dict[tuple[str, int, int], dict[str, Snippet]] = {}
    often: Counter[str] = Counter()
    for strategy, snippets in offered.items():
        for snippet in snippets:
            words = said.setdefault((snippet.path, snippet.span.start, snippet.span.end), {})
            known = words.get(strategy)
            if known is not None and (known.evidence, known.use) != (snippet.evidence, snippet.use):
                stronger = snippet if snippet.evidence > known.evidence else known
                snippet = replace(stronger, use=max(known.use, snippet.use))
            words[strategy] = snippet
            often[strategy] += 1
    return [_sum(words, often) for words in said.values()]


def _sum(words: Mapping[str, Snippet], often: Mapping[str, int]) -> Snippet:
    """The reasons of strategies that say little are the more telling ones."""
    if len(words) == 1:
        return next(iter(words.values()))
    said = [words[name] for name in sorted(words, key=lambda name: (words[name].evidence < MUST, often[name]))]
    whys = list(dict.fromkeys(snippet.why for snippet in said))
    stopgap = said[0].stopgap if all(snippet.stopgap is not None for snippet in said) else None
    item = next((snippet.item for snippet in said if snippet.item is not None), None)
    evidence, use = sum(snippet.evidence for snippet in said), sum(snippet.use for snippet in said)
    return replace(said[0], why="; ".join(whys[:2]), evidence=evidence, use=use, stopgap=stopgap, item=item)


def _in_order(scene: Scene, snippets: Iterable[Snippet]) -> list[Snippet]:
    """What must be shown comes first; then the chance of being needed for each token."""
    order: list[tuple[float, float, int, Snippet]] = []
    for snippet in snippets:
        if snippet.evidence >= MUST:
            order.append((-snippet.evidence, 0.0, len(order), snippet))
            continue
        used = _WORTH * _chance(_USED + snippet.use) if snippet.item is not None or snippet.aside else 0.0
        odds = _CHANGED + snippet.evidence + _SIZE * math.log(max(1, len(snippet.text)))
        changed = 0.0 if snippet.aside else _chance(odds + _INTERFACE * snippet.path.endswith(".mli"))
        order.append((0.0, -(changed + used) / (estimate(snippet.text) + heading(snippet)), len(order), snippet))
        if snippet.item is not None and snippet.use > 0:
            span = head(scene.text(snippet.path) or "", snippet.item)
            if 4 * (span.end - span.start) < 3 * len(snippet.text):
                text = span.of(scene.text(snippet.path) or "")
                cut = replace(snippet, span=span, text=text, head=True)
                order.append((0.0, -used / (estimate(text) + 4), len(order), cut))
    order.sort(key=lambda entry: entry[:3])
    return [snippet for *_, snippet in order]


def _chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))
