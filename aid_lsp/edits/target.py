"""A file to be edited, cut into lines that can be looked up in several spellings."""

from aid_lsp.edits.lines import split_lines
from aid_lsp.edits.typography import fold


class Index:
    """The lines of a file in one spelling."""

    __slots__ = ("_joined", "_places", "lines")

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self._joined = "\n".join(["", *lines, ""])
        self._places: dict[str, list[int]] | None = None

    def places(self, line: str) -> list[int]:
        """Where one line is, from 0."""
        if self._places is None:
            self._places = {}
            for number, one in enumerate(self.lines):
                self._places.setdefault(one, []).append(number)
        return self._places.get(line, [])

    def find(self, wanted: list[str], limit: int) -> list[int]:
        """Where the lines occur in a row; at most `limit` places. Linear in the file."""
        if not wanted:
            return []
        needle = "\n".join(["", *wanted, ""])
        found: list[int] = []
        line = at = 0
        while len(found) < limit:
            start = at
            at = self._joined.find(needle, at)
            if at < 0:
                break
            line += self._joined.count("\n", start, at)
            found.append(line)
            at += 1
            line += 1
        return found


class Target:
    """One file of the view."""

    __slots__ = ("_indexes", "contents", "ends", "eol", "final_newline", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        if "\r" in text:
            lines = split_lines(text)
            self.contents = [line.rstrip("\r\n") for line in lines]
            self.ends = [line[len(content) :] for line, content in zip(lines, self.contents, strict=True)]
        else:
            self.contents = text.split("\n")
            self.ends = ["\n"] * len(self.contents)
            if self.contents[-1]:
                self.ends[-1] = ""
            else:
                self.contents.pop()
                self.ends.pop()
        self.eol = "\r\n" if "\r" in text and self.ends.count("\r\n") > self.ends.count("\n") else "\n"
        """How the lines that an edit adds shall end."""
        self.final_newline = not self.ends or bool(self.ends[-1])
        self._indexes: dict[str, Index] = {}

    @property
    def stripped(self) -> Index:
        """The lines without spaces at either end."""
        return self.index("stripped")

    def index(self, spelling: str) -> Index:
        """The lines in a spelling: exact, trailing (no spaces at the end), stripped (at neither end), folded (in plain typography)."""
        if spelling not in self._indexes:
            lines = self.contents if spelling == "exact" else [spelled(line, spelling) for line in self.contents]
            self._indexes[spelling] = Index(lines)
        return self._indexes[spelling]


def spelled(line: str, spelling: str) -> str:
    """One line in a spelling: exact, trailing, stripped or folded."""
    if spelling == "exact":
        return line
    if spelling == "trailing":
        return line.rstrip(" \t\f")
    return line.strip(" \t\f") if spelling == "stripped" else fold(line).strip(" \t\f")
