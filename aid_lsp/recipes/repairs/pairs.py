"""An implementation and its interface that say different things.

    val total : shape list -> int        the implementation has float        the interface follows, if those who use it agree
    type shape = Circle | Rect           the other has Square too            it is put in where it is missing
    val perimeter                        the implementation has perimetr     one of the two gets the other's name

What only the interface has is never dropped from it, and what only the implementation has is never shown. An interface gives way only
where something says that it is the wrong one: the instruction, the last commit, or those who use it.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, is_ocaml, module_name
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.references import references
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.repairs.site import Repair, Side, Site, short
from aid_lsp.recipes.repairs.tokens import tokens
from aid_lsp.recipes.sites import Replacements, merged, rewrite

_REQUIRED = re.compile(
    r'The (?P<kind>value|type|module|exception|class|module type) "?(?P<name>[^\s"]+?)"? is required but not provided'
)
_VALUES = re.compile(
    r"Values do not match:\s+(?P<is>(?:val|external) .+?)\s+is not included in\s+(?P<wanted>(?:val|external) .+?)\s+(?:The type|Type |File )",
    re.DOTALL,
)
_NO_PART = re.compile(r'(?:There is no (?:constructor|field)|Unbound (?:constructor|record field)) "?(?P<name>[\w\']+)"?(?!\.)')
_NOT_DECLARED = re.compile(r'Unbound value "?(?P<module>[A-Z][\w.\']*)\.(?P<name>[a-z_][\w\']*)"?')
_MODULE = re.compile(r'In module "?([\w.\']+)"?:')
_TYPES = re.compile(r"Type declarations do not match:\s+(?:type|and)\s+(?P<type>.+?)\s+is not included in", re.DOTALL)


def lost_parts(site: Site) -> Iterator[Repair]:
    """A constructor or field that only the other file's definition of the type has is put in here."""
    said = _NO_PART.search(site.message)
    other = interface_of(site.path) if site.path.endswith(".ml") else implementation_of(site.path)
    theirs = site.view.text(other)
    if said is None or theirs is None:
        return
    for part in outline(other, theirs):
        if (
            part.name != said["name"]
            or part.kind not in ("constructor", "field")
            or part.parent is None
            or part.parent.kind != "type"
        ):
            continue
        mine = [item for item in outline(site.path, site.text) if item.kind == "type" and item.path == part.parent.path]
        if len(mine) == 1 and (span := _right_side(site.text, mine[0])) and (stretch := _right_side(theirs, part.parent)):
            changes = _undocumented(site.path, _taken_over(site.text, span, theirs, stretch))
            yield Repair(site.path, changes, f"{said['name']} is put in, as {other} has it")


def misdeclared(site: Site) -> Iterator[Repair]:
    """A name that the implementation has, and everybody uses, is misspelt in the interface."""
    said = _NOT_DECLARED.search(site.message)
    if said is None:
        return
    for path in site.view.paths():
        if not path.endswith(".mli") or module_name(path) != said["module"].rpartition(".")[2]:
            continue
        declared = site.view.text(path) or ""
        defined = site.view.text(implementation_of(path)) or ""
        names = {item.name for item in outline(implementation_of(path), defined) if item.parent is None}
        ours = [item for item in outline(path, declared) if item.parent is None and item.name not in names]
        near = difflib.get_close_matches(said["name"], [item.name for item in ours], 1, 0.7) if said["name"] in names else []
        for name in near:
            yield Repair(
                path, _renames(path, declared, name, said["name"]), f"{name} becomes {said['name']} in the interface", sure=True
            )


def pairs(site: Site) -> Iterator[Repair]:
    """What makes the two agree, the likeliest first."""
    pair = pair_of(site)
    if pair is None:
        return
    yield from pair.renamed()
    yield from pair.values()
    yield from pair.types()


def pair_of(site: Site) -> "Pair | None":
    """The two files that an error says to disagree."""
    if "does not match the interface" not in site.message:
        return None
    implementation, interface = implementation_of(site.path), interface_of(site.path)
    ours, theirs = site.view.text(implementation), site.view.text(interface)
    return None if ours is None or theirs is None else Pair(site, implementation, ours, interface, theirs)


