"""Lints on dune files: commands that run while building, flags that switch warnings off, modules and stanzas that are built no more."""

import re
from collections.abc import Iterator

from aid_lsp.build.verdict import Lint
from aid_lsp.ces.lint_code import Found
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.ocaml.names import is_ocaml, module_name
from aid_lsp.ocaml.sexp import Atom, List, Sexp, read_sexps
from aid_lsp.ocaml.stanzas import Stanza, stanzas

_FLAGS = frozenset({"flags", "ocamlc_flags", "ocamlopt_flags", "ocaml_flags"})
_COMMANDS = frozenset({"run", "system", "bash", "dynamic-run"})
_OCAML_SYNTAX = re.compile(r"\s*\(\*\s*-\*-\s*tuareg\s*-\*-\s*\*\)")
_OFF = re.compile(r"-[a-zA-Z0-9]")


def dune_findings(text: str) -> list[Found]:
    """The flags in a dune file that switch warnings off, and the commands that it runs."""
    if _OCAML_SYNTAX.match(text):
        return [Found("runs-code", "OCaml", 0, "This dune file is an OCaml program, which runs while building.")]
    runs = [
        Found("runs-code", " ".join(command.span.of(text).split()), command.span.start, _runs(command.span.of(text)))
        for command in _fields(read_sexps(text), _COMMANDS, 0)
    ]
    return runs + [
        Found("warnings-off", key, field.span.start, message)
        for field in _fields(read_sexps(text), _FLAGS, 0)
        for key, message in _switches(field)
    ]


def _runs(command: str) -> str:
    return f"`{' '.join(command.split())[:80]}` runs while building or testing."


def _fields(sexps: tuple[Sexp, ...], heads: frozenset[str], depth: int) -> Iterator[List]:
    for sexp in sexps:
        if isinstance(sexp, List) and depth < 20:
            if sexp.head in heads:
                yield sexp
            else:
                yield from _fields(sexp.items, heads, depth + 1)


def _switches(field: List) -> Iterator[tuple[str, str]]:
    words = list(_words(field.items[1:], 0))
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        if word in ("-w", "-warn-error", "-alert"):
            if _OFF.search(following):
                yield f"{word} {following}", f"`{word} {following}` switches warnings off."
        elif (word.startswith("-w") and _OFF.search(word[2:])) or word == "-nowarn":
            yield word, f"`{word}` switches warnings off."
    if words and field.head == "flags" and not {":standard", ":include"}.intersection(words):
        yield "no :standard", "`flags` without `:standard` drops dune's own warnings and their strictness."


def _words(items: tuple[Sexp, ...], depth: int) -> Iterator[str]:
    for item in items:
        if isinstance(item, Atom):
            yield item.text
        elif depth < 20:
            yield from _words(item.items, depth + 1)


def dropped(patch: Patch) -> Iterator[Lint]:
    """Modules that a dune file built before and builds no more, though their files stay."""
    gone = {change.path for change in patch.changes if change.after is None}
    for change in patch.changes:
        if change.path.rpartition("/")[2] != "dune" or change.before is None:
            continue
        if change.after is None and any(is_ocaml(path) and _folder(path) == _folder(change.path) for path in gone):
            continue
        yield from _dropped(change, {module_name(path) for path in gone if is_ocaml(path)})


def _dropped(change: FileChange, gone: set[str]) -> Iterator[Lint]:
    before = [stanza for stanza in stanzas(change.before or "") if stanza.has_modules]
    after = [stanza for stanza in stanzas(change.after or "") if stanza.has_modules]
    lines = Lines(change.after or "")
    named = {module for stanza in (*before, *after) for module in _named(stanza)}
    for module in sorted(named - gone):
        if any(stanza.owns(module) for stanza in before) and after and not any(stanza.owns(module) for stanza in after):
            owner = next(stanza for stanza in before if stanza.owns(module))
            place = next((stanza for stanza in after if stanza.names == owner.names), after[0])
            line = lines.position(place.span.start)[0] + 1
            yield Lint("module-dropped", change.path, line, f"No stanza builds the module {module} any more.")
    if len(after) < len(before) and not gone:
        kept = {name for stanza in after for name in stanza.names}
        for stanza in before:
            if stanza.names and not kept.intersection(stanza.names) and not stanza.is_test:
                line = Lines(change.before or "").position(stanza.span.start)[0] + 1
                message = f"The {stanza.kind} {' '.join(stanza.names)} is not built any more."
                yield Lint("module-dropped", change.path, line, message)


def _named(stanza: Stanza) -> Iterator[str]:
    if stanza.modules is not None:
        for word in _words(stanza.modules.items[1:], 0):
            if word[:1].isalpha():
                yield word[:1].upper() + word[1:]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
