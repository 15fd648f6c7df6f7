"""What a path inside a workspace may look like; spelling only, no disk.

`workspace.ignore.writable_path` goes on from here: it follows symbolic links.
"""

import re
from pathlib import PurePosixPath

from aid_lsp.errors import OutsideWorkspace

SKIPPED_FOLDERS = frozenset(
    {"_build", "_opam", "_esy", "node_modules", ".git", ".hg", ".svn", ".jj", "_darcs", ".venv", "__pycache__"}
)
"""Folders that are never read, copied or written; so is every folder named `_build…`."""

_SECRET = re.compile(r"(?i)^(\.env(\..*)?|.*\.(pem|key|p12|pfx|kdbx)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pypirc)$")
_GENERATED = re.compile(
    r"(?i)\b(?:file|code|module|interface) (?:is|was|has been) (?:auto(?:matically)?[ -]?)?generated\b"
    r"|\bdo not (?:edit|modify)(?:\s+(?:this|the) file\b|\s+by hand\b|[\s.!*)-]*$)"
    r"|\bauto-?generated (?:by|from)\b|@generated\b"
)
_DRIVE = re.compile(r"^[A-Za-z]:")
_LONGEST = 1024


def skipped_folder(name: str) -> bool:
    """Whether a folder of that name is passed over."""
    return name in SKIPPED_FOLDERS or name.startswith("_build")


def secret(path: str) -> bool:
    """Whether a file of that name usually holds secrets; it is neither shown to a model nor written."""
    return _SECRET.match(path.rpartition("/")[2]) is not None


def generated(text: str) -> str | None:
    """The line at the top of a file that says that a program wrote it, so that an edit would be lost; None where no line does."""
    for line in text[:2000].split("\n")[:8]:
        comment = line.lstrip().startswith(("(*", "*", "#", ";", "//", "<!--"))
        if comment and _GENERATED.search(line):
            return line.strip()[:120]
    return None


def clean_path(path: str) -> str:
    """The one spelling of a workspace-relative path: `./lib//a.ml` becomes `lib/a.ml`.

    Raises `OutsideWorkspace` for absolute paths, `..`, drive letters, control characters and folders AID never writes.
    """
    if len(path) > _LONGEST:
        raise OutsideWorkspace(f"{path[:60]!r}... is not a path: it has {len(path)} characters.")
    if not path or _DRIVE.match(path) or path.startswith(("/", "\\", "~")):
        raise OutsideWorkspace(f"{path!r} is not a path inside the workspace; name files relative to its root.")
    if any(ord(character) < 32 or character in "\\\x7f" for character in path):
        raise OutsideWorkspace(f"{path!r} holds characters that no path of the workspace has.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise OutsideWorkspace(f"{path!r} leads out of the workspace; name files relative to its root, without `..`.")
    for folder in parts[:-1]:
        if skipped_folder(folder):
            raise OutsideWorkspace(f"{path!r} lies in `{folder}/`, where AID never writes.")
    return "/".join(parts)


def editable_path(path: str) -> str:
    """The clean path, if its spelling allows a patch to write there. Raises `OutsideWorkspace` otherwise."""
    clean = clean_path(path)
    if secret(clean) or skipped_folder(PurePosixPath(clean).name):
        raise OutsideWorkspace(f"{clean!r} is a file that AID never writes.")
    return clean
