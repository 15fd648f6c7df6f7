"""Which named things an `.ml` or `.mli` holds, nested, and where each begins and ends.

    (** Steps once. *)        ┐ span     what belongs to the item: comments that touch it, keyword, attributes
    let rec step s =          │ ┐ core   from the keyword (`let`, or `and` further down a chain)
      next s                  │ │
    [@@inline]                │ ┘
    and next s = ...          ┘          group: the core of the whole chain, `let rec step` to the end of `next`

A path names an item within its file: `("State", "step")` for a value of a submodule, `("shape", "Circle", "radius")` for a field
of an inline record. The file's own module (`Parser`) is not part of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from weakref import WeakKeyDictionary

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.recovery import parts
from aid_lsp.ocaml.syntax import Tree, parse

ItemKind = Literal[
    "value",
    "external",
    "type",
    "constructor",
    "field",
    "exception",
    "module",
    "module type",
    "class",
    "class type",
    "method",
    "instance variable",
    "test",
    "toplevel",
]
"""What an item is. `toplevel` is code that binds no name, `let () = ...` or `let _ = ...`; its name is that pattern."""


@dataclass(frozen=True, slots=True)
class Item:
    """A named thing of a file. The name is exactly what `name_span` covers (`+` for `let ( + )`)."""

    kind: ItemKind
    name: str
    path: tuple[str, ...]
    """Its name after the names of what it lies in, within the file."""
    span: Span
    """All that belongs to it, the comments that touch it included."""
    name_span: Span
    core: Span
    """From its keyword to its last attribute, without comments around; a chain's later members begin at `and`."""
    group: Span
    """The core of the whole `let ... and ...` or `type ... and ...` that it is a member of."""
    declared: bool = False
    """Whether this is a declaration in a signature (`val`, or anything else between `sig` and `end` or in an `.mli`)."""
    parent: "Item | None" = field(default=None, repr=False, compare=False)

    @property
    def dotted(self) -> str:
        """The path as people write it: `State.step`."""
        return ".".join(self.path)


_outlines: "WeakKeyDictionary[Tree, tuple[Item, ...]]" = WeakKeyDictionary()


def outline(path: str, text: str) -> tuple[Item, ...]:
    """All named items in the order of the text, each after what it lies in. Syntax errors cost what is near them."""
    tree = parse(path, text)
    known = _outlines.get(tree)
    if known is None:
        known = _outlines[tree] = _recovered(tree, _items(tree))
    return known


def _items(tree: Tree) -> tuple[Item, ...]:
    walk = _Walk(tree)
    walk.container(tree.root, None, declared=tree.kind == ".mli")
    return tuple(walk.items)


def _recovered(tree: Tree, items: tuple[Item, ...]) -> tuple[Item, ...]:
    """Within stretches that a syntax error spoilt, what their parts say counts more than what the whole says."""
    for stretch, found in parts(tree):
        before = [item for item in items if item.name_span.start < stretch.start]
        after = [item for item in items if item.name_span.start >= stretch.end]
        items = (*before, *(item for part in found for item in _items(part)), *after)
    return items


def enclosing(path: str, text: str, offset: int) -> Item | None:
    """The innermost item whose span holds an offset; constructors and fields give way to their type. None between items."""
    return innermost(outline(path, text), offset)


def innermost(items: Sequence[Item], offset: int) -> Item | None:
    """The same, of an outline."""
    best: Item | None = None
    for item in items:
        if item.span.start > offset and item.parent is None:
            break
        if item.kind in ("constructor", "field") or not item.span.start <= offset <= item.span.end:
            continue
        if best is None or item.span.end - item.span.start < best.span.end - best.span.start:
            best = item
    return best


