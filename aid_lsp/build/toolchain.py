"""Finds dune and the compiler, and says what to do where they are missing.

    find_toolchain("") ──▶ Toolchain(command=("/usr/bin/dune",), dune_version=(3, 17, 2), ocaml_version=(5, 3, 0), missing=())

Looked for, in this order: the command in the settings, `dune` on PATH, the workspace's own opam switch (`_opam`), opam's current
switch: an editor started from a desktop often has no opam on its PATH.
"""

import asyncio
import re
import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.build.process import ask

Version = tuple[int, ...]

RPC_SINCE: Version = (3, 0)
"""The first dune with an RPC and a passive watch mode."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A tool that is not there."""

    name: str
    """The tool: `dune`, `ocaml`, `ocamlformat`."""
    advice: str
    """What goes without it and how to get it, in one or two sentences."""
    needed: bool
    """Whether nothing can be judged without it."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The tools as they were found."""

    command: tuple[str, ...]
    """What starts dune, to be followed by its arguments; empty where there is none."""
    dune_version: Version
    ocaml_version: Version
    """Empty where unknown."""
    ocamlc: tuple[str, ...] = ()
    ocamlformat: str | None = None
    """Its version."""
    formatter: tuple[str, ...] = ()
    """What starts ocamlformat; empty where there is none."""
    missing: tuple[Missing, ...] = ()
    stamps: tuple[int, ...] = ()
    """Of the programs, as they were looked at: others mean that a tool was replaced."""

    @property
    def dune(self) -> Path | None:
        """The dune itself; None where there is none."""
        return Path(self.command[0]) if self.command else None

    @property
    def rpc(self) -> bool:
        """Whether this dune can be kept warm and asked over a socket."""
        return self.dune_version >= RPC_SINCE

    @property
    def usable(self) -> bool:
        """Whether a tree can be built."""
        return bool(self.command) and not any(piece.needed for piece in self.missing)

    @property
    def problem(self) -> str:
        """Why nothing can be judged, with what to do; empty where all is well."""
        return " ".join(piece.advice for piece in self.missing if piece.needed)

    @property
    def name(self) -> str:
        """The toolchain in one line: `dune 3.17.2, OCaml 5.3.0`."""
        dune = f"dune {dotted(self.dune_version)}" if self.command else "no dune"
        return f"{dune}, OCaml {dotted(self.ocaml_version)}" if self.ocaml_version else dune


def dotted(version: Version) -> str:
    """`(3, 17, 2)` as `3.17.2`; `?` where it is empty."""
    return ".".join(map(str, version)) or "?"


_found: dict[tuple[str, Path | None], tuple[float, Toolchain]] = {}
_KEEP_S = 300.0
_KEEP_MISSING_S = 5.0


async def find_toolchain(dune_command: str | None = None, root: Path | None = None) -> Toolchain:
    """Looks for the tools; remembers them for some minutes, a failure for some seconds. Never raises.

    `dune_command` is a path or a command line (`opam exec -- dune`); `root` is the workspace, for its own opam switch.
    """
    key = (dune_command or "", root)
    known = _found.get(key)
    if known is not None and _holds(*known):
        return known[1]
    toolchain = await _look(dune_command or "", root)
    _found[key] = (time.monotonic(), toolchain)
    return toolchain


def _holds(found_at: float, toolchain: Toolchain) -> bool:
    """Whether what was found needs no second look."""
    fresh = time.monotonic() - found_at < (_KEEP_S if toolchain.usable else _KEEP_MISSING_S)
    return fresh and toolchain.stamps == _stamps(toolchain.command, toolchain.ocamlc)


