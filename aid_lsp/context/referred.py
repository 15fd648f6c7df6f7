"""Shows the definitions that the code at the place uses, and those that the instruction names."""

import re
from collections.abc import Iterator

from aid_lsp.context.definitions import definitions, shown
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Snippet
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import KEYWORDS, identifiers, implementation_of
from aid_lsp.ocaml.outline import innermost

_NAMES = 60
_CODE = re.compile(r"`([^`\n]+)`")
_NOISE = re.compile(r'"(?:[^"\\]|\\.)*"|\(\*.*?\*\)', re.DOTALL)
_COMMON = frozenset(
    {"x", "y", "i", "j", "n", "a", "b", "s", "t", "f", "acc", "unit", "int", "string", "bool", "list", "option", "float"}
)


class Referred:
    """What the definition at the place refers to within the workspace, found by name."""

    name = "referred"

    def find(self, scene: Scene) -> Iterator[Snippet]:
        """Yields definitions, each once for each place where it may lie."""
        place = scene.request.place
        at = place.path if place is not None and scene.text(place.path) is not None else ""
        for name in asked_for(scene.request.instruction):
            yield from _definitions(scene, name, at, f"{name}, which the instruction names", 7.6, 4.0)
        if place is not None and at:
            yield from used_by(scene, at, place.span, "used at the place", 2.7)


def used_by(scene: Scene, path: str, span: Span, how: str, use: float) -> Iterator[Snippet]:
    """The definitions that the code there uses; a bare name, often a parameter, counts less than a path."""
    around = innermost(scene.outline(path), span.start)
    offset = span.start if around is None else max(span.start, around.core.end - 1)
    for number, name in enumerate(_used(scene.code_at(path, span))[:_NAMES]):
        less = number / 1000 + (0 if "." in name else 0.5)
        yield from _definitions(scene, name, path, f"{name}, {how}", 0.0, use - less, offset)


def asked_for(instruction: str) -> tuple[str, ...]:
    """The names in an instruction that look like code: quoted with backticks, or written as only code is (`a_b`, `Foo.bar`)."""
    quoted = [name for piece in _CODE.findall(instruction) for name in identifiers(piece)]
    plain = [name for name in identifiers(instruction) if re.search(r"[a-z0-9][_.][A-Za-z]|[a-z][A-Z]", name)]
    return tuple(dict.fromkeys(name.strip(".") for name in (*quoted, *plain) if name not in KEYWORDS))[:20]


def _definitions(
    scene: Scene, name: str, at: str, why: str, evidence: float, use: float, offset: int | None = None
) -> Iterator[Snippet]:
    modules: set[str] = set()
    for number, (path, item) in enumerate(definitions(scene, name, at, offset)):
        if number == 3:
            return
        if shown(item) == scene.at_place:
            continue
        if implementation_of(path) in modules:
            use = 0.0  # its interface says how it is used
        modules.add(implementation_of(path))
        yield scene.definition(path, shown(item), why, evidence, use - number / 100)


def _used(code: str) -> tuple[str, ...]:
    """Paths first: a bare name is often a parameter."""
    names = [_as_meant(name.rstrip(".")) for name in identifiers(_NOISE.sub(" ", code))]
    kept = [name for name in names if name not in KEYWORDS and name not in _COMMON and not name.startswith("_")]
    return tuple(sorted(dict.fromkeys(kept), key=lambda name: "." not in name))


def _as_meant(written: str) -> str:
    """Takes the values off a path: in `t.front` and `t.Queue.front` it is the field that has a definition."""
    parts = written.split(".")
    while len(parts) > 1 and not parts[0][:1].isupper():
        parts.pop(0)
    return ".".join(parts)
