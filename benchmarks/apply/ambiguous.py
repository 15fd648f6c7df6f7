"""Answers that fit several places, or the wrong one: the right thing is to refuse.

Each maker returns (files, answer text, format, what was meant), or None where the case does not offer the trap.
"""

import random
import re
from collections.abc import Callable

from aid_lsp.ocaml.anchor import OCamlAnchor
from benchmarks.apply.answers import Answer, Hunk, Part, fence, lines_of, render
from benchmarks.apply.case import Case, Tree

Trap = tuple[Tree, str, str, Tree]
Maker = Callable[[Case, random.Random], Trap | None]

_HEADER = re.compile(r"^let (?:rec )?([a-z_][A-Za-z0-9_']*)")


def _pick(case: Case, rng: random.Random, enough: int = 30) -> tuple[str, list[str]] | None:
    paths = [
        path
        for path, text in case.before.items()
        if text.count("\n") > enough and path.endswith(".ml") and text.endswith("\n") and "\r" not in text
    ]
    if not paths:
        return None
    path = rng.choice(paths)
    return path, lines_of(case.before[path])


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _changed(line: str) -> str:
    return f"{line} (* checked *)"


def _answer(format: str, path: str, hunks: list[Hunk], **how: object) -> str:
    for hunk in hunks:
        hunk.count()
    return render(Answer(format, [Part(path, "change", hunks)], **how))  # pyright: ignore


def _format(rng: random.Random) -> str:
    return rng.choice(("search_replace", "unified_diff", "apply_patch"))


def repeated_lines(case: Case, rng: random.Random) -> Trap | None:
    """Lines that the file has several times, as they are."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    places: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        if line.strip():
            places.setdefault(line, []).append(index)
    several = [found for found in places.values() if len(found) > 1]
    if not several:
        return None
    at = rng.choice(rng.choice(several))
    rows = [("-", lines[at]), ("+", _changed(lines[at]))]
    format = _format(rng)
    meant = [*lines[:at], _changed(lines[at]), *lines[at + 1 :]]
    return case.before, _answer(format, path, [Hunk(rows, at, at)]), format, {**case.before, path: _text(meant)}


def _twins(case: Case, rng: random.Random) -> tuple[str, list[str], int, int, list[str]] | None:
    """A file with a stretch of code copied to a second place: (path, lines, first, second, the stretch)."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    size = rng.randint(4, 9)
    at = rng.randrange(0, len(lines) - size - 10)
    block = lines[at : at + size]
    if sum(bool(line.strip()) for line in block) < 3 or not block[0].strip() or not block[-1].strip():
        return None
    second = rng.randrange(at + size + 2, len(lines))
    lines = [*lines[:second], *block, *lines[second:]]
    return path, lines, at, second, block


def twin(case: Case, rng: random.Random) -> Trap | None:
    """Copied code: the answer shows only what both copies have; with line numbers, often those of the other copy."""
    made = _twins(case, rng)
    if made is None:
        return None
    path, lines, first, second, block = made
    inner = rng.randrange(1, len(block) - 1)
    if not block[inner].strip():
        return None
    meant_at, told_at = (first, second) if rng.random() < 0.5 else (second, first)
    if rng.random() < 0.3:
        told_at = meant_at + rng.choice((-2, 1, 3))
    rows = [(" ", line) for line in block]
    rows[inner : inner + 1] = [("-", block[inner]), ("+", _changed(block[inner]))]
    format = _format(rng)
    tree = {**case.before, path: _text(lines)}
    meant = list(lines)
    meant[meant_at + inner] = _changed(block[inner])
    return tree, _answer(format, path, [Hunk(rows, max(0, told_at), max(0, told_at))]), format, {**tree, path: _text(meant)}


def insertion_between_twins(case: Case, rng: random.Random) -> Trap | None:
    """Lines to insert beside code that is there twice."""
    made = _twins(case, rng)
    if made is None:
        return None
    path, lines, first, second, block = made
    inner = rng.randrange(1, len(block))
    rows = [(" ", line) for line in block]
    rows.insert(inner, ("+", "let fresh = 1"))
    at = rng.choice((first, second))
    format = _format(rng)
    tree = {**case.before, path: _text(lines)}
    meant = [*lines[: at + inner], "let fresh = 1", *lines[at + inner :]]
    return tree, _answer(format, path, [Hunk(rows, at + rng.choice((0, 0, 5)), at)]), format, {**tree, path: _text(meant)}


