"""The proposer that asks a model: gather, compose, ask, read.

request ─▶ snippets ─▶ prompt ─▶ answer ─▶ patch or complaints ─▶ Draft
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from aid_lsp.context.build_errors import BuildErrors
from aid_lsp.context.engine import Engine
from aid_lsp.context.installed import InstalledLibraries
from aid_lsp.context.snippet import Snippet, estimate, pieces, prices, reason
from aid_lsp.context.strategy import Strategy
from aid_lsp.edits.diff import stat
from aid_lsp.edits.lines import Lines
from aid_lsp.edits.patch import Complaint, Patch, Placement
from aid_lsp.edits.read import read
from aid_lsp.models.model import Answer, Model
from aid_lsp.ocaml.anchor import OCamlAnchor
from aid_lsp.proposals.answer_format import format_for
from aid_lsp.proposals.compose import compose
from aid_lsp.proposals.paths import path_complaints
from aid_lsp.recipes.proposer import Attempt, Draft, Report, Shown
from aid_lsp.settings import ModelSettings
from aid_lsp.workspace.diagnostic import Diagnostic
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

MOST_LINES = 400
"""Changed lines in one proposal by a model; more is not reviewed, it is believed."""
MOST_FILES = 20

_CANNOT = "CANNOT:"
_BETWEEN_REPORTS_S = 0.25
_LONGEST_TITLE = 100


@dataclass
class ModelProposer:
    """Makes drafts with one model; one of these serves one proposal at a time."""

    model: Model
    settings: ModelSettings
    context: Engine | None = None
    """What finds what the model should see; without one, each request starts from nothing."""
    _request: Request | None = field(default=None, repr=False)
    _shown: list[tuple[Snippet, ...]] = field(default_factory=list[tuple[Snippet, ...]], repr=False)
    """What the model has been shown for that request, turn by turn."""

    @property
    def name(self) -> str:
        """`model openai:gpt-5`."""
        return f"model {self.model.name}"

    @property
    def format(self) -> str:
        """The answer format that is asked for, `auto` resolved."""
        return format_for(self.settings.name or self.model.name, self.settings.format)

    async def draft(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> Draft:
        """Asks for a patch, or for a better one than the last; raises `ModelFailed` and `NotConfigured`."""
        timings: dict[str, float] = {}
        started = time.perf_counter()
        snippets = await self._gather(request, attempts, report)
        known = await self._engine(request).facts(request)
        prompt = await asyncio.to_thread(compose, request, snippets, attempts, self.format, known)
        timings["gather"] = time.perf_counter() - started

        started = time.perf_counter()
        progress = _Progress(f"asking {self.model.name}{' again' if attempts else ''}", report)
        answer = await self.model.ask(prompt, progress.text, progress.wait)
        timings["ask"] = time.perf_counter() - started

        started = time.perf_counter()
        report(f"reading the answer of {self.model.name}, {len(answer.text.split())} words")
        draft = await asyncio.to_thread(self._read, answer, request)
        timings["read"] = time.perf_counter() - started
        return Draft(
            draft.patch,
            draft.understood,
            draft.complaints,
            draft.declined,
            answer.text,
            draft.placements,
            answer.input_tokens,
            answer.output_tokens,
            timings,
            _as_shown(request, snippets),
        )

    async def _gather(self, request: Request, attempts: tuple[Attempt, ...], report: Report) -> list[tuple[Snippet, ...]]:
        """Gathers once for each turn, so that the prompt only ever grows at its end and servers can reuse the rest."""
        if self._request is not request:
            self._request, self._shown = request, []
        if not self._shown:
            report("gathering what the model should see")
            self._shown.append(await self._found(request, self.settings.context_tokens))
        for attempt in attempts[len(self._shown) - 1 :]:
            self._shown.append(await self._called_for(request, attempt))
        return self._shown

    async def _found(
        self,
        request: Request,
        tokens: int,
        diagnostics: tuple[Diagnostic, ...] = (),
        strategies: tuple[Strategy, ...] | None = None,
    ) -> tuple[Snippet, ...]:
        return await self._engine(request).gather(request, tokens, diagnostics=diagnostics, strategies=strategies)

    def _engine(self, request: Request) -> Engine:
        if self.context is None:
            self.context = Engine(request.view.root)
        return self.context

    async def _called_for(self, request: Request, attempt: Attempt) -> tuple[Snippet, ...]:
        """What the errors of an attempt speak of and the model has not seen."""
        errors = attempt.verdict.diagnostics if attempt.verdict else ()
        if not errors:
            return ()
        found = await self._found(request, self.settings.context_tokens // 3, errors, (BuildErrors(), InstalledLibraries()))
        seen = [snippet for turn in self._shown for snippet in turn]
        return tuple(snippet for snippet in found if not any(_covers(other, snippet) for other in seen))

    def _read(self, answer: Answer, request: Request) -> Draft:
        title = _title(answer.text, request.instruction.strip().partition("\n")[0][:_LONGEST_TITLE])
        refusal = _refusal(answer.text)
        if refusal:
            return Draft(None, title, declined=f"{self.model.name} says it cannot: {refusal}")
        cut_off = answer.finish == "length"
        place = request.place.path if request.place else None
        reading = read(answer.text, request.view, self.format, OCamlAnchor(), place, cut_off=cut_off)
        if reading.patch is None and self.format != "auto" and not cut_off:
            # Models slip into the format they know best; another reader takes it just as strictly.
            other = read(answer.text, request.view, "auto", OCamlAnchor(), place)
            reading = other if other.patch is not None else reading
        complaints = reading.complaints or (_rules(reading.patch, request.view, reading.placements) if reading.patch else ())
        if reading.patch is None or complaints:
            return Draft(None, title, complaints or (_NO_EDITS,))
        return Draft(reading.patch, title, placements=reading.placements)


_NO_EDITS = Complaint(
    "The answer holds no edit. Give the edits in the format that was described, or one line `CANNOT: ` and why."
)


@dataclass
class _Progress:
    """Tells a person how far the answer is, a few times a second at most."""

    doing: str
    report: Report
    words: int = 0
    inside_word: bool = False
    """Whether the last piece ended within a word: pieces are tokens, and a word takes several."""
    told: float = 0.0

    def __post_init__(self) -> None:
        self.report(self.doing)

    def text(self, piece: str) -> None:
        if piece:
            self.words += len(piece.split()) - (self.inside_word and not piece[0].isspace())
            self.inside_word = not piece[-1].isspace()
        self._tell(f"{self.doing}, {self.words} word{'s' if self.words != 1 else ''}")

    def wait(self, words: str) -> None:
        self._tell(f"{self.doing}: {words}", at_once=words.startswith("the server"))

    def _tell(self, line: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now - self.told >= _BETWEEN_REPORTS_S:
            self.told = now
            self.report(line)


def _as_shown(request: Request, turns: list[tuple[Snippet, ...]]) -> tuple[Shown, ...]:
    texts = {
        snippet.path: Lines(snippet.text if snippet.aside else request.view.text(snippet.path) or "")
        for turn in turns
        for snippet in turn
    }
    return tuple(
        Shown(
            piece[0].path,
            texts[piece[0].path].position(piece[0].span.start)[0] + 1,
            texts[piece[0].path].position(max(piece[-1].span.start, piece[-1].span.end - 1))[0] + 1,
            sum(prices(piece, estimate)),
            reason(piece),
            piece[0].aside,
        )
        for turn in turns
        for piece in pieces(turn)
    )


def _covers(whole: Snippet, part: Snippet) -> bool:
    if part.aside:
        return whole.path == part.path and whole.text == part.text
    return whole.path == part.path and whole.span.start <= part.span.start and part.span.end <= whole.span.end


def _refusal(answer: str) -> str:
    """The reason after `CANNOT:`, if that is what the answer begins with."""
    first = next((line.strip() for line in answer.split("\n") if line.strip()), "").strip("`*# ")
    return first.removeprefix(_CANNOT).strip()[:300] or "no reason given" if first.startswith(_CANNOT) else ""


def _title(answer: str, instead: str) -> str:
    """The line that says what the change does, if the answer begins with one and not with a path, a fence or a marker."""
    first = next((line.strip() for line in answer.split("\n") if line.strip()), "")
    title = first.strip("`*# ").rstrip(":")
    plain = " " in title and not first.startswith(("```", "~~~", "<", "---", "+++", "***", "@@", "(*"))
    return title if plain and len(title) <= _LONGEST_TITLE else instead


def _rules(patch: Patch, view: View, placements: Iterable[Placement]) -> tuple[Complaint, ...]:
    """What no patch of a model may do, whatever its format; looks at the disk for links."""
    complaints = list(path_complaints(patch, view.root, placements))
    lines = sum(added + removed for added, removed in stat(patch).values())
    if lines > MOST_LINES or len(patch.changes) > MOST_FILES:
        complaints.append(
            Complaint(
                f"The answer changes {lines} lines in {len(patch.changes)} files; at most {MOST_LINES} lines in {MOST_FILES} files are "
                "taken at once. Do only what the instruction needs, without reformatting."
            )
        )
    return tuple(complaints)
