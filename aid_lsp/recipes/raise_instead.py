"""Makes a function that returns an option or a result raise instead; its callers do what happened before. The converse: `return_option`.

let find k = function                           let find k = function
  | [] -> None                                    | [] -> raise Not_found
  | (a, b) :: _ when a = k -> Some b    ──▶       | (a, b) :: _ when a = k -> b
  | _ :: l -> find k l                            | _ :: l -> find k l
match find k l with Some n -> n | None -> 0     match find k l with n -> n | exception Not_found -> 0
"""

import re
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.callers import Outcome, adapt, exception_of, looked_at
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import Definition, Function
from aid_lsp.recipes.outcome_docs import tell_raise
from aid_lsp.recipes.target import shown
from aid_lsp.recipes.ways_out import RAISING, body_of, lone_function, result_types, ways_out
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "raise instead",
        "make Index.find raise Not_found instead of returning an option",
        "The converse of `return an option`: callers that match on the option catch the exception.",
    ),
    Entry("raise instead", "make parse raise instead of returning a result", "`failwith` with the message of Error."),
)
_EXCEPTION = r"(?P<exception>\(?(?-i:(?:[A-Z]\w*\.)*[A-Z][\w']*)(?:\s+(?:\"[^\"]*\"|\([^()]*\)|[\w.]+))?\)?|(?:failwith|invalid_arg)\s+\"[^\"]*\")"
_RETURNED = r"(?:an?\s+)?(?:option|result|None|Error|Some|Ok)(?:s|\s+type)?"
_MAKE = pattern(
    rf"(?:make|let|have|change)\s+(?:the\s+)?(?:function\s+)?(?P<name>{THIS}|{PATH})\s+(?:to\s+)?(?:raise|throw|fail)(?:\s+(?:with\s+)?(?:an?\s+exception|the\s+exception\s+)?\s*{_EXCEPTION})?"
    rf"(?:\s+an\s+exception)?(?:\s+(?:instead|rather)(?:\s+(?:of|than)\s+(?:(?:returning|giving)\s+)?{_RETURNED})?)?"
)
_OPT = re.compile(
    r"(?:^|\.)(?:find|assoc|assq|index|rindex|getenv|index_from|rindex_from|min_elt|max_elt|choose|min_binding|max_binding)_opt$"
)
"""Functions that return an option, and raise `Not_found` without the ending."""


def understand(sentence: str) -> "RaiseInstead | None":
    """The wish for an exception."""
    match = _MAKE.match(sentence)
    if match is None or (match["exception"] is None and "instead" not in sentence and "rather" not in sentence):
        return None
    return RaiseInstead(names(match["name"]), (match["exception"] or "").strip("()"))


@dataclass(frozen=True, slots=True)
class RaiseInstead:
    """Wishes that a function says by an exception that it has no result."""

    name: tuple[str, ...]
    exception: str = ""

    def said(self) -> str:
        """What was understood."""
        return f"make {shown(self.name)} raise {self.exception or 'an exception'} instead of returning an option or a result"

    def plan(self, scene: Scene) -> Planned:
        """The ways out, the types, and the calls."""
        return _Raising(scene, lone_function(scene, self.name), self.exception).planned()


