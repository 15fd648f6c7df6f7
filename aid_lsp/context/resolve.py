"""Follows a written path to what it means, as the compiler would from names alone: scopes, `open`, `include`, aliases, functors.

`Test.make` below `open QCheck`   ──▶  src/core/QCheck.ml: module Test = QCheck2.Test  ──▶  src/core/QCheck2.mli: Test.make

It does not know types: a field or a constructor that no scope has is one of that name in the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from aid_lsp.context.scene import Scene
from aid_lsp.ocaml.item import Item
from aid_lsp.ocaml.links import How, Link, links, modules_around

_DEPTH = 12
_HEAD = 400_000
"""How far into a file its links are looked for."""

Home = tuple[str, tuple[str, ...]]
"""A module: a file, and the path of the module in it; empty for the file's own."""


@dataclass
class Resolver:
    """Answers for one scene; remembers what it has found out of each file."""

    scene: Scene
    _tables: dict[str, dict[tuple[str, ...], list[Item]]] = field(default_factory=dict[str, dict[tuple[str, ...], list[Item]]])
    _links: dict[str, tuple[Link, ...]] = field(default_factory=dict[str, tuple[Link, ...]])
    _inside: dict[str, dict[tuple[How, tuple[str, ...]], list[Link]]] = field(
        default_factory=dict[str, dict[tuple[How, tuple[str, ...]], list[Link]]]
    )
    _parents: dict[str, frozenset[tuple[str, ...]]] = field(default_factory=dict[str, frozenset[tuple[str, ...]]])
    _homes: dict[tuple[tuple[str, ...], str, int], list[Home]] = field(
        default_factory=dict[tuple[tuple[str, ...], str, int], list[Home]]
    )

    def find(self, parts: tuple[str, ...], at: str, offset: int | None) -> Iterator[tuple[str, Item]]:
        """The items that a path may mean which is written in a file, there (None: at its end); the likeliest first."""
        place = len(self.scene.text(at) or "") if offset is None else offset
        if len(parts) > 1:
            for home in self.homes(parts[:-1], at, place):
                yield from self._members(home, parts[-1:], 0)
            return
        name = "".join(parts)
        yield from self._in_scope(parts, at, place)
        yield from ((at, item) for item in self.scene.outline(at) if item.name == name and item.kind in ("field", "constructor"))

    def homes(self, path: tuple[str, ...], at: str, offset: int, depth: int = 0) -> list[Home]:
        """The modules that a module's path may mean; of one with an interface that first."""
        key = (path, at, offset)
        if not path or key in self._homes or depth > _DEPTH:
            return self._homes.get(key, [])
        self._homes[key] = []  # for what leads back to itself
        first, *rest = path
        found = self._visible(first, at, offset, depth)
        for name in rest:
            found = [inner for home in found for inner in self._submodules(home, name, depth)]
        if not found and len(path) > 1:
            found = self.homes(path[1:], at, offset, depth + 1)  # a wrapped library's name may stand first
        self._homes[key] = found
        return found

    def _visible(self, name: str, at: str, offset: int, depth: int) -> list[Home]:
        for scope in self._scopes(at, offset):
            found = self._submodules((at, scope), name, depth)
            if found:
                return found
        for link in self._opens(at, offset):
            for home in self.homes(link.target, at, link.at, depth + 1):
                found = self._submodules(home, name, depth)
                if found:
                    return found
        return [(path, ()) for path in files_of_module(self.scene, name, at)]

    def _submodules(self, home: Home, name: str, depth: int) -> list[Home]:
        path, inside = home
        key = (*inside, name)
        found: list[Home] = []
        named = any(item.kind in ("module", "module type") for item in self._table(path).get(key, ()))
        if named and self._has_members(path, key):
            found.append((path, key))
        for link in self._links_inside(path, "alias", inside):
            if link.name == name and depth <= _DEPTH:
                found += self.homes(link.target, path, link.at, depth + 1)
        if not found and depth <= _DEPTH:
            for link in self._links_inside(path, "include", inside):
                for included in self.homes(link.target, path, link.at, depth + 1):
                    found += self._submodules(included, name, depth + 1)
        return found

    def _members(self, home: Home, parts: tuple[str, ...], depth: int) -> list[tuple[str, Item]]:
        path, inside = home
        found = [(path, item) for item in reversed(self._table(path).get((*inside, *parts), ()))]
        if found or depth > _DEPTH:
            return found
        for link in reversed(self._links_inside(path, "include", inside)):
            for included in self.homes(link.target, path, link.at, depth + 1):
                found += self._members(included, parts, depth + 1)
            if found:
                break
        return found

    def _in_scope(self, parts: tuple[str, ...], at: str, offset: int) -> Iterator[tuple[str, Item]]:
        later: list[tuple[str, Item]] = []
        for scope in self._scopes(at, offset):
            here = self._table(at).get((*scope, *parts), ())
            before = [item for item in here if item.core.start < offset]
            later += [(at, item) for item in here if item.core.start >= offset]
            brought = [
                link
                for link in self._links_of(at)
                if link.at < offset
                and link.inside == scope
                and (link.how == "include" or (link.how == "open" and offset <= link.end))
            ]
            nearest = [(item.name_span.start, item, None) for item in before] + [(link.at, None, link) for link in brought]
            for _, item, link in sorted(nearest, key=lambda one: -one[0]):
                if item is not None:
                    yield at, item
                elif link is not None:
                    for home in self.homes(link.target, at, link.at):
                        yield from self._members(home, parts, 1)
        yield from later

    def _opens(self, at: str, offset: int) -> list[Link]:
        around = self._scopes(at, offset)
        return [
            link
            for link in reversed(self._links_of(at))
            if link.how != "alias" and link.at < offset and link.inside in around and offset <= link.end
        ]

    def _scopes(self, at: str, offset: int) -> list[tuple[str, ...]]:
        """The modules around a place, the innermost first."""
        innermost = modules_around(self.scene.outline(at), offset)
        return [innermost[:size] for size in range(len(innermost), -1, -1)]

    def _has_members(self, path: str, key: tuple[str, ...]) -> bool:
        if path not in self._parents:
            self._parents[path] = frozenset(item.parent.path for item in self.scene.outline(path) if item.parent is not None)
        return key in self._parents[path]

    def _table(self, path: str) -> dict[tuple[str, ...], list[Item]]:
        if path not in self._tables:
            table: dict[tuple[str, ...], list[Item]] = {}
            for item in self.scene.outline(path):
                if item.kind not in ("test", "toplevel", "stanza"):
                    table.setdefault(without_types(item), []).append(item)
            self._tables[path] = table
        return self._tables[path]

    def _links_of(self, path: str) -> tuple[Link, ...]:
        if path not in self._links:
            self._links[path] = links((self.scene.text(path) or "")[:_HEAD], self.scene.outline(path))
        return self._links[path]

    def _links_inside(self, path: str, how: How, inside: tuple[str, ...]) -> list[Link]:
        if path not in self._inside:
            sorted_out: dict[tuple[How, tuple[str, ...]], list[Link]] = {}
            for link in self._links_of(path):
                sorted_out.setdefault((link.how, link.inside), []).append(link)
            self._inside[path] = sorted_out
        return self._inside[path].get((how, inside), [])


def files_of_module(scene: Scene, module: str, near: str) -> tuple[str, ...]:
    """The files of a module name; of several modules with that name, those nearest to a file; `.mli` first."""
    paths = [path for path in scene.by_module.get(module, ()) if path != near]
    if not paths:
        return ()
    best = max(scene.nearness(near, path) for path in paths)
    return tuple(
        sorted((path for path in paths if scene.nearness(near, path) == best), key=lambda path: not path.endswith(".mli"))
    )


def without_types(item: Item) -> tuple[str, ...]:
    """The path by which others mean an item: a constructor or a field lies in its type's module."""
    names = [item.name]
    parent = item.parent
    while parent is not None:
        if parent.kind not in ("type", "constructor", "exception"):
            names.append(parent.name)
        parent = parent.parent
    return tuple(reversed(names))
