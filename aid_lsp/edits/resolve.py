"""Finds the file that a path in an answer means.

A block that shows lines of its file may spell the path with a prefix too many or too few, as long as one file of the workspace fits:
`/home/me/shapes/lib/shape.ml`, `shapes/lib/shape.ml` and `shape.ml` all mean `lib/shape.ml` where no other file has that end. The
lines still have to be there. Everything else (whole files, new files, deletions) takes the path as it is.
"""

from difflib import get_close_matches

from aid_lsp.edits.patch import Files
from aid_lsp.edits.paths import clean_path, editable_path
from aid_lsp.errors import OutsideWorkspace


class Resolver:
    """Resolves paths against one set of files."""

    __slots__ = ("_by_name", "_files", "_known")

    def __init__(self, files: Files) -> None:
        self._files = files
        self._by_name: dict[str, list[str]] | None = None
        self._known: dict[str, bool] = {}

    def known(self, path: str) -> bool:
        """Whether there is such a file, spelled cleanly or not."""
        if path not in self._known:
            try:
                self._known[path] = self._files.text(clean_path(path)) is not None
            except OutsideWorkspace:
                self._known[path] = False
        return self._known[path]

    def exact(self, path: str) -> tuple[str | None, str]:
        """The clean path, or None and why AID does not write there."""
        try:
            return editable_path(path), ""
        except OutsideWorkspace as refusal:
            return None, str(refusal)

    def existing(self, path: str) -> tuple[str | None, str]:
        """The one file that the path means, or None and what to do about it."""
        clean, refusal = self.exact(path)
        if clean is not None and self._files.text(clean) is not None:
            return clean, ""
        candidates = [one for one in self.near(path) if self.exact(one)[0] is not None]
        if len(candidates) == 1 and "\x00" not in path and ".." not in path.split("/"):
            return candidates[0], ""
        if clean is None:
            return None, refusal
        if candidates:
            listed = ", ".join(f"`{one}`" for one in candidates[:6])
            return None, f"there is no file `{path}`; these end alike: {listed}. Write the path as the workspace has it."
        meant = self._alike(path)
        if meant is not None:
            return None, f"there is no file `{path}`; do you mean `{meant}`? Write the path as the workspace has it."
        return None, f"there is no file `{path}`. Use the paths that were shown to you; to create a file, give its whole text."

    def _alike(self, path: str) -> str | None:
        """The one file with a name much like that of a path, to be spoken of, never to be taken."""
        name = path.rpartition("/")[2]
        self.near(path)
        names = [one for one in self._by_name or () if abs(len(one) - len(name)) <= 2 and one[:1] == name[:1]]
        found = get_close_matches(name, names[:2000], 1, 0.8) if len(name) < 100 else []
        paths = (self._by_name or {}).get(found[0], []) if found else []
        return paths[0] if len(paths) == 1 else None

    def near(self, path: str) -> list[str]:
        """The files whose path ends as this one does, or whose whole path this one ends with."""
        parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts or len(parts) > 100:
            return []
        if self._by_name is None:
            self._by_name = {}
            for one in self._files.paths():
                self._by_name.setdefault(one.rpartition("/")[2], []).append(one)
        found: list[str] = []
        for one in self._by_name.get(parts[-1], []):
            theirs = one.split("/")
            size = min(len(theirs), len(parts))
            if theirs[-size:] == parts[-size:]:
                found.append(one)
        return found
