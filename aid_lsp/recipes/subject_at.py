"""What a place means: the name under the cursor, and which thing or local value that is."""

import re

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.names import implementation_of, interface_of
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject
from aid_lsp.workspace.request import Place

_WORD = re.compile(r"[\w']+|[!$%&*+\-./:<=>?@^|~]+")


def word_at(sources: Sources, place: Place | None) -> str:
    """The name under the cursor; of a selection that holds one name that name."""
    if place is None:
        return ""
    text = sources.text(place.path)
    selected = place.span.of(text).strip()
    if selected and _WORD.fullmatch(selected):
        return selected
    for match in _WORD.finditer(text, max(0, place.span.start - 80), min(len(text), place.span.end + 80)):
        if match.start() <= place.span.start <= match.end() and (selected == "" or match.end() >= place.span.end):
            if match.end() == place.span.start and match.end() < len(text) and _WORD.match(text, match.end()):
                following = _WORD.match(text, match.end())
                if following and (following.group()[0].isalnum() or following.group()[0] == "_"):
                    continue
            return match.group()
    first_line = re.match(
        r"\s*(?:let|and|val|type|module|exception|external)(?:\s+(?:rec|nonrec|type))?\s+([\w']+)", text[place.span.start :]
    )
    return first_line.group(1) if first_line and selected else ""


def _token_at(sources: Sources, name: str, place: Place) -> Span | None:
    """The token of that name at or around a place; on the place's line if there is only one."""
    tokens = sorted({o.span for o in sources.references(place.path, name)})
    touching = [span for span in tokens if span.meets(place.span)]
    if touching:
        return touching[0]
    lines = sources.lines(place.path)
    line = lines.line(place.span.start)
    same_line = [span for span in tokens if lines.line(span.start) == line]
    return same_line[0] if len(same_line) == 1 else None


def is_at(sources: Sources, subject: Subject, place: Place) -> bool:
    """Whether a place is on one of the thing's names, or in the file that defines it (if no name is at the place)."""
    if subject.file is not None:
        text = sources.text(place.path)
        return _token_is(sources, subject, place) or (
            not place.span.of(text).strip() and place.path in (subject.file, interface_of(subject.file)) and place.span.start == 0
        )
    if touches_token(sources, subject, place) or _token_is(sources, subject, place):
        return True
    if _token_at(sources, subject.name, place) is not None and subject.uids:
        return False
    return any(spot.path in (place.path, interface_of(place.path), implementation_of(place.path)) for spot in subject.definitions)


def touches_token(sources: Sources, subject: Subject, place: Place) -> bool:
    """Whether a place is on one of the thing's names."""
    return any(spot.path == place.path and spot.span.meets(place.span) for spot in subject.definitions) or _token_is(
        sources, subject, place
    )


def _token_is(sources: Sources, subject: Subject, place: Place) -> bool:
    token = _token_at(sources, subject.name, place)
    if token is None:
        return False
    fact = sources.facts(place.path, subject.name).get(token.start)
    return bool(fact and fact.uids & subject.uids)


def local_at(sources: Sources, name: str, place: Place) -> Subject | None:
    """The parameter or `let … in` that the name at a place means."""
    token = _token_at(sources, name, place)
    if token is None:
        return None
    for occurrence in sources.references(place.path, name):
        if occurrence.span == token and occurrence.kind == "value" and occurrence.local and occurrence.binder:
            spots = tuple(sources.spot(place.path, span) for span in _alternatives(sources, place.path, name, occurrence.binder))
            uids = {uid for spot in spots for uid in sources.uids_of(place.path, spot.span, name)}
            return Subject("value", name, name, spots, frozenset(uids), local=True)
    return None


def _alternatives(sources: Sources, path: str, name: str, binder: Span) -> list[Span]:
    """The binder, and those of the same name in the other branches of its or-pattern."""
    tree = sources.tree(path)
    node = tree.node_at(binder)
    top = None
    while node is not None:
        if node.type == "or_pattern":
            top = tree.span(node)
        elif not node.type.endswith("_pattern") and top is not None:
            break
        node = node.parent
    if top is None:
        return [binder]
    inside = [
        o.span for o in sources.references(path, name) if o.defines and o.kind == "value" and top.start <= o.span.start < top.end
    ]
    return sorted({binder, *inside})
