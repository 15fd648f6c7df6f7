"""`./dev` sets up by itself, repairs itself, and where it cannot, says why in one sentence."""

import asyncio
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ("dev", "toolchain", "requirements", "pyproject.toml", "README.md", "LICENSE", "aid_lsp", "grammars", "demo")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing is set up."""
    for part in PARTS:
        source, target = ROOT / part, tmp_path / "checkout" / part
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        else:
            shutil.copy(source, target)
    return tmp_path / "checkout"


def bare(**extra: str) -> dict[str, str]:
    """The environment, as if neither .venv nor the OCaml toolchain were on PATH."""
    kept = [
        folder
        for folder in os.environ["PATH"].split(":")  # noqa: TID251
        if not Path(folder, "dune").exists() and not Path(folder, "pyvenv.cfg").exists() and ".venv" not in folder
    ]
    return {**os.environ, "PATH": ":".join(kept), **extra}  # noqa: TID251


async def dev(checkout: Path, *arguments: str, deadline_s: float = 60, **extra: str) -> tuple[int | None, str]:
    child = await asyncio.create_subprocess_exec(
        str(checkout / "dev"),
        *arguments,
        cwd=checkout.parent,
        env=bare(**extra),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(deadline_s):
        output, _ = await child.communicate()
    return child.returncode, output.decode()


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    (folder / name).chmod(0o755)


async def test_help_tells_every_command(checkout: Path) -> None:
    status, output = await dev(checkout, "--help")
    told = set(re.findall(r"(?m)^  (\w+)", output))
    known = set(re.findall(r"(?m)^  (\w+)(?= \||\)(?! ;;)|\) )", (ROOT / "dev").read_text("utf-8")))
    assert status == 0
    assert told == known - {"help"}


async def test_an_unknown_command_is_a_mistake_in_usage(checkout: Path) -> None:
    status, output = await dev(checkout, "demonstrate")
    assert status == 2
    assert output.startswith("usage: ./dev COMMAND")


CANNOT = {
    "no place for the cache": (
        {"XDG_CACHE_HOME": "/proc/nowhere"},
        "dev: cannot write to /proc/nowhere/aid; set XDG_CACHE_HOME to a folder of yours, then run the command again.",
    ),
    "no Python": (
        {"AID_PYTHON": "/bin/false"},
        "dev: no Python >= 3.11 with its standard library was found (AID_PYTHON is /bin/false); on Debian 12 it is the package python3; "
        "then run the command again.",
    ),
}


@pytest.mark.parametrize("case", CANNOT)
async def test_what_cannot_be_is_said_in_one_sentence(case: str, checkout: Path) -> None:
    environment, sentence = CANNOT[case]
    status, output = await dev(checkout, "check", deadline_s=60, **environment)
    assert (status, output.strip()) == (1, sentence)


async def test_a_machine_for_which_there_is_no_toolchain_is_told_before_anything_is_fetched(
    checkout: Path, tmp_path: Path
) -> None:
    program(tmp_path / "fake", "uname", "echo Linux aarch64")
    status, output = await dev(checkout, "demo", PATH=f"{tmp_path}/fake:{bare()['PATH']}")
    assert (status, output.strip()) == (
        1,
        "dev: the ready-made OCaml toolchain is for Linux on x86-64 and this machine is Linux aarch64; "
        "install OCaml >= 4.14 and dune >= 3 with opam, then run the command again.",
    )
    assert not (checkout / ".venv").exists()


@pytest.mark.slow
async def test_a_network_that_is_down_is_named(checkout: Path) -> None:
    status, output = await dev(
        checkout,
        "check",
        AID_PYTHON=sys.executable,
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_RETRIES="1",
        PIP_NO_CACHE_DIR="1",
    )
    assert status == 1
    assert "dev: the Python packages could not be installed: the network or the archive did not answer" in output
    assert not list((checkout / ".venv").glob("ready-*"))


@pytest.mark.slow
async def test_a_set_up_that_was_killed_repairs_itself(checkout: Path, tmp_path: Path) -> None:
    """Really from nothing, killed while packages are unpacked; then again, with a second one at the same time."""
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "AID_PYTHON": sys.executable}
    child = await asyncio.create_subprocess_exec(
        str(checkout / "dev"),
        "demo",
        env=bare(**cache),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stderr is not None
    async with asyncio.timeout(400):
        while b"unpacking" not in await child.stderr.readline():
            assert not child.stderr.at_eof()
    os.killpg(child.pid, signal.SIGKILL)
    await child.wait()
    assert list((tmp_path / "cache/aid/toolchain").glob("demo-*")) == []

    both = await asyncio.gather(
        dev(checkout, "demo", "--help", deadline_s=400, **cache), dev(checkout, "demo", "--help", deadline_s=400, **cache)
    )
    assert [status for status, _ in both] == [0, 0], both
    assert await dev(checkout, "demo", "--help", deadline_s=60, **cache) == (0, "usage: ./dev demo [--model NAME] [--keep]\n"), (
        "nothing is left to do"
    )
    [folder] = (tmp_path / "cache/aid/toolchain").glob("demo-*")
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name, "lock"]
    status, output = await dev(checkout, "demo", deadline_s=120, **cache)
    assert status == 0, output