async def _look(dune_command: str, root: Path | None) -> Toolchain:
    command, prefix, version = await _find_dune(dune_command, root)
    ocamlc = _which("ocamlc", prefix)
    formatter = _which("ocamlformat", prefix) or await asyncio.to_thread(_dev_tool, root, "ocamlformat")
    ocaml_said, formatter_said = await asyncio.gather(
        ask([*ocamlc, "-version"], folder=root) if ocamlc else _nothing(),
        ask([*formatter, "--version"], folder=root) if formatter else _nothing(),
    )
    ocaml_version = _version(ocaml_said)
    missing: list[Missing] = []
    if not command:
        missing.append(_no_dune(dune_command))
    elif not ocaml_version:
        missing.append(
            Missing(
                "ocaml",
                "dune is there, but no OCaml compiler (`ocamlc`) is on PATH; install one (`opam install ocaml`, or your system's "
                "package `ocaml`), or start your editor from a shell where `eval $(opam env)` was run.",
                needed=True,
            )
        )
    elif version < RPC_SINCE:
        missing.append(
            Missing(
                "dune rpc",
                f"dune {dotted(version)} cannot be kept warm, so every verdict starts a build of its own, which is slower; "
                "with dune 3.0 or newer AID asks a running dune.",
                needed=False,
            )
        )
    if not formatter_said:
        missing.append(
            Missing(
                "ocamlformat", "ocamlformat is not on PATH; AID leaves the layout as it is. `opam install ocamlformat`.", False
            )
        )
    return Toolchain(
        command=command,
        dune_version=version,
        ocaml_version=ocaml_version,
        ocamlc=ocamlc if ocaml_version else (),
        ocamlformat=formatter_said.strip() if formatter_said else None,
        formatter=formatter if formatter_said else (),
        missing=tuple(missing),
        stamps=_stamps(command, ocamlc if ocaml_version else ()),
    )


def _stamps(*commands: tuple[str, ...]) -> tuple[int, ...]:
    """When the programs were last written, links followed; 0 for what is not there."""
    found: list[int] = []
    for command in commands:
        try:
            found.append(Path(command[0]).stat().st_mtime_ns if command else 0)
        except OSError:
            found.append(0)
    return tuple(found)


async def _find_dune(dune_command: str, root: Path | None) -> tuple[tuple[str, ...], tuple[str, ...], Version]:
    """The command, the prefix that its sister tools take, and its version."""
    for command, prefix in _candidates(dune_command, root):
        version = _version(await ask([*command, "--version"], folder=root))
        if version:
            return command, prefix, version
    return (), (), ()


def _candidates(dune_command: str, root: Path | None) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    if dune_command:
        try:
            words = shlex.split(str(Path(dune_command).expanduser()) if " " not in dune_command else dune_command)
        except ValueError:
            return []
        program = shutil.which(words[0]) if words else None
        if program is None:
            return []
        prefix = (program, *words[1:-1]) if len(words) > 1 and words[-1].endswith("dune") else ()
        return [((program, *words[1:]), prefix)]
    found: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    if dune := shutil.which("dune"):
        found.append(((dune,), ()))
    if opam := shutil.which("opam"):
        prefix = (opam, "exec", f"--switch={root}", "--") if root and (root / "_opam").is_dir() else (opam, "exec", "--")
        found.append(((*prefix, "dune"), prefix))
    return found


def _which(tool: str, prefix: tuple[str, ...]) -> tuple[str, ...]:
    if prefix:
        return (*prefix, tool)
    path = shutil.which(tool)
    return (path,) if path else ()


def _dev_tool(root: Path | None, tool: str) -> tuple[str, ...]:
    """A tool that dune has installed for the workspace (`dune tools install ocamlformat`)."""
    path = root / "_build" / "_private" / "default" / ".dev-tool" / tool / "target" / "bin" / tool if root else None
    return (str(path),) if path is not None and path.is_file() else ()


def _no_dune(dune_command: str) -> Missing:
    if dune_command:
        advice = f"The dune in the settings (`judge.dune`), {dune_command!r}, cannot be started; correct it, or leave it empty."
    else:
        advice = (
            "There is no dune on PATH, so nothing can be built; install one (`opam install dune`, or your system's package), "
            "start your editor from a shell where `eval $(opam env)` was run, or set `judge.dune`."
        )
    return Missing("dune", advice, needed=True)


async def _nothing() -> None:
    return None


def _version(said: str | None) -> Version:
    found = re.search(r"\b(\d+)\.(\d+)(?:\.(\d+))?", said or "")
    return tuple(int(part) for part in found.groups() if part is not None) if found else ()
