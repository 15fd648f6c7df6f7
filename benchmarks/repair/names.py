"""Faults in names: misspelt, moved, not brought into scope, not used."""

import re

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from benchmarks.repair.code import Code, Fault, Texts, misspelt


def _typo(*types: str, parent: str = "") -> Fault:
    def fault(code: Code) -> Texts | None:
        def fits(node: Node) -> bool:
            return len(code.written(node)) > 3 and (not parent or (node.parent is not None and node.parent.type == parent))

        node = code.pick(*types, where=fits)
        return code.put(node, misspelt(code.written(node), code.rng)) if node is not None else None

    return fault


def _qualifier_lost(code: Code) -> Texts | None:
    node = code.pick("value_path", where=lambda node: len(node.children) > 1 and node.children[-1].type == "value_name")
    return code.put(node, code.written(node.children[-1])) if node is not None else None


def _open_lost(code: Code) -> Texts | None:
    node = code.pick("open_module", where=lambda node: node.parent is not None and node.parent.type == "compilation_unit")
    if node is None:
        return None
    span = code.tree.span(node)
    return code.put(Span(span.start, span.end + (code.text[span.end : span.end + 1] == "\n")), "")


def _rec_lost(code: Code) -> Texts | None:
    node = code.pick("rec")
    return code.without(node) if node is not None else None


def _rec_too_many(code: Code) -> Texts | None:
    node = code.pick(
        "let",
        where=lambda node: (
            node.parent is not None
            and node.parent.type == "value_definition"
            and "rec" not in {c.type for c in node.parent.children}
            and code.text[node.end_byte : node.end_byte + 1] not in ("%", "[")
        ),
    )
    return code.put(node, "let rec") if node is not None else None


def _parameter_renamed(code: Code) -> Texts | None:
    node = code.pick(
        "value_pattern",
        where=lambda node: (
            node.parent is not None
            and node.parent.type == "parameter"
            and len(node.parent.children) == 1
            and node.end_byte - node.start_byte > 1
        ),
    )
    return code.put(node, f"{code.written(node)}{code.rng.choice(('s', '_arg', '1'))}") if node is not None else None


def _unused_variable(code: Code) -> Texts | None:
    node = code.pick("let_expression")
    if node is None:
        return None
    start = code.tree.span(node).start
    return code.put(Span(start, start), f"let {code.rng.choice(('count', 'extra', 'tmp'))} = 0 in ")


def _unused_value(code: Code) -> Texts | None:
    if f"{code.path}i" not in code.texts or not code.path.endswith(".ml"):
        return None
    node = code.pick("value_definition", where=lambda node: node.parent is not None and node.parent.type == "compilation_unit")
    if node is None:
        return None
    start = code.tree.span(node).start
    return code.put(Span(start, start), "let spare_helper x = (x, x)\n\n")


def _moved(code: Code) -> Texts | None:
    """A call still names the module that a function was in before."""
    node = code.pick("value_path", where=lambda node: len(node.children) > 1 and code.written(node.children[0]) in _LIBRARY)
    if node is None:
        return None
    module = code.written(node.children[0])
    return code.put(node.children[0], code.rng.choice([other for other in _LIBRARY if other != module]))


_LIBRARY = ("List", "Array", "String", "Hashtbl", "Buffer", "Format", "Printf", "Bytes", "Char")

NAMES: dict[str, Fault] = {
    "typo in value": _typo("value_name", parent="value_path"),
    "typo in module": _typo("module_name", parent="module_path"),
    "typo in constructor": _typo("constructor_name", parent="constructor_path"),
    "typo in field": _typo("field_name", parent="field_path"),
    "typo in type": _typo("type_constructor", parent="type_constructor_path"),
    "qualifier lost": _qualifier_lost,
    "wrong module": _moved,
    "open lost": _open_lost,
    "rec lost": _rec_lost,
    "rec too many": _rec_too_many,
    "parameter renamed": _parameter_renamed,
    "unused variable": _unused_variable,
    "unused value": _unused_value,
}


def word(text: str) -> bool:
    """Whether a text is one name."""
    return re.fullmatch(r"[\w']+", text) is not None
