"""Faults in types: operators, literals, conversions, arguments, assignments, cases and fields."""

import re

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.repairs.conversions import CONVERSIONS, OPERATORS
from benchmarks.repair.code import Code, Fault, Texts, arguments

_CONVERTING = {name for names in CONVERSIONS.values() for name in names}


def _operator(family: tuple[str, ...]) -> Fault:
    def fault(code: Code) -> Texts | None:
        node = code.pick("add_operator", "mult_operator", "infix_operator", where=lambda node: code.written(node) in family)
        return code.put(node, OPERATORS[code.written(node)]) if node is not None else None

    return fault


def _float_literal(code: Code) -> Texts | None:
    node = code.pick("number", where=lambda node: re.fullmatch(r"\d+\.0*", code.written(node)) is not None)
    return code.put(node, code.written(node).partition(".")[0]) if node is not None else None


def _conversion_lost(code: Code) -> Texts | None:
    node = code.pick(
        "application_expression", where=lambda node: code.written(node.children[0]) in _CONVERTING and len(node.children) == 2
    )
    return code.put(node, code.written(node.children[1])) if node is not None else None


def _some_lost(code: Code) -> Texts | None:
    node = code.pick(
        "application_expression", where=lambda node: code.written(node.children[0]) in ("Some", "Ok") and len(node.children) == 2
    )
    return code.put(node, code.written(node.children[1])) if node is not None else None


def _some_pattern_lost(code: Code) -> Texts | None:
    node = code.pick("constructor_pattern", where=lambda node: code.written(node).startswith("Some ") and len(node.children) == 2)
    return code.put(node, code.written(node.children[1])) if node is not None else None


def _bang_lost(code: Code) -> Texts | None:
    node = code.pick("prefix_expression", where=lambda node: code.written(node).startswith("!"))
    return code.put(node, code.written(node)[1:]) if node is not None else None


def _assigned(written: str, new: str) -> Fault:
    def fault(code: Code) -> Texts | None:
        found = [
            node
            for node in code.nodes("assignment_operator", "<-", ":=")
            if code.written(node) == written and node.parent is not None and node.parent.type.endswith("_expression")
        ]
        return code.put(code.rng.choice(found), new) if found else None

    return fault


def _calls(code: Code, least: int) -> list[Node]:
    return [node for node in code.nodes("application_expression") if len(arguments(node)) >= least]


def _arguments_swapped(code: Code) -> Texts | None:
    calls = [call for call in _calls(code, 2) if all(one.type != "labeled_argument" for one in arguments(call)[:2])]
    if not calls:
        return None
    one, other = arguments(code.rng.choice(calls))[:2]
    return code.exchanged(one, other)


def _unit_lost(code: Code) -> Texts | None:
    node = code.pick("unit", where=lambda node: node.parent is not None and node.parent.type == "application_expression")
    return code.without(node) if node is not None else None


def _unit_too_many(code: Code) -> Texts | None:
    calls = _calls(code, 1)
    if not calls:
        return None
    end = code.tree.span(code.rng.choice(calls)).end
    return code.put(Span(end, end), " ()")


def _label_lost(code: Code) -> Texts | None:
    node = code.pick("labeled_argument", where=lambda node: code.written(node).startswith("~"))
    return (
        code.put(node, code.written(node).lstrip("~").partition(":")[2] or code.written(node)[1:]) if node is not None else None
    )


def _label_wrong(code: Code) -> Texts | None:
    node = code.pick("labeled_argument", where=lambda node: re.match(r"~\w+:", code.written(node)) is not None)
    return code.put(node, re.sub(r"^~(\w+)", r"~\1s", code.written(node))) if node is not None else None


def _semicolon_lost(code: Code) -> Texts | None:
    node = code.pick(";", where=lambda node: node.parent is not None and node.parent.type == "sequence_expression")
    return code.without(node) if node is not None else None


def _case_lost(code: Code) -> Texts | None:
    """Green means with a hole here: what stood there nobody can know."""
    node = code.pick(
        "match_case",
        where=lambda node: (
            node.prev_sibling is not None and node.prev_sibling.type == "|" and node.prev_sibling.prev_sibling is not None
        ),
    )
    if node is None or node.prev_sibling is None:
        return None
    return code.put(Span(code.tree.span(node.prev_sibling).start, code.tree.span(node).end), "")


def _case_swallowed(code: Code) -> Texts | None:
    """The catch-all comes one case too early."""

    def last(node: Node) -> bool:
        return code.written(node).startswith("_ ->") and node.next_sibling is None and _before(node) is not None

    node = code.pick("match_case", where=last)
    before = _before(node) if node is not None else None
    return code.exchanged(before, node) if node is not None and before is not None else None


def _before(node: Node) -> Node | None:
    sibling = node.prev_sibling
    while sibling is not None and sibling.type != "match_case":
        sibling = sibling.prev_sibling
    return sibling


def _field_lost(code: Code) -> Texts | None:
    """A record is made without one of its punned fields."""

    def fits(node: Node) -> bool:
        record = node.parent
        return (
            record is not None
            and record.type == "record_expression"
            and len(record.children) > 4
            and "=" not in code.written(node)
            and node.prev_sibling is not None
            and node.prev_sibling.type == ";"
        )

    node = code.pick("field_expression", where=fits)
    if node is None or node.prev_sibling is None:
        return None
    return code.put(Span(code.tree.span(node.prev_sibling).start, code.tree.span(node).end), "")


def _mutable_lost(code: Code) -> Texts | None:
    node = code.pick("mutable", where=lambda node: node.parent is not None and node.parent.type == "field_declaration")
    span = code.tree.span(node) if node is not None else None
    return code.put(Span(span.start, span.end + 1), "") if span is not None else None


TYPES: dict[str, Fault] = {
    "int operator for float": _operator(("+.", "-.", "*.", "/.")),
    "float operator for int": _operator(("+", "-", "*", "/")),
    "point of a float lost": _float_literal,
    "conversion lost": _conversion_lost,
    "Some lost": _some_lost,
    "Some of a pattern lost": _some_pattern_lost,
    "! lost": _bang_lost,
    ":= becomes <-": _assigned(":=", "<-"),
    ":= becomes =": _assigned(":=", "="),
    "<- becomes :=": _assigned("<-", ":="),
    "<- becomes =": _assigned("<-", "="),
    "arguments swapped": _arguments_swapped,
    "() lost": _unit_lost,
    "() too many": _unit_too_many,
    "label lost": _label_lost,
    "label wrong": _label_wrong,
    "; lost": _semicolon_lost,
    "case lost (hole)": _case_lost,
    "case swallowed": _case_swallowed,
    "field lost": _field_lost,
    "mutable lost": _mutable_lost,
}
