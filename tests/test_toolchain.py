"""A tool of the unpacked toolchain behaves as a native one: one process, its exit code, its signals, its streams."""

import asyncio
import shutil
import signal
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.dune


async def run(*command: str, text: str = "") -> tuple[int | None, str]:
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        output, _ = await child.communicate(text.encode())
    return child.returncode, output.decode()


async def test_exit_code_and_streams_pass_through(tmp_path: Path) -> None:
    script = tmp_path / "script.ml"
    script.write_text("let () = print_string (String.uppercase_ascii (input_line stdin)); exit 7\n", "utf-8")
    assert await run("ocaml", str(script), text="hello\n") == (7, "HELLO")


async def test_a_signal_reaches_the_tool_itself(warehouse: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        "dune", "build", "--root", str(warehouse), "--watch", stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stderr is not None
    async with asyncio.timeout(60):
        while b"Success" not in await child.stderr.readline():
            pass
        child.send_signal(signal.SIGTERM)
        await child.communicate()
    assert not (warehouse / "_build/.rpc/dune").exists(), "dune had the time to clean up"


@pytest.mark.editor
async def test_an_editor_runs_the_server_of_the_host(tmp_path: Path) -> None:
    """Emacs lives in the toolchain's root and starts AID with the host's Python, which starts dune from the root again."""
    program = (
        "import ssl, sqlite3, ctypes, lzma, bz2, uuid, json, shutil, subprocess, sys, pygls, tree_sitter_ocaml, pydantic_core;"
        "dune = subprocess.run([sys.argv[1], '--version'], capture_output=True, text=True);"
        "print(json.dumps([sys.prefix, dune.returncode, dune.stderr, bool(dune.stdout.strip())]))"
    )
    dune = shutil.which("dune")
    lisp = f'(call-process "{sys.executable}" nil t nil "-c" "{program}" "{dune}")'
    status, output = await run("emacs", "-Q", "--batch", "--eval", f"(progn {lisp} (princ (buffer-string)))")
    assert status == 0
    assert output == f'["{sys.prefix}", 0, "", true]\n'
