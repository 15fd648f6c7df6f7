"""Lints on OCaml code: casts, stubs, switched-off warnings, swallowed exceptions, code turned into comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.build.verdict import Lint
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.patch import Patch
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.ocaml.syntax import Tree, parse

_STUB = re.compile(
    r"\b(?:to-?do|fixme|xxx|tbd|stub(?:bed)?|placeholder|(?:not|un)[ _-]?(?:yet[ _-])?implemented|implement (?:me|this)|not done)\b",
    re.IGNORECASE,
)
_RAISERS = frozenset({"failwith", "invalid_arg", "failwithf", "invalid_argf", "Failure", "Invalid_argument", "raise"})
_SWITCHES = frozenset({"warning", "ocaml.warning", "warnerror", "ocaml.warnerror", "alert", "ocaml.alert"})
_OFF = re.compile(r"-[a-zA-Z0-9]")
_DEFINITIONS = frozenset(
    {
        "value_definition",
        "type_definition",
        "module_definition",
        "module_type_definition",
        "exception_definition",
        "value_specification",
        "external",
        "open_module",
        "include_module",
        "class_definition",
    }
)
_CODE_SIGN = re.compile(r"[=;()|\[\]]|->|:=")


@dataclass(frozen=True, slots=True)
class Found:
    """One place that a lint speaks of, in one text."""

    name: str
    key: str
    """Two places with one key are the same thing, moved."""
    start: int
    """Its `str` offset."""
    message: str


def code_findings(path: str, text: str) -> list[Found]:
    """What a text holds, in its order."""
    tree = parse(path, text)
    opened = any(_last_name(tree, node.children[-1]) == "Obj" for node in nodes(tree.root) if node.type == "open_module")
    return [
        Found(name, " ".join(key.split()), tree.offset(node.start_byte), message)
        for node in nodes(tree.root)
        for name, key, message in _of(tree, node, opened=opened)
    ]


def nodes(root: Node) -> Iterator[Node]:
    """All nodes below one, in the text's order; without what is in comments, which tree-sitter does not parse."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(node.children))


def _of(tree: Tree, node: Node, *, opened: bool) -> Iterator[tuple[str, str, str]]:
    written = tree.written
    match node.type:
        case "value_path":
            if _is_cast(tree, node, opened=opened):
                yield "cast", written(node), f"`{written(node)}` switches the type checker off here."
        case "external" if any(child.type == "string" and written(child) == '"%identity"' for child in node.children):
            yield "cast", written(node), "An external `%identity` can be a cast in disguise."
        case "assert_expression" if written(node).removeprefix("assert").strip(" ()\r\n\t") == "false":
            yield "assert-false", "assert false", "`assert false` type-checks as anything and fails when it is reached."
        case "application_expression" | "infix_expression" if (said := _stub(tree, node)) is not None:
            yield "stub", written(node), f"This only raises {said!r}; nothing is implemented here."
        case "attribute" | "item_attribute" | "floating_attribute":
            yield from _switched_off(tree, node)
        case "try_expression":
            for case in node.children:
                if case.type == "match_case" and _takes_all(tree, case):
                    yield (
                        "swallowed",
                        written(node),
                        "`with _ ->` swallows every exception, also Out_of_memory and Stack_overflow.",
                    )
        case "exception_pattern" if node.children and _any(tree, node.children[-1]):
            yield "swallowed", written(node), "`exception _` swallows every exception, also Out_of_memory and Stack_overflow."
        case _:
            pass


def _is_cast(tree: Tree, node: Node, *, opened: bool) -> bool:
    name = tree.written(node.children[-1])
    if name not in ("magic", "obj"):
        return False
    module = node.children[0]
    if module.type == "module_path":
        return _last_name(tree, module) == "Obj"
    above = node.parent
    while above is not None:
        if above.type == "local_open_expression" and _last_name(tree, above.children[0]) == "Obj":
            return True
        above = above.parent
    return opened and name == "magic"


def _last_name(tree: Tree, path: Node) -> str:
    return tree.written(path).rpartition(".")[2].strip()


def _stub(tree: Tree, node: Node) -> str | None:
    """What a call that raises says, if it says that something is not done."""
    parts = [child for child in node.children if not child.type.endswith("_operator")]
    heads = {_last_name(tree, part) for part in parts if part.type in ("value_path", "constructor_path")}
    if len(parts) != 2 or not heads & _RAISERS:
        return None
    for part in parts:
        while part.type == "parenthesized_expression" and part.named_child_count == 1:
            part = part.named_children[0]
        if part.type in ("string", "quoted_string"):
            said = "".join(tree.written(child) for child in part.named_children)
            return said if _STUB.search(said) else None
    return None


def _switched_off(tree: Tree, node: Node) -> Iterator[tuple[str, str, str]]:
    which = next((tree.written(child) for child in node.children if child.type == "attribute_id"), "")
    if which not in _SWITCHES:
        return
    for child in nodes(node):
        if child.type in ("string_content", "quoted_string_content") and _OFF.search(tree.written(child)):
            yield "warnings-off", tree.written(node), f"`{' '.join(tree.written(node).split())}` switches warnings off."


def _takes_all(tree: Tree, case: Node) -> bool:
    return not any(child.type == "guard" for child in case.children) and _any(tree, case.children[0])


def _any(tree: Tree, pattern: Node) -> bool:
    match pattern.type:
        case "any_pattern":
            return True
        case "value_pattern" | "value_name":
            return tree.written(pattern).startswith("_")
        case "typed_pattern" | "parenthesized_pattern":
            return bool(pattern.named_children) and _any(tree, pattern.named_children[0])
        case "or_pattern":
            return any(_any(tree, child) for child in pattern.named_children)
        case _:
            return False


def commented_out(patch: Patch) -> Iterator[Lint]:
    """Comments that the patch adds and whose words are code: they parse as definitions, or were code before."""
    for change in patch.changes:
        if change.after is None or not is_ocaml(change.path):
            continue
        old = _comments(change.path, change.before) if change.before else {}
        code = _squashed(_without_comments(change.path, change.before)) if change.before else ""
        lines = Lines(change.after)
        for comment, start in _comments(change.path, change.after).items():
            if comment not in old and _is_code(change.path, comment, code):
                yield Lint("commented-out", change.path, lines.position(start)[0] + 1, "Code was turned into a comment here.")


def _comments(path: str, text: str) -> dict[str, int]:
    """The inner words of the comments, documentation aside, and where they start."""
    tree = parse(path, text)
    found: dict[str, int] = {}
    for node in nodes(tree.root):
        written = tree.written(node) if node.type == "comment" else ""
        if written and not written.startswith("(**"):
            found.setdefault(written.removeprefix("(*").removesuffix("*)").strip(), tree.offset(node.start_byte))
    return found


def _without_comments(path: str, text: str) -> str:
    tree = parse(path, text)
    spans = [tree.span(node) for node in nodes(tree.root) if node.type == "comment"]
    kept, at = "", 0
    for span in spans:
        kept += text[at : span.start]
        at = span.end
    return kept + text[at:]


def _is_code(path: str, words: str, code: str) -> bool:
    if not _CODE_SIGN.search(words) and not words.startswith(("open ", "val ", "include ")):
        return False
    if len(words) >= 8 and _squashed(words) in code:
        return True
    root = parse(path, words).root
    return not root.has_error and any(child.type in _DEFINITIONS for child in root.children)


def _squashed(text: str) -> str:
    return " ".join(text.split())
