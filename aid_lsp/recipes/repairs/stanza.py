"""What dune has to be told: a library that is not linked, a module that is not listed, a name that is not quite right."""

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_dune, is_ocaml, module_name
from aid_lsp.ocaml.stanzas import Stanza, stanzas
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes.repairs.site import Repair, Site
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

_LIBRARY = re.compile(r'Library "([^"]+)" (?:in .*)?(?:not found|is hidden)')
_MODULE = re.compile(r'Module "?([\w\']+)"? (?:doesn\'t exist|.*not exist)')
_COMMON = (
    "unix",
    "str",
    "threads.posix",
    "threads",
    "dynlink",
    "yojson",
    "re",
    "fmt",
    "cmdliner",
    "alcotest",
    "zarith",
    "uutf",
    "lwt",
    "lwt.unix",
    "logs",
    "stdlib-shims",
    "seq",
)
"""Libraries that a workspace may want and yet name nowhere."""
_FIELDS = (
    "name", "names", "public_name", "public_names", "libraries", "modules", "flags", "ocamlopt_flags", "ocamlc_flags",
    "preprocess", "synopsis", "wrapped", "inline_tests", "optional", "package", "deps", "action", "targets", "target",
    "mode", "modes", "foreign_stubs", "c_library_flags", "private_modules", "modules_without_implementation",
    "virtual_modules", "implements", "kind", "enabled_if", "instrumentation", "install_c_headers",
)  # fmt: skip


def dune_errors(site: Site) -> Iterator[Repair]:
    """What a dune file's own errors ask for."""
    missing = _LIBRARY.search(site.message)
    if missing is not None:
        wrong = missing.group(1)
        names = [name for name in (*_libraries(site.view), *_COMMON) if name != wrong]
        start = site.text.find(wrong, site.span.start)
        for name in difflib.get_close_matches(wrong, names, 3, 0.6):
            if start >= 0:
                yield site.replace(Span(start, start + len(wrong)), name)
    module = _MODULE.search(site.message)
    if module is not None:
        folder = site.path.rpartition("/")[0]
        near = [module_name(path) for path in site.view.paths() if is_ocaml(path) and path.rpartition("/")[0] == folder]
        start = site.text.lower().find(module.group(1).lower(), site.span.start)
        for name in difflib.get_close_matches(module.group(1), near, 2, 0.6):
            written = site.text[start : start + 1]
            new = name[:1].lower() + name[1:] if written.islower() else name
            if start >= 0:
                yield site.replace(Span(start, start + len(module.group(1))), new)
    unlisted = re.search(r'The name "([\w\']+)" is not listed in the \(modules\) field', site.message)
    for stanza in stanzas(site.text) if unlisted is not None else ():
        if unlisted is not None and stanza.span.start <= site.span.start <= stanza.span.end:
            yield from _added(site, site.path, stanza, "modules", unlisted[1][:1].lower() + unlisted[1][1:])
    if "unclosed parenthesis" in site.message:
        yield from _closed(site)
    if any(words in site.message for words in ("supply at least one", "missing", "must be present", "Invalid library name")):
        yield from _fields(site)


def _fields(site: Site) -> Iterator[Repair]:
    """A field that dune does not know and that is called nearly like one it does."""
    found = list(re.finditer(r"(?m)^\s+\(([a-z_]+)\b|\s\(([a-z_]+)\s", site.text))
    for match in sorted(found, key=lambda match: (match.start() < site.span.start, match.start())):  # its own stanza's first
        group = 1 if match[1] else 2
        for name in difflib.get_close_matches(match[group], _FIELDS, 1, 0.6):
            if match[group] not in _FIELDS:
                yield site.replace(Span(*match.span(group)), name)


def linked(site: Site, module: str) -> Iterator[Repair]:
    """The stanza of the file links the library that has a module."""
    dune, stanza = owner(site.path, frozenset(site.view.paths()), site.view.text)
    if dune is None or stanza is None:
        return
    own = set(stanza.names) | set(stanza.public_names) | set(stanza.libraries)
    for name in _providing(site.view, module):
        if name not in own:
            yield from _added(site, dune, stanza, "libraries", name)


def unlinked(diagnostic: Diagnostic, view: View) -> Iterator[Repair]:
    """What the linker misses: the stanzas whose code names the module link the library that has it."""
    message = " ".join(diagnostic.message.split())
    said = re.search(r"No implementations? provided for the following modules: \"?([A-Z]\w*)", message)
    for path in view.paths() if said is not None else ():
        if said is not None and path.endswith(".ml") and re.search(rf"(?<![\w.]){said[1]}\.", text := view.text(path) or ""):
            yield from linked(Site(path, text, Span(0, 0), diagnostic, view), said[1])


