"""Unified diffs as models write them: only the lines count, never the numbers.

    --- a/lib/shape.ml
    +++ b/lib/shape.ml
    @@ let area s =
    -  s.width * s.width
    +  s.width * s.height

A hunk is placed by its lines. Where they occur several times, the definition behind the second @@ may settle it; line numbers do not.
A diff that git's blob names prove to be made for the very text (`index 1f2e3d..`) is applied by its numbers.
`parse_strict` is for diffs that a tool made; it goes through `unidiff`.
"""

import re
from dataclasses import dataclass, field, replace

from unidiff.errors import UnidiffParseError
from unidiff.patch import PatchSet

from aid_lsp.edits.blocks import Block, Change, Create, Delete, Exact, Fault, Parsed, Rename, Rows, Tag, body_lines
from aid_lsp.edits.formats.fences import Known, fences, path_in_info, path_in_line
from aid_lsp.edits.lines import Span

NAME = "unified_diff"

INSTRUCTIONS = """\
Answer with one unified diff in a ```diff fence:

```diff
--- a/lib/shape.ml
+++ b/lib/shape.ml
@@ let area s =
 let area s =
-  s.width * s.width
+  s.width * s.height
```

- Line numbers are not needed. Behind `@@` write the first line of the definition that you change.
- Start each line with a space (kept), `-` (removed) or `+` (added), then the line itself as it is in the file, every space, never `...`.
- The kept and removed lines of a hunk must occur exactly once in the file: show three kept lines on each side, more where needed.
- For a new file write `--- /dev/null`, for a deleted one `+++ /dev/null`; to rename, `rename from old/path.ml` and `rename to new/path.ml`
  under a `diff --git a/old/path.ml b/new/path.ml` line.
- The diff is applied all or none."""

MOST_HUNKS = 2000
_HEADER = re.compile(
    r"^@@+[ \t]{0,9}(?:-(\d{1,9})(?:,(\d{1,9}))?[ \t]{1,9}\+(\d{1,9})(?:,(\d{1,9}))?[ \t]{0,9})?(?:@@+|\.\.\.[ \t]{0,9}@@+|$)?[ \t]?(.*)$"
)
_SIGN = re.compile(r"^(?:---|\+\+\+|@@|diff --git )", re.MULTILINE)
_GIT = re.compile(r'^diff --git ("(?:[^"\\]|\\.)*"|\S.*?) ("(?:[^"\\]|\\.)*"|\S.*)$')
_INDEX = re.compile(r"^index ([0-9a-f]{7,40})\.\.([0-9a-f]{7,40})(?: (\d+))?$")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def looks_like(answer: str) -> bool:
    """Whether the answer has lines that only diffs have."""
    if re.search(r"^(?:@@ |@@$|diff --git )|^--- [^\n]*\n\+\+\+ ", answer, re.MULTILINE):
        return True
    return any(fence.info.split(" ")[0].lower() in ("diff", "patch", "udiff") for fence in fences(answer))


@dataclass(slots=True)
class _Hunk:
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
        return self.old_count is not None and (self.old_seen < self.old_count or self.new_seen < (self.new_count or 0))

    def add(self, tag: Tag, text: str, *, bare: bool = False) -> None:
        if bare:
            self.bare.append(len(self.rows))
        self.rows.append((tag, text))
        self.old_seen += tag != "+"
        self.new_seen += tag != "-"


@dataclass(slots=True)
class _File:
    old: str | None = None
    new: str | None = None
    git: tuple[str, str] | None = None
    created: bool = False
    deleted: bool = False
    rename: tuple[str, str] | None = None
    half_rename: str | None = None
    index: tuple[str, str] | None = None
    problem: str = ""
    hunks: list[_Hunk] = field(default_factory=list[_Hunk])
    headed: bool = False


