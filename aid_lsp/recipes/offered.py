"""Which described changes are offered at a place without being asked for: titles for a menu, and the instructions behind them.

a whole expression is selected      AID: extract to a function, AID: extract to a local value
the cursor is on a definition       AID: add a test for area          (its name, not its body)
the cursor is on a hole             AID: fill this hole              (`_`, `failwith "TODO"`, `assert false`)
the file is an interface            AID: update the interface
"""

import re
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.holes import hole_at

_EXPRESSIONS = (
    "application_expression",
    "infix_expression",
    "if_expression",
    "match_expression",
    "let_expression",
    "sequence_expression",
)
_LARGE = 400_000
"""In a larger file nothing is offered: the menu has to open at once."""


def offered(path: str, text: str, span: Span) -> list[tuple[str, str]]:
    """Titles and instructions; only parses."""
    return list(_offered(path, text, span)) if len(text) < _LARGE else []


def _offered(path: str, text: str, span: Span) -> Iterator[tuple[str, str]]:
    selected = span.of(text)
    if selected.strip():
        if path.endswith(".ml") and len(selected) < 5_000:
            start = span.start + len(selected) - len(selected.lstrip())
            held = Span(start, start + len(selected.strip()))
            tree = parse(path, text)
            node = tree.node_at(held)
            while node.parent is not None and tree.span(node.parent) == held:
                node = node.parent
            if tree.span(node) == held and node.type in _EXPRESSIONS:
                yield "AID: extract to a function", f"extract the selection to a function called {_fresh(text, 'extracted')}"
                yield "AID: extract to a local value", f"extract the selection to a local value {_fresh(text, 'bound')}"
        return
    if path.endswith(".ml") and hole_at(parse(path, text), span) is not None:
        yield "AID: fill this hole", "fill the hole"
    for item in outline(path, text):
        if item.parent is None and item.name_span.start <= span.start <= item.name_span.end:
            if item.kind == "value" and re.fullmatch(r"[a-z_][\w']*", item.name):
                yield f"AID: add a test for {item.name}", "add a test for this"
            if path.endswith(".mli"):
                yield "AID: update the interface", "update the interface"
            return


def _fresh(text: str, name: str) -> str:
    """A name that a text does not say yet."""
    number = 1
    while re.search(rf"\b{name}{number if number > 1 else ''}\b", text):
        number += 1
    return f"{name}{number if number > 1 else ''}"
