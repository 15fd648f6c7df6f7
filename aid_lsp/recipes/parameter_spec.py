"""How people write a new parameter.

?(depth = 3)    ?(depth : int = 3)    ?depth:int    ~depth:int    ~(depth : int)    (depth : int)    depth
an optional argument depth of type int with default 3, a labelled argument depth passing 3, depth : int as the first parameter
"""

import re
from dataclasses import dataclass
from typing import Literal

Mark = Literal["?", "~", ""]

_NAME = r"[a-z_][\w']*"
_WRITTEN = (
    re.compile(rf"^\?\s*\(\s*({_NAME})\s*(?::\s*(?P<type>[^=]+?)\s*)?=\s*(?P<default>.+)\)$"),
    re.compile(rf"^\?\s*({_NAME})\s*(?::\s*\(\s*\w+\s*=\s*(?P<default>.+)\)|:\s*(?P<type>.+)|=\s*(?P<given>.+))?$"),
    re.compile(rf"^~\s*\(\s*({_NAME})\s*:\s*(?P<type>.+)\)$"),
    re.compile(rf"^~\s*({_NAME})\s*(?::\s*(?P<type>.+)|=\s*(?P<given>.+))?$"),
    re.compile(rf"^\(\s*({_NAME})\s*:\s*(?P<type>.+)\)$"),
    re.compile(rf"^({_NAME})\s*(?::\s*(?P<type>[^=]+?))?\s*(?:=\s*(?P<given>.+))?$"),
)
_KIND = re.compile(
    r"^(?:an?\s+|another\s+|the\s+)?(?:new\s+)?"
    r"(?P<how>(?:optional|labell?ed|named|positional|unlabell?ed|unnamed|extra|additional|new)\s+)?"
    r"(?P<what>(?:parameter|param|argument|arg|option|label)\s+)?(?:(?:called|named)\s+)?(?P<rest>.+)$",
    re.IGNORECASE,
)
_CLAUSES = (
    (
        "default",
        re.compile(
            r"[,;]?\s*(?:\(\s*)?(?:and\s+|with\s+|whose\s+|which\s+)?(?:an?\s+|the\s+)?(?:default(?:s|ing)?(?:\s+value)?)(?:\s*(?:=|:)\s*|\s+(?:to|of|is|being)\s+|\s+)(.+)$",
            re.IGNORECASE,
        ),
    ),
    (
        "given",
        re.compile(
            r"[,;]?\s*(?:and\s+)?(?:pass(?:ing|es)?|giv(?:e|ing)|with)\s+(.+?)(?:\s+(?:at|in|from|to|for)\s+(?:the|all|every|each|its)?\s*(?:existing\s+|present\s+|current\s+)?(?:calls?|callers?|call\s+sites?))$",
            re.IGNORECASE,
        ),
    ),
    (
        "given",
        re.compile(
            r"[,;]?\s*(?:and\s+)?(.+?)\s+(?:at|in|from|for)\s+(?:the|all|every|each|its)\s+(?:existing\s+|present\s+|current\s+)?(?:calls?|callers?|call\s+sites?)$",
            re.IGNORECASE,
        ),
    ),
    (
        "in tests",
        re.compile(
            r"[,;]?\s*(?:and\s+)?(?:pass(?:ing|es)?|giv(?:e|ing)|with)\s+(.+?)\s+(?:at|in|from)\s+(?:the|all|every|each|its)?\s*tests?$",
            re.IGNORECASE,
        ),
    ),
    ("given", re.compile(r"[,;]?\s*(?:and\s+|where\s+callers\s+)?(?:pass(?:ing|es)?)\s+(.+)$", re.IGNORECASE)),
    (
        "position",
        re.compile(
            r"[,;]?\s*(?:as\s+(?:the\s+|its\s+)?)?(first|last|\d(?:st|nd|rd|th)|second|third|fourth)(?:\s+(?:one|parameter|argument))?$",
            re.IGNORECASE,
        ),
    ),
    ("position", re.compile(rf"[,;]?\s*(?:placed\s+|right\s+|just\s+)?((?:before|after|behind)\s+[~?]?{_NAME})$", re.IGNORECASE)),
    ("type", re.compile(r"[,;]?\s*(?:of\s+(?:the\s+)?type|with\s+type)\s+(.+)$", re.IGNORECASE)),
)
_NUMBERS = {"first": 0, "second": 1, "third": 2, "fourth": 3}


