"""Shows what the compiler found at the place: the types of the names there, of a hole, of what the file defines.

    let total ts = List.fold ts ~init:0 ~f:add      ──▶   total : t list -> int · ts : t list · add : int -> t -> int
    let width (_ : t) : int option = failwith "todo"  ──▶   failwith "todo" must be of type int option

Only out of artefacts of this very text; see `build/annotations.py`.
"""

import re
from collections.abc import Iterable, Iterator

from aid_lsp.build.annotations import Annotation
from aid_lsp.context.opened import opened
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import interface_of
from aid_lsp.ocaml.triads import owner

_SHARE = 0.05
_MOST_NAMES = 16
_MOST_VALUES = 24
_LONGEST = 240
_HOLE = re.compile(
    r'\b(?:failwith|invalid_arg)\s+"[^"\n]{0,80}"|\bassert\s+false\b|\braise\s+\(?(?:Failure|Todo|Not_implemented|Exit)\b[^)\n]{0,60}\)?'
)
_PLAIN = re.compile(r"[a-z_][\w']*")
_FAMILIAR = frozenset({"int", "string", "bool", "unit", "float", "char"})
_KNOWN = frozenset({"failwith", "invalid_arg", "raise", "ignore", "fst", "snd", "not", "print_endline", "print_string"})
"""Names that need no type."""


class Types:
    """The types at the place, and those of the file's values where no interface says them."""

    name = "types"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields at most two snippets."""
        place = scene.request.place
        text = scene.text(place.path) if place is not None else None
        if place is None or text is None or not scene.annotations:
            return
        source = _Source(text, scene.annotations, _opened(scene, place.path))
        if not source.agrees:
            return
        room = _SHARE * scene.budget_tokens
        item = scene.at_place
        span = item.core if item is not None else place.span
        lines = [*_selected(source, place.span), *_holes(source, span), *_names(source, span)]
        fitting = _fitting(scene, lines, room)
        if fitting:
            why = f"what the compiler found in {item.dotted}" if item is not None else "what the compiler found at the place"
            yield Snippet(f"types in {place.path}", Span(0, len(fitting)), fitting, why, 0.0, 4.0, aside=True)
        if place.path.endswith(".ml") and scene.text(interface_of(place.path)) is None:
            signature = _fitting(scene, list(_signature(scene, source, place.path))[:_MOST_VALUES], room)
            if signature:
                why = "its inferred interface: it has no .mli"
                yield Snippet(f"values of {place.path}", Span(0, len(signature)), signature, why, 0.0, 2.0, aside=True)


class _Source:
    """A text with its annotations, in `str` offsets."""

    def __init__(self, text: str, annotations: Iterable[Annotation], opens: Iterable[str] = ()) -> None:
        self.text = text
        self._opens = re.compile(rf"\b(?:{'|'.join(map(re.escape, opens)) or '$^'})(?:\.|__)(?=\w)")
        self._data = text.encode("utf-8", "surrogateescape")
        self._plain = len(self._data) == len(text)
        self.annotations = tuple(annotations)

    @property
    def agrees(self) -> bool:
        """Whether names stand where the compiler saw them: a last check that this is the text."""
        named = [found for found in self.annotations if _PLAIN.fullmatch(found.name.rpartition(".")[2])][:200]
        return all(
            self._data[found.start : found.end].rstrip().endswith(found.name.rpartition(".")[2].encode()) for found in named
        )

    def within(self, span: Span) -> list[Annotation]:
        """Those that lie in a stretch."""
        start, end = self._byte(span.start), self._byte(span.end)
        return [found for found in self.annotations if start <= found.start and found.end <= end]

    def exactly(self, span: Span) -> Annotation | None:
        """The one of just that stretch."""
        start, end = self._byte(span.start), self._byte(span.end)
        return next((found for found in self.annotations if (found.start, found.end) == (start, end)), None)

    def covering(self, span: Span) -> Annotation | None:
        """The narrowest that holds a stretch."""
        start, end = self._byte(span.start), self._byte(span.end)
        around = [found for found in self.annotations if found.start <= start and end <= found.end]
        return min(around, key=lambda found: found.end - found.start, default=None)

    def type(self, found: Annotation) -> str:
        """Its type, bounded, without what is opened here."""
        type_ = self._opens.sub("", found.type)
        return type_ if len(type_) <= _LONGEST else f"{type_[:_LONGEST]} …"

    def written(self, found: Annotation) -> str:
        """What stands there."""
        return self._data[found.start : found.end].decode("utf-8", "surrogateescape")

    def _byte(self, offset: int) -> int:
        return offset if self._plain else len(self.text[:offset].encode("utf-8", "surrogateescape"))


def _selected(source: _Source, span: Span) -> Iterator[str]:
    """The type of a selected expression."""
    while span.start < span.end and source.text[span.start].isspace():
        span = Span(span.start + 1, span.end)
    while span.start < span.end and source.text[span.end - 1].isspace():
        span = Span(span.start, span.end - 1)
    found = source.exactly(span) if span.end > span.start else None
    if found is not None and not found.name:
        yield f"(* the selected expression *) : {source.type(found)}"


def _holes(source: _Source, span: Span) -> Iterator[str]:
    """What placeholders must be."""
    for match in _HOLE.finditer(source.text, span.start, span.end):
        found = source.exactly(Span(match.start(), match.end()))
        if found is not None:
            yield f"{' '.join(match.group().split())} : {source.type(found)}  (* what belongs here must have this type *)"


def _names(source: _Source, span: Span) -> Iterator[str]:
    """The names in a definition, what it defines itself first; not those whose type everybody sees."""
    seen: set[str] = set()
    for found in source.within(span):
        written = source.written(found)
        if not found.name or written in seen or len(seen) >= _MOST_NAMES or not re.match(r"[\w.']+$", written):
            continue
        if written.startswith("_") or written in _KNOWN or source.type(found) in _FAMILIAR:
            continue
        seen.add(written)
        yield f"{written} : {source.type(found)}"


def _signature(scene: Scene, source: _Source, path: str) -> Iterator[str]:
    """The types of a file's values."""
    for item in scene.outline(path):
        if item.kind == "value" and len(item.path) == 1:
            found = source.exactly(item.name_span)
            if found is not None and found.defined:
                yield f"val {item.name} : {source.type(found)}"


def _opened(scene: Scene, path: str) -> list[str]:
    """The modules whose names types need not bear here: whole libraries that are opened, and the wrapper of the place's own."""
    _, stanza = owner(path, frozenset(scene.paths), scene.text)
    wrappers = (
        [f"{name[:1].upper()}{name[1:]}" for name in stanza.names if stanza.kind == "library"] if stanza is not None else []
    )
    return [*(module for module in opened(scene, path).opens if "." not in module), *wrappers, "Dune__exe"]


def _fitting(scene: Scene, lines: list[str], room: float) -> str:
    while lines and scene.count("\n".join(lines)) > room:
        lines = lines[:-1]
    return "".join(f"{line}\n" for line in lines)
