"""A piece of a file for a model to see, with the reason why."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from aid_lsp.edits.lines import Span
from aid_lsp.ocaml.outline import Item

Count = Callable[[str], int]
"""Says how many tokens a text takes; the model's own tokenizer, or `estimate`."""

MUST = 10.0
"""From this evidence on a snippet goes before all others that have less, whatever it takes."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a file, exactly as the view has it, so that a model can quote it."""

    path: str
    span: Span
    text: str
    """What the span covers."""
    why: str
    """Why it is shown, for people and the model: `the definition at the cursor`."""
    evidence: float = 0.0
    """How much likelier than a definition picked blindly it is to be changed, as a natural logarithm: 0 says nothing, 0.7 doubles
    the odds. What several strategies say of the same snippet adds up; `strategy.py` has the scale."""
    use: float = 0.0
    """The same for being used by the new code: then its head, `val pop : 'a t -> 'a`, is enough."""
    item: Item | None = field(default=None, compare=False, repr=False)
    """The definition that it is, if it is one."""
    stopgap: int | None = None
    """For a cut that minds no definition: the offset that matters. Whatever else is kept and shows it makes the cut needless."""
    head: bool = False
    """Whether it is only the head of its definition."""
    aside: bool = False
    """It is no piece of a file of the workspace (a library's interface, a type that the compiler found): to be known, not edited. Its
    `path` is a heading then."""


HEADS = "heads of definitions that may be of use"
"""Why heads are shown."""


def pieces(snippets: Iterable[Snippet]) -> list[list[Snippet]]:
    """What stands under one heading: each snippet alone, but the heads of a file together. They are given file by file."""
    found: list[list[Snippet]] = []
    for snippet in snippets:
        if snippet.head and found and found[-1][0].head and found[-1][0].path == snippet.path:
            found[-1].append(snippet)
        else:
            found.append([snippet])
    return found


def reason(piece: Sequence[Snippet]) -> str:
    """Why a piece is shown."""
    if not piece[0].head:
        return piece[0].why
    names = [snippet.item.dotted for snippet in piece if snippet.item is not None]
    return f"{HEADS}: {', '.join(names[:6])}" + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def prices(snippets: Iterable[Snippet], count: Count) -> list[int]:
    """What each takes in a prompt: its text and a heading; the heads of one file have one heading, the first's."""
    found: list[int] = []
    headed: set[str] = set()
    for snippet in snippets:
        found.append(count(snippet.text) + (0 if snippet.head and snippet.path in headed else heading(snippet)))
        if snippet.head:
            headed.add(snippet.path)
    return found


def heading(snippet: Snippet) -> int:
    """The tokens of a heading, which gives path and reason, and of the fences."""
    return _HEADING + estimate(snippet.path) + estimate(HEADS if snippet.head else snippet.why)


_HEADING = 12
"""Its tokens beside path and reason."""


def estimate(text: str) -> int:
    """A guess at the tokens of OCaml text that holds for all common tokenizers, on the high side."""
    return (2 * len(text) + 6) // 7