@dataclass(frozen=True, slots=True)
class Spec:
    """A parameter that a function shall get."""

    mark: Mark
    name: str
    type: str = ""
    default: str = ""
    """Of an optional one; empty: it is an option in the body."""
    given: str = ""
    """What calls pass for it."""
    scope: str = ""
    """`tests`: only the calls in tests pass it."""
    position: str = ""
    """`first`, `last`, `2`, `before x`, `after x`; empty for the usual one."""

    def __str__(self) -> str:
        if self.mark == "?":
            typed = f" : {self.type}" if self.type else ""
            if self.default:
                return f"optional argument ?({self.name}{typed} = {self.default})"
            return f"optional argument ?{self.name}{f':{self.type}' if self.type else ''}"
        if self.mark == "~":
            return f"labelled argument ~{self.name}{f':{self.type}' if self.type else ''}"
        return f"parameter {self.name}{f' : {self.type}' if self.type else ''}"

    @property
    def argument(self) -> str:
        """What calls pass, as a labelled argument."""
        return f"~{self.name}" if self.given == self.name else f"~{self.name}:{atomic(self.given)}"

    @property
    def passing(self) -> str:
        """What calls pass, for people."""
        return (f", passing {self.given}" + (" in the tests" if self.scope else "")) if self.given else ""

    def pattern(self, *, used: bool) -> str:
        """The parameter in a definition; a variable with an underscore where the body does not use it yet."""
        variable = self.name if used or self.name.startswith("_") else f"_{self.name}"
        typed = f"{variable} : {self.type}" if self.type else variable
        if self.mark == "?" and self.default:
            label = "" if variable == self.name else f"{self.name}:"
            return f"?{label}({typed} = {self.default})"
        if not self.mark:
            return f"({typed})" if self.type else variable
        if self.mark == "?" and self.type:
            return f"?{self.name}" if variable == self.name else f"?{self.name}:{variable}"
        if variable == self.name:
            return f"{self.mark}({typed})" if self.type else f"{self.mark}{self.name}"
        return f"{self.mark}{self.name}:({typed})" if self.type else f"{self.mark}{self.name}:{variable}"

    def domain(self, type_: str) -> str:
        """The parameter in a type."""
        if not self.mark:
            return type_ if re.fullmatch(r"[\w.' ]+", type_) else f"({type_})"
        plain = re.fullmatch(r"[^>]*", type_) is not None
        return f"{'?' if self.mark == '?' else ''}{self.name}:{type_ if plain else f'({type_})'}"


def read_spec(words: str, clauses: str) -> Spec | None:
    """Reads the words that name a parameter, and those behind the function's name; None if they say something else."""
    match = _KIND.match(words.strip())
    if match is None or not (match["how"] or match["what"] or match["rest"].startswith(("?", "~"))):
        return None
    found: dict[str, str] = {}
    rest = _take_clauses(match["rest"].strip(), found)
    if _take_clauses(clauses.strip(), found):
        return None
    rest = rest.strip("'\" ")
    for form in _WRITTEN:
        written = form.match(rest)
        if written is not None:
            break
    else:
        return None
    scope = "tests" if "in tests" in found else ""
    if scope and "given" in found:
        return None
    if scope:
        found["given"] = found.pop("in tests")
    parts = {key: value.strip() for key, value in written.groupdict().items() if value}
    how = (match["how"] or "").strip().lower()
    mark: Mark = "?" if rest.startswith("?") or how == "optional" or match["what"] == "option " else ""
    if rest.startswith("~") or how in ("labelled", "labeled", "named") or (match["what"] or "").strip() == "label":
        mark = "~"
    for key, value in parts.items():
        if found.setdefault(key, value) != value:
            return None
    if scope and not (found.get("default") and (mark == "?" or not rest.startswith("~"))):
        return None
    if mark == "?" and not found.get("default") and found.get("given"):
        found["default"] = found.pop("given")
    if mark == "~" and is_value(found.get("type", "")) and "given" not in found:
        found["given"] = found.pop("type")
    if mark != "?" and found.get("default"):
        if (
            how in ("labelled", "labeled", "named", "positional", "unnamed")
            or ("given" in found and not scope)
            or rest.startswith("~")
        ):
            return None
        mark = "?"
    position = found.get("position", "").lower().replace("behind", "after")
    position = " ".join(position.replace("~", "").replace("?", "").split())
    if position in _NUMBERS or re.match(r"\d", position):
        position = str(_NUMBERS.get(position, int(position[0]) - 1 if position[0].isdigit() else 0))
    default, given = (_closed(found.get(key, "")) for key in ("default", "given"))
    type_ = re.sub(r"^\(([\w.' ]+)\)$", r"\1", found.get("type", ""))
    return Spec(mark, written[1], type_, default, given, scope, position)


def _take_clauses(words: str, found: dict[str, str]) -> str:
    """Takes clauses off the end, as long as there are any."""
    while words:
        for key, clause in _CLAUSES:
            match = clause.search(words)
            if match is not None and (words[: match.start()].strip() or match.start() == 0) and key not in found:
                found[key] = match[1].strip(" ,")
                words = words[: match.start()].strip(" ,")
                break
        else:
            break
    return words


def _closed(value: str) -> str:
    """A value without the parenthesis that belongs to the words around it: `(default 3)`."""
    return value[:-1].strip() if value.count(")") > value.count("(") and value.endswith(")") else value


_LITERALS = (
    (re.compile(r"-?\d[\d_]*|-?0[xob][0-9a-fA-F_]+"), "int"),
    (re.compile(r"-?\d[\d_]*\.[\d_]*(?:[eE][+-]?\d+)?|-?\d[\d_]*[eE][+-]?\d+"), "float"),
    (re.compile(r'"(?:[^"\\]|\\.)*"|\{\|.*\|\}'), "string"),
    (re.compile(r"'(?:[^'\\]|\\.+)'"), "char"),
    (re.compile(r"true|false"), "bool"),
    (re.compile(r"\(\)"), "unit"),
)


def type_of(value: str) -> str:
    """The type of a literal; empty for anything else."""
    return next((name for literal, name in _LITERALS if literal.fullmatch(value)), "")


def is_value(word: str) -> bool:
    """Whether a word can only be a value, not a type."""
    return bool(type_of(word)) or word in ("None", "[]")


def atomic(value: str) -> str:
    """An expression as an argument: in parentheses, unless it needs none."""
    plain = re.fullmatch(r"[\w.']+|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.+)'|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|`\w+|!\w+", value)
    return value if plain else f"({value})"
