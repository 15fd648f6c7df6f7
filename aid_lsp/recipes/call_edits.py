"""Rewrites the calls of a function whose parameters change; calls within the arguments of others come first.

f a b        arguments stand where they stood, one comes, goes or moves
List.map f   (fun a b -> f b a)   what is not a full call gets a function around it that is as the old one was
"""

import re
from collections.abc import Callable, Sequence

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.change import Planned, Unsure
from aid_lsp.recipes.functions import Argument, Call, Function
from aid_lsp.recipes.sites import rewrite
from aid_lsp.recipes.sources import Sources

Arrange = Callable[[Sequence[str]], Sequence[str]]
"""Makes the new positional arguments of all old ones."""

_QUIET = frozenset(
    {
        *("value_path", "value_name", "number", "string", "character", "boolean", "unit", "constructor_path", "tag"),
        *("fun_expression", "function_expression", "quoted_string"),
    }
)
_QUIET_IF_PARTS_ARE = frozenset(
    {
        *("parenthesized_expression", "typed_expression", "product_expression", "list_expression", "cons_expression"),
        *("record_expression", "field_expression", "field_get_expression", "labeled_argument", "local_open_expression"),
        *("array_expression", "tuple_expression", "sign_expression"),
    }
)


def quiet(argument: Argument) -> bool:
    """Whether nothing happens when an argument is evaluated, so that it can be left out or moved."""
    return quiet_node(argument.node)


def quiet_node(node: Node) -> bool:
    """Whether nothing happens when an expression is evaluated, and evaluating it costs next to nothing."""
    pending = [node]
    while pending:
        node = pending.pop()
        if node.type in _QUIET or not node.is_named or node.type.endswith(("_path", "_name")):
            continue
        if node.type == "application_expression":
            head = node.child_by_field_name("function")
            if head is None or head.type not in ("constructor_path", "tag"):
                return False
        elif node.type not in _QUIET_IF_PARTS_ARE and node.type != "comment":
            return False
        pending.extend(node.children)
    return True


class CallEdits:
    """Puts the changes of calls into a plan."""

    def __init__(self, sources: Sources, function: Function, plan: Planned) -> None:
        self._sources = sources
        self._function = function
        self._plan = plan

    def label(self, call: Call, written: str) -> None:
        """Passes one labelled argument more."""
        if not call.arguments:
            self.alone(call, f"{call.token.whole.of(call.tree.text)} {written}")
            return
        if call.positional:
            start = call.positional[0].span.start
            self._plan.put(call.path, Span(start, start), f"{written} ")
        else:
            self._append(call, written)

    def insert(self, call: Call, place: int, value: str) -> None:
        """Passes one positional argument more, as the one of that number."""
        given = call.positional
        if len(given) > place:
            start = given[place].span.start
            self._plan.put(call.path, Span(start, start), f"{value} ")
        elif len(given) == place and call.arguments:
            self._append(call, value)
        elif place == 0:
            self.alone(call, f"{call.token.whole.of(call.tree.text)} {value}")
        else:
            self.wrap(call, lambda old: [*old[:place], value, *old[place:]])

    def drop(self, call: Call, argument: Argument) -> None:
        """Passes an argument no more."""
        if not quiet(argument):
            at = self._sources.spot(call.path, argument.span)
            raise Unsure(
                f"At {at}, something may happen when the argument `{argument.span.of(call.tree.text)}` is computed; "
                "take it out of the call first."
            )
        text = call.tree.text
        start = argument.span.start
        while text[start - 1].isspace():
            start -= 1
        self._plan.put(call.path, Span(start, argument.span.end), "")

    def permute(self, call: Call, order: Sequence[int]) -> None:
        """Gives the positional arguments in another order: the n-th new one is the `order[n]`-th old one."""
        given = call.positional
        moved = [place for place, old in enumerate(order) if place != old]
        if len(given) <= max(moved, default=-1):
            self.wrap(call, lambda old: [*(old[place] for place in order), *old[len(order) :]])
            return
        loud = [given[place] for place in moved if not quiet(given[place])]
        if len(loud) > 1:
            at = self._sources.spot(call.path, call.whole)
            raise Unsure(f"At {at}, the order in which two arguments are computed may matter; bind them with `let` first.")
        written = {place: self._plan.lift(call.path, given[place].span, call.tree.text) for place in moved}
        for place in moved:
            self._plan.put(call.path, given[place].span, written[order[place]])

    def wrap(self, call: Call, arrange: Arrange) -> None:
        """Writes `(fun x y -> f a x VALUE y)` for `f a`, so that the rest of the program sees the function that it knew."""
        text = call.tree.text
        given = call.positional
        loud = any(not quiet(argument) for argument in call.arguments)
        parameters = self._function.main.parameters
        taken = set(re.findall(r"[a-z_][\w']*", call.whole.of(text)))
        names = [
            "()" if parameter.unit else _fresh(parameter.name or f"x{number + 1}", taken)
            for number, parameter in enumerate([p for p in parameters if not p.label][len(given) :])
        ]
        passed = {argument.label for argument in call.arguments}
        # A function that is only another name for it keeps its optional arguments; elsewhere OCaml drops them.
        kept = [p for p in parameters if p.label and p.label not in passed and (not p.optional or call.around == "let_binding")]
        labels = [str(parameter) for parameter in kept]
        old = [argument.span.of(text) if loud else self._plan.lift(call.path, argument.span, text) for argument in given]
        new = arrange([*old, *names])
        if loud and new[: len(old)] != old:
            at = self._sources.spot(call.path, call.whole)
            raise Unsure(
                f"At {at}, {self._function.subject.name} is not given all its arguments; bind the call with `let` first."
            )
        head = call.function.of(text) if call.arguments else call.token.whole.of(text)
        labelled = [
            argument.span.of(text) if loud else self._plan.lift(call.path, argument.span, text)
            for argument in call.arguments
            if argument.label
        ]
        waiting = iter(name if name in new or name == "()" else "_" for name in names)
        left = [p for p in parameters if not p.label][len(given) :]
        taking = [str(p) if p in kept else next(waiting) for p in parameters if p in kept or p in left]
        if loud:
            # What is computed is computed once, as before: `(let given = f (g ()) in fun x -> given x VALUE)`.
            bound = _fresh("given", taken)
            applied = " ".join([bound, *labels, *new[len(old) :]])
            before, after = call.fenced("fun ").split("fun ")
            self._plan.put(call.path, Span(call.whole.start, call.whole.start), f"{before}let {bound} = ")
            written = f" in fun {' '.join(taking)} -> {applied}{after}"
            self._plan.put(call.path, Span(call.whole.end, call.whole.end), written)
            return
        written = f"fun {' '.join(taking)} -> {' '.join([head, *labelled, *labels, *new])}"
        if call.arguments:
            self._plan.put(call.path, call.whole, call.fenced(written))
        else:
            self.alone(call, written)

    def alone(self, call: Call, written: str) -> None:
        """Puts something in the place of a function that is passed on; puns are written out."""
        if call.token.punned:
            self._plan.take(call.path, rewrite(call.tree, call.token, f"({written})"))
        else:
            self._plan.put(call.path, call.token.whole, call.fenced(written))

    def _append(self, call: Call, written: str) -> None:
        end = call.arguments[-1].span.end
        self._plan.put(call.path, Span(end, end), f" {written}")


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "'"
    taken.add(name)
    return name
