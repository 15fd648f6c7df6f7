"""What holds for every test: nothing of the developer's is touched, nothing leaves the machine, nothing blocks the event loop.

    environment    HOME and the XDG folders are a private temporary folder; keys and AID's variables are unset
    sockets        only loopback and Unix sockets; names are not looked up
    models         `pydantic_ai.models.ALLOW_MODEL_REQUESTS` is False from the moment that anybody imports it
    event loop     `aid_lsp` code that sleeps, reads or writes files, or waits for SQLite in the loop raises BlockingError
    tools          a test marked `dune` or `editor` fails where the tool is missing; nothing is skipped

Children of a test inherit the environment, not the rest.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import hypothesis
import platformdirs
import pytest
from blockbuster import BlockBuster

from tests.support.ocaml_project import copy_project

_NEEDS = {"dune": ("dune", "ocamlc"), "editor": ("emacs", "nvim", "hx", "tmux", "dune"), "workbench": ("code-server", "chromium")}
_DROPPED = ("API_KEY", "_TOKEN", "_BASE_URL")

hypothesis.settings.register_profile("aid", deadline=None, derandomize=bool(os.environ.get("CI")))  # noqa: TID251
hypothesis.settings.load_profile("aid")


# ── environment ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pytest_configure(config: pytest.Config) -> None:
    """Moves the run into a home of its own, before any module of the product is imported."""
    patch = pytest.MonkeyPatch()
    # Built once, used by every run: dune's cache names what it holds by content, so it cannot carry anything from test to test.
    dune_cache = platformdirs.user_cache_path("aid") / "test-dune-cache"
    # Short, because Unix sockets allow about 100 characters.
    home = Path(tempfile.mkdtemp(prefix="aid-"))
    for name, folder in {
        "HOME": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_DATA_HOME": "data",
        "XDG_RUNTIME_DIR": "run",
    }.items():
        (home / folder).mkdir(mode=0o700)
        patch.setenv(name, str(home / folder))
    patch.setenv("DUNE_CACHE", "enabled")
    patch.setenv("DUNE_CACHE_ROOT", str(dune_cache))
    for name in list(os.environ):  # noqa: TID251
        if name.startswith("AID_") or any(part in name for part in _DROPPED):
            patch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        patch.setenv(f"GIT_{role}_NAME", "Ada")
        patch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")
    patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    patch.setenv("LC_ALL", "C.UTF-8")
    # The width of a terminal must not reach the snapshots.
    patch.delenv("COLUMNS", raising=False)
    config.add_cleanup(patch.undo)
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))


# ── sockets ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _on_this_machine(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host)).is_loopback
    except ValueError:
        return False


def _stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: sees every connection of this process, whoever makes it."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if not isinstance(address, tuple):
            return
        host = cast("tuple[object, ...]", address)[0]
    else:
        return
    if not _on_this_machine(host):
        raise RuntimeError(f"a test reached for {host!r}; tests speak to this machine only")


sys.addaudithook(_stay_on_this_machine)


# ── models ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _ForbidModelRequests(importlib.abc.MetaPathFinder):
    """Switches model requests off when pydantic-ai is imported; importing it here would cost every run a second and more."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "pydantic_ai.models":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        assert spec.loader is not None
        loader, execute = spec.loader, spec.loader.exec_module

        def execute_and_forbid(module: ModuleType) -> None:
            execute(module)
            vars(module)["ALLOW_MODEL_REQUESTS"] = False

        loader.exec_module = execute_and_forbid
        return spec


assert "pydantic_ai.models" not in sys.modules
sys.meta_path.insert(0, _ForbidModelRequests())


# ── event loop ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

# Looking at a file's status is allowed: it is quick, and threads for it would cost more than they save.
_QUICK = ("os.stat", "os.access", "os.getcwd", "os.readlink", "os.mkdir", "os.path.")


@pytest.fixture(scope="session")
def _loop_guard() -> BlockBuster:
    guard = BlockBuster("aid_lsp")
    for name in [name for name in guard.functions if name.startswith(_QUICK)]:
        del guard.functions[name]
    # A view reads a file when it is asked for one; /proc is no disk.
    guard.functions["io.BufferedReader.read"].can_block_in("aid_lsp/workspace/view.py", {"read"})
    guard.functions["io.TextIOWrapper.read"].can_block_in("aid_lsp/build/keeper.py", {"start_time"})
    return guard


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop(request: pytest.FixtureRequest, _loop_guard: BlockBuster) -> Iterator[None]:
    if request.node.get_closest_marker("asyncio") is None:
        yield
        return
    _loop_guard.activate()
    yield
    _loop_guard.deactivate()


# ── tools and projects ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def _tools_are_there(request: pytest.FixtureRequest) -> None:
    for marker, tools in _NEEDS.items():
        if request.node.get_closest_marker(marker) and (missing := [tool for tool in tools if shutil.which(tool) is None]):
            pytest.fail(f"{', '.join(missing)} is not on PATH; ./dev editors brings the tools along", pytrace=False)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A copy of the OCaml project `tests/support/projects/warehouse`, not yet built."""
    return copy_project("warehouse", tmp_path / "warehouse")
