"""Names that mean nothing where they stand, and to which the compiler has no suggestion.

area s          is Shape's           Shape.area s, or `open Shape`      Str.regexp     dune does not link str: see `stanza`
Old.area        is in New now        New.area                           ys             the unused parameter xs is meant: it becomes ys
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import is_module_name, is_ocaml, module_name
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.references import references
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes.repairs.site import Repair, Site
from aid_lsp.recipes.repairs.stanza import linked, listed

_UNBOUND = re.compile(
    r"Unbound (?P<kind>value|module type|module|type constructor|type|constructor|record field|label|class type|class|"
    r'extension constructor) "?(?P<name>[^\s"]+)'
    r"|no cmi file was found in path for (?P<file>module) (?P<unit>[\w']+)"
)
_KINDS: dict[str, tuple[str, ...]] = {
    "value": ("value", "external"),
    "module": ("module",),
    "module type": ("module type",),
    "type": ("type", "class"),
    "type constructor": ("type", "class"),
    "constructor": ("constructor", "exception"),
    "extension constructor": ("exception",),
    "record field": ("field",),
    "label": ("field",),
    "class": ("class",),
    "class type": ("class type", "class"),
}
_OPERATOR = re.compile(r"\(([^\w\s]+)\)")
"""As OCaml 5.3 names one: `Unbound value "(>>)"`."""
_COMPONENT = re.compile(r'The signature constrained by "with" has no component named "?([\w\']+)')
_OPEN = re.compile(r"(?m)^[ \t]*open!?[ \t]+((?:[A-Z][\w']*\.)*[A-Z][\w']*)")
_MOST = 5
_STANDARD = ("List", "Hashtbl", "String", "Array", "Printf", "Format", "Buffer", "Option", "Filename", "Sys", "Bytes", "Char")
"""Where an unqualified name of the standard library may come from."""


def unbound(site: Site) -> Iterator[Repair]:
    """Where the name can come from, the likeliest first."""
    said = _UNBOUND.search(site.message)
    if said is None or not is_ocaml(site.path):
        return
    kind, written = said["kind"] or said["file"], said["name"] or said["unit"]
    operator = _OPERATOR.fullmatch(written)
    written = operator[1] if operator is not None else written
    start = site.text.find(written, site.span.start, site.span.end)
    start = site.text.find(written) if said["unit"] else start
    if start < 0:
        return
    at = Span(start, start + len(written))
    homes = _homes(site, kind, written)
    opened = _opened_elsewhere(site)
    popular = [home for home in homes if home in opened]
    for custom in _customary(site):
        yield from _open(site, custom)
    if kind == "module":
        for home in popular:
            if opened[home] >= 6:  # two files beside this one
                yield from _open(site, home)
        yield from listed(site, written.partition(".")[0])
        yield from linked(site, written.partition(".")[0])
        yield from _misspelt(site, at)
    for home in popular[:2]:
        yield from _open(site, home)
    last = written.rpartition(".")[2]
    for home in homes[:_MOST]:
        path = f"{home}.{last}"
        if path != written:
            yield site.replace(at, path if last[0].isalnum() or last[0] == "_" else f"{home}.({last})")
    for module in _STANDARD if kind == "value" and "." not in written and operator is None else ():
        if module not in homes[:_MOST]:
            yield site.replace(at, f"{module}.{last}")
    for home in (*(one for one in homes if one not in popular), *(one for one, _ in opened.most_common(3) if one not in homes)):
        yield from _open(site, home)


def components(site: Site) -> Iterator[Repair]:
    """What is called nearly as what a `with` says of a module type that has nothing of that name."""
    said = _COMPONENT.search(site.message)
    at = re.search(rf"(?<![\w']){re.escape(said[1])}(?![\w'])", site.inside) if said is not None else None
    if said is None or at is None or not is_ocaml(site.path):
        return
    kinds = ("module", "module type") if said[1][0].isupper() else ("type",)
    known = {
        item.name
        for path in site.view.paths()
        if is_ocaml(path)
        for item in outline(path, site.view.text(path) or "")
        if item.kind in kinds and item.parent is not None
    }
    for name in difflib.get_close_matches(said[1], sorted(known - {said[1]}), 3, 0.7):
        yield site.replace(Span(site.span.start + at.start(), site.span.start + at.end()), name)


def _misspelt(site: Site, at: Span) -> Iterator[Repair]:
    """A module of the workspace that is called nearly so; the compiler knows only those that it has seen already."""
    first = at.of(site.text).partition(".")[0]
    known = {module_name(path) for path in site.view.paths() if is_ocaml(path)}
    for name in difflib.get_close_matches(first, sorted(known - {first}), 2, 0.75):
        yield site.replace(Span(at.start, at.start + len(first)), name)


def _homes(site: Site, kind: str, written: str) -> list[str]:
    """The modules that have the name, as they are written from the site: where others take it from, then where it is defined."""
    qualifier, _, last = written.rpartition(".")
    found: Counter[str] = Counter()
    pattern = re.compile(rf"(?<![\w'.])((?:[A-Z][\w']*\.)+)(?:\(\s*)?{re.escape(last)}(?![\w'])")
    for path in site.view.paths():
        if not is_ocaml(path):
            continue
        text = site.view.text(path) or ""
        if last not in text:
            continue
        for match in pattern.finditer(text):
            home = match[1].rstrip(".")
            if home != qualifier:
                found[home] += 2 if path == site.path else 1
        for item in outline(path, text):
            made = path == site.path and item.kind == "module" and item.span.end <= site.span.start and item.parent is None
            if made and kind in ("value", "type", "constructor") and not qualifier and _is_opaque(text, item):
                found[item.name] += 4
            if item.name == last and item.kind in _KINDS[kind] and (home := _home(site, path, item)):
                for one in home:
                    found[one] += 3
    return [home for home, _ in found.most_common(8)]


def _is_opaque(text: str, module: Item) -> bool:
    """Whether what a module holds is not written there: it is another's name, or a functor's result."""
    return "struct" not in module.core.of(text)


def _home(site: Site, path: str, item: Item) -> list[str]:
    """How the modules around an item are written in the file of the error; nothing if it needs none."""
    inner: list[str] = []
    parent = item.parent
    while parent is not None:
        if parent.kind == "module":
            inner.insert(0, parent.name)
        elif parent.kind not in ("type", "constructor"):
            return []
        parent = parent.parent
    if path == site.path:
        return [".".join(inner)] if inner and item.span.end <= site.span.start else []
    return [home for module in (module_name(path), *_including(site, path)) for home in _homes_of(site, path, module, inner)]


def _including(site: Site, path: str) -> Iterator[str]:
    """The modules that include the one of a file, and so have what it has."""
    pattern = re.compile(rf"(?m)^include[ \t]+(?:module type of (?:struct include )?)?(?:[A-Z][\w']*\.)*{module_name(path)}\b")
    for other in site.view.paths():
        if is_ocaml(other) and other not in (path, site.path) and pattern.search(site.view.text(other) or ""):
            yield module_name(other)


def _homes_of(site: Site, path: str, module: str, inner: list[str]) -> list[str]:
    whole = ".".join((module, *inner))
    known = frozenset(site.view.paths())
    _, theirs = owner(path, known, site.view.text)
    _, ours = owner(site.path, known, site.view.text)
    if theirs is not None and theirs != ours and theirs.kind == "library" and theirs.wrapped and theirs.names:
        library = module_name(theirs.names[0])
        return [whole] if library == module else [f"{library}.{whole}", whole]
    return [whole]


def _opened_elsewhere(site: Site) -> Counter[str]:
    """Which modules the workspace's files open, those beside the site counted more."""
    own = set(_OPEN.findall(site.text))
    folder = site.path.rpartition("/")[0]
    found: Counter[str] = Counter()
    for path in site.view.paths():
        if is_ocaml(path) and path != site.path:
            for name in set(_OPEN.findall(site.view.text(path) or "")):
                if name not in own:
                    found[name] += 3 if path.rpartition("/")[0] == folder else 1
    return found


