"""Finds fenced blocks in Markdown, and the paths that answers write beside them. Linear; knows nothing of any format."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from aid_lsp.edits.lines import Span

Known = Callable[[str], bool]
"""Whether a path is a file of the workspace."""

_FENCE = re.compile(r"^([ \t>]{0,12})(`{3,40}|~{3,40})([^\n]{0,400})$", re.MULTILINE)
_DECORATION = re.compile(r"^(?:\#{1,6}|[-*+>]|\d{1,3}[.)])[ \t]{1,9}")
_LABEL = re.compile(
    r"^(?:new |updated? |edit(?:ed)? |modif(?:y|ied) |creat(?:e|ed) |in |the )*(?:file(?:name)?|path)?[ \t]{0,9}[:=]?[ \t]{0,9}",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"^(?:\(\*+|//|\#|;+|<!--)[ \t]{0,9}(.*?)[ \t]{0,9}(?:\*+\)|-->)?$")
_AFTERWORD = re.compile(r"[ \t]{0,9}\((?:new(?: file)?|created?|updated?|modified|edited|continued)\)$", re.IGNORECASE)
_PATH = re.compile(r"^(?:[A-Za-z]:)?[\w@+~.\\/-]+$")
_BARE = frozenset(
    [
        "dune",
        "dune-project",
        "dune-workspace",
        "jbuild",
        "Makefile",
        "Dockerfile",
        "LICENSE",
        "README",
        "CHANGES",
        "META",
        ".ocamlformat",
        ".ocamlformat-ignore",
        ".ocamlinit",
        ".merlin",
        ".gitignore",
        ".gitattributes",
        ".env",
    ]
)
"""Names without a suffix that a line alone may mean."""


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block."""

    span: Span
    """With its fences and the line end after the closing one."""
    body: str
    """Its lines, without the indentation of the fence."""
    body_span: Span
    info: str
    closed: bool
    before: str
    """The last line before it that is not blank."""
    gap: str
    """What stands between the fence before and this one."""


MOST_FENCES = 2000
"""So many are found; `read` refuses an answer that has as many."""


@lru_cache(maxsize=2)
def fences(text: str) -> tuple[Fence, ...]:
    """The fenced blocks, in order; the last one may be open."""
    found: list[Fence] = []
    opener: re.Match[str] | None = None
    end = 0
    for match in _FENCE.finditer(text) if "```" in text or "~~~" in text else ():
        if opener is None:
            if "`" not in match[3] or match[2][0] == "~":
                opener = match
            continue
        if match[2][0] == opener[2][0] and len(match[2]) >= len(opener[2]) and not match[3].strip():
            found.append(_fence(text, opener, match, end))
            end = found[-1].span.end
            opener = None
            if len(found) >= MOST_FENCES:
                break
    if opener is not None:
        found.append(_fence(text, opener, None, end))
    return tuple(found)


def _fence(text: str, opener: re.Match[str], closer: re.Match[str] | None, end: int) -> Fence:
    start = min(opener.end() + 1, len(text))
    stop = closer.start() if closer else len(text)
    body = text[start:stop]
    if opener[1]:
        body = re.sub(rf"^[ \t>]{{1,{len(opener[1])}}}", "", body, flags=re.MULTILINE)
    gap = text[end : opener.start()]
    return Fence(
        span=Span(opener.start(), min(closer.end() + 1, len(text)) if closer else len(text)),
        body=body,
        body_span=Span(start, max(start, stop)),
        info=opener[3].strip(),
        closed=closer is not None,
        before=last_line(gap),
        gap=gap,
    )


def last_line(text: str) -> str:
    """The last line that is not blank."""
    text = text.rstrip()
    return text[text.rfind("\n") + 1 :].strip()[:2000]


def path_in_line(line: str, known: Known, *, alone: bool = False) -> str | None:
    """The path that a line consists of, however it is dressed up: `### lib/a.ml`, `**File:** lib/a.ml:`, `(* lib/a.ml *)`.

    A sentence with one path in backquotes counts, too, unless the path must stand `alone`.
    """
    line = line.strip()
    if not line or len(line) > 300:
        return None
    if known(line):
        return line
    comment = _COMMENT.match(line)
    bare = comment[1] if comment and not line.startswith("# ") else line
    for _ in range(3):
        bare = _DECORATION.sub("", bare.strip())
        bare = _AFTERWORD.sub("", _undressed(bare))
    bare = _undressed(bare)
    if "`" in bare:
        if alone:
            return None
        inner = bare.split("`")
        named = [piece for piece in inner if _is_path(piece, known)]
        return named[0] if len(named) == 1 and len(inner) <= 3 else None
    label = None if alone else _LABEL.match(bare)
    rest = _undressed(bare[label.end() :]) if label else bare
    return next((candidate for candidate in (bare, rest) if _is_path(candidate, known)), None)


def _undressed(text: str) -> str:
    """Without stars, quotes and colons around it, and without underscores that stand on both sides: `_build` keeps its own."""
    text = text.strip(" \t*:\"'“”").strip("`* \t:")
    while len(text) > 2 and text[0] == text[-1] == "_":
        text = text[1:-1]
    return text


def path_in_info(info: str, known: Known) -> str | None:
    """The path on a fence's opening line: ```` ```ocaml lib/a.ml ````, `ocaml:lib/a.ml`, `title="lib/a.ml"`.

    The first word alone is a language where it may be one: `dune` and `makefile` name no file there.
    """
    for index, piece in enumerate(re.split(r"[ \t{}]+", info)):
        bare = re.sub(r"^[\w-]+=", "", piece).strip("\"'`")
        if index == 0 and "/" not in bare and "." not in bare and ":" not in bare:
            continue
        if _is_path(bare, known):
            return bare
        after = bare.partition(":")[2]
        if after and _is_path(after, known):
            return after
    return None


def spoken_of(prose: str, known: Known) -> list[str]:
    """The files of the workspace that a text names."""
    words = (word.strip("`'\"*_.,:;()[]") for word in prose[:4000].split())
    return list(dict.fromkeys(word for word in words if ("/" in word or "." in word) and known(word)))


def _is_path(text: str, known: Known) -> bool:
    if not text or len(text) > 300:
        return False
    if known(text):
        return True
    if not _PATH.match(text) or text in (".", "..", "...") or text.endswith(("/", ".", "\\")):
        return False
    name = text.replace("\\", "/").rpartition("/")[2]
    if name in _BARE:
        return True
    stem, dot, suffix = name.rpartition(".")
    return bool(dot and suffix.isalnum() and not suffix.isdigit() and len(suffix) <= 12 and (stem or "/" in text))
