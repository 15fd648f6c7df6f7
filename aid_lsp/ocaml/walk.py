"""Walks an OCaml tree for its named things."""

from collections.abc import Iterator
from functools import cache

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.item import Item, ItemKind
from aid_lsp.ocaml.languages import roles
from aid_lsp.ocaml.syntax import Tree

_TESTS = frozenset({"test", "test_unit", "test_module", "expect_test", "bench", "bench_fun", "bench_module"})
_DEPTH = 100
"""Deeper nesting is not looked into, so that no text can exhaust the stack."""


def walked(tree: Tree) -> tuple[Item, ...]:
    """The items of a tree, each after what it lies in."""
    walk = _Walk(tree)
    walk.container(tree.root, None, declared=tree.kind == ".mli")
    return tuple(walk.items)


class _Roles:
    """What `outline.scm` says of each type of node."""

    def __init__(self, kind: str) -> None:
        self.chains: dict[str, ItemKind] = {}
        self.singles: dict[str, ItemKind] = {}
        self.begins: dict[str, ItemKind] = {}
        plain: dict[str, set[str]] = {}
        for node, said in roles(kind, "outline").items():
            for role in said:
                role, _, what = role.partition(".")
                item: ItemKind = what.replace("_", " ")  # pyright: ignore[reportAssignmentType] - the .scm's word
                if role == "chain":
                    self.chains[node] = item
                elif role == "single":
                    self.singles[node] = item
                elif role == "begins":
                    self.begins[node] = item
                else:
                    plain.setdefault(role, set()).add(node)
        self.members = frozenset(plain["member"])
        self.containers = frozenset({*plain["container"], "ERROR"})
        self.transparent = frozenset(plain["transparent"])
        self.through = frozenset(plain["through"])
        self.typed = frozenset(plain["typed"])
        self.names = frozenset(plain["name"])
        self.signatures = frozenset(plain["signature"])


_roles_of = cache(_Roles)


class _Walk:
    """Collects the items of one tree; goes into structures only, never into expressions."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.text = tree.text
        self.roles = _roles_of(tree.kind)
        self.items: list[Item] = []
        self.depth = 0

    def container(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Takes in what stands directly in a structure, signature, object or ERROR."""
        if self.depth >= _DEPTH:
            return
        self.depth += 1
        children, roles = node.children, self.roles
        for index, child in enumerate(children):
            kind = child.type
            if kind in roles.chains:
                self.chain(children, index, parent, declared)
            elif kind in roles.singles:
                self.single(children, index, roles.singles[kind], parent, declared)
            elif kind in roles.transparent:
                self.bodies(child, parent, declared)
            elif child.is_error:
                self.container(child, parent, declared)
            elif kind in roles.begins and node.is_error:
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
        found, kind = siblings[place], self.roles.begins[siblings[index].type]
        start = self.tree.offset(siblings[index].start_byte)
        if found.type in self.roles.members:
            core = Span(start, self.tree.offset(found.end_byte))
            self.binding(found, kind, core, core, core, "", parent, declared)
        elif found.type in self.roles.names and not any(child.type in ("in", "of") for child in siblings[place + 1 : place + 2]):
            core = Span(start, self.tree.offset(siblings[-1].end_byte))
            item = self.add(kind, found, core, core, core, parent, declared)
            if kind == "module" and any(child.type in ("struct", "sig") for child in siblings[place + 1 : place + 6]):
                return item
        return None

    def chain(self, siblings: list[Node], index: int, parent: Item | None, declared: bool) -> None:
        """Takes in `let a = ... and b = ...` and its likes."""
        node = siblings[index]
        kind, members = self.roles.chains[node.type], self.roles.members
        group = self.tree.span(node)
        children = node.children
        bindings = [place for place, child in enumerate(children) if child.type in members]
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
        name = self.name_of(node)
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
        name = self.name_of(named)
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
                    name = self.name_of(constructor) if constructor.type == "constructor_declaration" else None
                    if name is not None:
                        span, core = self.part(siblings, index)
                        item = self.add("constructor", name, span, core, core, parent, declared)
                        self.fields(constructor, item, declared)

    def fields(self, node: Node, parent: Item | None, declared: bool) -> None:
        """Takes in the fields of the record that is a type's or a constructor's body."""
        for record in node.children:
            if record.type != "record_declaration":
                continue
            siblings = record.children
            for index, child in enumerate(siblings):
                name = self.name_of(child) if child.type == "field_declaration" else None
                if name is not None:
                    span, core = self.part(siblings, index)
                    self.add("field", name, span, core, core, parent, declared)

    def part(self, siblings: list[Node], index: int) -> tuple[Span, Span]:
        """The span and the core of a constructor or a field, whose attributes and comments lie beside it.

        A comment on lines of its own belongs to the part before it if it is indented more than that, or documents a constructor; else
        to the part behind it.
        """
        core = self.tree.span(siblings[index])
        start, last = core.start, index
        while last + 1 < len(siblings) and siblings[last + 1].type in ("attribute", ";"):
            last += 1
            if siblings[last].type == "attribute":
                core = Span(start, self.tree.offset(siblings[last].end_byte))
        barred = siblings[index].type == "constructor_declaration"
        first = index - 1 if index > 0 and siblings[index - 1].type == "|" else index
        mine = self.tree.offset(siblings[first].start_byte)
        if first > 0 and siblings[first - 1].type == "comment":
            before = self.tree.span(siblings[first - 1])
            if first > 1 and siblings[first - 2].type == "|":
                start, mine = before.start, self.tree.offset(siblings[first - 2].start_byte)
            elif self._opens_line(before.start) and not self._is_behind(before, mine, barred):
                start = self._with_comments_before(siblings, first, mine)
        end = self.tree.offset(siblings[last].end_byte)
        if last + 1 < len(siblings) and siblings[last + 1].type == "comment":
            after = self.tree.span(siblings[last + 1])
            between = _line_ends(self.text[end : after.start])
            if between == 0 or (between == 1 and self._is_behind(after, mine, barred)):
                end = after.end
        return Span(start, end), core

    def _is_behind(self, comment: Span, part: int, barred: bool) -> bool:
        """Whether a comment on a line of its own belongs to the part before it, which begins there or in the same column."""
        mine, theirs = self._column(comment.start), self._column(part)
        return mine > theirs or (barred and mine == theirs and self.text.startswith("(**", comment.start))

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

    def name_of(self, node: Node) -> Node | None:
        """The name of what a node defines."""
        named = node.child_by_field_name("name")
        if named is not None:
            return named
        for child in node.children:
            if child.type in self.roles.names or child.type in ("constructor_name", "field_name", "parenthesized_operator"):
                return child
            if child.type in ("boolean", "unit", "empty_list") and node.type == "constructor_declaration":
                return child
        return None

    def _body(self, node: Node, parent: Item | None, declared: bool) -> None:
        for _ in range(_DEPTH):
            if node.type in self.roles.containers:
                self.container(node, parent, declared or node.type in self.roles.signatures)
                return
            if node.type not in self.roles.through:
                return
            if node.type in self.roles.typed:
                self.bodies_of_typed(node, parent, declared)
                return
            inner = [child for child in node.children if child.type in self.roles.containers or child.type in self.roles.through]
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

    def _column(self, offset: int) -> int:
        return offset - max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) - 1

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
