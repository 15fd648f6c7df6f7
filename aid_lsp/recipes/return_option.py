"""Makes a function that raises return an option or a result instead, and has its callers do what happened before.

    let find k = function                       let find k = function
      | [] -> raise Not_found                     | [] -> None
      | (a, b) :: _ when a = k -> b       ──▶     | (a, b) :: _ when a = k -> Some b
      | _ :: l -> find k l                        | _ :: l -> find k l
    find "a" l + 1                              (match find "a" l with Some value -> value | None -> raise Not_found) + 1

What callers do is theirs to change next. Only the ways out of the function are looked at: what raises deeper inside goes on raising.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import Arrow, Call, Definition, Function, function_of
from aid_lsp.recipes.sites import rewrite
from aid_lsp.recipes.target import function_named, shown
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
    rf"(?:(?:make|let|have|change)\s+(?:the\s+)?(?:function\s+)?(?P<name>{THIS}|{PATH})\s+(?:to\s+)?return\s+(?:an?\s+)?(?P<kind>option|result)"
    rf"|return\s+(?:an?\s+)?(?P<kind_first>option|result)\s+(?:from|in)\s+(?:the\s+)?(?:function\s+)?(?P<name_after>{THIS}|{PATH}))"
    r"(?:\s+instead(?:\s+of\s+(?:raising|failing|an\s+exception))?)?"
)


def understand(sentence: str) -> "ReturnOption | None":
    """The wish for an option or a result."""
    match = _MAKE.match(sentence)
    if match is None:
        return None
    kind = (match["kind"] or match["kind_first"]).lower()
    return ReturnOption(names(match["name"] or match["name_after"]), "result" if kind == "result" else "option")


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
        function = function_of(scene.sources, function_named(scene.sources, self.name, scene.place))
        if len(function.definitions) > 1 or function.foreign or function.doubtful:
            raise Unsure(
                f"{function.subject} is tied to others of its name; AID changes what it returns only where it stands alone."
            )
        if not function.main.parameters:
            raise Unsure(f"{function.subject} is no function.")
        return _Returning(scene, function, self.kind).planned()


class _Returning:
    def __init__(self, scene: Scene, function: Function, kind: Literal["option", "result"]) -> None:
        self._sources = scene.sources
        self._function = function
        self._kind = kind
        self._plan = Planned()
        self._tree = function.main.tree
        self._raised: list[str] = []
        self._tails: set[int] = set()
        """Where recursive calls are the result themselves."""

    def planned(self) -> Planned:
        main = self._function.main
        for tail, guarded in list(_ways_out(self._body(main))):
            self._way_out(main, tail, guarded)
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
        self._types(main)
        for call in self._function.calls:
            if call.whole.start not in self._tails or self._function.inside(call) is None:
                self._call(call)
        self._plan.said = (
            f"make {self._function.subject} return {'an option' if self._kind == 'option' else 'a result'}: {self._plan.places}"
        )
        return self._plan

    def _body(self, main: Definition) -> Node:
        node = self._tree.node_at(main.body)
        while node.parent is not None and self._tree.span(node.parent) == main.body:
            node = node.parent
        if main.parameters[-1].of == "function":
            inner = self._tree.node_at(Span(main.parameters[-1].span.start, main.parameters[-1].span.start + 8))
            while inner.parent is not None and inner.type != "function_expression":
                inner = inner.parent
            return inner
        return node

    def _way_out(self, main: Definition, node: Node, guarded: bool) -> None:
        """One expression whose value is the function's."""
        written = self._tree.written(node)
        span = self._tree.span(node)
        head = node.child_by_field_name("function") if node.type == "application_expression" else None
        name = self._tree.written(head).removeprefix("Stdlib.") if head is not None else ""
        if name in ("raise", "raise_notrace", "failwith", "invalid_arg"):
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
        value = written if node.type in _PLAIN else f"({written})"
        self._plan.put(main.path, span, f"{word} {value}")

    def _types(self, main: Definition) -> None:
        if main.annotated is not None:
            if main.parameters[main.of_let :]:
                self._type(main.path, main.annotated)
            else:
                node = main.node.child_by_field_name("type")
                if node is not None:
                    self._wrap_type(main.path, self._tree, self._tree.span(node))
        for declaration in self._function.declarations:
            if not declaration.arrow.parameters:
                raise Unsure(f"{self._sources.spot(declaration.path, declaration.name)} does not show what the function returns.")
            self._type(declaration.path, declaration.arrow)

    def _type(self, path: str, arrow: Arrow) -> None:
        node = arrow.tree.node_at(Span(arrow.result, arrow.result + 1))
        while (
            node.parent is not None
            and node.parent.start_byte == node.start_byte
            and node.parent.type.endswith(("_type", "_path"))
        ):
            node = node.parent
        self._wrap_type(path, arrow.tree, arrow.tree.span(node))

    def _wrap_type(self, path: str, tree: Tree, span: Span) -> None:
        written = span.of(tree.text)
        inner = written if re.fullmatch(r"[\w.' ]+|\([^()]*\)(?:\s\w+)*", written) else f"({written})"
        self._plan.put(path, span, f"{inner} option" if self._kind == "option" else f"({written}, string) result")

    def _call(self, call: Call) -> None:
        """A caller does what happened before."""
        positional = [p for p in self._function.main.parameters if not p.label]
        if len(call.positional) == len(positional):
            call_text = call.whole.of(call.tree.text)
            self._plan.put(call.path, call.whole, f"({self._match(call_text)})")
            return
        if len(call.positional) > len(positional):
            raise Unsure(f"{self._sources.spot(call.path, call.whole)} applies what {self._function.subject.name} returns.")
        names_ = [p.name or f"x{number + 1}" for number, p in enumerate(positional[len(call.positional) :])]
        taken = set(re.findall(r"[a-z_][\w']*", call.whole.of(call.tree.text)))
        fresh = [name if name not in taken else f"{name}'" for name in names_]
        head = call.whole.of(call.tree.text)
        labels = [f"~{p.label}" for p in self._function.main.parameters if p.label and not p.optional]
        given = {argument.label for argument in call.arguments}
        labels = [label for label in labels if label[1:] not in given]
        written = f"(fun {' '.join([*labels, *fresh])} -> {self._match(' '.join([head, *labels, *fresh]))})"
        if call.token.punned:
            self._plan.take(call.path, rewrite(call.tree, call.token, written))
        else:
            self._plan.put(call.path, call.whole, written)

    def _match(self, call: str) -> str:
        if self._kind == "result":
            return f"match {call} with Ok value -> value | Error message -> failwith message"
        return f"match {call} with Some value -> value | None -> {self._raised[0]}"


