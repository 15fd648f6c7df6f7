"""What became of each refactoring, written as it goes: a run that was ended keeps what it has, and the next one goes on from there."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """One refactoring, and what became of it."""

    kind: str
    project: str
    where: str
    instruction: str
    state: str
    """green, red, unknown or declined."""
    seconds: float
    """From the request to the verdict, tests included."""
    said: str


class Records:
    """The outcomes in a file, or in none."""

    def __init__(self, path: Path | None, seed: int, *, again: bool) -> None:
        """Reads what a run with the same seed left in the file; of it, `again` forgets what did not end green."""
        self._path = path
        self._seed = seed
        self._kept: dict[str, Outcome] = {}
        if path is not None and path.exists():
            found: dict[str, Any] = json.loads(path.read_text())
            if found.get("seed") != seed:
                raise SystemExit(f"{path} is of seed {found.get('seed')}; give another file, or --seed {found.get('seed')}.")
            self._kept = {key: Outcome(**one) for key, one in found["refactorings"].items()}
        self._again = {key for key, one in self._kept.items() if again and one.state != "green"}

    def known(self, key: str, instruction: str) -> Outcome | None:
        """What became of a refactoring before."""
        found = self._kept.get(key)
        return found if found is not None and found.instruction == instruction and key not in self._again else None

    def keep(self, key: str, outcome: Outcome) -> None:
        """Writes one down."""
        self._kept[key] = outcome
        self.end(())

    def end(self, bars: Sequence[object]) -> None:
        """Writes all down."""
        if self._path is None:
            return
        shown = {"seed": self._seed, "refactorings": {key: asdict(one) for key, one in self._kept.items()}, "bars": list(bars)}
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_text(json.dumps(shown, indent=1))
        new.replace(self._path)