_CONTAINERS = frozenset({"compilation_unit", "structure", "signature", "object_expression", "class_body_type", "ERROR"})
_CHAINS: dict[str, tuple[str, ItemKind]] = {
    "value_definition": ("let_binding", "value"),
    "type_definition": ("type_binding", "type"),
    "module_definition": ("module_binding", "module"),
    "class_definition": ("class_binding", "class"),
    "class_type_definition": ("class_type_binding", "class type"),
}
_SINGLES: dict[str, ItemKind] = {
    "value_specification": "value",
    "external": "external",
    "exception_definition": "exception",
    "module_type_definition": "module type",
    "method_definition": "method",
    "method_specification": "method",
    "instance_variable_definition": "instance variable",
    "instance_variable_specification": "instance variable",
}
_KEYWORDS: dict[str, ItemKind] = {
    "let": "value",
    "val": "value",
    "type": "type",
    "module": "module",
    "class": "class",
    "external": "external",
}
_NAMES = frozenset(
    {
        "value_name",
        "module_name",
        "module_type_name",
        "class_name",
        "class_type_name",
        "method_name",
        "instance_variable_name",
        "type_constructor",
    }
)
_THROUGH = frozenset(
    {
        "functor",
        "functor_type",
        "typed_module_expression",
        "parenthesized_module_expression",
        "parenthesized_module_type",
        "module_type_constraint",
        "package_expression",
        "class_function",
        "let_class_expression",
        "let_open_class_expression",
        "typed_class_expression",
        "parenthesized_class_expression",
        "class_function_type",
        "let_open_class_type",
    }
)
"""What may stand between an item and the structure, signature or object that is its body."""
_TESTS = frozenset({"test", "test_unit", "test_module", "expect_test", "bench", "bench_fun", "bench_module"})
_DEPTH = 100
"""Deeper nesting is not looked into, so that no text can exhaust the stack."""


