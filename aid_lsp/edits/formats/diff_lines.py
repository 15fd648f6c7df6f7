"""Cuts a diff, strict or as a model writes it, into files and hunks; knows lines, neither paths of the workspace nor blocks."""

import re
from dataclasses import dataclass, field

from aid_lsp.edits.blocks import Fault, Tag, body_lines
from aid_lsp.edits.formats.diff_paths import git_names, header_path

MOST_HUNKS = 2000

_HEADER = re.compile(
    r"^@@+[ \t]{0,9}(?:-(\d{1,9})(?:,(\d{1,9}))?[ \t]{1,9}\+(\d{1,9})(?:,(\d{1,9}))?[ \t]{0,9})?(?:@@+|\.\.\.[ \t]{0,9}@@+|$)?[ \t]?(.*)$"
)

_INDEX = re.compile(r"^index ([0-9a-f]{7,40})\.\.([0-9a-f]{7,40})(?: (\d+))?$")


@dataclass(slots=True)
class DiffHunk:
    """One hunk, as far as its lines tell."""

    line: int | None = None
    old_count: int | None = None
    new_count: int | None = None
    heading: str = ""
    rows: list[tuple[Tag, str]] = field(default_factory=list[tuple[Tag, str]])
    bare: list[int] = field(default_factory=list[int])
    """The rows that came without a prefix."""
    no_newline_old: bool = False
    no_newline_new: bool = False
    old_seen: int = 0
    new_seen: int = 0

    @property
    def counted(self) -> bool:
        """Whether it has all the lines that its header promises."""
        return self.old_count is not None and self.old_seen >= self.old_count and self.new_seen >= (self.new_count or 0)

    @property
    def short(self) -> bool:
        """Whether it has fewer lines than its header promises."""
        return self.old_count is not None and (self.old_seen < self.old_count or self.new_seen < (self.new_count or 0))

    def add(self, tag: Tag, text: str, *, bare: bool = False) -> None:
        """Takes one line; `bare`: it came without a prefix."""
        if bare:
            self.bare.append(len(self.rows))
        self.rows.append((tag, text))
        self.old_seen += tag != "+"
        self.new_seen += tag != "-"


@dataclass(slots=True)
class DiffFile:
    """What a diff says about one file."""

    old: str | None = None
    new: str | None = None
    git: tuple[str, str] | None = None
    created: bool = False
    deleted: bool = False
    rename: tuple[str, str] | None = None
    half_rename: str | None = None
    index: tuple[str, str] | None = None
    problem: str = ""
    hunks: list[DiffHunk] = field(default_factory=list[DiffHunk])
    headed: bool = False


def diff_files(text: str, *, closed: bool, faults: list[Fault]) -> list[DiffFile]:
    """The files of one diff; tolerant of everything but the marks of the lines. `closed` says that a fence ends the diff."""
    lines = text.split("\n") if text.count("\r\n") < text.count("\n") else body_lines(text)
    if lines and not lines[-1]:
        lines.pop()
    files: list[DiffFile] = []
    file = DiffFile()
    hunk: DiffHunk | None = None

    def begin(new: DiffHunk) -> DiffHunk:
        if file not in files[-1:]:
            files.append(file)
        file.hunks.append(new)
        return new

    hunks = index = 0
    while index < len(lines):
        line = lines[index]
        first = line[:1]
        if line.startswith("diff --git ") and not (hunk and hunk.short and git_names(line) is None):
            file, hunk = DiffFile(git=git_names(line)), None
            files.append(file)
        elif first == "-" and _is_file_header(lines, index, hunk):
            if file.headed or (file.hunks and not file.git):
                file = DiffFile()
            if file not in files[-1:]:
                files.append(file)
            file.old, file.headed, hunk = header_path(line[4:]), True, None
            if index + 1 < len(lines) and lines[index + 1].startswith("+++ "):
                file.new = header_path(lines[index + 1][4:])
                index += 1
        elif line.startswith("@@") and (header := _HEADER.match(line)):
            hunks += 1
            hunk = begin(_hunk(header))
        elif hunk is None and not file.headed and _extended(file, line):
            pass
        elif hunk is None and ((file.headed and first in ("+", "-", " ")) or (closed and first in ("+", "-"))):
            hunk = begin(DiffHunk())  # without a header of its own; the line is looked at again
            continue
        elif hunk is not None and not _body(hunk, line, closed=closed):
            hunk = None
        index += 1
        if max(hunks, len(files)) > MOST_HUNKS:
            faults.append(Fault(None, None, f"the answer has more than {MOST_HUNKS} hunks or files"))
            return []
    last = files[-1].hunks[-1] if files and files[-1].hunks else None
    if not closed and last is not None and hunk is last and last.short:
        why = "the last hunk has fewer lines than its header says and nothing follows it: the answer was cut off"
        faults.append(Fault(None, None, why))
    return files


