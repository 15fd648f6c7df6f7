"""Lets the compiler say where an implementation leaves its interface: the definition is built once with the declared type written to it.

    val total : float -> int        let total x = x +. 1.
                                    let total : float -> int = fun x -> x +. 1.      the error is now at `x +. 1.`

The annotated text is only built, never offered: what repairs that error is carried back to the text as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.repairs.site import Repair
from aid_lsp.recipes.repairs.tokens import tokens
from aid_lsp.recipes.sites import Replacements, Shift


@dataclass(frozen=True, slots=True)
class Probe:
    """What makes a definition say the type that its interface declares."""

    path: str
    added: Replacements

    def back(self, repair: Repair) -> Repair | None:
        """A repair of the annotated text as one of the text itself; None where it touches the annotation."""
        if repair.path != self.path:
            return repair
        shift = Shift(self.added)
        found: Replacements = {}
        for span, new in repair.replacements.items():
            start, end = shift.back(span.start), shift.back(span.end)
            if end - start != span.end - span.start:
                return None
            found[Span(start, end)] = new
        return replace(repair, replacements=found)


def probes(path: str, ours: str, declared: Item, theirs: str) -> Iterator[Probe]:
    """The definition of a declared value, with its type; nothing where it is defined by a pattern or has a type already."""
    written = tokens(theirs, declared.name_span.end, declared.core.end)
    names = [token.text for token in written]
    if names[:1] != [":"] or declared.kind != "value":
        return
    end = next((index for index, name in enumerate(names) if name in ("@@", "[@@")), len(names))
    while end > 1 and names[end - 1] == "[":
        end -= 1
    type_ = " ".join(re.sub(r"\s+", " ", token.text) for token in written[1:end])
    variables = sorted(set(re.findall(r"' ?([a-z_]\w*)", type_)))
    quantified = " ".join(f"'{name}" for name in variables)
    whole = f"{quantified}. {type_}" if variables else type_
    found = [item for item in outline(path, ours) if item.kind == "value" and item.path == declared.path]
    tree = parse(path, ours)
    for item in found[-1:]:
        node: Node | None = tree.node_at(item.name_span)
        while node is not None and node.type != "let_binding":
            node = node.parent
        if node is None or tree.span(node.children[0]) != item.name_span:
            return
        marks = {child.type: child for child in node.children if child.type in (":", "=", ":>")}
        parameters = [child for child in node.children if child.type == "parameter"]
        if "=" not in marks or ":>" in marks or (":" in marks and not parameters):
            return
        added: Replacements = {Span(item.name_span.end, item.name_span.end): f" : {whole}{' = fun' if parameters else ''}"}
        if parameters:
            added[tree.span(marks["="])] = "->"
        yield Probe(path, added)
