"""Adds a library to what a library, executable or test links.

add library str to shapes      (libraries re)      ──▶      (libraries re str)
"""

from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.ocaml.sexp import Atom, List, read_sexps
from aid_lsp.ocaml.stanzas import Stanza, stanzas
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.words import pattern

ENTRIES = (
    Entry(
        "add a library",
        "add library str to lib/dune",
        "Links a library in the stanza of a dune file, a library, an executable or this file.",
    ),
)
_WORD = r"[a-z][\w.-]*"
_ADD = pattern(
    rf"(?:(?:add|link|use)\s+(?:(?:a|an|the)\s+)?(?:(?:dependency|dependence|dep)\s+(?:on|to)\s+)?(?:the\s+)?(?:library|lib|package)\s+(?P<library>{_WORD})"
    rf"|(?:add\s+(?:an?\s+|the\s+)?(?:dependency|dependence|dep)\s+(?:on|to)|depend\s+on|link)\s+(?P<bare>{_WORD})"
    rf"|add\s+(?P<role>{_WORD})\s+as\s+an?\s+(?:dependency|dependence|dep|library)"
    rf"|(?:add|link)\s+(?:the\s+)?(?P<named>{_WORD})\s+library"
    rf"|(?:add|append)\s+(?P<among>{_WORD})\s+(?:to|in)\s+(?:the\s+)?\(?(?:libraries|dependencies|deps)\)?(?:\s+(?:field|list))?)"
    rf"(?:\s+(?:to|in|into|for|with|from|of)\s+(?:the\s+)?(?:(?P<kind>library|executable|test|stanza|folder|dune\s+file)\s+)?(?:(?:of|in)\s+)?(?P<where>[\w./-]+|this(?:\s+\w+)?)(?:\s+(?:library|executable|test|stanza))?)?"
)


def understand(sentence: str) -> "AddLibrary | None":
    """The wish for a library."""
    match = _ADD.match(sentence)
    if match is None:
        return None
    where = match["where"] or ""
    return AddLibrary(
        match["library"] or match["bare"] or match["named"] or match["among"] or match["role"],
        "" if where.startswith("this") else where,
    )


@dataclass(frozen=True, slots=True)
class AddLibrary:
    """Wishes that something links a library."""

    library: str
    where: str

    def said(self) -> str:
        """What was understood."""
        return f"add library {self.library} to {self.where or 'the stanza of this file'}"

    def plan(self, scene: Scene) -> Planned:
        """The one word, or the field."""
        for one in scene.tries:
            for error in one.errors:
                if f'Library "{self.library}"' in error.message:
                    package = self.library.partition(".")[0]
                    raise Unsure(f"The library {self.library} is not installed here; `opam install {package}` may bring it.")
        path, stanza = self._stanza(scene)
        text = scene.sources.text(path)
        if self.library in stanza.libraries:
            raise Unsure(f"{_name(stanza)} links {self.library} already, in {path}.")
        plan = Planned()
        held = next(s for s in _lists(read_sexps(text)) if s.span == stanza.span)
        libraries = held.field("libraries")
        if libraries is not None:
            last = libraries.items[-1].span
            line = text[text.rfind("\n", 0, last.start) + 1 : last.start]
            gap = f"\n{line}" if not line.strip() else " "
            plan.put(path, Span(last.end, last.end), f"{gap}{self.library}")
        else:
            fields = [item for item in held.items if isinstance(item, List)]
            name = next((field for field in fields if field.head in ("name", "names")), None) or fields[-1]
            line = text[text.rfind("\n", 0, name.span.start) + 1 : name.span.start]
            gap = f"\n{line}" if not line.strip() else " "
            plan.put(path, Span(name.span.end, name.span.end), f"{gap}(libraries {self.library})")
        plan.said = f"add library {self.library} to {_name(stanza)} in {path}"
        return plan

    def _stanza(self, scene: Scene) -> tuple[str, Stanza]:
        sources = scene.sources
        paths = sources.view.paths()
        if not self.where:
            if scene.place is None:
                raise Unsure(f"Say to what: `add library {self.library} to lib/dune`.")
            if is_ocaml(scene.place.path):
                path, stanza = owner(scene.place.path, frozenset(paths), sources.view.text)
                if path is None or stanza is None:
                    raise Unsure(f"No stanza owns {scene.place.path}.")
                return path, stanza
        where = self.where or (scene.place.path if scene.place else "")
        found: list[tuple[str, Stanza]] = []
        for path in paths:
            if path.rpartition("/")[2] != "dune":
                continue
            folder = path.rpartition("/")[0]
            found += [
                (path, stanza)
                for stanza in stanzas(sources.text(path))
                if stanza.has_modules and where in (path, folder, f"{folder}/", *stanza.names, *stanza.public_names)
            ]
        if len(found) > 1 and scene.place is not None and not self.where:
            found = [one for one in found if one[1].span.start <= scene.place.span.start <= one[1].span.end]
        if is_ocaml(where):
            path, stanza = owner(where, frozenset(paths), sources.view.text)
            found = [(path, stanza)] if path is not None and stanza is not None else []
        if len(found) != 1:
            shown = ", ".join(_name(stanza) for _, stanza in found)
            raise Unsure(
                f"{where} has several stanzas: {shown}; say which."
                if found
                else f"There is no library, executable, test or dune file {where}."
            )
        return found[0]


def _name(stanza: Stanza) -> str:
    return f"{stanza.kind} {' '.join(stanza.names)}"


def _lists(items: tuple[Atom | List, ...]) -> list[List]:
    found: list[List] = []
    for item in items:
        if isinstance(item, List):
            found += [item, *_lists(item.items)]
    return found
