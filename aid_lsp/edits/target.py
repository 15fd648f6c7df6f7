"""A file to be edited, cut into lines that can be looked up in several spellings."""

from bisect import bisect_right

from aid_lsp.edits.lines import split_lines
from aid_lsp.edits.typography import fold

_FEW = 40
"""Up to so many places are compared one by one; beyond, one search through the joined text is quicker."""


class Index:
    """The lines of a file in one spelling."""

    __slots__ = ("_joined", "_places", "_starts", "lines")

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self._places: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            self._places.setdefault(line, []).append(number)
        self._joined: str | None = None
        self._starts: list[int] = []

    def places(self, line: str) -> list[int]:
        """Where one line is, from 0."""
        return self._places.get(line, [])

    def find(self, wanted: list[str], limit: int) -> list[int]:
        """Where the lines occur in a row; at most `limit` places. Linear in the file and the lines wanted."""
        rarest: list[int] | None = None
        offset = 0
        for index, line in enumerate(wanted):
            places = self._places.get(line)
            if places is None:
                return []
            if rarest is None or len(places) < len(rarest):
                rarest, offset = places, index
        if rarest is None:
            return []
        if len(rarest) <= _FEW:
            starts = [place - offset for place in rarest]
            return [at for at in starts if at >= 0 and self.lines[at : at + len(wanted)] == wanted][:limit]
        return self._find_joined(wanted, limit)

    def _find_joined(self, wanted: list[str], limit: int) -> list[int]:
        if self._joined is None:
            self._joined = "\n" + "\n".join(self.lines) + "\n"
            at = 0
            for line in self.lines:
                self._starts.append(at)
                at += len(line) + 1
        needle = "\n" + "\n".join(wanted) + "\n"
        found: list[int] = []
        at = self._joined.find(needle)
        while at >= 0 and len(found) < limit:
            found.append(bisect_right(self._starts, at) - 1)
            at = self._joined.find(needle, at + 1)
        return found


class Target:
    """One file of the view."""

    __slots__ = ("_indexes", "contents", "ends", "eol", "final_newline", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        lines = split_lines(text)
        self.contents = [line.rstrip("\r\n") for line in lines] if "\r" in text else [line.removesuffix("\n") for line in lines]
        self.ends = [line[len(content) :] for line, content in zip(lines, self.contents, strict=True)]
        crlf = self.ends.count("\r\n") if "\r" in text else 0
        self.eol = "\r\n" if crlf > self.ends.count("\n") else "\n"
        """How the lines that an edit adds shall end."""
        self.final_newline = not lines or bool(self.ends[-1])
        self._indexes: dict[str, Index] = {}

    @property
    def exact(self) -> Index:
        """The lines as they are."""
        return self._index("exact")

    @property
    def trailing(self) -> Index:
        """Without spaces at their ends."""
        return self._index("trailing")

    @property
    def stripped(self) -> Index:
        """Without spaces at either end."""
        return self._index("stripped")

    @property
    def folded(self) -> Index:
        """In plain typography, without spaces at either end."""
        return self._index("folded")

    def _index(self, spelling: str) -> Index:
        if spelling not in self._indexes:
            self._indexes[spelling] = Index([spelled(line, spelling) for line in self.contents])
        return self._indexes[spelling]


def spelled(line: str, spelling: str) -> str:
    """One line in a spelling: exact, trailing, stripped or folded."""
    if spelling == "exact":
        return line
    if spelling == "trailing":
        return line.rstrip(" \t\f")
    return line.strip(" \t\f") if spelling == "stripped" else fold(line).strip(" \t\f")
