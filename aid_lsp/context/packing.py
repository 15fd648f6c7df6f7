"""How the index writes the items of an outline down: one row each, as JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.item import Item, ItemKind

Row = tuple[ItemKind, str, int, int, int, int, int, int, int, int, int, int, int]
"""A packed item: kind, name, the place of what it lies in, whether declared, the edges of its four spans, and a checksum of its text."""


def packed(items: Sequence[Item], checksums: Mapping[int, int], most: int) -> Iterator[str]:
    """Each item as JSON; no more than so many. The checksums are by place in the outline."""
    places = {id(item): place for place, item in enumerate(items)}
    for place, item in enumerate(items[:most]):
        row: Row = (
            *(item.kind, item.name, -1 if item.parent is None else places.get(id(item.parent), -1), int(item.declared)),
            *(item.span.start, item.span.end, item.name_span.start, item.name_span.end),
            *(item.core.start, item.core.end, item.group.start, item.group.end),
            checksums.get(place, 0),
        )
        yield json.dumps(row, separators=(",", ":"))


def unpacked(rows: Iterable[Row]) -> tuple[Item, ...]:
    """The items of all rows of a file."""
    items: list[Item] = []
    for row in rows:
        items.append(unpacked_item(row, items[row[2]] if row[2] >= 0 else None))
    return tuple(items)


def unpacked_item(row: Row, parent: Item | None) -> Item:
    """The item of a row; the parent is that of the row whose place it names."""
    kind, name, _, declared, *edges = row
    spans = [Span(edges[at], edges[at + 1]) for at in (0, 2, 4, 6)]
    path = (*parent.path, name) if parent is not None else (name,)
    return Item(kind, name, path, spans[0], spans[1], spans[2], spans[3], bool(declared), parent)