def _customary(site: Site) -> list[str]:
    """What at least two, and more than half, of the files beside this one open."""
    folder = site.path.rpartition("/")[0]
    beside = [path for path in site.view.paths() if is_ocaml(path) and path.rpartition("/")[0] == folder and path != site.path]
    beside = [path for path in beside if path.endswith(".mli") == site.path.endswith(".mli")]
    found = Counter(name for path in beside for name in set(_OPEN.findall(site.view.text(path) or "")))
    own = set(_OPEN.findall(site.text))
    return [name for name, count in found.most_common(2) if count > 1 and count * 2 > len(beside) and name not in own]


def _open(site: Site, module: str) -> Iterator[Repair]:
    """An `open` after those that the file begins with."""
    if not all(is_module_name(part) for part in module.split(".")):
        return
    word = "open!" if _forced(site, module) else "open"
    at = 0
    for child in site.tree.root.children:
        span = site.tree.span(child)
        if child.type == "open_module":
            at = span.end
        elif child.type not in ("comment", "attribute", "floating_attribute") and at == 0:
            at = -span.start - 1
            break
        elif child.type != "comment":
            break
    if at < 0:
        start = _above_comments(site, -at - 1)
        gap = "\n" if site.text[start:].startswith("\n") or (start and not site.text[:start].strip()) else "\n\n"
        start = 0 if not site.text[:start].strip() else start
        if site.text[:start].endswith("\n\n\n"):
            start, gap = start - 1, "\n"
        yield Repair(site.path, {Span(start, start): f"{word} {module}{gap}"}, f"`{word} {module}` is put in")
    else:
        yield Repair(site.path, {Span(at, at): f"\n{word} {module}"}, f"`{word} {module}` is put in")


