"""The sandbox that a lane's dune runs in: bubblewrap, where it is there and works.

    outside                         inside
    /                               /                        read only
    LANE/tree                       the same                 read only but for _build
    LANE/runtime, dune's cache      the same
    LANE/tmp                        /tmp
    LANE/apart                      over _build and the cache, for a patch that touches build rules: what its rules write is thrown
                                    away afterwards, so that they cannot plant anything in what later builds trust
    /run, other processes           –                        (no session bus, no container daemon, no ssh agent)
    the network                     –

Dune files, preprocessors, rules and cram tests run code while building, and a proposal may change them. AID talks to the dune
inside through its socket in `_build`. Whether it works here is tried once; where it does not, lanes go without.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os.path import realpath
from pathlib import Path

from aid_lsp.build.dune import Folders
from aid_lsp.build.keeper import SANDBOX, environment
from aid_lsp.build.process import ask
from aid_lsp.edits.patch import Patch

_HIDDEN = ("/tmp", "/var/tmp", "/run")
_NEEDED = ("PATH", "OCAMLPATH", "CAML_LD_LIBRARY_PATH", "OPAM_SWITCH_PREFIX", "OPAMROOT", "OCAMLFIND_CONF", "LD_LIBRARY_PATH")
"""Variables that name folders with tools; those within what is hidden stay visible."""
_C_SOURCES = (".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".s", ".S", ".sh")
_INSTALL = "Install bubblewrap (Debian, Ubuntu: `apt install bubblewrap`)"
_KEEP_FAILURE_S = 300.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What was found."""

    program: str = ""
    """The bubblewrap to use; empty: lanes run without."""
    problem: str = ""
    """Why there is none, as a clause: `bubblewrap is not installed`."""
    advice: str = ""
    """What to do about it."""
    overlay: bool = False
    """Whether a folder can be laid over another (bubblewrap >= 0.11, Linux >= 5.11); else a build apart begins with nothing."""

    def __bool__(self) -> bool:
        return self.program != ""

    def around(self, command: Sequence[str], folders: Folders) -> tuple[str, ...]:
        """The command that runs another inside; call it off the event loop."""
        if not self.program:
            return tuple(command)
        return (self.program, *_arguments(folders, command), *self._apart(folders), "--", *command)

    def _apart(self, folders: Folders) -> Iterator[str]:
        if folders.apart is None:
            return
        build = folders.tree / "_build"
        for name, place in (("build", build), ("cache", _cache(folders))):
            above = str(folders.apart / name)
            if self.overlay:
                yield from ("--overlay-src", str(place), "--overlay", above, str(folders.apart / f"{name}.work"), str(place))
            else:
                yield from ("--bind", above, str(place))
        yield from ("--bind", str(folders.socket.parent), str(build / ".rpc"))

    def prepare(self, folders: Folders) -> None:
        """Makes the folders that are mounted. Nothing may run in the sandbox meanwhile."""
        shutil.rmtree(_private(folders), ignore_errors=True)
        needed = [folders.tree / "_build", folders.runtime, _private(folders), _cache(folders)]
        if folders.apart is not None:
            if self.overlay:
                clear(folders.apart)
            needed += [folders.socket.parent, *(folders.apart / name for name in ("build", "build.work", "cache", "cache.work"))]
        for folder in needed:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


OFF = Sandbox(problem="`judge.sandbox` is off", advice="Set `judge.sandbox` to `auto`.")
_found: dict[tuple[str, ...], tuple[float, Sandbox]] = {}


async def find_sandbox(command: Sequence[str]) -> Sandbox:
    """Tries whether `command` (dune) starts in a sandbox here; remembers what came of it. Never raises."""
    key = tuple(command)
    known = _found.get(key)
    if known is None or (not known[1] and time.monotonic() - known[0] > _KEEP_FAILURE_S):
        known = _found[key] = (time.monotonic(), await _try(key))
    return known[1]


