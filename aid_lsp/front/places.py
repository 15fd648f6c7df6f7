"""Where the daemon of a workspace is to be found: a private folder of the user, one socket for each workspace and machine.

    $AID_STATE, or the user's state folder ─▶ run/<name>-<hash>.sock  .lock  .log        /tmp/aid-<uid>/… where that is too long

Both sides work it out alone, so it depends on nothing that differs between an editor and a terminal. The hash is over root and
host name: a home folder may be shared between machines, a socket is not.
"""

import os
import socket
import stat
import sys
import urllib.parse
from pathlib import Path

from aid_lsp.front.wire import JsonObject, items, table

_LONGEST_SOCKET = 100
"""In bytes: 108 on Linux and 104 on macOS, with a zero at the end."""


class Unsafe(Exception):
    """The folder belongs to somebody else, or cannot be made private; the message is for the user."""


class Place:
    """Where the daemon of one workspace is."""

    __slots__ = ("lock", "log", "root", "socket")

    def __init__(self, root: Path, socket: Path) -> None:
        self.root = root
        self.socket = socket
        self.lock = socket.with_suffix(".lock")
        """Held by the daemon that listens."""
        self.log = socket.with_suffix(".log")


def place_of(root: Path) -> Place:
    """The place for a workspace; nothing is made yet."""
    name = f"{_short(root.name)}-{_hash(f'{socket.gethostname()}:{root}')}"
    folder = state_folder() / "run"
    if len(os.fsencode(folder / f"{name}.sock")) > _LONGEST_SOCKET:
        folder = Path("/tmp") / f"aid-{_user()}"
    return Place(root, folder / f"{name}.sock")


def make_private(folder: Path) -> None:
    """Makes a folder that only this user can look into; raises `Unsafe` where it is somebody else's."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not hasattr(os, "getuid"):
            return
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise Unsafe(f"{folder} is not a folder of yours, so AID does not use it. Remove it, or set AID_STATE to another.")
        if stat.S_IMODE(found.st_mode) != 0o700:
            folder.chmod(0o700)
    except OSError as error:
        raise Unsafe(f"{folder} cannot be used: {error.strerror}. Set AID_STATE to another folder.") from error


def state_folder() -> Path:
    """The same as `settings.state_folder`, which needs a library for it; a test compares them."""
    environment = os.environ  # noqa: TID251 - the front cannot import settings.py, which is not standard library only
    if given := environment.get("AID_STATE"):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "aid"
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "aid" / "aid"
    given = environment.get("XDG_STATE_HOME", "").strip()
    return (Path(given) if given else Path.home() / ".local" / "state") / "aid"


def root_of(initialize: JsonObject, folder: Path) -> Path:
    """The workspace that an editor opens: that of its first folder, else of its root, else of `folder`."""
    folders = items(initialize.get("workspaceFolders"))
    for uri in (table(folders[0]).get("uri") if folders else None, initialize.get("rootUri")):
        path = file_of(uri)
        if path is not None and path.is_dir():
            return find_root(path)
    given = initialize.get("rootPath")
    if isinstance(given, str) and given and Path(given).is_dir():
        return find_root(Path(given))
    return find_root(folder)


def find_root(start: Path) -> Path:
    """Dune's own rule, as `workspace.root` has it; the outermost `dune-workspace`, else `dune-project`, else `start`."""
    start = start.resolve()
    folder = start if start.is_dir() else start.parent
    for marker in ("dune-workspace", "dune-project"):
        marked = [candidate for candidate in (folder, *folder.parents) if (candidate / marker).is_file()]
        if marked:
            return marked[-1]
    return folder


def file_of(uri: object) -> Path | None:
    """The path of a `file:` URI, however it is percent-encoded; None for anything else."""
    if not isinstance(uri, str):
        return None
    try:
        parts = urllib.parse.urlsplit(uri)
    except ValueError:
        return None
    path = urllib.parse.unquote(parts.path)
    if parts.scheme != "file" or "\0" in path:
        return None
    if sys.platform == "win32":
        path = path.lstrip("/")
    return Path(path)


def _short(name: str) -> str:
    """A piece of a name that every file system takes."""
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)[:24] or "root"


def _hash(text: str) -> str:
    # not hashlib: importing OpenSSL costs the front 3 MB
    value = 0xCBF29CE484222325
    for byte in os.fsencode(text):
        value = (value ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{value:016x}"


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
