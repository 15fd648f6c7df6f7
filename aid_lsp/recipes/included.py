"""Modules under other names: what a module holds because it includes another one, or is another one.

re.ml      include Core                 Re.split         is  Core.split
core.ml    module List = Rlist          Core.List.split  is  Core.Rlist.split
core.mli   include module type of Base  Core.map         is  Base.map
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from aid_lsp.ocaml.names import is_ocaml, module_name
from aid_lsp.ocaml.syntax import Tree, parse
from aid_lsp.recipes.sources import Sources

_MOST = 24
_OF_A_NAME = frozenset({"module_path", "typed_module_expression", "module_type_of", "module_name"})

Modules = tuple[str, ...]
"""The modules that lead to something, outermost first; the first one is a file."""


@dataclass(frozen=True, slots=True)
class _Other:
    """That a module includes another one, or is another one."""

    within: Modules
    """The modules of the file that it is said in."""
    name: str
    """The alias; empty for an `include`."""
    module: Modules
    """The other one, as it is written."""


def stands_for(sources: Sources, modules: Modules) -> frozenset[Modules]:
    """Every module, as a file and what is in it, that is found where these modules are written; the modules themselves included."""
    found: dict[Modules, None] = {modules: None}
    pending = [modules]
    while pending and len(found) < _MOST:
        whole = pending.pop()
        if not whole:
            continue
        paths = _files(sources, whole[0])
        others = [other for path in paths for other in _others(sources, path, whole[1:])]
        if not paths and whole[1:]:
            others = [whole[1:]]  # the first is the module of a library, which dune makes
        for other in others:
            if other not in found:
                found[other] = None
                pending.append(other)
    return frozenset(found)


def _files(sources: Sources, module: str) -> list[str]:
    return [path for path in sources.view.paths() if is_ocaml(path) and module_name(path) == module]


def _others(sources: Sources, path: str, inner: Modules) -> Iterator[Modules]:
    text = sources.text(path)
    if "include" not in text and "module" not in text:
        return
    tree = parse(path, text)
    own = {item.path for item in sources.items(path) if item.kind == "module"}
    for one in _said(tree, tree.root, ()):
        here = (*one.within, one.name) if one.name else one.within
        rest = inner[len(here) :]
        hidden = not one.name and rest and (*here, rest[0]) in own
        if inner[: len(here)] == here and not hidden:
            level = next(
                (one.within[:n] for n in range(len(one.within), -1, -1) if (*one.within[:n], one.module[0]) in own), None
            )
            whole = one.module if level is None else (module_name(path), *level, *one.module)
            yield (*whole, *rest)


def _said(tree: Tree, node: Node, within: Modules) -> Iterator[_Other]:
    """The includes and the aliases of a file, down to the modules in it."""
    for child in node.named_children:
        if child.type in ("include_module", "include_module_type"):
            module = _named(tree, child.named_children[0]) if child.named_children else ()
            if module:
                yield _Other(within, "", module)
            else:
                yield from _said(tree, child, within)
        elif child.type in ("module_binding", "module_declaration"):
            name = next((tree.written(part) for part in child.named_children if part.type == "module_name"), "")
            body = child.named_children[-1] if child.named_children else None
            module = _named(tree, body) if body is not None and body.type != "module_name" else ()
            if name and module:
                yield _Other(within, name, module)
            elif name and body is not None:
                yield from _said(tree, child, (*within, name))
        elif child.type in ("module_definition", "structure", "signature", "module_type_of"):
            yield from _said(tree, child, within)


def _named(tree: Tree, node: Node) -> Modules:
    """The module that an expression or a `module type of` names; empty for all that makes one."""
    if node.type == "module_path":
        return tuple("".join(tree.written(node).split()).split("."))
    if node.type in _OF_A_NAME:
        return next((_named(tree, child) for child in node.named_children if child.type == "module_path"), ())
    return ()
