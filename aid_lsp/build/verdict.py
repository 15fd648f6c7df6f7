"""What a judge says of a patch, and who may be a judge.

apply ──▶ parse ──▶ type ──▶ build ──▶ test         a patch climbs until the first red
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, Protocol

from aid_lsp.edits.patch import Patch
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View


class Tier(IntEnum):
    """How far a patched tree gets."""

    APPLY = 0
    """The patch fits the view."""
    PARSE = 1
    """The touched files parse."""
    TYPE = 2
    """`@check` type-checks."""
    BUILD = 3
    """`@default` builds."""
    TEST = 4
    """`@runtest` passes."""

    @property
    def word(self) -> str:
        """The tier as people and JSON write it: apply, parse, type, build, test."""
        return self.name.lower()

    @classmethod
    def named(cls, word: str) -> "Tier":
        """The tier of a word; raises KeyError for another word."""
        return cls[word.upper()]


State = Literal["green", "red", "unknown"]


@dataclass(frozen=True, slots=True)
class Lint:
    """A remark on what may make a patch green without being good; it never decides a verdict."""

    name: str
    """Which trick: `cast`, `stub`, `assert-false`, `warnings-off`, …"""
    path: str
    line: int
    """From 1, in the patched text; in the text before where the file or the line is gone."""
    message: str
    """One sentence for people and models."""


@dataclass(frozen=True, slots=True)
class Blast:
    """How far a patch reaches, going by the dune files and the names that modules say; a function of tree and patch."""

    modules: int
    """About so many modules are compiled again because of it; copies that dune files make of sources do not count."""
    tests: tuple[str, ...] | None
    """The folders whose tests can turn out otherwise; None where that cannot be told, so all are run."""

    @property
    def sentence(self) -> str:
        """For people: `reaches about 3 modules, and the tests in test, lib/test`."""
        modules = f"about {self.modules} module{'' if self.modules == 1 else 's'}"
        if not self.tests:
            return f"reaches {modules}, and {'no test' if self.tests == () else 'all tests'}"
        folders = ", ".join(folder or "the root" for folder in self.tests[:5])
        more = f" and {len(self.tests) - 5} more folders" if len(self.tests) > 5 else ""
        return f"reaches {modules}, and the tests in {folders}{more}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge found. `unknown` (time-out, no dune, a workspace that was red before) is never called red."""

    state: State
    tier: Tier
    """The last tier that was tried: the one that is red, or the highest green one."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What the patched tree says that the tree before it did not say: errors first."""
    before: tuple[Diagnostic, ...] = ()
    """Errors that were there before the patch and are still there."""
    fixed: int = 0
    """How many errors of the tree before are gone."""
    note: str = ""
    """Why it is unknown, or what limits it; one sentence."""
    output: str = ""
    """The build's own words, shortened."""
    timings: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seconds by stage: sync, parse, type, build, test, baseline."""
    lints: tuple[Lint, ...] = ()
    """What to look at twice, however green it is."""
    blast: Blast | None = None
    """What the patch reaches; None where it was not built."""

    @property
    def green(self) -> bool:
        """Whether everything asked for holds."""
        return self.state == "green"

    def as_json(self) -> dict[str, object]:
        """The verdict as the command line prints it; lines count from 1, columns from 0 in bytes, as in OCaml's messages."""
        return {
            "state": self.state,
            "tier": self.tier.word,
            "diagnostics": [_diagnostic_json(diagnostic) for diagnostic in self.diagnostics],
            "before": [_diagnostic_json(diagnostic) for diagnostic in self.before],
            "fixed": self.fixed,
            "note": self.note,
            "blast": self.blast
            and {
                "modules": self.blast.modules,
                "tests": "all" if self.blast.tests is None else list(self.blast.tests),
            },
            "lints": [{"name": lint.name, "file": lint.path, "line": lint.line, "message": lint.message} for lint in self.lints],
        }


class Judge(Protocol):
    """Judges patches; `ces.judge.LaneJudge` is the real one, tests bring a scripted one."""

    async def judge(self, view: View, patch: Patch, tier: Tier = Tier.TEST) -> Verdict:
        """Says how far the patched view gets, up to `tier`; never raises for what the patch does."""
        ...

    async def baseline(self, view: View) -> Verdict:
        """Says how the view stands by itself (to the build tier); `diagnostics` holds all its errors."""
        ...

    async def close(self) -> None:
        """Stops what it started."""
        ...


def _diagnostic_json(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "file": diagnostic.path,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "message": diagnostic.message,
    }
