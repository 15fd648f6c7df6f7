"""Finds where a name is defined in the workspace, by what is written and where: cheap, not certain.

`Shape.area` in bin/main.ml  ──▶  the item `area` of lib/shape.mli, of lib/shape.ml
`area` below `open Shape`    ──▶  the same
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from aid_lsp.context.resolve import Resolver, files_of_module, without_types
from aid_lsp.context.scene import Scene
from aid_lsp.ocaml.outline import Item

_OPEN = re.compile(r"\b(?:open!?|include)[ \t]+([A-Z][\w']*(?:\.[A-Z][\w']*)*)|\b([A-Z][\w']*(?:\.[A-Z][\w']*)*)\.[({\[]")
_ALIAS = re.compile(r"\bmodule[ \t]+([A-Z][\w']*)[ \t]*=[ \t]*([A-Z][\w']*(?:\.[A-Z][\w']*)*)")

_HEAD = 200_000
"""How far into a file `open` and module aliases are looked for."""


def definitions(scene: Scene, written: str, at: str, offset: int | None = None) -> Iterator[tuple[str, Item]]:
    """The items that a written path may mean in a file, the likeliest first: interfaces before implementations.

    With an offset it means what the scopes there make of it; without, what it would at the file's end.
    """
    parts = tuple(part for part in written.split(".") if part)
    if not parts:
        return
    seen: set[tuple[str, int]] = set()
    resolved = scene.once(Resolver).find(parts, at, offset) if at else iter(())
    first = next(resolved, None)
    for path, item in chain((first,), resolved) if first is not None else _candidates(scene, parts, at):
        if (path, item.name_span.start) not in seen:
            seen.add((path, item.name_span.start))
            yield path, item


def _candidates(scene: Scene, parts: tuple[str, ...], at: str) -> Iterator[tuple[str, Item]]:
    yield from ((at, item) for item in _matching(scene, at, parts))
    text = scene.text(at) or ""
    text = text if len(text) <= _HEAD else text[:_HEAD]
    if len(parts) == 1:
        for opened in _opened(text):
            for path in files_of_module(scene, opened.rpartition(".")[2], at):
                yield from ((path, item) for item in _matching(scene, path, parts))
        return
    alias = _aliases(text).get(parts[0], parts[0])
    full = (*alias.split("."), *parts[1:])
    for place in range(len(full) - 1):
        # `Lib.Shape.area`: a wrapped library's name may stand before the file's module
        for path in files_of_module(scene, full[place], at):
            yield from ((path, item) for item in _matching(scene, path, full[place + 1 :]))


@lru_cache(maxsize=16)
def _opened(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one or other for one, other in _OPEN.findall(text)))


@lru_cache(maxsize=16)
def _aliases(text: str) -> dict[str, str]:
    return dict(reversed(_ALIAS.findall(text)))  # the first counts


def _matching(scene: Scene, path: str, parts: tuple[str, ...]) -> Iterator[Item]:
    for item in scene.outline(path):
        if item.kind in ("test", "toplevel"):
            continue
        in_type = item.kind in ("constructor", "field") and without_types(item) == parts
        if in_type or item.path == parts or (len(parts) == 1 and item.name == parts[0] and _reachable(item)):
            yield item


def _reachable(item: Item) -> bool:
    """Whether a bare name can mean it at all: a constructor of a type can, a value of a submodule rarely."""
    parent = item.parent
    while parent is not None and parent.kind in ("type", "constructor"):
        parent = parent.parent
    return parent is None


def shown(item: Item) -> Item:
    """What to show for an item: a constructor or a field lies in its type."""
    while item.kind in ("constructor", "field") and item.parent is not None:
        item = item.parent
    return item
