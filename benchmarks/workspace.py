"""OCaml workspaces of any size, generated: libraries in a chain, modules with interfaces, one test.

    generate(root, 200_000)      200 kLOC in 400 modules of 500 lines, 20 modules a library, each using the one before it

The code is plain (functions over ints and records), so that its build costs little and its size is what is measured.
"""

from pathlib import Path

_LINES_A_MODULE = 500
_MODULES_A_LIBRARY = 20
_ITEM = 5
"""Lines an item takes in the implementation."""


def generate(root: Path, lines: int) -> list[str]:
    """Writes a workspace of about so many lines; answers with its implementations, each after those it uses."""
    count = max(2, lines // _LINES_A_MODULE)
    root.mkdir(parents=True, exist_ok=True)
    (root / "dune-project").write_text("(lang dune 3.0)\n", "utf-8")
    paths: list[str] = []
    for number in range(count):
        library = number // _MODULES_A_LIBRARY
        folder = root / f"lib{library}"
        if number % _MODULES_A_LIBRARY == 0:
            folder.mkdir(exist_ok=True)
            needs = f" (libraries part{library - 1})" if library else ""
            (folder / "dune").write_text(f"(library (name part{library}){needs})\n", "utf-8")
        path = f"lib{library}/unit{number}.ml"
        implementation, interface = _module(number)
        (root / path).write_text(implementation, "utf-8")
        (root / f"{path}i").write_text(interface, "utf-8")
        paths.append(path)
    last = (count - 1) // _MODULES_A_LIBRARY
    (root / "test").mkdir(exist_ok=True)
    (root / "test" / "dune").write_text(f"(test (name test_parts) (libraries part{last}))\n", "utf-8")
    (root / "test" / "test_parts.ml").write_text(f"let () = assert (Part{last}.Unit{count - 1}.step0 1 = 2)\n", "utf-8")
    return paths


def _module(number: int) -> tuple[str, str]:
    before = number - 1
    same = before // _MODULES_A_LIBRARY == number // _MODULES_A_LIBRARY
    used = f"Unit{before}" if same else f"Part{before // _MODULES_A_LIBRARY}.Unit{before}"
    implementation = ["type t = { count : int; label : string }\n\n"]
    interface = ["type t = { count : int; label : string }\n\n"]
    for item in range(_LINES_A_MODULE // (_ITEM + 1)):
        other = f"{used}.step{item} 0" if number and item else "0"
        implementation.append(
            f"(* Adds {item} to what it is given. *)\n"
            f"let step{item} value =\n"
            f"  let other = {other} in\n"
            f"  if value > {item} then value + other - other + {item + 1} else value + {item + 1}\n\n"
        )
        interface.append(f"val step{item} : int -> int\n")
    return "".join(implementation), "".join(interface)
