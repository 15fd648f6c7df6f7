"""Finds what an instruction means by a name: one thing, several (then the recipe asks), or none.

    "area"  ──▶ Subject(value, "Shape.area", definitions in shape.ml and shape.mli, their uids)

Definitions that the compiler or the file pair ties together are one thing: `val area` and `let area`.
"""

from collections.abc import Iterable, Iterator

from aid_lsp.build.uid import Uid
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, is_ocaml, module_name
from aid_lsp.ocaml.outline import Item
from aid_lsp.recipes.included import stands_for
from aid_lsp.recipes.sources import Sources, Spot
from aid_lsp.recipes.subject import NotFound, Subject
from aid_lsp.recipes.subject_at import is_at, local_at, touches_token, word_at
from aid_lsp.recipes.ties import closure, same_named_aliases, unit_uids
from aid_lsp.recipes.unfound import why_nothing
from aid_lsp.recipes.wording import NameKind, Rename
from aid_lsp.workspace.request import Place

_NEEDED: dict[NameKind, tuple[str, ...]] = {
    "value": ("value", "external", "rule"),
    "type": ("type",),
    "module": ("module",),
    "module type": ("module type",),
    "constructor": ("constructor", "exception", "token"),
    "exception": ("exception", "constructor"),
    "regexp": ("regexp",),
    "field": ("field",),
    "class": ("class",),
    "class type": ("class type", "class"),
}


def find_everywhere(sources: Sources, wish: Rename, place: Place | None) -> Subject | NotFound:
    """The one thing that a wish means; it may be a lexer's or grammar's: a rule, a token, a value in its OCaml."""
    return find(sources, wish, place, generators=True)


def find(sources: Sources, wish: Rename, place: Place | None, *, generators: bool = False) -> Subject | NotFound:
    """The one thing that a wish means."""
    name = wish.path[-1] if wish.path else word_at(sources, place)
    if not name:
        return NotFound("There is no name at that place; put the cursor on the name, or say it: `rename area to surface`.")
    subjects = list(subjects_named(sources, name, wish, generators=generators))
    if not subjects and place is not None:
        local = local_at(sources, name, place)
        subjects = [local] if local else []
    elif place is not None:
        local = local_at(sources, name, place)
        at_place = [s for s in subjects if is_at(sources, s, place)]
        if local is not None and not (at_place and touches_token(sources, at_place[0], place)):
            subjects = [local]
        elif at_place:
            subjects = at_place
    file = next((s for s in subjects if s.file), None)
    if file is not None and len(subjects) > 1:
        aliases = same_named_aliases(sources, file)
        subjects = [s for s in subjects if s is file or not s.uids or not s.uids <= aliases]
    if len(subjects) == 1:
        return subjects[0]
    if not subjects:
        return NotFound(why_nothing(sources, name, wish))
    shown = "; ".join(f"{s} ({s.definitions[0] if s.definitions else s.file})" for s in subjects[:6])
    more = f"; and {len(subjects) - 6} more" if len(subjects) > 6 else ""
    return NotFound(
        f"Several things are called {name!r}: {shown}{more}. Put the cursor on one of them, or say it with its module."
    )


def subjects_named(sources: Sources, name: str, wish: Rename, *, generators: bool = False) -> Iterator[Subject]:
    """Everything of that name in the workspace that the words of the wish allow."""
    found: list[tuple[str, Item]] = []
    qualifier = (*wish.of, *wish.path[:-1])
    homes = stands_for(sources, qualifier) if qualifier else frozenset[tuple[str, ...]]()
    wanted = _NEEDED.get(wish.kind, ()) if wish.kind else None
    for path in sources.files(name, generators=generators):
        for item in sources.items(path):
            if item.name != name or item.kind in ("test", "toplevel", "method", "instance variable"):
                continue
            if wanted is not None and item.kind not in wanted:
                continue
            if _modules(path, item) in homes or _qualified(path, item, qualifier):
                found.append((path, item))
    yield from _files_named(sources, name, wish)
    yield from _grouped(sources, name, found, homes)


def _modules(path: str, item: Item) -> tuple[str, ...]:
    """The modules that an item is in."""
    return (module_name(path), *(part for part in item.path[:-1] if part[:1].isupper()))