def parse(answer: str, known: Known, default_path: str | None) -> Parsed:
    """Reads every diff of the answer, fenced or not."""
    blocks: list[Block] = []
    faults: list[Fault] = []
    used: list[Span] = []
    fenced = [fence for fence in fences(answer) if _is_diff(fence.info, fence.body)]
    texts: list[tuple[str, str | None, bool]] = []
    for fence in fenced:
        named = path_in_info(fence.info, known) or path_in_line(fence.before, known)
        texts.append((fence.body, named, True))
        used.append(fence.span)
        if not fence.closed:
            faults.append(Fault(None, None, "the answer ends inside a fence: it was cut off"))
    if not fenced:
        texts.append((answer, None, False))
        used.append(Span(0, len(answer)))
    listed = [(file, named) for text, named, closed in texts for file in _files(text, closed=closed, faults=faults)]
    prefixless = any(hunk.rows[index][1] for file, _ in listed for hunk in file.hunks for index in hunk.bare)
    for file, named in listed:
        _blocks(file, named or default_path, known, blocks, faults, prefixless=prefixless)
        if len(blocks) > MOST_HUNKS:
            faults.append(Fault(None, None, f"the answer has more than {MOST_HUNKS} hunks"))
            return Parsed((), tuple(faults), tuple(used))
    return Parsed(tuple(blocks), tuple(faults), tuple(used))


def _is_diff(info: str, body: str) -> bool:
    word = info.partition(" ")[0].lower()
    if word in ("diff", "patch", "udiff", "git"):
        return True
    return _SIGN.match(body) is not None and looks_like(body)


def _files(text: str, *, closed: bool, faults: list[Fault]) -> list[_File]:
    """The files of one diff; tolerant of everything but the marks of the lines. `closed` says that a fence ends the diff."""
    lines = text.split("\n") if text.count("\r\n") < text.count("\n") else body_lines(text)
    if lines and not lines[-1]:
        lines.pop()
    files: list[_File] = []
    file = _File()
    hunk: _Hunk | None = None

    def begin(new: _Hunk) -> _Hunk:
        if file not in files[-1:]:
            files.append(file)
        file.hunks.append(new)
        return new

    hunks = index = 0
    while index < len(lines):
        line = lines[index]
        first = line[:1]
        if line.startswith("diff --git ") and not (hunk and hunk.short and _git_names(line) is None):
            file, hunk = _File(git=_git_names(line)), None
            files.append(file)
        elif first == "-" and _is_file_header(lines, index, hunk):
            if file.headed or (file.hunks and not file.git):
                file = _File()
            if file not in files[-1:]:
                files.append(file)
            file.old, file.headed, hunk = _header_path(line[4:]), True, None
            if index + 1 < len(lines) and lines[index + 1].startswith("+++ "):
                file.new = _header_path(lines[index + 1][4:])
                index += 1
        elif line.startswith("@@") and (header := _HEADER.match(line)):
            hunks += 1
            hunk = begin(_hunk(header))
        elif hunk is None and not file.headed and _extended(file, line):
            pass
        elif hunk is None and ((file.headed and first in ("+", "-", " ")) or (closed and first in ("+", "-"))):
            hunk = begin(_Hunk())  # without a header of its own; the line is looked at again
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


def _is_file_header(lines: list[str], index: int, hunk: _Hunk | None) -> bool:
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


def _hunk(header: re.Match[str]) -> _Hunk:
    def number(group: str | None, default: int | None) -> int | None:
        return default if group is None else int(group)

    numbered = header[1] is not None
    heading = header[5].strip()
    if heading.endswith("@@"):
        heading = heading.rstrip("@ \t")
    return _Hunk(
        line=number(header[1], None),
        old_count=number(header[2], 1) if numbered else None,
        new_count=number(header[4], 1) if numbered else None,
        heading="" if heading in ("...", "…") else heading[:200],
    )


def _body(hunk: _Hunk, line: str, *, closed: bool) -> bool:
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


def _is_prose(hunk: _Hunk, line: str) -> bool:
    """Whether a line without a mark, outside any fence, reads as a sentence after a blank line."""
    blank = bool(hunk.rows) and not hunk.rows[-1][1].strip() and len(hunk.rows) - 1 in hunk.bare
    return blank and line[0].isupper() and " " in line


def _extended(file: _File, line: str) -> bool:
    """Takes git's extended header lines."""
    if line.startswith("new file mode"):
        file.created = True
        file.problem = file.problem or (
            "it is a link or a submodule, not a file" if line[14:].strip()[:3] in ("120", "160") else ""
        )
    elif line.startswith("deleted file mode"):
        file.deleted = True
    elif line.startswith("rename from "):
        file.half_rename = _header_path(line[12:])
    elif line.startswith("rename to ") and file.half_rename is not None:
        file.rename = (file.half_rename, _header_path(line[10:]))
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