class _Raising:
    def __init__(self, scene: Scene, function: Function, exception: str) -> None:
        self._sources = scene.sources
        self._function = function
        self._plan = Planned()
        self._tree = function.main.tree
        self._out = list(ways_out(body_of(function.main)))
        kind: Literal["option", "result"] = (
            "result" if any(self._said(node) in ("Ok", "Error") for node, _ in self._out) else "option"
        )
        if kind == "result" and exception and exception.partition(" ")[0] not in ("Failure", "failwith"):
            raise Unsure(f"The Error of {function.subject} says something that `{exception}` would not; `failwith` can say it.")
        raising = "failwith message" if kind == "result" else _raising(exception)
        self._outcome = Outcome(kind, raising, *exception_of(raising))
        self._tails: set[int] = set()
        self._none = False

    def planned(self) -> Planned:
        main, subject = self._function.main, self._function.subject
        for node, guarded in self._out:
            self._way_out(main, node, guarded)
        kind = "an option" if self._outcome.kind == "option" else "a result"
        if not self._none:
            raise Unsure(
                f"No way out of {subject} is {'None' if self._outcome.kind == 'option' else 'an Error'}, so there is nothing to raise."
            )
        for path, tree, span in result_types(self._function, self._sources):
            self._plan.put(path, span, self._bare_type(path, tree, span))
        calls = (c for c in self._function.calls if c.whole.start not in self._tails or self._function.inside(c) is None)
        adapt(
            self._plan, self._sources, self._function, calls, lambda call: looked_at(call, self._outcome), self._outcome.returned
        )
        stale = tell_raise(self._plan, self._sources, self._function, self._outcome)
        how = "fail" if self._outcome.kind == "result" else self._outcome.raising
        self._plan.said = f"make {subject} {how} instead of returning {kind}: {self._plan.places}{stale}"
        return self._plan

    def _said(self, node: Node) -> str:
        """The constructor that an expression begins with."""
        head = node.child_by_field_name("function") if node.type == "application_expression" else node
        return self._tree.written(head) if head is not None and head.type == "constructor_path" else ""

    def _way_out(self, main: Definition, node: Node, guarded: bool) -> None:
        """One expression whose value is the function's."""
        span, said = self._tree.span(node), self._said(node)
        head = node.child_by_field_name("function") if node.type == "application_expression" else None
        name = self._tree.written(head).removeprefix("Stdlib.") if head is not None else ""
        if name in RAISING:
            return
        if said in ("Some", "Ok") and node.type == "application_expression":
            self._plan.put(main.path, span, _unwrapped(self._tree, node.named_children[-1]))
            return
        positional = sum(not p.label for p in main.parameters)
        for call in self._function.calls:
            if call.path == main.path and call.whole == span and len(call.positional) >= positional:
                self._tails.add(span.start)
                return
        if guarded:
            where = self._sources.spot(main.path, span)
            raise Unsure(f"{where} is within a `try` of the function's own, which would catch what is raised there.")
        self._none = True
        if said == "None":
            self._plan.put(main.path, span, self._outcome.raising)
        elif said == "Error" and node.type == "application_expression":
            self._plan.put(main.path, span, f"failwith {self._tree.written(node.named_children[-1])}")
        elif head is not None and _OPT.search(name) and self._outcome.raising == "raise Not_found":
            end = self._tree.span(head).end
            self._plan.put(main.path, Span(end - 4, end), "")
        else:
            written = self._outcome.raised(self._tree.written(node))
            alone = node.parent is not None and node.parent.type in ("let_binding", "parenthesized_expression", "let_expression")
            self._plan.put(main.path, span, written if alone else f"({written})")

    def _bare_type(self, path: str, tree: Tree, span: Span) -> str:
        written = span.of(tree.text)
        of_option, of_result = r"(.+?)\s+option", r"\(\s*(.+),\s*string\s*\)\s*(?:Stdlib\.)?result"
        match = re.fullmatch(of_option if self._outcome.kind == "option" else of_result, written, re.DOTALL)
        if match is None:
            expected = "an option" if self._outcome.kind == "option" else "a result with a string for its Error"
            raise Unsure(f"{self._sources.spot(path, span)}: `{' '.join(written.split())}` is not written as {expected}.")
        inner = match[1]
        bare = re.fullmatch(r"\(((?:[^()]|\([^()]*\))*)\)", inner)
        return bare[1] if bare is not None and "," not in bare[1] and "->" not in bare[1] else inner


def _unwrapped(tree: Tree, argument: Node) -> str:
    """What `Some` was applied to, without the parentheses that it needed for that."""
    written = tree.written(argument)
    inner = [child for child in argument.named_children if child.type != "comment"]
    plain = ("application_expression", "infix_expression", "field_get_expression", "value_path", "prefix_expression")
    if argument.type == "parenthesized_expression" and len(inner) == 1 and inner[0].type in plain:
        return tree.written(inner[0])
    return written


def _raising(exception: str) -> str:
    """The expression that raises what the words name."""
    name, _, argument = exception.partition(" ")
    if name in ("failwith", "invalid_arg"):
        return exception
    if name in ("Failure", "Invalid_argument") and argument:
        return f"{'failwith' if name == 'Failure' else 'invalid_arg'} {argument}"
    if not exception:
        return "raise Not_found"
    return f"raise ({exception})" if argument else f"raise {exception}"
