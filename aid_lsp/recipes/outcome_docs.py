"""Documentation of a function that says in another way that it has no result.

    @raise Not_found if there is none        ◀──▶      @return [None] if there is none
    Raises [Not_found] if there is none.     ◀──▶      Returns [None] if there is none.

Only words that leave no doubt are rewritten; where a comment may still speak of what was, the place is named.
"""

import re
from collections.abc import Callable, Iterator

from aid_lsp.edits.lines import Span
from aid_lsp.recipes.callers import Outcome
from aid_lsp.recipes.change import Planned
from aid_lsp.recipes.functions import Function
from aid_lsp.recipes.sources import Sources

_COMMENT = re.compile(r"\(\*\*(?!\*).*?\*\)", re.DOTALL)


def tell_return(plan: Planned, sources: Sources, function: Function, outcome: Outcome) -> str:
    """Has the comments say that there may be None or Error; says where one may still speak of the exception."""
    none = "[None]" if outcome.kind == "option" else "[Error]"
    exception = rf"(?:\[|\{{!(?:exception[-:])?)?(?:Stdlib\.)?{re.escape(outcome.exception)}(?:\]|\}})?(?![\w.'])"

    def told(comment: str) -> str:
        if outcome.deeper:  # it may go on raising
            return comment
        if "@return" not in comment:
            comment = re.sub(rf"@raises?\s+{exception}", f"@return {none}", comment)
        return re.sub(rf"\b([Rr])aise(s?)\s+{exception}", lambda match: f"{match[1]}eturn{match[2]} {none}", comment)

    stale = re.compile(rf"\b{re.escape(outcome.exception)}\b|\b(?:raise[sd]?|fail(?:s|ed|ure)?|exceptions?)\b", re.IGNORECASE)
    return _retell(plan, sources, function, told, stale)


def tell_raise(plan: Planned, sources: Sources, function: Function, outcome: Outcome) -> str:
    """Has the comments say what is raised; says where one may still speak of the option or result."""
    none = rf"\[?{'None' if outcome.kind == 'option' else 'Error'}(?:\s+_)?\]?(?![\w.'])"

    def told(comment: str) -> str:
        comment = re.sub(rf"@returns?\s+{none}(?=\s+(?:if|when|where|unless)\b)", f"@raise {outcome.exception}", comment)
        return re.sub(
            rf"\b([Rr])eturn(s?)\s+{none}(?=\s+(?:if|when|where|unless)\b)",
            lambda match: f"{match[1]}aise{match[2]} [{outcome.exception}]",
            comment,
        )

    words = "None|Some|options?" if outcome.kind == "option" else "Ok|Error|results?"
    return _retell(plan, sources, function, told, re.compile(rf"\b(?:{words})\b"))


def _retell(plan: Planned, sources: Sources, function: Function, told: Callable[[str], str], stale: re.Pattern[str]) -> str:
    left: list[str] = []
    for path, span in _comments(sources, function):
        comment = span.of(sources.text(path))
        new = told(comment)
        if new != comment:
            plan.put(path, span, new)
        if stale.search(new):
            left.append(str(sources.spot(path, span)))
    return f"; look at what the comment at {' and at '.join(left)} says" if left else ""


def _comments(sources: Sources, function: Function) -> Iterator[tuple[str, Span]]:
    """The documentation of a function, in its interface and where it is defined."""
    main = function.main
    for path, name in ((main.path, main.name), *((one.path, one.name) for one in function.declarations)):
        for item in sources.items(path):
            if item.name_span != name:
                continue
            text = sources.text(path)
            for match in _COMMENT.finditer(text, item.span.start, item.span.end):
                span = Span(match.start(), match.end())
                if not span.meets(item.core):
                    yield path, span
