"""Functions as the source has them: what they take, what their types say they take, and what they are given.

let walk ?(deep = true) dir = …      Definition   parameters [?deep, dir]
val walk : ?deep:bool -> string -> … Declaration  parameters [?deep, string]
walk ~deep:false "/tmp"              Call         arguments  [~deep, "/tmp"]
List.iter walk dirs                  Call         without arguments
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.ocaml.references import Occurrence
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.change import Unsure
from aid_lsp.recipes.plan import is_subject, of_generator
from aid_lsp.recipes.sources import Sources, Spot
from aid_lsp.recipes.subject import Subject, tokens_for

_OPEN = frozenset({"parenthesized_expression", "let_binding"})
"""Within these, nothing needs parentheses."""
_OPERANDS = frozenset(
    {"infix_expression", "sequence_expression", "then_clause", "if_expression", "match_expression", "match_case"}
)
"""Within these, a call needs none."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, of a definition or of a type."""

    span: Span
    """All of it, mark and parentheses included; of a type, its domain; empty for what `function` takes."""
    label: str
    """Empty for a positional one."""
    optional: bool
    name: str
    """The variable that it binds, if it is a plain one."""
    of: Literal["let", "fun", "function", "type"]
    unit: bool = False
    """Whether it is `()`."""

    def __str__(self) -> str:
        return f"{'?' if self.optional else '~'}{self.label}" if self.label else self.name or "()"


@dataclass(frozen=True, slots=True)
class Arrow:
    """A function type: its domains in order, and where its result begins."""

    parameters: tuple[Parameter, ...]
    result: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Definition:
    """`let f … = …`."""

    path: str
    tree: Tree
    node: Node
    """The `let_binding`."""
    name: Span
    parameters: tuple[Parameter, ...]
    annotated: Arrow | None
    """The type annotation: what the parameters behind the `let`'s own ones are, and the result."""
    polymorphic: bool
    """Whether that annotation quantifies its variables, so that no parameter can stand before it."""
    body: Span
    """What the last parameter leads to."""

    @property
    def of_let(self) -> int:
        """How many parameters stand before the `=`."""
        return sum(1 for parameter in self.parameters if parameter.of == "let")

    @property
    def span(self) -> Span:
        """All of it."""
        return self.tree.span(self.node)


@dataclass(frozen=True, slots=True)
class Declaration:
    """`val f : …`."""

    path: str
    name: Span
    arrow: Arrow


@dataclass(frozen=True, slots=True)
class Argument:
    """What is given for one parameter."""

    span: Span
    label: str
    node: Node
    """The whole argument, label included."""


@dataclass(frozen=True, slots=True)
class Call:
    """A use of a function, with all that it is given; without arguments where it is passed on as a value."""

    path: str
    tree: Tree
    token: Occurrence
    function: Span
    """The function's path, with the parentheses around it."""
    whole: Span
    """The application, or the function alone."""
    arguments: tuple[Argument, ...]
    around: str
    """The type of the node that it is a part of."""

    def fenced(self, written: str) -> str:
        """What can stand in its place: in parentheses, unless it needs none there."""
        bare = self.around in _OPEN or (self.around in _OPERANDS and not written.startswith("fun "))
        return written if bare else f"({written})"

    @property
    def positional(self) -> tuple[Argument, ...]:
        """The arguments without a label."""
        return tuple(argument for argument in self.arguments if not argument.label)


@dataclass(frozen=True, slots=True)
class Function:
    """A function with everything that must know its parameters."""

    subject: Subject
    definitions: tuple[Definition, ...]
    declarations: tuple[Declaration, ...]
    calls: tuple[Call, ...]
    """A call within an argument of another one comes before that."""
    foreign: tuple[Spot, ...]
    """Its name where our grammars do not see it, in a broken `.mly` for one."""

    doubtful: tuple[str, ...] = ()
    """Places of the same name that nobody can tell to mean it or not."""

    @property
    def main(self) -> Definition:
        """The definition that counts: the one of the implementation; of several the first that shows parameters."""
        return self.definitions[0]

    def inside(self, call: Call) -> Definition | None:
        """The definition that a call lies in: a recursive one."""
        return next((d for d in self.definitions if d.path == call.path and d.span.start <= call.whole.start < d.span.end), None)


