"""The ways in which OCaml projects test, and how one test more is written in each.

expect    let%expect_test "area" = print_string (…); [%expect {| 12 |}]
alcotest  let test_area () = Alcotest.(check int) "area 3 4" 12 (area 3 4)          and its name in the list
ounit     "area" >:: (fun _ -> assert_equal 12 (area 3 4))
assert    let () = assert (area 3 4 = 12)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.stanzas import Stanza
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.change import Planned, Unsure
from aid_lsp.recipes.parameter_spec import atomic
from aid_lsp.recipes.values import printer, testable

Style = Literal["expect", "alcotest", "ounit", "assert"]


def style_of(stanza: Stanza, text: str) -> Style:
    """How a file tests."""
    if "%expect_test" in text or (stanza.inline_tests and {"ppx_expect", "ppx_jane"} & set(stanza.preprocessors)):
        return "expect"
    libraries = {library.lower() for library in stanza.libraries}
    if "alcotest" in libraries:
        return "alcotest"
    return "ounit" if libraries & {"ounit", "ounit2"} else "assert"


@dataclass(frozen=True, slots=True)
class Check:
    """What is tested: that an expression has a value."""

    title: str
    expression: str
    expected: str
    type: str


def first_test(style: Style, module: str) -> str:
    """A file of tests with no test in it."""
    match style:
        case "alcotest":
            return f'let () = Alcotest.run "{module}" [ ("{module.lower()}", []) ]\n'
        case "ounit":
            return f'open OUnit2\n\nlet () = run_test_tt_main ("{module}" >::: [])\n'
        case _:
            return ""


def put_test(plan: Planned, path: str, text: str, style: Style, check: Check) -> None:
    """Puts the test where the file has its tests."""
    match style:
        case "expect":
            shown = printer(check.type)
            printed, expected = f"{shown} ({check.expression})", check.expected
            if not shown:
                printed, expected = f"string_of_bool ({check.expression} = {check.expected})", "true"
            lines = f'let%expect_test "{check.title}" =\n  print_string ({printed});\n  [%expect {{| {expected} |}}]'
            _append(plan, path, text, lines)
        case "alcotest":
            _alcotest(plan, path, text, check)
        case "ounit":
            tree = parse(path, text)
            last = _last(
                tree, lambda node: node.type == "infix_expression" and any(tree.written(c) == ">::" for c in node.children)
            )
            empty = _empty_list(tree)
            if last is None and empty is None:
                raise Unsure(f'AID finds no `"…" >:: …` in {path} to put another one behind.')
            opened = "" if re.search(r"\bopen\s+OUnit2?\b", text) else "OUnit2."
            shown = printer(check.type)
            how = f" ~printer:{atomic(shown)}" if shown else ""
            written = f'"{check.title}" >:: (fun _ -> {opened}assert_equal{how} {atomic(check.expected)} ({check.expression}))'
            if last is not None:
                _beside(plan, path, tree, last, written)
            else:
                _within(plan, path, empty, written)
        case "assert":
            _append(plan, path, text, f"let () = assert ({check.expression} = {check.expected})")


def _alcotest(plan: Planned, path: str, text: str, check: Check) -> None:
    tree = parse(path, text)

    def is_case(node: Node) -> bool:
        head = node.child_by_field_name("function") if node.type == "application_expression" else None
        return head is not None and tree.written(head).split(".")[-1] == "test_case"

    last = _last(tree, is_case)
    empty = _empty_list(tree)
    if last is None and empty is None:
        raise Unsure(f"AID finds no `test_case` in {path} to put another one behind.")
    names = {item.name for item in outline(path, text)}
    base = f"test_{re.sub(r'[^a-z0-9_]+', '_', check.title.lower()).strip('_')}"
    name = next(n for n in (base, *(f"{base}_{number}" for number in range(2, 99))) if n not in names)
    shown = testable(check.type)
    title = check.expression.replace("\\", "\\\\").replace('"', '\\"')
    if shown:
        body = (
            f'Alcotest.(check {f"({shown})" if " " in shown else shown}) "{title}" {atomic(check.expected)} ({check.expression})'
        )
    else:
        body = f'Alcotest.(check bool) "{title}" true ({check.expression} = {check.expected})'
    top: Node = last or tree.node_at(empty or Span(0, 0))
    while top.parent is not None and top.parent.type != "compilation_unit":
        top = top.parent
    start = tree.span(top).start
    plan.put(path, Span(start, start), f"let {name} () = {body}\n\n")
    head = last.child_by_field_name("function") if last is not None else None
    word = tree.written(head) if head is not None else "Alcotest.test_case"
    written = f'{word} "{check.title}" `Quick {name}'
    if last is not None:
        _beside(plan, path, tree, last, written)
    else:
        _within(plan, path, empty, written)


def _empty_list(tree: Tree) -> Span | None:
    """The one `[]` of a file of tests with no test in it."""
    found = [match.span() for match in re.finditer(r"\[\s*\]", tree.text)]
    return Span(*found[0]) if len(found) == 1 else None


def _within(plan: Planned, path: str, empty: Span | None, written: str) -> None:
    if empty is not None:
        plan.put(path, empty, f"[ {written} ]")


def _beside(plan: Planned, path: str, tree: Tree, node: Node, written: str) -> None:
    """Puts one element more behind one of a list."""
    text, span = tree.text, tree.span(node)
    head = text[text.rfind("\n", 0, span.start) + 1 : span.start]
    blanks = re.match(r"[ \t]*", head)
    gap = f"\n{blanks[0] if blanks else ''}" + ("  " if head.strip() == "[" else "") if not head.strip(" \t[;") else " "
    plan.put(path, Span(span.end, span.end), f";{gap}{written}")


def _last(tree: Tree, wanted: Callable[[Node], bool]) -> Node | None:
    found: Node | None = None
    pending = [tree.root]
    while pending:
        node = pending.pop()
        if wanted(node) and (found is None or node.start_byte > found.start_byte):
            found = node
        pending.extend(node.children)
    return found


def _append(plan: Planned, path: str, text: str, written: str) -> None:
    end = len(text.rstrip())
    plan.put(path, Span(end, len(text)), f"\n\n{written}\n" if end else f"{written}\n")
