"""What is kept of one file while the budget lasts: whole definitions, those that touch joined, and heads of others."""

from bisect import bisect
from dataclasses import dataclass, field, replace

from aid_lsp.context.snippet import Count, Snippet, heading
from aid_lsp.edits.lines import Span

_TELLING = 6.0
"""Where two snippets are joined, the second's reason is given only if it is as strong as this."""
_LONG = 100
"""Characters of a reason to which no other is added."""


@dataclass
class Tokens:
    """Counts each text once; of texts that are joined it takes the sum, since a model's tokenizer is slow."""

    count: Count
    _known: dict[tuple[str, int, int], int] = field(default_factory=dict[tuple[str, int, int], int])

    def __call__(self, snippet: Snippet) -> int:
        """The tokens of its text."""
        key = (snippet.path, snippet.span.start, snippet.span.end)
        if key not in self._known:
            self._known[key] = self.count(snippet.text)
        return self._known[key]

    def join(self, first: Snippet, second: Snippet, joined: Snippet) -> None:
        """Says what a snippet takes that was joined from two."""
        if first.span.end <= second.span.start:
            self._known[joined.path, joined.span.start, joined.span.end] = self(first) + self(second) + 1


@dataclass
class Kept:
    """What is kept of one file."""

    text: str
    tokens: Tokens
    _wholes: list[Snippet] = field(default_factory=list[Snippet])
    """In order; none touches another."""
    _heads: list[Snippet] = field(default_factory=list[Snippet])

    def snippets(self) -> tuple[Snippet, ...]:
        """In order, the heads after what is whole."""
        return (*self._wholes, *sorted(self._heads, key=lambda snippet: snippet.span.start))

    def shows(self, new: Snippet) -> bool:
        """Whether what is kept makes a snippet needless."""
        for whole in self._wholes:
            start, end = whole.span.start, whole.span.end
            if (start <= new.span.start and new.span.end <= end) or (new.stopgap is not None and start <= new.stopgap <= end):
                return True
        return False

    def take(self, new: Snippet, left: int) -> int | None:
        """Keeps a snippet, if it costs no more tokens than that, and says how many; None where it does."""
        if new.head:
            cost = self.tokens(new) + (0 if self._heads else heading(new))
            if cost > left:
                return None
            self._heads.append(new)
            return cost
        first = last = bisect(self._wholes, new.span, key=lambda whole: whole.span)
        joined = new
        while first > 0 and self._touch(self._wholes[first - 1], joined):
            first -= 1
            joined = self._joined(self._wholes[first], joined)
        while last < len(self._wholes) and self._touch(joined, self._wholes[last]):
            joined = self._joined(joined, self._wholes[last])
            last += 1
        start, end = joined.span.start, joined.span.end
        covered = [head for head in self._heads if start <= head.span.start and head.span.end <= end]
        cost = self._cost(joined) - sum(map(self._cost, self._wholes[first:last])) - sum(map(self.tokens, covered))
        if covered and len(covered) == len(self._heads):
            cost -= heading(self._heads[0])
        if cost > left:
            return None
        self._wholes[first:last] = [joined]
        if covered:
            self._heads = [head for head in self._heads if head.span.start < start or end < head.span.end]
        return cost

    def _cost(self, whole: Snippet) -> int:
        return self.tokens(whole) + heading(whole)

    def _touch(self, first: Snippet, second: Snippet) -> bool:
        """Whether they overlap or have only blanks between."""
        end, start = first.span.end, second.span.start
        return start <= end or (start - end < 1000 and not self.text[end:start].strip())

    def _joined(self, first: Snippet, second: Snippet) -> Snippet:
        span = Span(first.span.start, max(first.span.end, second.span.end))
        strong, weak = (first, second) if first.evidence >= second.evidence else (second, first)
        known = weak.why in strong.why or len(strong.why) > _LONG or weak.evidence < _TELLING
        why = strong.why if known else f"{strong.why}; {weak.why}"
        use = max(first.use, second.use)
        joined = replace(strong, span=span, text=span.of(self.text), why=why, use=use, item=None, stopgap=None)
        self.tokens.join(first, second, joined)
        return joined
