"""What nothing uses gets an underscore, and what is deprecated gives way to what its author names instead."""

import re
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.references import references
from aid_lsp.recipes.repairs.site import Repair, Site
from aid_lsp.recipes.sites import merged, rewrite

_UNUSED_VALUE = re.compile(r"unused value ([\w']+)\.")
_INSTEAD = re.compile(
    r"(?:[Uu]se|replaced by|renamed to|superseded by|in favou?r of)\s+(?:the\s+)?(?:function\s+)?[\[`\"'{!]*(?P<name>(?:[A-Z][\w']*\.)*[a-z_][\w']*)",
    re.IGNORECASE,
)


def unused_values(site: Site) -> Iterator[Repair]:
    """`let hidden` becomes `let _hidden`, at its own recursive calls too; nothing is deleted, nothing is exposed."""
    said = _UNUSED_VALUE.match(site.diagnostic.first_line)
    if said is None or said[1].startswith("_"):
        return
    name = said[1]
    found = references(site.path, site.text, name)
    own = next((one for one in found if one.defines and one.span.meets(site.span) and one.kind == "value"), None)
    if own is not None:
        tokens = [one for one in found if one.span == own.span or one.binder == own.span]
        yield Repair(
            site.path,
            merged(rewrite(site.tree, one, f"_{name}") for one in tokens),
            f"{name}, which nothing uses, becomes _{name}",
        )


def deprecated(site: Site) -> Iterator[Repair]:
    """The name that the alert's text gives, written with the path of the old one if it has none of its own."""
    subject, _, text = site.diagnostic.message.removeprefix("Alert ").removeprefix("deprecated: ").partition("\n")
    instead = _INSTEAD.search(text)
    if instead is None or not re.fullmatch(r"(?:[A-Z][\w']*\.)*[\w']+", subject.strip()):
        return
    old = subject.strip().rpartition(".")[2]
    uses = list(re.finditer(rf"(?P<path>(?:[A-Z][\w']*\s*\.\s*)*)(?<![\w']){re.escape(old)}(?![\w'])", site.inside))
    if not uses:
        return
    qualifier, name = uses[-1]["path"], instead["name"]
    for new in dict.fromkeys((name if "." in name else f"{qualifier}{name}", f"{qualifier}{name}", name)):
        yield site.replace(Span(site.span.start + uses[-1].start(), site.span.start + uses[-1].end()), new)
