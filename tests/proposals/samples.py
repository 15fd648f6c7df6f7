"""Proposals as tests need them."""

from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.lines import Span
from aid_lsp.edits.patch import Complaint, FileChange, Patch, Placement
from aid_lsp.proposals.proposal import Asked, Proposal
from aid_lsp.recipes.proposer import Attempt, Draft
from aid_lsp.workspace.diagnostic import Diagnostic, Related
from aid_lsp.workspace.request import Place

ERROR = Diagnostic(
    "lib/a.ml", 1, 8, 1, 9, "error", 'This expression has type int\nHint: "s"', "26 [x]", (Related("lib/a.mli", 1, 0, "here"),)
)


def patch(*changes: tuple[str, str | None, str | None]) -> Patch:
    return Patch.of(FileChange(*change) for change in changes)


def proposal(text: str = "let y = 1\n") -> Proposal:
    red = Verdict("red", Tier.TYPE, (ERROR,), output="boom", timings={"type": 0.5})
    green = Verdict("green", Tier.TEST, fixed=1, timings={"test": 0.25})
    first = Draft(patch(("lib/a.ml", "let x = 1\n", "let x = s\n")), "a try", (), "", "the answer")
    second = Draft(patch(("lib/a.ml", "let x = 1\n", text)), "rename x", placements=(Placement(1, "lib/a.ml", "exact"),))
    return Proposal(
        Asked("rename x to y", Place("lib/a.ml", Span(4, 5)), versions={"lib/a.ml": 3}),
        (
            Attempt(first, red, "model m", 1.0),
            Attempt(Draft(None, "", (Complaint("no such block", "lib/a.ml", 2),)), None, "model m"),
            Attempt(second, green, "model m", 2.0),
        ),
        chosen=2,
        timings={"total": 3.0},
    )
