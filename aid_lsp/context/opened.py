"""Which module of an installed library a written path means at a place: by what is opened there, aliased, linked.

`List` below `open Base`      ──▶  Base.List
`Safe` in `Yojson.(…)`        ──▶  Yojson.Safe
`Map` with nothing opened     ──▶  Stdlib.Map
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from aid_lsp.context.definitions import files_of_module
from aid_lsp.context.libraries import Linked
from aid_lsp.context.scene import Scene
from aid_lsp.ocaml.names import is_ocaml, module_name
from aid_lsp.ocaml.sexp import List, Sexp, read_sexps
from aid_lsp.ocaml.stanzas import Stanza

_PATH = r"[A-Z][\w']*(?:\.[A-Z][\w']*)*"
_OPEN = re.compile(rf"\b(?<!let )(?<!let\n)(?:open!?|include)\s+({_PATH})")
_LOCAL_OPEN = re.compile(rf"\blet\s+open!?\s+({_PATH})|\b({_PATH})\.[({{\[]")
_ALIAS = re.compile(rf"\bmodule\s+([A-Z][\w']*)\s*=\s*({_PATH})\s*(?![\w'.(])")
_HEAD = 200_000
_ALIASES = 4
"""So many aliases of aliases are followed."""


@dataclass(frozen=True)
class Opened:
    """What a file sees of the libraries."""

    linked: Linked
    opens: tuple[str, ...]
    """The libraries' modules that are opened, the last one counts first; full names."""
    aliases: dict[str, str]
    own: frozenset[str]
    """The modules that the file and its neighbours define, which hide the libraries'."""

    @property
    def mixed(self) -> bool:
        """Whether another standard library is linked, so that it is not plain whose `List` is meant."""
        return any(interface.library in ("base", "core", "core_kernel", "containers") for interface in self.linked.interfaces)

    def module(self, written: str) -> str | None:
        """The full name of the library module that a path means; None where it is none of theirs."""
        parts = [part for part in written.split(".") if part]
        for _ in range(_ALIASES):
            if parts and parts[0] in self.aliases:
                target = self.aliases[parts[0]].split(".")
                if target[0] == parts[0]:
                    break
                parts = [*target, *parts[1:]]
        if not parts or parts[0] in self.own:
            return None
        found = self._first(parts[0])
        for part in parts[1:]:
            found = self._inner(found, part) if found is not None else None
        return found

    def _first(self, name: str) -> str | None:
        for outer in reversed(self.opens):
            if (found := self._inner(outer, name)) is not None:
                return found
        if name in self.linked.modules:
            return name
        return self._inner("Stdlib", name)

    def _inner(self, outer: str, name: str) -> str | None:
        full = f"{outer}.{name}"
        if full in self.linked.modules:
            return full
        _, entries = self.linked.modules.get(outer, (None, ()))
        target = next((entry.text for entry in entries if entry.kind == "alias" and entry.name == name), None)
        if target is None:
            return None
        return next((known for known in (target, f"Stdlib.{target}") if known in self.linked.modules), None)


def opened(scene: Scene, path: str) -> Opened:
    """What a file sees."""
    linked = scene.linked
    text = (scene.text(path) or "")[:_HEAD]
    folder = path.rpartition("/")[0]
    neighbours = {module_name(other) for other in scene.sources if is_ocaml(other) and other.rpartition("/")[0] == folder}
    aliases = dict(_ALIAS.findall(text))
    modules = {item.name for item in scene.outline(path) if item.kind == "module"} - aliases.keys()
    found = Opened(linked, (), aliases, frozenset(neighbours | modules))
    for written in (*always_opened(scene, linked.dune, linked.stanza), *_OPEN.findall(text)):
        for name in _seen_through(scene, written, path):
            found = _with(found, name)
    return found


def local(outside: Opened, code: str) -> Opened:
    """What a piece of the file sees that opens more for itself: `let open M in`, `M.(…)`."""
    found = outside
    for one, other in _LOCAL_OPEN.findall(code):
        found = _with(found, one or other)
    return found


def _with(outside: Opened, name: str) -> Opened:
    full = outside.module(name)
    if full is None or full == "Stdlib" or full in outside.opens[-1:]:
        return outside
    return replace(outside, opens=(*(other for other in outside.opens if other != full), full))


def always_opened(scene: Scene, dune: str, stanza: Stanza | None) -> tuple[str, ...]:
    """The modules that the flags of a stanza, or of an `env` in its dune file or above, open in every file."""
    return tuple(dict.fromkeys((*_from_env(scene, dune), *_flagged(stanza.flags if stanza is not None else ()))))


def _seen_through(scene: Scene, written: str, path: str) -> Iterator[str]:
    """The path; for a module of the workspace (`open Import`) what that includes and opens for others."""
    yield written
    for file in files_of_module(scene, written.rpartition(".")[2], path)[:2]:
        text = (scene.text(file) or "")[:_HEAD]
        yield from re.findall(rf"\binclude\s+({_PATH})", text)


def _flagged(flags: tuple[str, ...]) -> list[str]:
    return [flags[at + 1] for at in range(len(flags) - 1) if flags[at] == "-open"]


def _from_env(scene: Scene, dune: str) -> Iterator[str]:
    """What `(env (_ (flags (:standard -open Base))))` opens, in the dune files from the root to the place's."""
    parts = dune.split("/")[:-1]
    for depth in range(len(parts) + 1):
        text = scene.text("/".join((*parts[:depth], "dune"))) or ""
        for sexp in read_sexps(text) if "(env" in text else ():
            if isinstance(sexp, List) and sexp.head == "env":
                yield from _flagged(tuple(_words(sexp)))


def _words(sexp: Sexp) -> Iterator[str]:
    if isinstance(sexp, List):
        for item in sexp.items:
            yield from _words(item)
    else:
        yield sexp.text
