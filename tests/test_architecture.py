"""Rooms lean only on the rooms below them, and what is slow to import is imported late."""

import asyncio
import sys

import pytest
from importlinter.cli import lint_imports


def test_imports_keep_to_the_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == 0, capsys.readouterr().out


# import-linter also counts imports inside functions, so it cannot tell when they happen.
@pytest.mark.parametrize("module", ["aid_lsp.app", "aid_lsp.server.server", "aid_lsp.cli.main"])
async def test_a_model_library_is_imported_when_a_model_is_asked(module: str) -> None:
    heavy = ("pydantic_ai", "pydantic", "openai", "anthropic", "httpx2")
    program = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        output, _ = await child.communicate()
    assert (child.returncode, output) == (0, b"[]\n")


async def test_the_command_line_starts_without_the_server() -> None:
    program = "import sys, aid_lsp.cli.main; print([name for name in ('pygls', 'lsprotocol') if name in sys.modules])"
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(60):
        output, _ = await child.communicate()
    assert (child.returncode, output) == (0, b"[]\n")
