"""Reads grammars as menhir and ocamlyacc write them (`.mly`): no tree-sitter grammar of them is to be had as a package.

%{ open Ast %}                       OCaml before the rules
%token <int> INT "1"                 the token INT
%start <expr> main
%%
main: e = expr EOF { e }             the rule main; `e` is its own, `expr` and EOF are used, { } holds OCaml
let pair(X) := x = X; { x }          the newer way to write one
%%                                   OCaml after them
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.mixed import Made, Mixed, Word, only

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>\(\*|/\*|//[^\r\n]*)
      | (?P<header>%\{)
      | (?P<end>%%)
      | (?P<directive>%[a-z_]+)
      | (?P<type><)
      | (?P<action>\{)
      | (?P<attribute>%?\[@)
      | (?P<string>"(?:[^"\\\n]|\\.)*")
      | (?P<upper>[A-Z][\w']*)
      | (?P<lower>[a-z_][\w']*)
      | (?P<other>:=|==|.)""",
    re.VERBOSE | re.DOTALL,
)
_OCAML = re.compile(
    r"""(?P<comment>\(\*)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<quoted>\{(?:%{1,2}[\w.]+\s*)?(?P<tag>[a-z_]*)\|)
      | (?P<char>'(?:[^'\\\n]|\\(?:[^\n]|[0-9]{3}|x[0-9A-Fa-f]{2}))')
      | (?P<open>[{\[])
      | (?P<close>[}\]])
      | (?P<header_end>%\})""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"""\(\*|\*\)|'"'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
_NEXT = re.compile(r"^(?:%%|%[a-z]+\s|[a-z_]\w*(?:\([^()]*\))?\s*:(?![:=])|let\s+\w+(?:\([^()]*\))?\s*(?::=|==))", re.MULTILINE)
"""What begins a line behind an action that is never closed."""
_PARAMETERS = 200
"""So many words and commas of a rule's parameters are looked at."""
_TYPE_EDGE = re.compile(r"->|[<>]")


@dataclass(frozen=True, slots=True)
class _Sign:
    kind: str
    span: Span
    text: str


def read_grammar(text: str) -> Mixed:
    """What a grammar says; of a broken one what can be made out."""
    reader = _Reader(text)
    reader.read()
    words = tuple(sorted(reader.words, key=_at))
    return Mixed(only(text, reader.pieces), tuple(reader.made), words, tuple(reader.comments), types=tuple(reader.types))


def _at(word: Word) -> Span:
    return word.span


@dataclass
class _Reader:
    text: str
    pieces: list[Span] = field(default_factory=list[Span])
    made: list[Made] = field(default_factory=list[Made])
    words: list[Word] = field(default_factory=list[Word])
    comments: list[Span] = field(default_factory=list[Span])
    types: list[Span] = field(default_factory=list[Span])
    _open: bool = False
    """Whether a piece of OCaml was never closed; from then on none is looked for beyond its rule, so that no text takes long."""

    def read(self) -> None:
        """Takes in all of it."""
        signs = list(self._signs())
        ends = [place for place, sign in enumerate(signs) if sign.kind == "end"]
        rules = ends[0] if ends else len(signs)
        self._declarations(signs[:rules])
        last = ends[1] if len(ends) > 1 else len(signs)
        self._rules(signs[rules + 1 : last] if ends else signs)  # rules alone are what models write

    # ── signs ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _signs(self) -> Iterator[_Sign]:
        text, place, ends = self.text, 0, 0
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                return
            kind, start = match.lastgroup or "other", place
            place = match.end()
            if kind == "space":
                continue
            if kind == "comment":
                place = _after_comment(text, start)
                self.comments.append(Span(start, place))
                continue
            if kind in ("header", "action"):
                place = self._after_ocaml(place, "header_end" if kind == "header" else "}")
                closing = 2 if kind == "header" else 1
                self._piece(match.end(), place - closing if text[place - 1] == "}" else place)
            elif kind == "attribute":
                place = self._after_ocaml(place, "]")
                continue
            elif kind == "type":
                place = _after_type(text, place)
            elif kind == "end":
                ends += 1
                if ends == 2:
                    self._piece(place, len(text))
                    yield _Sign(kind, Span(start, place), "%%")
                    return
            yield _Sign(kind, Span(start, place), text[start:place])

    def _piece(self, start: int, end: int) -> None:
        inside = self.text[start : max(start, end)]
        if inside.strip():
            begin = start + len(inside) - len(inside.lstrip())
            self.pieces.append(Span(begin, start + len(inside.rstrip())))

    def _after_ocaml(self, place: int, closing: str) -> int:
        """Behind what closes a piece of OCaml: its brace, its bracket, or `%}`; of one that is never closed, before the next rule."""
        text, depth, start = self.text, 0, place
        following = _NEXT.search(text, start) if self._open else None
        limit = following.start() if following is not None else len(text)
        while place < limit and (match := _OCAML.search(text, place, limit)) is not None:
            place = match.end()
            if match["comment"]:
                place = _after_comment(text, match.start())
            elif match["quoted"]:
                end = text.find(f"|{match['tag']}}}", place)
                place = end + len(match["tag"]) + 2 if end >= 0 else len(text)
            elif match["header_end"]:
                if closing == "header_end":
                    return place
            elif match["open"]:
                depth += 1
            elif match["close"] and closing != "header_end":
                if depth == 0:
                    return place
                depth -= 1
        self._open = True
        following = _NEXT.search(text, start)
        return following.start() if following is not None else len(text)

    # ── before the rules ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _declarations(self, signs: list[_Sign]) -> None:
        starts = [place for place, sign in enumerate(signs) if sign.kind == "directive"]
        for number, start in enumerate(starts):
            stop = starts[number + 1] if number + 1 < len(starts) else len(signs)
            self.types += (
                Span(sign.span.start + 1, sign.span.end - 1)
                for sign in signs[start:stop]
                if sign.kind == "type" and sign.text.endswith(">")
            )
            body = [sign for sign in signs[start + 1 : stop] if sign.kind != "header"]
            names = [sign for sign in body if sign.kind in ("upper", "lower")]
            if signs[start].text == "%token":
                group = Span(signs[start].span.start, body[-1].span.end if body else signs[start].span.end)
                for name in names:
                    alone = group if len(names) == 1 else name.span
                    self.made.append(Made("token", name.span, alone, group))
                    self.words.append(Word("constructor", name.span, Span(0, len(self.text))))
            elif signs[start].text in ("%start", "%type", "%left", "%right", "%nonassoc", "%on_error_reduce"):
                for name in names:
                    self.words.append(Word("constructor" if name.kind == "upper" else "value", name.span))

    # ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _rules(self, signs: list[_Sign]) -> None:
        heads: list[tuple[int, int]] = []
        for place in range(len(signs)):
            if (not heads or place >= heads[-1][1]) and (body := _head(signs, place)):
                heads.append((place, body))
        for number, (place, body) in enumerate(heads):
            stop = _flagged(signs, heads[number + 1][0]) if number + 1 < len(heads) else len(signs)
            start = _flagged(signs, place)
            name = signs[place + 1] if signs[place].text == "let" else signs[place]
            core = Span(signs[start].span.start, signs[stop - 1].span.end)
            self.made.append(Made("rule", name.span, core, core))
            self.words.append(Word("value", name.span, Span(0, len(self.text))))
            for parameter in signs[place:body]:
                if parameter.kind in ("upper", "lower") and parameter is not name and parameter.text != "let":
                    self.words.append(Word("local", parameter.span, Span(parameter.span.start, core.end)))
            self._productions(signs[body:stop])

    def _productions(self, signs: list[_Sign]) -> None:
        end, following = 0, ""
        for sign in reversed(signs):
            if sign.kind == "action":
                end = sign.span.end
            behind, following = following, sign.text
            if sign.kind not in ("upper", "lower"):
                continue
            if sign.kind == "lower" and behind == "=":
                self.words.append(Word("local", sign.span, Span(sign.span.start, max(end, sign.span.end))))
            else:
                self.words.append(Word("constructor" if sign.kind == "upper" else "value", sign.span))


def _head(signs: list[_Sign], place: int) -> int:
    """Where the body of a rule begins whose name (or `let`) stands there; 0 for no rule."""
    new = signs[place].text == "let" and signs[place].kind == "lower"
    at = place + 1 if new else place
    if at >= len(signs) or signs[at].kind not in ("lower", "upper") or (place and signs[place - 1].text == "let"):
        return 0
    at += 1
    if at < len(signs) and signs[at].text == "(":
        depth = 0
        for _ in range(_PARAMETERS):
            if at >= len(signs):
                break
            depth += {"(": 1, ")": -1}.get(signs[at].text, 0)
            at += 1
            if depth == 0:
                break
        if depth:
            return 0
    endings = (":=", "==") if new else (":",)
    return at + 1 if at < len(signs) and signs[at].text in endings else 0


def _flagged(signs: list[_Sign], place: int) -> int:
    while place > 0 and signs[place - 1].kind == "directive" and signs[place - 1].text in ("%public", "%inline"):
        place -= 1
    return place


def _after_comment(text: str, start: int) -> int:
    if text.startswith("//", start):
        ends = re.search(r"\r|\n|\Z", text[start:])
        return start + (ends.start() if ends else len(text))
    if text.startswith("/*", start):
        end = text.find("*/", start)
        return end + 2 if end >= 0 else len(text)
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += {"(*": 1, "*)": -1}.get(edge.group(), 0)
        if depth == 0:
            return edge.end()
    return len(text)


def _after_type(text: str, place: int) -> int:
    """Behind `<int -> string list>`."""
    depth = 0
    for match in _TYPE_EDGE.finditer(text, place):
        if match.group() == "<":
            depth += 1
        elif match.group() == ">":
            if depth == 0:
                return match.end()
            depth -= 1
    return len(text)
