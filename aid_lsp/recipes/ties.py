"""What the compiler or the syntax ties to a definition, so that it has to bear the same name."""

import re
from collections.abc import Iterator

from aid_lsp.build.uid import Uid
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, module_name
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.constraints import tied_by_with
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject


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
