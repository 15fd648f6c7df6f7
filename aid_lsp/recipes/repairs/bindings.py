"""Where a value got the type that one of its uses is complained of: the right side of its `let`, or a parameter's default.

    let set = Hashtbl.create           let set = Hashtbl.create () in    one change there, not one at each use
    … set … set …

The same small changes are tried on what stands there as are tried at the use; the build picks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tree_sitter import Node

from aid_lsp.ocaml.references import references
from aid_lsp.recipes.repairs.site import Repair, Site

_OPTIONAL = re.compile(r"\?\w+:(?:\([^()]*\)|[^()>])+?->\s*")
_BRANCHES = frozenset({
    "match_expression", "if_expression", "function_expression", "fun_expression", "try_expression", "while_expression", "for_expression",
})  # fmt: skip

Change = Callable[[Site, str, str], Iterator[Repair]]


def takes_unit(type_: str) -> bool:
    """Whether it is a function of `()`, optional arguments aside."""
    return re.match(r"unit\s*->", _OPTIONAL.sub("", type_)) is not None


def units(site: Site) -> Iterator[Repair]:
    """The `()` that was forgotten where a name is bound to a call, not where it is used."""
    is_ = re.search(r'has type "?([^"]+?)"? but', site.message)
    if is_ is None or not takes_unit(is_[1]):
        return
    for there, _ in _homes(site):
        if there.node.type in ("value_path", "application_expression"):
            yield replace(there.replace(there.span, f"{there.inside} ()"), does=f"{there.inside} gets ()")


def bound(site: Site, is_: str, wanted: str, *changes: Change) -> Iterator[Repair]:
    """The changes, on what the name is bound to."""
    for there, name in _homes(site):
        for change in changes:
            for repair in change(there, is_, wanted):
                yield replace(repair, does=f"{repair.does}, where {name} is bound")


def _homes(site: Site) -> Iterator[tuple[Site, str]]:
    """What the value, or the function that is called, comes to where this file binds it."""
    node = site.node
    while node.type == "parenthesized_expression" and len(node.children) == 3:
        node = node.children[1]
    given = 0
    if node.type == "application_expression":
        given = len(node.children) - 1
        node = node.children[0]
    if node.type not in ("value_path", "value_name") or "." in site.tree.written(node):
        return
    name, span = site.tree.written(node), site.tree.span(node)
    binder = next((one.binder for one in references(site.path, site.text, name) if one.span == span), None)
    holder: Node | None = site.tree.node_at(binder) if binder is not None else None
    while holder is not None and holder.type not in ("let_binding", "parameter"):
        holder = holder.parent
    if binder is None or holder is None:
        return
    if holder.type == "parameter":
        default = next(
            (after for before, after in zip(holder.children, holder.children[1:], strict=False) if before.type == "="), None
        )
        result = default if given == 0 else None
    else:
        parameters = [child for child in holder.children if child.type == "parameter"]
        fits = site.tree.span(holder.children[0]) == binder and len(parameters) == given
        result = _result(holder.child_by_field_name("body")) if fits else None
    if result is not None and result.type not in _BRANCHES:
        yield Site(site.path, site.text, site.tree.span(result), site.diagnostic, site.view, site.evidence), name


def _result(body: Node | None) -> Node | None:
    """The last expression of a body, which gives it its type."""
    while body is not None and body.type in ("let_expression", "sequence_expression") and body.children:
        body = body.children[-1]
    return body
