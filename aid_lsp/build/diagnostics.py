"""Reads what dune prints: compilers' reports, dune's own errors, failing tests and expectations.

    File "lib/foo.ml", lines 10-11, characters 2-53:      header: place
    10 | ..match s with                                    excerpt: left out
    Error (warning 8 [partial-match]): this ...            severity, code, message
    Here is an example of a case that is not matched:      message, to the next header
    Rect (_, _)

A report that is only indented text (`This "(" might be unmatched`) belongs to the one before it. Bodies of another kind are
failing tests: then everything up to the next place *in the workspace* is theirs, `File` and `Error:` lines of their own included.
Known texts: OCaml 4.13 to 5.4, dune 2.9 to 3.24.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from aid_lsp.edits.lines import split_lines
from aid_lsp.workspace.diagnostic import Diagnostic, Related, Severity

_PLACE = r'File "(?P<path>[^"]*)", lines? (?P<line>\d+)(?:-(?P<end_line>\d+))?(?:, characters (?P<column>-?\d+)-(?P<end_column>-?\d+))?'
_HEADER = re.compile(_PLACE + r":(?P<rest>.*)")
_RELATED = re.compile(r"\s+" + _PLACE + r":\s*(?P<rest>.*)")
_EXCERPT = re.compile(r"\s*\d+ \| |\s*\d+ \|$")
_CARETS = re.compile(r"\s*\^[\^ ]*")
_HEADLINE = re.compile(
    r"(?P<severity>Error|Warning|Alert)"
    r"(?: \((?P<bracketed>(?:warning|alert) [^)]*)\)| (?P<bare>\d+(?: \[[\w-]+\])?|(?<=Alert )[\w-]+))?"
    r":(?: (?P<message>.*)|$)"
)
_ALONE = re.compile(r"(?:Error|Internal error|Fatal error)(?:: |, )|Error:$")
_ACTION = re.compile(r"\s+(?P<name>\S+)(?: alias (?P<alias>\S+)| [^()]*| \(internal\))? \((?P<end>exit \d+|got signal \w+)\)")
"""How dune before 3.0 begins the report of a command that failed; the command itself follows in parentheses."""
_DIFF = re.compile(r"diff --git |--- |File .* differs|Files? .* differ")
_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@")
_WATCH = re.compile(
    r"(?:Success|Had \d+ [\w ,]+), (?:waiting for filesystem changes|killing current build).*"
    r"|\*{5,} NEW BUILD .*|(?:Entering|Leaving) directory '.*'"
)
"""What dune says of itself between two builds."""
_COMMAND = re.compile(r"\(cd _build/\S+ && .*\)")
"""The command before its output: dune prints it where `CI` is set, or with `--always-show-command-line`."""
_TEST_END = re.compile(r"\d+ failures?! in .*|FAILED: Cases: \d+ .*")
_INLINE_TALLY = re.compile(r"FAILED \d+ / \d+ tests?")
_GENERATED = re.compile(r"\.pp(\.mli?)\b")
_INTERFACE = re.compile(r'(?<=interface )("?)([^"\s]*)\.pp\.ml\b(?!i)')
_BUILD_FOLDER = re.compile(r"^_build/(?:\.sandbox/[0-9a-f]+/)?[^/.][^/]*/")


def parse_output(text: str, root: Path) -> tuple[Diagnostic, ...]:
    """Every report in the text of a build in `root`, in its order, repetitions left out."""
    found: list[Diagnostic] = []
    for report in _reports([line.rstrip("\r\n") for line in split_lines(text)]):
        if report.place is not None and found and _is_continuation(report):
            found[-1] = _with_continuation(found[-1], report, root)
        elif (diagnostic := _read(report, root)) is not None:
            found.append(diagnostic)
    return tuple(dict.fromkeys(replace(one, message=one.message.replace(f"{root}/", "")) for one in found))


def words_of_the_build(text: str) -> str:
    """The text without what a watching dune says of itself."""
    lines = [
        line for line in split_lines(text) if not (_WATCH.fullmatch(said := line.rstrip("\r\n")) or _COMMAND.fullmatch(said))
    ]
    return "".join(lines).strip("\n")


@dataclass(slots=True)
class _Report:
    """A header and what follows it; without a place it is one of dune's own errors."""

    place: re.Match[str] | None
    body: list[str]
    action: re.Match[str] | None = None
    """The failed command that it is about, of a dune before 3.0."""
    headed: bool | None = None
    """Whether its text begins with `Error:` or the like; None as long as nothing of it is known."""


