"""Renames a module: a file (with its interface and its mention in `dune`), or a module within one.

    lib/shape.ml, lib/shape.mli    ──▶ lib/figure.ml, lib/figure.mli
    Shape.area, open Shape, Foo.Shape.Circle, module S = Shape    ──▶ Figure.area, …
    (modules shape stack)          ──▶ (modules figure stack)

The compiler's index holds no module that stands before a dot. What such a token means is concluded from what the whole path means;
where that says nothing (an `include`, a functor's result) it is the subject only if no other module has the name.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from tree_sitter import Node

from aid_lsp.build.uid import Uid
from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of, is_ocaml, module_name
from aid_lsp.ocaml.references import Occurrence
from aid_lsp.ocaml.sexp import Atom, List, Sexp, read_sexps
from aid_lsp.ocaml.syntax import Tree
from aid_lsp.ocaml.triads import owner
from aid_lsp.recipes import docs
from aid_lsp.recipes.plan import Plan, by_syntax, guard
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject
from aid_lsp.recipes.ties import same_named_aliases

_MODULE_FIELDS = frozenset({"modules", "private_modules", "modules_without_implementation", "virtual_modules", "root_module"})


def plan_module(
    sources: Sources, subject: Subject, new: str, forced: frozenset[tuple[str, int]], kept: frozenset[tuple[str, int]]
) -> Plan:
    """Plans to rename a module everywhere."""
    plan = Plan(subject, new)
    if subject.file is not None:
        _move_file(sources, plan, subject.file)
    plan.refused = plan.refused or guard(sources, subject, new)
    if plan.refused:
        return plan
    meant = _Meant(sources, subject)
    plan.subject = replace(subject, uids=meant.uids)
    for path in sources.files(subject.name, generators=True):
        tree = sources.tree(path)
        for token in sources.references(path, subject.name):
            key = (path, token.span.start)
            if token.kind == "module" and (key in forced or (key not in kept and meant.by(path, tree, token))):
                plan.add(path, token.span, {token.span: new})
        if path in plan.replacements and is_ocaml(path):
            for span in docs.mentions(sources, path, subject):
                plan.replacements[path][span] = new
    return plan


class _Meant:
    """Says whether tokens mean the module."""

    def __init__(self, sources: Sources, subject: Subject) -> None:
        self._sources = sources
        self._subject = subject
        self.uids = subject.uids | same_named_aliases(sources, subject)
        self._units = {(uid.unit, uid.home) for uid in self.uids if uid.number is None}
        self._bodies = [
            (spot.path, item.core)
            for spot in subject.definitions
            for item in sources.items(spot.path)
            if item.kind == "module" and item.name_span == spot.span
        ]
        self._known_opened: dict[str, bool] = {}
        self._begins = {
            spot.path: item.group.start
            for spot in subject.definitions
            for item in sources.items(spot.path)
            if item.kind == "module" and item.name_span == spot.span
        }
        self.rivals = any(
            declaration.uid not in self.uids
            for declaration in sources.declared(subject.name)
            if not declaration.at.path.endswith(".ml-gen") or not self._units
        )

    def by(self, path: str, tree: Tree, token: Occurrence) -> bool:
        """Whether one token means it."""
        if any(spot.path == path and spot.span == token.span for spot in self._subject.definitions):
            return True
        facts = self._sources.facts(path, self._subject.name)
        fact = facts.get(token.span.start)
        if fact is not None and (fact.uids or fact.outside):
            return bool(fact.uids & self.uids)
        if not self.uids or not self._sources.covers(path):
            return by_syntax(self._sources, path, token, self._subject) if not self._subject.file else not token.defines
        if token.defines or token.span.start < self._begins.get(path, 0):
            return False  # a module means nothing before its definition
        if token.written.partition(".")[0] == self._subject.name and (bound := _bound_to(self._sources, path, tree, token)):
            return any(spot.path == path and spot.span == bound for spot in self._subject.definitions)
        if self._opened(path) and stands_alone(self._sources, path, token):
            return True
        led = self._led(path, tree, token)
        if led is None:
            return not self.rivals
        uids, outside = led
        if any(self._holds(uid) for uid in uids):
            return True
        return not self.rivals and not outside

    def _opened(self, path: str) -> bool:
        """Whether all modules of the name of which the compiler says it, without a path before them in that file, are the subject."""
        if path not in self._known_opened:
            self._known_opened[path] = self._looked_opened(path)
        return self._known_opened[path]

    def _looked_opened(self, path: str) -> bool:
        facts = self._sources.facts(path, self._subject.name)
        known = [
            fact
            for token in self._sources.references(path, self._subject.name)
            if token.kind == "module"
            and not token.defines
            and (fact := facts.get(token.span.start)) is not None
            and (fact.uids or fact.outside)
            and stands_alone(self._sources, path, token)
        ]
        return bool(known) and all(fact.uids & self.uids for fact in known)

    def _led(self, path: str, tree: Tree, token: Occurrence) -> tuple[set[Uid], set[str]] | None:
        """What the whole path means that a token stands in; None where the compiler does not say."""
        node: Node | None = tree.node_at(token.span)
        last = None
        while node is not None and (node.type.endswith("_path") or node.child_count == 0):
            if node.type.endswith("_path"):
                last = node
            node = node.parent
        if last is None:
            return None
        end = tree.span(last).end
        name_node = last.children[-1] if last.children else last
        name = tree.written(name_node).strip("() ")
        start = tree.text.rfind(name, 0, end)
        fact = self._sources.facts(path, name).get(start)
        return (fact.uids, fact.outside) if fact and (fact.uids or fact.outside) else None

    def _holds(self, uid: Uid) -> bool:
        """Whether something is declared within the module."""
        if uid in self.uids or (uid.unit, uid.home) in self._units:
            return True
        artefacts = self._sources.artefacts
        declaration = artefacts.declarations().get(uid) if artefacts else None
        if declaration is None:
            return False
        span = self._sources.named_at(declaration.at, declaration.name)
        return span is not None and any(
            path == declaration.at.path and core.start <= span.start < core.end for path, core in self._bodies
        )


def _bound_to(sources: Sources, path: str, tree: Tree, token: Occurrence) -> Span | None:
    """The definition in the same file that a module without a path before it means, if it is a plain one: the last that encloses it."""
    found: Span | None = None
    for other in sources.references(path, token.name):
        if other.kind != "module" or not other.defines or other.span.start >= token.span.start:
            continue
        node = tree.node_at(other.span).parent
        definition = node.parent if node is not None and node.type == "module_binding" else None
        if node is None or definition is None or definition.type != "module_definition" or definition.parent is None:
            continue
        scope = tree.span(definition.parent)
        if tree.span(node).end <= token.span.start and scope.start <= token.span.start < scope.end:
            found = other.span
    return found


def stands_alone(sources: Sources, path: str, token: Occurrence) -> bool:
    """Whether a module has no path before it, and is not one that the file defines: it comes from what the file opens, or from afar."""
    return token.written.partition(".")[0] == token.name and _bound_to(sources, path, sources.tree(path), token) is None


def _move_file(sources: Sources, plan: Plan, file: str) -> None:
    """Plans the new names of the files, and what dune says of them; refuses what would change more than a name."""
    new_stem = plan.new[:1].lower() + plan.new[1:] if PurePosixPath(file).name[:1].islower() else plan.new
    known = frozenset(sources.view.paths())
    for path in (implementation_of(file), interface_of(file)):
        if path in known:
            folder, _, name = path.rpartition("/")
            target = f"{folder}/{new_stem}{name[name.rfind('.') :]}".lstrip("/")
            if target in known:
                plan.refused = f"{target} exists already."
                return
            plan.moves[path] = target
    dune, stanza = owner(file, known, sources.view.text)
    old = plan.subject.name
    if stanza is not None and any(module_name(f"{name}.ml") == old for name in stanza.names):
        what = "the main module of the library" if stanza.kind == "library" else f"the {stanza.kind} itself"
        plan.refused = f"{file} is {what} that {dune} names {old.lower()!r}; renaming it would change that name for everybody."
        return
    for path in known:
        if path.rpartition("/")[2] == "dune":
            text = sources.text(path)
            for atom in _mentions(read_sexps(text), old, False):
                if path == dune or path.rpartition("/")[0] == file.rpartition("/")[0]:
                    written = atom.span.of(text)
                    head = written[: len(written) - len(atom.text.rpartition("/")[2])]
                    plan.add(path, atom.span, {atom.span: head + (new_stem if atom.text[:1].islower() else plan.new)})
    for suffix in (".mll", ".mly"):
        if f"{implementation_of(file).removesuffix('.ml')}{suffix}" in known:
            plan.refused = f"{file} is made from a {suffix} file."


def _mentions(sexps: tuple[Sexp, ...], module: str, inside: bool) -> Iterator[Atom]:
    """The words of a dune file that name a module."""
    for sexp in sexps:
        if isinstance(sexp, List):
            yield from _mentions(sexp.items, module, inside or sexp.head in _MODULE_FIELDS)
        elif (
            inside
            and sexp.text.rpartition("/")[2] not in _MODULE_FIELDS
            and module_name(f"{sexp.text.rpartition('/')[2]}.ml") == module
        ):
            yield sexp
