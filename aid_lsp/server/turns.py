"""AID's turns on the conversation page: what a question is answered, what a change came to, what became of a proposal.

Wish(page=heading) ──▶ the turn appears at once ──▶ words as they come │ proposal, diffs, verdict │ why not
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aid_lsp.edits.patch import Patch
from aid_lsp.errors import AidError
from aid_lsp.outcomes.events import QuestionAnswered, QuestionFailed
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.jobs import Job
from aid_lsp.server.pages import headline, render_change, render_verdict, size
from aid_lsp.server.replies import sentence_of
from aid_lsp.server.session import Session
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workflows.ask import earlier_on
from aid_lsp.workflows.clean import clean
from aid_lsp.workflows.page import Turn
from aid_lsp.workflows.page_text import asked, decided, sent
from aid_lsp.workspace.request import Request

CANCELLED = "*Cancelled.*"


@dataclass(frozen=True, slots=True)
class Words:
    """Where a wish stands on the page."""

    heading: str
    """Of AID's turn."""
    prompt: str
    """The person's turn, as it is written."""
    line: int | None = None
    """Where that stands already; None: it was asked elsewhere and is put on the page."""
    logs: tuple[str, ...] = ()


async def on_page(session: Session, workspace: Workspace, words: Words, work: Callable[[Turn], Awaitable[str]]) -> str:
    """Does the work of a turn: makes the turn appear, and says in it why nothing came of it where nothing did."""

    def begun(page: str) -> str:
        if words.line is None:
            return asked(page, words.prompt, words.heading, name=workspace.page.name)
        return sent(page, words.prompt, words.heading, words.line)

    await workspace.page.change(begun)
    turn = Turn(workspace.page, words.prompt, words.heading)
    try:
        return await work(turn)
    except asyncio.CancelledError:
        if session.unfinished.parting:
            raise  # the next daemon goes on
        await asyncio.shield(turn.end(f"{turn.said.rstrip()}\n\n{CANCELLED}".strip()))
        raise
    except Exception as error:
        await turn.end(f"{turn.said.rstrip()}\n\n**{_first(sentence_of(error))}**{_rest(sentence_of(error))}".strip())
        raise


def _first(sentence: str) -> str:
    return sentence.partition("\n")[0]


def _rest(sentence: str) -> str:
    rest = sentence.partition("\n")[2]
    return f"\n\n{rest}" if rest else ""


async def answer(session: Session, workspace: Workspace, request: Request, words: Words, job: Job, turn: Turn) -> str:
    """Has a question answered, word by word; answers with the last line of the job's progress."""
    page = await workspace.page.text()
    pieces: list[str] = []
    began = time.monotonic()
    first: float | None = None

    def text(piece: str) -> None:
        nonlocal first
        first = time.monotonic() - began if first is None else first
        pieces.append(piece)
        so_far = "".join(pieces)
        turn.say(clean(so_far, ended=False))
        job.progress.report(f"answering, {len(so_far.split())} words")

    try:
        said = await workspace.ask(request, earlier_on(page, words.heading), words.logs, text, job.progress.report)
    except AidError as error:
        await workspace.journal.record(QuestionFailed(job.id, type(error).__name__, time.monotonic() - began))
        raise
    whole = clean(said.text, ended=True)
    if not whole.startswith(turn.said.rstrip()):
        whole = clean("".join(pieces), ended=True)  # the page shows what came; the answer was cleaned of a model's thoughts
    cut = "\n\n*The answer was cut off: the model reached its limit of output tokens (`model.max_output_tokens`).*"
    await turn.end(f"{whole}{cut if said.finish == 'length' else ''}")
    event = QuestionAnswered(
        job.id,
        client=session.client.name,
        model=workspace.settings.model.name,
        latency_s=time.monotonic() - began,
        first_text_s=first or 0.0,
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
    )
    await workspace.journal.record(event)
    return f"answered, {len(whole.split())} words"


def described(proposal: Proposal) -> str:
    """A proposal as a turn shows it: heading, verdict, a diff for each file."""
    patch = proposal.patch
    if patch is None:
        return f"**AID has no proposal.** {proposal.declined}".strip()
    about = f"{proposal.understood} (by {proposal.proposer})" if proposal.understood else f"by {proposal.proposer}"
    parts = [
        f"### Proposal {proposal.id}: {headline(proposal)}, {size(patch)}",
        clean(about, ended=True),
        render_verdict(proposal.verdict),
        *(render_change(patch, change, level=4) for change in patch.changes),
    ]
    return "\n\n".join(part for part in parts if part)


async def note_decision(workspace: Workspace, proposal_id: str) -> None:
    """Writes behind a proposal's heading on the page what became of it; a page that does not show it stays as it is."""
    proposal = await workspace.ledger.find(proposal_id)
    word = proposal.outcome
    if proposal.outcome == "open":
        left = len((proposal.patch or Patch(())).changes)
        word = f"partly accepted, {left} {'file' if left == 1 else 'files'} left ({headline(proposal)})"
    if f"### Proposal {proposal_id}:" in await workspace.page.text():
        await workspace.page.change(lambda page: decided(page, proposal_id, word))