async def _try(command: tuple[str, ...]) -> Sandbox:
    program = await asyncio.to_thread(shutil.which, SANDBOX)
    if program is None:
        return Sandbox(problem="bubblewrap is not installed", advice=f"{_INSTALL}; it works on Linux.")
    sandbox = Sandbox(program)
    base = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="aid-sandbox-"))
    folders = Folders(base / "tree", base / "running", base / "runtime", base / "cache")
    above = Sandbox(program, overlay=True)
    try:
        said = await ask(await asyncio.to_thread(_trial, sandbox, command, folders), folder=folders.tree)
        if said is not None:
            trial = await asyncio.to_thread(_trial, above, command, replace(folders, apart=base / "apart"))
            return above if await ask(trial, folder=folders.tree) is not None else sandbox
    except OSError:
        pass
    finally:
        await asyncio.to_thread(clear, base)
    return Sandbox(
        problem=f"dune does not start in a sandbox of {program}",
        advice="Most often user namespaces are closed to ordinary users (`sysctl kernel.unprivileged_userns_clone`, or AppArmor's "
        "`kernel.apparmor_restrict_unprivileged_userns`); open them, or keep AID to code that you trust.",
    )


def _trial(sandbox: Sandbox, command: tuple[str, ...], folders: Folders) -> tuple[str, ...]:
    sandbox.prepare(folders)
    return sandbox.around((*command, "--version"), folders)


def clear(folder: Path) -> None:
    """Removes a folder; of an overlay's own working folder not even its owner may read all."""
    for hidden in folder.glob("**/*.work/work"):
        hidden.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _private(folders: Folders) -> Path:
    return folders.tree.parent / "tmp"


def _cache(folders: Folders) -> Path:
    return Path(environment(folders.variables())["DUNE_CACHE_ROOT"])


def _arguments(folders: Folders, command: Sequence[str]) -> Iterator[str]:
    """In this order: later mounts lie over earlier ones."""
    yield from ("--die-with-parent", "--new-session", "--unshare-all")
    yield from ("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc")
    private = str(_private(folders))
    hidden = [folder for folder in _HIDDEN if Path(folder).is_dir() and not Path(folder).is_symlink()]
    for folder in hidden:
        yield from ("--tmpfs", folder) if folder == "/run" else ("--bind", private, folder)
    for folder in _visible(hidden, command):
        yield from ("--ro-bind", folder, folder)
    tree = str(folders.tree)
    yield from ("--bind" if folders.in_place else "--ro-bind", tree, tree)
    for folder in (folders.tree / "_build", folders.runtime, _cache(folders)):
        yield from ("--bind", str(folder), str(folder))
    yield from ("--setenv", "TMPDIR", "/tmp", "--setenv", "DUNE_CACHE_STORAGE_MODE", "copy", "--chdir", tree)


def _visible(hidden: Sequence[str], command: Sequence[str]) -> Iterator[str]:
    """The folders with tools that lie within what is hidden."""
    variables = environment({})
    named = {folder for name in _NEEDED for folder in variables.get(name, "").split(":") if folder.startswith("/")}
    named |= {str(Path(word).parent) for word in command if word.startswith("/") and Path(word).is_file()}
    real = {realpath(folder) for folder in named}
    for folder in sorted(named | real):
        if any(folder.startswith(f"{one}/") for one in hidden) and Path(folder).exists():
            yield folder


def build_rules(patch: Patch) -> tuple[str, ...]:
    """The files of a patch through which it can run code while building."""
    return tuple(change.path for change in patch.changes if change.after is not None and _runs_code(change.path))


def _runs_code(path: str) -> bool:
    name = path.rpartition("/")[2]
    return (
        (name.startswith(("dune", "jbuild")) and "." not in name)
        or name.endswith((".opam", ".opam.template", ".t", ".inc", *_C_SOURCES))
        or ".t/" in path
    )
