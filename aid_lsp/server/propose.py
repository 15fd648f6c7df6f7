"""From a wish to a proposal that the user sees: the job behind `aid.change`, `aid.fix` and `aid.refine`.

Wish ──freeze──▶ Request ──workspace.propose──▶ Proposal ──▶ page ──▶ shown, or its path in a message
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from lsprotocol import types as lsp

from aid_lsp.edits.lines import Lines, Span
from aid_lsp.ocaml.comments import InstructionComment, instructions
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.from_lsp import diagnostic_of, span_of
from aid_lsp.server.jobs import Job
from aid_lsp.server.pages import headline, size
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants, where, in the client's terms."""

    instruction: str
    entry: str
    """The way it came in, for the journal: comment, command, rename, fix, refine."""
    path: str | None = None
    """The file in the workspace; None: anywhere."""
    range: lsp.Range | None = None
    comment: bool = False
    """Whether the range is on the instruction comment, which goes with the change."""
    diagnostic: lsp.Diagnostic | None = None
    parent: str | None = None
    """The proposal that this refines."""


def current_range(spot: Spot, place: lsp.Range | None, version: int | None) -> lsp.Range | None:
    """Where a range of an older version is now: Eglot runs actions that it listed before the last keystrokes."""
    document = spot.document
    if place is None or document is None or version is None or version >= document.version:
        return place
    start, end = document.line_now(place.start.line, version), document.line_now(place.end.line, version)
    return lsp.Range(lsp.Position(start, place.start.character), lsp.Position(max(start, end), place.end.character))


def start_wish(session: Session, workspace: Workspace, wish: Wish) -> Job:
    """Starts the job; what the editor has open is taken now, before anybody types on."""
    buffers = session.buffers(workspace)
    short = " ".join(wish.instruction.split())
    title = f"AID: {short if len(short) <= 60 else f'{short[:59]}…'}"
    return session.start(title, lambda job: _grant(session, workspace, wish, buffers, job), root=workspace.root)


async def _grant(session: Session, workspace: Workspace, wish: Wish, buffers: Mapping[str, Buffer], job: Job) -> str:
    job.progress.report("reading the workspace")
    view = await asyncio.to_thread(View.freeze, workspace.root, buffers)
    request = await asyncio.to_thread(_request, session, view, wish)
    proposal = await workspace.propose(
        request, job.progress.report, job=job.id, entry=wish.entry, client=session.client.name, parent=wish.parent
    )
    if proposal.patch is None:
        session.say(f"AID has no proposal. {proposal.declined}".strip(), lsp.MessageType.Warning)
        return "no proposal"
    await offer(session, workspace, proposal)
    return headline(proposal)


async def offer(session: Session, workspace: Workspace, proposal: Proposal) -> None:
    """Shows a proposal: its page where the client can open it, and a message that says what can be done."""
    page = await session.page(workspace, proposal.id)
    shown = await session.show(page)
    patch = proposal.patch
    what = f": {size(patch)}" if patch else ""
    read = "" if shown else f", or read {page}"
    kind = lsp.MessageType.Info if proposal.green else lsp.MessageType.Warning
    session.say(
        f"AID: proposal {proposal.id} is {headline(proposal)}{what} — accept, reject or refine it (code actions){read}", kind
    )
    session.refresh()


def _request(session: Session, view: View, wish: Wish) -> Request:
    text = view.text(wish.path) if wish.path else None
    if wish.path is None or text is None:
        return Request(wish.instruction, view)
    lines = Lines(text)
    encoding = session.client.encoding
    span = span_of(lines, wish.range, encoding) if wish.range else Span(0, 0)
    comment = comment_for(wish, text, span)
    place = comment.span if comment else span if wish.range else None
    return Request(
        wish.instruction,
        view,
        Place(wish.path, place) if place else None,
        diagnostics=(diagnostic_of(wish.path, lines, wish.diagnostic, encoding),) if wish.diagnostic else (),
        remove=Place(wish.path, comment.span) if comment else None,
    )


def comment_for(wish: Wish, text: str, span: Span) -> InstructionComment | None:
    """The instruction comment that a wish came from: the nearest that says the same."""
    if wish.path is None or not is_ocaml(wish.path):
        return None
    same = [c for c in instructions(wish.path, text) if c.instruction == wish.instruction]
    touched = [c for c in same if c.span.meets(span)]
    if not wish.comment:
        return touched[0] if touched and wish.range else None
    return min(same, key=lambda c: abs(c.span.start - span.start), default=None)
