"""Adds a field to a record type, and to every record that is made.

    type t = { width : float }               type t = { width : float; depth : int }
    let unit = { width = 1. }         ──▶    let unit = { width = 1.; depth = 0 }

The compiler says which records those are, and which patterns have to name every field; `{ r with … }` needs nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.build.verdict import Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.recipes.change import Entry, Planned, Scene, Unsure
from aid_lsp.recipes.repairs.site import Site
from aid_lsp.recipes.sites import Replacements
from aid_lsp.recipes.types_declared import UNUSED, Body, bodies, grown, only_unused
from aid_lsp.recipes.words import PATH, names, pattern

ENTRIES = (
    Entry(
        "add a field",
        "add field depth : int to Shape.t, with 0 in existing records",
        "Adds it wherever the type is declared, and to every record that is made.",
    ),
)
_WHAT = r"(?:(?:an?|another|the|new)\s+)*(?P<mutable>mutable\s+)?(?:record\s+)?(?:field|member)"
_VALUE = (
    r"(?:,?\s+(?:and\s+)?(?:with\s+(?:the\s+)?(?:(?:default\s+)?value\s+|default\s+)?|set\s+(?:it\s+)?to\s+|filled\s+with\s+|being\s+|(?:initially|default(?:ing)?(?:\s+to)?)\s+|=\s*)"
    r"(?P<value>.+?)(?:\s+(?:in|for|at|everywhere)(?:\s+(?:the|all|every|existing|present|current|other)*\s*(?:records?|values?|places?|constructions?|uses?))?)?)?"
)
_ADD = pattern(
    rf"(?:add|introduce|insert|append)\s+(?:{_WHAT}\s+|(?=[a-z_][\w']*\s*:.+\s(?:to|in|into)\s+(?:the\s+)?record\b))(?P<mutable_too>mutable\s+)?(?P<name>[a-z_][\w']*)(?:\s*:\s*|\s+of\s+type\s+)(?P<field_type>.+?)"
    rf"\s+(?:to|in|into)\s+(?:the\s+)?(?:(?:record|type|record\s+type)\s+)?(?P<type>{PATH})(?:\s+(?:type|record))?{_VALUE}"
)
_UNDEFINED = re.compile(r"Some record fields are undefined:([\w\s'\"]+)")
_UNBOUND = re.compile(r"labels are not bound in this record pattern:\s+([\w']+)\s")


def understand(sentence: str) -> "AddField | None":
    """The wish to add a field."""
    match = _ADD.match(sentence)
    if match is None:
        return None
    mutable = bool(match["mutable"] or match["mutable_too"])
    return AddField(names(match["type"]), match["name"], match["field_type"].strip(), (match["value"] or "").strip(), mutable)


@dataclass(frozen=True, slots=True)
class AddField:
    """Wishes that a record type has one field more."""

    type: tuple[str, ...]
    name: str
    field_type: str
    value: str
    mutable: bool = False

    excuse = UNUSED

    def excuses(self, scene: Scene, verdict: Verdict) -> bool:
        """Whether the build only waits for the first use."""
        return only_unused(verdict, self.name)

    def said(self) -> str:
        """What was understood."""
        value = f", with {self.value} in existing records" if self.value else ""
        return f"add field {self.name} : {self.field_type} to type {'.'.join(self.type)}{value}"

    def plan(self, scene: Scene) -> Planned:
        """The declarations first; then, build after build, the records."""
        subject, declared = bodies(scene, self.type, "record_declaration")
        plan = grown(scene, declared, self._declare, self._answer)
        plan.said = f"add field {self.name} : {self.field_type} to {subject}: {plan.places}"
        return plan

    def _declare(self, plan: Planned, body: Body) -> None:
        if self.name in body.names:
            raise Unsure(f"That type has a field {self.name} already, in {body.path}.")
        last = body.parts[-1]
        written = f"{'mutable ' if self.mutable else ''}{self.name} : {self.field_type}"
        text, span, margin = body.tree.text, body.tree.span(last), body.margin(last, "")
        closing = body.tree.span(body.node).end - 1
        rest = text[span.end : closing]
        if ";" in re.sub(r"\(\*.*?\*\)", "", rest, flags=re.DOTALL):
            end = span.end + len(rest.rstrip())
            gap = f"\n{margin}" if margin is not None else " "
            plan.put(body.path, Span(end, end), f"{gap}{written};")
            return
        plan.put(body.path, Span(span.end, span.end), ";")
        end = span.end + len(rest.rstrip())
        head = re.search(r"\n([ \t]*)\{[ \t]*$", text[: body.tree.span(body.parts[0]).start])
        gap = f"\n{margin}" if margin is not None else (f"\n{head[1]}  " if head and "\n" in rest else " ")
        plan.put(body.path, Span(end, end), f"{gap}{written}")

    def _answer(self, site: Site) -> Iterator[tuple[str, Replacements]]:
        """The field in a record that lacks it, or in a pattern that has to name every field."""
        inner, text = site.inside, site.text
        if not inner.endswith("}"):
            return
        end = site.span.start + len(inner[:-1].rstrip())
        unbound = _UNBOUND.search(site.diagnostic.message)
        if unbound is not None and unbound[1] == self.name:
            yield site.path, {Span(end, end): f"{'' if text[end - 1] == ';' else ';'} {self.name} = _"}
            return
        lacking = _UNDEFINED.search(site.diagnostic.message)
        if lacking is None or self.name not in lacking[1].replace('"', " ").split():
            return
        if not self.value:
            raise Unsure(
                f"{site.path}:{site.diagnostic.line} makes such a record; say what the field is there: "
                f"`{self.said()}, with … in existing records`."
            )
        semicolon = "" if text[end - 1] in ";{" else ";"
        line = text.rfind("\n", 0, end) + 1
        indent = re.match(r"[ \t]*", text[line:end])
        multi = "\n" in inner and "\n" in text[end : site.span.end]
        gap = f"\n{indent[0] if indent else ''}" if multi else " "
        yield site.path, {Span(end, end): f"{semicolon}{gap}{self.name} = {self.value}{'' if semicolon else ';'}"}
