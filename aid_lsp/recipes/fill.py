"""Fills a hole with what the compiler knows to fit: what is in scope, calls of it, what constructors make, or a match.

    let show (s : Shape.t) : string = _                       ──▶    let show (s : Shape.t) : string = Shape.to_string s
    let sides (k : Shape.kind) = failwith "TODO"              ──▶    match k with | Shape.Circle _ -> failwith "TODO: …" | …

What uses the parameters that nothing uses yet comes first. Where several fit equally well, AID names them and asks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import interface_of
from aid_lsp.ocaml.outline import outline
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.change import Entry, Planned, Question, Scene, Unsure
from aid_lsp.recipes.fits import Fit, Fits
from aid_lsp.recipes.holes import TODO, filled, holes, is_gap, split, to_fill
from aid_lsp.recipes.repairs.probe import probes
from aid_lsp.recipes.sites import Replacements, Shift, rewritten
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.target import around
from aid_lsp.recipes.words import pattern
from aid_lsp.workspace.request import Place

ENTRIES = (
    Entry("fill", "fill the hole", 'Fills `_`, `failwith "TODO"` or `assert false` with what is in scope and has the type.'),
    Entry("fill", "fill the hole with Shape.area s", "Fills it with an expression; where several fit, AID names them."),
    Entry("fill", "fill the hole with a match on kind", "Fills it with a case for every constructor, each with a hole."),
)
_HOLE = r"(?:(?:the|this|that|a)\s+)?(?:typed\s+)?(?:hole|todo|placeholder|gap|blank)(?:\s+here)?"
_FILL = pattern(
    rf"(?:(?:fill(?:\s+(?:in|out))?|complete|replace|write|implement)\s+(?:{_HOLE}|this|it)|fill\s+(?:in\s+)?here)"
    r"(?:\s+(?:(?:with|by)\s+(?:a\s+)?(?:pattern\s+)?(?:match(?:ing)?|case\s+split|cases|switch)\s+(?:on|of|over)\s+(?P<on>[a-z_][\w'.]*)|(?:with|by)\s+(?P<expression>.+)))?"
)
_SPLIT = pattern(
    r"(?:(?:complete\s+(?:the\s+|a\s+)?)?(?:pattern[\s-]?)?match|destruct(?:ure)?|case[\s-]?split|case[\s-]?anal[yi][sz]e|split|do\s+a\s+case\s+(?:split|analysis)|add\s+a\s+match|write\s+a\s+match)"
    rf"\s+(?:the\s+cases\s+of\s+|on\s+|over\s+)?(?P<on>[a-z_][\w'.]*)(?:\s+(?:here|in\s+{_HOLE}|at\s+{_HOLE}))?"
)
_UNUSED = re.compile(r"unused |[\w ]+ [\w']+ is never ")
_SHOWN = 6
"""So many fits are named at most."""
_ORDER = ("local", "field", "call", "make", "value")


def understand(sentence: str) -> "Fill | None":
    """The wish to fill a hole."""
    match = _SPLIT.match(sentence)
    if match is not None and match["on"].lower() not in ("this", "it", "the"):
        return Fill(on=match["on"])
    match = _FILL.match(sentence)
    return Fill(on=match["on"] or "", expression=(match["expression"] or "").strip()) if match is not None else None


@dataclass(frozen=True, slots=True)
class Fill:
    """Wishes that a hole is filled: with an expression, with a match on a value, or with what fits."""

    on: str = ""
    expression: str = ""

    def said(self) -> str:
        """What was understood."""
        how = f" with a match on {self.on}" if self.on else f" with {self.expression}" if self.expression else ""
        return f"fill the hole{how}"

    def asks(self, scene: Scene) -> Question | None:
        """The type of the hole: of `assert false` in its place, and in that of all that keeps the compiler from reading the file."""
        if self.expression:
            return None
        path, tree, hole = _hole(scene)
        text = tree.text
        edits: Replacements = {tree.span(node): "(assert false)" for node in holes(tree) if node == hole or is_gap(node)}
        edits |= _declared(scene.sources, path, text, tree.span(hole))
        start = Shift(edits).forward(tree.span(hole).start)
        after = rewritten(text, edits)
        line = after.rfind("\n", 0, start) + 1
        column = len(after[line:start].encode("utf-8", "surrogateescape"))
        return Question(Patch((FileChange(path, text, after),)), path, after.count("\n", 0, start) + 1, column, self.on)

    def plan(self, scene: Scene) -> Planned:
        """What fits best, in the place of the hole."""
        path, tree, hole = _hole(scene)
        plan = Planned()
        where = scene.sources.spot(path, tree.span(hole))
        left = [
            f"the hole at {path}:{scene.sources.spot(path, tree.span(node)).line}" for node in _others(plan, path, tree, hole)
        ]
        if self.expression:
            plan.put(path, tree.span(hole), filled(tree, hole, self.expression))
            plan.said = f"fill the hole at {where} with {self.expression}{to_fill(left, builds=not is_gap(hole))}"
            return plan
        fits = scene.fits
        if not isinstance(fits, Fits):
            raise Unsure(fits or "What fits the hole is not known without dune.")
        if self.on:
            span, written = split(tree, hole, self.on, self._cases(fits))
            plan.put(path, span, written)
            left = [*(f"the case {case}" for case in fits.patterns), *left]
            plan.said = f"fill the hole at {where} with a match on {self.on}{to_fill(left, builds=not is_gap(hole))}"
            return plan
        best, others = _best(fits, len(scene.tries), str(where))
        plan.put(path, tree.span(hole), filled(tree, hole, best.text))
        also = f"; `fill the hole with {others[0].text}` fits too" if others else ""
        also += f", so do {', '.join(fit.text for fit in others[1:_SHOWN])}" if others[1:] else ""
        left = [*(f"the {type_}" for type_ in best.left), *left]
        plan.said = f"fill the hole at {where} ({fits.type}) with {best.text}{also}{to_fill(left, builds=not is_gap(hole))}"
        return plan

    def excuses(self, scene: Scene, verdict: Verdict) -> bool:
        """Whether all that is wrong was there before, only that a `_` kept the compiler from saying so: names that nothing uses."""
        _, _, hole = _hole(scene)
        return is_gap(hole) and all(_UNUSED.match(one.first_line) for one in verdict.diagnostics)

    def _cases(self, fits: Fits) -> tuple[str, ...]:
        match fits.how:
            case "match":
                return fits.patterns
            case "let":
                raise Unsure(f"{self.on} has one form only: take it apart by `let {fits.patterns[0]} = {self.on} in`.")
            case "whole":
                raise Unsure(f"{self.on} is of type {fits.patterns[0]}, which has no cases that are known here.")
            case _:
                known = ", ".join(name for name, _ in fits.locals) or "nothing"
                raise Unsure(f"There is no {self.on} at the hole; what is bound there: {known}.")


def _others(plan: Planned, path: str, tree: Tree, hole: Node) -> Iterator[Node]:
    """The other `_` of the file become holes that build, as the compiler does not read it else."""
    for other in holes(tree):
        if other != hole and is_gap(other):
            plan.put(path, tree.span(other), filled(tree, other, TODO))
            yield other


def _best(fits: Fits, tried: int, where: str) -> tuple[Fit, list[Fit]]:
    """The fit that stands out, and the others; those that a build has refused are the first ones."""

    def worth(fit: Fit) -> tuple[int, int]:
        return len(fit.left), -fit.covers

    ranked = sorted(fits.fits, key=lambda fit: (*worth(fit), _ORDER.index(fit.kind)))[tried:]
    if not ranked:
        bound = ", ".join(f"{name} : {type_}" for name, type_ in fits.locals)
        if tried:
            raise Unsure(f"Nothing that fits the hole at {where} ({fits.type}) builds.")
        if re.fullmatch(r"'\w+", fits.type):
            raise Unsure(f"Nothing says of what type the hole at {where} is to be; write it there: `(_ : int)`.")
        raise Unsure(
            f"Nothing in scope makes a {fits.type} for the hole at {where}"
            + (f"; bound there: {bound}. A match on one of these would be `fill the hole with a match on …`." if bound else ".")
        )
    best = ranked[0]
    equal = [fit for fit in ranked if worth(fit) == worth(best)]
    if not best.covers and best.kind == "local":
        equal = [fit for fit in equal if fit.kind == "local"]
    if len(equal) > 1:
        named = ", ".join(f"`{fit.text}`" for fit in equal[:_SHOWN])
        more = f" and {len(equal) - _SHOWN} more" if len(equal) > _SHOWN else ""
        raise Unsure(
            f"Several things fit the hole at {where} ({fits.type}): {named}{more}. Say `fill the hole with {best.text}`."
        )
    return best, [fit for fit in ranked[1:] if len(fit.left) <= len(best.left)]


def _hole(scene: Scene) -> tuple[str, Tree, Node]:
    """The hole that is meant: at the place, on its line, in the definition around it; or the only one there is."""
    sources, place = scene.sources, scene.place
    if place is not None:
        tree = parse(place.path, sources.text(place.path))
        for stretch in _stretches(sources, place):
            found = [node for node in holes(tree) if _meets(tree.span(node), stretch)]
            if len(found) == 1:
                return place.path, tree, found[0]
            if found:
                raise Unsure(
                    f"There are several holes there: {_listed(sources, place.path, tree, found)}. Put the cursor on one."
                )
        raise Unsure('There is no hole at that place: `_`, `failwith "TODO"`, `assert false`.')
    every = [
        (path, tree, node)
        for path in sources.view.paths()
        if path.endswith(".ml")
        for tree in (parse(path, sources.text(path)),)
        for node in holes(tree)
    ]
    if len(every) == 1:
        return every[0]
    if not every:
        raise Unsure('There is no hole in this workspace: `_`, `failwith "TODO"`, `assert false`.')
    shown = ", ".join(str(sources.spot(path, tree.span(node))) for path, tree, node in every[:_SHOWN])
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    raise Unsure(f"There are several holes: {shown}{more}. Put the cursor on one (with `aid change`: --at FILE:LINE).")


def _stretches(sources: Sources, place: Place) -> Iterator[Span]:
    text = sources.text(place.path)
    yield place.span
    end = text.find("\n", max(place.span.start, place.span.end - 1))
    yield Span(text.rfind("\n", 0, place.span.start) + 1, end if end >= 0 else len(text))
    item = around(sources, place)
    if item is not None:
        yield item.span


def _meets(hole: Span, stretch: Span) -> bool:
    return hole.start <= stretch.end and stretch.start <= hole.end


def _listed(sources: Sources, path: str, tree: Tree, found: list[Node]) -> str:
    return ", ".join(str(sources.spot(path, tree.span(node))) for node in found[:_SHOWN])


def _declared(sources: Sources, path: str, text: str, hole: Span) -> Replacements:
    """The type that the interface declares, written to the definition that the hole is in."""
    interface = sources.text(interface_of(path))
    item = around(sources, Place(path, hole)) if interface else None
    for declared in outline(interface_of(path), interface) if item is not None else ():
        if item is not None and declared.path == item.path:
            for probe in probes(path, text, declared, interface):
                return dict(probe.added)
    return {}
