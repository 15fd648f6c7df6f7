"""Which languages there are: one a folder of tree-sitter queries, `grammars/<language>/*.scm`.

    grammars/ocamllex/outline.scm        ; grammar: tree_sitter_ocamllex.language     a function of an installed package
                                         ; files: .mll                                the endings of its files
    grammars/ocaml/tests.scm             ; when: >:: test_case                        not asked of texts without it
    grammars/ocaml_interface/outline.scm ; inherits: ocaml                            its queries come first

A query is what its own folder and those that it inherits from say under its name.
"""

import importlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tree_sitter import Language as Grammar
from tree_sitter import Query, QueryError

_WHEN = re.compile(r"^; *when: *(.+?) *$", re.MULTILINE)
_COMMENT = re.compile(r";[^\n]*")
_ROLE = re.compile(r"(\[[^\]]*\]|\(\w+\)|\"[^\"]+\")\s*@([\w.]+)")
_TYPE = re.compile(r"\((\w+)\)|\"([^\"]+)\"")
_MODELINE = re.compile(r"^; *(grammar|files|inherits): *(.+?) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Language:
    """A language that AID reads with tree-sitter."""

    name: str
    """Its folder's."""
    folder: Path
    grammar: str
    """`package.function`; the function gives tree-sitter the language."""
    files: tuple[str, ...]
    """Endings of file names, with their dots."""
    inherits: tuple[str, ...] = ()

    def query(self, name: str) -> str:
        """The text of the query of that name; empty for none."""
        known = languages()
        folders = [known[parent].folder for parent in self.inherits if parent in known]
        files = [folder / f"{name}.scm" for folder in (*folders, self.folder)]
        return "\n".join(file.read_text("utf-8") for file in files if file.is_file())


_added: list[Path] = []


def grammars_folder() -> Path:
    """Where the queries lie: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "grammars"
    return installed if installed.is_dir() else package.parent / "grammars"


def add_languages(folder: Path) -> None:
    """Takes in a further folder of languages; one with a known name replaces it. For the life of this process."""
    _added.append(folder)
    _forget()


def remove_languages(folder: Path) -> None:
    """Takes such a folder out again."""
    _added.remove(folder)
    _forget()


def _forget() -> None:
    for kept in (languages, kinds, grammar, query, triggers, roles, nests):
        kept.cache_clear()


@cache
def languages() -> dict[str, Language]:
    """All languages by name."""
    found: dict[str, Language] = {}
    for above in (grammars_folder(), *_added):
        for folder in sorted(path for path in above.iterdir() if (path / "outline.scm").is_file()):
            said = dict(_MODELINE.findall((folder / "outline.scm").read_text("utf-8")))
            if "grammar" in said and "files" in said:
                inherits = tuple(said.get("inherits", "").replace(",", " ").split())
                files = tuple(said["files"].replace(",", " ").split())
                found[folder.name] = Language(folder.name, folder, said["grammar"], files, inherits)
    return found


@cache
def kinds() -> dict[str, Language]:
    """The language of each ending."""
    return {ending: language for language in languages().values() for ending in language.files}


@cache
def grammar(kind: str) -> Grammar:
    """The grammar for an ending; `ImportError` or `AttributeError` where its package is not what the folder says."""
    module, _, function = kinds()[kind].grammar.rpartition(".")
    return Grammar(getattr(importlib.import_module(module), function)())  # pyright: ignore[reportDeprecated] - what grammars give


@cache
def query(kind: str, name: str) -> Query | None:
    """The query of that name for an ending, compiled once; None where the language has none. A broken one is a bug of its folder."""
    text = kinds()[kind].query(name)
    if not text.strip():
        return None
    try:
        return Query(grammar(kind), text)
    except QueryError as error:
        raise ValueError(f"grammars/{kinds()[kind].name}/{name}.scm: {error}") from error


@cache
def triggers(kind: str, name: str) -> tuple[str, ...]:
    """One of which a text must have for the query to find anything, by its line `; when: WORD ...`; empty where it does not say."""
    said = _WHEN.search(kinds()[kind].query(name))
    return tuple(said.group(1).split()) if said is not None else ()


@cache
def roles(kind: str, name: str) -> dict[str, tuple[str, ...]]:
    """What a query of plain patterns, `(node_type) @role` and `[(one) (other)] @role`, calls each type of node, in order.

    That is for those who walk a tree anyway: a look into this costs less than a query's match, and nothing is compiled.
    """
    found: dict[str, tuple[str, ...]] = {}
    for types, role in _ROLE.findall(_COMMENT.sub("", kinds()[kind].query(name))):
        for one, token in _TYPE.findall(types):
            found[one or token] = (*found.get(one or token, ()), role)
    return found


@cache
def nests(kind: str) -> bool:
    """Whether the things of a language lie in containers, as OCaml's do, and have to be found by walking."""
    return any("container" in said for said in roles(kind, "outline").values())
