"""Children end with us, with all that they started."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from aid_lsp.build.process import Kept, ask, end_leftover, end_squatters
from tests.ces.project import processes, until

STUBBORN = "trap '' TERM; (trap '' TERM; sleep 97531) & sleep 97531"
"""A command that ignores SIGTERM and has a child of its own."""


async def start(folder: Path, script: str, **variables: str) -> Kept:
    return await Kept.start(["sh", "-c", script], folder=folder, record=folder / "record", variables=variables, merge=True)


async def test_the_exit_code_and_the_words_are_the_commands_own(tmp_path: Path) -> None:
    kept = await start(tmp_path, 'echo "$GREETING in $(pwd)"; echo "${INSIDE_DUNE-unset}" >&2; exit 3', GREETING="hello")
    said = await kept.output.read()
    assert await kept.wait() == 3
    assert said.decode() == f"hello in {tmp_path}\nunset\n"
    await kept.stop()


async def test_a_command_that_is_not_there_says_so(tmp_path: Path) -> None:
    kept = await Kept.start(["/nonexistent/dune"], folder=tmp_path, record=tmp_path / "record", variables={}, merge=True)
    said = await kept.output.read()
    assert await kept.wait() == 127
    assert said == b"/nonexistent/dune: No such file or directory\n"
    await kept.stop()


async def test_a_signal_is_told_as_a_shell_tells_it(tmp_path: Path) -> None:
    kept = await start(tmp_path, "kill -KILL $$")
    await kept.output.read()
    assert await kept.wait() == 128 + signal.SIGKILL
    await kept.stop()


async def test_stopping_ends_a_stubborn_command_and_its_children(tmp_path: Path) -> None:
    kept = await start(tmp_path, STUBBORN)
    await until(lambda: len(processes("sleep\x0097531\x00")) == 2)
    await kept.stop()
    assert not processes("sleep\x0097531\x00")
    await kept.output.read()


@pytest.mark.parametrize("daemon", ["sleep 97532 &", "setsid sleep 97532 &", "(setsid sh -c 'sleep 97532 & wait' &)"])
async def test_what_a_command_leaves_behind_ends_with_it(tmp_path: Path, daemon: str) -> None:
    kept = await start(tmp_path, f"{daemon}\nsleep 0.1; exit 0")
    assert await kept.wait() == 0
    assert not processes("sleep\x0097532\x00")
    await kept.output.read()


async def test_a_leftover_is_ended_by_its_record_and_a_stranger_with_its_pid_is_not(tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "97533")
    record = tmp_path / "record"
    record.write_text(f"{stranger.pid} 1\n{os.getpid()} 1\nnonsense\n")
    await end_leftover(record)
    assert stranger.returncode is None
    assert not record.exists()
    stranger.kill()
    await stranger.wait()
    await end_leftover(record)


async def test_a_dune_that_nobody_knows_is_ended_where_it_builds_and_nowhere_else(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "dune"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nread line\n")
    tool.chmod(0o755)
    lane, other = tmp_path / "lane", tmp_path / "other"
    lane.mkdir()
    other.mkdir()
    commands = (
        (lane, [str(tool), "build", "--root", "."]),
        (other, [str(tool), "build"]),
        (lane, ["sh", "-c", "read dune build"]),
    )
    squatter, elsewhere, editor = [
        await asyncio.create_subprocess_exec(*command, cwd=folder, stdin=asyncio.subprocess.PIPE) for folder, command in commands
    ]
    await end_squatters(lane)
    assert await asyncio.wait_for(squatter.wait(), 30) == -signal.SIGKILL
    assert (elsewhere.returncode, editor.returncode) == (None, None)
    for one in (elsewhere, editor):
        one.kill()
        await one.wait()


async def test_a_short_command_is_asked_with_a_deadline(tmp_path: Path) -> None:
    assert await ask(["sh", "-c", "echo 3.17.2"]) == "3.17.2\n"
    assert await ask(["sh", "-c", "exit 1"]) is None
    assert await ask(["/nonexistent/tool"]) is None
    assert await ask(["sh", "-c", "sleep 97534"], folder=tmp_path, deadline_s=0.1) is None
    assert not processes("sleep\x0097534\x00")
