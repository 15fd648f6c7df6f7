"""Calls with an argument too few, too many, or in the other's place."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from tree_sitter import Node

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, is_ocaml, module_name
from aid_lsp.ocaml.references import references
from aid_lsp.recipes.rename_label import parameters
from aid_lsp.recipes.repairs.bindings import takes_unit
from aid_lsp.recipes.repairs.site import Repair, Site, short

_WRONG_LABEL = re.compile(r"applied with label \"?[~?]?(\w+)")
_NO_LABEL = re.compile(r"cannot be applied without label")
_LABEL = re.compile(r"(?<![\w'])(\??)([a-z_][\w']*):")
_OMITTED = re.compile(r"labels? ([\w', ]+?) (?:was|were) omitted in the application")


def calls(site: Site, is_: str, wanted: str) -> Iterator[Repair]:
    """What can be done to the arguments of the call at or around an error."""
    call = _call(site)
    if "expects 1 argument(s), but is applied here to 0" in site.message:
        yield site.wrap_argument("()")
    partial = "partial" in site.message and re.match(r"'\w+ ->", is_) is not None
    if (takes_unit(is_) or partial) and not takes_unit(wanted):
        whole = f"{site.inside} ()"
        yield site.replace(site.span, f"({whole})" if site.needs_parentheses() else whole, f"{short(site.inside)} gets ()")
    if wanted.startswith("unit ->") and not is_.startswith("unit ->") and site.inside.rstrip().endswith(" ()"):
        yield site.replace(site.span, site.inside.rstrip().removesuffix("()").rstrip(), "`()` goes")
    if call is None:
        return
    arguments = _arguments(call)
    if "applied to too many arguments" in site.message or _NO_LABEL.search(site.message) or site.inside == "()":
        yield from _too_many(site, arguments)
    if "This is not a function" in site.message or "too many arguments" in site.message or "CamlinternalFormat" in site.message:
        yield from _semicolon(site, call, arguments)
    if re.match(r"\??[a-z_]\w*:", is_):
        yield from _missing_labels(site, call, is_)
    yield from _wrong_labels(site, call, arguments)
    yield from _exchanged(site, arguments)
    yield from _formats(site, is_, arguments)
    yield from _labels_of_others(site, call, arguments)


def labels(site: Site) -> Iterator[Repair]:
    """The labels that a call left out, of a function that is defined somewhere in the workspace."""
    omitted = _OMITTED.search(site.message)
    call = _call(site)
    if omitted is None or call is None:
        return
    path = site.tree.written(call.children[0])
    module, _, name = path.rpartition(".")
    arguments = _arguments(call)
    for other in site.view.paths():
        if not is_ocaml(other) or (module and module_name(other) != module.rpartition(".")[2]):
            continue
        known = parameters(other, site.view.text(other) or "", name)
        if other.endswith(".mli") or known is None or implementation_of(other) != other:
            continue
        needed = [label for label in known if not label.startswith("?")]
        if len(needed) != len(arguments):
            continue
        starts = {
            site.tree.span(one).start: label
            for one, label in zip(arguments, needed, strict=True)
            if label and one.type != "labeled_argument"
        }
        replacements = {Span(start, start): f"~{label}:" for start, label in starts.items()}
        if replacements:
            yield Repair(site.path, replacements, f"{path} gets {', '.join(f'~{label}' for label in starts.values())}")
    said = [name.strip(" '") for name in omitted[1].split(",")]
    bare = [one for one in arguments if one.type != "labeled_argument"]
    for argument in sorted(bare, key=lambda one: site.tree.written(one) != said[0]) if len(said) == 1 else ():
        start, written = site.tree.span(argument).start, site.tree.written(argument)
        yield site.replace(Span(start, start), "~" if written == said[0] else f"~{said[0]}:", f"{short(written)} gets ~{said[0]}")


def chain(node: Node) -> Iterator[Node]:
    """The operators of a chain of infix expressions."""
    for child in node.children:
        if child.type.endswith("_operator"):
            yield child
        elif child.type in ("infix_expression", "parenthesized_expression", "sign_expression", "prefix_expression"):
            yield from chain(child)


def _call(site: Site) -> Node | None:
    node: Node | None = site.node
    if node.type == "application_expression" and site.tree.span(node) == site.span:
        return node
    for _ in range(6):
        if node is None or node.type == "application_expression":
            return node
        node = node.parent
    return None


def _arguments(call: Node) -> list[Node]:
    return [child for index, child in enumerate(call.children) if call.field_name_for_child(index) == "argument"]


def _too_many(site: Site, arguments: list[Node]) -> Iterator[Repair]:
    """A `()` too many goes; nothing else does."""
    for argument in reversed(arguments):
        if site.tree.written(argument) == "()":
            span = site.tree.span(argument)
            start = len(site.text[: span.start].rstrip())
            yield site.replace(Span(start, span.end), "", "`()` goes")
            return


def _semicolon(site: Site, call: Node, arguments: list[Node]) -> Iterator[Repair]:
    """A `;` (or `in`) that was forgotten between two lines, so that the second looks like arguments of the first."""
    for before, after in pairwise([call.children[0], *arguments]):
        end, start = site.tree.span(before).end, site.tree.span(after).start
        if "\n" in site.text[end:start]:
            yield site.replace(Span(end, end), ";", f"`;` is put in after {short(site.tree.written(before))}")
    for before, after in pairwise([call.children[0], *arguments]):
        end, start = site.tree.span(before).end, site.tree.span(after).start
        if "\n" not in site.text[end:start]:
            yield site.replace(Span(end, end), ";", f"`;` is put in after {short(site.tree.written(before))}")


def _missing_labels(site: Site, call: Node, is_: str) -> Iterator[Repair]:
    """An argument that is missing and has the name of something in scope: `~by`; or the unlabelled argument that lacks its label."""
    missing = [(mark, name) for mark, name in _LABEL.findall(is_.partition(" but ")[0]) if not mark]
    for _, name in missing[:2]:
        for argument in _arguments(call):
            if argument.type != "labeled_argument":
                start = site.tree.span(argument).start
                written = site.tree.written(argument)
                yield site.replace(Span(start, start), "~" if written == name else f"~{name}:", f"{short(written)} gets ~{name}")
        end = site.tree.span(call.children[0]).end
        yield site.replace(Span(end, end), f" ~{name}", f"~{name} is passed on")


def _wrong_labels(site: Site, call: Node, arguments: list[Node]) -> Iterator[Repair]:
    wrong = _WRONG_LABEL.search(site.message)
    given = [label.group(2) for one in arguments if (label := re.match(r"([~?])(\w+)", site.tree.written(one)))]
    wanted = [name for _, name in _LABEL.findall(site.message) if name not in given]
    target = site.tree.span(next((one for one in arguments if site.tree.span(one).meets(site.span)), call))
    written = target.of(site.text)
    if wrong is not None and wanted:
        for name in sorted(wanted, key=lambda name: (-_near(name, wrong.group(1)), name))[:3]:
            for argument in arguments:
                text = site.tree.written(argument)
                if re.match(rf"[~?]{re.escape(wrong.group(1))}\b", text):
                    rest = text[1 + len(wrong.group(1)) :] or f":{wrong.group(1)}"
                    yield site.replace(site.tree.span(argument), f"{text[0]}{name}{rest}")
    if wrong is not None and (match := re.match(r"[~?](\w+):?", written)):
        yield site.replace(target, written[match.end() :] or match.group(1), f"{match.group()} goes")
    if _NO_LABEL.search(site.message):
        unlabelled = [site.tree.span(one) for one in arguments if one.type != "labeled_argument"]
        for name in wanted[:4]:
            for span in sorted(unlabelled, key=lambda span: (span.of(site.text) != name, span != target)):
                text = span.of(site.text)
                yield site.replace(
                    Span(span.start, span.start), "~" if text == name else f"~{name}:", f"{short(text)} gets ~{name}"
                )


def _near(name: str, other: str) -> float:
    """How alike two names are; most if one begins with the other."""
    return difflib.SequenceMatcher(None, name, other).ratio() + (0.1 if name.startswith(other) or other.startswith(name) else 0)


def _formats(site: Site, is_: str, arguments: list[Node]) -> Iterator[Repair]:
    """The conversion of a format that an argument is printed by: `%d` becomes `%s`."""
    conversion = {"int": "d", "string": "s", "char": "c", "float": "f", "bool": "b"}.get(is_)
    format_ = next((index for index, one in enumerate(arguments) if one.type == "string"), None)
    if conversion is None or format_ is None:
        return
    behind = [site.tree.span(one) for one in arguments[format_ + 1 :]]
    number = next(
        (index for index, span in enumerate(behind) if span.start <= site.span.start and site.span.end <= span.end), None
    )
    span = site.tree.span(arguments[format_])
    found = [match for match in re.finditer(r"%[-+0 #]*[\d.]*([a-zA-Z%!,@])", span.of(site.text)) if match[1] not in "%!,@"]
    if number is not None and number < len(found) and found[number][1] != conversion and found[number][1] not in "at":
        at = span.start + found[number].start(1)
        yield site.replace(Span(at, at + 1), conversion, f"{found[number].group()} becomes %{conversion}")


def _exchanged(site: Site, arguments: list[Node]) -> Iterator[Repair]:
    """Two arguments that stand in each other's place."""
    for one, other in pairwise(arguments):
        first, second = site.tree.span(one), site.tree.span(other)
        if any(span.start <= site.span.start and site.span.end <= span.end for span in (first, second)):
            a, b = first.of(site.text), second.of(site.text)
            if a != b and "labeled_argument" not in (one.type, other.type):
                yield Repair(site.path, {first: b, second: a}, f"{short(a)} and {short(b)} change places")


