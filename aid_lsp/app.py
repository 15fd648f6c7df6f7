"""Composition root: the only module that names concrete classes.

open_workspace(root) ──▶ Workspace ─ judge · proposers · ledger · journal · build · context · settings
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aid_lsp.build.format import Formatter
from aid_lsp.build.toolchain import Toolchain, find_toolchain
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.ces.follow import Follower, FollowSettings
from aid_lsp.ces.judge import LaneJudge
from aid_lsp.context.engine import Engine
from aid_lsp.context.libraries import Libraries
from aid_lsp.edits.diff import stat
from aid_lsp.edits.patch import Patch
from aid_lsp.errors import AidError, NotConfigured
from aid_lsp.models.connect import HOW_TO_ADD_A_MODEL, connect
from aid_lsp.models.model import Answer, OnText, OnWait, ignore
from aid_lsp.outcomes.events import JobCancelled, ProposalFailed, ProposalOffered, ProposalRequested
from aid_lsp.outcomes.journal import Journal
from aid_lsp.proposals.answer_format import format_for
from aid_lsp.proposals.ask_model import ModelProposer
from aid_lsp.proposals.ledger import Ledger
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.proposals.propose import judged, propose
from aid_lsp.recipes.proposer import Proposer, Report
from aid_lsp.recipes.recipe import RecipeProposer
from aid_lsp.settings import Settings, cache_folder, load, state_folder
from aid_lsp.workflows.ask import Exchange, answer
from aid_lsp.workflows.page import Page
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_log = logging.getLogger(__name__)


NO_MODEL_FOR_QUESTIONS = (
    "No model is configured, and questions need one. Changes that AID's recipes understand go without (`aid recipes` lists them)."
)


@dataclass(slots=True)
class Workspace:
    """One OCaml workspace and all that AID needs to work in it."""

    root: Path
    settings: Settings
    state: Path
    """Where its journal, proposals and pages are; private to the user."""
    judge: LaneJudge
    ledger: Ledger
    journal: Journal
    build: Follower
    context: Engine
    page: Page
    """The conversation in Markdown."""

    async def propose(
        self, request: Request, report: Report, *, job: str, entry: str, client: str = "", parent: str | None = None
    ) -> Proposal:
        """Makes a proposal, offers it in the ledger and writes down what happened; see `proposals.propose`."""
        started = time.monotonic()
        await self.journal.record(ProposalRequested(job, entry, client))
        try:
            proposal = await propose(
                request,
                self._proposers(),
                self.judge,
                tier=Tier.named(self.settings.judge.tier),
                max_repairs=self.settings.model.max_repairs,
                report=report,
                previous=await self.ledger.find(parent) if parent else None,
                layout=Formatter(self.root, self._toolchain).formatted,
            )
        except asyncio.CancelledError:
            await self.journal.record(JobCancelled(job, time.monotonic() - started))
            raise
        except AidError as error:
            await self.journal.record(ProposalFailed(job, type(error).__name__, time.monotonic() - started))
            raise
        if proposal.patch is not None:
            proposal = await self.ledger.offer(proposal)
        await self.journal.record(self._offered(proposal, job, time.monotonic() - started))
        return proposal

    async def verify(self, patch: Patch, view: View, wishes: str) -> Verdict:
        """Judges a patch of a view, as a proposal's is; `wishes` are the instructions that it comes from."""
        return await judged(self.judge, view, patch, Tier.named(self.settings.judge.tier), wishes)

    async def ask(
        self,
        request: Request,
        earlier: Sequence[Exchange] = (),
        logs: Sequence[str] = (),
        on_text: OnText = ignore,
        on_wait: OnWait = ignore,
    ) -> Answer:
        """Answers a question about the workspace; see `workflows.ask`. Raises `NotConfigured` without a model, `ModelFailed`."""
        if not self.settings.model.configured:
            raise NotConfigured(f"{NO_MODEL_FOR_QUESTIONS}\n{HOW_TO_ADD_A_MODEL}")
        tokens = self.settings.model.context_tokens
        return await answer(request, connect(self.settings.model), self.context, tokens, earlier, logs, on_text, on_wait)

    def configure(self, settings: Settings) -> None:
        """Takes new settings; they hold from the next request on."""
        self.settings = settings
        self.judge.configure(settings.judge)
        self.context.settings = settings.context
        self.build.configure(_follow_settings(settings))

    async def close(self) -> None:
        """Stops what it started."""
        await self.build.close()
        await self.judge.close()
        await self.journal.close()
        await self.context.close()

    async def _toolchain(self) -> Toolchain:
        return await find_toolchain(self.settings.judge.dune, self.root)

    def _proposers(self) -> tuple[Proposer, ...]:
        recipes = RecipeProposer(self.judge)
        if not self.settings.model.configured:
            return (recipes,)
        return (recipes, ModelProposer(connect(self.settings.model), self.settings.model, self.context))

    def _offered(self, proposal: Proposal, job: str, latency_s: float) -> ProposalOffered:
        patch, verdict, best = proposal.patch, proposal.verdict, proposal.best
        by_model = proposal.proposer.startswith("model")
        return ProposalOffered(
            proposal=proposal.id,
            job=job,
            latency_s=latency_s,
            proposer=proposal.proposer,
            model=self.settings.model.name if by_model else "",
            format=format_for(self.settings.model.name, self.settings.model.format) if by_model else "",
            verdict=verdict.state if verdict else "none",
            tier=verdict.tier.word if verdict else "",
            rounds=len(proposal.attempts),
            rungs=tuple(placement.rung for placement in best.draft.placements) if best else (),
            changed_lines=sum(added + removed for added, removed in stat(patch).values()) if patch else 0,
            changed_files=len(patch.changes) if patch else 0,
            judge_s=proposal.timings.get("judge", 0.0),
            input_tokens=sum(attempt.draft.input_tokens for attempt in proposal.attempts),
            output_tokens=sum(attempt.draft.output_tokens for attempt in proposal.attempts),
            parent=proposal.parent or "",
        )


