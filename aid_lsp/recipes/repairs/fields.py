"""Records with a field too few, and fields that cannot be set."""

import re
from collections import Counter
from collections.abc import Iterator

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import interface_of, is_ocaml
from aid_lsp.ocaml.outline import Item, outline
from aid_lsp.ocaml.references import references
from aid_lsp.recipes.repairs.site import Repair, Site, short

_UNDEFINED = re.compile(r"Some record fields are undefined: (?P<names>.+)$")
_NOT_MUTABLE = re.compile(r'The record field "?([\w\']+)"? is not mutable')


def missing_fields(site: Site) -> Iterator[Repair]:
    """A field gets the variable of its name, or what every other record of the file gives it; else there is nothing to go by."""
    said = _UNDEFINED.search(site.message)
    record = next((node for node in (site.node, *site.above()) if node.type == "record_expression"), None)
    if said is None or record is None:
        return
    names = re.findall(r"[\w']+", said["names"])
    fields = [child for child in record.children if child.type == "field_expression"]
    if not fields:
        return
    values = [_value(site, name) for name in names]
    if any(value is None for value in values):
        return
    last = site.tree.span(fields[_before(site, names[0], fields)]).end
    line = site.text.rfind("\n", 0, site.tree.span(fields[-1]).start) + 1
    indent = site.text[line : site.tree.span(fields[-1]).start]
    gap = f";\n{indent}" if not indent.strip() and len(fields) > 1 else "; "
    if len(fields) > 1:
        between = site.text[site.tree.span(fields[-2]).end : site.tree.span(fields[-1]).start]
        gap = between if re.fullmatch(r"\s*;\s*", between) else gap
    new = "".join(gap + (name if value == name else f"{name} = {value}") for name, value in zip(names, values, strict=True))
    yield Repair(
        site.path,
        {Span(last, last): new},
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} given as {short(new.lstrip(';').strip())}",
    )


def _before(site: Site, name: str, fields: list[Node]) -> int:
    """The index of the record's field that the missing one comes after where its type is defined; the last one if nobody knows."""
    for path in (site.path, *site.view.paths()):
        text = site.view.text(path) if is_ocaml(path) else None
        found = [item for item in outline(path, text) if item.kind == "field"] if text and name in text else []
        own = next((item for item in found if item.name == name), None)
        if own is None:
            continue
        order = [item.name for item in found if item.path[:-1] == own.path[:-1]]
        given = [re.split(r"\s*=", site.tree.written(field))[0].strip().rpartition(".")[2] for field in fields]
        if set(given) <= set(order):
            return max(
                (index for index, one in enumerate(given) if order.index(one) < order.index(name)), default=len(fields) - 1
            )
    return len(fields) - 1


def _value(site: Site, name: str) -> str | None:
    bound = any(
        one.kind == "value" and one.defines and one.span.end <= site.span.start for one in references(site.path, site.text, name)
    )
    if bound:
        return name
    given = Counter(re.findall(rf"(?<![\w'.]){re.escape(name)}\s*=\s*([\w'.\"]+|\[\]|\(\))\s*[;}}]", site.text))
    return next(iter(given)) if len(given) == 1 else None


def _is_mutable(text: str, field: Item) -> bool:
    return re.search(r"\bmutable\s+$", text[field.core.start : field.name_span.start]) is not None


def immutable_fields(site: Site) -> Iterator[Repair]:
    """A field that is set becomes mutable, if one type alone has it and no interface tells of it."""
    said = _NOT_MUTABLE.search(site.message)
    if said is None:
        return
    found = [
        (path, item)
        for path in site.view.paths()
        if is_ocaml(path) and said[1] in (text := site.view.text(path) or "")
        for item in outline(path, text)
        if item.kind == "field" and item.name == said[1]
    ]
    own = [(path, item) for path, item in found if path == site.path and item.span.end <= site.span.start]
    shown = [item for path, item in found if path == interface_of(site.path)]
    allowed = not shown or any(_is_mutable(site.view.text(interface_of(site.path)) or "", item) for item in shown)
    if len(own) == 1 and allowed:
        found = own
    if len(found) == 1 and not (found[0][1].declared and found[0][0].endswith(".mli")):
        path, item = found[0]
        yield Repair(path, {Span(item.name_span.start, item.name_span.start): "mutable "}, f"the field {said[1]} becomes mutable")
