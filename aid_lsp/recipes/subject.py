"""Finds what an instruction means by a name: one thing, several (then the recipe asks), or none.

    "area"  ──▶ Subject(value, "Shape.area", definitions in shape.ml and shape.mli, their uids)

Definitions that the compiler or the file pair ties together are one thing: `val area` and `let area`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aid_lsp.build.uid import Uid
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, is_ocaml, module_name
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.constraints import tied_by_with
from aid_lsp.recipes.included import stands_for
from aid_lsp.recipes.sources import Sources, Spot
from aid_lsp.recipes.unfound import why_nothing
from aid_lsp.recipes.wording import NameKind, Rename
from aid_lsp.workspace.request import Place

_WORD = re.compile(r"[\w']+|[!$%&*+\-./:<=>?@^|~]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that has a name."""

    kind: NameKind
    name: str
    dotted: str
    """As people write it from afar: `Shape.area`."""
    definitions: tuple[Spot, ...]
    """The names where it is defined and declared, as the source has them."""
    uids: frozenset[Uid] = frozenset()
    """What it is to the compiler, links followed; empty where nothing was built."""
    local: bool = False
    """Whether only the expression around it can mean it: a parameter or a `let … in`."""
    file: str | None = None
    """For a module that is a file: its `.ml` or `.mli`."""

    def __str__(self) -> str:
        kind = "module" if self.file else "local value" if self.local else self.kind
        return f"{kind} {self.dotted}"


@dataclass(frozen=True, slots=True)
class NotFound:
    """Nothing, or several things, are meant; the sentence says which."""

    reason: str


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
_TOKENS: dict[str, tuple[NameKind, ...]] = {
    "value": ("value",),
    "field": ("field",),
    "constructor": ("constructor", "exception"),
    "type": ("type", "class", "class type"),
    "module": ("module",),
    "module type": ("module type",),
    "class": ("class",),
    "class type": ("class type",),
    "regexp": ("regexp",),
}
"""What a token of each kind may be a use of."""


def find_everywhere(sources: Sources, wish: Rename, place: Place | None) -> Subject | NotFound:
    """The one thing that a wish means; it may be a lexer's or grammar's: a rule, a token, a value in its OCaml."""
    return find(sources, wish, place, generators=True)


def find(sources: Sources, wish: Rename, place: Place | None, *, generators: bool = False) -> Subject | NotFound:
    """The one thing that a wish means."""
    name = wish.path[-1] if wish.path else _word_at(sources, place)
    if not name:
        return NotFound("There is no name at that place; put the cursor on the name, or say it: `rename area to surface`.")
    subjects = list(subjects_named(sources, name, wish, generators=generators))
    if not subjects and place is not None:
        local = _local_at(sources, name, place)
        subjects = [local] if local else []
    elif place is not None:
        local = _local_at(sources, name, place)
        at_place = [s for s in subjects if _is_at(sources, s, place)]
        if local is not None and not (at_place and _touches_token(sources, at_place[0], place)):
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


def closure(sources: Sources, path: str, item: Item) -> frozenset[Uid]:
    """What a definition is to the compiler, with everything that has to bear the same name."""
    own = sources.uids_of(path, item.name_span, item.name) if item.kind != "regexp" else frozenset[Uid]()
    artefacts = sources.artefacts
    if artefacts is None:
        return own
    uids = {linked for uid in own for linked in artefacts.together(uid)}
    if item.kind in ("constructor", "field") and item.parent is not None:
        for other_path, other in twins(sources, path, item):
            uids |= {
                linked for uid in sources.uids_of(other_path, other.name_span, other.name) for linked in artefacts.together(uid)
            }
    if item.kind == "type":
        uids = tied_by_with(sources, item.name, uids)
    return frozenset(uids)


