"""Takes the weightiest snippets that fit the budget, and joins those that overlap."""

from collections.abc import Iterable

from aid_lsp.context.scene import Scene, reveals_key
from aid_lsp.context.snippet import Snippet
from aid_lsp.edits.lines import Span

_HEADER_TOKENS = 16
"""What the path and the reason of a snippet take in a prompt."""


def blend(scene: Scene, offered: Iterable[Snippet]) -> tuple[Snippet, ...]:
    """Keeps what fits, weightiest first; the result is ordered by file (the weightiest file first), then by place.

    A snippet that does not fit is left out whole, so that cuts lie where the strategies put them, at definitions.
    """
    kept: dict[str, list[Snippet]] = {}
    left = scene.budget_tokens
    for snippet in sorted(offered, key=lambda snippet: -snippet.weight):
        mine = kept.get(snippet.path, [])
        if not snippet.text.strip() or any(_makes_needless(other, snippet) for other in mine):
            continue
        joined = _joined(scene, mine, snippet)
        before = sum(_cost(scene, other) for other in mine)
        price = sum(_cost(scene, other) for other in joined) - before
        if price > left or reveals_key(snippet.text):
            continue
        kept[snippet.path] = joined
        left -= price
    files = sorted(kept.values(), key=lambda of_file: -max(snippet.weight for snippet in of_file))
    return tuple(snippet for of_file in files for snippet in of_file)


def _cost(scene: Scene, snippet: Snippet) -> int:
    return scene.count(snippet.text) + _HEADER_TOKENS


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
        first, second = (last, snippet) if last.weight >= snippet.weight else (snippet, last)
        why = first.why if second.why in first.why or len(first.why) > 200 else f"{first.why}; {second.why}"
        result[-1] = Snippet(new.path, span, span.of(text), why, first.weight)
    return result
