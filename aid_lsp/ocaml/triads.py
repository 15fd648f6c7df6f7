"""Which files belong together: an implementation, its interface, its tests, and the dune file that builds them.

lib/shape.ml ─ triad ─▶ lib/shape.mli · test/test_shape.ml (its stanza links `shapes` and it says `Shape`) · lib/dune
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from aid_lsp.ocaml.names import implementation_of, interface_of, module_name, words
from aid_lsp.ocaml.stanzas import Stanza, includes_subfolders, stanzas

Read = Callable[[str], str | None]
"""Gives the text of a file; None where there is none."""

_TEST_FILES_READ = 200
"""No more possible test files than this are read for one triad."""
_DUNE_FILES_READ = 2000
_INLINE_TEST = re.compile(r"let%(?:expect_)?test")


@dataclass(frozen=True, slots=True)
class Triad:
    """The files around one module; None and empty where there is none."""

    module: str
    implementation: str | None
    interface: str | None
    tests: tuple[str, ...]
    """Those that mention the module, the likeliest first; the file that was asked about is not among them."""
    dune: str | None
    """The dune file whose stanza owns the module."""
    stanza: Stanza | None

    @property
    def library(self) -> str:
        """The name under which others link it; empty for no library."""
        return self.stanza.names[0] if self.stanza is not None and self.stanza.kind == "library" and self.stanza.names else ""


def triad(path: str, paths: Sequence[str], read: Read) -> Triad:
    """Finds the files that belong to an `.ml`, `.mli`, `.mll` or `.mly`, among those of a workspace (sorted)."""
    known = frozenset(paths)
    module = module_name(path)
    implementation, interface = implementation_of(path), interface_of(path)
    dune, stanza = owner(path, known, read)
    return Triad(
        module=module,
        implementation=next((found for found in (implementation, *_generators(implementation)) if found in known), None),
        interface=interface if interface in known else None,
        tests=_tests(path, module, stanza, paths, known, read),
        dune=dune,
        stanza=stanza,
    )


def _generators(implementation: str) -> tuple[str, str]:
    """The lexer and the grammar from which an implementation would be made."""
    stem = implementation.removesuffix(".ml")
    return f"{stem}.mll", f"{stem}.mly"


def owner(path: str, known: frozenset[str], read: Read) -> tuple[str | None, Stanza | None]:
    """The dune file, and the stanza in it, to which a source file belongs.

    That is one in its folder, or one further up that takes in the folders below, or one that names the folder in `subdir`.
    """
    module = module_name(path)
    folder = PurePosixPath(path).parent
    for above in (folder, *folder.parents):
        dune = _join(above, "dune")
        text = read(dune) if dune in known else None
        if text is None:
            continue
        below = "" if above == folder else folder.relative_to(above).as_posix()
        everything_below = includes_subfolders(text)
        for stanza in stanzas(text):
            fits = stanza.folder == below or (everything_below and not stanza.folder)
            if fits and stanza.owns(module):
                return dune, stanza
        if above == folder and any(stanza.has_modules and not stanza.folder for stanza in stanzas(text)):
            return dune, None
    return None, None


def _tests(
    path: str, module: str, stanza: Stanza | None, paths: Sequence[str], known: frozenset[str], read: Read
) -> tuple[str, ...]:
    """Test files that link the module's library (or lie in its own stanza) and mention the module."""
    mine = {*stanza.names, *stanza.public_names} if stanza is not None else set[str]()
    mention = re.compile(rf"(?<![\w']){re.escape(module)}(?![\w'])")
    word = words(module)
    found: list[tuple[int, str]] = []
    count = 0
    tests_in = _test_stanzas(paths, read)
    for candidate in paths if tests_in else ():
        if not candidate.endswith(".ml") or candidate in (path, implementation_of(path)) or count >= _TEST_FILES_READ:
            continue
        tests = [test for test in tests_in.get(_folder(candidate), ()) if test.owns(module_name(candidate))]
        if not tests:
            continue
        count += 1
        text = read(candidate) or ""
        if all(test.kind == "library" for test in tests) and not _INLINE_TEST.search(text):
            continue
        named = set(word) <= set(words(module_name(candidate)))
        mentions = len(mention.findall(text))
        links = any(mine & {*test.libraries, *test.names} for test in tests)
        if mentions or (named and (links or not mine)):
            found.append((-(1000 * named + 100 * links + min(mentions, 99)), candidate))
    if not found and not any(p == "dune" or p.endswith("/dune") for p in known):
        found = [
            (0, candidate)
            for candidate in paths
            if candidate.endswith(".ml") and candidate != path and _named_like_a_test(candidate)
            if set(word) <= set(words(module_name(candidate))) or mention.search(read(candidate) or "")
        ][:20]
    return tuple(candidate for _, candidate in sorted(found))


@lru_cache(maxsize=10_000)
def _named_like_a_test(path: str) -> bool:
    folder, name = words(_folder(path).rpartition("/")[2]), words(module_name(path))
    return name[:1] in (("test",), ("tests",)) or name[-1:] in (("test",), ("tests",)) or folder[:1] in (("test",), ("tests",))


def _test_stanzas(paths: Sequence[str], read: Read) -> dict[str, list[Stanza]]:
    """The stanzas that `dune runtest` runs, by the folder of their modules."""
    by_folder: dict[str, list[Stanza]] = {}
    dunes = [path for path in paths if path == "dune" or path.endswith("/dune")]
    for dune in dunes[:_DUNE_FILES_READ]:
        for stanza in stanzas(read(dune) or ""):
            if stanza.is_test and stanza.has_modules:
                folder = _join(PurePosixPath(dune).parent, stanza.folder) if stanza.folder else _folder(dune)
                by_folder.setdefault(folder, []).append(stanza)
    return by_folder


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _join(folder: PurePosixPath, name: str) -> str:
    return (folder / name).as_posix()
