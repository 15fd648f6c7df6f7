"""Cases that a bare machine can make: the sources of installed libraries, and changes that reach as far as a name does.

A value of an interface is drawn whose name stands for nothing else in its library. A change to what it takes edits its definition, its
interface and every definition with that name in it; the text alone says which, since the name is unique.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path

from aid_lsp.edits.lines import Lines
from aid_lsp.ocaml.names import implementation_of
from aid_lsp.ocaml.outline import innermost, outline
from benchmarks.context.case import Case, Hunk, truth_of, without_noise
from benchmarks.context.installed import lay_out, library_folder

LIBRARIES = ("re", "base", "ppxlib")
_WISHES = (
    "{name}: take one more argument",
    "Let the caller of {name} say how",
    "Return an option from {name} instead of raising",
    "Make the last argument labelled, here and at its uses",
)


def cases(limit: int, folder: Path, rng: random.Random) -> Iterator[Case]:
    """So many cases of each library; the tree of each stays as it is."""
    for library in LIBRARIES:
        root = folder / library
        lay_out(library_folder(library), root)
        texts = {path.name: path.read_bytes().decode("utf-8", "surrogateescape") for path in sorted(root.iterdir())}
        (root / "dune-project").write_text("(lang dune 3.0)\n")
        (root / "dune").write_text(f"(library (name {library}))\n")
        bare = {path: without_noise(text) for path, text in texts.items()}
        made = 0
        for path, name in _names(texts, rng):
            hunks = _places(name, texts, bare)
            files = {hunk.path for hunk in hunks}
            if not (3 <= len(hunks) <= 25 and path in files):
                continue
            first = next(hunk for hunk in hunks if hunk.path == path)
            place = (path, first.first)
            truth = truth_of(hunks, texts.get, texts, place)
            if len(truth.edited) > 2:
                yield Case(f"{library}@{name}", root, rng.choice(_WISHES).format(name=name), *place, truth)
                made += 1
            if made == limit:
                break


def _names(texts: dict[str, str], rng: random.Random) -> list[tuple[str, str]]:
    """Values of interfaces that nothing else in the library is called, in some order, with the implementation they are in."""
    owners: dict[str, set[str]] = {}
    declared: list[tuple[str, str]] = []
    for path, text in texts.items():
        for item in outline(path, text):
            owners.setdefault(item.name, set()).add(implementation_of(path))
            if path.endswith(".mli") and item.kind == "value" and item.parent is None and len(item.name) > 4:
                declared.append((implementation_of(path), item.name))
    found = [(path, name) for path, name in declared if owners[name] == {path} and path in texts]
    rng.shuffle(found)
    return found


def _places(name: str, texts: dict[str, str], bare: dict[str, str]) -> list[Hunk]:
    """The lines with the name, definitions of it first in their file."""
    pattern = re.compile(rf"(?<![\w'.~?]){re.escape(name)}(?![\w':])|(?<=[A-Z\w]\.){re.escape(name)}(?![\w'])")
    found: list[Hunk] = []
    for path, text in bare.items():
        lines = Lines(texts[path])
        items = outline(path, texts[path])
        rows: dict[int, bool] = {}
        for match in pattern.finditer(text):
            item = innermost(items, match.start())
            rows.setdefault(lines.position(match.start())[0], item is not None and item.name == name)
        hunks = [Hunk(path, row, 1, ()) for row in rows]
        hunks.sort(key=lambda hunk: (not rows[hunk.first], hunk.first))
        found.extend(hunks)
    return found