def _grouped(
    sources: Sources, name: str, found: list[tuple[str, Item]], homes: frozenset[tuple[str, ...]] = frozenset()
) -> Iterator[Subject]:
    """Puts together what is one thing: linked by the compiler, or of the same path in a pair of files.

    Where something is right in one of the modules that were named, what is deeper in them is not meant.
    """
    groups: list[tuple[set[Uid], list[tuple[str, Item]]]] = []
    for path, item in found:
        uids = set(closure(sources, path, item))
        key = (_made_of(path), item.path)
        same = [
            group
            for group in groups
            if (uids & group[0])
            or any((_made_of(other), i.path) == key and _alike(i.kind, item.kind) and other != path for other, i in group[1])
        ]
        merged: tuple[set[Uid], list[tuple[str, Item]]] = (uids, [])
        for group in same:
            merged[0].update(group[0])
            merged[1].extend(group[1])
            groups.remove(group)
        merged[1].append((path, item))
        groups.append(merged)
    inside = [group for group in groups if any(_modules(*member) in homes for member in group[1])]
    for uids, members in inside or groups:
        members.sort(key=lambda member: (not member[0].endswith(".ml"), member[0], member[1].name_span))
        path, item = members[0]
        spots = {(p, i.name_span): sources.spot(p, i.name_span) for p, i in members}
        yield Subject(_kind(item), name, _dotted(path, item), tuple(spots.values()), frozenset(uids))


def _made_of(path: str) -> str:
    """The `.ml` that a file is, is the interface of, or is the source of."""
    return implementation_of(path) if is_ocaml(path) else f"{path[: path.rfind('.')]}.ml"


def _files_named(sources: Sources, name: str, wish: Rename) -> Iterator[Subject]:
    """The modules of that name that are files."""
    if wish.kind not in (None, "module") or not name[:1].isupper():
        return
    qualifier = (*wish.of, *wish.path[:-1])
    for path in sources.view.paths():
        if not is_ocaml(path) or module_name(path) != name or "." in path.rpartition("/")[2].partition(".")[2]:
            continue
        if path.endswith(".mli") and sources.exists(implementation_of(path)):
            continue
        folders = path.split("/")[:-1]
        if qualifier and not (folders and folders[-1].lower().replace("-", "_") == qualifier[-1].lower()):
            known = sources.artefacts
            if known is None or not any(_home_unit(unit.name, qualifier, name) for unit in known.units if unit.mentions(path)):
                continue
        yield Subject("module", name, name, (Spot(path, Span(0, 0), 1),), unit_uids(sources, path), file=path)


def _home_unit(unit: str, qualifier: tuple[str, ...], name: str) -> bool:
    return unit.lower() == "__".join((*qualifier, name)).lower() or unit.lower().startswith(f"{qualifier[0].lower()}__")


def _qualified(path: str, item: Item, qualifier: tuple[str, ...]) -> bool:
    """Whether the modules (or the type) that somebody wrote before a name may be those of an item."""
    if not qualifier:
        return True
    if qualifier[0].endswith((".ml", ".mli")):
        return path == qualifier[0] or path.endswith(f"/{qualifier[0]}")
    full = (module_name(path), *item.path[:-1])
    inner = [part for part in qualifier if part in full]
    return bool(inner) and qualifier[-1] == inner[-1] and _in_order(inner, full)


def _in_order(parts: Iterable[str], full: tuple[str, ...]) -> bool:
    remaining = iter(full)
    return all(part in remaining for part in parts)


def _dotted(path: str, item: Item) -> str:
    return ".".join((module_name(path), *item.path))


def _kind(item: Item) -> NameKind:
    match item.kind:
        case "external":
            return "value"
        case "value" | "type" | "module" | "module type" | "constructor" | "field" | "exception" | "class" | "class type":
            return item.kind
        case "regexp":
            return "regexp"
        case "token":
            return "constructor"
        case _:
            return "value"


def _alike(one: str, other: str) -> bool:
    return one == other or {one, other} <= {"value", "external", "rule"} or {one, other} <= {"class", "class type"}
