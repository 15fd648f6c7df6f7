"""Takes the snippets that are likeliest to be needed for their price, until the budget is spent, and joins those that touch."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aid_lsp.context.rules import are_rules
from aid_lsp.context.scene import Scene, reveals_key
from aid_lsp.context.snippet import MUST, Snippet
from aid_lsp.edits.lines import Span

HEADER_TOKENS = 16
"""What the path and the reason of a snippet take in a prompt."""

_BLIND = -9.0
"""The log-odds that a definition picked blindly is needed: one of 8,000. This and the next were fitted on 198 commits of six projects."""
_SIZE = 0.44
"""How the odds grow with a definition's length (its logarithm): there is more in it to change."""
_TELLING = 3.5
"""A second reason is given only if it is as strong as this."""
_IN_VAIN = 60
"""So many snippets in a row that do not fit, and the rest is not tried."""


def blend(scene: Scene, offered: Mapping[str, Iterable[Snippet]], *, likeliest_last: bool = False) -> tuple[Snippet, ...]:
    """Keeps what fits; the result is ordered by file, then by place: house rules, which stay the same from request to request, and
    then the file with the likeliest snippet first, or last.

    A snippet that does not fit is left out whole, so that cuts lie where the strategies put them, at definitions.
    """
    kept: dict[str, list[Snippet]] = {}
    left = scene.budget_tokens
    in_vain = 0
    for snippet in sorted(_added_up(offered), key=lambda snippet: _order(scene, snippet)):
        mine = kept.get(snippet.path, [])
        if not snippet.text.strip() or any(_makes_needless(other, snippet) for other in mine):
            continue
        joined = _joined(scene, mine, snippet)
        price = sum(_cost(scene, other) for other in joined) - sum(_cost(scene, other) for other in mine)
        if price > left or reveals_key(snippet.text):
            in_vain += 1
            if in_vain > _IN_VAIN:
                break
            continue
        kept[snippet.path] = joined
        left -= price
        in_vain = 0
    sign = 1 if likeliest_last else -1

    def place(path: str) -> tuple[bool, float]:
        return (not are_rules(path), sign * max(snippet.evidence for snippet in kept[path]))

    return tuple(snippet for path in sorted(kept, key=place) for snippet in kept[path])


def _added_up(offered: Mapping[str, Iterable[Snippet]]) -> list[Snippet]:
    """Of each strategy the strongest word on a snippet counts; what different strategies say adds up."""
    said: dict[tuple[str, int, int], dict[str, Snippet]] = {}
    for strategy, snippets in offered.items():
        for snippet in snippets:
            words = said.setdefault((snippet.path, snippet.span.start, snippet.span.end), {})
            if strategy not in words or words[strategy].evidence < snippet.evidence:
                words[strategy] = snippet
    return [_sum(sorted(words.values(), key=lambda snippet: -snippet.evidence)) for words in said.values()]


def _sum(said: Sequence[Snippet]) -> Snippet:
    whys = list(dict.fromkeys(snippet.why for snippet in said if snippet is said[0] or snippet.evidence > _TELLING))
    stopgap = said[0].stopgap if all(snippet.stopgap is not None for snippet in said) else None
    return replace(said[0], why="; ".join(whys[:2]), evidence=sum(snippet.evidence for snippet in said), stopgap=stopgap)


def _order(scene: Scene, snippet: Snippet) -> tuple[float, float]:
    """What must be shown comes first; then the chance of being needed for each token."""
    if snippet.evidence >= MUST:
        return (-snippet.evidence, 0.0)
    odds = math.exp(_BLIND + snippet.evidence + _SIZE * math.log(max(1, len(snippet.text))))
    return (0.0, -odds / (1 + odds) / (scene.count(snippet.text) + HEADER_TOKENS))


def _cost(scene: Scene, snippet: Snippet) -> int:
    return scene.count(snippet.text) + HEADER_TOKENS


def _makes_needless(kept: Snippet, new: Snippet) -> bool:
    if new.stopgap is not None and kept.span.start <= new.stopgap <= kept.span.end:
        return True
    return kept.span.start <= new.span.start and new.span.end <= kept.span.end


def _joined(scene: Scene, mine: list[Snippet], new: Snippet) -> list[Snippet]:
    """Adds a snippet to those of its file, in order; what overlaps, or has only blanks between, becomes one."""
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
        result[-1] = Snippet(new.path, span, span.of(text), why, first.evidence)
    return result
