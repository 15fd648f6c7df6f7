"""What OCaml calls the module of a file, which files are a pair, and how OCaml's names are made of words.

lib/foo.ml  ── module_name ──▶ Foo        lib/foo.ml ── interface_of ──▶ lib/foo.mli ── implementation_of ──▶ lib/foo.ml
"""

import re
from functools import lru_cache

_KEYWORDS = (
    "and as assert asr begin class constraint do done downto effect else end exception external false for fun function "
    "functor if in include inherit initializer land lazy let lor lsl lsr lxor match method mod module mutable new nonrec "
    "object of open or private rec sig struct then to true try type val virtual when while with"
)
KEYWORDS = frozenset(_KEYWORDS.split())
"""The words that no lowercase name may be (OCaml 5.3)."""

_SOURCE = re.compile(r"\.ml[ly]?$")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_IDENTIFIER = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_']*\.)*[A-Za-z_][A-Za-z0-9_']*")
_LOWERCASE = re.compile(r"[a-z_][A-Za-z0-9_']*")
_CAPITALIZED = re.compile(r"[A-Z][A-Za-z0-9_']*")


def is_ocaml(path: str) -> bool:
    """Whether a file is OCaml source that our grammars read."""
    return path.endswith((".ml", ".mli"))


def is_module(path: str) -> bool:
    """Whether a file makes a module of its name: OCaml source, or a lexer or grammar that OCaml is generated from."""
    return path.endswith((".ml", ".mli", ".mll", ".mly"))


def is_dune(path: str) -> bool:
    """Whether a file holds dune stanzas."""
    return path.endswith(("dune", "-project", "-workspace")) and path.rpartition("/")[2] in (
        "dune",
        "dune-project",
        "dune-workspace",
    )


def module_name(path: str) -> str:
    """The module that a file defines: `lib/foo.ml` is `Foo`; it ends at the first dot (`a.pp.ml` is `A`)."""
    stem = path.rpartition("/")[2].partition(".")[0]
    return stem[:1].upper() + stem[1:]


def interface_of(path: str) -> str:
    """The `.mli` that belongs to an `.ml` (`.mll`, `.mly`); the path itself for an `.mli`."""
    return path if path.endswith(".mli") else f"{_SOURCE.sub('', path)}.mli"


def implementation_of(path: str) -> str:
    """The `.ml` that belongs to an `.mli`; the path itself for an `.ml`."""
    return f"{path.removesuffix('.mli')}.ml" if path.endswith(".mli") else path


def is_value_name(name: str) -> bool:
    """Whether a name may be that of a value, type, field, label or method."""
    return _LOWERCASE.fullmatch(name) is not None and name != "_" and name not in KEYWORDS


def is_module_name(name: str) -> bool:
    """Whether a name may be that of a module, constructor or exception."""
    return _CAPITALIZED.fullmatch(name) is not None


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: `parse_HTTPRequest2` is `parse http request 2`."""
    return tuple(word.lower() for word in _WORD.findall(name))


def identifiers(text: str) -> tuple[str, ...]:
    """The identifiers and paths that a text mentions, each once, in order: `make Foo.bar` has `make` and `Foo.bar`."""
    return tuple(dict.fromkeys(_IDENTIFIER.findall(text)))
