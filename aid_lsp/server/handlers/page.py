"""aid.page, aid.ask, aid.send, aid.append: the conversation on a Markdown page.

code ──append──▶ ## You … ──send──▶ question ends in `?` · below an open proposal: refines it · else a change ──▶ ## AID, …
"""

import time
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from pathlib import Path

from lsprotocol import types as lsp

from aid_lsp.errors import AidError
from aid_lsp.server.attachments import Attached
from aid_lsp.server.from_lsp import path_of_uri
from aid_lsp.server.handlers.where import find_place
from aid_lsp.server.propose import Wish, start_wish
from aid_lsp.server.protocol import Answer, Argument, clean_instruction
from aid_lsp.server.replies import BadArgument
from aid_lsp.server.session import Session, Spot
from aid_lsp.server.to_lsp import uri_of_path
from aid_lsp.server.turns import Words
from aid_lsp.server.workspaces import Workspace
from aid_lsp.workflows.mentions import Mention, diagnostic, log, mark, read_prompt, region
from aid_lsp.workflows.page import Edit
from aid_lsp.workflows.page_text import Section, answer_of, heading_for, prompt_at, sections, shown_parts, with_prompt

_WHOLE_LINE = 1_000_000
_MOST_SAID = 30
"""Diagnostics in an appended build log."""
_LONGEST_LOG = 8_000


async def page(session: Session, argument: Argument) -> Answer:
    """Opens the page, at the prompt; a place is noted in it."""
    workspace, spot = await _workspace(session, argument)
    if argument.other.get("new") is True:
        await _safely(workspace.page.begin_anew())
    added = _mark(spot, argument) if spot and argument.range else ""
    return await _add(session, workspace, argument, added, focus=True)


async def append(session: Session, argument: Argument) -> Answer:
    """Puts a region, a file, a diagnostic or the build's errors into the prompt."""
    what = argument.other.get("what")
    workspace, spot = await _workspace(session, argument)
    if what == "build":
        return await _add(session, workspace, argument, log(_build_log(workspace)))
    if spot is None:
        raise BadArgument("`uri` has to name a file of the workspace.")
    if what == "file":
        return await _add(session, workspace, argument, mark(spot.path))
    if what == "region":
        return await _add(session, workspace, argument, await _region(session, spot, argument))
    if what == "diagnostic":
        if argument.diagnostic is None:
            raise BadArgument("`diagnostic` has to be the one to append.")
        line = argument.diagnostic.range.start.line + 1
        return await _add(session, workspace, argument, diagnostic(spot.path, line, argument.diagnostic.message))
    raise BadArgument("`what` has to be `region`, `file`, `diagnostic` or `build`.")


async def ask(session: Session, argument: Argument) -> Answer:
    """Asks a question about a place; the answer is written into the page while it comes."""
    question = argument.other.get("question", argument.instruction)
    if not isinstance(question, str):
        raise BadArgument("`question` has to be text.")
    question = clean_instruction(question)
    if not question:
        return await page(session, argument)
    workspace, spot = await _workspace(session, argument)
    place = _mark(spot, argument) if spot and argument.range else ""
    prompt = f"{place}\n\n{question}".strip()
    text = await own_text(session, workspace)
    wish = Wish(question, "ask", words=Words(heading_for(text, _now()), prompt))
    if spot and argument.range:
        wish = replace(wish, path=spot.path, range=spot.range_now(argument.range, argument.version))
    return await _start(session, workspace, wish, argument)


async def send(session: Session, argument: Argument) -> Answer:
    """Sends what is written below a `## You`: as a question, a change, or as what should be different in a proposal."""
    wanted = argument.other.get("as")
    if wanted not in (None, "ask", "change", "refine"):
        raise BadArgument("`as` has to be `ask`, `change` or `refine`.")
    workspace, _ = await _workspace(session, argument)
    text = await own_text(session, workspace)
    section = _prompt(text, argument.range.start.line if argument.range else None)
    prompt = section.text(text)
    said = read_prompt(prompt)
    words = clean_instruction(said.words)
    if not words:
        raise BadArgument("There is nothing to send: write below `## You` what should change, or a question that ends in `?`.")
    parent = open_before(workspace, text, section)
    how = wanted or ("ask" if said.question else "refine" if parent else "change")
    if how == "refine" and parent is None:
        raise BadArgument("There is no open proposal above this prompt to refine.")
    again = answer_of(text, section) is not None
    wish = Wish(
        words,
        "ask" if how == "ask" else "page",
        parent=parent if how == "refine" else None,
        words=Words(heading_for(text, _now()), prompt, None if again else section.line, said.logs if how == "ask" else ()),
    )
    wish = _pointed(session, workspace, wish, said.mentions)
    return await _start(session, workspace, wish, argument)


async def own_text(session: Session, workspace: Workspace) -> str:
    """The page as this editor has it: another one's buffer may say something else."""
    for document in session.documents:
        if document.path and session.workspaces.at_conversation(document.path) is workspace:
            return document.text
    return await workspace.page.text()


def open_before(workspace: Workspace, text: str, prompt: Section) -> str | None:
    """The last proposal shown right above a prompt, if it is open."""
    before = next((section for section in reversed(sections(text)) if section.end <= prompt.start), None)
    if before is None or before.kind != "aid":
        return None
    shown = [part.proposal for part in shown_parts(text) if before.line < part.line <= before.last_line]
    try:
        return shown[-1] if shown and workspace.ledger.get(shown[-1]).outcome == "open" else None
    except AidError:
        return None


