"""Slips of the pen that the parser stumbles over: a mark too many or too few, a keyword left out.

    let y = x + 1⏎ y * 2          in is missing            (area s 0. shapes         ) is missing
    | Rect _  w * h               -> is missing            let y = 1;; in x          ;; becomes nothing
    let y = 1; x                  ; becomes in             print_string "abc⏎        the closing quote is missing

Every edit of one mark near the error is tried on the grammar; those that make the item parse are given to the build, the likeliest
first. Only marks and keywords are put in or taken out, never names, literals or comments.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aid_lsp.edits.lines import Span, split_lines
from aid_lsp.ocaml.syntax import Tree, kind_of
from aid_lsp.recipes.repairs.site import Repair, Site
from aid_lsp.recipes.repairs.tokens import Token, tokens

_ITEM = re.compile(r"(?m)^(?P<indent>[ \t]*)(?:let|and|type|module|open|include|val|exception|external|class|end)\b")
_EXPECTED = re.compile(r'Syntax error: "([^"]+)" expected')
_PUT_IN = (
    ")",
    "in",
    "->",
    "end",
    ";",
    "=",
    "then",
    "with",
    "]",
    "}",
    "do",
    "done",
    "of",
    "|",
    ",",
    "(",
    ":",
    "begin",
    "else",
    "|]",
)
_TAKEN_OUT = frozenset(
    {")", ";;", ";", "in", "(", "]", "}", "end", "|", "->", "begin", "done", "then", "=", ",", "rec", "and", "else", "of"}
)
_EXCHANGED = {
    ";": ("in", ","), "=": ("->", ":"), "->": ("=",), "in": (";",), ",": (";",), "then": ("->",), ":": ("=", "::"),
    ")": ("]", "}"), "]": (")",), "}": (")",), ":=": ("=",), "==": ("=",), "<-": ("->", ":="), "with": ("of",), "of": ("with",),
    "|": ("->",), "do": ("then",), ";;": ("in", ";"), "=>": ("->",), "and": ("in",),
}  # fmt: skip
_MOST_TOKENS = 120
_FAR = 60
_MOST_OF_A_CHUNK = 10
_MOST_CHARACTERS = 4_000_000
"""How much is parsed for one error: about a second's worth."""
_CLOSES = {"(": ")", "[": "]", "{": "}", "begin": "end", "struct": "end", "sig": "end", "object": "end", "[|": "|]"}


@dataclass(frozen=True, slots=True)
class _Slip:
    """One edit of one mark, and how unlikely it is."""

    span: Span
    new: str
    does: str
    cost: float


def slips(site: Site) -> Iterator[Repair]:
    """What makes the item around a syntax error parse."""
    first = site.diagnostic.first_line
    if ("not terminated" in first and "String" in first) or "Invalid literal" in first or "Illegal character" in first:
        yield from _quotes(site)
        return
    if not first.startswith("Syntax error"):
        return
    yield from _quotes(site, before=site.span.end)
    if site.text.startswith("()", site.span.start) and site.inside in ("(", "()"):
        span = Span(len(site.text[: site.span.start].rstrip(" ")), site.span.start + 2)
        if not Tree(kind_of(site.path), site.text[: span.start] + site.text[span.end :], site.tree).root.has_error:
            yield site.replace(span, "", "`()` goes")
    expected = _EXPECTED.match(site.message)
    seen: set[str] = set()
    budget = _MOST_CHARACTERS
    for chunk in _chunks(site):
        found, broken = 0, Tree(kind_of(site.path), chunk.of(site.text))
        for slip in sorted(_slips(site, chunk, expected.group(1) if expected else ""), key=lambda slip: slip.cost):
            budget -= chunk.end - chunk.start
            if budget < 0:
                return
            canonical = re.sub(
                r"\s+", " ", site.text[chunk.start : slip.span.start] + slip.new + site.text[slip.span.end : chunk.end]
            )
            if canonical not in seen and _parses(site, chunk, slip, broken):
                found += 1
                if found > _MOST_OF_A_CHUNK:
                    break
                yield Repair(site.path, {slip.span: slip.new}, slip.does)
            seen.add(canonical)


