"""Gathers what a model should see: each strategy offers snippets with its evidence, the likeliest for their price are kept.

evidence  20      the definition at the place                      what several strategies say of a snippet adds up;
          16      what the person attached
          10 ...  what must change with it: interface, errors      from MUST (10) on it goes before everything else
         7.6      what the instruction names, what a message names
           4      what is near in the same file, what the instruction's words fit best
         1.5      what shares rare names with the place, what its file often changes together with

The smaller numbers are rounded coefficients of two logistic regressions over 303 commits of three OCaml projects (`benchmarks/context/fit.py`):
which definitions did they edit, beyond the place, and which did their new lines use? `./dev bench context` says how well they do on others.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol

from aid_lsp.build.annotations import Annotation
from aid_lsp.context.attached import Attached
from aid_lsp.context.blend import blend
from aid_lsp.context.build_errors import BuildErrors
from aid_lsp.context.callers import Callers
from aid_lsp.context.collector import held
from aid_lsp.context.enclosing import Enclosing
from aid_lsp.context.index import Index
from aid_lsp.context.installed import InstalledLibraries
from aid_lsp.context.libraries import Linked
from aid_lsp.context.mentions import Mentions
from aid_lsp.context.modules import Modules
from aid_lsp.context.near import Near
from aid_lsp.context.recent import Recent
from aid_lsp.context.referred import Referred
from aid_lsp.context.rules import Rules
from aid_lsp.context.scene import Scene
from aid_lsp.context.similar import Similar
from aid_lsp.context.snippet import Count, Snippet, estimate
from aid_lsp.context.together import Together
from aid_lsp.context.triad import Triad
from aid_lsp.context.types import Types
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.history import History
from aid_lsp.workspace.request import Request

_log = logging.getLogger(__name__)

_GROUP = "aid_lsp.context_strategies"
"""The entry points under which other packages add strategies: each names a class, or a function that makes one."""
_INDEXING_S = 1.5
"""How long a request waits for the index to catch up; what it has not read by then is found next time."""


class Strategy(Protocol):
    """One idea of what matters."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def find(self, scene: Scene) -> Iterable[Snippet]:
        """Offers snippets, any number, in any order; overlaps with others are no harm."""
        ...


STRATEGIES: tuple[Strategy, ...] = (
    *(Enclosing(), Attached(), BuildErrors(), Triad(), Near(), Callers(), Modules()),
    *(Referred(), Mentions(), Similar(), Together(), Recent(), InstalledLibraries(), Types(), Rules()),
)
"""Those that come with AID; a place makes the first ones strong, an instruction alone the last."""


@cache
def strategies() -> tuple[Strategy, ...]:
    """All there are, those of other installed packages included. One that cannot be loaded is left out, and said."""
    found: list[Strategy] = list(STRATEGIES)
    for entry in entry_points(group=_GROUP):
        try:
            make: Callable[[], Strategy] = entry.load()
            found.append(make())
        except Exception:  # noqa: BLE001 somebody else's package must not cost a proposal
            _log.warning("the context strategy %s cannot be loaded", entry.name, exc_info=True)
    return tuple(found)


def gather(
    request: Request,
    budget_tokens: int,
    *,
    diagnostics: tuple[Diagnostic, ...] = (),
    count: Count = estimate,
    strategies: Sequence[Strategy] = STRATEGIES,
    index: Index | None = None,
    history: History = History(),  # noqa: B008 frozen
    linked: Linked = Linked(),  # noqa: B008 frozen
    annotations: tuple[Annotation, ...] = (),
    likeliest_last: bool = False,
) -> tuple[Snippet, ...]:
    """What the model should see, within the budget; never raises. Reads and parses files: call it off the event loop.

    `diagnostics` are those of the last attempt, beside the request's own. The index is brought up to the request's view; without one,
    one is made for this call. With `likeliest_last` the place's own file comes last, as some models like it.
    """
    if index is None:
        with closing(Index()) as index:
            return gather(
                request,
                budget_tokens,
                diagnostics=diagnostics,
                count=count,
                strategies=strategies,
                index=index,
                history=history,
                linked=linked,
                annotations=annotations,
                likeliest_last=likeliest_last,
            )
    scene = Scene(request, max(0, budget_tokens), count, diagnostics, index, history, linked, annotations)
    try:
        index.refresh(request.view, scene.sources, first=scene.distance, deadline_s=_INDEXING_S)
        with held():
            return blend(scene, offers(scene, strategies), likeliest_last=likeliest_last)
    except Exception:  # noqa: BLE001 context makes a proposal better; its absence must not prevent one
        _log.warning("no context could be gathered", exc_info=True)
        return ()


def offers(scene: Scene, strategies: Sequence[Strategy]) -> dict[str, list[Snippet]]:
    """What each strategy offers, by its name; one that fails is logged and left out."""
    offered: dict[str, list[Snippet]] = {}
    for strategy in strategies:
        try:
            offered[strategy.name] = list(strategy.find(scene))
        except Exception:  # noqa: BLE001 the same
            _log.warning("the context strategy %s failed", strategy.name, exc_info=True)
    return offered
