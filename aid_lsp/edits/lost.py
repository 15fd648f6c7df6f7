"""Finds the definitions that a whole-file answer leaves out unsaid."""

import re
from collections import Counter

from aid_lsp.edits.anchor import Named


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
    came = Counter((one.kind, _anonymous(one, new_text)) for one in after if (one.kind, one.name) in fresh)
    went = Counter((one.kind, _anonymous(one, old_text)) for one in before if (one.kind, one.name) in left)
    declared = Counter(removed)
    names = Counter(name for _, name in [*left, *((one.kind, one.name) for one in after)])
    lost: list[str] = []
    for (kind, name), count in left.items():
        for spelling in dict.fromkeys((f"{kind} {name}", name, name.rpartition(".")[2])):
            # each name that is declared lets one definition go
            used = min(count, declared[spelling])
            declared[spelling] -= used
            count -= used
        bodies = [(kind, _anonymous(one, old_text)) for one in before if (one.kind, one.name) == (kind, name)]
        renamed = len(bodies) == 1 and _telling(bodies[0][1]) and went[bodies[0]] <= came[bodies[0]]
        if count and not (renamed and not _mentions(new_text, name)):
            lost.append(f"{kind} {name}" if names[name] > 1 else name)
    return lost


def _telling(code: str) -> bool:
    """Whether a definition has so much of a body that it can be known again by it."""
    return len("".join(code.partition("=")[2].split())) >= 12


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w'.]){re.escape(name.rpartition('.')[2])}(?![\w'])", text) is not None


def _anonymous(named: Named, text: str) -> str:
    """A definition's code without its own name."""
    own = named.name.rpartition(".")[2]
    return re.sub(rf"(?<![\w'.]){re.escape(own)}(?![\w'])", "\x00", named.code.of(text))