def _chunks(site: Site) -> Iterator[Span]:
    """The items in which the slip can be: that of the error with the one before, of the error's depth, then of the top level."""
    at = site.span.start
    items = list(_ITEM.finditer(site.text))
    line = site.text.rfind("\n", 0, at) + 1
    beside = next((item for item in items if item.start() == line), None)
    own = beside if not site.text[line:at].strip() else None  # an error at an item's start is of the item before
    depths = [0] if beside is None or not beside["indent"] else [len(beside["indent"]), 0]
    for depth in depths:
        starts = [item.start() for item in items if len(item["indent"]) <= depth and item.group().strip() != "end"]
        before = [start for start in starts if start < at and start != line]
        after = [start for start in starts if start > at]
        begin, end = (before[-1] if before else 0), (after[0] if after else len(site.text))
        if own is None or len(own["indent"]) > depth:
            begin = max((start for start in starts if start <= at), default=0)
        if own is not None and len(own["indent"]) <= depth and begin < line:
            yield Span(begin, line)  # what goes on in the next item is its own matter
        if end - begin < 20_000:
            yield Span(begin, end)
        if len(before) > 1 and end - before[-2] < 20_000 and begin == before[-1]:
            yield Span(before[-2], end)


def _parses(site: Site, chunk: Span, slip: _Slip, broken: Tree) -> bool:
    """Whether a chunk parses with a slip mended; parsed as a small change of the broken one, which takes a quarter of the time."""
    text = site.text[chunk.start : slip.span.start] + slip.new + site.text[slip.span.end : chunk.end]
    if re.match(r"\s*and\b", text):  # what goes on with a chain is looked at as if it began one
        begins = "let" if kind_of(site.path) == ".ml" and not re.match(r"\s*and\s+\S+\s*=\s*[{|A-Z]", text) else "type"
        text = re.sub(r"\band\b", begins, text, count=1)
    if site.text[chunk.end : chunk.end + 1] in (" ", "\t") and re.search(r"\bin\s*$", text):
        text += "()"  # what follows is in the next chunk
    for _ in range(3):
        if not Tree(kind_of(site.path), text, broken).root.has_error:
            return True
        shorter = re.sub(r"\bend\s*\Z", "", text)
        if shorter == text:
            return False
        text = shorter
    return False


def _slips(site: Site, chunk: Span, expected: str) -> Iterator[_Slip]:
    text = site.text
    found = tokens(text, chunk.start, chunk.end)
    style = _style(site)
    at = next((index for index, token in enumerate(found) if token.span.end > site.span.start), len(found))
    low, high = max(0, at - _MOST_TOKENS), min(len(found), at + 8)
    opened = _unmatched(found[:at]) if expected in (")", "]", "}", "end", "|]") else None
    for index in range(low, high + 1):
        far = abs(at - index) / _FAR + (0.4 if index > at else 0)
        previous = found[index - 1] if index else None
        following = found[index] if index < len(found) else None
        if previous is not None:
            yield from _put_in(text, style, previous, following, expected, far, index > (opened or 0))
        if following is None:
            continue
        if following.text in _TAKEN_OUT and (not expected or index == at):
            yield _Slip(
                _with_blank(text, following.span), "", f"`{following.text}` goes", 1.0 + far + (0.6 if index != at else 0)
            )
        for other in _EXCHANGED.get(following.text, ()):
            padded = f" {other}" if following.text in (";", ";;") and other == "in" else other
            yield _Slip(following.span, padded, f"`{following.text}` becomes `{other}`", 1.1 + far)


