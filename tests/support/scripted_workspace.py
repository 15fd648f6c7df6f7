"""A workspace whose proposals are scripted by the instruction, and judged by a judge that reads the new texts.

    rename AREA to SURFACE        in every file                   create PATH        delete PATH        move OLD to NEW
    wait                          until it is cancelled           crash · decline · model down
    report 500                    reports so many lines           say WORD           inserts a comment where it was asked

Everything around it is real: views, the story of a proposal, the ledger, the journal. The judge says red where a text holds
`RED`, unknown where it holds `UNKNOWN`, else green.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aid_lsp.build.status import BuildFeed
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.edits.patch import FileChange, Patch
from aid_lsp.errors import AidError, ModelFailed
from aid_lsp.models.model import Answer, OnText, OnWait, ignore
from aid_lsp.outcomes.journal import Journal
from aid_lsp.proposals.ledger import Ledger
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.proposals.propose import judged, propose
from aid_lsp.recipes.proposer import Attempt, Draft, Report
from aid_lsp.settings import Settings, load
from aid_lsp.workflows.ask import Exchange
from aid_lsp.workflows.page import Page
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View


class ScriptedJudge:
    """Reads the verdict off the text."""

    async def judge(self, view: View, patch: Patch, tier: Tier = Tier.TEST) -> Verdict:
        texts = [change.after or "" for change in patch.changes]
        if any("RED" in text for text in texts):
            wrong = Diagnostic(patch.paths[0], 1, 0, 1, 3, "error", "Unbound value RED")
            return Verdict("red", Tier.TYPE, (wrong,), output="Error: Unbound value RED", timings={"type": 0.21})
        if any("UNKNOWN" in text for text in texts):
            return Verdict("unknown", Tier.APPLY, note="No dune was found.")
        return Verdict("green", tier, timings={"type": 0.2, "build": 0.3, "test": 0.3})

    async def baseline(self, view: View) -> Verdict:
        del view
        return Verdict("green", Tier.BUILD)

    async def close(self) -> None:
        pass


class ScriptedProposer:
    """Does what the instruction says, word by word."""

    name = "recipe"

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        self.requests.append(request)
        if attempts:
            return Draft(None, "", declined="that was all")
        words = request.instruction.split()
        match words:
            case ["rename", old, "to", new]:
                return await asyncio.to_thread(
                    _draft, request, f"rename {old} to {new}", lambda path, text: re.sub(rf"\b{old}\b", new, text)
                )
            case ["create", path]:
                return Draft(Patch.of([FileChange(path, None, "let made = 1\n")]), f"create {path}")
            case ["delete", path]:
                text = await asyncio.to_thread(request.view.text, path)
                return Draft(Patch.of([FileChange(path, text, None)]), f"delete {path}")
            case ["move", old, "to", new]:
                text = await asyncio.to_thread(request.view.text, old) or ""
                changes = [FileChange(old, text, None), FileChange(new, None, f"{text}(* moved *)\n", moved_from=old)]
                return Draft(Patch.of(changes), f"move {old} to {new}")
            case ["say", word]:
                return await asyncio.to_thread(_say, request, word)
            case ["wait"]:
                report("waiting")
                await asyncio.Event().wait()
            case ["report", count]:
                for number in range(int(count)):
                    report(f"line {number}")
                    await asyncio.sleep(0)
            case ["crash"]:
                raise RuntimeError("a bug, for once")
            case ["model", "down"]:
                raise ModelFailed("The model at http://127.0.0.1:1 does not answer; start it or choose another one.")
            case ["fix", "this", "error"]:
                [diagnostic] = request.diagnostics
                place = f"{diagnostic.path}:{diagnostic.line}:{diagnostic.column}-{diagnostic.end_line}:{diagnostic.end_column}"
                return await asyncio.to_thread(
                    _draft, request, f"{diagnostic.severity} {place}", lambda path, text: f"{text}(* {diagnostic.message} *)\n"
                )
            case _:
                pass
        return Draft(None, "", declined=f"I do not know how to {request.instruction!r}.")


def _draft(request: Request, understood: str, edit: Callable[[str, str], str]) -> Draft:
    changes: list[FileChange] = []
    for path in request.view.paths():
        text = request.view.text(path) if path.endswith((".ml", ".mli")) else None
        if text is not None and (understood.startswith("rename") or (request.place and request.place.path == path)):
            changes.append(FileChange(path, text, edit(path, text)))
    return Draft(Patch.of(changes), understood)


def _say(request: Request, word: str) -> Draft:
    place = request.place
    if place is None:
        return Draft(None, "", declined="nowhere to say it")
    text = request.view.text(place.path) or ""
    after = f"{text[: place.span.start]}(* {word} *){text[place.span.start :]}"
    return Draft(Patch.of([FileChange(place.path, text, after)]), f"say {word}")


class ScriptedBuild:
    """A build that says what a test tells its feed."""

    def __init__(self) -> None:
        self.feed = BuildFeed()
        self.started = False
        self.saves = 0

    def start(self) -> None:
        self.started = True

    def changed(self) -> None:
        self.saves += 1

    async def close(self) -> None:
        pass


@dataclass
class ScriptedWorkspace:
    """Stands in for `app.Workspace`."""

    root: Path
    settings: Settings
    state: Path
    ledger: Ledger
    journal: Journal
    proposer: ScriptedProposer
    build: "ScriptedBuild"
    page: Page
    asked: list[tuple[Request, tuple[Exchange, ...], tuple[str, ...]]] = field(
        default_factory=list[tuple[Request, tuple[Exchange, ...], tuple[str, ...]]]
    )
    """Every question, with what was said before and the logs."""
    pause: asyncio.Event | None = None
    """Set this for an answer that stops at the word `wait` until the event comes."""
    closed: bool = False

    async def propose(
        self, request: Request, report: Report, *, job: str, entry: str, client: str = "", parent: str | None = None
    ) -> Proposal:
        del job, entry, client
        previous = await self.ledger.find(parent) if parent else None
        proposal = await propose(request, (self.proposer,), ScriptedJudge(), report=report, previous=previous)
        return await self.ledger.offer(proposal) if proposal.patch is not None else proposal

    async def ask(
        self,
        request: Request,
        earlier: Sequence[Exchange] = (),
        logs: Sequence[str] = (),
        on_text: OnText = ignore,
        on_wait: OnWait = ignore,
    ) -> Answer:
        self.asked.append((request, tuple(earlier), tuple(logs)))
        if "model" not in request.instruction:
            said = f"You asked: {request.instruction}\n\n## You\n\nas if"
            for word in re.findall(r"\S+\s*", said):
                on_text(word)
                await asyncio.sleep(0.01)
                if self.pause and "wait" in word:
                    on_wait("thinking")
                    await self.pause.wait()
            return Answer(said, "stop", 10, 5)
        raise ModelFailed("The model at http://127.0.0.1:1 does not answer; start it or choose another one.")

    async def verify(self, patch: Patch, view: View, wishes: str) -> Verdict:
        return await judged(ScriptedJudge(), view, patch, Tier.TEST, wishes)

    def configure(self, settings: Settings) -> None:
        self.settings = settings

    async def close(self) -> None:
        self.closed = True
        await self.journal.close()


async def open_scripted(root: Path, state: Path, editor: object = None) -> ScriptedWorkspace:
    """Opens one; `state` is the folder for the state of all workspaces."""

    def make() -> ScriptedWorkspace:
        folder = state / root.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AidError("AID's state folder cannot be made.") from error
        settings = load(root, editor=editor)
        return ScriptedWorkspace(
            root,
            settings,
            folder,
            Ledger(folder / "proposals"),
            Journal(folder / "journal.db"),
            ScriptedProposer(),
            ScriptedBuild(),
            Page(folder / "pages" / "AID.md", root.name),
        )

    return await asyncio.to_thread(make)
