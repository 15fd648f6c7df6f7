"""Lints on tests: checks that are gone or empty, expected output that was edited."""

import re
from collections import Counter
from collections.abc import Iterator

from tree_sitter import Node

from aid_lsp.build.verdict import Lint
from aid_lsp.ces.lint_code import nodes
from aid_lsp.edits.diff import line_changes
from aid_lsp.edits.lines import Lines, split_lines
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.edits.sequence import Change
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.ocaml.sexp import List, Sexp, read_sexps
from aid_lsp.ocaml.stanzas import stanzas
from aid_lsp.ocaml.syntax import Tree, parse

_TEST_FILE = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test|t)_[^/]*$|_tests?\.mli?$")
_INLINE = frozenset({"test", "test_unit", "test_module", "expect_test", "bench"})
_CHECKS = re.compile(r"assert_\w+|check\w*|test_case\w*|fail|require\w*|expect\w*")
_EXPECTS = ("expect", "expect_exact", "expect.exact")


def lost_tests(patch: Patch) -> Iterator[Lint]:
    """Test files deleted, tests and checks that are fewer than before, tests emptied, stanzas that run tests no more."""
    fewer: list[tuple[FileChange, int]] = []
    balance = 0
    for change in patch.changes:
        if is_ocaml(change.path):
            difference = _checks(change.path, change.after) - _checks(change.path, change.before)
            balance += difference
            if difference < 0:
                fewer.append((change, -difference))
            if change.before is not None and change.after is not None:
                yield from _emptied(change, change.before, change.after)
        elif change.path.rpartition("/")[2] == "dune" and change.before is not None:
            yield from _stanzas(change)
        elif change.after is None and change.path.endswith((".t", ".expected")) and not _moved(patch, change):
            yield Lint("test-gone", change.path, 1, "A test is deleted.")
    if balance >= 0:
        return
    for change, count in fewer:
        if change.after is None:
            yield Lint("test-gone", change.path, 1, "A test file is deleted.")
        else:
            message = f"{count} test{'s or checks are' if count > 1 else ' or check is'} gone from this file."
            yield Lint("test-gone", change.path, _first_loss(change), message)


def expectations(patch: Patch) -> Iterator[Lint]:
    """Expected output that was there and reads differently now."""
    for change in patch.changes:
        if change.before is None or change.after is None:
            continue
        name = change.path.rpartition("/")[2]
        if is_ocaml(change.path):
            yield from _expect_blocks(change, change.before, change.after)
        elif name.endswith((".expected", ".corrected", ".ref", ".reference")):
            yield _edited(change.path, _runs(change.before, change.after)[0].b0)
        elif name.endswith(".t"):
            yield from _cram(change.path, change.before, change.after)


def _checks(path: str, text: str | None) -> int:
    """How many tests a text holds, and in a test file how many checks."""
    if not text:
        return 0
    tree = parse(path, text)
    in_test_file = _TEST_FILE.search(path) is not None
    return sum(_inline_test(tree, node) != "" or (in_test_file and _check(tree, node)) for node in nodes(tree.root))


def _check(tree: Tree, node: Node) -> bool:
    match node.type:
        case "assert_expression":
            return tree.written(node).removeprefix("assert").strip(" ()") not in ("true", "false")
        case "application_expression":
            head = tree.written(node.children[0]).rpartition(".")[2]
            return _CHECKS.fullmatch(head) is not None
        case "infix_expression":
            return any(tree.written(child) in (">::", ">:::") for child in node.children)
        case _:
            return False


def _inline_test(tree: Tree, node: Node) -> str:
    """The kind of a `let%test`; empty for all else."""
    if node.type != "value_definition":
        return ""
    kind = next((tree.written(child) for child in node.children[:4] if child.type == "attribute_id"), "")
    return kind if kind in _INLINE else ""


def _bodies(path: str, text: str) -> dict[str, tuple[str, int]]:
    """The inline tests by kind and name: what they do, and where."""
    tree = parse(path, text)
    found: dict[str, tuple[str, int]] = {}
    for node in nodes(tree.root):
        if kind := _inline_test(tree, node):
            binding = next((child for child in node.children if child.type == "let_binding"), None)
            if binding is not None and len(binding.children) >= 3:
                name, body = tree.written(binding.children[0]), tree.written(binding.children[-1])
                key = f"{kind} {name}"
                while key in found:
                    key += "'"
                found[key] = (body, tree.offset(node.start_byte))
    return found