def _git_names(line: str) -> tuple[str, str] | None:
    """The two paths of a `diff --git` line; a path with spaces is found because both are the same."""
    rest = line[len("diff --git ") :]
    if len(rest) > 4000:
        return None
    if not rest.startswith('"'):
        half = (len(rest) - 1) // 2
        if rest[half : half + 1] == " " and rest[2:half] == rest[half + 3 :]:
            return rest[:half], rest[half + 1 :]
    match = _GIT.match(line)
    return (_unquoted(match[1]), _unquoted(match[2])) if match else None


def _header_path(text: str) -> str:
    """The path of a `---` or `+++` line: without its date, out of its quotes."""
    text = text.strip("\r")
    if text.startswith('"'):
        return _unquoted(text.partition("\t")[0].strip())
    return text.partition("\t")[0].strip().strip("`")


def _unquoted(text: str) -> str:
    if len(text) < 2 or not text.startswith('"') or not text.endswith('"'):
        return text
    data = _ESCAPE.sub(
        lambda m: bytes([int(m[1], 8) & 255]) if len(m[1]) == 3 else _LETTERS.get(m[1], m[1]),
        text[1:-1].encode("utf-8", "surrogatepass"),
    )
    return data.decode("utf-8", "surrogateescape")


def _paths(file: _File, fallback: str | None, known: Known) -> tuple[str | None, str | None]:
    """The file's paths before and after; None for /dev/null or unknown."""
    old, new = file.old, file.new
    if old is None and new is None and file.git is not None:
        old, new = file.git
    if old is None and new is None:
        return fallback, fallback
    bare_old, bare_new = _bare(old), _bare(new)
    if old is not None and new is not None and old.startswith("a/") and new.startswith("b/"):
        return bare_old, bare_new  # the format's own prefixes
    if (old == "/dev/null" and new is not None and new.startswith("b/")) or (
        new == "/dev/null" and old is not None and old.startswith("a/")
    ):
        return bare_old, bare_new
    return _known_or_bare(old, known), _known_or_bare(new, known)


def _bare(path: str | None) -> str | None:
    if path is None or path == "/dev/null":
        return None
    return path[2:] if path.startswith(("a/", "b/")) else path


def _known_or_bare(path: str | None, known: Known) -> str | None:
    if path is None or path == "/dev/null":
        return None
    bare = _bare(path)
    return bare if bare is not None and not known(path) and known(bare) else path


def _blocks(
    file: _File, fallback: str | None, known: Known, blocks: list[Block], faults: list[Fault], *, prefixless: bool = False
) -> None:
    old, new = _paths(file, fallback, known)
    number = len(blocks) + len(faults) + 1
    path = new or old
    if path is None:
        if file.hunks:
            faults.append(Fault(number, None, "it names no file: write `--- a/path` and `+++ b/path` before the first @@"))
        return
    if file.problem:
        faults.append(Fault(number, path, file.problem))
        return
    if file.rename is not None:
        old, new = file.rename
        blocks.append(Rename(number, old, new))
        path = new
        number += 1
    elif old is not None and new is not None and old != new:
        if not known(old) and known(new):
            path = new
        elif file.headed and known(old):
            faults.append(
                Fault(
                    number, path, f"it has two paths, {old!r} and {new!r}; to rename, write `rename from` and `rename to` lines"
                )
            )
            return
    created = file.created or (file.old == "/dev/null")
    deleted = file.deleted or (file.new == "/dev/null")
    if deleted:
        blocks.append(Delete(number, old or path))
        return
    if created:
        rows = [row for hunk in file.hunks for row in hunk.rows]
        lines = [text for tag, text in rows if tag == "+" or (tag == " " and text == "")]
        while lines and rows and not lines[-1] and rows[-1][0] == " ":
            lines.pop()
            rows.pop()
        if any(tag == "-" or (tag == " " and text.strip()) for tag, text in rows):
            faults.append(Fault(number, path, "it creates a file, so each of its lines must start with `+`"))
            return
        ends = not any(hunk.no_newline_new for hunk in file.hunks)
        blocks.append(Create(number, path, "\n".join(lines) + ("\n" if ends and lines else "")))
        return
    if file.index is not None and all(hunk.line is not None and not hunk.bare for hunk in file.hunks) and file.hunks:
        hunks = tuple((hunk.line or 0, tuple(hunk.rows), _final_newline(hunk)) for hunk in file.hunks)
        exact = Exact(
            number,
            path,
            hunks,
            file.index,
            tuple(_change(hunk, number + i, path, prefixless=prefixless) for i, hunk in enumerate(file.hunks)),
        )
        blocks.append(exact)
        return
    blocks += (_change(hunk, number + i, path, prefixless=prefixless) for i, hunk in enumerate(file.hunks) if hunk.rows)


