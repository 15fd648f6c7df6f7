"""Keeps what engines answered, so that a run that was ended goes on where it was, and peers, which do not change, are asked once.

One file a project in the cache folder, one answer a line; an answer counts only for the code that gave it and the question it was given to.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.apply.corpus import CACHE
from benchmarks.context.case import Case, Shown

_HERE = Path(__file__).parent
_PEERS = ("peers.py", "aider_map_bridge.py", "requirements/bench.txt")
_OURS = ("context", "ocaml", "workspace", "edits")


def digest_of_peers() -> str:
    """Names the peers and how they are asked."""
    return _digest(_HERE / name for name in _PEERS)


def digest_of_aid() -> str:
    """Names the code that decides what AID shows."""
    root = _HERE.parents[1]
    code = [path for room in _OURS for path in sorted((root / "aid_lsp" / room).rglob("*.py"))]
    queries = sorted((root / "grammars").rglob("*.scm"))
    return _digest([*code, *queries, _HERE / "aid.py"])


def _digest(files: Iterable[Path]) -> str:
    hasher = hashlib.sha256()
    for file in files:
        hasher.update(file.name.encode() + b"\0" + file.read_bytes())
    return hasher.hexdigest()[:16]


DIGESTS = {False: digest_of_peers(), True: digest_of_aid()}
"""Of the code as it was when this program was loaded."""


class Answers:
    """The answers of one project."""

    def __init__(self, project: str, *, fresh: bool = False) -> None:
        self.file = CACHE / "context" / f"{project}.jsonl"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, tuple[Shown, int]] = {}
        lines = self.file.read_text().split("\n") if self.file.exists() and not fresh else []
        kept: list[str] = []
        for line in lines:
            try:
                told = json.loads(line)
            except ValueError:  # the run was ended while it wrote
                continue
            if told["by"] in DIGESTS.values():
                kept.append(line + "\n")
                self._known[told["question"]] = (
                    {path: frozenset(_rows(rows)) for path, rows in told["shown"].items()},
                    told["tokens"],
                )
        self.file.write_text("".join(kept))

    def get(self, case: Case, engine: str, budget: int) -> tuple[Shown, int] | None:
        """What was answered, if it was."""
        return self._known.get(self._question(case, engine, budget))

    def put(self, case: Case, engine: str, budget: int, shown: Shown, tokens: int) -> None:
        """Keeps an answer."""
        question = self._question(case, engine, budget)
        self._known[question] = (shown, tokens)
        ranges = {path: _ranges(rows) for path, rows in shown.items()}
        line = {"question": question, "by": DIGESTS[is_aid(engine)], "shown": ranges, "tokens": tokens}
        with self.file.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _question(self, case: Case, engine: str, budget: int) -> str:
        asked = f"{case.name} {engine} {budget} {DIGESTS[is_aid(engine)]} {case.path}:{case.line} {case.instruction}"
        return hashlib.sha256(asked.encode("utf-8", "replace")).hexdigest()[:24]


def is_aid(engine: str) -> bool:
    """Whether an engine is AID's, whole or in part."""
    return engine.partition(" ")[0] == "aid"


def _ranges(rows: Iterable[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for row in sorted(rows):
        if found and found[-1][1] == row:
            found[-1][1] = row + 1
        else:
            found.append([row, row + 1])
    return found


def _rows(ranges: Iterable[list[int]]) -> Iterable[int]:
    for first, end in ranges:
        yield from range(first, end)