def _reports(lines: list[str]) -> Iterator[_Report]:
    current: _Report | None = None
    for line, next_line in zip(lines, [*lines[1:], ""], strict=False):
        header = _HEADER.fullmatch(line)
        if header is not None and current is not None and _is_tests_own(current, header):
            header = None
        if header is not None:
            if current is not None:
                yield current
            current = _Report(header, [])
        elif _WATCH.fullmatch(line):
            if current is not None:
                yield current
            current = None
        elif next_line.startswith("(cd _build/") and (action := _ACTION.fullmatch(line)) is not None:
            if current is not None:
                yield current
            current = _Report(None, [], action, headed=False)
        elif _COMMAND.fullmatch(line) and (current is None or current.action is None or current.body):
            continue
        elif _ALONE.match(line) and (current is None or _has_headline(current)):
            if current is not None:
                yield current
            current = _Report(None, [line])
        elif current is not None:
            current.body.append(line)
    if current is not None:
        yield current


def _is_tests_own(current: _Report, header: re.Match[str]) -> bool:
    """Whether a header is part of what a failing test printed: it leads out of the workspace, or to no source."""
    if (current.place is None and current.action is None) or _has_headline(current):
        return False
    path = header["path"]
    return bool(current.body) and (path.startswith("/") or path.endswith(".log"))


def _has_headline(report: _Report) -> bool:
    if report.headed is None:
        if report.place is None:
            report.headed = True
        elif content := _content(report.body):
            report.headed = _HEADLINE.fullmatch(content[0]) is not None
    return report.headed or False


def _content(body: list[str]) -> list[str]:
    """The body without its excerpt and without empty lines around it."""
    start = 0
    while start < len(body) and (
        _EXCERPT.match(body[start]) or body[start] == "..." or (start > 0 and _CARETS.fullmatch(body[start]))
    ):
        start += 1
    end = len(body)
    while end > start and not body[end - 1].strip():
        end -= 1
    return body[start:end]


def _is_continuation(report: _Report) -> bool:
    content = _content(report.body)
    return (
        bool(content)
        and report.place is not None
        and not report.place["rest"].strip()
        and all(line.startswith("  ") for line in content)
    )


def _with_continuation(diagnostic: Diagnostic, report: _Report, root: Path) -> Diagnostic:
    assert report.place is not None
    said = "\n".join(line.strip() for line in _content(report.body))
    related = _related(report.place, said, root)
    return replace(diagnostic, related=(*diagnostic.related, related)) if related else diagnostic


def _read(report: _Report, root: Path) -> Diagnostic | None:
    content = _content(report.body)
    if report.action is not None:
        return _failed_action(report.action, content)
    if report.place is None:
        return Diagnostic(None, 1, 0, 1, 0, "error", _cleaned(_without_prefix(content)))
    place = report.place
    rest = place["rest"].strip()
    if rest and not _HEADLINE.fullmatch(rest):
        return _at(place, root, message=_cleaned([rest, *_inline_details(content)]))
    if rest:
        content = [rest, *content]
    if not content:
        return None
    headline = _HEADLINE.fullmatch(content[0])
    if headline is not None:
        severity: Severity = "error" if headline["severity"] == "Error" else "warning"
        message = _cleaned([headline["message"] or "", *content[1:]])
        found = _at(place, root, message=message, severity=severity, code=_code(headline))
        related = (_related(match, match["rest"], root) for line in content[1:] if (match := _RELATED.fullmatch(line)))
        return replace(found, related=tuple(one for one in related if one is not None))
    if _DIFF.match(content[0]):
        return replace(_at(place, root, message="\n".join(_diff(content))), promotion=True)
    return _at(place, root, message=_cleaned(_test_output(content)))


