"""Bars, and the machine that they were measured on."""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise and what was measured."""

    name: str
    value: float
    goal: str
    met: bool
    unit: str = ""

    def __str__(self) -> str:
        shown = f"{self.value:.0f}" if float(self.value).is_integer() or self.value >= 100 else f"{self.value:.3g}"
        return f"bar {self.name}: {shown}{self.unit} (goal {self.goal}{self.unit}) {'met' if self.met else 'short'}"


def below(name: str, value: float, goal: float, unit: str = "") -> Bar:
    """A value that has to stay below its goal."""
    return Bar(name, value, f"< {goal:g}", value < goal, unit)


def exactly(name: str, value: int, goal: int) -> Bar:
    """A count that has to be just that."""
    return Bar(name, value, f"= {goal}", value == goal)


@dataclass(slots=True)
class Report:
    """Everything that one run found."""

    seed: int
    quick: bool
    bars: list[Bar] = field(default_factory=list[Bar])
    tables: dict[str, Any] = field(default_factory=dict[str, Any])

    def table(self, title: str, rows: list[tuple[str, str]]) -> None:
        """Prints and keeps a table of two columns."""
        print(f"\n{title}")
        width = max(len(name) for name, _ in rows)
        for name, value in rows:
            print(f"  {name:{width}}  {value}")
        self.tables[title] = dict(rows)

    def finish(self, file: Path | None) -> bool:
        """Prints the bars; says whether all are met."""
        print()
        for bar in self.bars:
            print(bar)
        if file:
            found = {"machine": machine(), "seed": self.seed, "quick": self.quick, "tables": self.tables}
            file.write_text(json.dumps({**found, "bars": [asdict(bar) for bar in self.bars]}, indent=1))
        return all(bar.met for bar in self.bars)


def machine() -> str:
    """Where this was measured, and how busy it was."""
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, load {load}"


def milliseconds(seconds: float) -> str:
    """For tables."""
    return f"{seconds * 1000:.2f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def quantile(values: list[float], part: float) -> float:
    """The value below which that part of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def memory_mb(pid: int) -> float:
    """A process's resident memory; 0 where the system does not say."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.split("\n") if line.startswith("VmRSS:")), 0.0)
