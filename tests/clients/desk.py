"""Starts a real editor on a copy of a project, with AID as its only server and the configuration of the README."""

import asyncio
import os
import re
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
ARTEFACTS = CHECKOUT / "artefacts"
"""Where the screens are kept that tests saw, for people to look at."""

SERVER = (sys.executable, "-m", "aid_lsp", "lsp")


def environment(**more: str) -> dict[str, str]:
    """The tests' environment with the command that starts AID, as an editor's configuration would name it."""
    return {**os.environ, "AID_COMMAND": " ".join(SERVER), **more}  # noqa: TID251


async def play(command: Sequence[str], project: Path, env: Mapping[str, str], seconds: float = 600.0) -> list[str]:
    """Runs an editor without a screen until its scenario ends; answers with the lines that the scenario said.

    Fails with all that the editor printed if it does not end by itself with status 0.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=project,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            said, printed = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    output = said.decode("utf-8", "replace").replace("\r\n", "\n")
    assert process.returncode == 0, f"{output}\n{printed.decode('utf-8', 'replace')}"
    return [line.removeprefix("@ ") for line in output.split("\n") if line.startswith("@ ")]


async def dune(project: Path, *targets: str) -> tuple[int, str]:
    """Builds the project itself, as its owner would; answers with the status and what dune printed."""
    process = await asyncio.create_subprocess_exec(
        "dune", "build", "--root", ".", *targets, cwd=project, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode("utf-8", "replace")


async def saved(file: Path, words: str, seconds: float = 120.0) -> None:
    """Waits until the file on disk holds some words: editors write in the background."""

    def wait() -> None:
        end = time.monotonic() + seconds
        while words not in file.read_text("utf-8"):
            assert time.monotonic() < end, f"{file} never held {words!r}"
            time.sleep(0.05)

    await asyncio.to_thread(wait)


def sources(project: Path) -> dict[str, str]:
    """Every file of the project but what dune built."""
    return {
        path.relative_to(project).as_posix(): path.read_text("utf-8")
        for path in sorted(project.rglob("*"))
        if path.is_file() and "_build" not in path.relative_to(project).parts
    }


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The lines that differ, by file, as a person would read them."""
    said: list[str] = []
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path, "").split("\n"), after.get(path, "").split("\n")
        if old != new:
            said.append(path)
            said += [f"  - {line.strip()}" for line in old if line not in new]
            said += [f"  + {line.strip()}" for line in new if line not in old]
    return "\n".join(said)


def documented(page: str, language: str) -> str:
    """The first block of a page of `docs/` in a language: what a reader copies, the path of the checkout filled in."""
    text = (CHECKOUT / "docs" / page).read_text("utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"docs/{page} has no block of {language}"
    return found[1].replace("~/aid/", f"{CHECKOUT}/")


def keep(name: str, screen: str) -> None:
    """Keeps a screen as an artefact of the run."""
    ARTEFACTS.mkdir(exist_ok=True)
    (ARTEFACTS / name).write_text(f"{screen}\n", "utf-8")


def reported(state: Path) -> list[str]:
    """What thin clients reported that their users did: `accepted 1`, oldest first."""
    said: list[str] = []
    for journal in state.rglob("journal.db"):
        with sqlite3.connect(journal) as connection:
            rows = connection.execute(
                "SELECT json_extract(data, '$.event'), subject FROM events WHERE kind = 'ClientReported' ORDER BY id"
            )
            said += [f"{event} {proposal}" for event, proposal in rows]
    return said
