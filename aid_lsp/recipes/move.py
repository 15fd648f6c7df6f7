"""Moves a function or value to another module of the workspace, with its declaration, its documentation and its callers.

    lib/shape.ml      let area s = s.width * 2        ──▶   lib/geometry.ml   let area s = s.Shape.width * 2
    lib/shape.mli     val area : t -> int             ──▶   lib/geometry.mli  val area : Shape.t -> int
    Shape.area s      area s (within Shape)           ──▶   Geometry.area s

What the definition uses of its old module gets that module's name before it. A cycle, or something hidden, shows in the build; then
AID declines.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, module_name
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.references import Occurrence, references
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.interface_edit import put_declaration, told_type
from aid_lsp.recipes.interface_terms import aliases, in_interface, opens
from aid_lsp.recipes.plan import is_subject
from aid_lsp.recipes.sites import cut, rewrite, rewritten
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.target import function_named, module_file, shown
from aid_lsp.recipes.words import MODULE, PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "move",
        "move Shape.area to Geometry",
        "Moves a function or value to another module, with its declaration and its callers.",
    ),
)
_MOVE = pattern(
    rf"(?:move|relocate|transfer)\s+(?:(?:the\s+)?(?:function|value|definition|definition\s+of)\s+)?(?P<name>{THIS}|{PATH})"
    rf"(?:\s+(?:from|of|in)\s+(?:the\s+)?(?:(?:module|file)\s+)?(?P<home>{MODULE}))?\s+(?:in)?to\s+(?:the\s+)?(?:(?:module|file)\s+)?(?P<module>{MODULE})(?:\s+(?:module|file))?"
)


def understand(sentence: str) -> "Move | None":
    """The wish to move something."""
    match = _MOVE.match(sentence)
    if match is None or not (match["module"][0].isupper() or "." in match["module"]):
        return None
    path, home = names(match["name"]), match["home"]
    if home and path:
        path = (implementation_of(home), *path) if home.endswith((".ml", ".mli")) else (*names(home), *path)
    return Move(path, match["module"])


@dataclass(frozen=True, slots=True)
class Move:
    """Wishes that a definition lies in another module."""

    name: tuple[str, ...]
    module: str

    def said(self) -> str:
        """What was understood."""
        return f"move {shown(self.name)} to {self.module}"

    def plan(self, scene: Scene) -> Planned:
        """The definition, its declaration, and its uses."""
        subject = function_named(scene.sources, self.name, scene.place)
        spot = next((one for one in subject.definitions if one.path.endswith(".ml")), None)
        target = module_file(scene.sources, self.module)
        if spot is None or subject.local:
            raise Unsure(f"{subject} is no definition of a module's own; AID moves only those.")
        item = next(one for one in scene.sources.items(spot.path) if one.name_span == spot.span)
        if target == spot.path:
            raise Unsure(f"{subject} is in {target} already.")
        if item.parent is not None or item.group != item.core:
            raise Unsure(
                f"{subject} is part of something larger (a module, or a chain of `and`); AID moves only what stands alone."
            )
        if any(one.name == item.name and one.parent is None for one in scene.sources.items(target)):
            raise Unsure(f"{target} defines {item.name} already.")
        moving = _Moving(scene, subject, spot.path, item, target)
        return moving.planned()


class _Moving:
    def __init__(self, scene: Scene, subject: Subject, source: str, item: Item, target: str) -> None:
        self._scene = scene
        self._sources = scene.sources
        self._subject = subject
        self._source = source
        self._item = item
        self._target = target
        self._old, self._new = module_name(source), module_name(target)
        self._plan = Planned()
        self._still_used = ""
        """Where the old module uses it."""
        self._needs_old = False

    def planned(self) -> Planned:
        used_at = self._uses()
        text = self._sources.text(self._source)
        self._cut(self._source, self._item)
        self._paste(self._qualified(self._source, self._item, text), used_at)
        declared = self._declared(interface_of(self._source))
        written = ""
        if declared is not None:
            path = interface_of(self._source)
            written = self._qualified(path, declared, self._sources.text(path))
            self._cut(path, declared)
        if self._sources.exists(interface_of(self._target)):
            if not written:
                told = next(
                    (t for one in self._scene.tries for e in one.errors if (t := told_type(e.message, self._item.name))), "unit"
                )
                written = f"val {self._item.name} : {in_interface(self._sources, self._target, told)}"
            put_declaration(self._scene, self._plan, self._target, self._item, written)
        if self._still_used and self._needs_old:
            raise Unsure(
                f"{self._subject} uses {self._old}, and {self._old} uses it at {self._still_used}: the modules would need each other."
            )
        self._plan.said = f"move {self._subject} to {self._new}: {self._plan.places}"
        return self._plan

    def _declared(self, path: str) -> Item | None:
        spots = {spot.span for spot in self._subject.definitions if spot.path == path}
        return next((item for item in self._sources.items(path) if item.name_span in spots), None)

    def _cut(self, path: str, item: Item) -> None:
        text = self._sources.text(path)
        gone = cut(text, item.span.start, item.span.end)
        if gone.end == len(text):
            gone = Span(len(text[: gone.start].rstrip()) + 1 if text[: gone.start].strip() else 0, gone.end)
        self._plan.put(path, gone, "")

    def _paste(self, written: str, used_at: int | None) -> None:
        text = self._sources.text(self._target)
        if used_at is None:
            end = len(text.rstrip())
            self._plan.put(self._target, Span(end, len(text)), f"\n\n{written}\n" if end else f"{written}\n")
            return
        before = [item for item in self._sources.items(self._target) if item.parent is None and item.span.start <= used_at]
        start = before[-1].span.start if before else 0
        self._plan.put(self._target, Span(start, start), f"{written}\n\n")

    def _qualified(self, path: str, item: Item, text: str) -> str:
        """The item's text with the old module's name before what it uses of that module."""
        found: dict[Span, str] = {}
        tree = parse(path, text)
        for token in self._inside(path, item):
            at = Span(token.span.start, token.span.start)
            if token.whole == token.span and self._of_old(path, item, token):
                self._needs_old = True
                if token.kind in ("value", "field") and token.punned:
                    found.update(
                        rewrite(tree, token, f"{self._old}.{token.name}") if token.kind == "value" else {at: f"{self._old}."}
                    )
                else:
                    found[at] = f"{self._old}."
            elif token.whole == token.span and not token.punned and (opened := self._opened(path, token)):
                found[at] = f"{opened}."
            elif token.whole != token.span and token.kind in ("value", "type", "constructor", "field"):
                written = self._unaliased(path, token.written).removeprefix(f"{self._new}.")
                if written != token.written:
                    found[token.whole] = written
        shifted = {Span(s.start - item.span.start, s.end - item.span.start): t for s, t in found.items()}
        return rewritten(item.span.of(text), shifted)

    def _unaliased(self, path: str, written: str) -> str:
        """A path whose first module is not the name that only this file gives to a module."""
        head, _, rest = written.partition(".")
        alias = aliases(self._sources.text(path)).get(head)
        return f"{alias}.{rest}" if alias and aliases(self._sources.text(self._target)).get(head) != alias else written

    def _opened(self, path: str, token: Occurrence) -> str:
        """The module that an unqualified name comes from, where this file opens it and the target does not."""
        text = self._sources.text(path)
        beyond = opens(self._sources.text(self._target if path.endswith(".ml") else interface_of(self._target)))
        homes = {module_name(home) for home in self._homes(path, token)}
        found = [one for one in opens(text) if one.rpartition(".")[2] in homes and one not in beyond]
        return self._unaliased(path, f"{found[-1]}.").rstrip(".") if found and found[-1] != self._new else ""

    def _inside(self, path: str, item: Item) -> Iterator[Occurrence]:
        for token in references(path, self._sources.text(path)):
            if item.span.start <= token.span.start < item.span.end and not token.defines:
                yield token

    def _of_old(self, path: str, item: Item, token: Occurrence) -> bool:
        """Whether an unqualified name is one that the old module defines, outside of the item."""
        if token.kind == "label" or token.local:
            return False
        if token.kind == "value" and token.binder is not None:
            return not item.span.start <= token.binder.start < item.span.end
        return self._source in self._homes(path, token)

    def _homes(self, path: str, token: Occurrence) -> frozenset[str]:
        """The files that define what a name means, as far as the compiler says."""
        fact = self._sources.facts(path, token.name).get(token.span.start)
        artefacts = self._sources.artefacts
        if fact is None or artefacts is None or token.local or token.kind == "label":
            return frozenset()
        declared = artefacts.declarations()
        return frozenset(implementation_of(found.at.path) for uid in fact.uids if (found := declared.get(uid)) is not None)

    def _uses(self) -> int | None:
        """Rewrites the uses; says where the target uses it first."""
        first: int | None = None
        name = self._subject.name
        for path in self._sources.files(name):
            for token in self._sources.references(path, name):
                if token.kind != "value" or token.defines or not is_subject(self._sources, path, token, self._subject):
                    continue
                if path == self._source and self._item.span.start <= token.span.start < self._item.span.end:
                    continue
                if path == self._source:
                    self._still_used = str(self._sources.spot(path, token.span))
                if path == self._target:
                    first = token.span.start if first is None else min(first, token.span.start)
                    self._replace(path, token, name)
                elif token.whole == token.span:
                    self._replace(path, token, f"{self._new}.{name}")
                else:
                    modules = token.written.split(".")[:-1]
                    if modules[-1] != self._old:
                        if len(modules) > 1:
                            raise Unsure(
                                f"{self._sources.spot(path, token.span)} calls it {token.written}; AID cannot tell what to call it then."
                            )
                        modules = [self._new]
                    self._plan.put(path, token.whole, ".".join((*modules[:-1], self._new, name)))
        return first

    def _replace(self, path: str, token: Occurrence, written: str) -> None:
        if token.whole == token.span:
            self._plan.take(path, rewrite(parse(path, self._sources.text(path)), token, written))
        else:
            self._plan.put(path, token.whole, written)
