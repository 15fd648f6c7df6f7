"""Shapes: what OCaml knows of a module's contents without types, and how a path through modules is reduced to a declaration.

    CU Foo . "Shape"[module] . "area"[value]   ──reduce, with the shapes of all units──▶   Foo__Shape.6

The compiler leaves a use of another unit's item as such a path and lets whoever holds all units reduce it (as `ocaml-index`
does; OCaml manual, "Shape"). Functors are abstractions, their applications are beta-reduced, aliases are looked through.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from aid_lsp.build.uid import Uid, read_uid


@dataclass(frozen=True, slots=True)
class Item:
    """One component of a structure: `area` as a `value`."""

    name: str
    kind: str
    """As the compiler writes it: value, type, module, module type, constructor, label, extension constructor, class, class type."""


@dataclass(frozen=True, slots=True)
class CompUnit:
    """A whole unit, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Proj:
    """A component of another shape."""

    of: "Shape"
    item: Item
    uid: Uid | None = None


@dataclass(frozen=True, slots=True)
class App:
    """A functor applied."""

    functor: "Shape"
    argument: "Shape"
    uid: Uid | None = None


@dataclass(frozen=True, slots=True)
class Abs:
    """A functor."""

    parameter: str
    body: "Shape"
    uid: Uid | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Struct:
    """A structure, a variant type or a record type: what has components."""

    items: dict[Item, "Shape"]
    uid: Uid | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """What has no components."""

    uid: Uid | None


@dataclass(frozen=True, slots=True)
class Alias:
    """A module that stands for another."""

    of: "Shape"
    uid: Uid | None = None


@dataclass(frozen=True, slots=True)
class Var:
    """The parameter of a functor around it."""

    name: str
    uid: Uid | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """What the compiler could not say."""


Shape = CompUnit | Proj | App | Abs | Struct | Leaf | Alias | Var | Broken


