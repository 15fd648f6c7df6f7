"""A judge that says what it is told, and remembers what it judged."""

from collections import deque
from dataclasses import dataclass, field

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.patch import Patch
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.view import View

GREEN = Verdict("green", Tier.TEST)


def error(path: str = "lib/a.ml", line: int = 1, message: str = "Unbound value y", column: int = 0, end: int = 1) -> Diagnostic:
    return Diagnostic(path, line, column, line, end, "error", message)


def red(*errors: Diagnostic, tier: Tier = Tier.TYPE) -> Verdict:
    return Verdict("red", tier, errors or (error(),))


@dataclass
class ScriptedJudge:
    """Gives its verdicts in order, and the last one from then on."""

    verdicts: deque[Verdict | Exception] = field(default_factory=lambda: deque[Verdict | Exception]([GREEN]))
    stands: Verdict = GREEN
    """The verdict on the view by itself."""
    judged: list[Patch] = field(default_factory=list[Patch])

    @classmethod
    def saying(cls, *verdicts: Verdict | Exception) -> "ScriptedJudge":
        return cls(deque(verdicts))

    async def judge(self, view: View, patch: Patch, tier: Tier = Tier.TEST) -> Verdict:
        for change in patch.changes:
            assert view.text(change.path) == change.before, "the patch is not one of the user's view"
        self.judged.append(patch)
        verdict = self.verdicts.popleft() if len(self.verdicts) > 1 else self.verdicts[0]
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    async def baseline(self, view: View) -> Verdict:
        return self.stands

    async def close(self) -> None:
        pass
