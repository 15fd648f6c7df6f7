"""What the compiler said in full, from dune's own log: the words that dune's RPC leaves out (a warning's number and name).

    $ (cd _build/default && ocamlc …)
    > File "lib/foo.ml", line 27, characters 23-24:
    > Error (warning 26 [unused-var]): unused variable y.
    [2]

The log grows as long as a watching dune runs; only what is new is read. A place that was reported twice is reported as last seen.
"""

from pathlib import Path

from aid_lsp.build.diagnostics import parse_output
from aid_lsp.workspace.diagnostic import Diagnostic

_MOST_BYTES = 1 << 20
_MOST_REPORTS = 1000


class BuildLog:
    """The reports in `_build/log`; its methods block."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / "_build" / "log"
        self._read_to = 0
        self._reports: dict[Diagnostic, None] = {}

    def reports(self) -> tuple[Diagnostic, ...]:
        """All reports so far, the newest first."""
        try:
            with self._path.open("rb") as file:
                end = file.seek(0, 2)
                if end < self._read_to:  # another dune began it anew
                    self._read_to, self._reports = 0, {}
                start = max(self._read_to, end - _MOST_BYTES)
                file.seek(start)
                data = file.read()
        except OSError:
            return ()
        # The last command may not be all there yet: it is read again next time.
        self._read_to = start + max(0, data.rfind(b"\n$ "))
        said = (line[2:] if line.startswith(">") else "" for line in data.decode("utf-8", "replace").split("\n"))
        for report in parse_output("\n".join(said), self._root):
            self._reports.pop(report, None)
            self._reports[report] = None
        for old in list(self._reports)[:-_MOST_REPORTS]:
            del self._reports[old]
        return tuple(reversed(self._reports))
