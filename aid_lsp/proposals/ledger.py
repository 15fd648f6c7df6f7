"""The proposals of a workspace, on disk, so that they outlive the process: `7.json` holds proposal 7.

    offer ──▶ open ──decide──▶ accepted │ rejected │ refined │ stale

Files are private to the user and replaced whole. A file that cannot be read is passed over with a line in the log.
"""

import asyncio
import dataclasses
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import cattrs
from cattrs.preconf.json import make_converter

from aid_lsp.errors import NotFound
from aid_lsp.proposals.proposal import Outcome, Proposal
from aid_lsp.recipes.proposer import Attempt

_log = logging.getLogger(__name__)
_converter = make_converter()
_NAME = re.compile(r"([1-9][0-9]{0,8})\.json")
_SCHEMA = 1
_LONGEST_ANSWER = 100_000

KEPT = 200
"""How many proposals are kept; older ones are forgotten, decided ones first."""


class Ledger:
    """Keeps proposals. Reads its folder when it is made, so make it off the event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Proposal] = {}
        self._writing = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []
        for number in sorted(_numbers(folder)):
            proposal = _load(folder / f"{number}.json", str(number))
            if proposal:
                self._known[proposal.id] = proposal

    async def offer(self, proposal: Proposal) -> Proposal:
        """Takes a new proposal and gives it its id; the open one that it refines gives way in the same moment.

        Where the disk refuses, it is kept in memory only.
        """
        async with self._writing:
            number = await asyncio.to_thread(self._claim)
            offered = dataclasses.replace(proposal, id=str(number))
            parent = self._known.get(proposal.parent or "")
            taken = [offered]
            if parent is not None and parent.outcome == "open":
                taken.append(dataclasses.replace(parent, outcome="refined"))
            self._known.update({each.id: each for each in taken})
            for each in taken:
                await asyncio.to_thread(self._save, each)
            await asyncio.to_thread(self._forget)
        self._tell()
        return offered

    def get(self, proposal_id: str) -> Proposal:
        """The proposal of that id, from memory; raises `NotFound`."""
        try:
            return self._known[proposal_id]
        except KeyError:
            raise NotFound(f"There is no proposal {proposal_id!r}; it may be too old. Ask for the change again.") from None

    async def find(self, proposal_id: str) -> Proposal:
        """Like `get`, but also finds what another process (`aid change` in a terminal) has offered."""
        if proposal_id not in self._known and _NAME.fullmatch(f"{proposal_id}.json"):
            proposal = await asyncio.to_thread(_load, self._folder / f"{proposal_id}.json", proposal_id)
            if proposal:
                self._known[proposal.id] = proposal
        return self.get(proposal_id)

    def open(self) -> tuple[Proposal, ...]:
        """The proposals with a patch on which nobody has decided, newest last."""
        return tuple(p for p in self.all() if p.outcome == "open" and p.patch is not None)

    def all(self) -> tuple[Proposal, ...]:
        """Every proposal that is kept, newest last."""
        return tuple(sorted(self._known.values(), key=lambda proposal: int(proposal.id)))

    async def decide(self, proposal_id: str, outcome: Outcome) -> Proposal:
        """Records what became of a proposal and answers with it; raises `NotFound`."""
        async with self._writing:
            decided = dataclasses.replace(await self.find(proposal_id), outcome=outcome)
            self._known[decided.id] = decided
            await asyncio.to_thread(self._save, decided)
        self._tell()
        return decided

    async def keep(self, proposal: Proposal) -> None:
        """Takes another content for a proposal that is kept: what is left of it when a part was taken."""
        async with self._writing:
            self._known[proposal.id] = proposal
            await asyncio.to_thread(self._save, proposal)
        self._tell()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls the listener whenever a proposal comes or changes; answers with what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def _claim(self) -> int:
        """Takes the next number, against other processes too: whoever creates the file owns it."""
        number = max([*(int(known) for known in self._known), *_numbers(self._folder)], default=0)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            while True:
                number += 1
                try:
                    os.close(os.open(self._folder / f"{number}.json", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                except FileExistsError:
                    continue
                return number
        except OSError as error:
            _log.warning("proposals are kept in memory only: %s", error.strerror)
            return number + 1 if str(number) in self._known else max(number, 1)

    def _save(self, proposal: Proposal) -> None:
        text = json.dumps({"schema": _SCHEMA, "proposal": _converter.unstructure(_slim(proposal))})
        try:
            descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=self._folder)
            try:
                with os.fdopen(descriptor, "w", encoding="ascii") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._folder / f"{proposal.id}.json")
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            _log.warning("proposal %s is not on disk: %s", proposal.id, error.strerror)

    def _forget(self) -> None:
        by_worth = sorted(self._known.values(), key=lambda p: (p.outcome == "open" and p.patch is not None, int(p.id)))
        for proposal in by_worth[: max(0, len(by_worth) - KEPT)]:
            del self._known[proposal.id]
            try:
                (self._folder / f"{proposal.id}.json").unlink(missing_ok=True)
            except OSError as error:
                _log.warning("proposal %s stays on disk: %s", proposal.id, error.strerror)


def _slim(proposal: Proposal) -> Proposal:
    """Only what is offered keeps its patch: the rest is history. Answers are kept to be read again, up to a size."""

    def slim(index: int, attempt: Attempt) -> Attempt:
        patch = attempt.draft.patch if index == proposal.chosen else None
        answer = attempt.draft.answer[:_LONGEST_ANSWER]
        return dataclasses.replace(attempt, draft=dataclasses.replace(attempt.draft, patch=patch, answer=answer))

    return dataclasses.replace(proposal, attempts=tuple(slim(*pair) for pair in enumerate(proposal.attempts)))


def _numbers(folder: Path) -> list[int]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return [int(match[1]) for name in names if (match := _NAME.fullmatch(name))]


def _load(path: Path, proposal_id: str) -> Proposal | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("schema") != _SCHEMA:  # pyright: ignore[reportUnknownMemberType]
            raise ValueError("it was written by another version of AID")
        proposal = _converter.structure(data["proposal"], Proposal)
        if proposal.id != proposal_id or (proposal.chosen is not None and not 0 <= proposal.chosen < len(proposal.attempts)):
            raise ValueError("it does not hold together")
    except (OSError, ValueError, KeyError, TypeError, RecursionError, cattrs.BaseValidationError) as error:
        _log.warning("%s is passed over: %s", path.name, type(error).__name__)
        return None
    return proposal
