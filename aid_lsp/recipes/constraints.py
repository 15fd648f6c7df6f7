"""What `with` says again of a component of a module type: `elt` of `S with type elt = int` has to be called as in `S`.

To the compiler, the `elt` behind `with` is a declaration of its own, tied to nothing; the tie is made here.
"""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from tree_sitter import Node

from aid_lsp.build.uid import Uid
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.sources import Sources

_Ties = tuple[tuple[frozenset[Uid], frozenset[Uid]], ...]

_known: "WeakKeyDictionary[Sources, dict[str, _Ties]]" = WeakKeyDictionary()


def tied_by_with(sources: Sources, name: str, uids: set[Uid]) -> set[Uid]:
    """The types of a name, and what is said again of them, as far as some of them are already known."""
    ties = _known.setdefault(sources, {})
    if name not in ties:
        ties[name] = tuple(_ties(sources, name))
    found = set(uids)
    growing = True
    while growing:
        growing = False
        for tie in ties[name]:
            both = tie[0] | tie[1]
            if found & both and not both <= found:
                found |= both
                growing = True
    return found


def _ties(sources: Sources, name: str) -> Iterator[tuple[frozenset[Uid], frozenset[Uid]]]:
    artefacts = sources.artefacts
    if artefacts is None:
        return
    for path in sources.files(name):
        text = sources.text(path)
        if "with" not in text:
            continue
        tree = parse(path, text)
        for node, base in _constraints(tree, tree.root):
            said = node.named_children[0] if node.named_children else None
            said = next((child for child in node.named_children if child.type == "type_constructor_path"), said)
            if said is None or tree.written(said) != name:
                continue
            fact = sources.facts(path, name).get(tree.span(said).start)
            components = _components(sources, path, tree, base, name)
            if fact is not None and fact.declares and components:
                yield (
                    frozenset(linked for uid in fact.declares for linked in artefacts.together(uid)),
                    frozenset(linked for uid in components for linked in artefacts.together(uid)),
                )


def _constraints(tree: Tree, root: Node) -> Iterator[tuple[Node, Node]]:
    """Each `type … = …` behind a `with`, and the module type's path before it."""
    pending = [root]
    while pending:
        node = pending.pop()
        pending += node.named_children
        if node.type == "module_type_constraint":
            base = node.named_children[0]
            while base.type in ("parenthesized_module_type", "module_type_constraint") and base.named_children:
                base = base.named_children[0]
            if base.type == "module_type_path":
                yield from ((child, base) for child in node.named_children if child.type == "constrain_type")


def _components(sources: Sources, path: str, tree: Tree, base: Node, name: str) -> frozenset[Uid]:
    """What the module type declares by that name."""
    last = base.named_children[-1]
    fact = sources.facts(path, tree.written(last)).get(tree.span(last).start)
    known = sources.artefacts.declarations() if sources.artefacts else {}
    found: set[Uid] = set()
    for uid in fact.uids if fact is not None else ():
        declaration = known.get(uid)
        span = sources.named_at(declaration.at, declaration.name) if declaration is not None else None
        if declaration is None or span is None:
            continue
        items = sources.items(declaration.at.path)
        whole = next((item for item in items if item.kind == "module type" and item.name_span == span), None)
        for item in items if whole is not None else ():
            if item.kind == "type" and item.parent is not None and item.parent.name_span == span and item.name == name:
                found |= sources.uids_of(declaration.at.path, item.name_span, name)
    return frozenset(found)