def _put_in(
    text: str, style: str, previous: Token, following: Token | None, expected: str, far: float, inside: bool
) -> Iterator[_Slip]:
    """A mark between two tokens."""
    between = text[previous.span.end : following.span.start] if following is not None else "\n"
    for mark in _PUT_IN:
        opens = ("(", "begin", "|", ")") if previous.text != ";" else ("(", "begin", "|", ")", "]", "}", "|]")
        if previous.text in _EXPRESSION_FOLLOWS and mark not in opens:
            continue
        if expected and mark != expected and mark not in ("(", "begin", ";", "in"):
            continue
        cost = 1.0 + far + _PUT_IN.index(mark) / 100
        if mark == expected:
            cost -= 0.8
        if expected and mark == expected and not inside:
            cost += 1
        closing = mark in (")", "]", "}", ";", ",", "|]")
        cost += _unlikely(mark, between, following) + (0.3 if closing and previous.text in (";", ",") else 0)
        if mark == "end" and "\n" in between:
            yield _Slip(
                Span(previous.span.end, previous.span.end), "\n" + _indent(text, previous) + "end", "`end` is put in", cost
            )
        elif closing and previous.text == ";" and "\n" in between and mark != ";" and (opening := _opening(text, previous, mark)):
            line = text[text.rfind("\n", 0, opening.span.start) + 1 : opening.span.start]
            yield _Slip(
                Span(previous.span.end, previous.span.end),
                "\n" + re.sub(r"\S.*", "", line) + mark,
                f"`{mark}` is put in after {previous.text}",
                cost,
            )
        elif closing and mark in ("]", "}", "|]") and _spaced(text, previous, mark):
            yield _Slip(Span(previous.span.end, previous.span.end), f" {mark}", f"`{mark}` is put in after {previous.text}", cost)
        elif closing:
            yield _Slip(Span(previous.span.end, previous.span.end), mark, f"`{mark}` is put in after {previous.text}", cost)
        elif mark == "(":
            if following is not None and following.text != ")":  # `()` would be made up
                yield _Slip(
                    Span(following.span.start, following.span.start), mark, f"`(` is put in before {following.text}", cost + 0.3
                )
        elif mark == "|" and following is not None:
            yield _Slip(Span(following.span.start, following.span.start), "| ", f"`|` is put in before {following.text}", cost)
        elif (
            mark in _BEGINS
            and "\n" in between
            and _usually_begins(text, style, mark, previous, cases=following is not None and following.text == "|")
        ):
            yield from _on_a_line(text, mark, previous, following, cost)
            yield _Slip(
                Span(previous.span.end, previous.span.end), f" {mark}", f"`{mark}` is put in after {previous.text}", cost + 0.01
            )
        elif (lonely := re.search(r"\n([ \t]+)(?=\n)", between)) is not None:
            start = previous.span.end + lonely.start(1)  # the line on which it stood is still there
            kept = max(0, len(lonely[1]) - 1)
            yield _Slip(
                Span(start + kept, start + len(lonely[1])),
                mark if kept == len(lonely[1]) else f" {mark}"[-(len(mark) + len(lonely[1]) - kept) :],
                f"`{mark}` is put in after {previous.text}",
                cost,
            )
        else:
            end = previous.span.end
            wide = len(between) > 1 and not between.strip(" ")  # as a mark leaves it that was deleted
            room = "" if between[:1].isspace() and not wide else " "
            yield _Slip(
                Span(end, end + (len(between) if wide else 0)),
                f" {mark}{room}",
                f"`{mark}` is put in after {previous.text}",
                cost,
            )


_EXPRESSION_FOLLOWS = frozenset({";", "in", "->", "=", "then", "else", "(", "with", "of", ",", "|"})
_BEGINS = frozenset({"in", "with", "then", "else", "do", "done"})
"""The keywords that some people put at the beginning of a line."""


def _style(site: Site) -> str:
    """The code by which is told how lines are broken here: the file's, and that of some beside it."""
    folder = site.path.rpartition("/")[0]
    beside = [
        path for path in site.view.paths() if path.endswith(".ml") and path.rpartition("/")[0] == folder and path != site.path
    ]
    return "\n".join((site.text, *(site.view.text(path) or "" for path in beside[:8])))


def _usually_begins(text: str, style: str, mark: str, previous: Token, *, cases: bool) -> bool:
    """Whether the file has the keyword at the beginning of lines rather than at their end; `with` stands at the end if a `|` begins the next."""
    line = text[text.rfind("\n", 0, previous.span.start) + 1 : previous.span.start]
    if mark == "in":  # `let x = 1 in` on one line is everybody's
        begins = len(re.findall(r"(?m)^[ \t]*in[ \t]*$", style))
        ends = len(re.findall(r"(?m)^(?![ \t]*(?:let|and)\b).*\bin[ \t]*$", style))
        return re.match(r"[ \t]*(?:let|and)\b", line) is None and begins > ends
    if mark == "with":
        return not cases
    begins = len(re.findall(rf"(?m)^[ \t]*{mark}\b", style))
    return begins > len(re.findall(rf"(?m)\b{mark}[ \t]*$", style))


