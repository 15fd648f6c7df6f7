"""Where a text names things: every use and definition of values, types, constructors, fields, labels and modules.

    let area ~scale s = scale *. Shape.size s
        │     │              │         └ value `size`, written `Shape.size`
        │     │              └ value `scale`, bound by the parameter
        │     └ label and value `scale` at once: punned
        └ defines the value `area`

This is syntax: it knows what a file binds itself, not what `open` brings in. Where the compiler's artefacts are to be had, they
know better.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.queries import captures
from aid_lsp.ocaml.scopes import binder_of, binders, opened
from aid_lsp.ocaml.syntax import Tree, parse

OccurrenceKind = Literal[
    "value",
    "label",
    "field",
    "constructor",
    "tag",
    "type",
    "module",
    "module type",
    "class",
    "class type",
    "method",
    "instance variable",
]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a name is written."""

    kind: OccurrenceKind
    name: str
    span: Span
    """The name itself."""
    written: str
    """The name with the module path before it, as the source has it, without blanks: `Foo.Bar.x`."""
    whole: Span
    """The name with the module path before it."""
    defines: bool
    """Whether this is where the thing (or a parameter, or a local) comes into being."""
    punned: bool = False
    """Whether the name stands for two things, `~x` or `{ x }`: there is an occurrence of each kind at this span."""
    binder: Span | None = None
    """For a value without a path: the name in this file that it means. None: something that this file does not bind."""
    local: bool = False
    """Whether that binder (or this one) is a parameter, a pattern or a `let ... in`: nobody outside can mean it."""
    unsure: bool = False
    """Whether an `open` or `include` between the binder and here might bring in the same name."""


_KINDS: dict[str, OccurrenceKind] = {
    "value_name": "value",
    "value_pattern": "value",
    "label_name": "label",
    "field_name": "field",
    "constructor_name": "constructor",
    "tag": "tag",
    "type_constructor": "type",
    "module_name": "module",
    "module_type_name": "module type",
    "class_name": "class",
    "class_type_name": "class type",
    "method_name": "method",
    "instance_variable_name": "instance variable",
}
_PATHS = frozenset(
    {
        "value_path",
        "field_path",
        "constructor_path",
        "type_constructor_path",
        "module_path",
        "extended_module_path",
        "module_type_path",
        "class_path",
        "class_type_path",
    }
)
_USES = frozenset({"labeled_argument", "method_invocation", "instance_variable_expression", "set_expression", "value_path"})
"""Parents, beside paths, under which a name is used rather than defined."""
_OPERATED = frozenset({"infix_expression", "prefix_expression", "hash_expression", "indexing_operator_path"})


def references(path: str, text: str, name: str | None = None) -> tuple[Occurrence, ...]:
    """Every occurrence of a name (of all names, if None), in the order of the text; a punned one twice."""
    tree = parse(path, text)
    nodes = captures(tree.kind, "names", tree.root).get("name", []) if name is None else list(_nodes_named(tree, name))
    found = [occurrence for node in nodes for occurrence in _occurrences(tree, node)]
    return tuple(_bound(tree, found))


def _nodes_named(tree: Tree, name: str) -> Iterator[Node]:
    """Looks at the places where the name's characters stand, so that a big file costs little."""
    word = name[:1].isalpha() or name[:1] in "_`" or not name.isascii()
    pattern = rf"(?<![\w'`]){re.escape(name)}(?![\w'])" if word else rf"(?<![!$%&*+\-./:<=>?@^|~#]){re.escape(name)}"
    for match in re.finditer(pattern, tree.text):
        node = tree.node_at(Span(match.start(), match.end()))
        while node.child_count == 1 and node.type not in _KINDS:
            node = node.children[0]
        if tree.span(node) == Span(match.start(), match.end()) and (node.type in _KINDS or node.type.endswith("_operator")):
            yield node


def _occurrences(tree: Tree, node: Node) -> Iterator[Occurrence]:
    span = tree.span(node)
    name = span.of(tree.text)
    parent = node.parent
    if parent is None or not name or span.start == span.end:
        return
    if node.type not in _KINDS:
        if node.type.endswith("_operator"):
            yield _operator(tree, node, parent, span, name)
        return
    kind = _KINDS[node.type]
    holder = parent
    whole = span
    defines = True
    if parent.type in _PATHS:
        whole = tree.span(parent)
        defines = False
        holder = parent.parent or parent
        if parent.type == "field_path":
            # the pattern `{ x }` uses the field and binds a value; the expression `{ x }` uses both
            pun = holder.type in ("field_pattern", "field_expression") and holder.named_child_count == 1
            yield Occurrence("field", name, span, _path(whole.of(tree.text)), whole, False, pun)
            if pun:
                yield Occurrence("value", name, span, name, span, holder.type == "field_pattern", True)
            return
    elif parent.type in _USES:
        defines = False
    if node.type == "label_name" and parent.type == "labeled_argument":
        pun = parent.child_by_field_name("expression") is None
        yield Occurrence("label", name, span, name, span, False, pun)
        if pun:
            yield Occurrence("value", name, span, name, span, False, True)
        return
    if node.type == "value_pattern" and _is_label(parent):
        yield Occurrence("label", name, span, name, span, True, True)
        yield Occurrence("value", name, span, name, span, True, True)
        return
    if node.type == "tag":
        defines = parent.type == "tag_specification"
    yield Occurrence(kind, name, span, _path(whole.of(tree.text)), whole, defines)


def _is_label(parameter: Node) -> bool:
    """Whether a parameter's pattern is its label too: `~x`, `?x`, `~(x : int)`, `?(x = 1)`."""
    if parameter.type != "parameter" or parameter.children[0].type not in ("~", "?"):
        return False
    return not any(child.type == "label_name" for child in parameter.children)


def _operator(tree: Tree, node: Node, parent: Node, span: Span, name: str) -> Occurrence:
    if parent.type == "parenthesized_operator" and parent.parent is not None and parent.parent.type != "value_path":
        return Occurrence("value", name, span, name, span, True)
    if parent.type == "parenthesized_operator" and parent.parent is not None and parent.parent.child_count > 1:
        whole = tree.span(parent.parent)
        return Occurrence("value", name, span, _path(whole.of(tree.text)), whole, False)
    return Occurrence("value", name, span, name, span, False)


def _path(written: str) -> str:
    return "".join(written.split())


def _bound(tree: Tree, occurrences: list[Occurrence]) -> Iterator[Occurrence]:
    """Says of each unqualified value what it means in this file."""
    known = binders(tree, {o.name for o in occurrences if o.kind == "value" and o.whole == o.span})
    openings = opened(tree) if known else ()
    for occurrence in occurrences:
        if occurrence.kind != "value" or occurrence.whole != occurrence.span:
            yield occurrence
            continue
        binder = binder_of(known, occurrence.name, occurrence.span, occurrence.defines)
        if binder is None:
            yield occurrence
            continue
        unsure = any(
            opening.start <= occurrence.span.start < opening.end and binder.name_span.end <= opening.start for opening in openings
        )
        yield replace(occurrence, binder=binder.name_span, local=binder.local, unsure=unsure and not occurrence.defines)
