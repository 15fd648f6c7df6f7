"""The story of a proposal: ask the proposers in turn, have each draft judged, keep the best.

recipes ──declined or red──▶ model ──complaints, errors──▶ model ... ──▶ Proposal
"""

from collections.abc import Sequence

from aid_lsp.build.verdict import Judge, Tier
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.recipes.proposer import Proposer, Report
from aid_lsp.workspace.request import Request

RECIPE_ROUNDS = 8
"""How often a recipe may try: it costs no model, only builds."""


async def propose(
    request: Request,
    proposers: Sequence[Proposer],
    judge: Judge,
    *,
    tier: Tier = Tier.TEST,
    max_repairs: int = 2,
    report: Report = lambda line: None,
    previous: Proposal | None = None,
) -> Proposal:
    """Makes a judged proposal, with no id yet (`Ledger.offer` gives it one).

    Proposers are asked in order, recipes first; the first green draft ends the search. With `previous` the request refines that
    proposal: its patch is rebased onto the request's view and the new draft builds upon it. Red is a value, as is having nothing
    to offer. Raises an `AidError` only where a proposer could not try and no other one had anything to offer.
    """
    raise NotImplementedError
