"""What strategies look at: the request, its view without secrets, and what the parser knows of it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar

from aid_lsp.build.annotations import Annotation
from aid_lsp.context.index import Hit, Index
from aid_lsp.context.libraries import Linked
from aid_lsp.context.snippet import Count, Snippet, estimate
from aid_lsp.edits.lines import Lines, Span
from aid_lsp.ocaml.names import is_module, module_name
from aid_lsp.ocaml.outline import Item, innermost, is_outlined, outline
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.history import History
from aid_lsp.workspace.ignore import secret
from aid_lsp.workspace.request import Request

_OUTLINED = 2_000_000
"""Longer texts are not parsed for context, only cut around the place."""
_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bsk-[A-Za-z0-9_-]{32,}\b"
    r"|\bxox[abp]-[A-Za-z0-9-]{20,}\b|\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\b"
)
"""What only a credential looks like."""


T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """A request with everything that strategies ask about it. Reads lazily; lives for one `gather`."""

    request: Request
    budget_tokens: int
    count: Count = estimate
    more_diagnostics: tuple[Diagnostic, ...] = ()
    """What the build said since the request was made: of the last attempt."""
    index: Index = field(default_factory=Index)
    """Where definitions are found; it may lag behind the view, so what it says is looked up in the text again."""
    history: History = field(default_factory=History)
    linked: Linked = field(default_factory=Linked)
    """The libraries at the place, with their interfaces."""
    annotations: tuple[Annotation, ...] = ()
    """What the compiler found in the place's file; none where no build has seen its text."""
    _texts: dict[str, str | None] = field(default_factory=dict[str, str | None])
    _lines: dict[str, Lines] = field(default_factory=dict[str, Lines])
    _made: dict[object, object] = field(default_factory=dict[object, object])
    _outlines: dict[str, tuple[Item, ...]] = field(default_factory=dict[str, tuple[Item, ...]])

    def once(self, make: "Callable[[Scene], T]") -> T:
        """What a helper knows of this scene: made when it is asked for first, then kept."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]  # pyright: ignore[reportReturnType] - by its key

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """The files that may be shown."""
        return tuple(path for path in self.request.view.paths() if not secret(path))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The files with an outline among them that are not ignored or vendored."""
        return self.index.sources(self.request.view)

    def distance(self, path: str) -> int:
        """How far a file is from the place; the same for all where there is none."""
        return -self.nearness(self.request.place.path, path) if self.request.place is not None else 0

    @cached_property
    def by_module(self) -> Mapping[str, tuple[str, ...]]:
        """The files of each module name."""
        return _by_module(self.sources)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the build says, the latest first."""
        return tuple(dict.fromkeys((*self.more_diagnostics, *self.request.diagnostics)))

    def text(self, path: str) -> str | None:
        """The text of a file; None where there is none or nobody may see it."""
        if path not in self._texts:
            self._texts[path] = None if secret(path) else self.request.view.text(path)
        return self._texts[path]

    def outline(self, path: str) -> tuple[Item, ...]:
        """The items of a file that has an outline; none of huge ones."""
        if path not in self._outlines:
            items = self.index.items(self.request.view, path) if is_outlined(path) and not secret(path) else ()
            if items is None:
                text = self.text(path)
                items = outline(path, text) if text is not None and len(text) <= _OUTLINED else ()
            self._outlines[path] = items
        return self._outlines[path]

    def found(self, hits: Iterable[Hit]) -> Iterator[tuple[Hit, Item]]:
        """The definitions that the index found, as far as the view still has them."""
        for hit in hits:
            if hit.path in self._outlines:
                items = self._outlines[hit.path]
                item = items[hit.place] if hit.place < len(items) else None
            else:
                item = self.index.item(self.request.view, hit) if not secret(hit.path) else None
            if item is not None:
                yield hit, item

    @cached_property
    def at_place(self) -> Item | None:
        """The definition around the place."""
        place = self.request.place
        return innermost(self.outline(place.path), place.span.start) if place is not None else None

    def lines(self, path: str) -> Lines:
        """The lines of a file that is there."""
        if path not in self._lines:
            self._lines[path] = Lines(self.text(path) or "")
        return self._lines[path]

    def small(self, path: str, share: float) -> bool:
        """Whether the whole file takes no more than that share of the budget."""
        text = self.text(path)
        return text is not None and len(text) < 7 * self.budget_tokens and self.count(text) <= share * self.budget_tokens

    def snippet(self, path: str, span: Span, why: str, evidence: float, use: float = 0.0, item: Item | None = None) -> Snippet:
        """Cuts out whole lines: those that the span touches."""
        text = self.text(path) or ""
        start, end = span.start, min(span.end, len(text))
        while start > 0 and text[start - 1] in " \t\f":
            start -= 1
        if start > 0 and text[start - 1] not in "\r\n":
            start = span.start  # something else stands before it on its line
        while end < len(text) and text[end] in " \t\f;":
            end += 1
        if text.startswith("\r\n", end):
            end += 2
        elif end < len(text) and text[end] in "\r\n":
            end += 1
        return Snippet(path, Span(start, end), text[start:end], why, evidence, use=use, item=item)

    def definition(self, path: str, item: Item, why: str, evidence: float, use: float = 0.0) -> Snippet:
        """The lines of a definition, its comments included."""
        return self.snippet(path, item.span, why, evidence, use, item)

    def whole(self, path: str, why: str, evidence: float) -> Snippet:
        """The whole file."""
        text = self.text(path) or ""
        return Snippet(path, Span(0, len(text)), text, why, evidence)

    def around(self, path: str, offset: int, rows: int, why: str, evidence: float) -> Snippet:
        """So many lines before and after a place, for where no definition around it can be shown."""
        lines = self.lines(path)
        row = lines.position(offset)[0]
        span = lines.span_of_lines(max(0, row - rows), row + rows)
        return Snippet(path, span, span.of(lines.text), why, evidence, stopgap=offset)

    def code_at(self, path: str, span: Span) -> str:
        """The definition there without its comments before and after, or else the lines around."""
        item = innermost(self.outline(path), span.start)
        if item is not None and item.span.end - item.span.start <= 20_000:
            return item.core.of(self.text(path) or "")
        return self.around(path, span.start, 20, "", 0).text

    def nearness(self, path: str, other: str) -> int:
        """How many folders two files share, from the root on, less those that part them: near files have the larger number."""
        mine, theirs = path.split("/")[:-1], other.split("/")[:-1]
        shared = 0
        for a, b in zip(mine, theirs, strict=False):
            if a != b:
                break
            shared += 1
        return 3 * shared - len(mine) - len(theirs)


@lru_cache(maxsize=2)
def _by_module(paths: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        if is_module(path):
            found.setdefault(module_name(path), []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}


def reveals_key(text: str) -> bool:
    """Whether a text holds what only a credential looks like; it is not shown to a model then."""
    return _KEY.search(text) is not None
