"""Adds documentation comments where an interface (or a module without one) has none, to be written: each is marked TODO.

val area : t -> by:int -> int      ──▶      val area : t -> by:int -> int
                                            (** [area t ~by] TODO *)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import interface_of
from aid_lsp.ocaml.outline import Item
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.functions import definition_of
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.target import function_named, module_file, shown
from aid_lsp.recipes.words import MODULE, PATH, THIS, names, pattern

ENTRIES = (
    Entry(
        "add documentation",
        "add doc comments to Shape",
        "Puts a comment to be written at everything that has none, with the names of its arguments.",
    ),
    Entry("add documentation", "document Shape.area", "The same for one value."),
)
_DOC = r"(?:doc(?:s|umentation)?(?:[\s-]*(?:comments?|strings?|stubs?))*|ocamldoc(?:\s+comments?)?|odoc(?:\s+comments?)?)"
_ADD = pattern(
    rf"(?:(?:add|write|create|insert)\s+(?:an?\s+|the\s+|missing\s+)*{_DOC}\s+(?:to|for|of|in)|document)\s+(?:the\s+)?"
    rf"(?:(?:interface|module|file|function|value)\s+(?:of\s+)?)?(?:(?P<module>{MODULE})|(?P<name>{PATH})|(?P<this>this\s+(?:module|file|interface)|everything\s+here|{THIS}))"
)


def understand(sentence: str) -> "AddDocs | None":
    """The wish for documentation."""
    match = _ADD.match(sentence)
    if match is None:
        return None
    this = match["this"] or (match["name"] if match["name"] in ("this", "it", "here", "that") else None)
    if this:
        return AddDocs("" if not re.search("module|file|interface|everything", this) else ".", ())
    return AddDocs(match["module"] or "", names(match["name"]))


@dataclass(frozen=True, slots=True)
class AddDocs:
    """Wishes for documentation: of a module (`.` is the one at hand), or of one value."""

    module: str
    name: tuple[str, ...]

    def said(self) -> str:
        """What was understood."""
        what = "this module" if self.module == "." else self.module or shown(self.name)
        return f"add documentation comments to {what}"

    def plan(self, scene: Scene) -> Planned:
        """A comment at each item without one."""
        sources = scene.sources
        if self.module:
            if self.module == ".":
                if scene.place is None:
                    raise Unsure("Say of which module: `add doc comments to Shape`.")
                path = scene.place.path
            else:
                path = module_file(sources, self.module)
            path = interface_of(path) if sources.exists(interface_of(path)) else path
            items = [
                item
                for item in sources.items(path)
                if item.kind in ("value", "external", "type", "exception", "module", "module type")
            ]
            items = [item for item in items if item.parent is None or (item.declared and item.kind in ("value", "type"))]
            items = [item for item in items if re.match(r"\w", item.name)]
        else:
            subject = function_named(sources, self.name, scene.place)
            spot = next((s for s in subject.definitions if s.path.endswith(".mli")), subject.definitions[0])
            path = spot.path
            items = [item for item in sources.items(path) if item.name_span == spot.span]
        plan, count = Planned(), 0
        for item in items:
            if "(**" in item.span.of(sources.text(path)):
                continue
            count += 1
            _put(sources, plan, path, item)
        if not count:
            raise Unsure(f"Everything there is documented already, in {path}.")
        plan.said = f"add {count} documentation comment{'s' if count != 1 else ''} to {path}, each to be written at its TODO"
        return plan


def _put(sources: Sources, plan: Planned, path: str, item: Item) -> None:
    text = sources.text(path)
    head = text[text.rfind("\n", 0, item.core.start) + 1 : item.core.start]
    margin = head if not head.strip() else ""
    comment = (
        f"(** [{' '.join((item.name, *_parameters(sources, path, item)))}] TODO *)"
        if item.kind in ("value", "external")
        else "(** TODO *)"
    )
    if path.endswith(".mli"):
        end = item.core.end
        close = text[end:].lstrip(" \t")[:1] == "\n" and text[end:].lstrip(" \t")[1:].lstrip(" \t")[:1] not in ("\n", "")
        plan.put(path, Span(end, end), f"\n{margin}{comment}" + ("\n" if close else ""))
    else:
        above = text[: item.core.start].rstrip(" \t")
        gap = "" if not above or above.endswith("\n\n") or item.core.start != item.span.start else f"\n{margin}"
        plan.put(path, Span(item.core.start, item.core.start), f"{gap}{comment}\n{margin}")


def _parameters(sources: Sources, path: str, item: Item) -> Iterator[str]:
    """The arguments as the implementation calls them."""
    home = path.removesuffix("i") if path.endswith(".mli") else path
    for other in sources.items(home) if sources.exists(home) else ():
        if other.path == item.path and other.kind == "value":
            tree = parse(home, sources.text(home))
            node = tree.node_at(other.name_span).parent
            if node is not None and node.type == "let_binding":
                for number, parameter in enumerate(definition_of(home, tree, node, other.name_span).parameters):
                    yield str(parameter) if parameter.label or parameter.name or parameter.unit else f"x{number + 1}"
            return
