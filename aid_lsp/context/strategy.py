"""Gathers what a model should see: each strategy offers snippets, the weightiest that fit the budget are kept.

weight   1.0    the definition at the place
         0.97   what the person attached
         0.9    what must change with it: interface, build errors
         0.8    what the instruction names, the stanza
         0.7    tests, what messages name
         0.6    what the code at the place uses
         0.5    what is merely near
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Protocol

from aid_lsp.context.attached import Attached
from aid_lsp.context.blend import blend
from aid_lsp.context.build_errors import BuildErrors
from aid_lsp.context.enclosing import Enclosing
from aid_lsp.context.mentions import Mentions
from aid_lsp.context.referred import Referred
from aid_lsp.context.scene import Scene
from aid_lsp.context.snippet import Count, Snippet, estimate
from aid_lsp.context.triad import Triad
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Request

_log = logging.getLogger(__name__)


class Strategy(Protocol):
    """One idea of what matters."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def find(self, scene: Scene) -> Iterable[Snippet]:
        """Offers snippets, any number, in any order; overlaps with others are no harm."""
        ...


STRATEGIES: tuple[Strategy, ...] = (Enclosing(), Attached(), BuildErrors(), Triad(), Referred(), Mentions())
"""All there are; a place makes the first ones strong, an instruction alone the last."""


def gather(
    request: Request,
    budget_tokens: int,
    *,
    diagnostics: tuple[Diagnostic, ...] = (),
    count: Count = estimate,
    strategies: Sequence[Strategy] = STRATEGIES,
) -> tuple[Snippet, ...]:
    """What the model should see, within the budget; never raises. Reads and parses files: call it off the event loop.

    `diagnostics` are those of the last attempt, beside the request's own.
    """
    scene = Scene(request, max(0, budget_tokens), count, diagnostics)
    offered: list[Snippet] = []
    for strategy in strategies:
        try:
            offered.extend(strategy.find(scene))
        except Exception:  # noqa: BLE001 context makes a proposal better; its absence must not prevent one
            _log.warning("the context strategy %s failed", strategy.name, exc_info=True)
    return blend(scene, offered)
