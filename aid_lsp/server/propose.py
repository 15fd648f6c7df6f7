"""From a wish to a proposal that the user sees: the job behind `aid.change`, `aid.fix` and `aid.refine`.

Wish ──freeze──▶ Request ──workspace.propose──▶ Proposal ──▶ page ──▶ shown, or its path in a message
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp

from aid_lsp.edits.lines import Lines, Span
from aid_lsp.errors import AidError
from aid_lsp.ocaml.comments import InstructionComment, instructions
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.attachments import Attached
from aid_lsp.server.from_lsp import diagnostic_of, diagnostic_of_json, range_of_json, span_of
from aid_lsp.server.jobs import Job, Kind
from aid_lsp.server.pages import headline, size
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.to_lsp import diagnostic_as_json, range_as_json
from aid_lsp.server.turns import Words, answer, described, on_page
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workflows.page import Turn
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Place, Request
from aid_lsp.workspace.view import Buffer, View

_log = logging.getLogger(__name__)


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
    attached: tuple[Attached, ...] = ()
    """What else the user pointed at."""
    words: Words | None = None
    """Where it stands on the conversation page, for a wish that does."""

    @property
    def kind(self) -> Kind:
        """What the job does."""
        if self.entry in ("fix", "ask"):
            return "fix" if self.entry == "fix" else "ask"
        return "refine" if self.parent else "change"


def start_wish(session: Session, workspace: Workspace, wish: Wish, *, job_id: str = "", tries: int = 1) -> Job:
    """Starts the job; what the editor has open is taken now, before anybody types on.

    `job_id` and `tries` are for a job that an earlier daemon had begun.
    """
    buffers = session.buffers(workspace)
    kept = {**wish_as_json(wish), "root": str(workspace.root), "tries": tries}
    if wish.path in buffers:
        kept["version"] = buffers[wish.path].version
    short = " ".join(wish.instruction.split())
    title = f"AID: {short if len(short) <= 60 else f'{short[:59]}…'}"

    def work(job: Job) -> Coroutine[Any, Any, str]:
        return session.unfinished.during(job.id, kept, _grant(session, workspace, wish, buffers, job))

    return session.start(title, work, kind=wish.kind, root=workspace.root, job_id=job_id)


async def resume(session: Session) -> None:
    """Goes on with the jobs of this session that an earlier daemon left undone."""
    for job_id, kept in await session.unfinished.take():
        try:
            wish, root, tries = wish_of_json(kept), Path(str(kept["root"])), int(kept.get("tries", 1))
            workspace = await session.workspaces.at(root)
        except (AidError, BadArgument, KeyError, TypeError, ValueError) as error:
            _log.warning("a job cannot be resumed: %s", type(error).__name__)
            continue
        if tries > 1:
            session.say(
                f"AID ended twice while it worked on “{' '.join(wish.instruction.split())[:80]}”, so it does not try again.",
                lsp.MessageType.Warning,
            )
            continue
        document = session.open_in(workspace).get(wish.path) if wish.path else None
        if wish.path and document:
            version: object = kept.get("version")
            known = version if isinstance(version, int) else None
            wish = replace(wish, range=Spot(workspace, wish.path, document).range_now(wish.range, known))
        start_wish(session, workspace, wish, job_id=job_id, tries=tries + 1)


def wish_as_json(wish: Wish) -> dict[str, Any]:
    """The wish as it is kept while its job runs."""
    fields: dict[str, Any] = {"instruction": wish.instruction, "entry": wish.entry, "path": wish.path, "comment": wish.comment}
    if wish.range:
        fields["range"] = range_as_json(wish.range)
    if wish.diagnostic:
        fields["diagnostic"] = diagnostic_as_json(wish.diagnostic)
    if words := wish.words:
        fields["words"] = {"heading": words.heading, "prompt": words.prompt, "line": words.line, "logs": list(words.logs)}
    return {**fields, "parent": wish.parent, "attached": [attached.as_json() for attached in wish.attached]}


def wish_of_json(fields: Mapping[str, Any]) -> Wish:
    """Reads a kept wish; raises `KeyError`, `TypeError` or `BadArgument` for what is none."""
    return Wish(
        str(fields["instruction"]),
        str(fields["entry"]),
        fields.get("path"),
        range_of_json(fields.get("range")),
        comment=fields.get("comment") is True,
        diagnostic=diagnostic_of_json(fields.get("diagnostic")),
        parent=fields.get("parent"),
        attached=tuple(map(Attached.of_json, fields.get("attached") or ())),
        words=_words(fields["words"]) if "words" in fields else None,
    )


def _words(fields: Mapping[str, Any]) -> Words:
    return Words(str(fields["heading"]), str(fields["prompt"]), fields.get("line"), tuple(fields.get("logs") or ()))


async def _grant(session: Session, workspace: Workspace, wish: Wish, buffers: Mapping[str, Buffer], job: Job) -> str:
    if wish.words is None:
        return await _propose(session, workspace, wish, buffers, job, None)
    words = wish.words

    async def work(turn: Turn) -> str:
        if wish.entry != "ask":
            return await _propose(session, workspace, wish, buffers, job, turn)
        return await answer(session, workspace, await _freeze(session, workspace, wish, buffers, job), words, job, turn)

    return await on_page(session, workspace, words, work)


async def _freeze(session: Session, workspace: Workspace, wish: Wish, buffers: Mapping[str, Buffer], job: Job) -> Request:
    job.progress.report("reading the workspace")
    view = await asyncio.to_thread(View.freeze, workspace.root, buffers)
    return await asyncio.to_thread(_request, session, view, wish)


async def _propose(
    session: Session, workspace: Workspace, wish: Wish, buffers: Mapping[str, Buffer], job: Job, turn: Turn | None
) -> str:
    request = await _freeze(session, workspace, wish, buffers, job)
    proposal = await workspace.propose(
        request, job.progress.report, job=job.id, entry=wish.entry, client=session.client.name, parent=wish.parent
    )
    if turn is not None:
        await turn.end(described(proposal))
    if proposal.patch is None:
        session.say(f"AID has no proposal. {proposal.declined}".strip(), lsp.MessageType.Warning)
        return job.fail(proposal.declined or "no proposal")
    job.proposal = proposal.id
    await offer(session, workspace, proposal, on_its_page=turn is not None)
    return headline(proposal)


async def offer(session: Session, workspace: Workspace, proposal: Proposal, *, on_its_page: bool) -> None:
    """Shows a proposal: its page where the client can open it, and a message that says what can be done.

    One that stands on the conversation page is shown there.
    """
    page = await session.page(workspace, proposal.id)
    if session.client.review:
        return
    shown = on_its_page or await session.show(page)
    patch = proposal.patch
    what = f": {size(patch)}" if patch else ""
    read = "" if shown else f", or read {page}"
    kind = lsp.MessageType.Info if proposal.green else lsp.MessageType.Warning
    session.say(
        f"AID: proposal {proposal.id} is {headline(proposal)}{what} — accept, reject or refine it (code actions){read}", kind
    )


def _request(session: Session, view: View, wish: Wish) -> Request:
    pieces = [piece for attached in wish.attached if (piece := _piece(session, view, attached))]
    request = Request(
        wish.instruction,
        view,
        attached=tuple(place for place, said in pieces if said is None),
        diagnostics=tuple(one for _, said in pieces for one in said or ()),
    )
    text = view.text(wish.path) if wish.path else None
    if wish.path is None or text is None:
        return request
    lines = Lines(text)
    encoding = session.client.encoding
    span = span_of(lines, wish.range, encoding) if wish.range else Span(0, 0)
    comment = comment_for(wish, text, span)
    place = comment.span if comment else span if wish.range else None
    said = (diagnostic_of(wish.path, lines, wish.diagnostic, encoding),) if wish.diagnostic else ()
    return replace(
        request,
        place=Place(wish.path, place) if place else None,
        diagnostics=(*said, *request.diagnostics),
        remove=Place(wish.path, comment.span) if comment else None,
    )


def _piece(session: Session, view: View, attached: Attached) -> tuple[Place, tuple[Diagnostic, ...] | None] | None:
    """What one attachment points at; None for a file that is gone."""
    text = view.text(attached.path)
    if text is None:
        return None
    lines, encoding = Lines(text), session.client.encoding
    span = span_of(lines, attached.range, encoding) if attached.range else Span(0, len(text))
    if attached.diagnostics is None:
        return Place(attached.path, span), None
    return Place(attached.path, span), tuple(diagnostic_of(attached.path, lines, one, encoding) for one in attached.diagnostics)


def comment_for(wish: Wish, text: str, span: Span) -> InstructionComment | None:
    """The instruction comment that a wish came from: the nearest that says the same."""
    if wish.path is None or not is_ocaml(wish.path):
        return None
    same = [c for c in instructions(wish.path, text) if c.instruction == wish.instruction]
    touched = [c for c in same if c.span.meets(span)]
    if not wish.comment:
        return touched[0] if touched and wish.range else None
    return min(same, key=lambda c: abs(c.span.start - span.start), default=None)
