"""Adds a constructor to a type, and a case with a hole to every match that must know it.

    type kind = Circle | Rect                type kind = Circle | Rect | Square of float
    let sides = function              ──▶    let sides = function
      | Circle -> 0 | Rect -> 4                | Circle -> 0 | Rect -> 4 | Square _ -> failwith "TODO: Square _"

The compiler says which matches those are. A match that takes all the rest (`| _ -> …`) takes the new one too, and is told of.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.repairs.cases import missing_cases
from aid_lsp.recipes.repairs.site import Site
from aid_lsp.recipes.sites import Replacements
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.types_declared import UNUSED, Body, bodies, grown, only_unused
from aid_lsp.recipes.words import PATH, names, pattern

ENTRIES = (
    Entry(
        "add a constructor",
        "add constructor Square of float to Shape.kind",
        "Adds it wherever the type is declared, and a case with a hole to every match that must know it.",
    ),
)
_WHAT = r"(?:(?:an?|another|the|new)\s+)*(?:(?:variant|data|value|constant)\s+)?(?:constructor|variant|case|alternative)"
_TYPE = rf"(?:the\s+)?(?:(?:type|variant|variant\s+type)\s+)?(?P<type>{PATH})(?:\s+type)?"
_ADD = pattern(
    rf"(?:add|introduce|insert|append)\s+{_WHAT}\s+(?P<name>[A-Z][\w']*)(?P<args>\s+of\s+.+?|\s*:\s*.+?)?\s+(?:to|in|into)\s+{_TYPE}"
    r"(?:,?\s+(?P<where>after|before|behind)\s+(?P<beside>[A-Z][\w']*))?"
)


def understand(sentence: str) -> "AddConstructor | None":
    """The wish to add a constructor."""
    match = _ADD.match(sentence)
    if match is None or not match["name"][0].isupper() or not match["type"][0].isascii():
        return None
    where = (
        ("before" if (match["where"] or "").lower() == "before" else "after", match["beside"]) if match["beside"] else ("", "")
    )
    return AddConstructor(names(match["type"]), match["name"], " ".join((match["args"] or "").split()), where)


@dataclass(frozen=True, slots=True)
class AddConstructor:
    """Wishes that a type has one constructor more."""

    type: tuple[str, ...]
    name: str
    arguments: str
    """`of float`, `: int t`, or nothing."""
    where: tuple[str, str] = ("", "")
    """`before` or `after` which one; the last one, if empty."""

    excuse = UNUSED

    def excuses(self, scene: Scene, verdict: Verdict) -> bool:
        """Whether the build only waits for the first use."""
        return only_unused(verdict, self.name)

    def said(self) -> str:
        """What was understood."""
        return f"add constructor {self.name}{' ' if self.arguments else ''}{self.arguments} to type {'.'.join(self.type)}"

    def plan(self, scene: Scene) -> Planned:
        """The declarations first; then, build after build, the matches."""
        subject, declared = bodies(scene, self.type, "variant_declaration")
        plan = grown(scene, declared, self._declare, self._answer)
        holes = sum(text.count(f"TODO: {self.name}") for text in plan.texts.values())
        cases = f"; {holes} case{'s' if holes != 1 else ''} to write, marked TODO" if holes else ""
        silent = list(_silent(scene.sources, subject, declared))
        also = ""
        if silent:
            shown = ", ".join(silent[:4]) + (f" and {len(silent) - 4} more" if len(silent) > 4 else "")
            also = f"; taken silently by `_` at {shown}"
        plan.said = f"add constructor {self.name} to {subject}: {plan.places}{cases}{also}"
        return plan

    def _declare(self, plan: Planned, body: Body) -> None:
        if self.name in body.names:
            raise Unsure(f"That type has a constructor {self.name} already, in {body.path}.")
        written = f"{self.name} {self.arguments}".strip()
        how, beside = self.where
        if beside and beside not in body.names:
            raise Unsure(f"The type has no constructor {beside}; it has {', '.join(body.names)}.")
        part = body.parts[body.names.index(beside)] if beside else body.parts[-1]
        span = body.tree.span(part)
        margin = body.margin(part, "|")
        gap = f"\n{margin or '  '}" if margin is not None else " "
        if how == "before":
            plan.put(body.path, Span(span.start, span.start), f"{written}{gap}| ")
        else:
            end = _with_comment(body, span.end)
            plan.put(body.path, Span(end, end), f"{gap}| {written}")

    def _answer(self, site: Site) -> Iterator[tuple[str, Replacements]]:
        """The case that a match lacks."""
        for repair in missing_cases(site):
            if self.name in repair.hole:
                yield repair.path, repair.replacements


def _with_comment(body: Body, end: int) -> int:
    """The end of a constructor with the documentation that stands behind it on its line."""
    match = re.match(r"[ \t]*\(\*\*(?:[^*]|\*(?!\)))*\*\)", body.tree.text[end:])
    return end + match.end() if match else end


def _silent(sources: Sources, subject: Subject, declared: tuple[Body, ...]) -> Iterator[str]:
    """The matches over constructors of the type whose last case takes everything."""
    seen: set[tuple[str, int]] = set()
    uids = {
        uid
        for body in declared
        for part in body.parts
        for uid in sources.uids_of(body.path, body.tree.span(part.children[0]), body.tree.written(part.children[0]))
    }
    linked = {one for uid in uids for one in (sources.artefacts.together(uid) if sources.artefacts else (uid,))}
    for name in dict.fromkeys(name for body in declared for name in body.names):
        for path in sources.files(name):
            facts = sources.facts(path, name)
            tree = parse(path, sources.text(path))
            for token in sources.references(path, name):
                fact = facts.get(token.span.start)
                if token.kind != "constructor" or fact is None or not fact.uids & linked:
                    continue
                match = _match_of(tree.node_at(token.span))
                if match is None or (path, match.start_byte) in seen:
                    continue
                seen.add((path, match.start_byte))
                cases = [child for child in match.children if child.type == "match_case"]
                patterns = [case.child_by_field_name("pattern") for case in cases]
                if any(p is not None and re.fullmatch(r"_|[a-z_][\w']*", tree.written(p)) for p in patterns):
                    yield str(sources.spot(path, tree.span(match)))


def _match_of(node: Node | None) -> Node | None:
    """The match in one of whose patterns (at its top) a constructor stands."""
    while node is not None and node.type != "match_case":
        if node.type.endswith("_expression") or node.type in ("parameter", "let_binding", "tuple_pattern", "record_pattern"):
            return None
        node = node.parent
    return node.parent if node is not None else None
