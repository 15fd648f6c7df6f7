"""A type as the source declares it, in the implementation, the interface, and wherever it is declared again (`type t = M.t = …`)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.build.verdict import Verdict
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.change import Planned, Scene, Unsure
from aid_lsp.recipes.repairs.site import Site, site_of
from aid_lsp.recipes.sites import Replacements, rewritten
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.subject_found import subjects_named
from aid_lsp.recipes.target import subject_named
from aid_lsp.recipes.ties import twins
from aid_lsp.recipes.wording import Rename


@dataclass(frozen=True, slots=True)
class Body:
    """The constructors or the fields of one declaration of a type."""

    path: str
    tree: Tree
    node: Node
    """The `variant_declaration` or `record_declaration`."""
    parts: tuple[Node, ...]
    """The constructors or the fields."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the parts are called."""
        return tuple(self.tree.written(_name(part)) for part in self.parts)

    def margin(self, part: Node, mark: str) -> str | None:
        """The blanks before a part that begins a line (after `|`, for a constructor); None where it follows something."""
        text, start = self.tree.text, self.tree.span(part).start
        head = text[text.rfind("\n", 0, start) + 1 : start]
        before = head.removesuffix(" ").removesuffix(mark) if mark else head
        return before if not before.strip() else None


def grown(
    scene: Scene,
    declared: tuple[Body, ...],
    declare: Callable[[Planned, Body], None],
    answer: Callable[[Site], Iterator[tuple[str, Replacements]]],
) -> Planned:
    """One part more: the declarations get it first; then, build after build, each place gets what its error asks for."""
    if not scene.tries:
        plan = Planned()
        for body in declared:
            declare(plan, body)
        return plan
    last = scene.tries[-1]
    plan = last.planned.again()
    edits: dict[str, Replacements] = {}
    for diagnostic in last.verdict.diagnostics:
        site = site_of(diagnostic, last.after.view)
        for path, found in answer(site) if site is not None else ():
            edits.setdefault(path, {}).update(found)
    for path, found in edits.items():
        plan.texts[path] = rewritten(last.after.text(path), found)
    return plan


UNUSED = "; nothing uses it yet, which this build takes for an error"
"""What to say of a part that is as it was asked for, and red for that alone."""


def only_unused(verdict: Verdict, name: str) -> bool:
    """Whether all that is wrong is that nothing uses a new part yet."""
    said = re.compile(rf"(?:unused )?(?:record |mutable )*(?:field|constructor) {re.escape(name)}(?: is never .*)?[.]?$")
    errors = [one for one in verdict.diagnostics if one.severity == "error"]
    return bool(errors) and all(said.match(one.first_line.partition(". ")[0]) for one in errors)


def _name(part: Node) -> Node:
    found = next((c for c in part.children if c.type in ("constructor_name", "field_name", "parenthesized_operator")), None)
    return found if found is not None else part


def bodies(scene: Scene, type_: tuple[str, ...], kind: str) -> tuple[Subject, tuple[Body, ...]]:
    """The type that is meant, and its bodies of that kind (`variant_declaration`, `record_declaration`); raises `Unsure`."""
    sources = scene.sources
    named = list(subjects_named(sources, type_[-1], Rename("type", type_, ""))) if type_ else []
    several = [list(_bodies(sources, subject, kind)) for subject in named]
    places = [{(body.path, body.node.start_byte) for body in one} for one in several]
    for candidate, found, own in zip(named, several, places, strict=True):
        if len(named) > 1 and own and all(one <= own for one in places):
            return candidate, tuple(found)  # one type, declared again elsewhere
    subject = subject_named(sources, "type", type_, scene.place)
    found = list(_bodies(sources, subject, kind))
    if not found:
        what = "constructors" if kind.startswith("variant") else "fields"
        where = next((spot for spot in subject.definitions), None)
        tags = where is not None and re.search(r"=\s*\[", sources.text(where.path)[where.span.end : where.span.end + 40])
        if tags and what == "constructors":
            raise Unsure(
                f"{subject} is made of polymorphic variants (`` `Tag ``), to which AID adds nothing; {where} declares it."
            )
        raise Unsure(f"{subject}{f', declared at {where},' if where is not None else ''} has no {what}.")
    return subject, tuple(found)


def _bodies(sources: Sources, subject: Subject, kind: str) -> Iterator[Body]:
    seen: set[tuple[str, int]] = set()
    spots = [(spot.path, spot.span) for spot in subject.definitions]
    for path, span in spots:
        for item in sources.items(path):
            # the same type is also wherever its constructors or fields are declared again
            if item.parent is not None and item.parent.name_span == span and item.kind in ("constructor", "field"):
                spots += [
                    (other, twin.parent.name_span)
                    for other, twin in twins(sources, path, item)
                    if twin.parent is not None and (other, twin.parent.name_span) not in spots
                ]
                break
    for path, span in spots:
        tree = parse(path, sources.text(path))
        node: Node | None = tree.node_at(span)
        while node is not None and node.type != "type_binding":
            node = node.parent
        body = node.child_by_field_name("body") if node is not None else None
        if body is None or body.type != kind or (path, body.start_byte) in seen:
            continue
        seen.add((path, body.start_byte))
        parts = tuple(child for child in body.children if child.type in ("constructor_declaration", "field_declaration"))
        if parts:
            yield Body(path, tree, body, parts)
