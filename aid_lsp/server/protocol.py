"""What AID's own commands take: one JSON object each, read leniently, refused with a sentence.

    aid.change  {uri, range, version, instruction}            aid.accept, aid.reject, aid.show  {proposal}
    aid.fix     {uri, range, version, diagnostic}             aid.refine  {proposal, instruction, uri, range, version}
    aid.cancel  {job}                                         aid.status  {quiet}

docs/protocol.md has all of them, with what they answer.

Everything is optional where it can be found out: the file is the one that was changed last, the proposal the newest open one.
Unknown fields are ignored. People type these by hand in Helix (`:lsp-workspace-command aid.change '{"instruction": "…"}'`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from lsprotocol import types as lsp

from aid_lsp.proposals.partial import Choice, HunkName
from aid_lsp.server.from_lsp import diagnostic_of_json, range_of_json
from aid_lsp.server.replies import BadArgument

_PROPOSAL = re.compile(r"(?:proposal[- ]?)?([1-9][0-9]{0,8})(?:\.md)?", re.IGNORECASE)

LONGEST_INSTRUCTION = 20_000
"""In characters: more is a mistake, not an instruction."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A command's argument; None and empty mean that it was left out."""

    uri: str | None = None
    range: lsp.Range | None = None
    version: int | None = None
    """The document's version that `range` speaks of."""
    instruction: str = ""
    comment: bool = False
    """Whether the range is that of an instruction comment, which the proposal deletes."""
    diagnostic: lsp.Diagnostic | None = None
    proposal: str | None = None
    job: str | None = None
    quiet: bool = False
    """Whether to answer only, without a message to the user."""
    other: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The object as it came, for forms."""


def read_argument(arguments: Sequence[Any] | None, bare: str = "") -> Argument:
    """Reads a command's arguments. `bare` names the field that a plain string or number stands for; raises `BadArgument`."""
    fields = _object(arguments, bare)
    return Argument(
        uri=_text(fields, "uri"),
        range=range_of_json(fields.get("range", fields.get("position"))),
        version=_number(fields, "version"),
        instruction=clean_instruction(_text(fields, "instruction") or ""),
        comment=fields.get("comment") is True,
        diagnostic=diagnostic_of_json(fields.get("diagnostic")),
        proposal=_proposal(fields.get("proposal")),
        job=_text(fields, "job"),
        quiet=fields.get("quiet") is True,
        other=fields,
    )


Answer = Mapping[str, Any]
"""What a command answers: JSON."""


def read_choice(fields: Mapping[str, Any]) -> Choice:
    """The files and hunks that are to be accepted; nothing named means all of it. Raises `BadArgument`."""
    files = _list(fields, "files")
    if not all(isinstance(path, str) for path in files):
        raise BadArgument("`files` has to be a list of paths in the workspace.")
    choice = Choice(tuple(map(str, files)), tuple(_hunk(item) for item in _list(fields, "hunks")))
    if choice.everything and ("files" in fields or "hunks" in fields):
        raise BadArgument("`files` and `hunks` name nothing; leave both out to accept all of it.")
    return choice


def _hunk(item: object) -> HunkName:
    match item:
        case {"path": str(path), "id": str(name)} if name:
            return HunkName(path, id=name)
        case {"path": str(path), "index": int(index)} if not isinstance(index, bool):
            return HunkName(path, index)
        case _:
            raise BadArgument("A hunk has to be {path, index} or {path, id}.")


@dataclass(frozen=True, slots=True)
class Reported:
    """What a client says its user did."""

    event: str
    client: str = ""
    files: int = 0
    hunks: int = 0
    elapsed_s: float = 0.0


EVENTS = ("shown", "opened", "accepted", "partly-accepted", "rejected", "refined", "undone", "dismissed")


def read_report(fields: Mapping[str, Any]) -> Reported:
    """What `aid.report` says; raises `BadArgument`."""
    event = fields.get("event")
    if event not in EVENTS:
        raise BadArgument(f"`event` has to be one of {', '.join(EVENTS)}; this is {event!r}.")
    elapsed: object = fields.get("elapsed_ms", 0)
    if isinstance(elapsed, bool) or not isinstance(elapsed, int | float) or not 0 <= elapsed < 1e12:
        raise BadArgument("`elapsed_ms` has to be a number of milliseconds.")
    return Reported(event, _text(fields, "client") or "", _count(fields, "files"), _count(fields, "hunks"), elapsed / 1000)


def _count(fields: Mapping[str, Any], name: str) -> int:
    value: object = fields.get(name)
    return len(cast("list[object]", value)) if isinstance(value, list) else max(0, _number(fields, name) or 0)


def _list(fields: Mapping[str, Any], name: str) -> list[object]:
    value: object = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadArgument(f"`{name}` has to be a list; this is {type(value).__name__}.")
    return cast("list[object]", value)


def clean_instruction(text: str) -> str:
    """Trims an instruction and takes off the prefix that dialogs show; raises `BadArgument` for one that is far too long."""
    if len(text) > LONGEST_INSTRUCTION:
        raise BadArgument(f"An instruction of {len(text)} characters is too long; the most is {LONGEST_INSTRUCTION}.")
    return re.sub(r"^\s*AID\s*:", "", text, count=1, flags=re.IGNORECASE).strip()


def _object(arguments: Sequence[Any] | None, bare: str) -> Mapping[str, Any]:
    first: object = arguments[0] if arguments else None
    if isinstance(first, list):
        inner = cast("list[object]", first)
        first = inner[0] if inner else None
    if isinstance(first, str) and first.lstrip().startswith("{"):
        try:
            first = json.loads(first)
        except (ValueError, RecursionError):
            raise BadArgument("The argument looks like JSON but is not.") from None
    if first is None:
        return {}
    if isinstance(first, Mapping):
        return cast("Mapping[str, Any]", first)
    if bare and isinstance(first, str | int) and not isinstance(first, bool):
        return {bare: first}
    raise BadArgument(f"One object was expected as argument, such as {{{bare or 'uri'!r}: …}}; this is {type(first).__name__}.")


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value: object = fields.get(name)
    if value is None or isinstance(value, str):
        return value
    raise BadArgument(f"`{name}` has to be text; this is {type(value).__name__}.")


def _number(fields: Mapping[str, Any], name: str) -> int | None:
    value: object = fields.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise BadArgument(f"`{name}` has to be a whole number; this is {type(value).__name__}.")


def _proposal(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, int | str) and not isinstance(value, bool) and (found := _PROPOSAL.fullmatch(str(value).strip())):
        return found.group(1)
    raise BadArgument(f"`proposal` has to be a proposal's number, such as 7; this is {value!r}.")
