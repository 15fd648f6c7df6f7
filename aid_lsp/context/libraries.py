"""The interfaces of the libraries that a place links, printed once for each version of each and kept in AID's cache folder.

    Libraries(cache / "libraries") ── at(request) ──▶ Linked ── modules["Base.List"] ──▶ (Interface, entries)

Printing goes on in the background; a request waits for it a moment only, and does without what is not there yet.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from aid_lsp.build.findlib import STDLIB, Installed, Library, find_installed
from aid_lsp.build.interfaces import Entry, Interface, packed, print_interface, unpacked
from aid_lsp.build.toolchain import find_toolchain
from aid_lsp.ocaml.names import is_dune
from aid_lsp.ocaml.stanzas import Stanza, stanzas
from aid_lsp.ocaml.triads import owner
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)

_WAIT_S = 1.0
"""How long a request waits for what is not printed yet; what is then missing is there next time."""
_LOOK_AGAIN_S = 300.0
_MOST_LIBRARIES = 40
"""So many of a stanza's are looked at."""
_MOST_KEPT = 60
_MOST_FILES = 400


@dataclass(frozen=True)
class Linked:
    """What the stanza of a place links and AID could look up."""

    stanza: Stanza | None = None
    dune: str = ""
    """The dune file of the stanza."""
    libraries: tuple[Library, ...] = ()
    """Installed ones, the standard library last."""
    interfaces: tuple[Interface, ...] = ()
    """Of those, as far as they are printed, in the same order."""
    installed: Installed | None = None
    """All that is installed."""

    @cached_property
    def modules(self) -> dict[str, tuple[Interface, tuple[Entry, ...]]]:
        """What each module offers, by its full name: `Base.List`, `Stdlib.List`."""
        found: dict[str, tuple[Interface, tuple[Entry, ...]]] = {}
        for interface in self.interfaces:
            for module, entries in interface.modules.items():
                found.setdefault(module, (interface, entries))
        return found

    def version(self, name: str) -> str:
        """The version of a library that is linked; empty where unknown."""
        return next((library.version for library in self.libraries if library.name == name), "")


