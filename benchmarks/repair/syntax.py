"""Slips that the parser stumbles over."""

import re

from aid_lsp.edits.lines import Span
from benchmarks.repair.code import Code, Fault, Texts


def _lost(token: str, *parents: str) -> Fault:
    def fault(code: Code) -> Texts | None:
        node = code.pick(token, where=lambda node: not parents or (node.parent is not None and node.parent.type in parents))
        return code.without(node) if node is not None else None

    return fault


def _instead(token: str, new: str, *parents: str) -> Fault:
    def fault(code: Code) -> Texts | None:
        node = code.pick(token, where=lambda node: node.parent is not None and node.parent.type in parents)
        if node is None:
            return None
        start = code.tree.span(node).start
        blank = new == ";" and code.text[start - 1 : start] == " "
        return code.put(Span(start - blank, code.tree.span(node).end), new)

    return fault


def _after(mark: str, *types: str) -> Fault:
    def fault(code: Code) -> Texts | None:
        node = code.pick(*types)
        end = code.tree.span(node).end if node is not None else 0
        return code.put(Span(end, end), mark) if node is not None else None

    return fault


def _quote_lost(code: Code) -> Texts | None:
    node = code.pick("string", where=lambda node: re.fullmatch(r'"[^"\\\n]+"', code.written(node)) is not None)
    return code.put(node, code.written(node)[:-1]) if node is not None else None


SYNTAX: dict[str, Fault] = {
    ") lost": _lost(")", "parenthesized_expression", "parenthesized_pattern"),
    ") too many": _after(")", "application_expression"),
    "] lost": _lost("]", "list_expression"),
    "in lost": _lost("in", "let_expression"),
    "in becomes ;": _instead("in", ";", "let_expression"),
    "-> lost": _lost("->", "match_case", "fun_expression"),
    "= lost": _lost("=", "let_binding"),
    "with lost": _lost("with", "match_expression", "try_expression"),
    "then lost": _lost("then"),
    "end lost": _lost("end"),
    "stray ;;": _after(";;", "let_binding"),
    "quote lost": _quote_lost,
}
