"""What a patch can reach: the folders whose tests it can turn red, and how many modules it can have compiled again.

    lib/stock.ml ─▶ library shop ─▶ executable main ─▶ rule that runs main.exe ─▶ rule that compares what it printed
                                └▶ test test_shop                                  folders: bin, test

Read from the dune files alone: one stanza depends on another if it says its name anywhere. What cannot be followed (a change of a
dune file or of data, dune files that are programs or include others) reaches everything: rather a test too many than one too few,
since dune runs none whose dependencies are as they were.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import PurePosixPath

from aid_lsp.build.dune import RUNTEST, Target
from aid_lsp.build.verdict import Blast
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import interface_of, is_ocaml, module_name
from aid_lsp.ocaml.sexp import Atom, Sexp, read_sexps
from aid_lsp.ocaml.stanzas import Stanza, includes_subfolders, stanzas
from aid_lsp.ocaml.triads import owner
from aid_lsp.workspace.view import View

_WORD = re.compile(r"[\w'-]+")
_MODULE = re.compile(r"\b[A-Z][\w']*")
_UNREADABLE = frozenset({"include", "dynamic_include", "jbuild_version", "dirs"})
_HIDING = frozenset({"data_only_dirs", "vendored_dirs", "ignored_subdirs"})
_SETTINGS = frozenset({"env", "documentation", "include_subdirs", *_HIDING})
_GLOBS = frozenset({"glob_files", "glob_files_rec", "source_tree", "universe", "copy_files", "copy_files#"})
_MOST_FOLDERS = 60
"""Above this the tests are run as a whole."""


def reach(view: View, patch: Patch) -> Blast:
    """What the patch reaches in the patched view; reads the dune files and the touched stanzas' modules."""
    patched = view.patched(patch)
    graph = _Graph(patched)
    owners = {change.path: graph.owner(change.path) for change in patch.changes if is_ocaml(change.path)}
    followed = graph.readable and all(owners.get(change.path) is not None for change in patch.changes)
    touched = [node for node in owners.values() if node is not None]
    for change in patch.changes:
        if change.path.rpartition("/")[2] == "dune":
            touched += graph.of_file(change.path)
    return Blast(graph.modules(patch, owners, touched), graph.tests(touched) if followed else None)


