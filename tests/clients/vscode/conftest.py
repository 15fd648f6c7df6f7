"""The extension as it is shipped, built once a run."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.vscode.workbench import ROOT


@pytest.fixture(scope="session")
def vsix() -> Path:
    """`./dev vsix`: type-checked, bundled, packaged."""
    built = subprocess.run([str(ROOT / "dev"), "vsix"], capture_output=True, text=True, timeout=500)  # noqa: TID251
    assert built.returncode == 0, built.stdout + built.stderr
    return Path(built.stdout.strip().rpartition("\n")[2])
