"""Makes a function that raises return an option or a result instead, and has its callers do what happened before.

    let find k = function                       let find k = function
      | [] -> raise Not_found                     | [] -> None
      | (a, b) :: _ when a = k -> b       ──▶     | (a, b) :: _ when a = k -> Some b
      | _ :: l -> find k l                        | _ :: l -> find k l
    find "a" l + 1                              (match find "a" l with Some value -> value | None -> raise Not_found) + 1

A caller that catches the exception at once looks at the option; what others do is theirs to change next. Only the ways out of the
function are looked at: what raises deeper inside goes on raising.
"""

import re
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.callers import Outcome, adapt, caught, exception_of
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import Definition, Function
from aid_lsp.recipes.outcome_docs import tell_return
from aid_lsp.recipes.target import shown
from aid_lsp.recipes.ways_out import PLAIN, RAISING, body_of, early_exits, lone_function, may_raise_deeper, result_types, ways_out
from aid_lsp.recipes.words import PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "return an option",
        "make Index.find return an option",
        "None instead of an exception; callers raise it where they did not expect one.",
    ),
    Entry(
        "return an option", "make parse return a result", "Error with the message of `failwith`; callers fail with it as before."
    ),
)
_MAKE = pattern(
    rf"(?:(?:make|let|have|change|convert)\s+(?:the\s+)?(?:function\s+)?(?P<name>{THIS}|{PATH})\s+(?:to\s+)?return\s+(?:an?\s+)?(?P<kind>option|result|None|Error)"
    rf"|return\s+(?:an?\s+)?(?P<kind_first>option|result)\s+(?:from|in)\s+(?:the\s+)?(?:function\s+)?(?P<name_after>{THIS}|{PATH})"
    rf"|(?:turn|convert|change)\s+(?:the\s+)?(?:function\s+)?(?P<name_turned>{THIS}|{PATH})\s+(?:in)?to\s+(?:an?\s+)?"
    r"(?:(?:function\s+)?(?:that\s+returns|returning)\s+an?\s+)?(?P<kind_turned>option|result)(?:-?\s*returning(?:\s+function)?)?)"
    r"(?:\s+instead(?:\s+of\s+(?:raising|failing|throwing|an\s+exception)(?:\s+(?:an\s+exception|(?-i:[A-Z])[\w.']*))?)?)?"
)


def understand(sentence: str) -> "ReturnOption | None":
    """The wish for an option or a result."""
    match = _MAKE.match(sentence)
    if match is None:
        return None
    kind = (match["kind"] or match["kind_first"] or match["kind_turned"]).lower()
    return ReturnOption(
        names(match["name"] or match["name_after"] or match["name_turned"]), "result" if kind in ("result", "error") else "option"
    )


@dataclass(frozen=True, slots=True)
class ReturnOption:
    """Wishes that a function says by its result that it has none."""

    name: tuple[str, ...]
    kind: Literal["option", "result"]

    def said(self) -> str:
        """What was understood."""
        return f"make {shown(self.name)} return {'an option' if self.kind == 'option' else 'a result'}"

    def plan(self, scene: Scene) -> Planned:
        """The ways out, the types, and the calls."""
        return _Returning(scene, lone_function(scene, self.name), self.kind).planned()


class _Returning:
    def __init__(self, scene: Scene, function: Function, kind: Literal["option", "result"]) -> None:
        self._sources = scene.sources
        self._function = function
        self._kind: Literal["option", "result"] = kind
        self._plan = Planned()
        self._tree = function.main.tree
        self._raised: list[str] = []
        self._tails: set[int] = set()
        """Where recursive calls are the result themselves."""

    def planned(self) -> Planned:
        main = self._function.main
        sequences: list[Node] = []
        for tail, guarded in list(ways_out(body_of(main), sequences=sequences)):
            self._way_out(main, tail, guarded)
        for guard in (one for sequence in sequences for one in early_exits(sequence)):
            self._way_out(main, guard.raising, False)
            self._plan.put(main.path, self._tree.span(guard.behind), " else")
            if guard.rest is not None:
                first, last = map(self._tree.span, guard.rest)
                self._plan.put(main.path, Span(first.start, first.start), "(")
                self._plan.put(main.path, Span(last.end, last.end), ")")
        raised = set(self._raised)
        for one in raised if self._kind == "option" else ():
            said = re.sub(r'"(?:[^"\\\\]|\\\\.)*"', "", one.split(None, 1)[1] if " " in one else one)
            if re.search(r"(?<![\w.'])[a-z_][\w']*", said):
                raise Unsure(f"`{one}` says something that callers do not know; a result could hand it to them.")
        if not raised:
            raise Unsure(
                f"No way out of {self._function.subject} raises an exception, so there is no {'None' if self._kind == 'option' else 'Error'}."
            )
        if self._kind == "option" and len(raised) > 1:
            raise Unsure(
                f"{self._function.subject} raises different exceptions ({', '.join(sorted(raised))}); a result could tell them apart."
            )
        for path, tree, span in result_types(self._function, self._sources):
            self._wrap_type(path, tree, span)
        calls = (c for c in self._function.calls if c.whole.start not in self._tails or self._function.inside(c) is None)
        raising = "failwith message" if self._kind == "result" else self._raised[0]
        outcome = Outcome(self._kind, raising, *exception_of(raising), deeper=may_raise_deeper(self._function))
        adapt(self._plan, self._sources, self._function, calls, lambda call: caught(call, outcome), outcome.raised)
        stale = tell_return(self._plan, self._sources, self._function, outcome)
        returned = "an option" if self._kind == "option" else "a result"
        self._plan.said = f"make {self._function.subject} return {returned}: {self._plan.places}{stale}"
        return self._plan

    def _way_out(self, main: Definition, node: Node, guarded: bool) -> None:
        """One expression whose value is the function's."""
        written = self._tree.written(node)
        span = self._tree.span(node)
        head = node.child_by_field_name("function") if node.type == "application_expression" else None
        name = self._tree.written(head).removeprefix("Stdlib.") if head is not None else ""
        if name in RAISING:
            if guarded:
                return  # the function's own `try` sees to that
            self._raised.append(" ".join(written.split()))
            if self._kind == "option":
                self._plan.put(main.path, span, "None")
                return
            if name != "failwith":
                raise Unsure(f"{self._sources.spot(main.path, span)}: a result's Error is made of `failwith`; this is `{name}`.")
            message = written.split(None, 1)[1]
            self._raised[-1] = "failwith"
            self._plan.put(main.path, span, f"Error {message}")
            return
        for call in self._function.calls:
            if (
                call.path == main.path
                and call.whole == span
                and len(call.positional) >= sum(not p.label for p in main.parameters)
            ):
                self._tails.add(span.start)
                return
        word = "Some" if self._kind == "option" else "Ok"
        value = written if node.type in PLAIN else f"({written})"
        self._plan.put(main.path, span, f"{word} {value}")

    def _wrap_type(self, path: str, tree: Tree, span: Span) -> None:
        written = span.of(tree.text)
        inner = written if re.fullmatch(r"[\w.' ]+|\([^()]*\)(?:\s\w+)*", written) else f"({written})"
        self._plan.put(path, span, f"{inner} option" if self._kind == "option" else f"({written}, string) result")
