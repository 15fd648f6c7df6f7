"""Which new names OCaml allows for what."""

import re

from aid_lsp.ocaml.names import KEYWORDS, is_module_name
from aid_lsp.recipes.wording import NameKind

_LETTERS = re.compile(r"[^\W\d][\w']*")
_PREFIX = re.compile(r"(?:!|[?~][!$%&*+\-./:<=>?@^|~])[!$%&*+\-./:<=>?@^|~]*")
_INFIX = re.compile(r"(?:[=<>@^|&+\-*/$%#][!$%&*+\-./:<=>?@^|~]*|:=|or|mod|land|lor|lxor|lsl|lsr|asr)")
_BINDING = re.compile(r"(?:let|and)[$&*+\-/<=>@^|][!$%&*+\-./:<=>?@^|~]*")
_RESERVED = frozenset({"!=", "->", "<-", "|", "||", "&&", ":=", "=", "#", "..", "~", "?", "&"})
_CAPITAL = frozenset({"module", "constructor", "exception"})
_BUILT_IN = frozenset({"true", "false", "unit", "int", "string", "bool", "float", "list", "option"})


def why_not(kind: NameKind, old: str, new: str) -> str | None:
    """Why OCaml does not allow the new name, in one sentence; None if it does."""
    if old == new:
        return f"{old!r} is its name already."
    if new in KEYWORDS and not _INFIX.fullmatch(new):
        return f"{new!r} is a keyword of OCaml."
    if kind == "value" and operator_class(old) != operator_class(new):
        kinds = {
            "": "a name",
            "prefix": "a prefix operator",
            "binding let": "an operator let…",
            "binding and": "an operator and…",
        }
        wanted = kinds.get(operator_class(old), f"an infix operator of the same precedence as {old!r}")
        return f"{old!r} can only become {wanted}, and {new!r} is none."
    if operator_class(new):
        return None if kind == "value" and new not in _RESERVED else f"{new!r} cannot be the name of a {kind}."
    if not _LETTERS.fullmatch(new) or new == "_":
        return f"{new!r} is not a name that OCaml allows."
    if kind in _CAPITAL and not is_module_name(new):
        return f"the name of a {kind} begins with a capital letter; {new!r} does not."
    if kind not in _CAPITAL and kind not in ("module type", "class type") and not (new[0].islower() or new[0] == "_"):
        return f"the name of a {kind} begins with a small letter; {new!r} does not."
    return None


def operator_class(name: str) -> str:
    """What kind of operator a name is; empty for an ordinary name. Operators of one class bind alike, so one can replace the other."""
    if _BINDING.fullmatch(name):
        return f"binding {name[:3]}"
    if _PREFIX.fullmatch(name) and name != "!=":
        return "prefix"
    if not _INFIX.fullmatch(name):
        return ""
    if name.startswith("**") or name in ("lsl", "lsr", "asr"):
        return "infix power"
    if name[0] in "*/%" or name in ("mod", "land", "lor", "lxor"):
        return "infix times"
    if name[0] in "+-":
        return "infix plus"
    if name[0] in "@^":
        return "infix append"
    if name[0] == "#":
        return "infix hash"
    return "infix or" if name in ("or", "||") else "infix and" if name in ("&", "&&") else "infix compare"
