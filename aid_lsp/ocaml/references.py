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
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, cast

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.languages import roles as node_roles
from aid_lsp.ocaml.mixed import Word
from aid_lsp.ocaml.outline import mixed
from aid_lsp.ocaml.scopes import Binder, Leaf, Openings, binder, meant, opened
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
    "regexp",
]


_NONE: Mapping[str, list[Binder]] = {}


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


_Found = tuple[Occurrence, Leaf | None]


class _Roles:
    """What `references.scm` says of each type of node."""

    def __init__(self, kind: str) -> None:
        said = node_roles(kind, "references")
        self.paths = frozenset(node for node, role in said.items() if "path" in role)
        self.uses = frozenset(node for node, role in said.items() if "use" in role)
        self.kinds: dict[str, OccurrenceKind] = {
            node: cast("OccurrenceKind", role[0].removeprefix("name.").replace("_", " "))  # the .scm's word
            for node, role in said.items()
            if role[0].startswith("name.")
        }

    def name_something(self, node: Node) -> bool:
        """Whether a node is a name."""
        kind = node.type
        return kind in self.kinds or (kind.endswith("_operator") and kind != "parenthesized_operator")


_roles_of = cache(_Roles)

_TYPE = "type t = "

_MANY = 500
"""For more places than this, one walk through the whole tree costs less than a way down to each."""


def references(path: str, text: str, name: str | None = None) -> tuple[Occurrence, ...]:
    """Every occurrence of a name (of all names, if None), in the order of the text; a punned one twice."""
    rest = mixed(path, text)
    if rest is not None:
        words = [word for word in rest.words if name is None or word.span.of(text) == name]
        found = (*_mixed(parse(".ml", rest.ocaml), text, words, name), *_in_types(text, rest.types, name))
        return tuple(sorted(found, key=_start)) if rest.types else found
    tree = parse(path, text)
    return tuple(_bound(tree, _found(tree, name)))


def _found(tree: Tree, name: str | None) -> list[_Found]:
    leaves = _all_leaves(tree) if name is None else _leaves_named(tree, name)
    return [(occurrence, leaf) for leaf in leaves for occurrence in _occurrences(tree, leaf)]


def _mixed(tree: Tree, text: str, words: Sequence[Word], name: str | None) -> tuple[Occurrence, ...]:
    """Those of the OCaml in a file, and what the rest of it writes; either may mean what the other defines."""
    binders: dict[str, list[Binder]] = {}
    written: list[_Found] = []
    for word in words:
        called = word.span.of(text)
        kind: OccurrenceKind = "value" if word.kind == "local" else word.kind
        written.append((Occurrence(kind, called, word.span, called, word.span, word.reach is not None), None))
        if word.reach is not None and kind in ("value", "regexp"):
            binders.setdefault(called, []).append(Binder(word.span, word.reach, word.kind == "local"))
    found = sorted((*written, *_found(tree, name)), key=lambda pair: pair[0].span.start)
    return tuple(_bound(tree, found, binders))


def _in_types(text: str, types: Sequence[Span], name: str | None) -> Iterator[Occurrence]:
    """What types write that stand alone."""
    for span in types:
        if name is None or name in span.of(text):
            shift = span.start - len(_TYPE)
            for one in references(".ml", f"{_TYPE}{span.of(text)}", name):
                if not one.defines:
                    yield replace(one, span=_moved(one.span, shift), whole=_moved(one.whole, shift))


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _start(one: Occurrence) -> int:
    return one.span.start


def _end(node: Node) -> int:
    return node.end_byte


def _all_leaves(tree: Tree) -> Iterator[Leaf]:
    """Walks the whole tree, knowing what is above."""
    above: list[Node] = []
    cursor, roles = tree.root.walk(), _roles_of(tree.kind)
    while True:
        node = cursor.node
        if node is not None and roles.name_something(node):
            yield Leaf(node, tuple(above))
        elif node is not None and cursor.goto_first_child():
            above.append(node)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            above.pop()


