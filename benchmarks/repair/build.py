"""Faults between files: interfaces that disagree, dune files that say too little."""

import re

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_dune
from benchmarks.repair.code import Code, Fault, Texts, misspelt

_BASE = ("int", "string", "bool", "float", "char", "unit")


def _interface(code: Code) -> Code | None:
    path = f"{code.path.removesuffix('i')}i"
    return Code(code.texts, path, code.rng) if path in code.texts else None


def _declared_type(code: Code) -> Texts | None:
    interface = _interface(code)
    if interface is None:
        return None
    node = interface.pick("type_constructor", where=lambda node: interface.written(node) in _BASE and _in_value(node))
    if node is None:
        return None
    return interface.put(node, code.rng.choice([other for other in _BASE if other != interface.written(node)]))


def _in_value(node: object) -> bool:
    above = getattr(node, "parent", None)
    while above is not None and above.type != "value_specification":
        above = above.parent
    return above is not None


def _declared_name(code: Code) -> Texts | None:
    interface = _interface(code)
    items = (
        [item for item in interface.items if item.kind == "value" and item.parent is None and len(item.name) > 3]
        if interface
        else []
    )
    if interface is None or not items:
        return None
    item = code.rng.choice(items)
    return interface.put(item.name_span, misspelt(item.name, code.rng))


def _defined_constructor(code: Code) -> Texts | None:
    """One side's type loses a constructor or a field that the other has."""
    side = code.rng.choice([one for one in (_interface(code), code) if one is not None])
    if _interface(code) is None:
        return None
    found = [
        node
        for node in side.nodes("constructor_declaration")
        if node.prev_sibling is not None and node.prev_sibling.type == "|" and node.prev_sibling.prev_sibling is not None
    ]
    if not found:
        return None
    node = code.rng.choice(found)
    before = node.prev_sibling
    assert before is not None
    start = len(side.text[: side.tree.span(before).start].rstrip())
    return side.put(Span(start, side.tree.span(node).end), "")


def _dune(code: Code, pattern: str) -> tuple[str, re.Match[str]] | None:
    found = [
        (path, match)
        for path, text in code.texts.items()
        if is_dune(path) and path.endswith("dune")
        for match in re.finditer(pattern, text)
    ]
    return code.rng.choice(found) if found else None


def _result_differs(code: Code) -> Texts | None:
    """A declared function's result is an option now; its interface says that it is none."""
    interface = _interface(code)
    if interface is None:
        return None
    declared = {item.name for item in interface.items if item.kind == "value" and item.parent is None}
    found: list[Node] = []
    for item in code.items:
        if item.kind == "value" and item.parent is None and item.name in declared:
            node: Node | None = code.tree.node_at(item.name_span)
            while node is not None and node.type != "let_binding":
                node = node.parent
            body = node.child_by_field_name("body") if node is not None else None
            if body is not None and body.type in ("application_expression", "infix_expression"):
                found.append(body)
    if not found:
        return None
    body = code.rng.choice(found)
    return code.put(body, f"Some ({code.written(body)})")


def _module_lost(code: Code) -> Texts | None:
    found = _dune(code, r"\(modules\s[^()]*?(\s*\b[a-z]\w*)\s*\)")
    return (
        None if found is None else {found[0]: code.texts[found[0]][: found[1].start(1)] + code.texts[found[0]][found[1].end(1) :]}
    )


def _library_lost(code: Code) -> Texts | None:
    found = _dune(code, r"\(libraries\s[^()]*?(\s*\b[\w.-]+)\s*\)")
    return (
        None if found is None else {found[0]: code.texts[found[0]][: found[1].start(1)] + code.texts[found[0]][found[1].end(1) :]}
    )


def _library_typo(code: Code) -> Texts | None:
    found = _dune(code, r"\(libraries\s[^()]*?\b([\w.-]{4,})\s*\)")
    if found is None:
        return None
    text = code.texts[found[0]]
    return {found[0]: text[: found[1].start(1)] + misspelt(found[1][1], code.rng) + text[found[1].end(1) :]}


def _field_typo(code: Code) -> Texts | None:
    found = _dune(code, r"\((libraries|modules|flags|preprocess|name|public_name|wrapped)\b")
    if found is None:
        return None
    text = code.texts[found[0]]
    return {found[0]: text[: found[1].start(1)] + misspelt(found[1][1], code.rng) + text[found[1].end(1) :]}


def _parenthesis_lost(code: Code) -> Texts | None:
    found = _dune(code, r"\)\s*\Z")
    return (
        None
        if found is None
        else {found[0]: code.texts[found[0]][: found[1].start()] + code.texts[found[0]][found[1].start() + 1 :]}
    )


BUILD: dict[str, Fault] = {
    "type differs in interface": _declared_type,
    "name differs in interface": _declared_name,
    "constructor lost on one side": _defined_constructor,
    "result differs from interface": _result_differs,
    "module lost in dune": _module_lost,
    "library lost": _library_lost,
    "typo in library": _library_typo,
    "typo in dune field": _field_typo,
    ") lost in dune": _parenthesis_lost,
}
