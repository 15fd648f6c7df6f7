"""What the compiler says of one place of a file: the type that is expected there, and what is in scope and fits it.

    let show (s : Shape.t) : string = (assert false)      ──▶      string: Shape.to_string s, s.label

The question is `fits.ml`, which the `ocaml` of the workspace runs on the `.cmt` of the file, with the compiler's own library.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aid_lsp.build.process import ask
from aid_lsp.recipes.signature import compiled

_QUESTION = Path(__file__).with_name("fits.ml")
_DEADLINE_S = 60.0

Kind = Literal["local", "field", "value", "call", "make"]


@dataclass(frozen=True, slots=True)
class Fit:
    """One expression of the type that is expected."""

    text: str
    kind: Kind
    """A local, a field of one, a value of the module's or another's, a call of one, or what is made of constructors."""
    covers: int
    """How many of the locals are in it that nothing else uses."""
    left: tuple[str, ...]
    """The types of what it leaves to be written: where it says `failwith "TODO"`."""


@dataclass(frozen=True, slots=True)
class Fits:
    """What is known of a place."""

    type: str
    locals: tuple[tuple[str, str], ...]
    """What only the definition around it has: names with their types."""
    fits: tuple[Fit, ...]
    how: Literal["", "match", "let", "whole", "unknown"] = ""
    """How a value that was asked about is taken apart: by cases, by one pattern, not at all; or it is unknown."""
    patterns: tuple[str, ...] = ()
    """The patterns that take it apart; of one that cannot be, its type."""


async def fits_at(build: Path, path: str, line: int, column: int, value: str = "") -> Fits | str:
    """Asks about the `(assert false)` at a place of a file that is built in `_build/default`; `line` from 1, `column` in bytes.

    With a value, how that is taken apart. A sentence where the compiler does not know.
    """
    found = await asyncio.to_thread(compiled, build, path)
    if found is None:
        return f"{path} is not built by dune, so its types are not known."
    unit, folders, _ = found
    artefact = folders[0] / f"{unit[:1].lower()}{unit[1:]}.cmt"
    command = ("ocaml", "-noinit", "-w", "-a", "-I", "+compiler-libs", "ocamlcommon.cma", str(_QUESTION), str(artefact))
    said = await ask((*command, str(line), str(column), *((value,) if value else ())), folder=build, deadline_s=_DEADLINE_S)
    if said is None:
        return "What fits cannot be known: `ocaml` with its compiler-libs does not answer for this compiler."
    if said.startswith("none"):
        return f"The compiler does not get as far as the hole in {path}; fix the error before it first."
    return _read(said)


def _read(said: str) -> Fits:
    type_, locals_, fits = "", list[tuple[str, str]](), list[Fit]()
    how: Literal["", "match", "let", "whole", "unknown"] = ""
    patterns: tuple[str, ...] = ()
    for line in said.split("\n"):
        match line.split("\t"):
            case ["type", type_]:
                pass
            case ["local", name, of, _]:
                locals_.append((name, of))
            case ["fit", ("local" | "field" | "value" | "call" | "make") as kind, covers, text, *left]:
                fits.append(Fit(text, kind, int(covers), tuple(left)))
            case ["split", ("match" | "let") as how, *cases]:
                patterns = tuple(cases)
            case [("whole" | "unknown") as how, of]:
                patterns = (of,)
            case _:
                pass
    return Fits(type_, tuple(reversed(locals_)), tuple(fits), how, patterns)
