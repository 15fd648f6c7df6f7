"""Which files of a view nobody wrote here: ignored by git or Mercurial, vendored, or mere data to dune.

    .gitignore (every folder) · .hgignore · (vendored_dirs …) · (data_only_dirs …)

They stay in the view, since builds may need them; what AID searches and shows leaves them out.
"""

import fnmatch
import logging
import re
from collections.abc import Callable, Iterable, Sequence

import pathspec

from aid_lsp.edits.lines import split_lines
from aid_lsp.ocaml.sexp import Atom, List, read_sexps
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

Rule = Callable[[str], bool]
"""Whether a path, relative to the root, is ignored; a folder's ends in `/`."""

_RULE_FILES = (".gitignore", ".hgignore", "dune")
_MOST_RULE_FILES = 5_000
_FOLDER_RULES = re.compile(rb"\((?:vendored_dirs|data_only_dirs)\b")


def rule_files(view: View) -> tuple[str, ...]:
    """The files that the rules are in."""
    return tuple(path for path in view.paths() if path.rpartition("/")[2] in _RULE_FILES)[:_MOST_RULE_FILES]


def kept(view: View, paths: Iterable[str], files: Sequence[str]) -> tuple[str, ...]:
    """The paths that no rule of these files ignores."""
    rules = [rule for file in files if (rule := _rule(view, file)) is not None]
    if not rules:
        return tuple(paths)
    folders: dict[str, bool] = {"": False}

    def folder_ignored(folder: str) -> bool:
        if folder not in folders:
            above = folder.rstrip("/").rpartition("/")
            folders[folder] = folder_ignored(above[0] + above[1]) or any(rule(folder) for _, rule in rules)
        return folders[folder]

    def ignored(path: str) -> bool:
        return folder_ignored("".join(path.rpartition("/")[:2])) or any(of_files and rule(path) for of_files, rule in rules)

    return tuple(path for path in paths if not ignored(path))


def _rule(view: View, file: str) -> tuple[bool, Rule] | None:
    """What a file says, and whether it speaks of files too; None where it says nothing."""
    data = view.read(file)
    if not data:
        return None
    folder, slash, name = file.rpartition("/")
    below = folder + slash
    if name == "dune":
        return (False, _dune(data.decode("utf-8", "replace"), below)) if _FOLDER_RULES.search(data) else None
    lines = [line.rstrip("\r\n") for line in split_lines(data.decode("utf-8", "replace"))]
    try:
        if name == ".gitignore":
            spec = pathspec.GitIgnoreSpec.from_lines(lines)
            return True, lambda path: path.startswith(below) and path != below and spec.match_file(path[len(below) :])
        return (True, _mercurial(lines)) if not below else None
    except (ValueError, re.error) as error:
        _log.info("%s is not understood: %s", file, error)
        return None


def _dune(text: str, below: str) -> Rule:
    """The sub-folders that a dune file's `vendored_dirs` and `data_only_dirs` name; globs, from left to right."""
    globs = [
        re.compile(fnmatch.translate(word))
        for sexp in read_sexps(text)
        if isinstance(sexp, List) and sexp.head in ("vendored_dirs", "data_only_dirs")
        for word in _words(sexp)
    ]

    def rule(path: str) -> bool:
        name = path[len(below) :].rstrip("/")
        return path.startswith(below) and "/" not in name and any(glob.match(name) for glob in globs)

    return rule


def _words(sexp: List) -> list[str]:
    """The names in an ordered set, up to what it takes away again; `*` stands for all."""
    words: list[str] = []
    for item in sexp.items[1:]:
        if isinstance(item, Atom):
            if item.text == "\\":
                break
            words.append("*" if item.text in (":standard",) else item.text)
        else:
            words.extend(part.text for part in item.items if isinstance(part, Atom))
    return words


def _mercurial(lines: Iterable[str]) -> Rule:
    """Regular expressions found anywhere, unless `syntax: glob` says otherwise (`hg help ignore`)."""
    syntax = "regexp"
    found: list[re.Pattern[str]] = []
    for line in lines:
        written = re.sub(r"(?<!\\)#.*", "", line).strip()
        if not written:
            continue
        if written.startswith("syntax:"):
            syntax = written.removeprefix("syntax:").strip()
            continue
        kind, colon, rest = written.partition(":")
        of_line = kind if colon and kind in ("glob", "rootglob", "re", "regexp") else syntax
        pattern = rest if of_line is kind and colon else written
        if of_line == "glob":
            found.append(re.compile(rf"(?:^|/){_glob(pattern)}(?:/|$)"))
        elif of_line == "rootglob":
            found.append(re.compile(rf"^{_glob(pattern)}(?:/|$)"))
        else:
            found.append(re.compile(pattern))
    return lambda path: any(pattern.search(path.rstrip("/")) for pattern in found)


def _glob(pattern: str) -> str:
    translated = fnmatch.translate(pattern.replace("**", "\0"))
    inner = translated.removeprefix("(?s:").removesuffix(r")\Z")
    return inner.replace(".*", "[^/]*").replace("\0", ".*").replace("\\\0", ".*")