class Pair:
    """An implementation and its interface that disagree."""

    def __init__(self, site: Site, implementation: str, ours: str, interface: str, theirs: str) -> None:
        self.site = site
        self.implementation, self.ours = implementation, ours
        self.interface, self.theirs = interface, theirs

    def renamed(self) -> Iterator[Repair]:
        """What the interface asks for has nearly the same name in the implementation."""
        for said in _REQUIRED.finditer(self.site.message):
            name = said["name"]
            declared = {item.name for item in outline(self.interface, self.theirs) if item.parent is None}
            spare = {
                item.name
                for item in outline(self.implementation, self.ours)
                if item.parent is None and _kind(item) == said["kind"]
            } - declared
            for near in difflib.get_close_matches(name, sorted(spare), 2, 0.6):
                ours = _renames(self.implementation, self.ours, near, name)
                theirs = _renames(self.interface, self.theirs, name, near)
                both = [
                    Repair(self.implementation, ours, f"{near} becomes {name}, as the interface calls it", gain=1),
                    Repair(
                        self.interface,
                        theirs,
                        f"{name} becomes {near} in the interface, as the implementation calls it",
                        gain=1,
                    ),
                ]
                here = Counter[str]()
                for path in self.site.view.paths():
                    if path not in (self.implementation, self.interface) and is_ocaml(path):
                        here.update(
                            re.findall(
                                rf"(?<![\w'])(?:{re.escape(name)}|{re.escape(near)})(?![\w'])", self.site.view.text(path) or ""
                            )
                        )
                slipped = self._slipped(name, near)
                yield from sorted(
                    (one for one in both if one.replacements),
                    key=lambda one: (one.path != slipped, -here[name if one.path == self.implementation else near]),
                )

    def _slipped(self, name: str, near: str) -> str:
        """The side that had the other's name for it at the last commit; empty if nobody knows."""
        was = {path: outline(path, text) for path, text in self.site.evidence.was.items()}
        declared = {item.name for item in was.get(self.interface, ()) if item.parent is None}
        defined = {item.name for item in was.get(self.implementation, ()) if item.parent is None}
        if near in declared & defined and name not in declared:
            return self.interface
        return self.implementation if name in declared & defined and near not in defined else ""

    def edited(self, declared: Item) -> Side:
        """Which side was edited since the last commit, as far as one value is concerned."""
        was, were = self.site.evidence.was.get(self.interface), self.site.evidence.was.get(self.implementation)
        if was is None or were is None:
            return ""
        old = [item for item in outline(self.interface, was) if item.path == declared.path and item.kind == declared.kind]
        ours = _words(were) != _words(self.ours)
        theirs = not any(_words(item.core.of(was)) == _words(declared.core.of(self.theirs)) for item in old)
        return "" if ours == theirs else "implementation" if ours else "interface"

    def disagreements(self) -> Iterator[tuple[Item, str, str]]:
        """The declarations whose type differs, with the implementation's type and the interface's, as the compiler says them."""
        for said in _VALUES.finditer(self.site.diagnostic.message):
            name = re.match(r"\w+ (?:\( *(\S+) *\)|([\w']+))", said["is"])
            if name is None:
                continue
            items = [
                item
                for item in outline(self.interface, self.theirs)
                if item.name == (name[1] or name[2]) and item.kind in ("value", "external")
            ]
            items = _inside(items, self.site.message)
            if len(items) == 1:
                yield items[0], said["is"], said["wanted"]

    def values(self) -> Iterator[Repair]:
        """The interface takes the type that the compiler infers; only the words that differ change."""
        asked = self.site.evidence.asked
        for declared, is_, wanted in self.disagreements():
            meant = "interface" in (asked, self.edited(declared))
            does = f"the interface follows the implementation: {short(is_)}"
            for changes in _reworded(self.theirs, declared, is_, wanted) if asked != "implementation" else ():
                yield Repair(self.interface, changes, does, gain=1 if meant else 2)

    def types(self) -> Iterator[Repair]:
        """The definition of a type is taken over by the side that has less of it."""
        for said in _TYPES.finditer(self.site.diagnostic.message):
            name = re.match(r"(?:nonrec\s+)?(?:\([^)]*\)\s*|[+-]?'\w+\s+)?(?:private\s+)?([a-z_][\w']*)", said["type"])
            if name is None:
                continue
            ours, theirs = (
                [item for item in outline(path, text) if item.kind == "type" and item.name == name[1]]
                for path, text in ((self.implementation, self.ours), (self.interface, self.theirs))
            )
            ours, theirs = _inside(ours, self.site.message), _inside(theirs, self.site.message)
            if len(ours) != 1 or len(theirs) != 1:
                continue
            mine, other = _right_side(self.ours, ours[0]), _right_side(self.theirs, theirs[0])
            if mine is None or other is None:
                continue
            sides = [
                Repair(
                    self.implementation,
                    _undocumented(self.implementation, _taken_over(self.ours, mine, self.theirs, other)),
                    f"type {name[1]} becomes what the interface says",
                    gain=1,
                ),
                Repair(
                    self.interface,
                    _taken_over(self.theirs, other, self.ours, mine),
                    f"type {name[1]} becomes what the implementation says, in the interface",
                    gain=1,
                ),
            ]
            fuller = len(tokens(self.theirs, other.start, other.end)) > len(tokens(self.ours, mine.start, mine.end))
            yield from sides if fuller else reversed(sides)


