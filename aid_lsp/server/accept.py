"""Accepts a proposal: moves it onto the buffers as they are, sends one edit, and looks whether it arrived.

texts now ──move──▶ patch ──workspace/applyEdit──▶ client says … ──▶ what the buffers say ──▶ accepted │ again, once │ told

What the client answers is a hint. Neovim says `applied: true` of a stale edit and does nothing, Eglot answers an error and may
have edited the files before the stale one, kak-lsp says true before it begins. The buffers decide; a part that is there already
drops out of the second try.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Literal

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from aid_lsp.edits.patch import FileChange, Files, Patch
from aid_lsp.errors import AidError, NotFound, Stale
from aid_lsp.outcomes.events import EditApplied, EditDeclined, ProposalAccepted, ProposalStale
from aid_lsp.proposals.offer import move, moved_or_stale
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.documents import Document
from aid_lsp.server.jobs import Job
from aid_lsp.server.session import Session
from aid_lsp.server.to_lsp import ClientEdit, workspace_edit
from aid_lsp.server.turns import note_decision
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workspace.ignore import writable_path

ANSWER_S = 600.0
"""How long a client may take to answer: it may be asking its user."""

SEEN_S = 3.0
"""How long the text may take to show after `applied: true`: Eglot sends changes after half a second of idling."""

STALE_S = 1.5
"""How long a change that made the edit stale may take to show after a refusal."""

SETTLE_S = 0.4
"""How long a document that has changed may take to change further: an edit may come in several messages."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was sent, and the documents that should show it."""

    patch: Patch
    edit: ClientEdit
    watched: tuple[tuple[Document, FileChange], ...]

    def there(self) -> bool:
        """Whether every open document shows its part."""
        return all(contains(change, document.text) for document, change in self.watched)

    def part(self) -> bool:
        """Whether some document shows its part."""
        return any(contains(change, document.text) for document, change in self.watched)

    def disturbed(self) -> bool:
        """Whether a document has changed, but not as was sent."""
        return any(document.text != change.before and not contains(change, document.text) for document, change in self.watched)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the client said: applied or not, or nothing at all."""

    applied: bool
    reason: str = ""
    silent: bool = False


async def accept(session: Session, workspace: Workspace, proposal_id: str, job: Job) -> str:
    """Applies a proposal in the editor; answers with the last line of the job's progress. Raises `AidError` where it cannot."""
    proposal = await workspace.ledger.find(proposal_id)
    patch = acceptable(session, proposal)
    by_hand = await apply_in_editor(session, workspace, proposal, patch)
    return job.fail(NOT_APPLIED) if by_hand is None else await _accepted(session, workspace, proposal, by_hand)


NOT_APPLIED = "not applied"


def acceptable(session: Session, proposal: Proposal) -> Patch:
    """What a proposal would change; raises `AidError` where it cannot be accepted."""
    if proposal.outcome == "accepted" or proposal.outcome == "rejected":
        raise AidError(f"Proposal {proposal.id} is {proposal.outcome} already.")
    if proposal.patch is None:
        raise NotFound(f"Proposal {proposal.id} changes nothing.")
    if not session.client.apply_edit:
        raise AidError(f"This editor cannot be sent edits; take the proposal in a terminal: aid accept {proposal.id}")
    return proposal.patch


async def apply_in_editor(session: Session, workspace: Workspace, proposal: Proposal, patch: Patch) -> tuple[str, ...] | None:
    """Sends a proposal's patch, or a part of it; answers with what is left to do by hand, None where it was not applied.

    The user has been told why then. Raises `Stale` where it no longer fits.
    """
    by_hand: tuple[str, ...] = ()
    for last_try in (False, True):
        try:
            sent = await _prepare(session, workspace, proposal, patch)
        except Stale:
            await workspace.journal.record(ProposalStale(proposal.id, len(await _misfits(session, workspace, patch))))
            raise
        by_hand = tuple(dict.fromkeys((*by_hand, *sent.edit.by_hand)))
        if _nothing_to_send(sent):
            return by_hand
        answer = await _send(session, proposal, sent)
        if await _arrived(session, sent, answer):
            return by_hand
        if last_try or not (sent.disturbed() or sent.part()):
            await _declined(session, workspace, proposal, sent, answer)
            return None
    raise AssertionError("the second try returns")


def contains(change: FileChange, text: str) -> bool:
    """Whether a text shows a change already, perhaps with more typed since. Line ends may be the editor's own."""
    if change.after is None or text == change.after:
        return True
    if text == change.before:
        return False
    if _plain(text) == _plain(change.after):
        return True
    moved = move(Patch((change,)), _OneText(text))
    return isinstance(moved, Patch) and moved.empty


async def texts_now(session: Session, workspace: Workspace, patch: Patch) -> Files:
    """The texts that a patch is about: those of the buffers, else those on disk."""
    texts = await asyncio.to_thread(_read_all, workspace, patch.paths)
    return _Texts(texts | {path: document.text for path, document in session.open_in(workspace).items()})


