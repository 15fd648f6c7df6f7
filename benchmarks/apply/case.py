"""A change to be made: the files before and after. And how real files get seeded changes."""

import random
import re
from dataclasses import dataclass, field

Tree = dict[str, str]

_IDENTIFIER = re.compile(r"\b[a-z_][a-z0-9_']{2,}\b")
_KEYWORDS = frozenset(
    [
        "let",
        "rec",
        "and",
        "in",
        "if",
        "then",
        "else",
        "match",
        "with",
        "fun",
        "function",
        "type",
        "val",
        "module",
        "struct",
        "sig",
        "end",
        "open",
        "include",
        "begin",
        "done",
        "while",
        "for",
        "mutable",
        "of",
        "true",
        "false",
        "not",
        "when",
        "try",
        "raise",
        "lazy",
        "assert",
        "class",
        "method",
        "object",
        "new",
        "inherit",
        "constraint",
        "external",
        "exception",
        "virtual",
        "private",
        "nonrec",
    ]
)


@dataclass(frozen=True)
class Case:
    """One change."""

    name: str
    before: Tree
    after: Tree
    moves: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        paths = sorted(path for path in self.before.keys() | self.after.keys() if self.before.get(path) != self.after.get(path))
        object.__setattr__(self, "changed", tuple(paths))


def seeded(name: str, tree: Tree, rng: random.Random) -> Case | None:
    """Changes one to four files of a project in several places each, the way commits do."""
    paths = [path for path, text in tree.items() if text.count("\n") >= 12]
    if len(paths) < 3:
        return None
    # long files and short ones alike
    weights = [1 + min(4, tree[path].count("\n") // 300) for path in paths]
    picked = set(rng.choices(paths, weights, k=rng.choice((1, 2, 2, 3, 3, 4))))
    others = set(rng.sample(paths, min(3, len(paths)))) | {path for path in paths if path.rpartition("/")[2] == "dune"}
    before = {path: tree[path] for path in sorted(picked | others)}
    after = dict(before)
    for path in sorted(picked):
        after[path] = _edited(before[path], tree[rng.choice(paths)], rng)
    if rng.random() < 0.1:
        source = tree[rng.choice(paths)].split("\n")
        at = rng.randrange(max(1, len(source) - 12))
        after[f"{sorted(picked)[0].rpartition('/')[0] or 'lib'}/fresh_{rng.randrange(100)}.ml"] = (
            "\n".join(source[at : at + 12]).strip("\n") + "\n"
        )
    if rng.random() < 0.05:
        gone = rng.choice(sorted(others - picked) or sorted(picked))
        if gone not in picked:
            del after[gone]
    return Case(name, before, after) if before != after else None


def _edited(text: str, donor: str, rng: random.Random) -> str:
    lines = text.split("\n")
    end = lines.pop() if lines and not lines[-1] else None
    spare = [line for line in donor.split("\n") if line.strip()]
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        at = rng.randrange(len(lines))
        for _ in range(20):
            if lines[at].strip():
                break
            at = rng.randrange(len(lines))
        kind = rng.choice(("token", "token", "token", "lines", "insert", "insert", "delete", "definition", "wrap"))
        if kind == "token":
            lines[at] = _renamed(lines[at], rng)
        elif kind == "lines":
            for index in range(at, min(len(lines), at + rng.randint(2, 6))):
                lines[index] = _renamed(lines[index], rng)
        elif kind == "insert":
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            lines[at:at] = [indent + rng.choice(spare).strip() for _ in range(rng.randint(1, 5))]
        elif kind == "delete":
            del lines[at : at + rng.randint(1, 4)]
            if len(lines) < 4:
                return text
        elif kind == "definition":
            tops = [index for index, line in enumerate(lines) if line.startswith(("let ", "val ", "type ", "module "))]
            if tops:
                where = rng.choice(tops)
                word = "val" if lines[where].startswith("val ") else "let"
                new = (
                    f"val fresh_{rng.randrange(1000)} : int -> string"
                    if word == "val"
                    else f"let fresh_{rng.randrange(1000)} x =\n  {_plain(spare, rng)}"
                )
                lines[where:where] = [*new.split("\n"), ""]
        else:
            last = min(len(lines), at + rng.randint(2, 4))
            lines[at:last] = ["  " + line if line.strip() else line for line in lines[at:last]]
    return "\n".join(lines) + ("\n" if end is not None else "")


def _plain(spare: list[str], rng: random.Random) -> str:
    return rng.choice(spare).strip()


def _renamed(line: str, rng: random.Random) -> str:
    words = [match for match in _IDENTIFIER.finditer(line) if match[0] not in _KEYWORDS]
    if not words:
        return line + " (* changed *)" if line.strip() else line
    match = rng.choice(words)
    return f"{line[: match.start()]}{match[0]}_{rng.randrange(100)}{line[match.end() :]}"