def _on_a_line(text: str, mark: str, previous: Token, following: Token | None, cost: float) -> Iterator[_Slip]:
    """The keyword before what begins the next line; `in` and `done` have a line of their own."""
    if following is None:
        return
    line = text.rfind("\n", 0, following.span.start) + 1
    indent = text[line : following.span.start]
    if mark in ("in", "done"):
        end = previous.span.end
        yield _Slip(Span(end, end), f"\n{indent}{mark}", f"`{mark}` is put in after {previous.text}", cost)
    else:
        at = following.span.start
        yield _Slip(Span(at, at), f"{mark} ", f"`{mark}` is put in before {following.text}", cost)


def _opening(text: str, previous: Token, mark: str) -> Token | None:
    """What a closing mark after a token would close."""
    depth = 0
    for token in reversed(tokens(text, max(0, text.rfind("\n\n", 0, previous.span.start)), previous.span.end)):
        depth += {mark: 1, _OPENS[mark]: -1}.get(token.text, 0)
        if depth < 0:
            return token
    return None


_OPENS = {")": "(", "]": "[", "}": "{", "|]": "[|"}


def _spaced(text: str, previous: Token, mark: str) -> bool:
    """Whether the bracket that a mark closes keeps a blank inside."""
    opening = _opening(text, previous, mark)
    return opening is not None and text[opening.span.end : opening.span.end + 1].isspace()


def _unlikely(mark: str, between: str, following: Token | None) -> float:
    """How unlikely a mark is between two tokens, by the lines they are on and by what follows."""
    breaks = "\n" in between
    word = following.text if following is not None else ""
    if mark in ("in", ";"):
        return 0.0 if breaks else 0.3
    if mark in (")", "]", "}", "|]"):
        natural = breaks or word in (
            "in",
            "then",
            "else",
            "with",
            "->",
            ";",
            ")",
            "]",
            "}",
            ",",
            "|>",
            "|",
            "do",
            "done",
            "end",
            "=",
        )
        return 0.0 if natural else 0.15
    if mark in ("->", "then", "=", "of", "with", "do"):
        return 0.1 if breaks else 0.0
    return 0.2


def _unmatched(found: list[Token]) -> int | None:
    """The index after the opening mark that nothing closes."""
    stack: list[tuple[str, int]] = []
    for index, token in enumerate(found):
        if token.text in _CLOSES:
            stack.append((_CLOSES[token.text], index))
        elif stack and token.text == stack[-1][0]:
            stack.pop()
    return stack[-1][1] + 1 if stack else None


def _with_blank(text: str, span: Span) -> Span:
    """A token with the blank before it, so that none is left at the end of a line."""
    start = span.start
    if text[start - 1 : start] in (" ", "\t") and text[span.end : span.end + 1] in (" ", "\n", ")", ""):
        start -= 1
    return Span(start, span.end)


def _indent(text: str, token: Token) -> str:
    line = text.rfind("\n", 0, token.span.start) + 1
    return " " * max(0, len(text[line:]) - len(text[line:].lstrip(" ")) - 2)


def _quotes(site: Site, before: int | None = None) -> Iterator[Repair]:
    """A line with an odd number of quotes gets the one that is missing, at each place where the file parses; up to an offset."""
    begin = 0
    tries = _MOST_CHARACTERS // (len(site.text) + 1) // (1 if before is None else 4)
    for line in split_lines(site.text):
        if before is not None and begin > before:
            return
        bare = re.sub(r"\\.|'\"'|\(\*.*?\*\)", "..", line)
        if bare.count('"') % 2:
            for spot in _quote_spots(line.rstrip("\r\n")):
                tries -= 1
                if tries < 0:
                    return
                at = Span(begin + spot, begin + spot)
                if not Tree(kind_of(site.path), site.text[: at.start] + '"' + site.text[at.start :], site.tree).root.has_error:
                    yield Repair(site.path, {at: '"'}, "the missing quote is put in")
        begin += len(line)


def _quote_spots(line: str) -> list[int]:
    """Where on a line a quote may be missing: before what usually follows a string, from the end on; then before words."""
    spots = [match.start() for match in re.finditer(r"\s*(?:[)\];,]|->|\bin\b|\bthen\b|\^|\|>|$)|(?<=[^\s\"])\s+", line)]
    starts = [match.start() for match in re.finditer(r"(?<=[\s(\[^])(?=[^\s\"])", line)]
    return list(dict.fromkeys((*reversed(spots), *starts)))
