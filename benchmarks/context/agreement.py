"""Whether the outline agrees with the compiler: every top-level name, at exactly its place, against the typed trees of installed libraries.

outline  top-level items of ours that the compiler declares there too
compiler declarations of the compiler that begin a line in the first column (the first on their line), that the outline has;
         it lists locals too, and what a preprocessor made up, so the text has to say which are at the top
"""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.edits.lines import Lines
from aid_lsp.ocaml.outline import outline
from benchmarks.context.installed import library_folder

_DECLARATION = re.compile(r'^(?:\S+?:|)\s*(.+?) \(File "([^"]*)", line (\d+), characters (\d+)-(\d+)\)', re.MULTILINE)
_NOT_COUNTED = ("test", "toplevel", "method", "instance variable", "class", "class type")
"""What the compiler's list of declarations leaves out or names otherwise."""
_BEGINS = re.compile(r"(?:let|and|val|type|external|exception|module|class)\b")


@dataclass
class Agreement:
    ours: int = 0
    ours_confirmed: int = 0
    theirs: int = 0
    theirs_found: int = 0
    files: int = 0
    lines: int = 0
    other_text: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    """The first disagreements, for people."""


def agreement(libraries: Iterable[str]) -> Agreement:
    """Compares all files of the libraries."""
    result = Agreement()
    for library in libraries:
        folder = library_folder(library)
        for unit in sorted((*folder.glob("*.cmt"), *folder.glob("*.cmti"))):
            if "__.cmt" in unit.name:
                continue
            # run where it lies: the toolchain of ./dev sees its files under other paths than we do
            said = subprocess.run(
                ["ocamlobjinfo", "-quiet", "-decls", unit.name], cwd=folder, capture_output=True, text=True, errors="replace"
            ).stdout
            declared = [
                (name.strip(), file, int(line), int(column))
                for name, file, line, column, _ in _DECLARATION.findall(re.sub(r":\n\s+", ": ", said))
            ]
            suffix = ".mli" if unit.suffix == ".cmti" else ".ml"
            files = {Path(file).name for _, file, _, _ in declared if file.endswith(suffix)}
            if len(files) == 1 and (source := folder / files.pop()).is_file():
                text = source.read_bytes().decode("utf-8", "surrogateescape")
                if not re.search(r'(?m)^# \d+ "', text):  # line directives: the places are those of another file
                    _compare(result, f"{library}/{source.name}", text, {(n, line, column) for n, _, line, column in declared})
    return result


def _compare(result: Agreement, path: str, text: str, declared: set[tuple[str, int, int]]) -> None:
    lines = Lines(text)
    opens_line = [(n, lines.offset(line - 1, column, "utf-8")) for n, line, column in declared if column in (4, 5, 7)]
    if sum(text.startswith(name.strip("() "), at) for name, at in opens_line) < 0.9 * len(opens_line):
        result.other_text.append(path)  # what is installed is not what was compiled
        return
    result.files += 1
    result.lines += len(lines)
    items = outline(path, text)
    ours: dict[int, str] = {}
    places = {lines.offset(line - 1, column, "utf-8"): name for name, line, column in declared}
    for item in items:
        ours[item.name_span.start] = item.name
        if item.parent is None and item.kind not in _NOT_COUNTED:
            result.ours += 1
            # the compiler counts an operator from its parenthesis
            opening = text.rfind("(", 0, item.name_span.start)
            confirmed = item.name_span.start in places or (opening >= 0 and opening in places)
            result.ours_confirmed += confirmed
            if not confirmed and len(result.odd) < 40:
                result.odd.append(f"only ours: {path}:{lines.position(item.name_span.start)[0] + 1} {item.kind} {item.name}")
    first: dict[int, int] = {}
    for offset in sorted(places, reverse=True):
        first[text.rfind("\n", 0, offset) + 1] = offset
    for line_start, offset in first.items():
        name = places[offset]
        start = offset
        if text.startswith("(", start):
            start += 1 + len(text[start + 1 :]) - len(text[start + 1 :].lstrip())
        bare = name.strip("() ")
        if not text.startswith(bare, start) or not _BEGINS.match(text, line_start):
            continue
        result.theirs += 1
        found = start in ours
        result.theirs_found += found
        if not found and len(result.odd) < 40:
            result.odd.append(f"only the compiler's: {path}:{lines.position(offset)[0] + 1} {name}")
