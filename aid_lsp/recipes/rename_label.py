"""Renames the label of an argument: in the definition, in the interface, and at every call.

    val scale : by:float -> t -> t          val scale : factor:float -> t -> t
    let scale ~by t = … by …        ──▶     let scale ~factor:by t = … by …
    scale ~by:2. t, scale ~by t             scale ~factor:2. t, scale ~factor:by t

The labels of types are not in the compiler's index: calls are found through the function's uses, the rest by the build.
"""

from collections.abc import Iterator

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import module_name
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.references import Occurrence
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.plan import Plan, is_subject, of_generator
from aid_lsp.recipes.sites import rewrite
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import NotFound, Subject, tokens_for
from aid_lsp.recipes.subject_found import subjects_named
from aid_lsp.recipes.wording import Rename
from aid_lsp.workspace.request import Place

_DEFINITIONS = frozenset({"let_binding", "value_specification", "external", "field_declaration"})


def plan_label(sources: Sources, function: Subject, old: str, new: str) -> Plan:
    """Plans to rename a label of a function (or of a constructor's, field's or value's function type)."""
    subject = Subject("label", old, f"~{old} of {function.dotted}", function.definitions, function.uids, function.local)
    plan = Plan(subject, new)
    for path in sources.files(function.name, generators=True):
        tree = sources.tree(path)
        labels = {token.span: token for token in sources.references(path, old) if token.kind == "label"}
        for token in sources.references(path, function.name):
            if token.kind not in tokens_for(function.kind) or of_generator(sources, path, token):
                continue
            if not is_subject(sources, path, token, function):
                continue
            defines = any(spot.path == path and spot.span == token.span for spot in function.definitions)
            around = _of_definition(tree, token) if defines else _of_call(tree, token)
            for span in around:
                if span in labels:
                    plan.add(path, span, rewrite(tree, labels[span], new))
                elif span.of(tree.text) == new:
                    at = sources.spot(path, span)
                    plan.refused = f"{function} has an argument ~{new} already, at {at}."
    if not plan.replacements and not plan.refused:
        plan.refused = f"{function} has no argument ~{old}."
    return plan


def find_function(sources: Sources, wish: Rename, place: Place | None) -> Subject | NotFound:
    """The function whose label is meant: the one that the words name, the one at the place, or the only one that has the label."""
    label = wish.path[-1] if wish.path else ""
    functions = (
        list(subjects_named(sources, wish.of[-1], Rename("value", wish.of, wish.new)))
        if wish.of
        else list(_with_label(sources, label))
    )
    if len(functions) > 1 and place is not None:
        functions = [f for f in functions if _at(sources, f, label, place)] or functions
    functions = [f for f in functions if not plan_label(sources, f, label, wish.new).refused.endswith(f"no argument ~{label}.")]
    if len(functions) == 1:
        return functions[0]
    if not functions:
        return NotFound(
            f"No function of this workspace has an argument ~{label}."
            if label
            else "Say which label: `rename label ~by to ~factor`."
        )
    shown = "; ".join(f"{function.dotted} ({function.definitions[0]})" for function in functions[:6])
    return NotFound(
        f"Several functions have an argument ~{label}: {shown}. Say which: `rename label ~{label} of {functions[0].dotted} to …`."
    )


def _with_label(sources: Sources, label: str) -> Iterator[Subject]:
    """Every function that is defined with a label."""
    seen: set[tuple[str, str]] = set()
    for path in sources.files(label) if label else ():
        tree = parse(path, sources.text(path))
        for item in sources.items(path):
            if item.kind not in ("value", "external") or (path.removesuffix("i"), item.dotted) in seen:
                continue
            node: Node | None = tree.node_at(item.name_span)
            while node is not None and node.type not in _DEFINITIONS:
                node = node.parent
            if node is not None and any(span.of(tree.text) == label for span in _of_function(tree, node)):
                seen.add((path.removesuffix("i"), item.dotted))
                wish = Rename("value", (module_name(path), *item.path), "")
                yield from (
                    subject
                    for subject in subjects_named(sources, item.name, wish)
                    if any(spot.span == item.name_span and spot.path == path for spot in subject.definitions)
                )