def exchanged_before(site: Site) -> Iterator[Repair]:
    """Two arguments of an earlier call that has the variable in it: what it was taken for there decides its type."""
    name = site.inside
    if re.fullmatch(r"[a-z_][\w']*", name) is None:
        return
    found = references(site.path, site.text, name)
    own = next((one.binder for one in found if one.span == site.span), None)
    earlier = [one for one in found if own is not None and one.binder == own and one.span.end <= site.span.start]
    for one in reversed(earlier[-4:]):
        call = site.tree.node_at(one.span)
        while call.parent is not None and call.type in ("value_name", "value_path"):
            call = call.parent
        if call.type == "application_expression" and site.tree.span(call.children[0]) != one.span:
            yield from _exchanged(replace(site, span=one.span), _arguments(call))


def _labels_of_others(site: Site, call: Node, arguments: list[Node]) -> Iterator[Repair]:
    """A label that other calls of the function have and this one has not."""
    name = site.tree.written(call.children[0]).rpartition(".")[2]
    if re.fullmatch(r"[a-z_][\w']*", name) is None:
        return
    given = {label.group(1) for one in arguments if (label := re.match(r"[~?](\w+)", site.tree.written(one)))}
    pattern = re.compile(rf"(?<![\w'~?]){re.escape(name)}\s+(?:[~?]\w+\S*\s+)*?~(\w+)")
    known: dict[str, None] = {}
    for path in (site.path, *site.view.paths()):
        if is_ocaml(path) and name in (text := site.view.text(path) or ""):
            known.update(dict.fromkeys(label for label in pattern.findall(text) if label not in given))
    for label in list(known)[:3]:
        for argument in arguments:
            if argument.type != "labeled_argument":
                start, written = site.tree.span(argument).start, site.tree.written(argument)
                yield site.replace(
                    Span(start, start), "~" if written == label else f"~{label}:", f"{short(written)} gets ~{label}"
                )
