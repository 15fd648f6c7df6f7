"""Takes the snippets that are likeliest to be needed for their price, until the budget is spent, and joins those that touch.

A definition can be needed whole, since it will be changed, or by its head alone, since the new code will use it. So there are two offers
of it, and whichever is worth more for its tokens comes first; who was taken by the head can still be taken whole.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from aid_lsp.context.head import head
from aid_lsp.context.rules import are_rules
from aid_lsp.context.scene import Scene, reveals_key
from aid_lsp.context.snippet import MUST, Snippet, estimate, price
from aid_lsp.edits.lines import Span

_CHANGED = -10.6
"""The log-odds that a definition picked blindly is changed."""
_SIZE = 0.37
"""How those odds grow with a definition's length (its logarithm): there is more in it to change."""
_USED = -8.1
"""The log-odds that a definition picked blindly is used."""
_WORTH = 0.5
"""What a definition that is used is worth, where one that is changed is worth 1. These four were fitted: `benchmarks/context/fit.py`."""
_TELLING = 6.0
"""Where two snippets are joined, the second's reason is given only if it is as strong as this."""
_IN_VAIN = 60
"""So many snippets in a row that do not fit, and the rest is not tried."""


@dataclass
class _File:
    """What is kept of a file."""

    wholes: list[Snippet] = field(default_factory=list[Snippet])
    heads: list[Snippet] = field(default_factory=list[Snippet])

    def all(self) -> Iterator[Snippet]:
        yield from self.wholes
        yield from sorted(self.heads, key=lambda snippet: snippet.span.start)


def blend(scene: Scene, offered: Mapping[str, Iterable[Snippet]], *, likeliest_last: bool = False) -> tuple[Snippet, ...]:
    """Keeps what fits; the result is ordered by file, then by place, heads after what is whole: house rules, which stay the same from
    request to request, and then the file with the likeliest snippet first, or last.

    A snippet that does not fit is left out whole, so that cuts lie where the strategies put them, at definitions.
    """
    kept: dict[str, _File] = {}
    left = scene.budget_tokens
    in_vain = 0
    for snippet in _in_order(scene, _added_up(offered)):
        mine = kept.get(snippet.path) or _File()
        if not snippet.text.strip() or any(_makes_needless(other, snippet) for other in mine.wholes):
            continue
        new = _with(scene, mine, snippet)
        cost = price(new.all(), scene.count) - price(mine.all(), scene.count)
        if cost > left or reveals_key(snippet.text):
            in_vain += 1
            if in_vain > _IN_VAIN:
                break
            continue
        kept[snippet.path] = new
        left -= cost
        in_vain = 0
    sign = 1 if likeliest_last else -1

    def place(path: str) -> tuple[bool, float]:
        return (not are_rules(path), sign * max(max(snippet.evidence, snippet.use) for snippet in kept[path].all()))

    return tuple(snippet for path in sorted(kept, key=place) for snippet in kept[path].all())


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
        used = _WORTH * _chance(_USED + snippet.use) if snippet.item is not None else 0.0
        changed = _chance(_CHANGED + snippet.evidence + _SIZE * math.log(max(1, len(snippet.text))))
        heading = estimate(snippet.path) + estimate(snippet.why) + 12
        order.append((0.0, -(changed + used) / (estimate(snippet.text) + heading), len(order), snippet))
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


def _makes_needless(kept: Snippet, new: Snippet) -> bool:
    if new.stopgap is not None and kept.span.start <= new.stopgap <= kept.span.end:
        return True
    return kept.span.start <= new.span.start and new.span.end <= kept.span.end


def _with(scene: Scene, mine: _File, new: Snippet) -> _File:
    """Adds a snippet to those of its file; a whole one makes the heads in it needless."""
    if new.head:
        return _File(mine.wholes, [*mine.heads, new])
    wholes = _joined(scene, mine.wholes, new)
    return _File(wholes, [other for other in mine.heads if not any(_makes_needless(whole, other) for whole in wholes)])


def _joined(scene: Scene, mine: list[Snippet], new: Snippet) -> list[Snippet]:
    """In order; what overlaps, or has only blanks between, becomes one."""
    text = scene.text(new.path) or ""
    result: list[Snippet] = []
    for snippet in sorted([*mine, new], key=lambda snippet: (snippet.span.start, snippet.span.end)):
        last = result[-1] if result else None
        if last is None or (last.span.end < snippet.span.start and text[last.span.end : snippet.span.start].strip()):
            result.append(snippet)
            continue
        span = Span(last.span.start, max(last.span.end, snippet.span.end))
        first, second = (last, snippet) if last.evidence >= snippet.evidence else (snippet, last)
        known = second.why in first.why or len(first.why) > 100 or second.evidence < _TELLING
        why = first.why if known else f"{first.why}; {second.why}"
        result[-1] = Snippet(new.path, span, span.of(text), why, first.evidence, max(first.use, second.use))
    return result
