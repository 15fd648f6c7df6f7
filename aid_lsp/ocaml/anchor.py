"""Answers the edit engine's questions about the named things of OCaml and dune files (`edits.anchor.Anchor`)."""

from bisect import bisect_left

from aid_lsp.edits.anchor import Named
from aid_lsp.edits.lines import Lines, Span
from aid_lsp.ocaml.cram import is_cram
from aid_lsp.ocaml.item import Item, ItemKind
from aid_lsp.ocaml.names import is_dune, is_ocaml
from aid_lsp.ocaml.outline import is_outlined, mixed, outline
from aid_lsp.ocaml.sexp import complete
from aid_lsp.ocaml.stanzas import stanzas
from aid_lsp.ocaml.syntax import error_spans

_PARTS: frozenset[ItemKind] = frozenset({"constructor", "field", "method", "instance variable", "token"})
"""Items that cannot be replaced by themselves: what they lie in has to be."""


class OCamlAnchor:
    """Finds items and stanzas. A value that a `module M : sig ... end = struct ... end` both declares and defines counts once."""

    def named(self, path: str, text: str) -> tuple[Named, ...]:
        """Every definition of an OCaml, lexer, grammar or dune file, outer before inner; nothing for other files."""
        if is_dune(path):
            sound = complete(text)
            return tuple(
                Named(" ".join((stanza.kind, *stanza.names)), "stanza", stanza.span, stanza.span, not stanza.folder, sound)
                for stanza in stanzas(text)
            )
        if not is_outlined(path) or is_cram(path):
            return ()
        errors = _errors(path, text)
        if errors and not is_ocaml(path):  # a preprocessor's lexer: what is taken for a rule may be none
            return ()
        items = outline(path, text)
        defined = {item.path for item in items if not item.declared}
        ends = [error.end for error in errors]
        return tuple(
            Named(
                name=item.dotted,
                kind=item.kind,
                span=item.span,
                code=item.core,
                top=item.parent is None,
                sound=not _any_meets(errors, ends, item.span),
                whole=item.kind not in _PARTS,
            )
            for item in items
            if not (item.declared and item.path in defined) and not _is_expression(item, text)
        )

    def sound(self, path: str, text: str) -> bool:
        """Whether the text parses; True for what is neither OCaml nor dune."""
        if is_dune(path):
            return complete(text)
        return not (is_ocaml(path) or mixed(path, text)) or not _errors(path, text)


def _is_expression(item: Item, text: str) -> bool:
    """Whether a test is not defined but a value, `test_case "name" ...`; nobody replaces such a one by its name."""
    return item.kind == "test" and not text.startswith("let", item.core.start) and not text.startswith("and", item.core.start)


def _errors(path: str, text: str) -> tuple[Span, ...]:
    """Where a text does not parse, in its order."""
    rest = mixed(path, text)
    if rest is None:
        return error_spans(text, path)
    return rest.errors or error_spans(rest.ocaml, ".ml")


def _any_meets(errors: tuple[Span, ...], ends: list[int], span: Span) -> bool:
    """Whether one of the (disjoint, sorted) errors overlaps or touches the span."""
    first = bisect_left(ends, span.start)
    return first < len(errors) and errors[first].start <= span.end


def heading(path: str, text: str, line: int) -> str:
    """The first line of the definition that encloses a line (from 0), for hunk headers: `let rec step s =`; empty for none."""
    if not is_outlined(path):
        return ""
    lines = Lines(text)
    around: Item | None = None
    for item in outline(path, text):
        first, last = lines.position(item.span.start)[0], lines.position(max(item.span.start, item.span.end - 1))[0]
        if item.kind not in ("constructor", "field") and first < line <= last:
            around = item
    return lines.line(lines.position(around.core.start)[0]).strip() if around is not None else ""


def span_of(path: str, text: str, name: str) -> Span | None:
    """Where the item of that path lies; None where there is none, or more than one."""
    found = [named.span for named in OCamlAnchor().named(path, text) if named.name == name]
    return found[0] if len(found) == 1 else None