def renamed_twin(case: Case, rng: random.Random) -> Trap | None:
    """Two functions alike but for their names; the one that is meant has changed since, the other fits but for its name."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    heads = [index for index, line in enumerate(lines) if _HEADER.match(line)]
    pairs = [(a, b) for a, b in zip(heads, [*heads[1:], len(lines)], strict=False) if 4 <= b - a <= 14]
    if not pairs:
        return None
    start, end = rng.choice(pairs)
    block = lines[start:end]
    while block and not block[-1].strip():
        block.pop()
    inner = [index for index in range(1, len(block)) if len(block[index].strip()) > 4]
    if len(inner) < 2:
        return None
    name = _HEADER.match(block[0])[1]  # pyright: ignore
    twin_block = [re.sub(rf"(?<![\w']){re.escape(name)}(?![\w'])", f"{name}_too", line) for line in block]
    touched = rng.choice(inner)
    now = list(twin_block)
    now[touched] = now[touched] + " (* since *)"
    shown = [(" ", line) for line in twin_block]
    shown[touched : touched + 1] = [("-", twin_block[touched]), ("+", _changed(twin_block[touched]))]
    if rng.random() < 0.5:
        shown = shown[: touched + 4]
    file = [*lines[:end], "", *now, "", *lines[end:]]
    tree = {**case.before, path: _text(file)}
    format = _format(rng)
    heading = twin_block[0] if rng.random() < 0.5 else ""
    return tree, _answer(format, path, [Hunk(shown, end, end, heading)]), format, tree


def twin_left(case: Case, rng: random.Random) -> Trap | None:
    """The place that is meant has changed since; elsewhere the lines still are, under another name than the heading says."""
    made = renamed_twin(case, rng)
    if made is None:
        return None
    tree, _, _, _ = made
    path = next(path for path in tree if tree[path] != case.before.get(path))
    old, now = lines_of(case.before[path]), lines_of(tree[path])
    first = next((index for index, (x, y) in enumerate(zip([*old, ""], now, strict=False)) if x != y), len(old))
    head = next((index for index in range(first, len(now)) if _HEADER.match(now[index])), None)
    if head is None:
        return None
    changed = next((index for index in range(head, len(now)) if now[index].endswith("(* since *)")), None)
    if changed is None or changed - head < 2:
        return None
    # only lines that do not hold the name, and the twin's lines as they still are
    name = _HEADER.match(now[head])[1]  # pyright: ignore
    was = now[changed].removesuffix(" (* since *)")
    rows = [(" ", line) for line in now[max(head + 1, changed - 2) : changed]]
    if name in was or any(name in line for _, line in rows):
        return None
    rows += [("-", was), ("+", _changed(was))]
    return (
        tree,
        _answer("apply_patch" if rng.random() < 0.5 else "unified_diff", path, [Hunk(rows, changed, changed, now[head])]),
        "unified_diff",
        tree,
    )


def indented_twins(case: Case, rng: random.Random) -> Trap | None:
    """The same lines at two depths, shown at a third."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    at = rng.randrange(len(lines) - 6)
    block = lines[at : at + 3]
    if not all(line.strip() for line in block) or any("\t" in line for line in block):
        return None
    second = rng.randrange(at + 4, len(lines))
    lines = [*lines[:second], *("    " + line for line in block), *lines[second:]]
    shown = ["  " + line for line in block]
    rows = [(" ", shown[0]), ("-", shown[1]), ("+", _changed(shown[1])), (" ", shown[2])]
    if "\n".join(shown) in _text(lines):
        return None
    tree = {**case.before, path: _text(lines)}
    meant = list(lines)
    meant[at + 1] = _changed(block[1])
    format = _format(rng)
    return tree, _answer(format, path, [Hunk(rows, at, at)]), format, {**tree, path: _text(meant)}


def quoted_twins(case: Case, rng: random.Random) -> Trap | None:
    """Lines that come back with curly quotes, and that the file has twice."""
    made = twin(case, rng)
    if made is None or not any(mark in made[1] for mark in "\"'"):
        return None
    tree, text, format, meant = made
    path = next(path for path in tree if tree[path] != case.before.get(path))
    block = [line for line in text.split("\n") if line in tree[path]]
    if not any('"' in line or "'" in line for line in block):
        return None
    return tree, text.replace('"', "”").replace("'", "’"), format, meant


