"""textDocument/codeAction: what AID can do here and now. Cheap: no model, no build, nothing to resolve.

    on a question `(* AID: …? *)`    AID: answer on the page: <text>
    on an instruction comment        AID: <text>                          with an open proposal: AID: refine proposal N: <text>
    on an error                      AID: fix this error
    where a test prints otherwise    AID: promote test output
    where the client can ask         AID: describe a change…
    on a selection                   AID: extract to a function
    on a definition                  AID: add a test, AID: update the interface
    in a file that a proposal
    touches, and on its page         AID: accept / reject / refine / show proposal N
    while something runs             AID: cancel job

Every action carries a command; the work begins when the user picks it.
"""

import asyncio
from collections.abc import Iterable, Sequence

from lsprotocol import types as lsp

from aid_lsp.errors import AidError
from aid_lsp.ocaml.comments import InstructionComment, instructions
from aid_lsp.ocaml.names import is_ocaml
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.recipes.offered import offered
from aid_lsp.recipes.wording import Promote, understand
from aid_lsp.server.diagnostics import PROMOTION
from aid_lsp.server.from_lsp import path_of_uri, span_of
from aid_lsp.server.handlers.page_actions import page_actions
from aid_lsp.server.pages import page_path, read_wish, wish_in
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.to_lsp import diagnostic_as_json, range_as_json, range_of
from aid_lsp.server.workspaces import Workspace

SOURCE = "aid"
"""The source of our own diagnostics, which nobody wants fixed."""

MOST_PROPOSALS = 3
"""How many open proposals are offered in one file, the newest first."""

_LONGEST_TITLE = 80

Action = lsp.CodeAction | lsp.Command


async def code_actions(session: Session, params: lsp.CodeActionParams) -> list[Action]:
    """The actions at a place; none in documents that are not ours."""
    uri = params.text_document.uri
    path = path_of_uri(uri)
    page = session.workspaces.at_page(path) if path else None
    try:
        conversation = session.workspaces.at_conversation(path) if path else None
        if page:
            found = _on_page(session, *page, uri)
        elif conversation:
            offered = await page_actions(session, conversation, uri, params.range.start.line)
            found = [action(session, *each) for each in offered] + _cancel(session, conversation)
        else:
            spot = await session.spot(uri)
            found = await _in_file(session, spot, params) if spot else []
    except AidError:
        return []  # a command says what is wrong; a menu that opens on every keystroke does not
    wanted = [action for action in found if _wanted(action.kind, params.context.only)]
    if session.client.action_literals:
        return list(wanted)
    return [action.command for action in wanted if action.command]