def _leaves_named(tree: Tree, name: str) -> Iterator[Leaf]:
    """Looks at the places where the name's characters stand, so that a big file costs little."""
    word = name[:1].isalpha() or name[:1] in "_`" or not name.isascii()
    before = "" if name[:1] == "`" else "(?<![A-Za-z_])"
    pattern = rf"{before}{re.escape(name)}(?![A-Za-z_])" if word else rf"(?<![!$%&*+\-./:<=>?@^|~#]){re.escape(name)}"
    matches = list(re.finditer(pattern, tree.text))
    if len(matches) > _MANY:
        yield from (leaf for leaf in _all_leaves(tree) if tree.written(leaf.node) == name)
        return
    root, roles = tree.root, _roles_of(tree.kind)
    for match in matches:
        start, end = tree.byte(match.start()), tree.byte(match.end())
        above: list[Node] = []
        node = root
        while not (node.start_byte == start and node.end_byte == end and (roles.name_something(node) or not node.child_count)):
            # not first_child_for_byte: tree-sitter 0.26 crashes in it where no child ends behind the byte
            children = node.children
            place = bisect_right(children, start, key=_end)
            if place == len(children):
                break
            above.append(node)
            node = children[place]
        if node.start_byte == start and node.end_byte == end and roles.name_something(node):
            yield Leaf(node, above)


def _occurrences(tree: Tree, leaf: Leaf) -> Iterator[Occurrence]:
    node, roles = leaf.node, _roles_of(tree.kind)
    span = tree.span(node)
    name = span.of(tree.text)
    if not leaf.above or not name:
        return
    parent = leaf.above[-1]
    above = leaf.above[-2] if len(leaf.above) > 1 else parent
    if node.type not in roles.kinds:
        if node.type.endswith("_operator"):
            yield _operator(tree, parent, above, span, name)
        return
    kind = roles.kinds[node.type]
    whole = span
    defines = True
    if parent.type in roles.paths:
        whole = tree.span(parent)
        defines = False
        if parent.type == "field_path":
            # the pattern `{ x }` uses the field and binds a value; the expression `{ x }` uses both
            pun = above.type in ("field_pattern", "field_expression") and above.named_child_count == 1
            yield Occurrence("field", name, span, _path(whole.of(tree.text)), whole, False, pun)
            if pun:
                yield Occurrence("value", name, span, name, span, above.type == "field_pattern", True)
            return
    elif parent.type in roles.uses:
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


def _operator(tree: Tree, parent: Node, above: Node, span: Span, name: str) -> Occurrence:
    if parent.type != "parenthesized_operator":
        return Occurrence("value", name, span, name, span, False)
    if above.type != "value_path":
        return Occurrence("value", name, span, name, span, True)
    whole = tree.span(above) if above.child_count > 1 else span
    return Occurrence("value", name, span, _path(whole.of(tree.text)), whole, False)


def _path(written: str) -> str:
    return "".join(written.split())


def _bound(tree: Tree, found: list[_Found], known: Mapping[str, list[Binder]] = _NONE) -> Iterator[Occurrence]:
    """Says of each unqualified value what it means in this file; what is known beforehand comes from outside of the OCaml."""
    made = {name: list(binders) for name, binders in known.items()}
    given = {one.name_span: one for binders in known.values() for one in binders}
    uses: dict[str, list[int]] = {}
    means: dict[int, Binder] = {}
    for place, (occurrence, leaf) in enumerate(found):
        if occurrence.kind not in ("value", "regexp") or occurrence.whole != occurrence.span:
            continue
        if not occurrence.defines:
            uses.setdefault(occurrence.name, []).append(place)
            continue
        if leaf is None:
            means[place] = given[occurrence.span]
            continue
        new = binder(tree, leaf)
        if new is not None:
            means[place] = new
            made.setdefault(occurrence.name, []).append(new)
    for name, places in uses.items():
        meanings = meant(made.get(name, []), [found[place][0].span for place in places])
        means.update((place, meaning) for place, meaning in zip(places, meanings, strict=True) if meaning is not None)
    openings = opened(tree) if made else Openings(())
    for place, (occurrence, _) in enumerate(found):
        meaning = means.get(place)
        if meaning is None:
            yield occurrence
        else:
            unsure = not occurrence.defines and openings.between(meaning.name_span.end, occurrence.span.start)
            yield replace(occurrence, binder=meaning.name_span, local=meaning.local, unsure=unsure)
