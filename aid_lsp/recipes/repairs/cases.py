"""Matches that leave a case out, and cases that nothing reaches.

match s with Circle _ -> …        + | Rect (_, _) -> failwith "TODO: Rect (_, _)"      a hole, and it is said to be one
| _ -> 1 | Some () -> 2           the case that the one before swallows moves up: | Some () -> 2 | _ -> 1
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.repairs.site import Repair, Site

_EXAMPLE = re.compile(r"case that is not matched:\s*\n(?P<pattern>.*?)(?:\n\(However|\n\s*\n|\Z)", re.DOTALL)
_LITERAL = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\[^']+)'|(?<![\w'])-?\d[\w.]*|`AnyOtherTag|\*extension\*")
"""Of these there is always another one that is not matched."""


def missing_cases(site: Site) -> Iterator[Repair]:
    """The case of the compiler's example, with a hole behind it."""
    example = _EXAMPLE.search(site.diagnostic.message)
    if example is None:
        return
    pattern = " ".join(example["pattern"].split())
    match = next(
        (node for node in (site.node, *site.above()) if node.type in ("match_expression", "function_expression", "match_case")),
        None,
    )
    if match is None or match.type == "match_case" or site.tree.span(match).start != site.span.start:
        return
    cases = [child for child in match.children if child.type == "match_case"]
    if not cases or "[%" in pattern or "<" in pattern:
        return
    last = site.tree.span(cases[-1])
    line = site.text.rfind("\n", 0, last.start) + 1
    before = site.text[line : last.start]
    gap = "\n" + re.sub(r"\S", " ", before.rpartition("|")[0]) if re.fullmatch(r"\s*\|\s*", before) else " "
    pattern = _LITERAL.sub("_", pattern).replace("{ _ }", "_").replace("{_}", "_")
    if pattern.startswith("(") and pattern.endswith(")") and "|" in pattern and "," not in pattern:
        pattern = pattern[1:-1]
    escaped = pattern.replace("\\", "\\\\").replace('"', '\\"')
    hole = f'{gap}| {pattern} -> failwith "TODO: {escaped}"'
    yield Repair(
        site.path, {Span(last.end, last.end): hole}, f"the case {pattern} is put in, with a hole", hole=f"the case {pattern}"
    )


def unreachable_cases(site: Site) -> Iterator[Repair]:
    """The case moves before the one that swallows it."""
    if not site.diagnostic.first_line.startswith("this match case is unused"):
        return
    case = next((node for node in (site.node, *site.above()) if node.type == "match_case"), None)
    if case is None or case.parent is None:
        return
    cases = [child for child in case.parent.children if child.type == "match_case"]
    index = cases.index(case)
    for before in reversed(range(index)):
        if _takes_everything(site, cases[before]):
            moved = [case, *cases[before:index]]
            stretches = [site.tree.span(one) for one in cases[before : index + 1]]
            texts = [site.tree.written(one) for one in moved]
            pairs = {span: text for span, text in zip(stretches, texts, strict=True) if span.of(site.text) != text}
            yield Repair(site.path, pairs, f"the case {site.inside} moves before {_pattern(site, cases[before])}")
            return


def _takes_everything(site: Site, case: Node) -> bool:
    guarded = any(child.type == "guard" for child in case.children)
    return not guarded and re.fullmatch(r"_|[a-z_][\w']*|\(?\s*_\s*,\s*_\s*\)?", _pattern(site, case)) is not None


def _pattern(site: Site, case: Node) -> str:
    pattern = case.child_by_field_name("pattern")
    return site.tree.written(pattern) if pattern is not None else ""