def twins(sources: Sources, path: str, item: Item) -> Iterator[tuple[str, Item]]:
    """The same constructor or field where its type is declared again: in the interface, or as `type t = M.t = A | B`."""
    parent, artefacts = item.parent, sources.artefacts
    if parent is None or artefacts is None:
        return
    tail: list[str] = [item.name]
    while parent.parent is not None and parent.kind in ("constructor", "field"):
        tail.append(parent.name)
        parent = parent.parent
    if parent.kind != "type":
        return
    wanted = {linked for uid in sources.uids_of(path, parent.name_span, parent.name) for linked in artefacts.together(uid)}
    below = tuple(reversed(tail))
    seen: set[tuple[str, Span]] = {(path, parent.name_span)}
    pending = [parent.name]
    names = {parent.name}
    while pending:
        name = pending.pop()
        for other_path in sources.files(name):
            facts = sources.facts(other_path, name)
            for other in sources.items(other_path):
                if other.kind != "type" or (other_path, other.name_span) in seen:
                    continue
                own = sources.uids_of(other_path, other.name_span, other.name)
                manifest = any(
                    fact.uids & wanted and not fact.declares and _is_manifest(sources, other_path, other, start)
                    for start, fact in facts.items()
                )
                if not (own & wanted or manifest):
                    continue
                seen.add((other_path, other.name_span))
                wanted |= {linked for uid in own for linked in artefacts.together(uid)}
                if other.name not in names:
                    names.add(other.name)
                    pending.append(other.name)
                elif manifest:
                    pending.append(other.name)
                yield from (
                    (other_path, child)
                    for child in sources.items(other_path)
                    if child.path == (*other.path, *below) and other.core.start <= child.name_span.start < other.core.end
                )


def _is_manifest(sources: Sources, path: str, item: Item, start: int) -> bool:
    """Whether a use stands in the head of a type that repeats another's body: the `M.t` of `type t = M.t = A | B`."""
    if not item.name_span.end <= start < item.core.end:
        return False
    between = sources.text(path)[item.name_span.end : start]
    return re.fullmatch(r"\s*=\s*(?:private\s+)?(?:\([^()]*\)\s*|'\w+\s+)*(?:[\w']+\s*\.\s*)*", between) is not None


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


def same_named_aliases(sources: Sources, subject: Subject) -> frozenset[Uid]:
    """Modules of the same name that only stand for a module, as `module Shape = Shape` in a library's main module does."""
    artefacts = sources.artefacts
    if artefacts is None:
        return frozenset()
    found: set[Uid] = set()
    for declaration in sources.declared(subject.name):
        path = declaration.at.path
        if declaration.uid in subject.uids or not sources.exists(path):
            continue
        span = sources.named_at(declaration.at, subject.name)
        if span is not None and _is_alias(sources, path, span, subject):
            found |= artefacts.together(declaration.uid)
    return frozenset(found)


def _is_alias(sources: Sources, path: str, span: Span, subject: Subject) -> bool:
    text = sources.text(path)
    tree = parse(path, text)
    binding = tree.node_at(span).parent
    if binding is None or binding.type not in ("module_binding", "module_declaration"):
        return False
    for start, fact in sources.facts(path, subject.name).items():
        if start > span.end and fact.uids & subject.uids and not fact.declares:
            between = text[span.end : start]
            if between.strip(" \t\r\n").startswith("=") and all(c.isalnum() or c in "_'. \t\r\n=" for c in between):
                return tree.span(binding).end == start + len(subject.name)
    return False


def unit_uids(sources: Sources, path: str) -> frozenset[Uid]:
    """What a file's module is to the compiler: its unit, and the alias that dune generates for it."""
    artefacts = sources.artefacts
    if artefacts is None:
        return frozenset()
    pair = {implementation_of(path), interface_of(path)}
    pair |= {copy for one in tuple(pair) for copy in sources.copies(one)}
    suffix = module_name(path)
    units = {
        Uid(unit.name, None, False, unit.home)
        for unit in artefacts.units
        if (unit.name == suffix or unit.name.endswith(f"__{suffix}")) and any(unit.mentions(one) for one in pair)
    }
    aliases = {
        declaration.uid
        for declaration in sources.declared(suffix)
        if declaration.at.path.endswith(".ml-gen") and any(unit.home == declaration.uid.home for unit in units)
    }
    return frozenset(units | aliases)


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


