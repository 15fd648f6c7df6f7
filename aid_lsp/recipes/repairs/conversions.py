"""What turns a value of one type into another, and which functions differ only in that."""

import re

CONVERSIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("int", "float"): ("float_of_int",),
    ("float", "int"): ("int_of_float",),
    ("int", "string"): ("string_of_int",),
    ("float", "string"): ("string_of_float",),
    ("bool", "string"): ("string_of_bool",),
    ("string", "int"): ("int_of_string",),
    ("string", "float"): ("float_of_string",),
    ("string", "int option"): ("int_of_string_opt",),
    ("char", "int"): ("Char.code",),
    ("int", "char"): ("Char.chr",),
    ("char", "string"): ("String.make 1",),
    ("bytes", "string"): ("Bytes.to_string", "Bytes.unsafe_to_string"),
    ("string", "bytes"): ("Bytes.of_string",),
    ("Buffer.t", "string"): ("Buffer.contents",),
    ("exn", "string"): ("Printexc.to_string",),
    ("int32", "int"): ("Int32.to_int",),
    ("int64", "int"): ("Int64.to_int",),
    ("int", "int32"): ("Int32.of_int",),
    ("int", "int64"): ("Int64.of_int",),
    ("nativeint", "int"): ("Nativeint.to_int",),
    ("int", "nativeint"): ("Nativeint.of_int",),
}
"""By (is, should be)."""

BY_HEAD: dict[tuple[str, str], tuple[str, ...]] = {
    ("list", "array"): ("Array.of_list",),
    ("array", "list"): ("Array.to_list",),
    ("Seq.t", "list"): ("List.of_seq",),
    ("list", "Seq.t"): ("List.to_seq",),
    ("Seq.t", "array"): ("Array.of_seq",),
    ("array", "Seq.t"): ("Array.to_seq",),
    ("option", "list"): ("Option.to_list",),
}
"""By the type constructors' names: `int list` has the head `list`."""

OPERATORS: dict[str, str] = {
    "+": "+.", "-": "-.", "*": "*.", "/": "/.", "+.": "+", "-.": "-", "*.": "*", "/.": "/", "~-": "~-.", "~-.": "~-",
}  # fmt: skip
"""The integers' and the floats' operators."""

SIBLINGS: dict[str, tuple[str, ...]] = {
    "Printf.printf": ("Printf.sprintf",),
    "Printf.sprintf": ("Printf.printf",),
    "Format.printf": ("Format.sprintf", "Format.asprintf"),
    "Format.fprintf": ("Format.sprintf", "Format.asprintf"),
    "List.map": ("List.iter", "List.concat_map", "List.filter_map"),
    "List.iter": ("List.map",),
    "List.concat_map": ("List.map",),
    "List.filter_map": ("List.map", "List.filter"),
    "List.filter": ("List.filter_map",),
    "List.mapi": ("List.map", "List.iteri"),
    "List.iteri": ("List.iter", "List.mapi"),
    "Array.map": ("Array.iter",),
    "Array.iter": ("Array.map",),
    "Array.iteri": ("Array.iter",),
    "fst": ("snd",),
    "snd": ("fst",),
    "List.length": ("Array.length", "String.length"),
    "Array.length": ("List.length", "String.length"),
    "String.length": ("Bytes.length", "List.length", "Array.length"),
    "Bytes.length": ("String.length",),
    "Buffer.add_char": ("Buffer.add_string",),
    "Buffer.add_string": ("Buffer.add_char",),
    "print_string": ("print_int", "print_char", "print_float"),
    "print_int": ("print_string",),
    "float_of_int": ("int_of_float",),
    "int_of_float": ("float_of_int",),
    "string_of_int": ("string_of_float",),
    "List.fold_left": ("List.fold_right",),
    "List.fold_right": ("List.fold_left",),
    "^": ("@",),
    "@": ("^",),
}
"""Functions that are easily taken for one another."""

DROPPABLE = frozenset(name for names in (*CONVERSIONS.values(), *BY_HEAD.values()) for name in names) | {
    "Some",
    "Ok",
    "ref",
    "ignore",
}
"""Functions and constructors that only turn a value into another type."""
PARTIAL = frozenset({"int_of_string", "float_of_string", "Char.chr"})
"""Those that may raise; nobody means them for a literal."""


def head(type_: str) -> str:
    """The type constructor of a type: of `(int, string) Hashtbl.t` it is `Hashtbl.t`."""
    bare = type_.partition(" = ")[0].strip().strip('"').strip()
    if "->" in re.sub(r"\([^()]*\)", "", bare) or "*" in re.sub(r"\([^()]*\)", "", bare):
        return ""
    name = bare.rpartition(" ")[2] if not bare.endswith(")") else ""
    return name.removeprefix("Stdlib.")


def parameter(type_: str) -> str:
    """What a type constructor is applied to: `int` of `int list`."""
    return type_.strip().rpartition(" ")[0].strip()


def between(is_: str, wanted: str) -> tuple[str, ...]:
    """The functions that turn the one type into the other."""
    direct = CONVERSIONS.get((is_.removeprefix("Stdlib."), wanted.removeprefix("Stdlib.")), ())
    return direct or BY_HEAD.get((head(is_), head(wanted)), ())
