"""Finds the tree-sitter queries that ship with AID: `grammars/<language>/<name>.scm`."""

from functools import cache
from pathlib import Path

from tree_sitter import Node, Query, QueryCursor

from aid_lsp.ocaml.syntax import Kind, language

_FOLDERS: dict[Kind, str] = {".ml": "ocaml", ".mli": "ocaml_interface"}


def grammars_folder() -> Path:
    """Where the queries lie: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "grammars"
    return installed if installed.is_dir() else package.parent / "grammars"


@cache
def query(kind: Kind, name: str) -> Query:
    """The query of that name for a kind of file; a missing or broken one is a bug of the build."""
    return Query(language(kind), (grammars_folder() / _FOLDERS[kind] / f"{name}.scm").read_text("utf-8"))


def captures(kind: Kind, name: str, root: Node) -> dict[str, list[Node]]:
    """What a query captures under a node, each list in the text's order."""
    found = QueryCursor(query(kind, name)).captures(root)
    for nodes in found.values():
        nodes.sort(key=lambda node: (node.start_byte, -node.end_byte))
    return found
