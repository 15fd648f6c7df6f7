"""How a token is rewritten when what it names gets another name: puns are written out, operators stay apart from `(*`.

field      { width }       ──▶ { w = width }           variable   { width }      ──▶ { width = w }
label      f ~by           ──▶ f ~factor:by            variable   f ~by          ──▶ f ~by:factor
label      fun ?(by = 1)   ──▶ fun ?factor:(by = 1)    variable   fun ?(by = 1)  ──▶ fun ?by:(factor = 1)
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Edit
from aid_lsp.ocaml.references import Occurrence
from aid_lsp.ocaml.syntax import Tree

Replacements = dict[Span, str]
"""What replaces which stretches of one text; an empty span inserts."""


def rewrite(tree: Tree, token: Occurrence, new: str) -> Replacements:
    """The replacements that give one token another name."""
    node = tree.node_at(token.span)
    if token.kind in ("field", "value"):
        holder = _field_holder(node)
        if holder is not None and _is_pun(holder) and _names_field(tree, holder, token.span):
            end = tree.span(holder).end
            if token.kind == "field":
                return {token.span: new, Span(end, end): f" = {token.name}"}
            return {Span(end, end): f" = {new}"}
    if token.kind in ("label", "value") and token.punned:
        return _rewrite_label(tree, node, token, new)
    return {token.span: _apart(tree.text, token.span, new)}


def _rewrite_label(tree: Tree, node: Node, token: Occurrence, new: str) -> Replacements:
    holder: Node | None = node
    while holder is not None and holder.type not in ("parameter", "labeled_argument", "let_binding", "compilation_unit"):
        holder = holder.parent
    if holder is None or holder.type not in ("parameter", "labeled_argument"):
        return {token.span: new}
    label, value = (new, token.name) if token.kind == "label" else (token.name, new)
    if any(child.type == "(" for child in holder.children):
        mark = tree.span(holder.children[0]).end
        return {Span(mark, mark): f"{label}:", token.span: value} if value != token.name else {Span(mark, mark): f"{label}:"}
    return {token.span: f"{label}:{value}"}


def _field_holder(node: Node) -> Node | None:
    parent = node.parent
    for _ in range(3):
        if parent is None:
            return None
        if parent.type in ("field_pattern", "field_expression"):
            return parent
        parent = parent.parent
    return None


def _is_pun(holder: Node) -> bool:
    return not any(child.type == "=" for child in holder.children)


def _names_field(tree: Tree, holder: Node, span: Span) -> bool:
    """Whether a token is the field's name itself, not a part of a type behind it."""
    path = next((child for child in holder.children if child.type == "field_path"), None)
    return path is not None and tree.span(path).end == span.end


def _apart(text: str, span: Span, new: str) -> str:
    """`(*` opens a comment and `*)` closes one, so an operator with a star keeps its distance from parentheses."""
    before = " " if new.startswith("*") and text[span.start - 1 : span.start] == "(" else ""
    after = " " if new.endswith("*") and text[span.end : span.end + 1] == ")" else ""
    return f"{before}{new}{after}"


class Shift:
    """Where an offset of a text lies after some replacements, and back."""

    def __init__(self, replacements: Mapping[Span, str]) -> None:
        self._spans = sorted(replacements)
        self._grown: list[int] = []
        total = 0
        for span in self._spans:
            total += len(replacements[span]) - (span.end - span.start)
            self._grown.append(total)
        self._after = [span.start + grown for span, grown in zip(self._spans, [0, *self._grown], strict=False)]

    def forward(self, offset: int) -> int:
        """The new place of what stood at an offset; the start of what replaced it, if it was replaced."""
        index = bisect_right([span.start for span in self._spans], offset) - 1
        if index < 0:
            return offset
        span = self._spans[index]
        if offset < span.end or offset == span.start < span.end:
            return span.start + (self._grown[index - 1] if index else 0)
        if span.start == span.end == offset:
            index -= 1
            return offset + (self._grown[index] if index >= 0 else 0)
        return offset + self._grown[index]

    def back(self, offset: int) -> int:
        """The old place of what stands at a new offset."""
        index = bisect_right(self._after, offset) - 1
        if index < 0:
            return offset
        span = self._spans[index]
        if offset >= span.end + self._grown[index]:
            return offset - self._grown[index]
        return span.start


def edits(replacements: Mapping[Span, str]) -> tuple[Edit, ...]:
    """The replacements as edits, in order."""
    return tuple(Edit(span, text) for span, text in sorted(replacements.items()))


def rewritten(text: str, replacements: Mapping[Span, str]) -> str:
    """The text with the replacements made."""
    pieces: list[str] = []
    at = 0
    for span, new in sorted(replacements.items()):
        pieces += (text[at : span.start], new)
        at = span.end
    return "".join((*pieces, text[at:]))


def merged(parts: Iterable[Mapping[Span, str]]) -> Replacements:
    """Several replacements of one text as one."""
    found: Replacements = {}
    for part in parts:
        found.update(part)
    return found


def cut(text: str, start: int, end: int) -> Span:
    """What goes where a definition at the top of a module goes: the blanks behind it, and a `;;` that then ends nothing."""
    end = _beyond_blanks(text, end)
    before = text[:start].rstrip()
    if text.startswith(";;", end) and (not before or before.endswith(";;")):
        end = _beyond_blanks(text, end + 2)
    return Span(start, end)


def _beyond_blanks(text: str, end: int) -> int:
    return len(text) - len(text[end:].lstrip())
