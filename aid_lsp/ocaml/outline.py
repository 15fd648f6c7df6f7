"""Which named things a file holds, nested, and where each begins and ends: OCaml, dune, cram, and what `grammars/` has queries for.

    (** Steps once. *)        ┐ span     what belongs to the item: comments that touch it, keyword, attributes
    let rec step s =          │ ┐ core   from the keyword (`let`, or `and` further down a chain)
      next s                  │ │
    [@@inline]                │ ┘
    and next s = ...          ┘          group: the core of the whole chain, `let rec step` to the end of `next`

A path names an item within its file: `("State", "step")` for a value of a submodule, `("shape", "Circle", "radius")` for a field
of an inline record. The file's own module (`Parser`) is not part of it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import get_args
from weakref import WeakKeyDictionary

from tree_sitter import QueryCursor

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.cram import cram_tests, is_cram
from aid_lsp.ocaml.item import Item, ItemKind
from aid_lsp.ocaml.languages import kinds, nests, query, triggers
from aid_lsp.ocaml.menhir import read_grammar
from aid_lsp.ocaml.mixed import Mixed, with_comments
from aid_lsp.ocaml.names import is_dune
from aid_lsp.ocaml.queried import queried
from aid_lsp.ocaml.recovery import parts
from aid_lsp.ocaml.stanzas import stanzas
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.ocaml.walk import walked

_KINDS: frozenset[str] = frozenset(get_args(ItemKind))

_outlines: "WeakKeyDictionary[Tree, tuple[Item, ...]]" = WeakKeyDictionary()


def is_outlined(path: str) -> bool:
    """Whether a file has an outline."""
    return path.endswith((".ml", ".mli", ".mly")) or is_dune(path) or is_cram(path) or _ending(path) in kinds()


def outline(path: str, text: str) -> tuple[Item, ...]:
    """All named items in the order of the text, each after what it lies in. Syntax errors cost what is near them."""
    if is_dune(path):
        return tuple(_stanzas(text))
    if is_cram(path):
        return cram_tests(path, text)
    rest = mixed(path, text)
    if rest is not None:
        return _together(text, rest)
    tree = parse(path, text)
    known = _outlines.get(tree)
    if known is None:
        known = _outlines[tree] = _with_tests(tree, _recovered(tree, walked(tree)))
    return known


def mixed(path: str, text: str) -> Mixed | None:
    """What a file says that holds OCaml among something else; None for OCaml itself, and for what is neither."""
    ending = _ending(path)
    if ending != ".mly" and (ending not in kinds() or nests(ending)):
        return None
    return _mixed(ending, text)


@lru_cache(maxsize=32)
def _mixed(ending: str, text: str) -> Mixed:
    return read_grammar(text) if ending == ".mly" else queried(parse(ending, text))


def _together(text: str, rest: Mixed) -> tuple[Item, ...]:
    """The items of the OCaml in a file, and the named things around."""
    found: list[Item] = list(outline(".ml", rest.ocaml)) if rest.ocaml.strip() else []
    around: list[Item] = []
    for one in rest.made:
        while around and around[-1].core.end < one.core.end:
            around.pop()
        name, parent = one.name.of(text), around[-1] if around else None
        path = (*parent.path, name) if parent is not None else (name,)
        kind: ItemKind = one.kind if one.kind in _KINDS else "value"  # pyright: ignore[reportAssignmentType]
        item = Item(kind, name, path, with_comments(text, one.core, rest.comments), one.name, one.core, one.group, False, parent)
        found.append(item)
        around.append(item)
    return tuple(sorted(found, key=lambda item: (item.core.start, -item.core.end)))


def _stanzas(text: str) -> Iterator[Item]:
    for stanza in stanzas(text):
        named = Span(stanza.span.start + 1, stanza.span.start + 1 + len(stanza.kind))
        name = " ".join((stanza.kind, *stanza.names))
        yield Item("stanza", name, (name,), stanza.span, named, stanza.span, stanza.span)


def _recovered(tree: Tree, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Within stretches that a syntax error spoilt, what their parts say counts more than what the whole says."""
    for stretch, found in parts(tree):
        before = [item for item in items if item.name_span.start < stretch.start]
        after = [item for item in items if item.name_span.start >= stretch.end]
        items = (*before, *(item for part in found for item in walked(part)), *after)
    return items


def _with_tests(tree: Tree, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Puts the tests in that are values, by `tests.scm`, each in what it lies in."""
    words = triggers(tree.kind, "tests")
    if words and not any(word in tree.text for word in words):
        return items
    tests = query(tree.kind, "tests")
    if tests is None:
        return items
    matches = [(tree.span(found["test"][0]), tree.span(found["name"][0])) for _, found in QueryCursor(tests).matches(tree.root)]
    if not matches:
        return items
    merged: list[Item] = []
    around: list[Item] = []
    known = {item.name_span for item in items}
    waiting = [(item.core.start, -item.core.end, item) for item in items]
    waiting += [(core.start, -core.end, name) for core, name in matches if name not in known]
    for start, end, found in sorted(waiting, key=lambda one: one[:2]):
        while around and around[-1].core.end <= start:
            around.pop()
        if isinstance(found, Span):
            parent = next((item for item in reversed(around) if item.kind not in ("toplevel", "constructor", "field")), None)
            name, core = found.of(tree.text), Span(start, -end)
            found = Item(
                "test", name, (*(parent.path if parent is not None else ()), name), core, found, core, core, False, parent
            )
        merged.append(found)
        around.append(found)
    return tuple(sorted(merged, key=lambda item: item.name_span.start))


def _ending(path: str) -> str:
    return f".{path.rpartition('.')[2]}"


def enclosing(path: str, text: str, offset: int) -> Item | None:
    """The innermost item whose span holds an offset; constructors and fields give way to their type. None between items."""
    return innermost(outline(path, text), offset)


def innermost(items: Sequence[Item], offset: int) -> Item | None:
    """The same, of an outline."""
    best: Item | None = None
    for item in items:
        if item.span.start > offset and item.parent is None:
            break
        if item.kind in ("constructor", "field") or not item.span.start <= offset <= item.span.end:
            continue
        if best is None or item.span.end - item.span.start < best.span.end - best.span.start:
            best = item
    return best