def _at(sources: Sources, function: Subject, label: str, place: Place) -> bool:
    """Whether a place lies in one of the function's definitions, or on one of the tokens that would change."""
    plan = plan_label(sources, function, label, f"{label}'")
    tokens = plan.tokens.get(place.path, set[int]())
    if any(start <= place.span.end and place.span.start <= start + len(label) for start in tokens):
        return True
    return any(
        item.span.start <= place.span.start <= item.span.end
        for spot in function.definitions
        if spot.path == place.path
        for item in sources.items(place.path)
        if item.name_span == spot.span
    )


def _of_definition(tree: Tree, token: Occurrence) -> Iterator[Span]:
    """The labels of what is defined at a token: of its parameters, and of its type."""
    node: Node | None = tree.node_at(token.span)
    while node is not None and node.type not in _DEFINITIONS:
        node = node.parent
    if node is None:
        return
    yield from _of_function(tree, node)


def _of_function(tree: Tree, node: Node) -> Iterator[Span]:
    for child in node.children:
        if child.type == "parameter":
            yield from _of_parameter(tree, child)
        elif child.type == "function_type":
            yield from _of_type(tree, child)
        elif child.type in ("polymorphic_type", "parenthesized_type", "labeled_argument_type"):
            yield from _of_function(tree, child)
    body = node.child_by_field_name("body")
    while body is not None and body.type in (
        "parenthesized_expression",
        "let_expression",
        "let_open_expression",
        "sequence_expression",
    ):
        inner = [child for child in body.named_children if child.type != "comment"]
        body = inner[-1] if inner else None
    if body is not None and body.type == "fun_expression":
        yield from _of_function(tree, body)


def _of_parameter(tree: Tree, parameter: Node) -> Iterator[Span]:
    if parameter.children[0].type not in ("~", "?"):
        return
    for child in parameter.children:
        if child.type in ("label_name", "value_pattern"):
            yield tree.span(child)
            return


def _of_type(tree: Tree, node: Node) -> Iterator[Span]:
    current: Node | None = node
    while current is not None and current.type == "function_type":
        domain = current.child_by_field_name("domain")
        if domain is not None and domain.type == "labeled_argument_type":
            yield from (tree.span(child) for child in domain.children if child.type == "label_name")
        current = current.child_by_field_name("codomain")


def _of_call(tree: Tree, token: Occurrence) -> Iterator[Span]:
    """The labels that a use of a function is given: `f ~x`, `(f ~x) ~y`, `v |> f ~x`, `M.(f ~x)`."""
    node = tree.node_at(token.whole)
    while node.parent is not None and (node.parent.type.endswith("_path") or node.parent.type == "field_get_expression"):
        node = node.parent
    parent = node.parent
    while parent is not None:
        if parent.type == "application_expression":
            if parent.child_by_field_name("function") != node:
                return
            for child in parent.children:
                if child.type == "labeled_argument":
                    yield from (tree.span(part) for part in child.children[:3] if part.type == "label_name")
        elif parent.type not in ("parenthesized_expression", "local_open_expression", "typed_expression"):
            return
        node, parent = parent, parent.parent


def parameters(path: str, text: str, name: str) -> list[str] | None:
    """The labels of a function's parameters in order, empty for those without, `?x` for optional ones.

    Looks in the file itself; None where it is not defined there or in several ways.
    """
    tree = parse(path, text)
    found: list[list[str]] = []
    for item in outline(path, text):
        if item.name != name or item.kind not in ("value", "external"):
            continue
        node: Node | None = tree.node_at(item.name_span)
        while node is not None and node.type not in _DEFINITIONS:
            node = node.parent
        if node is not None:
            found.append([_label_of(tree, child) for child in node.children if child.type == "parameter"])
    return found[0] if len(found) == 1 and found[0] else None


def _label_of(tree: Tree, parameter: Node) -> str:
    mark = parameter.children[0].type
    label = next((span.of(tree.text) for span in _of_parameter(tree, parameter)), "")
    return f"?{label}" if mark == "?" else label
