"""What can be done on the conversation page: send a prompt; accept, reject, refine, or take a part of what is shown.

below `## You`      AID: send · AID: ask · AID: change · AID: refine proposal N
in AID's turn       AID: accept / reject / show proposal N · accept FILE · accept this hunk       (open proposals only)
"""

import asyncio
from collections.abc import Iterator

from aid_lsp.errors import AidError
from aid_lsp.proposals.partial import hunk_id, hunks_of
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.server.handlers.page import open_before, own_text
from aid_lsp.server.session import Session
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workflows.mentions import read_prompt
from aid_lsp.workflows.page_text import Shown, prompt_at, sections, shown_at, shown_parts

Offered = tuple[str, str, dict[str, object]]
"""A title, a command and its argument."""


async def page_actions(session: Session, workspace: Workspace, uri: str, line: int) -> list[Offered]:
    """What can be done at a line of the page."""
    text = await _text(session, workspace, uri)
    if prompt_at(text, line):
        return [
            (f"AID: {title[0].lower()}{title[1:]}", command, argument)
            for title, command, argument in _prompt(workspace, text, uri, line)
        ]
    shown = shown_at(text, line)
    return await asyncio.to_thread(lambda: list(_actions(workspace, shown))) if shown else []


async def page_lenses(session: Session, workspace: Workspace, uri: str) -> list[tuple[int, Offered]]:
    """The lenses of the page, each with its line."""
    text = await _text(session, workspace, uri)
    found: list[tuple[int, Offered]] = []
    prompts = [section for section in sections(text) if section.kind == "you"]
    for section in prompts[-1:]:
        found += ((section.line, offered) for offered in _prompt(workspace, text, uri, section.line))
    for part in shown_parts(text):
        proposal = _open(workspace, part.proposal)
        if proposal is None or part.header:
            continue
        argument: dict[str, object] = {"proposal": part.proposal}
        if part.path:
            if proposal.patch and len(proposal.patch.changes) > 1 and part.path in proposal.patch.paths:
                found.append((part.line, ("Accept this file", "aid.accept", {**argument, "files": [part.path]})))
            continue
        found += (
            (part.line, (title, command, argument))
            for title, command in (("Accept", "aid.accept"), ("Reject", "aid.reject"), ("Show", "aid.show"))
        )
    return found


async def _text(session: Session, workspace: Workspace, uri: str) -> str:
    document = session.documents.get(uri)
    return document.text if document else await own_text(session, workspace)


def _prompt(workspace: Workspace, text: str, uri: str, line: int) -> Iterator[Offered]:
    section = prompt_at(text, line)
    said = read_prompt(section.text(text)) if section else None
    if section is None or said is None or not said.words:
        return
    argument: dict[str, object] = {"uri": uri, "position": {"line": line, "character": 0}}
    parent = open_before(workspace, text, section)
    how = "ask" if said.question else "refine" if parent else "change"
    others = {"ask": "Ask", "change": "Change", **({"refine": f"Refine proposal {parent}"} if parent else {})}
    yield f"Send ({others[how].lower()})", "aid.send", argument
    for name, title in others.items():
        if name != how:
            yield f"Send as: {title.lower()}", "aid.send", {**argument, "as": name}


def _actions(workspace: Workspace, shown: tuple[Shown, ...]) -> Iterator[Offered]:
    number = shown[0].proposal
    proposal = _open(workspace, number)
    if proposal is None or proposal.patch is None:
        return
    argument: dict[str, object] = {"proposal": number}
    yield f"AID: accept proposal {number}", "aid.accept", argument
    path = shown[-1].path
    if path in proposal.patch.paths:
        change = next(change for change in proposal.patch.changes if change.path == path)
        found = hunks_of(change)
        if len(found) > 1:
            for hunk in found:
                if shown[-1].header and hunk.header.startswith(shown[-1].header):
                    taken = [{"path": path, "id": hunk_id(hunk)}]
                    yield f"AID: accept this hunk of {path}", "aid.accept", {**argument, "hunks": taken}
        if len(proposal.patch.changes) > 1:
            yield f"AID: accept {path}", "aid.accept", {**argument, "files": [path]}
    yield f"AID: reject proposal {number}", "aid.reject", argument
    yield f"AID: show proposal {number}", "aid.show", argument


def _open(workspace: Workspace, number: str) -> Proposal | None:
    try:
        proposal = workspace.ledger.get(number)
    except AidError:
        return None
    return proposal if proposal.outcome == "open" else None
