"""Understands an instruction by its words: which recipe is meant, and what it is to do.

rename the type shape to `figure`   ──▶ Rename(kind="type", path=("shape",), new="figure")
rename this to perimeter            ──▶ Rename(kind=None, path=(), new="perimeter")
fix the build / fix lib/foo.ml      ──▶ Fix(paths=("lib/foo.ml",))
promote the test output             ──▶ Promote(paths=())

A sentence that only nearly says one of these is not understood; nothing is guessed.
"""

import re
from dataclasses import dataclass
from typing import Literal

NameKind = Literal[
    "value",
    "type",
    "module",
    "module type",
    "constructor",
    "field",
    "exception",
    "class",
    "class type",
    "label",
    "method",
    "regexp",
]
"""What a name can be the name of; `label` is that of an argument, `~by`, `regexp` a lexer's `let digit = …`."""


@dataclass(frozen=True, slots=True)
class Rename:
    """Wishes that something gets another name."""

    kind: NameKind | None
    path: tuple[str, ...]
    """The name after the modules (or the type) it lies in; empty for `this`."""
    new: str
    of: tuple[str, ...] = ()
    """What a label, field or constructor belongs to, where the words say so: `label ~by of Shape.scale`."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Wishes that errors go away: all, or those of some files."""

    paths: tuple[str, ...] = ()
    side: Literal["", "interface", "implementation"] = ""
    """Which of two files that disagree is to change, where the words say so."""
    warnings: bool = False
    """Whether the words say that warnings are meant too, which the build takes for no errors."""


@dataclass(frozen=True, slots=True)
class Promote:
    """Wishes that what tests print now is what they expect."""

    paths: tuple[str, ...] = ()


Wish = Rename | Fix | Promote

_KINDS: dict[str, NameKind] = {
    "value": "value",
    "function": "value",
    "fun": "value",
    "variable": "value",
    "var": "value",
    "constant": "value",
    "operator": "value",
    "external": "value",
    "parameter": "value",
    "type": "type",
    "module": "module",
    "submodule": "module",
    "functor": "module",
    "file": "module",
    "module type": "module type",
    "signature": "module type",
    "constructor": "constructor",
    "variant": "constructor",
    "case": "constructor",
    "field": "field",
    "record field": "field",
    "exception": "exception",
    "class type": "class type",
    "class": "class",
    "label": "label",
    "argument": "label",
    "labelled argument": "label",
    "labeled argument": "label",
    "optional argument": "label",
    "named argument": "label",
    "method": "method",
}
_KIND = "|".join(sorted((re.escape(kind).replace(r"\ ", r"\s+") for kind in _KINDS), key=len, reverse=True))
_OF_GENERATORS: dict[str, NameKind] = {
    "rule": "value",
    "lexer rule": "value",
    "grammar rule": "value",
    "token": "constructor",
    "regexp": "regexp",
    "regular expression": "regexp",
}
"""Words that are names too: `rename token to read` means a rule called so."""
_MORE_KINDS = "|".join(kind.replace(" ", r"\s+") for kind in _OF_GENERATORS)
_QUOTE = "[`'\"‘’“”]?"
_LONGEST = 300
"""A longer instruction tells more than a recipe understands."""
_NAME = r"(?:[\w./-]+\.mli?|[~?]?[\w.']+(?:\.\(\s*[^\s\w()]+\s*\))?|\(\s*[^\s\w()]+\s*\)|[^\s\w`'\"()]+|\(?\s*(?:let|and)[*+&|^@%$<>=-]+\s*\)?)"
_RENAME = re.compile(
    rf"""^(?:re-?name|call|change\s+the\s+name\s+of)\s+
    (?:(?:every|each|all|the)\s+(?:use|occurrence|mention)s?\s+of\s+)?
    (?:(?:the|this|that|our|every|all)\s+)?(?:(?P<kind>{_KIND}|{_MORE_KINDS})s?\s+)?
    (?:{_QUOTE}(?P<old>{_NAME}){_QUOTE})
    (?:\s+(?P<kind_after>{_KIND}))?
    (?:\s+(?:of|in|from)\s+(?:the\s+)?(?:(?:function|type|record|module|value|variant)\s+)?{_QUOTE}(?P<of>[\w./']+){_QUOTE})?
    (?:\s+(?:everywhere|throughout))?
    \s*(?:\bto\s+be\b|\bto\b|\binto\b|\bas\b|->|→|=>|⇒|\bwith\b)\s*
    (?:(?:the\s+)?(?:{_KIND})\s+)?
    {_QUOTE}(?P<new>{_NAME}){_QUOTE}(?:\s+(?:everywhere|throughout|please))*$""",
    re.VERBOSE | re.IGNORECASE,
)
_THIS = re.compile(
    rf"""^(?:re-?name|call|change\s+the\s+name\s+of)\s+
    (?:(?:this|it|that|here|the)(?:\s+(?P<kind>{_KIND}))?|(?:the\s+)?(?P<bare>{_KIND}))
    (?:\s+(?:here|everywhere))?
    (?:\s+(?:to\s+be|to|into|as)\s+|\s*(?:->|→|=>|⇒)\s*|\s+)
    {_QUOTE}(?P<new>{_NAME}){_QUOTE}$""",
    re.VERBOSE | re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:please|pls|aid[:,]?|can you|could you|would you|now)[\s,]+|[\s,]+(?:please|pls|thanks|thank you)$", re.I
)
_QUOTED = re.compile(r"(?<![\w'])[`'\"‘“]([^\s`'\"‘’“”]+'?)[`'\"’”](?![\w'])")
_FILE = re.compile(r"[`'\"]?(?P<path>[\w./+-]*(?:\.mli?|\.mll|\.mly|\bdune))[`'\"]?", re.IGNORECASE)
_FIX = re.compile(
    r"""^(?:please\s+)?(?:auto-?)?(?:fix|repair|correct)
    (?:\s+(?:all|the|this|that|these|those|every|each|any|my|of|build|compile|compiler|compilation|type|syntax|dune|\d+|broken|
       errors?|problems?|warnings?|breakage|mistakes?|typos?|it|here|in|at|file|files|and|everything|code|project|workspace|tests?))*$""",
    re.VERBOSE | re.IGNORECASE,
)
_GREEN = re.compile(
    r"^make\s+(?:it|this|the\s+build|the\s+code|everything)\s+(?:build|compile|green|work)(?:\s+again)?$", re.IGNORECASE
)
_SIDE = re.compile(
    r"""(?:,|\bby|\band)?\s*(?:(?:chang|updat|adapt|edit)(?:e|ing)|in|with)?\s*(?:the|its|their|my)\s+(?P<side>interface|implementation)s?(?:\s+(?:of|in|for))?$""",
    re.VERBOSE | re.IGNORECASE,
)
_PROMOTE = re.compile(
    r"""^(?:dune\s+)?(?:promote|accept|update|bless)
    (?:\s+(?:all|the|this|these|tests?|test|expect(?:ed|ation)?s?|outputs?|diffs?|differences|changes|results?|in|of|inline|cram|snapshots?))*$""",
    re.VERBOSE | re.IGNORECASE,
)
_PROMOTE_SAYS = re.compile(r"promote|expect|output|snapshot|diff", re.IGNORECASE)


