"""Edits of generated trees, each a new one, so that no cache knows what becomes of it."""

import itertools
from pathlib import Path

from aid_lsp.edits.patch import FileChange, Patch

_numbers = itertools.count(1_000_000)


def body(text: str, *, good: bool) -> str:
    """Another constant in the weight of a plain item; or one of another type."""
    number = f"{next(_numbers)}"
    return text.replace("| Plain -> 1\n", f"| Plain -> {number}{'' if good else '.'}\n", 1)


def patch_of(root: Path, path: str, *, good: bool) -> Patch:
    """A change of one module's body."""
    before = (root / path).read_text()
    return Patch.of([FileChange(path, before, body(before, good=good))])


def interface(root: Path, path: str) -> Patch:
    """A new value in an interface and its implementation: everything that links it is compiled again."""
    name = f"fresh_{next(_numbers)}"
    signature, implementation = (root / path), (root / path).with_suffix(".ml")
    one, other = signature.read_text(), implementation.read_text()
    return Patch.of(
        [
            FileChange(path, one, f"{one}val {name} : int\n"),
            FileChange(str(Path(path).with_suffix(".ml")), other, f"{other}let {name} = 3\n"),
        ]
    )


def write(tree: Path, patch: Patch) -> None:
    """Writes what a patch says, in place, as an editor does."""
    for change in patch.changes:
        (tree / change.path).parent.mkdir(parents=True, exist_ok=True)
        if change.after is None:
            (tree / change.path).unlink()
        else:
            (tree / change.path).write_text(change.after)


def undo(tree: Path, patch: Patch) -> None:
    """Writes what was there before a patch."""
    for change in patch.changes:
        if change.before is None:
            (tree / change.path).unlink()
        else:
            (tree / change.path).write_text(change.before)
