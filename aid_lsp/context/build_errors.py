"""Shows what the build complains about: the definition around each error, and the definitions that the message names."""

import re
from collections.abc import Iterator

from aid_lsp.context.definitions import definitions, shown
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.ocaml.names import KEYWORDS, identifiers
from aid_lsp.ocaml.outline import innermost
from aid_lsp.workspace.diagnostic import Diagnostic

_ERRORS = 12
_NAMES = 8
_QUOTED = re.compile(r'"([^"\n]{1,200})"|`([^`\'\n]{1,100})\'')
_UNQUOTED = re.compile(
    r"(?:Unbound (?:value|type constructor|module|module type|constructor|record field|class)|The value|named) ([\w.']+)"
)


class BuildErrors:
    """Errors before warnings, the place's file before others."""

    name = "diagnostics"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields what lies around the errors and what their messages name."""
        place = scene.request.place
        order = sorted(
            scene.diagnostics,
            key=lambda d: (d.severity != "error", place is None or d.path != place.path),
        )
        for number, diagnostic in enumerate(order[:_ERRORS]):
            fade = 16.0 - number / 2 - (7.0 if diagnostic.severity == "warning" else 0)
            if diagnostic.path is not None:
                yield from _at(scene, diagnostic.path, diagnostic.line, diagnostic.column, diagnostic.first_line, fade)
            for related in diagnostic.related[:4]:
                yield from _at(
                    scene, related.path, related.line, related.column, related.message or diagnostic.first_line, fade - 6.0
                )
            yield from _named(scene, diagnostic, fade - 8.4)


def _at(scene: Scene, path: str, line: int, column: int, message: str, evidence: float) -> Iterator[Snippet]:
    text = scene.text(path)
    if text is None:
        return
    offset = scene.lines(path).offset(line - 1, column, "utf-8")
    why = f"the build complains here: {message[:100]}"
    item = innermost(scene.outline(path), offset)
    if item is not None:
        yield scene.definition(path, item, why, evidence)
    for number, rows in enumerate((12, 3)):
        yield scene.around(path, offset, rows, why, evidence - 0.1 * (number + 1))


def _named(scene: Scene, diagnostic: Diagnostic, evidence: float) -> Iterator[Snippet]:
    at = diagnostic.path if diagnostic.path is not None and scene.text(diagnostic.path) is not None else ""
    for name in names_in(diagnostic.message)[:_NAMES]:
        for path, item in list(definitions(scene, name, at))[:2]:
            whole = shown(item)
            yield scene.definition(path, whole, f"{name}, which the build's message names", evidence, 4.0)


def names_in(message: str) -> tuple[str, ...]:
    """The identifiers that a compiler's message quotes."""
    quoted = [one or other for one, other in _QUOTED.findall(message)] + _UNQUOTED.findall(message)
    found: list[str] = []
    for piece in quoted:
        found.extend(name.strip(".") for name in identifiers(piece) if name not in KEYWORDS and not name.startswith("'"))
    return tuple(dict.fromkeys(found))
