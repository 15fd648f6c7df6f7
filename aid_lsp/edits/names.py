"""The definitions of one text, to be looked up by name, by the end of a name, or by what they stand beside."""

from collections.abc import Iterable

from aid_lsp.edits.anchor import Named


class Names:
    """Those that can be replaced by themselves, in the order of the text. Built once for each text, however many blocks ask."""

    __slots__ = ("_by_end", "_by_name", "_levels", "_parts", "_ranks", "all")

    def __init__(self, named: Iterable[Named]) -> None:
        listed = list(named)
        self.all = [one for one in listed if one.whole]
        self._parts = {end: one for one in listed if not one.whole for end in (one.name, one.name.rpartition(".")[2])}
        self._by_name: dict[str, list[Named]] = {}
        self._by_end: dict[str, list[Named]] = {}
        self._levels: dict[str, list[Named]] = {}
        self._ranks: dict[Named, int] = {}
        for one in self.all:
            self._by_name.setdefault(one.name, []).append(one)
            ends = {one.name[at + 1 :] for at, character in enumerate(one.name) if character == "."}
            if one.kind == "stanza":
                ends.update(one.name.split()[1:])
            for end in ends:
                self._by_end.setdefault(end, []).append(one)
            level = self._levels.setdefault(one.name.rpartition(".")[0], [])
            self._ranks.setdefault(one, len(level))
            level.append(one)

    def called(self, name: str) -> list[Named]:
        """Those of that whole name."""
        return self._by_name.get(name, [])

    def ending(self, name: str) -> list[Named]:
        """Those whose path ends so; stanzas by one of their names."""
        return self._by_end.get(name, [])

    def part(self, name: str) -> Named | None:
        """What can be named but not replaced by itself: a constructor, a field, a method. None where something else has the name."""
        return None if self.called(name) or self.ending(name) else self._parts.get(name)

    def chain(self, member: Named, text: str) -> list[Named]:
        """The definitions tied to one by `and`, itself included."""
        level = self._levels[member.name.rpartition(".")[0]]
        first = self._ranks[member]
        last = first + 1
        while last < len(level) and level[last].code.of(text).startswith("and"):
            last += 1
        while first > 0 and level[first].code.of(text).startswith("and"):
            first -= 1
        return level[first:last]
