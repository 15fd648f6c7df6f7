"""Finds the definitions that a whole-file answer leaves out unsaid."""

import re
from collections import Counter

from aid_lsp.edits.anchor import Named

_NAME = re.compile(r"(?<![\w'.])[^\W\d][\w']*")


def lost_names(
    old_text: str, new_text: str, old: tuple[Named, ...], new: tuple[Named, ...], removed: tuple[str, ...]
) -> list[str]:
    """The definitions that disappear, but for those declared as removed and those that came back under another name, else unchanged.

    Only a definition with a body to know it by is excused so, and only where its old name is used no more: two `val`s of one type
    are no evidence, and a copy beside a definition that was left out would look the same.
    """
    before = [one for one in old if one.whole]
    after = [one for one in new if one.whole]
    left = Counter((one.kind, one.name) for one in before) - Counter((one.kind, one.name) for one in after)
    fresh = Counter((one.kind, one.name) for one in after) - Counter((one.kind, one.name) for one in before)
    if not left:
        return []
    # a body without the name, so that it is known again under another one; nothing came, nothing was renamed
    came = Counter((one.kind, _anonymous(one, new_text)) for one in after if (one.kind, one.name) in fresh)
    bodies: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for one in before if came else ():
        if (one.kind, one.name) in left:
            bodies.setdefault((one.kind, one.name), []).append((one.kind, _anonymous(one, old_text)))
    went = Counter(body for listed in bodies.values() for body in listed)
    used_names = set(_NAME.findall(new_text)) if came else set[str]()
    declared = Counter(removed)
    names = Counter(name for _, name in [*left, *((one.kind, one.name) for one in after)])
    lost: list[str] = []
    for (kind, name), count in left.items():
        for spelling in dict.fromkeys((f"{kind} {name}", name, name.rpartition(".")[2])):
            # each name that is declared lets one definition go
            used = min(count, declared[spelling])
            declared[spelling] -= used
            count -= used
        own = bodies.get((kind, name), [])
        renamed = len(own) == 1 and _telling(own[0][1]) and went[own[0]] <= came[own[0]]
        if count and not (renamed and name.rpartition(".")[2] not in used_names):
            lost.append(f"{kind} {name}" if names[name] > 1 else name)
    return lost


def _telling(code: str) -> bool:
    """Whether a definition has so much of a body that it can be known again by it."""
    return len("".join(code.partition("=")[2].split())) >= 12


def _anonymous(named: Named, text: str) -> str:
    """A definition's code without its own name."""
    own = named.name.rpartition(".")[2]
    return re.sub(rf"(?<![\w'.]){re.escape(own)}(?![\w'])", "\x00", named.code.of(text))