def _is_file_header(lines: list[str], index: int, hunk: DiffHunk | None) -> bool:
    """Whether `--- x` names a file, rather than removing a line that starts with `-- `."""
    if not lines[index].startswith("--- "):
        return False
    after = lines[index + 1] if index + 1 < len(lines) else ""
    if not after.startswith("+++ "):
        return hunk is None and after.startswith("@@")
    if hunk is None or hunk.counted:
        return True
    third = lines[index + 2] if index + 2 < len(lines) else ""
    return third.startswith("@@") or (hunk.old_count is None and not third.strip())


def _hunk(header: re.Match[str]) -> DiffHunk:
    def number(group: str | None, default: int | None) -> int | None:
        return default if group is None else int(group)

    numbered = header[1] is not None
    heading = header[5].strip()
    if heading.endswith("@@"):
        heading = heading.rstrip("@ \t")
    return DiffHunk(
        line=number(header[1], None),
        old_count=number(header[2], 1) if numbered else None,
        new_count=number(header[4], 1) if numbered else None,
        heading="" if heading in ("...", "…") else heading[:200],
    )


def _body(hunk: DiffHunk, line: str, *, closed: bool) -> bool:
    """Takes one line into the hunk; False where the hunk has ended."""
    first = line[:1]
    if first in ("+", "-", " "):
        if hunk.counted and line in ("-- ", "--"):
            return False  # the signature of a mailed patch
        hunk.add("+" if first == "+" else "-" if first == "-" else " ", line[1:])
        return True
    if first == "\\":
        if hunk.rows:
            tag = hunk.rows[-1][0]
            hunk.no_newline_old = hunk.no_newline_old or tag != "+"
            hunk.no_newline_new = hunk.no_newline_new or tag != "-"
        return True
    if not line.rstrip("\r"):
        if hunk.counted and not closed:
            return False
        hunk.add(" ", "", bare=True)
        return True
    if hunk.counted or (not closed and (hunk.old_count is None or _is_prose(hunk, line))):
        return False
    hunk.add(" ", line, bare=True)
    return True


def _is_prose(hunk: DiffHunk, line: str) -> bool:
    """Whether a line without a mark, outside any fence, reads as a sentence after a blank line."""
    blank = bool(hunk.rows) and not hunk.rows[-1][1].strip() and len(hunk.rows) - 1 in hunk.bare
    return blank and line[0].isupper() and " " in line


def _extended(file: DiffFile, line: str) -> bool:
    """Takes git's extended header lines."""
    if line.startswith("new file mode"):
        file.created = True
        file.problem = file.problem or (
            "it is a link or a submodule, not a file" if line[14:].strip()[:3] in ("120", "160") else ""
        )
    elif line.startswith("deleted file mode"):
        file.deleted = True
    elif line.startswith("rename from "):
        file.half_rename = header_path(line[12:])
    elif line.startswith("rename to ") and file.half_rename is not None:
        file.rename = (file.half_rename, header_path(line[10:]))
    elif line.startswith(("copy from ", "copy to ")):
        file.problem = "it copies a file; send the whole new file instead"
    elif line.startswith(("GIT binary patch", "Binary files ")):
        file.problem = "it changes a binary file"
    elif match := _INDEX.match(line):
        file.index = (match[1], match[2])
    elif line.startswith(("old mode", "new mode")):
        pass
    else:
        return line.startswith(("similarity index", "dissimilarity index", "Index: ", "====="))
    return True