def _word_at(sources: Sources, place: Place | None) -> str:
    """The name under the cursor; of a selection that holds one name that name."""
    if place is None:
        return ""
    text = sources.text(place.path)
    selected = place.span.of(text).strip()
    if selected and _WORD.fullmatch(selected):
        return selected
    for match in _WORD.finditer(text, max(0, place.span.start - 80), min(len(text), place.span.end + 80)):
        if match.start() <= place.span.start <= match.end() and (selected == "" or match.end() >= place.span.end):
            if match.end() == place.span.start and match.end() < len(text) and _WORD.match(text, match.end()):
                following = _WORD.match(text, match.end())
                if following and (following.group()[0].isalnum() or following.group()[0] == "_"):
                    continue
            return match.group()
    first_line = re.match(
        r"\s*(?:let|and|val|type|module|exception|external)(?:\s+(?:rec|nonrec|type))?\s+([\w']+)", text[place.span.start :]
    )
    return first_line.group(1) if first_line and selected else ""


def _token_at(sources: Sources, name: str, place: Place) -> Span | None:
    """The token of that name at or around a place; on the place's line if there is only one."""
    tokens = sorted({o.span for o in sources.references(place.path, name)})
    touching = [span for span in tokens if span.meets(place.span)]
    if touching:
        return touching[0]
    lines = sources.lines(place.path)
    line = lines.line(place.span.start)
    same_line = [span for span in tokens if lines.line(span.start) == line]
    return same_line[0] if len(same_line) == 1 else None


def _is_at(sources: Sources, subject: Subject, place: Place) -> bool:
    """Whether a place is on one of the thing's names, or in the file that defines it (if no name is at the place)."""
    if subject.file is not None:
        text = sources.text(place.path)
        return _token_is(sources, subject, place) or (
            not place.span.of(text).strip() and place.path in (subject.file, interface_of(subject.file)) and place.span.start == 0
        )
    if _touches_token(sources, subject, place) or _token_is(sources, subject, place):
        return True
    if _token_at(sources, subject.name, place) is not None and subject.uids:
        return False
    return any(spot.path in (place.path, interface_of(place.path), implementation_of(place.path)) for spot in subject.definitions)


def _touches_token(sources: Sources, subject: Subject, place: Place) -> bool:
    return any(spot.path == place.path and spot.span.meets(place.span) for spot in subject.definitions) or _token_is(
        sources, subject, place
    )


def _token_is(sources: Sources, subject: Subject, place: Place) -> bool:
    token = _token_at(sources, subject.name, place)
    if token is None:
        return False
    fact = sources.facts(place.path, subject.name).get(token.start)
    return bool(fact and fact.uids & subject.uids)


def _local_at(sources: Sources, name: str, place: Place) -> Subject | None:
    """The parameter or `let … in` that the name at a place means."""
    token = _token_at(sources, name, place)
    if token is None:
        return None
    for occurrence in sources.references(place.path, name):
        if occurrence.span == token and occurrence.kind == "value" and occurrence.local and occurrence.binder:
            spots = tuple(sources.spot(place.path, span) for span in _alternatives(sources, place.path, name, occurrence.binder))
            uids = {uid for spot in spots for uid in sources.uids_of(place.path, spot.span, name)}
            return Subject("value", name, name, spots, frozenset(uids), local=True)
    return None


def _alternatives(sources: Sources, path: str, name: str, binder: Span) -> list[Span]:
    """The binder, and those of the same name in the other branches of its or-pattern."""
    tree = sources.tree(path)
    node = tree.node_at(binder)
    top = None
    while node is not None:
        if node.type == "or_pattern":
            top = tree.span(node)
        elif not node.type.endswith("_pattern") and top is not None:
            break
        node = node.parent
    if top is None:
        return [binder]
    inside = [
        o.span for o in sources.references(path, name) if o.defines and o.kind == "value" and top.start <= o.span.start < top.end
    ]
    return sorted({binder, *inside})


def tokens_for(kind: str) -> tuple[str, ...]:
    """The kinds of tokens that may be uses of something of that kind."""
    return tuple(token for token, kinds in _TOKENS.items() if kind in kinds)