def understand(instruction: str) -> Wish | None:
    """The wish in an instruction; None if its words are not those of a recipe."""
    if len(instruction) > _LONGEST:
        return None
    text = re.sub(r"(?<=[\w'`\"’)])[\s.!;,]+$", "", " ".join(instruction.split()))
    text = _QUOTED.sub(r"\1", text)
    for _ in range(3):
        text = _POLITE.sub("", text).strip()
    return _rename(text) or _fix(text)


def _rename(text: str) -> Rename | None:
    match = _THIS.match(text)
    if match:
        kind = match.group("kind") or match.group("bare")
        new = _bare(match.group("new"))
        if new.lower() not in ("to", "into", "as"):
            return Rename(_kind(kind), (), new)
    match = _RENAME.match(text)
    if not match:
        return None
    old, new = _bare(match.group("old")), _bare(match.group("new"))
    kind = _kind(match.group("kind") or match.group("kind_after"))
    if match.group("old").startswith(("~", "?")) and kind in (None, "label"):
        kind = "label"
    if match.group("old").lower() in ("this", "it", "here"):
        return Rename(kind, (), new)
    path = _path(old)
    of = tuple(part for part in _bare(match.group("of") or "").split(".") if part)
    if (match.group("of") or "").endswith((".ml", ".mli")):
        of = (_bare(match.group("of")),)
    *home, last = _path(new) or ("",)
    if home and tuple(home) == path[:-1]:
        new = last  # `rename Shape.area to Shape.surface`
    return Rename(kind, path, _file_module(new), of)


def _fix(text: str) -> Wish | None:
    paths = tuple(dict.fromkeys(match.group("path").removeprefix("./") for match in _FILE.finditer(text)))
    words = " ".join(_FILE.sub(" ", text).split())
    side = _SIDE.search(words)
    words = _SIDE.sub("", words).strip() if side else words
    if _FIX.match(words) or _GREEN.match(words):
        which = "interface" if side and side["side"].lower() == "interface" else "implementation" if side else ""
        return Fix(paths, which, warnings=re.search(r"\bwarnings?\b", words, re.IGNORECASE) is not None)
    if _PROMOTE.match(words) and _PROMOTE_SAYS.search(words):
        return Promote(paths)
    return None


def _kind(word: str | None) -> NameKind | None:
    return (_KINDS | _OF_GENERATORS)[" ".join(word.lower().split())] if word else None


def _bare(name: str) -> str:
    name = name.strip('`"‘’“” ')
    name = name.lstrip("~?") if re.match(r"^[~?][A-Za-z_]", name) else name
    if name.startswith("(") and name.endswith(")"):
        name = name[1:-1].strip()
    return name.rstrip(".,;:") if re.match(r"^[\w(]", name) else name


def _path(name: str) -> tuple[str, ...]:
    name = _file_module(name)
    if not re.match(r"^\w", name):
        return (name,)
    head, _, operator = name.partition(".(")
    if operator:
        return (*head.split("."), operator.rstrip(")").strip())
    return tuple(part for part in name.split(".") if part)


def _file_module(name: str) -> str:
    """`shape.ml` means the module Shape."""
    match = re.fullmatch(r"(?:[\w./-]*/)?(\w+)\.mli?", name)
    return match.group(1)[:1].upper() + match.group(1)[1:] if match else name