def name_of(root: Path) -> str:
    """The folder name that AID's own files of a workspace go under: its name and a hash of its path."""
    return f"{root.name or 'root'}-{hashlib.sha256(str(root).encode()).hexdigest()[:10]}"


async def open_workspace(
    root: Path, *, editor: object = None, command_line: Mapping[str, Mapping[str, object]] | None = None
) -> Workspace:
    """Opens the workspace at `root`: reads its settings, makes its state folder; starts no build and asks no model."""
    return await asyncio.to_thread(_open, root, editor, command_line)


def _open(root: Path, editor: object, command_line: Mapping[str, Mapping[str, object]] | None) -> Workspace:
    root = root.resolve()
    settings = load(root, editor=editor, command_line=command_line)
    for warning in settings.warnings:
        _log.warning("%s", warning)
    state = state_folder() / "workspaces" / name_of(root)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise AidError(
            f"AID's state folder {state} cannot be made: {error.strerror}. Set AID_STATE to another folder."
        ) from error
    lanes = cache_folder() / "lanes" / name_of(root)
    workspace = Workspace(
        root=root,
        settings=settings,
        state=state,
        judge=LaneJudge(root, lanes, settings.judge),
        ledger=Ledger(state / "proposals"),
        journal=Journal(state / "journal.db"),
        build=Follower(root, lanes, _follow_settings(settings)),
        context=Engine(
            root, state / "index.db", settings.context, Libraries(cache_folder() / "libraries", settings.context.libraries), lanes
        ),
        page=Page(state / "pages" / "AID.md", root.name),
    )
    workspace.build.heard = workspace.context.touch
    return workspace


def _follow_settings(settings: Settings) -> FollowSettings:
    judge = settings.judge
    return FollowSettings(
        judge.dune,
        Tier.named(settings.editor.follow),
        judge.timeout_s,
        sandbox=judge.sandbox == "auto",
        build=judge.build,
        test=judge.test,
        idle_s=judge.idle_s,
    )