def elided_twins(case: Case, rng: random.Random) -> Trap | None:
    """An elided block whose second piece is there twice."""
    made = _twins(case, rng)
    if made is None:
        return None
    path, lines, first, second, block = made
    top = next(
        (index for index in range(max(0, first - 20), first - 6) if lines[index].strip() and lines.count(lines[index]) == 1), None
    )
    if top is None:
        return None
    rows = [(" ", lines[top]), (" ", "..."), *((" ", line) for line in block[:2]), ("-", block[2]), ("+", _changed(block[2]))]
    tree = {**case.before, path: _text(lines)}
    meant = list(lines)
    meant[second + 2] = _changed(block[2])
    format = _format(rng)
    return tree, _answer(format, path, [Hunk(rows, first, first)]), format, {**tree, path: _text(meant)}


def definition_twins(case: Case, rng: random.Random) -> Trap | None:
    """A definition whose name the file has twice."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    heads = [(index, _HEADER.match(line)) for index, line in enumerate(lines)]
    found = [(index, match[1]) for index, match in heads if match]
    if not found:
        return None
    _, name = rng.choice(found)
    nested = rng.random() < 0.5
    extra = (
        ["", "module Inner = struct", f"  let {name} = 0", "end", "", "module Other = struct", f"  let {name} = 1", "end"]
        if nested
        else ["", f"let {name} = 0"]
    )
    if nested:
        lines = [line for line in lines if not re.match(rf"\s*(?:let|and) (?:rec )?{re.escape(name)}(?![\w'])", line)]
    tree = {**case.before, path: _text([*lines, *extra])}
    names = [one.name for one in OCamlAnchor().named(path, tree[path]) if one.whole]
    if names.count(name) == 1 or sum(one == name or one.endswith(f".{name}") for one in names) < 2:
        return None  # one of them is named by its whole path: that is the one
    text = f"{path}: {name}\n```ocaml\nlet {name} = 2\n```\n"
    return tree, text, "definition", tree


def path_twins(case: Case, rng: random.Random) -> Trap | None:
    """A bare file name that two folders have, and lines that both files have."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    name = path.rpartition("/")[2]
    tree = {**case.before, f"one/{name}": _text(lines), f"two/{name}": _text(lines)}
    if name in tree:
        return None
    at = next((index for index, line in enumerate(lines) if line.strip() and lines.count(line) == 1), None)
    if at is None:
        return None
    rows = [("-", lines[at]), ("+", _changed(lines[at]))]
    format = _format(rng)
    meant = _text([*lines[:at], _changed(lines[at]), *lines[at + 1 :]])
    return tree, _answer(format, name, [Hunk(rows, at, at)], prefix=("", "")), format, {**tree, f"one/{name}": meant}


def emptied(case: Case, rng: random.Random) -> Trap | None:
    """A new file where one is already."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, _ = picked
    format = _format(rng)
    return case.before, render(Answer(format, [Part(path, "create", text="let fresh = 1\n")])), format, case.before


def overlapping(case: Case, rng: random.Random) -> Trap | None:
    """Two blocks that change the same line differently."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    path, lines = picked
    unique = [index for index, line in enumerate(lines) if line.strip() and lines.count(line) == 1]
    if not unique:
        return None
    at = rng.choice(unique)
    one = Hunk([("-", lines[at]), ("+", _changed(lines[at]))], at, at)
    two = Hunk([("-", lines[at]), ("+", lines[at] + " (* or so *)")], at, at)
    format = _format(rng)
    return case.before, _answer(format, path, [one, two]), format, case.before


def quoted_block(case: Case, rng: random.Random) -> Trap | None:
    """Talk that shows code of a file without asking for anything."""
    picked = _pick(case, rng)
    if picked is None:
        return None
    _, lines = picked
    body = "\n".join(lines[:6]) + "\n"
    return (
        case.before,
        f"The first lines of that file are:\n\n{fence(body)}ocaml\n{body}{fence(body)}\n\nNothing needs to change.\n",
        "search_replace",
        case.before,
    )


TRAPS: dict[str, Maker] = {
    "repeated line": repeated_lines,
    "twin code": twin,
    "insert by twins": insertion_between_twins,
    "renamed twin": renamed_twin,
    "twin left behind": twin_left,
    "twins, reindented": indented_twins,
    "twins, curly": quoted_twins,
    "twins, elided": elided_twins,
    "name twice": definition_twins,
    "path twice": path_twins,
    "file is there": emptied,
    "blocks disagree": overlapping,
    "talk only": quoted_block,
}