async def _in_file(session: Session, spot: Spot, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    document = spot.document
    proposals = touching(spot)
    actions: list[lsp.CodeAction] = []
    comments: list[InstructionComment] = []
    if document is not None and is_ocaml(spot.path):
        span = span_of(document.index, params.range, session.client.encoding)
        comments = [c for c in await comments_in(spot) if c.span.meets(span)]
    for comment in comments:
        actions += _on_comment(session, spot, comment, proposals)
    where = {
        "uri": params.text_document.uri,
        "range": range_as_json(params.range),
        "version": document.version if document else None,
    }
    errors = [
        said
        for said in params.context.diagnostics
        if said.source != SOURCE and said.severity in (None, lsp.DiagnosticSeverity.Error, lsp.DiagnosticSeverity.Warning)
    ]
    for said in errors[:3]:
        if said.code == PROMOTION:
            argument = {"uri": params.text_document.uri, "instruction": _promote(spot.path)}
            actions.append(action(session, "AID: promote test output", "aid.change", argument, fixes=said))
            continue
        title = "AID: fix this error" if said.severity != lsp.DiagnosticSeverity.Warning else "AID: fix this warning"
        if len(errors) > 1:
            title = f"{title}: {_short(said.message)}"
        argument = {**where, "range": range_as_json(said.range), "diagnostic": diagnostic_as_json(said)}
        actions.append(action(session, title, "aid.fix", argument, fixes=said))
    for proposal in proposals:
        actions += await _decisions(session, spot.workspace, proposal)
    if document is not None and is_ocaml(spot.path):
        span = span_of(document.index, params.range, session.client.encoding)
        for title, instruction in await asyncio.to_thread(offered, spot.path, document.text, span):
            kind = lsp.CodeActionKind.RefactorExtract if "extract" in instruction else lsp.CodeActionKind.RefactorRewrite
            actions.append(action(session, title, "aid.change", {**where, "instruction": instruction}, kind=kind))
    if session.client.asks and is_ocaml(spot.path):
        actions.append(action(session, "AID: describe a change…", "aid.change", where))
    return actions + _cancel(session, spot.workspace)


def _promote(path: str) -> str:
    """The instruction that takes over what the tests print in one file; in all, if the file's name is an odd one."""
    one = f"promote the test output in {path}"
    return one if understand(one) == Promote((path,)) else "promote the test output"


def _on_comment(
    session: Session, spot: Spot, comment: InstructionComment, proposals: Sequence[Proposal]
) -> Iterable[lsp.CodeAction]:
    document = spot.document
    if document is None:
        return
    argument = {
        "uri": document.uri,
        "range": range_as_json(range_of(document.index, comment.span, session.client.encoding)),
        "version": document.version,
        "instruction": comment.instruction,
        "comment": True,
    }
    if comment.instruction.endswith("?"):
        question = {"uri": document.uri, "range": argument["range"], "version": document.version, "question": comment.instruction}
        yield action(session, f"AID: answer on the page: {_short(comment.instruction)}", "aid.ask", question, asks_model=True)
    for proposal in proposals[:1]:
        if comment.instruction not in (proposal.request.instruction, *proposal.request.earlier):
            title = f"AID: refine proposal {proposal.id}: {_short(comment.instruction)}"
            yield action(session, title, "aid.refine", {**argument, "proposal": proposal.id}, asks_model=True)
    yield action(session, f"AID: {_short(comment.instruction)}", "aid.change", argument, asks_model=True)


def _on_page(session: Session, workspace: Workspace, proposal_id: str, uri: str) -> list[lsp.CodeAction]:
    try:
        proposal = workspace.ledger.get(proposal_id)
    except AidError:
        return []
    if proposal.outcome != "open":
        return _cancel(session, workspace)
    document = session.documents.get(uri)
    wish = wish_in(document.text) if document else ""
    return [*_three(session, proposal, wish), *_cancel(session, workspace)]


async def _decisions(session: Session, workspace: Workspace, proposal: Proposal) -> list[lsp.CodeAction]:
    path = page_path(workspace.state, proposal.id)
    document = next((d for d in session.documents if d.path == path), None)
    wish = wish_in(document.text) if document else await asyncio.to_thread(read_wish, path)
    show = action(session, f"AID: show proposal {proposal.id}", "aid.show", {"proposal": proposal.id})
    return [*_three(session, proposal, wish), show]


def _three(session: Session, proposal: Proposal, wish: str) -> list[lsp.CodeAction]:
    argument = {"proposal": proposal.id}
    refine = f"AID: refine proposal {proposal.id}"
    if wish:
        refine = f"{refine}: {_short(wish)}"
    elif session.client.asks:
        refine = f"{refine}…"
    how = {**argument, "instruction": wish} if wish else argument
    return [
        action(session, f"AID: accept proposal {proposal.id}", "aid.accept", argument, kind=lsp.CodeActionKind.QuickFix),
        action(session, f"AID: reject proposal {proposal.id}", "aid.reject", argument, kind=lsp.CodeActionKind.QuickFix),
        action(session, refine, "aid.refine", how, asks_model=bool(wish)),
    ]


def _cancel(session: Session, workspace: Workspace) -> list[lsp.CodeAction]:
    jobs = [job for job in session.jobs.running if job.cancellable and job.root == workspace.root]
    several = len(jobs) > 1
    return [
        action(
            session,
            f"AID: cancel job: {_short(job.title.removeprefix('AID: '))}" if several else "AID: cancel job",
            "aid.cancel",
            {"job": job.id},
        )
        for job in jobs
    ]


def touching(spot: Spot) -> list[Proposal]:
    """The newest open proposals that change a file or were asked for in it, newest first."""
    found = [
        proposal
        for proposal in reversed(spot.workspace.ledger.open())
        if (proposal.patch and spot.path in proposal.patch.paths)
        or (proposal.request.place and proposal.request.place.path == spot.path)
    ]
    return found[:MOST_PROPOSALS]


async def comments_in(spot: Spot) -> tuple[InstructionComment, ...]:
    """The instruction comments of an open file; parsing a large one is not done on the event loop."""
    document = spot.document
    if document is None or not is_ocaml(spot.path):
        return ()
    return await asyncio.to_thread(instructions, spot.path, document.text)


def action(
    session: Session,
    title: str,
    command: str,
    argument: object,
    *,
    kind: lsp.CodeActionKind = lsp.CodeActionKind.RefactorRewrite,
    fixes: lsp.Diagnostic | None = None,
    asks_model: bool = False,
) -> lsp.CodeAction:
    """An action that runs a command."""
    generated = session.client.marks_generated and (asks_model or fixes is not None) and _has_model(session)
    return lsp.CodeAction(
        title,
        kind=lsp.CodeActionKind.QuickFix if fixes else kind,
        diagnostics=[fixes] if fixes else None,
        command=lsp.Command(title, command, arguments=[argument]),
        tags=[lsp.CodeActionTag.LlmGenerated] if generated else None,
    )


def _has_model(session: Session) -> bool:
    return any(workspace.settings.model.configured for workspace in session.workspaces.open)


def _wanted(kind: lsp.CodeActionKind | str | None, only: Sequence[lsp.CodeActionKind | str] | None) -> bool:
    """Whether a kind is among those asked for, or below one of them (`refactor` asks for `refactor.rewrite`)."""
    if not only:
        return True
    name = _value(kind or "")
    return any(wanted in ("", name) or name.startswith(f"{wanted}.") for wanted in map(_value, only))


def _value(kind: lsp.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, lsp.CodeActionKind) else kind


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"
