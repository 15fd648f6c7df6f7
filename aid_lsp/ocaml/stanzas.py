"""What dune files say about modules: which library, executable or test a file belongs to, and what it may use.

(library                        Stanza("library", names=("shapes",), libraries=("base", "str"),
 (name shapes)                         preprocessors=("ppx_jane",), inline_tests=True, ...)
 (libraries base str)
 (inline_tests)
 (preprocess (pps ppx_jane)))
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.sexp import Atom, List, Sexp, read_sexps

_OCAML_SYNTAX = re.compile(r"\s*\(\*\s*-\*-\s*tuareg\s*-\*-\s*\*\)")
_WITH_MODULES = frozenset({"library", "executable", "executables", "test", "tests", "melange.emit", "toplevel"})


@dataclass(frozen=True, slots=True)
class Stanza:
    """One stanza of a dune file."""

    kind: str
    """Its first word: `library`, `executables`, `test`, `rule`, `env`, ..."""
    span: Span
    names: tuple[str, ...] = ()
    """From `name` and `names`; of `ocamllex`, `ocamlyacc` and `menhir` the modules that they generate."""
    public_names: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    """What it links, `re_export` and the names behind `select` included."""
    preprocessors: tuple[str, ...] = ()
    """From `(preprocess (pps ...))`, flags left out."""
    flags: tuple[str, ...] = ()
    inline_tests: bool = False
    wrapped: bool = True
    folder: str = ""
    """The folder of an enclosing `(subdir ...)`, relative to the dune file; mostly empty."""
    modules: List | None = None
    """The `modules` field, if there is one; ask `owns`."""

    @property
    def has_modules(self) -> bool:
        """Whether it is made of OCaml modules."""
        return self.kind in _WITH_MODULES

    @property
    def is_test(self) -> bool:
        """Whether `dune runtest` runs it."""
        return self.kind in ("test", "tests") or self.inline_tests

    def owns(self, module: str) -> bool:
        """Whether a module of the stanza's folder belongs to it: `modules` as an ordered set, everything where there is none."""
        if not self.has_modules:
            return False
        return self.modules is None or _holds(self.modules.items[1:], module)

    def provides(self, library: str) -> bool:
        """Whether it is the library of that name, public or not."""
        return self.kind == "library" and (library in self.names or library in self.public_names)


@lru_cache(maxsize=512)
def stanzas(text: str) -> tuple[Stanza, ...]:
    """The stanzas of a dune file, those in `subdir` included; none of one that is written in OCaml."""
    if _OCAML_SYNTAX.match(text):
        return ()
    return tuple(_stanzas(read_sexps(text), "", 0))


def includes_subfolders(text: str) -> bool:
    """Whether the modules of a dune file's stanzas may lie in the folders below (`include_subdirs`)."""
    return any(
        stanza.kind == "include_subdirs" and stanza.names in (("unqualified",), ("qualified",)) for stanza in stanzas(text)
    )


def _stanzas(sexps: Iterable[Sexp], folder: str, depth: int) -> Iterable[Stanza]:
    for sexp in sexps:
        if not isinstance(sexp, List) or not sexp.head:
            continue
        if sexp.head == "subdir" and len(sexp.items) > 1 and isinstance(sexp.items[1], Atom) and depth < 20:
            yield from _stanzas(sexp.items[2:], f"{folder}{sexp.items[1].text.strip('/')}/", depth + 1)
        else:
            yield _stanza(sexp, folder)


def _stanza(sexp: List, folder: str) -> Stanza:
    if sexp.head == "include_subdirs":
        return Stanza(sexp.head, sexp.span, sexp.words(), folder=folder)
    if sexp.head in ("ocamllex", "ocamlyacc", "menhir"):
        modules = _field(sexp, "modules") or sexp.words()
        return Stanza(sexp.head, sexp.span, tuple(name for name in modules if name[:1] not in "\\:"), folder=folder)
    preprocess = sexp.field("preprocess")
    wrapped = sexp.field("wrapped")
    return Stanza(
        kind=sexp.head,
        span=sexp.span,
        names=_field(sexp, "name") + _field(sexp, "names"),
        public_names=tuple(name for name in _field(sexp, "public_name") + _field(sexp, "public_names") if name != "-"),
        libraries=_libraries(sexp.field("libraries")),
        preprocessors=_preprocessors(preprocess, 0) if preprocess is not None else (),
        flags=_field(sexp, "flags"),
        inline_tests=sexp.field("inline_tests") is not None,
        wrapped=wrapped is None or wrapped.words() != ("false",),
        folder=folder.rstrip("/"),
        modules=sexp.field("modules") if sexp.head in _WITH_MODULES else None,
    )


def _field(sexp: List, name: str) -> tuple[str, ...]:
    found = sexp.field(name)
    return found.words() if found is not None else ()


def _libraries(field: List | None) -> tuple[str, ...]:
    names: list[str] = []
    for item in field.items[1:] if field is not None else ():
        if isinstance(item, Atom):
            names.append(item.text)
        elif item.head == "re_export":
            names.extend(item.words())
        elif item.head == "select":
            for choice in item.items:
                if isinstance(choice, List):
                    words = [part.text for part in choice.items if isinstance(part, Atom)]
                    arrow = words.index("->") if "->" in words else 0
                    names.extend(word for word in words[:arrow] if not word.startswith("!"))
    return tuple(dict.fromkeys(names))


def _preprocessors(sexp: List, depth: int) -> tuple[str, ...]:
    found: list[str] = []
    for item in sexp.items:
        if not isinstance(item, List) or depth > 20:
            continue
        if item.head in ("pps", "staged_pps"):
            words = item.words()
            end = words.index("--") if "--" in words else len(words)
            found.extend(word for word in words[:end] if not word.startswith("-"))
        else:
            found.extend(_preprocessors(item, depth + 1))
    return tuple(dict.fromkeys(found))


def _holds(items: Iterable[Sexp], module: str, depth: int = 0) -> bool:
    """An ordered set: words and lists are united from left to right, what follows `\\` is taken away."""
    held, taking_away = False, False
    for item in items:
        if isinstance(item, Atom):
            if item.text == "\\":
                taking_away = True
                continue
            hit = item.text == ":standard" or _same_module(item.text, module)
        else:
            hit = depth < 50 and _holds(item.items, module, depth + 1)
        if hit:
            held = not taking_away
    return held


def _same_module(written: str, module: str) -> bool:
    last = written.rpartition("/")[2].rpartition(".")[2]
    return last[:1].upper() + last[1:] == module
