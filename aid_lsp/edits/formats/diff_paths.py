"""The paths in a diff's headers: quoted as git does, with prefixes of its own or of the model's making."""

import re

from aid_lsp.edits.formats.fences import Known

_GIT = re.compile(r'^diff --git ("(?:[^"\\]|\\.)*"|\S.*?) ("(?:[^"\\]|\\.)*"|\S.*)$')

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")

_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


def git_names(line: str) -> tuple[str, str] | None:
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


def header_path(text: str) -> str:
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


def paths_of(
    old: str | None, new: str | None, git: tuple[str, str] | None, fallback: str | None, known: Known
) -> tuple[str | None, str | None]:
    """The file's paths before and after; None for /dev/null or unknown."""
    if old is None and new is None and git is not None:
        old, new = git
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
