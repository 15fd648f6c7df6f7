"""The scores: by kind of damage, and by format or peer."""

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

PEERS = ("git apply", "patch", "aider udiff", "aider blocks")


PEER_FORMATS = {
    "git apply": "unified_diff",
    "patch": "unified_diff",
    "aider udiff": "unified_diff",
    "aider blocks": "search_replace",
}


@dataclass
class Score:
    exact: int = 0
    refused: int = 0
    wrong: int = 0

    @property
    def total(self) -> int:
        return self.exact + self.refused + self.wrong

    def add(self, verdict: str) -> None:
        setattr(self, verdict, getattr(self, verdict) + 1)

    def __str__(self) -> str:
        return f"{100 * self.exact / self.total:.1f}" + (f" ({self.wrong}!)" if self.wrong else "") if self.total else "-"


@dataclass
class Board:
    """All scores, by (group, damage, format or peer)."""

    scores: dict[tuple[str, str, str], Score] = field(default_factory=dict)
    changes: int = 0
    long: dict[str, Score] = field(default_factory=dict)
    pairs: dict[tuple[str, str, str], tuple[Score, Score]] = field(default_factory=dict)
    """(ours, theirs) on the very answers that a peer got, by (group, damage, peer)."""
    rungs: Counter = field(default_factory=Counter)
    samples: list[tuple[str, str, str]] = field(default_factory=list)
    """(what happened, the answer, why), of answers that were not applied exactly."""

    def score(self, *key: str) -> Score:
        return self.scores.setdefault(key, Score())  # pyright: ignore

    def add(self, title: str, text: str, why: str) -> None:
        """Keeps a sample; a wrong one is told at once."""
        self.samples.append((title, text, why))
        if title.startswith("wrong"):
            print(f"\r{title}: {why[:300]}", file=sys.stderr, flush=True)

    def answers(self) -> int:
        """How many answers were read."""
        return sum(score.total for (group, _, who), score in self.scores.items() if group != "ambiguous" and who not in PEERS)

    def traps(self) -> int:
        """How many answers of the ambiguity suite were read."""
        return sum(score.total for (group, _, who), score in self.scores.items() if group == "ambiguous" and who not in PEERS)

    def sum(self, group: str, who: Iterable[str], damage: str | None = None) -> Score:
        total = Score()
        for (one, named, by), score in self.scores.items():
            if one == group and by in who and damage in (None, named):
                total.exact += score.exact
                total.refused += score.refused
                total.wrong += score.wrong
        return total