def target_of_tests(blast: Blast) -> Target | None:
    """What dune has to build for the tests; None where there are none."""
    folders = blast.tests
    if folders is None or len(folders) > _MOST_FOLDERS:
        return RUNTEST
    if not folders:
        return None
    names = [f"{folder}/runtest" if folder else "runtest" for folder in folders]
    return Target(tuple(f"@@{name}" for name in names), tuple(f"(alias {name})" for name in names))


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A stanza and where it stands."""

    folder: str
    dune: str
    stanza: Stanza
    words: frozenset[str]
    """The words of everything it says."""

    @property
    def tests(self) -> bool:
        """Whether `dune runtest` in its folder runs it."""
        return self.stanza.is_test or self.stanza.kind == "mdx" or (not self.stanza.has_modules and "runtest" in self.words)

    @property
    def names(self) -> Iterator[frozenset[str]]:
        """What others call it: they say all the words of one of these."""
        if self.stanza.has_modules:
            for name in (*self.stanza.names, *self.stanza.public_names):
                yield frozenset(_WORD.findall(name))
        else:  # a rule: whoever mentions one of its files
            for word in self.words:
                if "." in word:
                    yield frozenset({word})


class _Graph:
    def __init__(self, view: View) -> None:
        self._view = view
        self._paths = view.paths()
        self._known = frozenset(self._paths)
        self._dunes = [path for path in self._paths if path.rpartition("/")[2] == "dune"]
        self._nodes: list[_Node] = []
        self._hidden: list[tuple[str, str]] = []
        self._saying: dict[str, set[_Node]] = {}
        self.readable = not any(path.rpartition("/")[2] in ("jbuild", "dune.inc") for path in self._paths)
        for path in self._dunes:
            self._read(path, view.text(path) or "")
        for node in self._nodes:
            for word in node.words:
                self._saying.setdefault(word, set()).add(node)

    def _read(self, path: str, text: str) -> None:
        found = _stanzas_and_words(text)
        self.readable = self.readable and (bool(found) or not read_sexps(text))
        home = path.rpartition("/")[0]
        for stanza, words in found:
            self.readable = self.readable and stanza.kind not in _UNREADABLE
            folder = f"{home}/{stanza.folder}".strip("/")
            if stanza.kind in _HIDING:
                self._hidden += [(folder, pattern) for pattern in words - {stanza.kind}]
            elif stanza.kind not in _SETTINGS:
                self._nodes.append(_Node(folder, path, stanza, words))

    def owner(self, path: str) -> _Node | None:
        """The stanza that a source file belongs to."""
        dune, stanza = owner(path, self._known, self._view.text)
        return next((node for node in self._nodes if node.dune == dune and node.stanza == stanza), None)

    def of_file(self, dune: str) -> list[_Node]:
        """The stanzas of a dune file."""
        return [node for node in self._nodes if node.dune == dune]

    def tests(self, touched: Iterable[_Node]) -> tuple[str, ...]:
        """The folders whose tests are reached, sorted."""
        folders = {node.folder for node in self._reached(touched) if node.tests}
        folders |= {_cram_folder(path) for path in self._paths if path.endswith(".t") or ".t/" in path}
        return tuple(sorted(folder for folder in folders if not self._is_hidden(folder)))

    def _reached(self, touched: Iterable[_Node], follow: Callable[[_Node], bool] = lambda _: True) -> set[_Node]:
        reached = {
            *touched,
            *(node for node in self._nodes if node.stanza.kind in ("copy_files", "copy_files#") and follow(node)),
        }
        pending = list(reached)
        while pending:
            for node in self._dependents(pending.pop()):
                if node not in reached and follow(node):
                    reached.add(node)
                    pending.append(node)
        return reached

    def _dependents(self, node: _Node) -> Iterator[_Node]:
        for words in node.names:
            saying = [self._saying.get(word, set[_Node]()) for word in words]
            yield from set[_Node].intersection(*saying) if saying else ()
        if not node.stanza.has_modules:
            for other in self._nodes:
                if other.folder == node.folder or (other.words & _GLOBS):
                    yield other

    def _is_hidden(self, folder: str) -> bool:
        """Whether dune passes over the folder, or runs no tests in it unless it is named."""
        parts = folder.split("/")
        if any(part.startswith((".", "_")) for part in parts):
            return True
        for home, pattern in self._hidden:
            depth = len(home.split("/")) if home else 0
            if parts[:depth] == (home.split("/") if home else []) and len(parts) > depth and fnmatch(parts[depth], pattern):
                return True
        return False

    def modules(self, patch: Patch, owners: dict[str, _Node | None], touched: Iterable[_Node]) -> int:
        """How many modules may be compiled again.

        Those that are changed; where what others see of one may be another, its users too: those that say its name in its own
        stanza, and all of the stanzas that link it.
        """
        own: dict[_Node, set[str]] = {node: set() for node in touched}
        alone, seen_by_others = set[str](), set[_Node](touched) - {node for node in owners.values() if node}
        for change in patch.changes:
            node = owners.get(change.path)
            if node is None:
                if is_ocaml(change.path):
                    alone.add(change.path)
            elif self._shows(change):
                own[node] |= self._users(node, module_name(change.path))
                seen_by_others.add(node)
            else:
                own[node].add(module_name(change.path))
        counted = sum(map(len, own.values())) + len(alone)
        for node in self._reached(seen_by_others, lambda node: node.stanza.has_modules) if seen_by_others else ():
            if node.stanza.has_modules and node not in seen_by_others:
                counted += len(self._modules_of(node)) - len(own.get(node, ()))
        for node in seen_by_others - {node for node in owners.values() if node}:
            counted += len(self._modules_of(node))
        return counted

    def _shows(self, change: FileChange) -> bool:
        """Whether others may see the change while they are compiled."""
        return (
            change.before is None
            or change.after is None
            or change.path.endswith(".mli")
            or interface_of(change.path) not in self._known
        )

    def _users(self, node: _Node, module: str) -> set[str]:
        texts = {name: self._said(path) for name, path in self._modules_of(node).items()}
        found, pending = {module}, [module]
        while pending:
            used = pending.pop()
            for name, said in texts.items():
                if used in said and name not in found:
                    found.add(name)
                    pending.append(name)
        return found

    def _said(self, path: str) -> frozenset[str]:
        text = (self._view.text(path) or "") + (self._view.text(interface_of(path)) or "")
        return frozenset(_MODULE.findall(text))

    def _modules_of(self, node: _Node) -> dict[str, str]:
        below = includes_subfolders(self._view.text(node.dune) or "")
        found: dict[str, str] = {}
        for path in self._paths:
            if path.endswith(".ml"):
                folder = path.rpartition("/")[0]
                inside = folder == node.folder or (below and (not node.folder or folder.startswith(f"{node.folder}/")))
                if inside and node.stanza.owns(module_name(path)):
                    found[module_name(path)] = path
        return found


@lru_cache(maxsize=4096)
def _stanzas_and_words(text: str) -> tuple[tuple[Stanza, frozenset[str]], ...]:
    return tuple((stanza, frozenset(_words(read_sexps(stanza.span.of(text))))) for stanza in stanzas(text))


def _words(sexps: Iterable[Sexp]) -> Iterator[str]:
    for sexp in sexps:
        if isinstance(sexp, Atom):
            yield sexp.text
            yield PurePosixPath(sexp.text).name
            yield from _WORD.findall(sexp.text)
        else:
            yield from _words(sexp.items)


def _cram_folder(path: str) -> str:
    """The folder of a cram test: a file `x.t`, or a folder `x.t/`."""
    parts = path.split("/")
    first = next(index for index, part in enumerate(parts) if part.endswith(".t"))
    return "/".join(parts[:first])