@dataclass(frozen=True, slots=True)
class Reduced:
    """Where a path leads."""

    uids: tuple[Uid, ...]
    """The declaration; for an alias followed by what it stands for. Empty where the path gets stuck."""
    stuck_at: tuple[str, tuple[Item, ...]] | None = None
    """A unit whose shape is not known, and the path from there: a library's item, or one of a module without implementation."""


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<kind>\[[a-z ]+\])
      | (?P<uid><(?:<[^<>]*>|[^<>]*)>)
      | (?P<arrow>->)
      | (?P<mark>[{}();,.])
      | (?P<word>[^\s{}();,.<>"\[\]]+)
    )""",
    re.VERBOSE,
)


class _Reader:
    """Reads one shape as `Shape.print` writes it; line breaks carry no meaning."""

    def __init__(self, text: str, own_uid: Callable[[str], Uid | None]) -> None:
        self._text = text
        self._own_uid = own_uid
        self._at = 0
        self._end = 0
        self._kind = ""
        self._token = ""
        self._advance()

    @property
    def end(self) -> int:
        """Where the shape that was read ends in the text."""
        return self._at

    def _advance(self) -> None:
        self._at = self._end
        match = _TOKEN.match(self._text, self._end)
        if match is None:
            self._kind = self._token = ""
            return
        self._kind = match.lastgroup or ""
        self._token = match.group(self._kind)
        self._end = match.end()

    def _take(self, kind: str, token: str | None = None) -> str:
        if self._kind != kind or (token is not None and self._token != token):
            raise ValueError(f"expected {token or kind}, found {self._token!r} at {self._at}")
        taken = self._token
        self._advance()
        return taken

    def _is(self, kind: str, token: str | None = None) -> bool:
        return self._kind == kind and (token is None or self._token == token)

    def _uid(self) -> Uid | None:
        return self._own_uid(self._take("uid")[1:-1]) if self._kind == "uid" else None

    def shape(self) -> Shape:
        """Reads a shape with the projections and applications behind it."""
        shape = self._simple()
        while True:
            if self._is("mark", "."):
                self._advance()
                shape = Proj(shape, self._item())
            elif self._is("mark", "("):
                arguments = self._list()
                for number, argument in enumerate(arguments):
                    shape = App(shape, argument, self._uid() if number == len(arguments) - 1 else None)
            else:
                return shape

    def _item(self) -> Item:
        name = _unescape(self._take("string"))
        return Item(name, self._take("kind")[1:-1])

    def _list(self) -> list[Shape]:
        self._take("mark", "(")
        found = [self.shape()]
        while self._is("mark", ","):
            self._advance()
            found.append(self.shape())
        self._take("mark", ")")
        return found

    def _simple(self) -> Shape:
        if self._is("uid"):
            return Leaf(self._uid())
        if self._is("mark", "{"):
            return self._struct()
        if self._is("mark", "("):
            return self._parenthesised()
        word = self._take("word")
        if word == "CU":
            return CompUnit(self._take("word"))
        if word == "Abs":
            uid = self._uid()
            *parameters, body = self._list()
            names = [parameter.name if isinstance(parameter, Var) else "()" for parameter in parameters]
            for name in reversed(names[1:]):
                body = Abs(name, body)
            return Abs(names[0], body, uid) if names else body
        if word == "Alias":
            return self._alias()
        if word == "Error":
            while self._kind in ("word", "string"):
                self._advance()
            return Broken()
        return Var(word, self._uid())

    def _parenthesised(self) -> Shape:
        """`(shape)<uid>`, `()` for a generative functor's parameter, or `(approx)` before a shape that is only nearly right."""
        self._advance()
        if self._is("mark", ")"):
            self._advance()
            return Var("()", self._uid())
        if self._is("word", "approx"):
            self._advance()
            self._take("mark", ")")
            return self.shape()
        inner = self.shape()
        self._take("mark", ")")
        uid = self._uid()
        return Proj(inner.of, inner.item, uid) if isinstance(inner, Proj) else inner

    def _alias(self) -> Shape:
        self._take("mark", "(")
        uid = self._uid()
        of = Leaf(uid) if self._is("mark", ")") else self.shape()
        self._take("mark", ")")
        return Alias(of, uid)

    def _struct(self) -> Struct:
        self._take("mark", "{")
        uid = self._uid()
        items: dict[Item, Shape] = {}
        while not self._is("mark", "}"):
            item = self._item()
            self._take("arrow")
            items[item] = self.shape()
            self._take("mark", ";")
        self._advance()
        return Struct(items, uid)


def read_shape(text: str, own_uid: Callable[[str], Uid | None] = read_uid) -> tuple[Shape, int]:
    """Reads a shape from the start of a text; also says where it ends. Raises ValueError for what is not a shape."""
    reader = _Reader(text, own_uid)
    shape = reader.shape()
    return shape, reader.end


def _unescape(quoted: str) -> str:
    """What OCaml's `%S` wrote: bytes as `\\ddd`."""
    if "\\" not in quoted:
        return quoted[1:-1]

    def byte(match: re.Match[bytes]) -> bytes:
        escape = match.group(1)
        return (
            bytes([int(escape)]) if escape.isdigit() else {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b"}.get(escape, escape)
        )

    return re.sub(rb"\\(\d{3}|.)", byte, quoted[1:-1].encode()).decode("utf-8", "surrogateescape")


_Environment = tuple[tuple[str, "_Closure | None"], ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Closure:
    shape: Shape
    environment: _Environment


@dataclass(frozen=True, slots=True, eq=False)
class _Value:
    """A shape in weak head normal form, in its environment."""

    shape: Shape
    environment: _Environment
    uid: Uid | None


class Reducer:
    """Reduces paths, given the shapes of all units that are known."""

    def __init__(self, unit_shape: Callable[[str], Shape | None]) -> None:
        self._unit_shape = unit_shape
        self._fuel = 0
        self._units: dict[str, _Value | None] = {}

    def reduce(self, shape: Shape) -> Reduced:
        """Where a shape leads; gives up on what does not end."""
        self._fuel = 10_000
        try:
            value = self._head(shape, ())
            uids = [value.uid] if value.uid else []
            while isinstance(value.shape, Alias):
                value = self._head(value.shape.of, value.environment)
                if value.uid and value.uid not in uids:
                    uids.append(value.uid)
        except RecursionError:
            return Reduced(())
        return Reduced(tuple(uids), _stuck(value.shape))

    def _head(self, shape: Shape, environment: _Environment) -> _Value:
        self._fuel -= 1
        if self._fuel < 0:
            return _Value(Broken(), (), None)
        match shape:
            case CompUnit(name):
                return self._unit(name)
            case Var(name, uid):
                for known, closure in environment:
                    if known == name:
                        if closure is None:
                            break
                        value = self._head(closure.shape, closure.environment)
                        return value if value.uid else _Value(value.shape, value.environment, uid)
                return _Value(shape, (), uid)
            case App(functor, argument, uid):
                function = self._seen_through(self._head(functor, environment))
                if not isinstance(function.shape, Abs):
                    return _Value(App(function.shape, argument, uid), environment, uid)
                bound = ((function.shape.parameter, _Closure(argument, environment)), *function.environment)
                value = self._head(function.shape.body, bound)
                return _Value(value.shape, value.environment, uid or value.uid)
            case Proj(of, item, uid):
                whole = self._seen_through(self._head(of, environment))
                if isinstance(whole.shape, Struct) and item in whole.shape.items:
                    value = self._head(whole.shape.items[item], whole.environment)
                    return _Value(value.shape, value.environment, uid or value.uid)
                if isinstance(whole.shape, Leaf):
                    return whole
                return _Value(Proj(whole.shape, item, uid), whole.environment, uid)
            case Abs(uid=uid) | Struct(uid=uid) | Leaf(uid=uid) | Alias(uid=uid):
                return _Value(shape, environment, uid)
            case Broken():
                return _Value(shape, (), None)

    def _unit(self, name: str) -> _Value:
        if name not in self._units:
            self._units[name] = None  # a unit that stands for itself is stuck
            shape = self._unit_shape(name)
            if shape is not None:
                self._units[name] = self._head(shape, ())
        return self._units[name] or _Value(CompUnit(name), (), None)

    def _seen_through(self, value: _Value) -> _Value:
        while isinstance(value.shape, Alias):
            value = self._head(value.shape.of, value.environment)
        return value


def _stuck(shape: Shape) -> tuple[str, tuple[Item, ...]] | None:
    items: list[Item] = []
    while True:
        match shape:
            case Proj(of, item):
                items.append(item)
                shape = of
            case App(functor):
                shape = functor
            case CompUnit(name):
                return name, tuple(reversed(items))
            case _:
                return None