async def _prepare(session: Session, workspace: Workspace, proposal: Proposal, patch: Patch) -> _Sent:
    """Moves the patch onto the texts as they are; nothing is awaited between reading buffers and making the edit."""
    texts = await texts_now(session, workspace, patch)
    documents = session.open_in(workspace)
    moved = moved_or_stale(patch, texts)
    edit = workspace_edit(
        moved,
        lambda path: session.target(workspace, path),
        session.client,
        f"AID: proposal {proposal.id}",
        proposal.understood,
    )
    watched = tuple(
        (documents[change.path], change) for change in moved.changes if change.path in documents and change.after is not None
    )
    return _Sent(moved, edit, watched)


def _nothing_to_send(sent: _Sent) -> bool:
    edit = sent.edit.edit
    return not edit.changes and not edit.document_changes


async def _send(session: Session, proposal: Proposal, sent: _Sent) -> _Answer:
    params = lsp.ApplyWorkspaceEditParams(
        edit=sent.edit.edit,
        label=f"AID: {proposal.understood or f'proposal {proposal.id}'}",
        metadata=lsp.WorkspaceEditMetadata(is_refactoring=True) if session.client.refactoring else None,
    )
    try:
        result = await session.protocol.ask(lsp.WORKSPACE_APPLY_EDIT, params, ANSWER_S)
    except TimeoutError:
        return _Answer(False, "it did not answer", silent=True)
    except JsonRpcException as error:
        return _Answer(False, error.message)
    if result is None:
        return _Answer(False, "it gave no answer")
    return _Answer(bool(result.applied), result.failure_reason or "")


async def _arrived(session: Session, sent: _Sent, answer: _Answer) -> bool:
    """Looks into the buffers; where none is open, the client's word has to do."""
    if not sent.watched:
        return answer.applied
    seconds = SEEN_S if answer.applied else STALE_S
    await session.documents.until(lambda: sent.there() or sent.disturbed(), seconds)
    if sent.there():
        return True
    return await session.documents.until(sent.there, SETTLE_S) if sent.disturbed() else False


async def _accepted(session: Session, workspace: Workspace, proposal: Proposal, by_hand: tuple[str, ...]) -> str:
    """Notes that a proposal is in the editor, and says so."""
    await workspace.ledger.decide(proposal.id, "accepted")
    files = len(proposal.patch.changes) if proposal.patch else 0
    await workspace.journal.record(ProposalAccepted(proposal.id, waited_s(proposal)))
    await workspace.journal.record(EditApplied(proposal.id, files))
    kind = lsp.MessageType.Warning if by_hand else lsp.MessageType.Info
    await session.page(workspace, proposal.id)
    await note_decision(workspace, proposal.id)
    session.tell(f"AID: proposal {proposal.id} is applied to {counted(files)}; save them.{rest_by_hand(by_hand)}", kind)
    return "applied"


def waited_s(proposal: Proposal) -> float:
    """How long the user took to decide, in seconds; 0 where that is not known."""
    return max(0.0, time.time() - proposal.started - proposal.timings.get("total", 0.0)) if proposal.started else 0.0


def counted(files: int) -> str:
    """`3 files`."""
    return f"{files} {'file' if files == 1 else 'files'}"


def rest_by_hand(by_hand: tuple[str, ...]) -> str:
    """A sentence on what the editor could not do."""
    return f" This is left for you to do by hand: {', '.join(by_hand)}." if by_hand else ""


async def _declined(session: Session, workspace: Workspace, proposal: Proposal, sent: _Sent, answer: _Answer) -> None:
    """Says what happened; the proposal stays open."""
    reason: Literal["client", "unseen", "timeout"] = "timeout" if answer.silent else "unseen" if answer.applied else "client"
    await workspace.journal.record(EditDeclined(proposal.id, reason))
    done = [change.path for document, change in sent.watched if contains(change, document.text)]
    if done:
        said = f"only {', '.join(done)} took its part; accept it again for the rest, or undo there"
    elif answer.applied:
        said = "the editor says that it applied it, but its buffers did not change; accept it again"
    else:
        said = f"the editor did not apply it{f' ({answer.reason})' if answer.reason else ''}"
    session.say(f"AID: proposal {proposal.id} stays open: {said}.", lsp.MessageType.Warning)


async def _misfits(session: Session, workspace: Workspace, patch: Patch) -> tuple[object, ...]:
    moved = move(patch, await texts_now(session, workspace, patch))
    return () if isinstance(moved, Patch) else moved


def _read_all(workspace: Workspace, paths: tuple[str, ...]) -> dict[str, str]:
    """The texts on disk, as `View.text` reads them. Raises `OutsideWorkspace` for a path that a patch may not write."""
    texts: dict[str, str] = {}
    for path in paths:
        writable_path(workspace.root, path)
        try:
            texts[path] = (workspace.root / path).read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            continue
    return texts


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")


class _Texts:
    """Texts by path, as `Files`."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def text(self, path: str) -> str | None:
        return self._texts.get(path)

    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self._texts))


class _OneText:
    """The same text whatever the path."""

    def __init__(self, text: str) -> None:
        self._text = text

    def text(self, path: str) -> str | None:
        del path
        return self._text

    def paths(self) -> tuple[str, ...]:
        return ()
