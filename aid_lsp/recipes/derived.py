"""Names that a `[@@deriving …]` makes from a type's name: `compare_kind`, `kind_of_sexp`; they change with it.

The compiler declares them at the place of the whole type definition, which is how they are told from everything else.
"""

import re
from collections.abc import Iterator

from aid_lsp.build.uid import Uid
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject


def derived(sources: Sources, subject: Subject, new: str) -> Iterator[tuple[str, str, frozenset[Uid]]]:
    """The derived values: their names, their names after the rename, and what they are to the compiler."""
    artefacts = sources.artefacts
    if artefacts is None or subject.kind != "type":
        return
    starts = {
        (spot.path, item.core.start)
        for spot in subject.definitions
        for item in sources.items(spot.path)
        if item.name_span == spot.span
    }
    found: dict[str, set[Uid]] = {}
    for uid, declaration in artefacts.declarations().items():
        path = declaration.at.path
        if declaration.name == subject.name or not any(path == one for one, _ in starts):
            continue
        start = sources.lines(path).offset(declaration.at.line, declaration.at.column)
        if start is None or (path, start) not in starts or sources.text(path).startswith(declaration.name, start):
            continue
        found.setdefault(declaration.name, set()).update(artefacts.together(uid))
    for name, uids in sorted(found.items()):
        after = _renamed(name, subject.name, new)
        if after is not None and after != name:
            yield name, after, frozenset(uids)


def _renamed(name: str, old: str, new: str) -> str | None:
    """`compare_kind` for another type; a type called `t` is left out of most names: `compare`, but `sexp_of_t`."""
    word = re.compile(rf"(?:(?<=_)|^){re.escape(old)}(?=_|$)")
    if word.search(name):
        if new == "t" and name.endswith(f"_{old}") and not name.endswith(f"_of_{old}"):
            return name.removesuffix(f"_{old}")
        return word.sub(new, name, count=1)
    return f"{name}_{new}" if old == "t" else None