def _inside(items: list[Item], message: str) -> list[Item]:
    """Those that lie in the module that the message speaks of."""
    said = _MODULE.findall(message)
    module = tuple(said[-1].split(".")) if said else ()
    return [item for item in items if item.path[:-1] == module] or items


def _words(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


def _kind(item: Item) -> str:
    return "value" if item.kind == "external" else item.kind


def _renames(path: str, text: str, old: str, new: str) -> Replacements:
    """One name of a file's top level becomes another, where the file itself means it."""
    items = [item for item in outline(path, text) if item.name == old and item.parent is None]
    if len(items) != 1:
        return {}
    tree = parse(path, text)
    own = items[0].name_span
    return merged(rewrite(tree, one, new) for one in references(path, text, old) if one.span == own or one.binder == own)


def _reworded(text: str, item: Item, is_: str, wanted: str) -> list[Replacements]:
    """The declaration with the words of the compiler's `wanted` that differ from its `is_`; the whole type last, where it is written otherwise."""
    written = tokens(text, item.core.start, item.core.end)
    colon = next((index for index, token in enumerate(written) if token.text == ":"), None)
    if colon is None:
        return []
    declared = written[colon + 1 :]
    attribute = next((index for index, token in enumerate(declared) if token.text == "@@" or token.text == "="), len(declared))
    declared = declared[:attribute]
    inferred, asked = is_.partition(":")[2], wanted.partition(":")[2]
    told, old = tokens(inferred), [token.text for token in tokens(asked)]
    if not declared:
        return []
    matcher = difflib.SequenceMatcher(None, old, [token.text for token in declared], autojunk=False)
    place = {block.a + step: block.b + step for block in matcher.get_matching_blocks() for step in range(block.size)}
    whole = {Span(declared[0].span.start, declared[-1].span.end): " ".join(inferred.split())}
    changes: Replacements = {}
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, [token.text for token in told], autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        words = " ".join(inferred[told[c].span.start : told[d - 1].span.end].split()) if d > c else ""
        if b > a:
            if a not in place or place.get(b - 1) != place[a] + b - 1 - a:
                same = [token.span for token in declared if old[a:b] == [token.text]]  # written in another way
                return [*({span: words} for span in same[:3]), whole]
            changes[Span(declared[place[a]].span.start, declared[place[b - 1]].span.end)] = words
        elif a in place:
            start = declared[place[a]].span.start
            changes[Span(start, start)] = f"{words} "
        elif a - 1 in place:
            end = declared[place[a - 1]].span.end
            changes[Span(end, end)] = f" {words}"
        else:
            return [whole]
    return [changes] if changes else []


def _taken_over(text: str, span: Span, source: str, stretch: Span) -> Replacements:
    """What makes one stretch say what another says; what they have in common stays as it is written."""
    old, new = tokens(text, span.start, span.end), tokens(source, stretch.start, stretch.end)
    if not old or not new:
        return {span: stretch.of(source)}
    changes: Replacements = {}
    matcher = difflib.SequenceMatcher(None, [one.text for one in old], [one.text for one in new], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "insert" and c:
            at = old[a - 1].span.end
            changes[Span(at, at)] = source[new[c - 1].span.end : new[d - 1].span.end]
        elif tag == "insert" and [one.text for one in new[c:d]] != ["|"]:
            changes[Span(old[0].span.start, old[0].span.start)] = source[new[0].span.start : new[d].span.start]
        elif tag == "delete":
            changes[Span(old[a - 1].span.end if a else old[0].span.start, old[b - 1].span.end)] = ""
        elif tag == "replace":
            changes[Span(old[a].span.start, old[b - 1].span.end)] = source[new[c].span.start : new[d - 1].span.end]
    return changes


def _undocumented(path: str, changes: Replacements) -> Replacements:
    """What goes into an implementation, without the comments that document an interface."""
    if path.endswith("i"):
        return changes
    return {span: re.sub(r"[ \t]*\(\*\*.*?\*\)", "", new, flags=re.DOTALL) for span, new in changes.items()}


def _right_side(text: str, item: Item) -> Span | None:
    """What stands behind the `=` of a type's definition."""
    equals = re.compile(r"=").search(text, item.name_span.end, item.core.end)
    if equals is None or re.search(r"\bconstraint\b", text[item.core.start : item.core.end]):
        return None
    start = equals.end() + len(text[equals.end() :]) - len(text[equals.end() :].lstrip())
    private = re.match(r"private\b\s*", text[start : item.core.end])
    start += private.end() if private else 0
    attribute = text.find("[@@", start, item.core.end)
    end = attribute if attribute >= 0 else item.core.end
    return Span(start, len(text[:end].rstrip()))