def _failed_action(action: re.Match[str], content: list[str]) -> Diagnostic:
    content = content[1:]  # the command
    folder = (action["alias"] or "").rpartition("/")[0]
    path = f"{folder}/dune" if folder else "dune" if action["alias"] else None
    if content and _DIFF.match(content[0]):
        changed = content[0].removeprefix("--- ").partition("\t")[0]
        return Diagnostic(changed, 1, 0, 1, 0, "error", "\n".join(_diff(content)), promotion=True)
    message = _cleaned(_test_output(content)) or f"{action['name']} failed ({action['end']})"
    return Diagnostic(path, 1, 0, 1, 0, "error", message)


def _at(place: re.Match[str], root: Path, *, message: str, severity: Severity = "error", code: str | None = None) -> Diagnostic:
    line = int(place["line"])
    column = max(0, int(place["column"] or 0))
    return Diagnostic(
        path=source_path(place["path"], root),
        line=max(1, line),
        column=column,
        end_line=max(1, int(place["end_line"] or line)),
        end_column=max(0, int(place["end_column"] or 0)),
        severity=severity,
        message=message,
        code=code,
    )


def _code(headline: re.Match[str]) -> str | None:
    """`26 [unused-var]`, `alert deprecated`."""
    if bracketed := headline["bracketed"]:
        return bracketed.removeprefix("warning ")
    if headline["bare"]:
        return f"alert {headline['bare']}" if headline["severity"] == "Alert" else headline["bare"]
    return None


def _related(place: re.Match[str], said: str, root: Path) -> Related | None:
    path = source_path(place["path"], root)
    return Related(path, int(place["line"]), max(0, int(place["column"] or 0)), said) if path else None


def _inline_details(content: list[str]) -> list[str]:
    """What a failing inline test says below its header: an exception's text, up to the runner's tally."""
    details: list[str] = []
    for line in content:
        if _INLINE_TALLY.fullmatch(line):
            break
        details.append(line)
    return details


def _diff(content: list[str]) -> list[str]:
    """The lines of one file's difference; a test runner's own words may follow without a mark."""
    kept: list[str] = []
    old = new = 0
    for line in content:
        if hunk := _HUNK.match(line):
            old, new = (int(hunk[side] or 1) for side in ("old", "new"))
        elif old > 0 or new > 0:
            old -= line[:1] in (" ", "-", "")
            new -= line[:1] in (" ", "+", "")
        elif not line.startswith(("diff ", "index ", "--- ", "+++ ", "\\", "new file", "deleted file", "File ", "Files ")):
            break
        kept.append(line.partition("\t")[0] if line.startswith(("--- ", "+++ ")) and not (old or new) else line)
    return kept


def _test_output(content: list[str]) -> list[str]:
    """Up to the line with which known test runners end; other programs' output may follow without a mark."""
    for index, line in enumerate(content):
        if _TEST_END.fullmatch(line):
            return content[: index + 1]
    return content


def _without_prefix(content: list[str]) -> list[str]:
    return [content[0].removeprefix("Error:").lstrip(), *content[1:]]


def _cleaned(lines: list[str]) -> str:
    return clean_message("\n".join(lines))


def clean_message(message: str) -> str:
    """Names the files that people know instead of those that a preprocessor wrote, and drops space at the ends."""
    message = _INTERFACE.sub(r"\1\2.mli", message)
    message = _GENERATED.sub(r"\1", message)
    return "\n".join(line.rstrip() for line in message.strip("\n").split("\n")).rstrip()


def source_path(path: str, root: Path) -> str | None:
    """The path that people know: relative to the root, `_build/default/lib/foo.pp.ml` becomes `lib/foo.ml`; None for no file."""
    if path in ("", ".", "_none_") or path.startswith("command line"):
        return None
    prefix = f"{root}/"
    if path.startswith(prefix):
        path = path[len(prefix) :]
    return _GENERATED.sub(r"\1", _BUILD_FOLDER.sub("", path.removeprefix("./")))
