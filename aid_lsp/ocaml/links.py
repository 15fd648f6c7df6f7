"""What a file says of other modules: `open`, `include`, `module X = Y`, functors' parameters. Read by pattern, without parsing.

module Make (X : S) = struct     alias X → S, inside Make
  include Shape                  include Shape, inside Make
  let f = Re.(seq [])            open Re, to the end of `f`
end
module M = Map.Make (Int)        alias M → Map.Make
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from aid_lsp.ocaml.item import Item

_PATH = r"[A-Z][\w']*(?:\.[A-Z][\w']*)*"
_WORDS = ("open", "include", "module")
_LINK = re.compile(
    rf"""(?:(?P<open>open)!?|(?P<include>include))\s+(?:module\s+type\s+of\s+(?:struct\s+include\s+)?)?\(?\s*(?P<opened>{_PATH})
      | module\s+(?:type\s+|rec\s+)?(?P<named>[A-Z][\w']*)(?:\s*(?::\s*(?P<typed>{_PATH})|=\s*\(?\s*(?P<same>{_PATH})))?""",
    re.VERBOSE,
)
_PARAMETER = re.compile(rf"\(\s*([A-Z][\w']*)\s*:\s*({_PATH})")
_HEADER = 600
"""How many characters of a functor's header are looked through."""
_LOCAL = re.compile(rf"(?<![\w'.])({_PATH})\Z")
_LOCALS = (".(", ".{", ".[")
_MODULES = frozenset({"module", "module type"})


How = Literal["open", "include", "alias"]


@dataclass(frozen=True, slots=True)
class Link:
    """One of them."""

    how: How
    name: str
    """Of an alias."""
    target: tuple[str, ...]
    """The path of the module that it opens, includes or means; of a functor's application that of the functor."""
    at: int
    end: int
    """How far an `open` reaches."""
    inside: tuple[str, ...]
    """The path of the module around it; empty at the top."""


def links(text: str, items: Sequence[Item]) -> tuple[Link, ...]:
    """What a text says of other modules, in its order; `items` is its outline."""
    found: list[Link] = []
    around: list[Item] = []
    waiting = [item for item in reversed(items) if item.kind not in ("constructor", "field")]
    for at, how, name, target in said(text):
        while waiting and waiting[-1].core.start <= at:
            around.append(waiting.pop())
        around = [item for item in around if at < item.core.end]
        inside = next((item.path for item in reversed(around) if item.kind in _MODULES), ())
        if name and around and around[-1].core.start == at and around[-1].name == name:
            inside = inside[:-1]  # the alias is the item itself
        found.append(Link(how, name, tuple(target.split(".")), at, around[-1].core.end if around else len(text), inside))
    return tuple(found)


@lru_cache(maxsize=256)
def said(text: str) -> tuple[tuple[int, How, str, str], ...]:
    """Where a text says something of a module, how, the name of an alias, and of which."""
    found: list[tuple[int, How, str, str]] = []
    for word in _WORDS:
        at = text.find(word)
        while at >= 0:
            match = _LINK.match(text, at) if at == 0 or not (text[at - 1].isalnum() or text[at - 1] in "_'") else None
            if match is not None and match["opened"]:
                how: How = "open" if match["open"] else "include"
                found.append((at, how, "", match["opened"]))
            elif match is not None:
                if match["typed"] or match["same"]:
                    found.append((at, "alias", match["named"], match["typed"] or match["same"]))
                header = text[match.end("named") : match.end("named") + _HEADER].partition("=")[0]
                found.extend((match.end("named") + one.start(), "alias", one[1], one[2]) for one in _PARAMETER.finditer(header))
            at = text.find(word, at + len(word))
    for local in _LOCALS:
        at = text.find(local)
        while at >= 0:
            start = max(0, at - 100)
            match = _LOCAL.search(text[start:at]) if text[at - 1 : at].isalnum() or text[at - 1 : at] in ("_", "'") else None
            if match is not None:
                found.append((start + match.start(), "open", "", match[1]))
            at = text.find(local, at + 2)
    return tuple(sorted(found))


def modules_around(items: Sequence[Item], offset: int) -> tuple[str, ...]:
    """The path of the innermost module that holds an offset; empty at the top."""
    best: tuple[str, ...] = ()
    for item in items:
        if item.core.start > offset:
            break
        if item.kind in _MODULES and offset < item.core.end:
            best = item.path
    return best
