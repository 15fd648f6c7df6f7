"""`rec` that is missing where an older value of the same name is found instead, and `rec` before what is no function.

let rev acc l = … rev (x :: acc) xs      the `rev` of an `open` takes other arguments        let rec rev acc l
let rec one = succ 0                     "not allowed as right-hand side of let rec"         let one
"""

from collections.abc import Iterator

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.repairs.site import Repair, Site

_NOT_A_FUNCTION = 'not allowed as right-hand side of "let rec"'


def recursion(site: Site) -> Iterator[Repair]:
    """`rec` goes in or out."""
    if _NOT_A_FUNCTION in site.message:
        for around in (site.node, *site.above()):
            rec = next((child for child in around.children if around.type == "value_definition" and child.type == "rec"), None)
            if rec is not None:
                span = site.tree.span(rec)
                yield site.replace(Span(span.start, _next(site.text, span.end)), "", "let rec becomes let")
                return
        return
    if not any(word in site.message for word in ("has type", "omitted", "applied", "Unbound value")):
        return
    yield from _of_no_function(site)
    names = {site.tree.written(node) for node in _functions(site)}
    for around in site.above():
        if around.type != "let_binding" or around.parent is None or not around.children:
            continue
        definition = around.parent
        if site.tree.written(around.children[0]) in names and not any(child.type == "rec" for child in definition.children):
            opening = next((child for child in definition.children if child.type == "attribute_id"), definition.children[0])
            after = site.tree.span(opening).end
            if site.tree.written(definition.children[0]) == "let" and "attribute" not in {c.type for c in definition.children}:
                yield site.replace(Span(after, after), " rec", "let becomes let rec")
            return


def _of_no_function(site: Site) -> Iterator[Repair]:
    """`let rec al = add al` of something that is no function: the `al` of before is meant."""
    for around in site.above():
        if around.type != "value_definition" or len(around.children) < 3 or around.children[1].type != "rec":
            continue
        bindings = [child for child in around.children if child.type == "let_binding"]
        body = bindings[0].child_by_field_name("body") if len(bindings) == 1 else None
        simple = body is not None and body.type not in ("fun_expression", "function_expression")
        if simple and not any(child.type == "parameter" for child in bindings[0].children):
            span = site.tree.span(around.children[1])
            yield site.replace(Span(span.start, _next(site.text, span.end)), "", "let rec becomes let")
        return


def _functions(site: Site) -> Iterator[Node]:
    """The names that the error may be about: what the compiler points at, and what is called around it."""
    for node in (site.node, *list(site.above())[:4]):
        if node.type == "value_path":
            yield node
        elif node.type == "application_expression":
            yield node.children[0]


def _next(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at