def function_of(sources: Sources, subject: Subject, uses: frozenset[tuple[str, int]] = frozenset()) -> Function:
    """Everything of a function; raises `Unsure` where its definition is not that of a function.

    `uses` are places that are known to mean it, though the compiler's index does not say so.
    """
    definitions: list[Definition] = []
    others: list[Definition] = []
    declarations: list[Declaration] = []
    calls: list[Call] = []
    doubtful: list[str] = []
    for path in sources.files(subject.name, generators=True):
        tree = sources.tree(path)
        for token in sources.references(path, subject.name):
            if token.kind not in tokens_for("value") or of_generator(sources, path, token):
                continue
            if (path, token.span.start) not in uses and not is_subject(sources, path, token, subject):
                fact = sources.facts(path, subject.name).get(token.span.start)
                if fact is not None and fact.unknown and not fact.uids and not fact.outside and not token.local:
                    doubtful.append(str(sources.spot(path, token.span)))
                continue
            listed = any(spot.path == path and spot.span == token.span for spot in subject.definitions)
            node = _defining(tree, token)
            if node is None and not listed:
                calls.append(call_at(path, tree, token))
                continue
            if node is None or node.type == "external":
                raise Unsure(f"{sources.spot(path, token.span)} does not define {subject.name} by `let`; AID leaves that alone.")
            if node.type == "let_binding":
                (definitions if listed else others).append(definition_of(path, tree, node, token.span))
            else:
                declarations.append(Declaration(path, token.span, arrow_of(tree, _type_of(node))))
    if not definitions:
        raise Unsure(f"AID finds no definition of {subject}.")
    definitions.sort(key=lambda one: not one.parameters)
    foreign = tuple(_foreign(sources, subject))
    alone = {(call.path, call.whole) for call in calls if not call.arguments}
    same = {(one.path, one.body) for one in others if not one.parameters} & alone  # `let f = M.f` follows by itself
    others = [one for one in others if (one.path, one.body) not in same]
    calls = [call for call in calls if (call.path, call.whole) not in same]
    calls.sort(key=lambda call: call.whole.end - call.whole.start)
    return Function(subject, (*definitions, *others), tuple(declarations), tuple(calls), foreign, tuple(doubtful))


def _foreign(sources: Sources, subject: Subject) -> Iterator[Spot]:
    for path in () if subject.local else sources.fact_paths(subject.name):
        if sources.exists(path) and not is_ocaml(path):
            known = {token.span.start for token in sources.references(path, subject.name)}
            for start, fact in sources.facts(path, subject.name).items():
                if fact.uids & subject.uids and start >= 0 and start not in known:
                    yield sources.spot(path, Span(start, start + len(subject.name)))


def _defining(tree: Tree, token: Occurrence) -> Node | None:
    node: Node | None = tree.node_at(token.span)
    while node is not None and node.type not in ("let_binding", "value_specification", "external"):
        node = node.parent
    if node is not None and node.type == "let_binding":
        pattern = node.child_by_field_name("pattern")
        if pattern is None or tree.span(pattern) != token.span:
            return None
    elif node is not None and token.span not in [tree.span(child) for child in node.named_children]:
        return None
    return node


def _type_of(node: Node) -> Node | None:
    return node.child_by_field_name("type")