def listed(site: Site, module: str) -> Iterator[Repair]:
    """The `modules` of the file's stanza get a module that lies in its folder."""
    dune, stanza = owner(site.path, frozenset(site.view.paths()), site.view.text)
    folder = site.path.rpartition("/")[0]
    beside = any(
        is_ocaml(path) and module_name(path) == module and path.rpartition("/")[0] == folder for path in site.view.paths()
    )
    if dune is not None and stanza is not None and stanza.modules is not None and beside and not stanza.owns(module):
        words = stanza.modules.words()
        lower = not words or words[0][:1].islower() or words[0].startswith(":")
        yield from _added(site, dune, stanza, "modules", module[:1].lower() + module[1:] if lower else module)


def _providing(view: View, module: str) -> list[str]:
    """The libraries whose module it is, by their names: those of the workspace first."""
    found: Counter[str] = Counter()
    for name in (*_libraries(view), *_COMMON):
        if re.sub(r"[-.]", "_", name).lower() == module.lower() or re.split(r"[-.]", name)[-1].lower() == module.lower():
            found[name] += 1
    for path in view.paths():
        if is_dune(path):
            for stanza in stanzas(view.text(path) or ""):
                if stanza.kind == "library" and not stanza.wrapped and _has(view, path, stanza, module):
                    found.update(stanza.names)
    return [name for name, _ in found.most_common(4)]


def _has(view: View, dune: str, stanza: Stanza, module: str) -> bool:
    folder = dune.rpartition("/")[0]
    return stanza.owns(module) and any(
        is_ocaml(path) and module_name(path) == module and path.rpartition("/")[0] == folder for path in view.paths()
    )


def _libraries(view: View) -> list[str]:
    """Every library that the workspace makes or links, those it makes first."""
    made: dict[str, None] = {}
    used: dict[str, None] = {}
    for path in view.paths():
        if is_dune(path):
            for stanza in stanzas(view.text(path) or ""):
                if stanza.kind == "library":
                    made.update(dict.fromkeys((*stanza.names, *stanza.public_names)))
                used.update(dict.fromkeys(stanza.libraries))
    return [*made, *(name for name in used if name not in made)]


def _added(site: Site, dune: str, stanza: Stanza, field: str, word: str) -> Iterator[Repair]:
    """A word at the end of a field, or the field at the end of the stanza."""
    text = site.view.text(dune) or ""
    pattern = re.compile(rf"\(\s*{field}\b")
    match = pattern.search(text, stanza.span.start, stanza.span.end)
    does = f"{dune}: {'links' if field == 'libraries' else 'lists'} {word}"
    if match is None:
        end = stanza.span.end - 1
        new = f"\n ({field} {word})" if "\n" in text[stanza.span.start : stanza.span.end] else f" ({field} {word})"
        yield Repair(dune, {Span(end, end): new}, does)
        return
    depth, at = 0, match.start()
    for at in range(match.start(), stanza.span.end):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            break
    last = len(text[:at].rstrip())
    newline = "\n" in text[match.end() : last]
    indent = re.search(r"[ \t]*$", text[: _last_word(text, last)])
    gap = f"\n{indent.group()}" if newline and indent and text[: _last_word(text, last)].rstrip(" \t").endswith("\n") else " "
    empty = text[match.end() : at].isspace() and not newline
    yield Repair(dune, {Span(last, at if empty else last): f"{gap}{word}"}, does)


def _last_word(text: str, end: int) -> int:
    return max(text.rfind(mark, 0, end) for mark in " \t\n(") + 1


def _closed(site: Site) -> Iterator[Repair]:
    """The `)` that is missing, before the next stanza begins or at the end."""
    depth, last = 0, 0
    for match in re.finditer(r"(?m)^\(|;[^\n]*|\"(?:[^\"\\]|\\.)*\"|[()]", site.text):
        if match.group() in ("(", ")"):
            if match.group() == "(" and (match.start() == 0 or site.text[match.start() - 1] == "\n"):
                if depth > 0:
                    break
                last = match.start()
            depth += 1 if match.group() == "(" else -1
    else:
        end = len(site.text.rstrip())
        yield site.replace(Span(end, end), ")" * max(1, depth), "the missing `)` is put in")
        return
    following = site.text.find("\n(", last)
    end = len(site.text[: following if following >= 0 else len(site.text)].rstrip())
    yield site.replace(Span(end, end), ")" * depth, "the missing `)` is put in")