def _emptied(change: FileChange, before: str, after: str) -> Iterator[Lint]:
    old, lines = _bodies(change.path, before), Lines(after)
    for key, (body, start) in _bodies(change.path, after).items():
        if _hollow(body) and key in old and not _hollow(old[key][0]):
            yield Lint("test-emptied", change.path, lines.position(start)[0] + 1, "This test does not check anything any more.")


def _hollow(body: str) -> bool:
    return body.strip(" ()\r\n\t") in ("", "true", "assert true", "ignore", "assert (true")


def _stanzas(change: FileChange) -> Iterator[Lint]:
    old = [stanza for stanza in stanzas(change.before or "") if stanza.is_test]
    new = [stanza for stanza in stanzas(change.after or "") if stanza.is_test]
    if len(new) < len(old):
        names = {name for stanza in new for name in stanza.names}
        lost = next((stanza for stanza in old if not names.intersection(stanza.names)), old[-1])
        line = Lines(change.before or "").position(lost.span.start)[0] + 1
        yield Lint("test-gone", change.path, line, f"The tests of {' '.join(lost.names) or 'a stanza'} are not run any more.")
    if change.after is not None:
        before = _never(read_sexps(change.before or ""), 0)
        for field in _never(read_sexps(change.after), 0)[len(before) :]:
            line = Lines(change.after).position(field.span.start)[0] + 1
            yield Lint("test-gone", change.path, line, "`(enabled_if false)` switches this stanza off.")


def _never(sexps: tuple[Sexp, ...], depth: int) -> list[List]:
    found: list[List] = []
    for sexp in sexps:
        if isinstance(sexp, List) and depth < 20:
            if sexp.head == "enabled_if" and sexp.words() == ("false",):
                found.append(sexp)
            found += _never(sexp.items, depth + 1)
    return found


def _moved(patch: Patch, change: FileChange) -> bool:
    return any(other.moved_from == change.path or other.after == change.before for other in patch.changes)


def _first_loss(change: FileChange) -> int:
    runs = _runs(change.before or "", change.after or "")
    loss = next((run for run in runs if run.a1 - run.a0 > run.b1 - run.b0), runs[0])
    return min(loss.b0 + 1, max(1, len(split_lines(change.after or ""))))


def _runs(before: str, after: str) -> list[Change]:
    return line_changes(split_lines(before), split_lines(after))


def _expect_blocks(change: FileChange, before: str, after: str) -> Iterator[Lint]:
    old, new = _blocks(change.path, before), _blocks(change.path, after)
    gone = Counter(words for words, _ in old) - Counter(words for words, _ in new)
    come = Counter(words for words, _ in new) - Counter(words for words, _ in old)
    left = min(gone.total(), come.total())
    lines = Lines(after)
    for words, start in new:
        if left and come[words]:
            come[words] -= 1
            left -= 1
            yield _edited(change.path, lines.position(start)[0])


def _blocks(path: str, text: str) -> list[tuple[str, int]]:
    tree = parse(path, text)
    return [
        (" ".join(tree.written(node).split()), tree.offset(node.start_byte))
        for node in nodes(tree.root)
        if node.type in ("extension", "item_extension")
        and any(child.type == "attribute_id" and tree.written(child) in _EXPECTS for child in node.children)
    ]


def _cram(path: str, before: str, after: str) -> Iterator[Lint]:
    """Only output counts: two blanks, then neither `$` nor `>`."""
    old, new = split_lines(before), split_lines(after)
    for run in line_changes(old, new):
        if any(_is_output(line) for line in old[run.a0 : run.a1]):
            yield _edited(path, min(run.b0, max(0, len(new) - 1)))


def _is_output(line: str) -> bool:
    return line.startswith("  ") and not line.startswith(("  $ ", "  > ")) and line.strip() != ""


def _edited(path: str, line: int) -> Lint:
    return Lint("expectation", path, line + 1, "Expected output was edited: check that the new output is what is wanted.")
