"""Finds the definitions that a whole-file answer leaves out unsaid."""

import re
from collections import Counter
from collections.abc import Collection

from aid_lsp.edits.anchor import Named
from aid_lsp.edits.sequence import changes
from aid_lsp.edits.target import Index

_NAME = re.compile(r"(?<![\w'.])[^\W\d][\w']*")


_INCLUDE = re.compile(r"^[ \t]*include[ \t]+(?:[A-Z(]|module\b|struct\b|sig\b)[^\r\n]*", re.MULTILINE)
_TWINS = 8
"""So many definitions of the same lines are counted."""
_LOST = 500
"""So many definitions amid syntax errors are looked for."""
_Key = tuple[str, str]


def lost_names(
    old_text: str, new_text: str, old: tuple[Named, ...], new: tuple[Named, ...], removed: tuple[str, ...], *, sound: bool = True
) -> list[str]:
    """The definitions that disappear, but for those declared as removed and those that came back under another name, else unchanged.

    Only a definition with a body to know it by is excused so, and only where its old name is used no more: two `val`s of one type
    are no evidence, and a copy beside a definition that was left out would look the same. `sound` says whether the new text parses.
    """
    before = [one for one in old if one.whole]
    after = [one for one in new if one.whole]
    if not sound:
        after = _in_place(before, after, old_text, new_text)
    left = Counter(_key(one, old_text) for one in before) - Counter(_key(one, new_text) for one in after)
    if left and not sound:
        left -= _still_there([one for one in before if _key(one, old_text) in left], old_text, new_text)
    fresh = Counter(_key(one, new_text) for one in after) - Counter(_key(one, old_text) for one in before)
    if not left:
        return []
    # a body without the name, so that it is known again under another one; nothing came, nothing was renamed
    came = Counter((one.kind, _anonymous(one, new_text)) for one in after if _key(one, new_text) in fresh)
    bodies: dict[_Key, list[_Key]] = {}
    for one in before if came else ():
        if _key(one, old_text) in left:
            bodies.setdefault(_key(one, old_text), []).append((one.kind, _anonymous(one, old_text)))
    went = Counter(body for listed in bodies.values() for body in listed)
    used_names = set(_NAME.findall(new_text)) if came else set[str]()
    declared = Counter(removed)
    names = Counter([*(name for _, name in left), *(one.name for one in after)])
    lost: list[str] = []
    for key, count in left.items():
        kind, name = key[0].removeprefix("val "), key[1]
        for spelling in dict.fromkeys((f"{kind} {name}", name, name.rpartition(".")[2])):
            # each name that is declared lets one definition go
            used = min(count, declared[spelling])
            declared[spelling] -= used
            count -= used
        own = bodies.get(key, [])
        renamed = len(own) == 1 and _telling(own[0][1]) and went[own[0]] <= came[own[0]]
        if count and not (renamed and name.rpartition(".")[2] not in used_names):
            lost.append(f"{kind} {name}" if names[name] > 1 else name)
    return lost


def lost_includes(old_text: str, new_text: str, removed: Collection[str]) -> list[str]:
    """The `include` lines that disappear, where fewer are left, but for those declared as removed: they define what no name tells."""
    before, after = (Counter(match[0].strip() for match in _INCLUDE.finditer(text)) for text in (old_text, new_text))
    if after.total() >= before.total():
        return []
    gone = (before - after).elements()
    return [line for line in gone if not all(part.strip() in removed for part in line.split(","))]


def _key(named: Named, text: str) -> _Key:
    """What a definition is known again by; at the top a `val` does not come back for a `let`."""
    return ("val " if named.top and text.startswith("val", named.code.start) else "") + named.kind, named.name


def _in_place(before: list[Named], after: list[Named], old_text: str, new_text: str) -> list[Named]:
    """The definitions of a text with syntax errors, but for those that the errors made of its lines.

    That is one at the top, of an old name, at another place, and with neither the text nor the first line that it had.
    """
    had, has = (Counter(line.strip() for line in text.split("\n")) for text in (old_text, new_text))
    heads = {(_key(one, old_text), _head(one, old_text)) for one in before}
    keys, fresh = [_key(one, old_text) for one in before], [_key(one, new_text) for one in after]
    texts = {(key, "".join(one.code.of(old_text).split())) for key, one in zip(keys, before, strict=True)}
    moved = {index for run in changes(keys, fresh) for index in range(run.b0, run.b1)}
    known = set(keys)
    return [
        one
        for index, (key, one) in enumerate(zip(fresh, after, strict=True))
        if not one.top
        or index not in moved
        or key not in known
        or (key, "".join(one.code.of(new_text).split())) in texts
        or ((key, head := _head(one, new_text)) in heads and has[head] >= had[head])
    ]


def _head(named: Named, text: str) -> str:
    """The first line of a definition, without its indentation."""
    return _lines(text, named.code.start, named.code.start)[0]


def _lines(text: str, start: int, end: int) -> list[str]:
    """The whole lines from one offset to another, without their indentation."""
    last = text.find("\n", end)
    return [line.strip() for line in text[text.rfind("\n", 0, start) + 1 : last if last >= 0 else None].split("\n")]


def _still_there(lost: list[Named], old_text: str, new_text: str) -> Counter[_Key]:
    """The definitions that nothing but a syntax error hides: all their lines stand in the new text, as often as in the old one."""
    old, new = Index([line.strip() for line in old_text.split("\n")]), Index([line.strip() for line in new_text.split("\n")])
    found: Counter[_Key] = Counter()
    for one in lost[:_LOST]:
        end = one.code.end if one.sound else one.code.start  # where a broken one ends is unclear
        lines = _lines(old_text, one.code.start, end)
        there = len(new.find(lines, _TWINS))
        if there and there >= len(old.find(lines, _TWINS)):
            found[_key(one, old_text)] += 1
    return found


def _telling(code: str) -> bool:
    """Whether a definition has so much of a body that it can be known again by it."""
    return len("".join(code.partition("=")[2].split())) >= 12


def _anonymous(named: Named, text: str) -> str:
    """A definition's code without its own name."""
    own = named.name.rpartition(".")[2]
    return re.sub(rf"(?<![\w'.]){re.escape(own)}(?![\w'])", "\x00", named.code.of(text))
