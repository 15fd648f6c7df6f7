"""Extracts the selected expression to a function, to a value, or to a `let` around it.

    let area r = [3.14 *. r *. r] +. 1.    ──▶    let disc r = 3.14 *. r *. r
                                                   let area r = disc r +. 1.

What the expression needs of what is bound around it becomes the parameters. Where it needs nothing and computes nothing, it becomes a
value; where computing it may do something, a function of `()`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import KEYWORDS, is_value_name
from aid_lsp.ocaml.references import references
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.recipes.call_edits import quiet_node
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.target import enclosing_expression, expression_at
from aid_lsp.recipes.words import pattern

ENTRIES = (
    Entry(
        "extract",
        "extract the selection to a function called scale",
        "Makes a function of the selected expression, before the definition around it.",
    ),
    Entry(
        "extract",
        "extract this to a local value width",
        "Binds the selected expression with `let … in`, around the expression it is in.",
    ),
)
_WHAT = r"(?:new\s+)?(?:top-?level\s+|local\s+)?(?:function|value|variable|constant|let|let-binding|binding|definition|helper)"
_NAME = (
    rf"\s+(?:(?:to|into|as)\s+)?(?:an?\s+|the\s+|its\s+own\s+|own\s+)*(?P<what>{_WHAT}\s+)?"
    r"(?:(?:called|named)\s+)?(?P<name>[a-z_][\w']*)"
)
_EXTRACT = pattern(
    rf"(?:extract|factor\s+out|pull\s+out|pull|lift)(?:\s+(?:the\s+)?(?:selection|selected\s+(?:code|expression)|expression|this|it|that|code)(?:\s+(?:code|expression|selection))?)?(?:\s+out)?{_NAME}"
)
_LOCAL = re.compile(r"\blocal|\blet\b|variable|binding", re.IGNORECASE)


def understand(sentence: str) -> "Extract | None":
    """The wish to extract the selection."""
    match = _EXTRACT.match(sentence)
    if (
        match is None
        or match["name"] in KEYWORDS
        or match["name"] in ("function", "value", "variable", "selection", "constant", "helper")
    ):
        return None
    what = (match["what"] or "").lower()
    return Extract(match["name"], local=_LOCAL.search(what) is not None, function="function" in what)


@dataclass(frozen=True, slots=True)
class Extract:
    """Wishes that the selected expression gets a name."""

    name: str
    local: bool = False
    function: bool = False

    def said(self) -> str:
        """What was understood."""
        return f"extract the selection to {'a local value' if self.local else 'a function' if self.function else ''} {self.name}".replace(
            "  ", " "
        )

    def plan(self, scene: Scene) -> Planned:
        """The definition, and the name where the expression was."""
        if not is_value_name(self.name):
            raise Unsure(f"{self.name!r} cannot be the name of a value.")
        path, tree, node = expression_at(scene.sources, scene.place)
        span = tree.span(node)
        written = span.of(tree.text)
        if self.local:
            return self._bound(scene, path, tree, node)
        top = _top(tree, node)
        if top is None:
            raise Unsure(f"{scene.sources.spot(path, span)} is not within a definition; AID extracts only from those.")
        free, doubts = _free(path, tree, span, top)
        if doubts:
            raise Unsure(
                f"The selection uses {doubts[0]}, which is bound by the definition around it; extract it to a local value instead."
            )
        if any(token.name == self.name for token in references(path, tree.text, self.name) if token.kind == "value"):
            raise Unsure(f"{path} says {self.name} already; choose another name.")
        opened = list(_opens(tree, node, top))
        parameters = " ".join(free)
        if not free and (self.function or not quiet_node(node)):
            parameters = "()"
        body = _shifted(written, tree, span, 2)
        for module in reversed(opened):
            body = f"let open {module} in {body}"
        one_line = "\n" not in body and len(body) + len(self.name) + len(parameters) < 70
        margin = _margin(tree, top)
        head = f"let {self.name}{' ' if parameters else ''}{parameters} ="
        definition = f"{head} {body}" if one_line else f"{head}\n{margin}  {body}"
        plan = Planned()
        start = _before(tree, top)
        plan.put(path, Span(start, start), f"{definition}\n\n{margin}")
        call = f"{self.name}{' ' if parameters else ''}{parameters}"
        bare = not parameters or node.parent is None or node.parent.type in _BARE or written.startswith("(")
        if (
            written.startswith("(")
            and written.endswith(")")
            and parameters
            and node.parent is not None
            and node.parent.type not in _BARE
        ):
            call, bare = f"({call})", True
        plan.put(path, span, call if bare else f"({call})")
        what = f"function {self.name} of {', '.join(free) or '()'}" if parameters else f"value {self.name}"
        plan.said = f"extract {' '.join(written.split())[:60].strip()} to the {what}"
        return plan

    def _bound(self, scene: Scene, path: str, tree: Tree, node: Node) -> Planned:
        """`let name = … in` before the expression that the selection is evaluated with in any case."""
        span = tree.span(node)
        around = enclosing_expression(node)
        if around is None:
            raise Unsure(f"AID sees no place for a `let` around {scene.sources.spot(path, span)}.")
        if any(
            token.name == self.name
            for token in references(path, tree.text, self.name)
            if token.kind == "value" and tree.span(around).start <= token.span.start < tree.span(around).end
        ):
            raise Unsure(f"{self.name} means something there already; choose another name.")
        if not quiet_node(node) and tree.span(around).start != span.start and not _first(tree, around, span):
            raise Unsure(
                "Something may happen when the selection is computed, and a `let` would make it happen earlier; use a function."
            )
        start = tree.span(around).start
        line = tree.text.rfind("\n", 0, start) + 1
        head = tree.text[line:start]
        gap = f"\n{head}" if not head.strip() else " "
        plan = Planned()
        plan.put(path, Span(start, start), f"let {self.name} = {span.of(tree.text)} in{gap}")
        plan.put(path, span, self.name)
        plan.said = f"bind {' '.join(span.of(tree.text).split())[:60].strip()} to {self.name}"
        return plan


_BARE = frozenset(
    {
        "let_binding",
        "parenthesized_expression",
        "sequence_expression",
        "infix_expression",
        "match_case",
        "then_clause",
        "else_clause",
        "if_expression",
        "let_expression",
        "match_expression",
        "fun_expression",
    }
)


def _first(tree: Tree, around: Node, span: Span) -> bool:
    """Whether nothing is computed before the selection in the expression around it."""
    return not re.search(r"[\w)\]]", tree.text[tree.span(around).start : span.start].replace("let", ""))


def _top(tree: Tree, node: Node) -> Node | None:
    """The definition of a structure that an expression is in."""
    current: Node | None = node
    while current is not None:
        parent = current.parent
        if current.type == "value_definition" and parent is not None and parent.type in ("compilation_unit", "structure"):
            return current
        if current.type in ("class_definition", "module_definition", "object_expression", "method_definition"):
            return None
        current = parent
    return None


def _before(tree: Tree, top: Node) -> int:
    """Where a definition can be put before another one: before its comments."""
    start = top.start_byte
    previous = top.prev_sibling
    while previous is not None and previous.type == "comment":
        between = tree.text[tree.offset(previous.end_byte) : tree.offset(start)]
        if "\n\n" in between:
            break
        start, previous = previous.start_byte, previous.prev_sibling
    return tree.offset(start)


def _margin(tree: Tree, top: Node) -> str:
    start = tree.span(top).start
    head = tree.text[tree.text.rfind("\n", 0, start) + 1 : start]
    return head if not head.strip() else ""


def _shifted(written: str, tree: Tree, span: Span, to: int) -> str:
    """A piece of code with its later lines moved so that they stand below its first one."""
    start = tree.text.rfind("\n", 0, span.start) + 1
    shift = to - (span.start - start)
    lines = written.split("\n")
    moved = [lines[0]]
    for line in lines[1:]:
        blank = len(line) - len(line.lstrip(" "))
        moved.append(" " * max(0, blank + shift) + line.lstrip(" ") if line.strip() else line)
    return "\n".join(moved)


def _free(path: str, tree: Tree, span: Span, top: Node) -> tuple[list[str], list[str]]:
    """What an expression uses that is bound around it: locals, in order, and the definitions of the chain that it is in."""
    own = tree.span(top)
    names: list[str] = []
    chain: list[str] = []
    for token in references(path, tree.text):
        binder = token.binder
        if token.kind != "value" or token.defines or binder is None or not span.start <= token.span.start < span.end:
            continue
        if span.start <= binder.start < span.end or not own.start <= binder.start < own.end:
            continue
        into = names if token.local else chain
        if token.name not in into:
            into.append(token.name)
    return names, chain


def _opens(tree: Tree, node: Node, top: Node) -> Iterator[str]:
    """The modules that are open at a place and not at the definition around it, the outermost first."""
    found: list[str] = []
    current: Node | None = node
    while current is not None and current != top:
        parent = current.parent
        if parent is not None and parent.type == "local_open_expression" and parent.children[0] != current:
            found.append(tree.written(parent.children[0]))
        if parent is not None and parent.type == "let_expression" and parent.child_by_field_name("body") == current:
            opened = next((child for child in parent.children if child.type == "open_module"), None)
            if opened is not None:
                found.append(re.sub(r"^open!?\s+", "", tree.written(opened)))
            elif not any(child.type == "value_definition" for child in parent.children):
                raise Unsure("A module or exception is defined around the selection; AID does not extract from there.")
        current = parent
    yield from reversed(found)