@dataclass
class Libraries:
    """Serves one workspace; use it in one event loop."""

    folder: Path | None = None
    """Where interfaces are kept; None keeps them in memory."""
    extra: str = ""
    """Folders in which libraries are looked for first, separated by `:`."""
    wait_s: float = _WAIT_S
    _found: tuple[float, tuple[int, ...], Installed] | None = field(default=None, init=False, repr=False)
    _kept: dict[str, Interface] = field(default_factory=dict[str, Interface], init=False, repr=False)
    _printing: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]], init=False, repr=False)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    async def at(self, request: Request, wait_s: float | None = None) -> Linked:
        """What the place of a request links; nothing where there is no place, no stanza or no OCaml. Never raises."""
        if request.place is None:
            return Linked()
        try:
            return await self._at(request, self.wait_s if wait_s is None else wait_s)
        except Exception:  # noqa: BLE001 the libraries' interfaces make a proposal better; they must not prevent one
            _log.warning("the libraries of %s could not be looked up", request.place.path, exc_info=True)
            return Linked()

    async def _at(self, request: Request, wait_s: float) -> Linked:
        installed = await self._installed(request.view.root)
        if not installed.usable:
            return Linked()

        def look() -> tuple[str, Stanza | None, dict[str, Library]]:
            dune, stanza, names = _wanted(request)
            linked = installed.linked(names) if names is not None else ()
            return dune, stanza, {_key(library, installed): library for library in linked}

        dune, stanza, wanted = await asyncio.to_thread(look)
        missing = [key for key in wanted if key not in self._kept]
        if missing:
            for key, interface in (await asyncio.to_thread(self._read, missing)).items():
                self._keep(key, interface)
        tasks = [self._print(key, wanted[key], installed) for key in missing if key not in self._kept]
        if tasks and wait_s > 0:
            await asyncio.wait(tasks, timeout=wait_s)
        interfaces = tuple(self._kept[key] for key in wanted if key in self._kept)
        return Linked(stanza, dune, tuple(wanted.values()), interfaces, installed)

    async def warm(self, view: View) -> None:
        """Begins to print what any stanza of the workspace links; does not wait for it. Never raises."""
        try:
            installed = await self._installed(view.root)
            if installed.usable:
                wanted = await asyncio.to_thread(_all_of, view, installed)
                known = await asyncio.to_thread(self._read, [key for key in wanted if key not in self._kept])
                for key, interface in known.items():
                    self._keep(key, interface)
                for key, library in wanted.items():
                    if key not in self._kept:
                        self._print(key, library, installed)
        except Exception:  # noqa: BLE001 the same
            _log.warning("the libraries of %s could not be looked up", view.root, exc_info=True)

    async def _installed(self, root: Path) -> Installed:
        """A fresh look at what is installed; where to look is asked again now and then."""
        toolchain = await find_toolchain(None, root)
        if self._found is None or self._found[1] != toolchain.stamps or time.monotonic() - self._found[0] > _LOOK_AGAIN_S:
            self._found = (time.monotonic(), toolchain.stamps, await find_installed(toolchain, root, self.extra))
        known = self._found[2]
        return Installed(known.path, known.ocamlc, known.version)

    def _print(self, key: str, library: Library, installed: Installed) -> asyncio.Task[None]:
        if key not in self._printing:
            task = asyncio.create_task(self._printed(key, library, installed), name=f"print the interface of {library.name}")
            self._printing[key] = task
            task.add_done_callback(lambda _: self._printing.pop(key, None))
        return self._printing[key]

    async def _printed(self, key: str, library: Library, installed: Installed) -> None:
        async with self._one_at_a_time:
            try:
                interface = await print_interface(library, installed)
                if interface.modules:
                    await asyncio.to_thread(self._write, key, packed(interface))
                self._keep(key, interface)
            except Exception:  # noqa: BLE001 one strange library must not cost the others
                _log.warning("the interface of %s cannot be printed", library.name, exc_info=True)
                self._keep(key, Interface(library.name, library.version, {}))

    def _keep(self, key: str, interface: Interface) -> None:
        self._kept[key] = interface
        while len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]

    def _read(self, keys: Iterable[str]) -> dict[str, Interface]:
        found: dict[str, Interface] = {}
        if self.folder is None:
            return found
        for key in keys:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                interface = unpacked((self.folder / f"{key}.json").read_text("utf-8"))
                if interface is not None:
                    found[key] = interface
        return found

    def _write(self, key: str, text: str) -> None:
        """Whole or not at all; the oldest ones make room. A cache that cannot be written costs time, nothing else."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=".new")
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
            Path(name).replace(self.folder / f"{key}.json")
            files = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
            for old in files[:-_MOST_FILES]:
                old.unlink(missing_ok=True)
        except OSError as error:
            _log.info("the interface of a library is not kept: %s", error)

    async def close(self) -> None:
        """Stops printing."""
        tasks = list(self._printing.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _wanted(request: Request) -> tuple[str, Stanza | None, list[str] | None]:
    """The dune file and stanza of the place, and the libraries that it links and the workspace does not hold itself."""
    assert request.place is not None
    view = request.view
    paths = view.paths()
    dune, stanza = owner(request.place.path, frozenset(paths), view.text)
    if stanza is None and any(is_dune(path) for path in paths) and not request.place.path.endswith((".ml", ".mli")):
        return dune or "", None, None
    names = list(stanza.libraries[:_MOST_LIBRARIES]) if stanza is not None else []
    own = _own(view, paths) if names else frozenset[str]()
    return dune or "", stanza, [*(name for name in names if name not in own), STDLIB]


def _all_of(view: View, installed: Installed) -> dict[str, Library]:
    paths = view.paths()
    own = _own(view, paths)
    linked = dict.fromkeys(
        name
        for path in paths
        if path == "dune" or path.endswith("/dune")
        for stanza in stanzas(view.text(path) or "")
        if stanza.has_modules
        for name in stanza.libraries
        if name not in own
    )
    libraries = installed.linked([STDLIB, *list(linked)[:_MOST_LIBRARIES]])
    return {_key(library, installed): library for library in libraries}


def _own(view: View, paths: Sequence[str]) -> frozenset[str]:
    """The names of the workspace's own libraries."""
    return frozenset(
        name
        for path in paths
        if path == "dune" or path.endswith("/dune")
        for stanza in stanzas(view.text(path) or "")
        if stanza.kind == "library"
        for name in (*stanza.names, *stanza.public_names)
    )


def _key(library: Library, installed: Installed) -> str:
    """Names what is installed: another version, or a library that was built anew, has another one."""
    stamps: list[str] = [library.name, library.version, str(library.folder), installed.version, *map(str, installed.ocamlc)]
    main = library.name.replace("-", "_").rpartition(".")[2]
    for file in ("META", f"{main}.cmi", f"{main}.cma", "stdlib.cmi"):
        with contextlib.suppress(OSError):
            status = (library.folder / file).stat()
            stamps.append(f"{file} {status.st_size} {status.st_mtime_ns}")
    return f"{library.name}-{hashlib.sha256(repr(stamps).encode()).hexdigest()[:16]}"
