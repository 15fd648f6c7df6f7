"""Which function, value or type an instruction is about: named by its words, or by the place where it was said."""

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, module_name
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes.change import Unsure
from aid_lsp.recipes.functions import Function
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import NotFound, Subject
from aid_lsp.recipes.subject_found import find, subjects_named
from aid_lsp.recipes.wording import NameKind, Rename
from aid_lsp.workspace.request import Place


def shown(path: tuple[str, ...]) -> str:
    """A name for people, before it is known what it means."""
    return ".".join(path) or "the function at the cursor"


def subject_named(sources: Sources, kind: NameKind, path: tuple[str, ...], place: Place | None) -> Subject:
    """The one thing of a kind that is meant; raises `Unsure` for none and for several."""
    found = find(sources, Rename(kind, path, ""), place)
    if isinstance(found, NotFound):
        raise Unsure(found.reason)
    return found


def function_named(sources: Sources, path: tuple[str, ...], place: Place | None, *, local: bool = False) -> Subject:
    """The function that is meant: by name, or the one under the cursor, or the one around it."""
    if path:
        return subject_named(sources, "value", path, place)
    if place is None:
        raise Unsure("Say which function, or put the cursor on it.")
    found = find(sources, Rename("value", (), ""), place)
    if isinstance(found, Subject) and not (found.local and not local and around(sources, place) is not None):
        return found
    item = around(sources, place)
    if item is None:
        raise Unsure("There is no function at that place; say which one you mean.")
    for subject in subjects_named(sources, item.name, Rename("value", (item.name,), "")):
        if any(spot.path == place.path and spot.span == item.name_span for spot in subject.definitions):
            return subject
    raise Unsure(f"AID cannot tell what {item.dotted} is; say which function you mean.")


def module_file(sources: Sources, module: str) -> str:
    """The `.ml` of a module that is named, as `Shape` or as its file; raises `Unsure` for none and for several."""
    wanted = implementation_of(module) if "." in module and module.endswith((".ml", ".mli")) else ""
    found = [
        path
        for path in sources.view.paths()
        if path.endswith(".ml")
        and (path == wanted or path.endswith(f"/{wanted}") if wanted else module_name(path) == module.split(".")[-1])
    ]
    if len(found) != 1:
        if not found:
            raise Unsure(f"There is no module {module} in this workspace.")
        raise Unsure(f"Several files are the module {module}: {', '.join(found)}; say which.")
    return found[0]


_ORDINALS = ("first", "second", "third", "fourth", "fifth")


def parameter_index(function: Function, which: str) -> int:
    """Which parameter is meant by its label, its variable or its place among the positional ones; raises `Unsure`."""
    parameters = function.main.parameters
    word = which.lstrip("~?")
    found = [place for place, parameter in enumerate(parameters) if word in (parameter.label, parameter.name)]
    if not found and not which.startswith(("~", "?")):
        found = [place for place, parameter in enumerate(parameters) if f"_{word}" == parameter.name]
    if not found and word in (*_ORDINALS, "last", "penultimate"):
        positional = [place for place, parameter in enumerate(parameters) if not parameter.label]
        backwards = word in ("last", "penultimate")
        found = positional[::-1][word != "last" :][:1] if backwards else positional[_ORDINALS.index(word) :][:1]
    if len(found) != 1:
        known = ", ".join(map(str, parameters)) or "none"
        raise Unsure(f"{function.subject} has no parameter {which}; its parameters are: {known}.")
    return found[0]


def is_test(sources: Sources, path: str) -> bool:
    """Whether dune runs a file's code as a test."""
    _, stanza = owner(path, frozenset(sources.view.paths()), sources.view.text)
    return stanza is not None and stanza.kind in ("test", "tests")


def around(sources: Sources, place: Place) -> Item | None:
    """The innermost value whose definition holds the place."""
    found = [
        item
        for item in sources.items(place.path)
        if item.kind in ("value", "external") and item.span.start <= place.span.start <= item.span.end
    ]
    return min(found, key=lambda item: item.span.end - item.span.start, default=None)


def expression_at(sources: Sources, place: Place | None) -> tuple[str, Tree, Node]:
    """The expression that is selected; raises `Unsure` where the selection is none."""
    if place is None or not place.span.of(sources.text(place.path)).strip():
        raise Unsure("Select the expression first (with `aid change`: --at FILE:LINE:COLUMN-LINE:COLUMN).")
    path, text = place.path, sources.text(place.path)
    selected = place.span.of(text)
    start = place.span.start + len(selected) - len(selected.lstrip())
    span = Span(start, start + len(selected.strip()))
    tree = parse(path, text)
    node = tree.node_at(span)
    while node.parent is not None and tree.span(node.parent) == span:
        node = node.parent
    if tree.span(node) != span or not (node.type.endswith("_expression") or node.type in _EXPRESSIONS):
        raise Unsure(f"{sources.spot(path, span)}: that is not one whole expression; select it from its beginning to its end.")
    return path, tree, node


_EXPRESSIONS = frozenset(
    {"value_path", "number", "string", "character", "constructor_path", "quoted_string", "boolean", "unit", "tag"}
)
_BODIES = frozenset(
    {"let_binding", "match_case", "fun_expression", "then_clause", "else_clause", "let_expression", "let_open_expression"}
)


def enclosing_expression(node: Node) -> Node | None:
    """The outermost expression around one that is computed just when that is: up to the next body, branch or `;`."""
    current = node
    while current.parent is not None:
        parent = current.parent
        if parent.type == "sequence_expression" or (parent.type in _BODIES and parent.child_by_field_name("body") == current):
            return current
        if parent.type in ("then_clause", "else_clause", "parenthesized_expression", "do_clause"):
            return current
        if not (
            parent.type.endswith("_expression")
            or parent.type in ("labeled_argument", "field_expression", "let_binding", "value_definition")
        ):
            return None
        current = parent
    return None
