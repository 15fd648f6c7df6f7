"""Says a type in the terms of an interface: the compiler tells it in those of the implementation, which may open or alias more.

open Shape                 (in report.ml only)        t -> string      ──▶      Shape.t -> string
module S = Shape                                      S.t list         ──▶      Shape.t list
"""

import re

from aid_lsp.ocaml.names import implementation_of, interface_of, module_name
from aid_lsp.recipes.sources import Sources

_PATH = re.compile(r"(?<![\w.'`#])(?P<modules>(?:[A-Z][\w']*\.)*)(?P<name>[a-z_][\w']*)(?![\w'.]|\s*:)")
_OPEN = re.compile(r"^open!?\s+([A-Z][\w.']*)\s*$", re.MULTILINE)
_ALIAS = re.compile(r"^module\s+([A-Z][\w']*)\s*=\s*([A-Z][\w.']*)\s*(?:;;)?$", re.MULTILINE)


def opens(text: str) -> list[str]:
    """The modules that a file opens at its top, as written."""
    return _OPEN.findall(text)


def aliases(text: str) -> dict[str, str]:
    """The names that a file gives to modules at its top."""
    return dict(_ALIAS.findall(text))


def in_interface(sources: Sources, implementation: str, type_: str) -> str:
    """A type as the interface of a file can say it; what is known by other names than ours stays as it is."""
    interface = interface_of(implementation)
    text, declared = sources.text(implementation), sources.text(interface)
    known = aliases(declared)
    meant = {name: path for name, path in aliases(text).items() if name not in known}
    own = {item.name for item in sources.items(interface) if item.kind == "type" and item.parent is None}
    own |= {item.name for item in sources.items(implementation) if item.kind == "type" and item.parent is None}
    opened = [path for path in opens(text) if path not in opens(declared)]

    def said(match: re.Match[str]) -> str:
        head, _, rest = match["modules"].partition(".")
        if head:
            return f"{meant.get(head, head)}.{rest}{match['name']}"
        found = [path for path in reversed(opened) if match["name"] not in own and _has_type(sources, path, match["name"])]
        return f"{meant.get(found[0], found[0])}.{match['name']}" if found else match["name"]

    return _PATH.sub(said, type_)


def _has_type(sources: Sources, module: str, name: str) -> bool:
    """Whether a module that is a file of the workspace has a type of that name at its top."""
    last = module.rpartition(".")[2]
    return any(
        item.kind == "type" and item.parent is None
        for path in sources.files(name)
        if module_name(path) == last and implementation_of(path).endswith(".ml")
        for item in sources.items(path)
        if item.name == name
    )