def _final_newline(hunk: _Hunk) -> bool | None:
    if hunk.no_newline_new:
        return False
    return True if hunk.no_newline_old else None


def _change(hunk: _Hunk, number: int, path: str, *, prefixless: bool) -> Change:
    rows: Rows = tuple((tag, text.removesuffix("\r")) for tag, text in hunk.rows)
    readings: list[Rows] = [rows]
    bare = set(hunk.bare)
    cut = len(rows)
    while cut and cut - 1 in bare and not rows[cut - 1][1]:
        cut -= 1
    if cut < len(rows):
        readings.append(rows[:cut])
    if may_lack_prefixes(rows[:cut], bare, elsewhere=prefixless):
        readings.append(with_prefixes(rows[:cut], bare))
    at_end = hunk.no_newline_old or hunk.no_newline_new
    headings = (hunk.heading,) if hunk.heading else ()
    return Change(number, path, tuple(readings), False, headings, hunk.line, True, at_end, _final_newline(hunk))


def may_lack_prefixes(rows: Rows, bare: set[int], *, elsewhere: bool) -> bool:
    """Whether a diff's kept lines may have come without their prefix.

    A removed line would show it, and so does a kept one in the first column, here or elsewhere in the answer. Without either, lines that
    are all indented show it too: had the whole block lost its indentation, one of them would stand in the first column.
    """
    kept = [text for index, (tag, text) in enumerate(rows) if tag == " " and text.strip() and index not in bare]
    if not kept:
        return False
    if elsewhere or any(rows[index][1] for index in bare if index < len(rows)) or any(tag == "-" for tag, _ in rows):
        return True
    return all(text.startswith((" ", "\t")) for tag, text in rows if text.strip() and tag != "-")


def with_prefixes(rows: Rows, bare: set[int]) -> Rows:
    """The rows as they are if the kept lines came without their prefix."""
    return tuple(
        (tag, text if tag != " " or index in bare or not text.strip() else f" {text}") for index, (tag, text) in enumerate(rows)
    )


def parse_strict(text: str, known: Known) -> Parsed | None:
    """Reads a diff that a tool made, whose counts and numbers hold; None where `unidiff` does not take it, or finds another number
    of files and hunks than we do.
    """
    try:
        patch = PatchSet(text)
    except (UnidiffParseError, ValueError, IndexError):
        return None
    faults: list[Fault] = []
    files = [file for file in _files(text, closed=False, faults=faults) if file.hunks]
    if faults or [len(file.hunks) for file in files] != [len(found) for found in patch if len(found)]:
        return None
    if any(hunk.short or hunk.bare or hunk.line is None for file in files for hunk in file.hunks):
        return None
    blocks: list[Block] = []
    for file in _files(text, closed=False, faults=faults):
        _blocks(file, None, known, blocks, faults)
    trusted = [replace(block, blobs=None) if isinstance(block, Exact) else block for block in _with_numbers(blocks)]
    return Parsed(tuple(trusted), tuple(faults), (Span(0, len(text)),))


def _with_numbers(blocks: list[Block]) -> list[Block]:
    """The blocks, with the changes of each file put together as hunks at their line numbers."""
    result: list[Block] = []
    by_path: dict[str, list[Change]] = {}
    for block in blocks:
        if isinstance(block, Change):
            by_path.setdefault(block.path, []).append(block)
        else:
            result.append(block)
    for path, changes in by_path.items():
        hunks = tuple((change.line or 0, change.readings[0], change.final_newline) for change in changes)
        result.append(Exact(changes[0].number, path, hunks, None, tuple(changes)))
    return result
