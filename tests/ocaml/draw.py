"""Draws what the parser says, for people: one line an item, spans as the text that they cover."""

from textwrap import dedent

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.references import references


def piece(text: str, span: Span) -> str:
    """A span's text on one line, its middle left out if it is long."""
    shown = span.of(text).replace("\n", "⏎")
    return shown if len(shown) <= 60 else f"{shown[:38]}…{shown[-20:]}"


def drawn_outline(path: str, text: str) -> str:
    text = dedent(text)
    return "\n".join(
        f"{'val ' if item.declared else ''}{item.kind} {item.dotted}: {piece(text, item.span)}" for item in outline(path, text)
    )


def drawn_names(path: str, text: str) -> str:
    return "\n".join(f"{'val ' if item.declared else ''}{item.kind} {item.dotted}" for item in outline(path, dedent(text)))


def drawn_references(path: str, text: str, name: str | None = None) -> str:
    text = dedent(text)
    lines: list[str] = []
    for seen in references(path, text, name):
        row = text.count("\n", 0, seen.span.start) + 1
        column = seen.span.start - (text.rfind("\n", 0, seen.span.start) + 1)
        marks = [
            word
            for word, on in (("defines", seen.defines), ("punned", seen.punned), ("local", seen.local), ("unsure", seen.unsure))
            if on
        ]
        bound = ""
        if seen.binder is not None and seen.binder != seen.span:
            bound = f" → {text.count(chr(10), 0, seen.binder.start) + 1}:{seen.binder.start - (text.rfind(chr(10), 0, seen.binder.start) + 1)}"
        lines.append(" ".join([f"{row}:{column}", seen.kind, seen.written, *marks]) + bound)
    return "\n".join(lines)