def definition_of(path: str, tree: Tree, node: Node, name: Span) -> Definition:
    """Reads a `let_binding`."""
    parameters = [_parameter(tree, child, "let") for child in node.children if child.type == "parameter"]
    annotation, body = _type_of(node), node.child_by_field_name("body")
    if body is not None and body.type not in ("fun_expression", "function_expression", "typed_expression"):
        inner = _unparenthesized(body)
        body = inner if inner.type in ("fun_expression", "function_expression") else body
    while body is not None and body.type == "fun_expression":
        parameters += [_parameter(tree, child, "fun") for child in body.children if child.type == "parameter"]
        body = body.child_by_field_name("body")
    if body is not None and body.type == "function_expression":
        start = tree.span(body).start
        parameters.append(Parameter(Span(start, start), "", False, "", "function"))
    return Definition(
        path,
        tree,
        node,
        name,
        tuple(parameters),
        arrow_of(tree, annotation) if annotation is not None else None,
        annotation is not None and annotation.type == "polymorphic_type",
        tree.span(body) if body is not None else Span(name.end, name.end),
    )


def _unparenthesized(node: Node) -> Node:
    while node.type == "parenthesized_expression":
        inner = [child for child in node.named_children if child.type != "comment"]
        if len(inner) != 1:
            break
        node = inner[0]
    return node


def _parameter(tree: Tree, node: Node, of: Literal["let", "fun"]) -> Parameter:
    mark = node.children[0].type
    labelled = mark in ("~", "?")
    pattern = node.child_by_field_name("pattern")
    label = next((tree.written(child) for child in node.children if child.type == "label_name"), "")
    name = _variable(tree, pattern)
    if labelled and not label:
        label = name
    unit = pattern is not None and pattern.type == "unit"
    return Parameter(tree.span(node), label if labelled else "", mark == "?", name, of, unit)


def _variable(tree: Tree, pattern: Node | None) -> str:
    while pattern is not None and pattern.type in ("typed_pattern", "parenthesized_pattern"):
        inner = pattern.child_by_field_name("pattern") or next(iter(pattern.named_children), None)
        pattern = inner
    return tree.written(pattern) if pattern is not None and pattern.type in ("value_pattern", "value_name") else ""


def arrow_of(tree: Tree, node: Node | None) -> Arrow:
    """Reads a type as that of a function; no parameters if it is none."""
    while node is not None and node.type == "polymorphic_type":
        node = node.child_by_field_name("type") or node.named_children[-1]
    parameters: list[Parameter] = []
    while node is not None and node.type == "function_type":
        domain = node.child_by_field_name("domain")
        if domain is None:
            break
        label = next((tree.written(c) for c in domain.children if c.type == "label_name"), "")
        labelled = domain.type == "labeled_argument_type"
        optional = labelled and domain.children[0].type == "?"
        unit = tree.written(domain) == "unit"
        parameters.append(Parameter(tree.span(domain), label if labelled else "", optional, "", "type", unit))
        node = node.child_by_field_name("codomain")
    return Arrow(tuple(parameters), tree.span(node).start if node is not None else 0, tree)


def call_at(path: str, tree: Tree, token: Occurrence) -> Call:
    """The use of a function at a token: `f x`, `(f x) y`, `M.(f) x`, or `f` alone."""
    node = tree.node_at(token.whole)
    while node.parent is not None and node.parent.type in ("value_path", "parenthesized_operator"):
        node = node.parent
    function = node
    arguments: list[Argument] = []
    whole, parent = node, node.parent
    while parent is not None:
        if parent.type == "application_expression":
            if parent.child_by_field_name("function") != node:
                break
            arguments += [_argument(tree, child) for child in parent.children_by_field_name("argument")]
            whole = parent
        elif parent.type not in ("parenthesized_expression", "local_open_expression") or (
            parent.type == "local_open_expression" and arguments
        ):
            break
        elif not arguments:
            function = parent
            whole = parent
        node, parent = parent, parent.parent
    around = whole.parent.type if whole.parent is not None else ""
    return Call(path, tree, token, tree.span(function), tree.span(whole), tuple(arguments), around)


def _argument(tree: Tree, node: Node) -> Argument:
    label = ""
    if node.type == "labeled_argument":
        label = next((tree.written(child) for child in node.children if child.type == "label_name"), "")
    return Argument(tree.span(node), label, node)
