"""The repairs that a compiler's message itself hints at; `repairs/` has those that it does not.

    Unbound value "aera"  Hint: Did you mean "area"?                 aera ─▶ area           several names: one candidate each
    The constant "1" has type "int" …  Hint: Did you mean "1."?      1 ─▶ 1.
    Hint: … you should add the "rec" keyword on line 4               let ─▶ let rec
    Hint: Did you forget to provide "()" as argument?                f ─▶ (f ())
    Hint: Did you forget to wrap the expression using "fun () ->"?   e ─▶ (fun () -> e)
    unused variable x · unused rec flag · unused open M              _x · rec goes · the open goes
    label by was omitted                                             ~by: before the argument in its place
    dune: Unknown field "librares"  Hint: did you mean libraries?    librares ─▶ libraries

Never: deleting definitions or cases, switching warnings off, holes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.comments import removal_of
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.ocaml.references import references
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.rename_label import parameters
from aid_lsp.recipes.repairs.site import TIGHT, Repair
from aid_lsp.recipes.sites import Replacements, merged, rewrite
from aid_lsp.recipes.sources import OCamlLines
from aid_lsp.workspace.diagnostic import Diagnostic

Texts = Callable[[str], str | None]
"""Gives the text of a file; None where there is none."""

_MEANT = re.compile(r"[Hh]int:\s*[Dd]id you mean\s+(?P<names>[^?]*)\?")
_NAMES = re.compile(r'"([^"]+)"|`([^`\']+)\'|([^\s,"`]+)')
_UNBOUND = re.compile(
    r"Unbound (?:value|module type|module|type constructor|type parameter|type|constructor|record field|label|class type|class|"
    r"instance variable|extension constructor|functor)s? [\"`]?([^\s\"]+?)[\"]?(?:$|\s)"
)
_WITHIN = re.compile(r"There is no (?:constructor|field|method) [\"`]?([^\s\"]+?)[\"']?\s+within")
_METHOD = re.compile(r"It has no method [\"`]?([^\s\"]+)")
_UNKNOWN = re.compile(r"Unknown [a-z ]+ [\"`]?([^\s\"]+)")
_REC = re.compile(r"add the [\"`]rec['\"] keyword on line (\d+)")
_UNUSED = re.compile(r"unused (?:variable|value|for-loop index) (\S+)\.$|^unused for-loop index (\S+)\.")
_LABELS = re.compile(r"labels? ([\w', ]+?) (?:was|were) omitted in the application of this function")


def repairs(diagnostic: Diagnostic, texts: Texts) -> Iterator[Repair]:
    """What the message hints at, the likeliest first; nothing if it hints at nothing."""
    path = diagnostic.path
    text = texts(path) if path else None
    if path is None or text is None:
        return
    lines = OCamlLines(text)
    start, end = lines.offset(diagnostic.line, diagnostic.column), lines.offset(diagnostic.end_line, diagnostic.end_column)
    if start is None or end is None or end < start:
        return
    place = _Place(path, text, Span(start, end), diagnostic.message)
    yield from place.meant()
    if not is_ocaml(path):
        return
    yield from place.missing_rec(lines)
    yield from place.forgotten()
    yield from place.unused()
    yield from place.omitted_labels()


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    text: str
    span: Span
    message: str

    @property
    def tree(self) -> Tree:
        return parse(self.path, self.text)

    @property
    def flat(self) -> str:
        return " ".join(self.message.split())

    def repair(self, replacements: Replacements, does: str) -> Iterator[Repair]:
        yield Repair(self.path, replacements, does)

    def meant(self) -> Iterator[Repair]:
        """`Did you mean`, for names, constants and dune's fields."""
        hint = _MEANT.search(self.flat)
        if hint is None:
            return
        said = hint.group("names")
        if said.startswith("to use"):
            return
        suggestions = [next(filter(None, match.groups())) for match in _NAMES.finditer(said)]
        for suggestion in (name for name in suggestions if name != "or"):
            target = self._wrong(suggestion)
            if target is not None and target.of(self.text) != suggestion:
                yield Repair(self.path, {target: suggestion}, f"{target.of(self.text)} becomes {suggestion}")

    def _wrong(self, suggestion: str) -> Span | None:
        """What the suggestion replaces: the last part of the path that the message calls unbound."""
        inside = self.span.of(self.text)
        for pattern in (_UNBOUND, _WITHIN, _METHOD, _UNKNOWN):
            named = pattern.search(self.flat)
            if named is None:
                continue
            wrong = named.group(1)
            whole = (
                r"\s*\.\s*".join(re.escape(part) for part in wrong.split("."))
                if re.match(r"[\w.']+$", wrong)
                else re.escape(wrong)
            )
            found = re.search(rf"(?<![\w']){whole}(?![\w'])" if wrong[0].isalnum() else whole, inside)
            if found is None:
                return None
            last = wrong.rpartition(".")[2] if wrong[0].isalpha() or wrong[0] == "_" else wrong
            start = self.span.start + (
                found.start() if "." in suggestion and suggestion[0].isalpha() else found.end() - len(last)
            )
            return Span(start, self.span.start + found.end())
        return self.span if "\n" not in inside and inside else None

    def missing_rec(self, lines: OCamlLines) -> Iterator[Repair]:
        """`let` on the line that the hint names becomes `let rec`."""
        hint = _REC.search(self.flat)
        if hint is None:
            return
        node: Node | None = self.tree.node_at(self.span)
        while node is not None:
            if node.type == "value_definition" and not any(child.type == "rec" for child in node.children):
                span = self.tree.span(node)
                if lines.line(span.start) == int(hint.group(1)):
                    opening = next((c for c in node.children if c.type == "attribute_id"), node.children[0])
                    after = self.tree.span(opening).end
                    yield from self.repair({Span(after, after): " rec"}, "let becomes let rec")
                    return
            node = node.parent

    def forgotten(self) -> Iterator[Repair]:
        """A missing `()` and a missing `fun () ->`."""
        inside = self.span.of(self.text)
        if 'Did you forget to provide "()"' in self.flat or "forget to provide `()'" in self.flat:
            bare = _is_bare(self.tree, self.span)
            yield from self.repair({self.span: f"{inside} ()" if bare else f"({inside} ())"}, f"{_short(inside)} gets ()")
        if "Did you forget to wrap the expression using" in self.flat:
            yield from self.repair({self.span: f"(fun () -> {inside})"}, f"{_short(inside)} is wrapped in fun () ->")

    def unused(self) -> Iterator[Repair]:
        """Unused variables get an underscore; an unused `rec` or `open` goes."""
        first = self.message.partition("\n")[0]
        if first.startswith("unused rec flag"):
            yield from self._drop_rec()
        elif first.startswith("unused open"):
            yield from self._drop_open()
        elif first.startswith(("unused variable", "unused for-loop index")):
            named = _UNUSED.search(first)
            name = next(filter(None, named.groups())) if named else ""
            for token in references(self.path, self.text, name) if name else ():
                within = self.span.start <= token.span.start and token.span.end <= self.span.end
                if within and token.kind == "value" and token.defines:
                    yield from self.repair(merged([rewrite(self.tree, token, f"_{name}")]), f"{name} becomes _{name}")
                    return

    def _drop_rec(self) -> Iterator[Repair]:
        node: Node | None = self.tree.node_at(self.span)
        while node is not None:
            for child in node.children:
                if node.type == "value_definition" and child.type == "rec":
                    span = self.tree.span(child)
                    end = span.end
                    while end < len(self.text) and self.text[end] in " \t":
                        end += 1
                    yield from self.repair({Span(span.start, end): ""}, "let rec becomes let")
                    return
            node = node.parent

    def _drop_open(self) -> Iterator[Repair]:
        node: Node | None = self.tree.node_at(self.span)
        while node is not None and node.type != "open_module":
            node = node.parent
        if node is None or not self.tree.span(node).meets(self.span):
            return
        holder = node.parent
        body = holder.child_by_field_name("body") if holder is not None else None
        if holder is None or body is None:
            yield from self.repair({removal_of(self.text, self.tree.span(node)): ""}, f"`{_short(self.tree.written(node))}` goes")
            return
        local = Span(self.tree.span(holder).start, self.tree.span(body).start)
        yield from self.repair({local: ""}, f"`{_short(local.of(self.text))}` goes")

    def omitted_labels(self) -> Iterator[Repair]:
        """Labels before the arguments that stand in their places, if the function is defined in the same file."""
        named = _LABELS.search(self.flat)
        if named is None:
            return
        call: Node | None = self.tree.node_at(self.span)
        while call is not None and call.type != "application_expression":
            call = call.parent
        function = self.span.of(self.text).rpartition(".")[2].strip()
        known = parameters(self.path, self.text, function)
        if call is None or known is None:
            return
        labels = [label for label in known if not label.startswith("?")]
        arguments = [child for index, child in enumerate(call.children) if call.field_name_for_child(index) == "argument"]
        if len(arguments) != len(labels) or any(argument.type == "labeled_argument" for argument in arguments):
            return
        replacements: Replacements = {}
        for label, argument in zip(labels, arguments, strict=True):
            start = self.tree.span(argument).start
            if label:
                replacements[Span(start, start)] = f"~{label}:"
        if replacements:
            yield from self.repair(replacements, f"{function} gets {', '.join('~' + label for label in labels if label)}")


def _is_bare(tree: Tree, span: Span) -> bool:
    """Whether what stands there takes another argument as it is, and is none itself."""
    node = tree.node_at(span)
    while node.parent is not None and tree.span(node.parent) == tree.span(node):
        node = node.parent
    return node.type in ("application_expression", "value_path", "value_name") and not (
        node.parent is not None and node.parent.type in TIGHT
    )


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:37]}…"