def _forced(site: Site, module: str) -> bool:
    """Whether most other files open it with `open!`."""
    found = Counter[str]()
    pattern = re.compile(rf"(?m)^open(!?)[ \t]+{re.escape(module)}[ \t]*$")
    for path in site.view.paths():
        if is_ocaml(path) and path != site.path:
            found.update(pattern.findall(site.view.text(path) or ""))
    return found["!"] > found[""]


def _above_comments(site: Site, start: int) -> int:
    """The start of the first item with the comments that touch it."""
    item = next((item for item in outline(site.path, site.text) if item.core.start == start), None)
    return item.span.start if item is not None else start


def unused_binders(site: Site) -> Iterator[Repair]:
    """The parameter or local around the error that nothing uses gets the name that is used; of two uses at least, if they differ much."""
    said = _UNBOUND.search(site.message)
    if said is None or said["kind"] != "value" or "." in said["name"] or not is_ocaml(site.path):
        return
    name = said["name"]
    uses: Counter[Span] = Counter()
    binders: list[tuple[Span, str]] = []
    meant = 0
    for one in references(site.path, site.text):
        if one.kind != "value":
            continue
        if one.defines and one.local:
            if not one.punned:
                binders.append((one.span, one.name))
        elif one.binder is not None:
            uses[one.binder] += 1
        elif one.name == name and not one.written.rpartition(".")[0]:
            meant += 1
    unused = [(span, old) for span, old in binders if not uses[span] and not old.startswith("_") and span.end <= site.span.start]
    if meant < 2 and "Did you mean" in site.message:  # the name that the compiler knows, or that of a parameter like it
        hinted = re.findall(r'"([\w\']+)"', site.message.partition("Did you mean")[2])
        unused = [(span, old) for span, old in unused if old not in hinted and (old.startswith(name) or name.startswith(old))]
    near = [
        around
        for around in site.above()
        if around.type in ("let_binding", "fun_expression", "match_case", "let_expression", "value_definition")
    ]
    for around in near:
        inside = site.tree.span(around)
        for span, old in reversed(unused):
            if inside.start <= span.start and span.end <= inside.end:
                yield site.replace(span, name, f"{old}, which nothing uses, becomes {name}")
                unused.remove((span, old))
