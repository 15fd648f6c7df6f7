"""Values of simple types: one to call a function with, and OCaml that prints any of them as OCaml.

int list  ──▶ []        fun l -> "[" ^ String.concat "; " (List.map string_of_int l) ^ "]"        Alcotest: list int
"""

import re

_BASE = {
    "int": ("0", "string_of_int", "int"),
    "float": ("0.", '(Printf.sprintf "%F")', "float 1e-9"),
    "string": ('""', '(Printf.sprintf "%S")', "string"),
    "bool": ("false", "string_of_bool", "bool"),
    "char": ("'a'", '(Printf.sprintf "%C")', "char"),
    "unit": ("()", '(fun () -> "()")', "unit"),
}
_OF = {
    "list": ("[]", '(fun l -> "[" ^ String.concat "; " (List.map {0} l) ^ "]")', "list"),
    "array": ("[||]", '(fun a -> "[|" ^ String.concat "; " (List.map {0} (Array.to_list a)) ^ "|]")', "array"),
    "option": ("None", '(function None -> "None" | Some x -> "Some (" ^ {0} x ^ ")")', "option"),
}


def _split(type_: str) -> tuple[str, str]:
    """The constructor of a type, and what it is applied to: `int list` is `list` of `int`."""
    type_ = type_.strip()
    while type_.startswith("(") and type_.endswith(")") and type_.count("(") == 1:
        type_ = type_[1:-1].strip()
    match = re.fullmatch(r"(.+)\s(\w+)", type_)
    return (match[2], match[1]) if match else (type_, "")


def some_value(type_: str) -> str:
    """A value of a type; empty where there is no simple one."""
    head, inner = _split(type_)
    if head in _OF and inner:
        return _OF[head][0]
    if head.startswith("'") and not inner:
        return "()"
    return _BASE[head][0] if head in _BASE and not inner else ""


def printer(type_: str) -> str:
    """OCaml that prints a value of a type; empty where there is none."""
    head, inner = _split(type_)
    if head in _OF and inner:
        below = printer(inner)
        return _OF[head][1].replace("{0}", below) if below else ""
    return _BASE[head][1] if head in _BASE and not inner else ""


def testable(type_: str) -> str:
    """How Alcotest compares values of a type; empty where it cannot."""
    head, inner = _split(type_)
    if head in _OF and inner:
        below = testable(inner)
        return f"{_OF[head][2]} ({below})" if " " in below else f"{_OF[head][2]} {below}" if below else ""
    return _BASE[head][2] if head in _BASE and not inner else ""
