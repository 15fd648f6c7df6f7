"""Callers of a function whose result says in another way that there is none: by an exception, an option or a result.

    match find k l with v -> a | exception Not_found -> b     ◀──▶     match find k l with Some v -> a | None -> b
    find k l                                                   ──▶     match find k l with Some value -> value | None -> raise Not_found
    find k l                                                   ◀──     match find k l with value -> Some value | exception Not_found -> None

A caller that looks at the outcome at once goes on doing that; any other one does what happened before.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.change import Planned, Unsure
from aid_lsp.recipes.functions import Call, Function
from aid_lsp.recipes.sites import Replacements, rewrite
from aid_lsp.recipes.sources import Sources

_ATOMS = frozenset(
    {"value_pattern", "any_pattern", "parenthesized_pattern", "constructor_path", "number", "string", "character", "list_pattern",
     "record_pattern", "array_pattern", "unit", "boolean", "tag"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """The two ways to say that there is nothing."""

    kind: Literal["option", "result"]
    raising: str
    """The expression that raises: `raise Not_found`; for a result it says `message`."""
    exception: str
    """The constructor of the exception."""
    argument: bool = False
    """Whether that has an argument."""
    deeper: bool = False
    """Whether what the function calls may raise it too, past the option or result."""

    @property
    def some(self) -> str:
        """The constructor of what there is."""
        return "Some" if self.kind == "option" else "Ok"

    @property
    def caught(self) -> str:
        """The pattern of the exception that binds nothing but `message`."""
        return f"{self.exception} {'message' if self.kind == 'result' else '_'}" if self.argument else self.exception

    @property
    def none(self) -> str:
        """What there is else, as pattern and as expression."""
        return "None" if self.kind == "option" else "Error message"

    def raised(self, call: str) -> str:
        """A call that now returns an option or result, with what it did before."""
        return f"match {call} with {self.some} value -> value | {self.none} -> {self.raising}"

    def returned(self, call: str) -> str:
        """A call that now raises, with what it returned before."""
        return f"match {call} with value -> {self.some} value | exception {self.caught} -> {self.none}"


def adapt(
    plan: Planned,
    sources: Sources,
    function: Function,
    calls: Iterator[Call],
    handled: Callable[[Call], Replacements | None],
    otherwise: Callable[[str], str],
) -> None:
    """Puts what callers become into a plan; raises `Unsure` where one does something else with the function."""
    positional = [p for p in function.main.parameters if not p.label]
    for call in calls:
        written = call.whole.of(call.tree.text)
        if len(call.positional) == len(positional):
            edits = handled(call)
            plan.take(call.path, edits if edits is not None else {call.whole: _fenced(call, otherwise(written))})
            continue
        if len(call.positional) > len(positional):
            raise Unsure(f"{sources.spot(call.path, call.whole)} applies what {function.subject.name} returns.")
        names = [p.name or f"x{number + 1}" for number, p in enumerate(positional[len(call.positional) :])]
        taken = set(re.findall(r"[a-z_][\w']*", written))
        fresh = [name if name not in taken else f"{name}'" for name in names]
        given = {argument.label for argument in call.arguments}
        labels = [f"~{p.label}" for p in function.main.parameters if p.label and not p.optional and p.label not in given]
        whole = f"fun {' '.join([*labels, *fresh])} -> {otherwise(' '.join([written, *labels, *fresh]))}"
        if call.token.punned:
            plan.take(call.path, rewrite(call.tree, call.token, f"({whole})"))
        else:
            plan.put(call.path, call.whole, _fenced(call, whole))


def _fenced(call: Call, written: str) -> str:
    return written if call.around in ("parenthesized_expression", "let_binding", "fun_expression") else f"({written})"


def caught(call: Call, outcome: Outcome) -> Replacements | None:
    """What becomes of a caller that catches the exception at once; None of any other."""
    tree = call.tree
    node, around = _around(call)
    if around is None:
        return None
    cases = [child for child in around.children if child.type == "match_case"]
    if around.type == "try_expression" and len(cases) == 1:
        pattern = cases[0].child_by_field_name("pattern")
        if pattern is None or not _is_ours(tree, pattern, outcome) or _guarded(cases[0]):
            return None
        word = next(child for child in around.children if child.type == "try")
        return {
            tree.span(word): "match",
            tree.span(pattern): f"{outcome.some} value -> value | {_none_of(tree, pattern, outcome)}"
            + (f" | exception {tree.written(pattern)}" if outcome.deeper else ""),
        }
    if around.type != "match_expression" or _scrutinee(around) != node:
        return None
    edits: Replacements = {}
    ours = 0
    for case in cases:
        pattern = case.child_by_field_name("pattern")
        if pattern is None or _has(pattern, "exception_pattern", below=True):
            return None
        if pattern.type == "exception_pattern":
            inner = pattern.named_children[-1]
            if not _is_ours(tree, inner, outcome):
                return None
            ours += 1
            also = f" | {tree.written(pattern)}" if outcome.deeper else ""
            edits[tree.span(pattern)] = _none_of(tree, inner, outcome) + also
        else:
            written = tree.written(pattern)
            edits[tree.span(pattern)] = f"{outcome.some} {written if pattern.type in _ATOMS else f'({written})'}"
    return edits if ours == 1 else None


def looked_at(call: Call, outcome: Outcome) -> Replacements | None:
    """What becomes of a caller that matches on the option or result at once; None of any other."""
    tree = call.tree
    node, around = _around(call)
    if around is None or around.type != "match_expression" or _scrutinee(around) != node:
        return None
    cases = [child for child in around.children if child.type == "match_case"]
    if _raises_again(tree, cases, outcome):
        whole = around.parent if around.parent is not None and around.parent.type == "parenthesized_expression" else around
        tight = whole.parent is not None and whole.parent.type in ("application_expression", "labeled_argument")
        written = call.whole.of(tree.text)
        return {tree.span(whole): f"({written})" if tight and " " in written else written}
    edits: Replacements = {}
    known = False
    for case in cases:
        pattern = case.child_by_field_name("pattern")
        if pattern is None:
            return None
        found = _plain(tree, pattern, outcome, known=known)
        if found is None:
            return None
        edits |= found
        known = known or (not _guarded(case) and any("exception" in new for new in found.values()))
    return edits


def _plain(tree: Tree, pattern: Node, outcome: Outcome, *, known: bool) -> Replacements | None:
    """A pattern of an option or result as one of the value, or of the exception."""
    written = tree.written(pattern)
    if pattern.type == "or_pattern":
        edits: Replacements = {}
        for part in pattern.named_children:
            found = _plain(tree, part, outcome, known=known)
            if found is None:
                return None
            edits |= found
        return edits
    if pattern.type == "any_pattern":
        blank = f"exception {outcome.exception}{' _' if outcome.argument else ''}"
        return {} if known else {tree.span(pattern): f"_ | {blank}"}
    if written == "None" and outcome.kind == "option":
        return {tree.span(pattern): f"exception {outcome.caught}"}
    if pattern.type != "constructor_pattern":
        return None
    inner = pattern.named_children[-1]
    name = tree.written(pattern.named_children[0])
    if name == outcome.some:
        bare = inner.type == "parenthesized_pattern" and inner.named_children[0].type != "alias_pattern"
        return {tree.span(pattern): tree.written(inner)[1:-1].strip() if bare else tree.written(inner)}
    if name == "Error" and outcome.kind == "result":
        return {tree.span(pattern): f"exception {outcome.exception} {tree.written(inner)}"}
    return None


def _raises_again(tree: Tree, cases: list[Node], outcome: Outcome) -> bool:
    """Whether all that a caller does is to raise where there is nothing."""
    texts = sorted(" ".join(tree.written(case).split()) for case in cases)
    if len(texts) != 2:
        return False
    nothing, something = (text.partition(" -> ") for text in texts[:2])
    if nothing[0].startswith(outcome.some):
        nothing, something = something, nothing
    value = re.fullmatch(rf"{outcome.some} ([a-z_][\w']*)", something[0])
    if value is None or something[2] != value[1]:
        return False
    if outcome.kind == "option":
        return nothing[0] == "None" and nothing[2].strip("()") == outcome.raising
    message = re.fullmatch(r"Error ([a-z_][\w']*)", nothing[0])
    return message is not None and nothing[2] == f"failwith {message[1]}"


def _around(call: Call) -> tuple[Node, Node | None]:
    """The call, and what it is the whole subject of."""
    node = call.tree.node_at(call.whole)
    while node.parent is not None and call.tree.span(node.parent) == call.whole:
        node = node.parent
    around = node.parent
    while around is not None and around.type == "parenthesized_expression":
        node, around = around, around.parent
    if around is not None and around.type == "try_expression" and _scrutinee(around) != node:
        return node, None
    return node, around


def _scrutinee(node: Node) -> Node | None:
    return next((child for child in node.named_children if child.type not in ("match_case", "comment", "attribute_id")), None)


def _has(node: Node, kind: str, *, below: bool) -> bool:
    return any(child.type == kind or _has(child, kind, below=True) for child in node.children) or (
        not below and node.type == kind
    )


def _guarded(case: Node) -> bool:
    return any(child.type == "guard" for child in case.children)


def _is_ours(tree: Tree, pattern: Node, outcome: Outcome) -> bool:
    written = tree.written(pattern)
    if not outcome.argument:
        return written == outcome.exception
    if pattern.type != "constructor_pattern" or tree.written(pattern.named_children[0]) != outcome.exception:
        return False
    return outcome.kind == "result" or pattern.named_children[-1].type == "any_pattern"


def _none_of(tree: Tree, pattern: Node, outcome: Outcome) -> str:
    """The pattern of an option or result that stands for one of the exception."""
    return "None" if outcome.kind == "option" else f"Error {tree.written(pattern.named_children[-1])}"


def exception_of(raising: str) -> tuple[str, bool]:
    """The exception that an expression raises, and whether it has an argument."""
    words = raising.split(None, 1)
    if words[0] == "failwith":
        return "Failure", True
    if words[0] == "invalid_arg":
        return "Invalid_argument", True
    inner = words[1].strip("() ") if len(words) > 1 else ""
    return inner.split(None, 1)[0] if inner else "", " " in inner
