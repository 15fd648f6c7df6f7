"""What documentation comments say of an item: `{!area}`, `{!Shape.area}`, `[area s]`."""

import re
from collections.abc import Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.syntax import parse
from aid_lsp.recipes.sources import Sources
from aid_lsp.recipes.subject import Subject

_REFERENCE = re.compile(
    r"\{\{?!(?:(?:val|value|type|module|module-type|modtype|constructor|const|field|exception|exn|class)[:-])?([^}{]+)\}"
)
_CODE = re.compile(r"(?<!\{)\[([^\[\]{}\n]{1,120})\]")


def mentions(sources: Sources, path: str, subject: Subject) -> Iterator[Span]:
    """Where the documentation comments of a file name the subject, as far as that is certain."""
    text = sources.text(path)
    homes = {spot.path for spot in subject.definitions}
    prefix = subject.dotted.split(".")[:-1]
    near = path in homes
    alone = near and sum(1 for item in sources.items(path) if item.name == subject.name) == 1
    own = [
        item.span
        for item in sources.items(path)
        for spot in subject.definitions
        if spot.path == path and item.name_span == spot.span
    ]
    word = re.compile(rf"(?<![\w'.]){re.escape(subject.name)}(?![\w'])") if subject.name[:1].isalpha() else None
    if word is None:
        return
    for comment in _comments(path, text):
        inside = comment.of(text)
        documents = any(span.start <= comment.start and comment.end <= span.end for span in own)
        for match in _REFERENCE.finditer(inside):
            named = _path_end(match.group(1), subject.name, prefix, near)
            if named is not None:
                yield _at(comment, match.start(1) + named, subject.name)
        for match in _CODE.finditer(inside):
            if documents:
                for use in word.finditer(match.group(1)):
                    yield _at(comment, match.start(1) + use.start(), subject.name)
                continue
            named = _path_end(match.group(1), subject.name, prefix, alone)
            if named is not None:
                yield _at(comment, match.start(1) + named, subject.name)


def _comments(path: str, text: str) -> Iterator[Span]:
    tree = parse(path, text)
    for match in re.finditer(r"\(\*\*(?!\))", text):
        node = tree.node_at(Span(match.start(), match.start() + 3))
        if node.type == "comment" and tree.offset(node.start_byte) == match.start():
            yield tree.span(node)


def _path_end(written: str, name: str, prefix: list[str], unqualified: bool) -> int | None:
    """Where in a written path the name stands, if the path can be that of the item."""
    stripped = written.strip()
    parts = [part.partition("-")[2] if re.match(r"^[a-z]+-\w", part) else part for part in stripped.split(".")]
    if parts[-1] != name:
        return None
    qualifier = parts[:-1]
    if qualifier:
        if not prefix or prefix[-len(qualifier) :] != qualifier[-len(prefix) :]:
            return None
    elif not unqualified:
        return None
    return written.rfind(name)


def _at(comment: Span, offset: int, name: str) -> Span:
    return Span(comment.start + offset, comment.start + offset + len(name))
