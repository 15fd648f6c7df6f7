"""The ways out of a function: the expressions whose value is its own, and the types that say what that is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.change import Scene, Unsure
from aid_lsp.recipes.functions import Arrow, Definition, Function, function_of
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.target import function_named

PLAIN = frozenset(
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
"""What can be an argument, or have one taken from it, without parentheses."""

RAISING = ("raise", "raise_notrace", "failwith", "invalid_arg")
"""The functions that raise."""
_SHOWN = 4
"""How many places are named."""


def lone_function(scene: Scene, name: tuple[str, ...]) -> Function:
    """The function that is meant; raises `Unsure` where others have to return the same, or nobody can tell."""
    sources = scene.sources
    function = function_of(sources, function_named(sources, name, scene.place))
    others = [str(sources.spot(one.path, one.name)) for one in function.definitions[1:]]
    others += [*map(str, function.foreign), *function.doubtful]
    if others:
        raise Unsure(
            f"{function.subject} is tied to what has its name at {', '.join(others[:_SHOWN])}; "
            "AID changes what it returns only where it stands alone."
        )
    if not function.main.parameters:
        raise Unsure(f"{function.subject} is no function.")
    return function


_QUIET = re.compile(
    r"(?:not|fst|snd|ignore|ref|incr|decr|min|max|abs|succ|pred|float"
    r"|truncate|string_of_int|string_of_float|string_of_bool|float_of_int|int_of_float|int_of_char|print_string|print_endline|print_newline|print_int|prerr_string|prerr_endline|compare)$"
)
"""Functions that raise nothing."""
_OFTEN = re.compile(r"(?:String|Bytes|Array|List|Char|Buffer|Printf|Format|Option|Result|Seq|Int|Float|Fun|Hashtbl)\.[a-z_]\w*$")
"""Functions of modules that raise only if they look something up."""
_FINDING = re.compile(
    r"\.(?:r?index(?:_from)?|find|find_all|assoc|assq|find_map|choose|combine|of_string|hd|tl|nth|map2|iter2|get)$"
)


def may_raise_deeper(function: Function) -> bool:
    """Whether a function calls any other that may raise as well; functions of the standard library that look nothing up do not."""
    main = function.main
    own = {call.function.start for call in function.calls}
    pending = [body_of(main)]
    while pending:
        node = pending.pop()
        pending += node.children
        head = node.child_by_field_name("function") if node.type == "application_expression" else None
        if head is None or head.type == "constructor_path" or main.tree.span(head).start in own:
            continue
        written = main.tree.written(head).removeprefix("Stdlib.")
        if written in RAISING or _QUIET.match(written) or (_OFTEN.match(written) and not _FINDING.search(written)):
            continue
        return True
    return False


def body_of(main: Definition) -> Node:
    """What a definition computes once it has its arguments."""
    node = main.tree.node_at(main.body)
    while node.parent is not None and main.tree.span(node.parent) == main.body:
        node = node.parent
    if main.parameters[-1].of == "function":
        start = main.parameters[-1].span.start
        inner = main.tree.node_at(Span(start, start + 8))
        while inner.parent is not None and inner.type != "function_expression":
            inner = inner.parent
        return inner
    return node


def result_types(function: Function, sources: Sources) -> Iterator[tuple[str, Tree, Span]]:
    """Where it is written of what type a function's result is: annotations and declarations; raises `Unsure` where one hides it."""
    main = function.main
    if main.annotated is not None:
        if main.parameters[main.of_let :]:
            yield main.path, main.tree, _result(main.annotated)
        else:
            node = main.node.child_by_field_name("type")
            if node is not None:
                yield main.path, main.tree, main.tree.span(node)
    for declaration in function.declarations:
        if not declaration.arrow.parameters:
            raise Unsure(f"{sources.spot(declaration.path, declaration.name)} does not show what the function returns.")
        yield declaration.path, declaration.arrow.tree, _result(declaration.arrow)


def _result(arrow: Arrow) -> Span:
    node = arrow.tree.node_at(Span(arrow.result, arrow.result + 1))
    while node.parent is not None and node.parent.start_byte == node.start_byte and node.parent.type.endswith(("_type", "_path")):
        node = node.parent
    return arrow.tree.span(node)


def ways_out(node: Node, guarded: bool = False, sequences: list[Node] | None = None) -> Iterator[tuple[Node, bool]]:
    """The expressions whose values an expression can have, and whether a `try` within it catches what they raise.

    Notes the sequences at whose end a way out is.
    """
    match node.type:
        case "let_expression" | "let_open_expression":
            body = node.child_by_field_name("body")
            if body is not None:
                yield from ways_out(body, guarded, sequences)
        case "match_expression" | "function_expression" | "try_expression":
            if node.type == "try_expression":
                inner = next((child for child in node.named_children if child.type != "match_case"), None)
                if inner is not None:
                    yield from ways_out(inner, True, sequences)
            for case in node.children:
                body = case.child_by_field_name("body") if case.type == "match_case" else None
                if body is not None:
                    yield from ways_out(body, guarded, sequences)
        case "if_expression":
            branches = [child for child in node.children if child.type in ("then_clause", "else_clause")]
            if len(branches) < 2:
                raise Unsure("An `if` without `else` is a way out of the function; write its `else ()` first.")
            for branch in branches:
                yield from ways_out(branch.named_children[-1], guarded, sequences)
        case "sequence_expression":
            if sequences is not None and not guarded:
                sequences.append(node)
            yield from ways_out([child for child in node.named_children if child.type != "comment"][-1], guarded, sequences)
        case "parenthesized_expression":
            inner = [child for child in node.named_children if child.type != "comment"]
            if len(inner) == 1 and inner[0].type in (
                "match_expression",
                "try_expression",
                "if_expression",
                "let_expression",
                "sequence_expression",
            ):
                yield from ways_out(inner[0], guarded, sequences)
            else:
                yield node, guarded
        case _:
            yield node, guarded


@dataclass(frozen=True, slots=True)
class Guard:
    """`if c then raise E;` before the rest of a function: a way out before its end."""

    raising: Node
    """What raises."""
    behind: Node
    """The `;` behind it."""
    rest: tuple[Node, Node] | None
    """The first and the last part of the rest, where an `else` would only take in the first."""


def early_exits(sequence: Node) -> Iterator[Guard]:
    """The guards among the parts of a sequence."""
    parts = [child for child in sequence.children if child.type not in (";", "comment")]
    marks = [child for child in sequence.children if child.type == ";"]
    for index, part in enumerate(parts[:-1]):
        if (raising := _raised_by(part)) is None or index >= len(marks):
            continue
        following = parts[index + 1 :]
        taken = len(following) == 1 or _raised_by(following[0]) is not None
        yield Guard(raising, marks[index], None if taken else (following[0], following[-1]))


def _raised_by(node: Node) -> Node | None:
    """What `if … then raise …` raises, without an `else`."""
    branches = [child for child in node.children if child.type in ("then_clause", "else_clause")]
    if node.type != "if_expression" or len(branches) != 1:
        return None
    inner = branches[0].named_children[-1]
    while inner.type == "parenthesized_expression" and len(inner.named_children) == 1:
        inner = inner.named_children[0]
    head = inner.child_by_field_name("function") if inner.type == "application_expression" else None
    name = head.text.decode() if head is not None and head.text is not None else ""
    return inner if name.removeprefix("Stdlib.") in RAISING else None
