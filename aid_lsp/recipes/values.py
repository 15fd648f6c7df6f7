"""Values of simple types: one to call a function with, and OCaml that prints any of them as OCaml.

int list  ──▶ [ 2 ]      fun l -> "[" ^ String.concat "; " (List.map string_of_int l) ^ "]"        Alcotest: list int
"""

import re

_BASE = {
    "int": (("2", "3", "5", "7"), "string_of_int", "int"),
    "float": (("2.", "0.5", "3."), '(Printf.sprintf "%F")', "float 1e-9"),
    "string": (('"ab"', '"c"', '"de"'), '(Printf.sprintf "%S")', "string"),
    "bool": (("true", "false"), "string_of_bool", "bool"),
    "char": (("'a'", "'b'"), '(Printf.sprintf "%C")', "char"),
    "unit": (("()",), '(fun () -> "()")', "unit"),
}
_OF = {
    "list": ("[ {0} ]", '(fun l -> "[" ^ String.concat "; " (List.map {0} l) ^ "]")', "list"),
    "array": ("[| {0} |]", '(fun a -> "[|" ^ String.concat "; " (List.map {0} (Array.to_list a)) ^ "|]")', "array"),
    "option": ("(Some {0})", '(function None -> "None" | Some x -> "Some (" ^ {0} x ^ ")")', "option"),
}

_NONE = {"list": "[]", "array": "[||]", "option": "None"}


def _split(type_: str) -> tuple[str, str]:
    """The constructor of a type, and what it is applied to: `int list` is `list` of `int`."""
    type_ = type_.strip()
    while type_.startswith("(") and type_.endswith(")") and type_.count("(") == 1:
        type_ = type_[1:-1].strip()
    match = re.fullmatch(r"(.+)\s(\w+)", type_)
    return (match[2], match[1]) if match else (type_, "")


def some_value(type_: str, number: int = 0) -> str:
    """A value of a type as an argument, another one for each number; empty where there is no simple one."""
    head, inner = _split(type_)
    if head in _OF and inner:
        element = some_value(inner, number)
        return "" if not element else _OF[head][0].replace("{0}", element) if not inner.startswith("'") else _NONE[head]
    if head.startswith("'") and not inner:
        return "()"
    return _BASE[head][0][number % len(_BASE[head][0])] if head in _BASE and not inner else ""


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
