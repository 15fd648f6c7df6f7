"""A workspace and a state folder for one measurement, and fronts in it."""

import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.front import supervise
from aid_lsp.front.places import Place, place_of
from tests.support.lsp_client import Client

REPOSITORY = Path(__file__).parent.parent.parent
PROFILE = json.loads((REPOSITORY / "tests" / "support" / "profiles" / "neovim_v0.12.4.json").read_text())["capabilities"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where it happens."""

    root: Path
    journal: Path
    env: dict[str, str]

    @property
    def place(self) -> Place:
        """Where its daemon is."""
        return place_of(self.root)

    def front(self, *, scripted: bool, crashes: int = 5) -> AbstractAsyncContextManager[Client]:
        """`aid lsp`, or the same front with the scripted daemon behind it or with more patience."""
        command = [sys.executable, "-m", "aid_lsp", "lsp"]
        if scripted or crashes != 5:
            command = self.patient_front(scripted=scripted, crashes=crashes)
        return Client.start(command, env=self.env)

    def patient_front(self, *, scripted: bool, crashes: int) -> list[str]:
        """The command of a front that bears so many crashes a minute."""
        command = [sys.executable, "-m", "tests.support.front_process", "--crashes", str(crashes)]
        return [*command, "--launch", json.dumps(self.scripted_daemon)] if scripted else command

    @property
    def scripted_daemon(self) -> list[str]:
        """What starts the daemon with the scripted server."""
        return [sys.executable, "-m", "tests.support.backend", "--journal", str(self.journal)]

    def kill(self) -> int:
        """Kills the daemon that holds the lock; answers with its process, or 0 where there is none."""
        with contextlib.suppress(OSError, ValueError):
            pid = int(self.place.lock.read_text())
            os.kill(pid, signal.SIGKILL)
            return pid
        return 0

    def stop(self) -> None:
        """Ends the daemon."""
        supervise.command(self.place, "stop", 5.0)
        supervise.kill_holder(self.place)


@contextlib.contextmanager
def new_site() -> Generator[Site]:
    """A site of its own, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="aid-", ignore_cleanup_errors=True) as folder:
        base = Path(folder).resolve()
        root = base / "work"
        (root / "lib").mkdir(parents=True)
        (root / "dune-project").write_text("(lang dune 3.0)\n")
        os.environ["AID_STATE"] = str(base / "state")
        environment = os.environ
        folders = {"PYTHONPATH": str(REPOSITORY), "AID_CACHE": str(base / "cache"), "AID_CONFIG": str(base / "none.toml")}
        env = {**environment, **folders}
        site = Site(root, base / "journal", env)
        try:
            yield site
        finally:
            site.stop()