class _Walk:
    """Collects the items of one tree; goes into structures only, never into expressions."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.text = tree.text
        self.items: list[Item] = []
        self.depth = 0

    def container(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Takes in what stands directly in a structure, signature, object or ERROR."""
        if self.depth >= _DEPTH:
            return
        self.depth += 1
        children = node.children
        for index, child in enumerate(children):
            kind = child.type
            if kind in _CHAINS:
                self.chain(children, index, parent, declared)
            elif kind in _SINGLES:
                self.single(children, index, _SINGLES[kind], parent, declared)
            elif kind in ("include_module", "include_module_type", "open_module"):
                self.bodies(child, parent, declared)
            elif child.is_error:
                self.container(child, parent, declared)
            elif kind in _KEYWORDS and node.is_error:
                parent = self.fragment(children, index, parent, declared) or parent
            elif kind == "end" and node.is_error and parent is not None:
                parent = parent.parent
        self.depth -= 1

    def fragment(self, siblings: list[Node], index: int, parent: Item | None, declared: bool) -> Item | None:
        """Takes in what a keyword begins that the parser could not finish; the item, if what follows lies in it."""
        place = index + 1
        while place < len(siblings) and siblings[place].type in (
            "rec",
            "nonrec",
            "comment",
            "attribute",
            "%",
            "attribute_id",
            "type",
        ):
            place += 1
        if place == len(siblings):
            return None
        found, kind = siblings[place], _KEYWORDS[siblings[index].type]
        start = self.tree.offset(siblings[index].start_byte)
        if found.type in ("let_binding", "type_binding", "module_binding", "class_binding"):
            core = Span(start, self.tree.offset(found.end_byte))
            self.binding(found, kind, core, core, core, "", parent, declared)
        elif found.type in _NAMES and not any(child.type in ("in", "of") for child in siblings[place + 1 : place + 2]):
            core = Span(start, self.tree.offset(siblings[-1].end_byte))
            item = self.add(kind, found, core, core, core, parent, declared)
            if kind == "module" and any(child.type in ("struct", "sig") for child in siblings[place + 1 : place + 6]):
                return item
        return None

    def chain(self, siblings: list[Node], index: int, parent: Item | None, declared: bool) -> None:
        """Takes in `let a = ... and b = ...` and its likes."""
        node = siblings[index]
        binding_type, kind = _CHAINS[node.type]
        group = self.tree.span(node)
        children = node.children
        bindings = [place for place, child in enumerate(children) if child.type == binding_type]
        extension = next((self.tree.written(child) for child in children if child.type == "attribute_id"), "")
        for number, place in enumerate(bindings):
            first, last = number == 0, number == len(bindings) - 1
            opener = node if first else _and_before(children, place)
            core = Span(self.tree.offset(opener.start_byte), self.tree.offset(children[place].end_byte))
            start = self._with_comments_before(siblings, index, core.start) if first else core.start
            end = self._with_comments_after(siblings, index, core.end) if last else core.end
            if not first:
                start = self._with_comments_before(children, children.index(opener), core.start)
            self.binding(children[place], kind, Span(start, end), core, group, extension, parent, declared)

    def binding(
        self,
        node: Node,
        kind: ItemKind,
        span: Span,
        core: Span,
        group: Span,
        extension: str,
        parent: Item | None,
        declared: bool,
    ) -> None:
        """Takes in one member of a chain, and what lies in it."""
        if kind == "value":
            self.let_binding(node, span, core, group, extension, parent, declared)
            return
        name = _name_of(node)
        if name is None:
            return
        if node.type == "type_binding" and name.type == "type_constructor_path":
            self.type_body(node, parent, declared)  # `type t += A` adds to a type that lies elsewhere
            return
        item = self.add(kind, name, span, core, group, parent, declared)
        if kind == "type":
            self.type_body(node, item, declared)
        else:
            self.bodies(node, item, declared)

    def let_binding(
        self, node: Node, span: Span, core: Span, group: Span, extension: str, parent: Item | None, declared: bool
    ) -> None:
        """Takes in the names that a `let` binds; several for `let a, b = ...`."""
        pattern = node.child_by_field_name("pattern")
        if pattern is None:
            return
        test = extension in _TESTS
        if pattern.type == "string":
            content = [child for child in pattern.children if child.type not in ('"',)]
            inside = self.tree.span(pattern)
            named = Span(inside.start + 1, max(inside.start + 1, inside.end - 1)) if content else inside
            self._push("test" if test else "toplevel", named, span, core, group, parent, declared)
        elif test:
            self.add("test", pattern, span, core, group, parent, declared)
        else:
            names = list(_bound_names(pattern))
            seen: set[str] = set()
            for name in names:
                written = self.tree.written(name)
                if written not in seen:
                    seen.add(written)
                    self.add("value", name, span, core, group, parent, declared)
            if not names:
                self.add("toplevel", pattern, span, core, group, parent, declared)
            return
        body = node.child_by_field_name("body")
        if body is not None:
            self._body(body, self.items[-1], declared)

    def single(self, siblings: list[Node], index: int, kind: ItemKind, parent: Item | None, declared: bool) -> None:
        """Takes in an item that is alone in its definition."""
        node = siblings[index]
        named = node
        if kind == "exception":
            named = next((child for child in node.children if child.type == "constructor_declaration"), node)
        name = _name_of(named)
        if name is None:
            return
        core = self.tree.span(node)
        span = Span(self._with_comments_before(siblings, index, core.start), self._with_comments_after(siblings, index, core.end))
        item = self.add(kind, name, span, core, core, parent, declared or node.type.endswith("specification"))
        if kind == "exception":
            self.fields(named, item, declared)
        elif kind == "module type":
            self.bodies(node, item, declared=True)

    def type_body(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Takes in the constructors and fields of a type."""
        for child in node.children:
            if child.type == "record_declaration":
                self.fields(node, parent, declared)
            elif child.type in ("variant_declaration", "ERROR"):
                siblings = child.children
                for index, constructor in enumerate(siblings):
                    name = _name_of(constructor) if constructor.type == "constructor_declaration" else None
                    if name is not None:
                        core = self.tree.span(constructor)
                        span = Span(core.start, self._with_comments_after(siblings, index, core.end))
                        item = self.add("constructor", name, span, core, core, parent, declared)
                        self.fields(constructor, item, declared)

    def fields(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Takes in the fields of the record that is a type's or a constructor's body."""
        for record in node.children:
            if record.type != "record_declaration":
                continue
            siblings = record.children
            for index, child in enumerate(siblings):
                name = _name_of(child) if child.type == "field_declaration" else None
                if name is not None:
                    core = self.tree.span(child)
                    after = index + 1 if index + 1 < len(siblings) and siblings[index + 1].type == ";" else index
                    end = self._with_comments_after(siblings, after, self.tree.offset(siblings[after].end_byte))
                    self.add("field", name, Span(core.start, end), core, core, parent, declared)

    def bodies(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Goes into the structures, signatures and objects that are the body or the type of an item."""
        for index, child in enumerate(node.children):
            if node.field_name_for_child(index) in ("argument", "functor") or child.type == "module_parameter":
                continue
            self._body(child, parent, declared)

    def add(self, kind: ItemKind, name: Node, span: Span, core: Span, group: Span, parent: Item | None, declared: bool) -> Item:
        """Records one item."""
        if name.type == "parenthesized_operator":
            inside = [child for child in name.children if child.type not in ("(", ")", "comment")]
            named = Span(self.tree.offset(inside[0].start_byte), self.tree.offset(inside[-1].end_byte)) if inside else None
            return self._push(kind, named or self.tree.span(name), span, core, group, parent, declared)
        return self._push(kind, self.tree.span(name), span, core, group, parent, declared)

    def _push(
        self, kind: ItemKind, named: Span, span: Span, core: Span, group: Span, parent: Item | None, declared: bool
    ) -> Item:
        name = named.of(self.text)
        path = (*parent.path, name) if parent is not None else (name,)
        item = Item(kind, name, path, span, named, core, group, declared, parent)
        self.items.append(item)
        return item

    def _body(self, node: Node, parent: Item | None, declared: bool) -> None:
        for _ in range(_DEPTH):
            if node.type in _CONTAINERS:
                self.container(node, parent, declared or node.type in ("signature", "class_body_type"))
                return
            if node.type not in _THROUGH:
                return
            if node.type in ("typed_module_expression", "typed_class_expression"):
                self.bodies_of_typed(node, parent, declared)
                return
            inner = [child for child in node.children if child.type in _CONTAINERS or child.type in _THROUGH]
            if not inner:
                return
            node = inner[-1]

    def bodies_of_typed(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Goes into both halves of `(struct ... end : sig ... end)`."""
        if self.depth < _DEPTH:
            self.depth += 1
            for child in node.children:
                self._body(child, parent, declared)
            self.depth -= 1

    def _with_comments_before(self, siblings: list[Node], index: int, start: int) -> int:
        while index > 0 and siblings[index - 1].type == "comment":
            comment = self.tree.span(siblings[index - 1])
            if _line_ends(self.text[comment.end : start]) > 1 or comment.of(self.text) == "(**/**)":
                break
            if not self._opens_line(comment.start) and index > 1:
                break  # on the line of what stands before: that one's
            before = self.tree.offset(siblings[index - 2].end_byte) if index > 1 else 0
            if (
                index > 1
                and _line_ends(self.text[before : comment.start]) == 1
                and _line_ends(self.text[comment.end : start]) > 1
            ):
                break
            start, index = comment.start, index - 1
        return start

    def _with_comments_after(self, siblings: list[Node], index: int, end: int) -> int:
        if index + 1 >= len(siblings) or siblings[index + 1].type != "comment":
            return end
        comment = self.tree.span(siblings[index + 1])
        between = _line_ends(self.text[end : comment.start])
        if between == 0:
            return comment.end
        if between == 1 and self.text.startswith("(**", comment.start) and comment.of(self.text) != "(**/**)":
            following = self.tree.offset(siblings[index + 2].start_byte) if index + 2 < len(siblings) else None
            if following is None or _line_ends(self.text[comment.end : following]) != 1:
                return comment.end
        return end

    def _opens_line(self, offset: int) -> bool:
        while offset > 0 and self.text[offset - 1] in " \t\f":
            offset -= 1
        return offset == 0 or self.text[offset - 1] in "\r\n"


def _line_ends(between: str) -> int:
    return between.count("\n") + between.count("\r") - between.count("\r\n")


def _and_before(children: list[Node], index: int) -> Node:
    for child in reversed(children[:index]):
        if child.type in ("and", "let_and_operator"):
            return child
    return children[index]


def _name_of(node: Node) -> Node | None:
    named = node.child_by_field_name("name")
    if named is not None:
        return named
    for child in node.children:
        if child.type in _NAMES or child.type in ("constructor_name", "field_name", "parenthesized_operator"):
            return child
        if child.type in ("boolean", "unit", "empty_list") and node.type == "constructor_declaration":
            return child
    return None


def _bound_names(pattern: Node) -> Iterator[Node]:
    pending = [pattern]
    while pending:
        node = pending.pop()
        if node.type in ("value_name", "value_pattern", "parenthesized_operator"):
            yield node
        elif node.type == "field_pattern" and node.child_by_field_name("pattern") is None:
            path = next((child for child in node.children if child.type == "field_path"), None)
            if path is not None and path.children:
                yield path.children[-1]
        elif not node.type.endswith(("_path", "_type")) and node.type not in ("attribute", "extension", "package_pattern"):
            pending.extend(reversed(node.named_children))
