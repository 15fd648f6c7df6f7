"""Lints on interfaces: an `.mli` that exports more than before, or that is gone."""

from collections.abc import Iterator

from aid_lsp.build.verdict import Lint
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import implementation_of
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.syntax import parse

_PARTS = ("constructor", "field", "method", "instance variable")


def interfaces(patch: Patch) -> Iterator[Lint]:
    """Exports that are new in an interface that was there, types that are abstract no more, interfaces deleted alone."""
    gone = {change.path for change in patch.changes if change.after is None}
    for change in patch.changes:
        if not change.path.endswith(".mli") or change.before is None:
            continue
        if change.after is None:
            moved = any(other.moved_from == change.path for other in patch.changes)
            if not moved and implementation_of(change.path) not in gone:
                message = "The interface is deleted, so everything in the implementation is exported."
                yield Lint("interface-gone", change.path, 1, message)
        else:
            yield from _widened(change, change.before, change.after)


def _widened(change: FileChange, before: str, after: str) -> Iterator[Lint]:
    old = {(item.kind, item.path): item for item in _exports(change.path, before)}
    new = {(item.kind, item.path): item for item in _exports(change.path, after)}
    lines = Lines(after)
    lost: dict[str, int] = {}
    for kind, path in old:
        lost[kind] = lost.get(kind, 0) + ((kind, path) not in new)
    for (kind, path), item in new.items():
        line = lines.position(item.name_span.start)[0] + 1
        if (kind, path) in old:
            if kind == "type" and _abstract(change.path, before, old[kind, path]) and not _abstract(change.path, after, item):
                yield Lint("interface", change.path, line, f"The type {item.dotted} was abstract and shows its definition now.")
        elif path[:-1] and not any(other[1] == path[:-1] for other in old):
            continue  # within something that is new itself
        elif lost.get(kind):
            lost[kind] -= 1  # it has taken another's place: a renaming
        else:
            yield Lint(
                "interface", change.path, line, f"The interface exports the {kind} {item.dotted}, which it did not before."
            )


def _exports(path: str, text: str) -> Iterator[Item]:
    return (item for item in outline(path, text) if item.kind not in _PARTS)


def _abstract(path: str, text: str, item: Item) -> bool:
    """Whether a type's declaration shows no definition."""
    tree = parse(path, text)
    node = tree.node_at(item.name_span)
    while node.type != "type_binding" and node.parent is not None:
        node = node.parent
    return node.type == "type_binding" and not any(child.type in ("=", "+=") for child in node.children)
