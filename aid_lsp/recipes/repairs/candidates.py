"""All that may repair one error: what its message hints at, then what its kind suggests. The build picks; see `fix`."""

from collections.abc import Iterator
from dataclasses import replace

from aid_lsp.ocaml.names import is_dune, is_ocaml
from aid_lsp.recipes.hints import repairs
from aid_lsp.recipes.repairs.bindings import units
from aid_lsp.recipes.repairs.calls import labels
from aid_lsp.recipes.repairs.cases import missing_cases, unreachable_cases
from aid_lsp.recipes.repairs.ends import lost_ends
from aid_lsp.recipes.repairs.fields import immutable_fields, missing_fields
from aid_lsp.recipes.repairs.mismatch import float_literal, mismatches
from aid_lsp.recipes.repairs.pairs import lost_parts, misdeclared, pairs
from aid_lsp.recipes.repairs.recursion import recursion
from aid_lsp.recipes.repairs.site import Evidence, Repair, site_of
from aid_lsp.recipes.repairs.slips import slips
from aid_lsp.recipes.repairs.spare import deprecated, unused_values
from aid_lsp.recipes.repairs.stanza import dune_errors, unlinked
from aid_lsp.recipes.repairs.unbound import components, unbound, unused_binders
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

_KINDS = (
    slips, unbound, components, pairs,
    missing_cases, unreachable_cases, missing_fields, immutable_fields, labels, unused_values, deprecated, mismatches
)  # fmt: skip


def candidates(diagnostic: Diagnostic, view: View, evidence: Evidence | None = None) -> Iterator[Repair]:
    """The repairs that may help, the likeliest first, each once."""
    seen: set[tuple[str, tuple[tuple[int, int, str], ...]]] = set()
    for repair in _all(diagnostic, view, evidence):
        key = (repair.path, tuple(sorted((span.start, span.end, text) for span, text in repair.replacements.items())))
        if key not in seen:
            seen.add(key)
            yield repair


def _all(diagnostic: Diagnostic, view: View, evidence: Evidence | None) -> Iterator[Repair]:
    if diagnostic.path in (None, "_none_"):
        yield from unlinked(diagnostic, view)
    site = site_of(diagnostic, view, evidence)
    if site is not None:
        yield from unused_binders(site)
        yield from units(site)
        yield from float_literal(site)
        yield from misdeclared(site)
        yield from lost_parts(site)
        yield from lost_ends(site)
    yield from (replace(repair, sure=True) for repair in repairs(diagnostic, view.text))
    if site is None:
        return
    yield from recursion(site) if is_ocaml(site.path) else ()
    if is_dune(site.path):
        yield from dune_errors(site)
    elif is_ocaml(site.path):
        for kind in _KINDS:
            yield from kind(site)
