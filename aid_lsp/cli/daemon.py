"""`aid restart`, `aid stop` and `aid logs`: the daemon that serves this workspace's editors."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from aid_lsp.cli import arguments
from aid_lsp.cli.render import Paper, paper
from aid_lsp.errors import AidError
from aid_lsp.front import supervise
from aid_lsp.front.places import Place, place_of
from aid_lsp.front.wire import JsonObject

_ANSWER_S = 3.0
_SUCCESSOR_S = 40.0
_LINES = 50


def add(commands: arguments.Commands) -> None:
    """Adds the commands."""
    restart = commands.add_parser(
        "restart",
        help="restart AID under open editors",
        description="Ends the daemon of this workspace; its editors go on with a new one, which their fronts start. Nothing is lost.",
    )
    stop = commands.add_parser(
        "stop",
        help="stop AID until an editor wants something of it",
        description="Ends the daemon of this workspace. Open editors stay without AID until one of its commands is run.",
    )
    logs = commands.add_parser(
        "logs", help="what the daemon of this workspace has logged", description="Prints the daemon's log."
    )
    logs.add_argument("-n", "--lines", type=int, default=_LINES, metavar="N", help=f"how many lines (default: {_LINES}; 0: all)")
    for parser, run in ((restart, _restart), (stop, _stop), (logs, _logs)):
        arguments.common(parser)
        parser.set_defaults(run=run)


async def ask_daemon(root: Path, word: str, seconds: float = _ANSWER_S) -> JsonObject | None:
    """Says one word to the daemon of a workspace; None where none runs, empty where it does not answer."""
    if not supervise.available():
        raise AidError("This system has no sockets for a daemon; each editor has a process of its own, which restarts with it.")
    try:
        return await asyncio.to_thread(supervise.command, place_of(root), word, seconds)
    except supervise.CannotAttach as error:
        raise AidError(str(error)) from error


async def _restart(options: argparse.Namespace) -> int:
    return await _end(options, "restart")


async def _stop(options: argparse.Namespace) -> int:
    return await _end(options, "stop")


async def _end(options: argparse.Namespace, word: str) -> int:
    place = place_of(arguments.root_of(options))
    answer = await ask_daemon(place.root, "status")
    if answer:
        answer = await ask_daemon(place.root, word, _SUCCESSOR_S)
    if answer and answer.get("failed"):
        raise AidError(f"{answer['failed']} The old one goes on. `aid logs` says more.")
    killed = answer == {} and await asyncio.to_thread(supervise.kill_holder, place)
    if answer == {} and not killed:
        raise AidError(f"The daemon of {place.root} neither answers nor can be ended; `aid logs` says more.")
    editors = (answer or {}).get("editors")
    if options.json:
        print(json.dumps({"root": str(place.root), "was_running": answer is not None, "killed": killed, "editors": editors}))
        return 0
    _say(paper(sys.stdout, options.color), word, answer, killed)
    return 0


def _say(out: Paper, word: str, answer: JsonObject | None, killed: bool) -> None:
    if answer is None:
        out.line("no daemon runs for this workspace; the next editor starts one")
    elif killed:
        out.line("the daemon did not answer and was killed; its editors start a new one", "yellow")
    elif word == "stop":
        out.line("stopped")
    elif answer.get("editors"):
        out.line(f"restarted: {answer['editors']} open editor(s) go on with a new daemon", "green")
    else:
        out.line("stopped; no editor is open, and the next one starts a new daemon")


async def _logs(options: argparse.Namespace) -> int:
    place = place_of(arguments.root_of(options))
    lines = await asyncio.to_thread(_read, place)
    lines = lines[-options.lines :] if options.lines > 0 else lines
    if options.json:
        print(json.dumps({"file": str(place.log), "lines": lines}))
        return 0
    out = paper(sys.stdout, options.color)
    for line in lines:
        out.line(line)
    if not lines:
        out.line(f"nothing is logged in {place.log}", "dim")
    return 0


def _read(place: Place) -> list[str]:
    text = ""
    for path in (place.log.with_suffix(".log.1"), place.log):
        try:
            text += path.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
    return text.split("\n")[:-1]