def _prompt(text: str, line: int | None) -> Section:
    section = prompt_at(text, line) or prompt_at(text)
    if section is None:
        raise BadArgument("The page has no `## You` to write below; `aid.page` adds one.")
    return section


def _pointed(session: Session, workspace: Workspace, wish: Wish, mentions: Sequence[Mention]) -> Wish:
    """The wish with what the prompt points at; the first lines are its place. Raises `BadArgument` for a file that is not there."""
    attached: list[Attached] = []
    for mention in mentions:
        if not (workspace.root / mention.path).is_file() and mention.path not in session.open_in(workspace):
            if mention.first is None:
                continue  # an @ that is no mark
            raise BadArgument(f"`@{mention.path}` is not a file of the workspace {workspace.root}.")
        place = _lines(mention)
        if wish.path is None and place is not None:
            wish = replace(wish, path=mention.path, range=place)
        else:
            attached.append(Attached(mention.path, place))
        if mention.message and place is not None:
            attached.append(Attached(mention.path, place, (lsp.Diagnostic(place, mention.message),)))
    return replace(wish, attached=tuple(attached))


def _lines(mention: Mention) -> lsp.Range | None:
    if mention.first is None:
        return None
    first, last = mention.first - 1, (mention.last or mention.first) - 1
    return lsp.Range(lsp.Position(max(0, first), 0), lsp.Position(max(0, first, last), _WHOLE_LINE))


async def _start(session: Session, workspace: Workspace, wish: Wish, argument: Argument) -> Answer:
    job = start_wish(session, workspace, wish)
    path = workspace.page.path
    if argument.other.get("open") is not False:
        session.jobs.spawn(_show(session, workspace, None))
    line = _line_of(await own_text(session, workspace))
    return {"job": job.id, "uri": uri_of_path(path), "line": line}


async def _add(session: Session, workspace: Workspace, argument: Argument, added: str, *, focus: bool = False) -> Answer:
    """Puts text into the prompt, and opens the page there."""
    name = workspace.page.name

    def edit(text: str) -> str:
        return with_prompt(text, added, name=name)

    line = _line_of(edit(await own_text(session, workspace)))
    if workspace.page.open:
        session.jobs.spawn(_edit(session, workspace, edit))
    else:
        await _safely(workspace.page.change(edit))
    if argument.other.get("open") is not False:
        session.jobs.spawn(_show(session, workspace, line if focus else None))
    return {"uri": uri_of_path(workspace.page.path), "line": line}


async def _edit(session: Session, workspace: Workspace, edit: Edit) -> None:
    try:
        await _safely(workspace.page.change(edit))
    except AidError as error:
        session.say(f"AID: {error}", lsp.MessageType.Error)


async def _safely(change: Awaitable[object]) -> None:
    try:
        await change
    except OSError as error:
        raise AidError(f"The page cannot be written: {error.strerror}.") from error


async def _show(session: Session, workspace: Workspace, line: int | None) -> None:
    """Opens the page; one that is open is only brought up when the user asked for it."""
    path: Path = workspace.page.path
    if line is None and any(document.path == path for document in session.documents):
        return
    if not await session.show(path, line) and not session.client.review:
        session.say(f"AID: the page is {path}")


def _line_of(text: str) -> int:
    """The line to write at: the end of the last prompt, from 0."""
    section = prompt_at(text)
    if section is None:
        return text.count("\n")
    body = text[: section.end].rstrip()
    return min(body.count("\n") + 2, text.count("\n"))


async def _workspace(session: Session, argument: Argument) -> tuple[Workspace, Spot | None]:
    """The workspace of a page or file; without a `uri` that of the file touched last, but never its place."""
    path = path_of_uri(argument.uri) if argument.uri else None
    workspace = session.workspaces.at_conversation(path) if path else None
    if workspace:
        return workspace, None
    page_of = session.workspaces.at_page(path) if path else None
    if page_of:
        return page_of[0], None
    workspace, spot = await find_place(session, argument)
    return workspace, spot if argument.uri else None


def _mark(spot: Spot, argument: Argument) -> str:
    place = spot.range_now(argument.range, argument.version)
    if place is None:
        return mark(spot.path)
    first, last = _first_and_last(place)
    return mark(spot.path, first + 1, last + 1)


def _first_and_last(place: lsp.Range) -> tuple[int, int]:
    """The lines of a range, from 0; one that ends before the first column of a line leaves that out."""
    first, last = place.start.line, place.end.line
    return first, last - 1 if last > first and place.end.character == 0 else last


async def _region(session: Session, spot: Spot, argument: Argument) -> str:
    place = spot.range_now(argument.range, argument.version)
    if place is None or spot.document is None:
        raise BadArgument("`uri` and `range` have to name lines of an open file.")
    first, last = _first_and_last(place)
    index = spot.document.index
    last = min(last, len(index) - 1)
    return region(spot.path, first + 1, last + 1, index.span_of_lines(first, last).of(index.text))


def _build_log(workspace: Workspace) -> str:
    status = workspace.build.feed.now
    said = (
        f"{one.path or '(no file)'}:{one.line}:{one.column}: {one.severity}\n{one.message.strip()}"
        for one in status.diagnostics[:_MOST_SAID]
    )
    lines = [status.sentence, *said]
    if len(status.diagnostics) > _MOST_SAID:
        lines.append(f"… and {len(status.diagnostics) - _MOST_SAID} more")
    return "\n\n".join(lines)[:_LONGEST_LOG]


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
