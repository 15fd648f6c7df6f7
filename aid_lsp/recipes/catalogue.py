"""What recipes understand, for people: instructions with an example each, and the errors that `fix` repairs."""

import difflib
import re
from typing import Protocol

from aid_lsp.recipes import (
    constructor_add,
    derive,
    docs_add,
    extract,
    field_add,
    fill,
    inline,
    interface_edit,
    interface_make,
    library_add,
    module_add,
    move,
    parameter_add,
    parameter_order,
    parameter_remove,
    protect,
    raise_instead,
    return_option,
    test_add,
)
from aid_lsp.recipes.change import Change, Entry
from aid_lsp.recipes.wording import Wish, understand
from aid_lsp.recipes.words import respelt, sentence


class Recipe(Protocol):
    """A module that holds one recipe."""

    ENTRIES: tuple[Entry, ...]
    """What it understands, an example each."""

    def understand(self, sentence: str) -> Change | None:
        """The wish in a sentence; None if its words are not those of this recipe."""
        ...


RECIPES: tuple[Recipe, ...] = (
    parameter_add,
    parameter_remove,
    parameter_order,
    constructor_add,
    field_add,
    interface_edit,
    interface_make,
    extract,
    inline,
    move,
    test_add,
    module_add,
    library_add,
    docs_add,
    protect,
    raise_instead,
    return_option,
    derive,
    fill,
)
"""The recipes for described changes, in the order in which they are asked. A new one is a module and its name here."""

_RENAMES_AND_FIXES = (
    Entry(
        "rename", "rename Shape.area to surface", "Renames a value everywhere: definition, interface, uses, tests, docs comments."
    ),
    Entry("rename", "rename the type shape to figure", "Renames a type; also `module type`, `class`."),
    Entry("rename", "rename constructor Circle to Disc", "Renames a constructor or an exception, in patterns too."),
    Entry("rename", "rename field width to w", "Renames a record field; `{ width }` becomes `{ w = width }`."),
    Entry("rename", "rename label ~by of Shape.scale to ~factor", "Renames the label of an argument, at its calls too."),
    Entry(
        "rename", "rename module Shape to Figure", "Renames a module; if it is a file, the files and their mention in dune too."
    ),
    Entry("rename", "rename this to perimeter", "Renames what the cursor is on, parameters and local values included."),
    Entry("fix", "fix the build", "Repairs what the compiler and dune complain of, one error after the other."),
    Entry("fix", "fix lib/shape.ml", "The same for the errors of one file; with the cursor on an error: `fix this error`."),
    Entry(
        "fix", "fix the interface of lib/shape.ml", "Where the two disagree, the interface follows; or `fix the implementation`."
    ),
    Entry("fix", "fix the warnings", "Answers what the compiler warns of where that is no error to the build; also of one file."),
    Entry("promote", "promote the test output", "Makes what the tests print now what they expect."),
)

_REPAIRED = (
    ("misspelt names", "aera s ─▶ area s; Lst.map ─▶ List.map; librares ─▶ libraries"),
    ("names from elsewhere", "area s ─▶ Shape.area s, or `open Shape`; New.f for Old.f"),
    ("libraries, modules in dune", "Str.regexp ─▶ (libraries str); (modules a) ─▶ (modules a b)"),
    ("missing rec, unused rec, open, names", "let f … f … ─▶ let rec f; unused x ─▶ _x"),
    ("operators and literals", "w * h of floats ─▶ w *. h; 1 ─▶ 1.; %d ─▶ %s"),
    ("conversions", "f 1 ─▶ f (float_of_int 1); f x ─▶ f (Some x); r + 1 ─▶ !r + 1"),
    ("assignments", "r = 1 ─▶ r := 1; t.a := 1 ─▶ t.a <- 1; a field becomes mutable"),
    ("arguments and labels", 'f "a" 1 ─▶ f 1 "a"; g ─▶ g (); f 1 ─▶ f ~by:1'),
    ("missing cases, with a hole", '| Rect _ -> failwith "TODO: Rect _"'),
    ("cases that nothing reaches", "| _ -> 1 | Some x -> x ─▶ the other way round"),
    ("record fields", "{ width } ─▶ { width; height }, where height is bound"),
    ("interface and implementation", "the side that was edited gives way; a constructor that one side lacks"),
    ("slips that show up elsewhere", "let q = Queue.create ─▶ let q = Queue.create (), where q is bound"),
    ("slips", "in, ->, =, then, with, end, ), ], quotes that are missing or too many"),
    ("deprecated names", "old x ─▶ what its author says to use instead"),
)

_MODEL = "`aid recipes` lists what is understood, `aid doctor` says how to add a model for the rest"


def catalogue() -> tuple[Entry, ...]:
    """What recipes understand, with an example each."""
    return (*_RENAMES_AND_FIXES, *(entry for recipe in RECIPES for entry in recipe.ENTRIES))


def change_in(instruction: str) -> Change | None:
    """The described change that an instruction asks for; None if no recipe understands it."""
    words = sentence(instruction)
    return next((change for recipe in RECIPES if (change := recipe.understand(words)) is not None), None) if words else None


def wish_in(instruction: str) -> Wish | Change | None:
    """What an instruction asks for, slips of the pen mended; None if no recipe understands it."""
    for words in (instruction, *respelt(instruction)):
        wish = understand(words) or change_in(words)
        if wish is not None:
            return wish
    return None


def repaired() -> tuple[tuple[str, str], ...]:
    """The kinds of errors that `fix` repairs, with an example each."""
    return _REPAIRED


def nearest(instruction: str) -> str:
    """One sentence for an instruction that no recipe understands: what is nearest to it."""
    words = _stems(instruction)
    every = [(entry, _stems(entry.example), set(_stems(entry.does))) for entry in catalogue()]

    def score(entry: Entry) -> tuple[float, float]:
        _, example, does = next(one for one in every if one[0] is entry)
        # a word says the more the fewer entries have it, and most where it comes first: there it says what to do
        shared = sum(1 / sum(word in one for _, one, _ in every) for word in set(words) & set(example))
        told = sum(0.5 / sum(word in one for _, _, one in every) for word in (set(words) - set(example)) & does)
        first = words[:1] == example[:1]
        return shared + told + first, difflib.SequenceMatcher(None, instruction.lower(), entry.example.lower()).ratio()

    best = max(catalogue(), key=score)
    return f"No recipe understands that; the nearest is `{best.example}`. {_MODEL}."


def _stems(text: str) -> list[str]:
    """The words of a text without what only bends them: `docs`, `testing`."""
    return [re.sub(r"(?<=\w{3})(?:ing|ed|es|s)$", "", word) for word in re.findall(r"[a-z_]\w*", text.lower())]
