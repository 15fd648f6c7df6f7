"""Lines that move or remove files, outside any block: `Delete: lib/old.ml`, `Rename: lib/a.ml -> lib/b.ml`."""

import re
from itertools import islice

from aid_lsp.edits.blocks import Delete, Rename
from aid_lsp.edits.formats.fences import Known, path_in_line

INSTRUCTIONS = """\
To delete a file, write a line `Delete: path/to/file.ml`. To rename or move one, write a line `Rename: old/path.ml -> new/path.ml`;
changes of its text then go under the new path. Both stand outside any fence."""

MOST_OPERATIONS = 2001
"""One more than `read` takes."""
_DELETE = re.compile(
    r"^[ \t*_#>-]{0,8}delete(?:[ \t]{1,9}file)?[*_]{0,2}:[*_]{0,2}[ \t]{0,9}([^\n]{1,300})$", re.MULTILINE | re.IGNORECASE
)
_RENAME = re.compile(
    r"^[ \t*_#>-]{0,8}(?:rename|move)(?:[ \t]{1,9}file)?[*_]{0,2}:[*_]{0,2}[ \t]{0,9}([^\n]{1,300}?)[ \t]{0,9}(?:->|=>|→)[ \t]{0,9}([^\n]{1,300})$",
    re.MULTILINE | re.IGNORECASE,
)


def operations(prose: str, known: Known) -> list[tuple[int, Delete | Rename]]:
    """The operations in a piece of prose, each with its offset; numbered 0, for the caller to number."""
    found: list[tuple[int, Delete | Rename]] = []
    if ":" not in prose:
        return found
    for match in islice(_DELETE.finditer(prose), MOST_OPERATIONS):
        path = path_in_line(match[1], known)
        if path is not None:
            found.append((match.start(), Delete(0, path)))
    for match in islice(_RENAME.finditer(prose), MOST_OPERATIONS):
        old, new = path_in_line(match[1], known), path_in_line(match[2], known)
        if old is not None and new is not None:
            found.append((match.start(), Rename(0, old, new)))
    return sorted(found, key=lambda one: one[0])
