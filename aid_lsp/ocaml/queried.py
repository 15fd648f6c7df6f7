"""Reads a language by the queries of its folder alone.

outline.scm      @definition.KIND the thing, @name its name, @begin where its keyword stands before it; @comment;
                 @ocaml the OCaml in it
references.scm   @definition.KIND and @reference.KIND names; @local.definition within the smallest @local.scope
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node, QueryCursor

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.languages import query
from aid_lsp.ocaml.mixed import Made, Meaning, Mixed, Word, only
from aid_lsp.ocaml.recovery import parts
from aid_lsp.ocaml.syntax import Tree, error_nodes

_MEANINGS: dict[str, Meaning] = {"value": "value", "constructor": "constructor", "regexp": "regexp"}


def queried(tree: Tree) -> Mixed:
    """What the queries find in a tree; where a syntax error spoilt it, in the parts of the text if that is more."""
    found = _Found()
    found.take(tree, ())
    errors = tuple(tree.span(node) for node in error_nodes(tree.root))
    spoilt = parts(tree)
    if spoilt:
        again = _Found()
        again.take(tree, [stretch for stretch, _ in spoilt])
        for _, pieces in spoilt:
            for piece in pieces:
                again.take(piece, ())
        found = max(found, again, key=lambda one: len(one.made) + len(one.pieces))
    made = tuple(sorted(found.made, key=lambda one: (one.core.start, -one.core.end)))
    words = tuple(sorted(found.words.values(), key=lambda word: word.span))
    return Mixed(only(tree.code, found.pieces), made, words, tuple(sorted(found.comments)), errors)


@dataclass
class _Found:
    made: list[Made] = field(default_factory=list[Made])
    comments: list[Span] = field(default_factory=list[Span])
    pieces: list[Span] = field(default_factory=list[Span])
    words: dict[Span, Word] = field(default_factory=dict[Span, Word])

    def take(self, tree: Tree, without: Sequence[Span]) -> None:
        """Takes in what the queries find in a tree, but for some stretches of it."""

        def kept(node: Node) -> Span | None:
            span = tree.span(node)
            return None if any(stretch.start <= span.start < stretch.end for stretch in without) else span

        outline, references = query(tree.kind, "outline"), query(tree.kind, "references")
        for _, found in QueryCursor(outline).matches(tree.root) if outline is not None else ():
            for capture, nodes in found.items():
                spans = [span for node in nodes if (span := kept(node)) is not None]
                if capture == "comment":
                    self.comments += spans
                elif capture == "ocaml":
                    self.pieces += spans
                elif capture.startswith("definition.") and spans:
                    name, begin = found.get("name", nodes)[0], found.get("begin", nodes)[0]
                    start = tree.offset(begin.start_byte)
                    core = Span(start, start + len(tree.text[start : spans[0].end].rstrip()))
                    if name.end_byte > name.start_byte:
                        kind = capture.removeprefix("definition.").replace("_", " ")
                        self.made.append(Made(kind, tree.span(name), core, core))
        if references is not None:
            self._words(tree, QueryCursor(references).captures(tree.root), kept)

    def _words(self, tree: Tree, found: dict[str, list[Node]], kept: Callable[[Node], Span | None]) -> None:
        everywhere = Span(0, len(tree.text))
        scopes = sorted((tree.span(node) for node in found.get("local.scope", ())), key=lambda one: (one.start, -one.end))
        around: list[Span] = []
        place = 0
        for span in sorted(span for node in found.get("local.definition", ()) if (span := kept(node)) is not None):
            while place < len(scopes) and scopes[place].start <= span.start:
                around.append(scopes[place])
                place += 1
            while around and around[-1].end < span.end:
                around.pop()
            nearest = around[-1] if around else everywhere
            self.words[span] = Word("local", span, Span(span.start, nearest.end))
        for capture, nodes in found.items():
            how, _, what = capture.partition(".")
            for node in nodes if how in ("definition", "reference") else ():
                span = kept(node)
                if span is None or span.end == span.start:
                    continue
                if span not in self.words or (how == "definition" and self.words[span].reach is None):
                    self.words[span] = Word(_MEANINGS.get(what, "value"), span, everywhere if how == "definition" else None)