_PLAIN = frozenset(
    {
        "value_path",
        "number",
        "string",
        "character",
        "constructor_path",
        "boolean",
        "unit",
        "parenthesized_expression",
        "list_expression",
        "record_expression",
        "quoted_string",
    }
)


def _ways_out(node: Node, guarded: bool = False) -> Iterator[tuple[Node, bool]]:
    """The expressions whose values an expression can have, and whether a `try` within it catches what they raise."""
    match node.type:
        case "let_expression" | "let_open_expression":
            body = node.child_by_field_name("body")
            if body is not None:
                yield from _ways_out(body, guarded)
        case "match_expression" | "function_expression" | "try_expression":
            if node.type == "try_expression":
                inner = next((child for child in node.named_children if child.type != "match_case"), None)
                if inner is not None:
                    yield from _ways_out(inner, True)
            for case in node.children:
                body = case.child_by_field_name("body") if case.type == "match_case" else None
                if body is not None:
                    yield from _ways_out(body, guarded)
        case "if_expression":
            branches = [child for child in node.children if child.type in ("then_clause", "else_clause")]
            if len(branches) < 2:
                raise Unsure("An `if` without `else` is a way out of the function; write its `else ()` first.")
            for branch in branches:
                yield from _ways_out(branch.named_children[-1], guarded)
        case "sequence_expression":
            yield from _ways_out([child for child in node.named_children if child.type != "comment"][-1], guarded)
        case "parenthesized_expression":
            inner = [child for child in node.named_children if child.type != "comment"]
            if len(inner) == 1 and inner[0].type in (
                "match_expression",
                "try_expression",
                "if_expression",
                "let_expression",
                "sequence_expression",
            ):
                yield from _ways_out(inner[0], guarded)
            else:
                yield node, guarded
        case _:
            yield node, guarded
