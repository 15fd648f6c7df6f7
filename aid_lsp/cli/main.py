"""The `aid` command: parses arguments, runs one command, turns its outcome into an exit code.

0 green or done · 1 red or not applicable · 2 usage · 3 could not try · 130 interrupted
"""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from enum import IntEnum

from aid_lsp import __version__
from aid_lsp.cli import apply, arguments, change, check, decide, doctor, fix, recipes, status
from aid_lsp.cli.render import progress
from aid_lsp.errors import AidError


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    RED = 1
    USAGE = 2
    COULD_NOT_TRY = 3
    INTERRUPTED = 130


_COMMANDS = (change, fix, recipes, check, apply, decide, status, doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `aid` with the given arguments, by default the process's own, and answers with the exit code."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING, format="aid: %(message)s", stream=sys.stderr)
    try:
        return asyncio.run(options.run(options))
    except AidError as error:
        if options.json:
            print(json.dumps({"error": {"kind": type(error).__name__, "message": str(error)}}))
        progress(options.color).line(f"aid: {error}", "red")
        return Exit.COULD_NOT_TRY
    except (KeyboardInterrupt, asyncio.CancelledError):
        progress(options.color).line("aid: interrupted; nothing was changed", "yellow")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.COULD_NOT_TRY


def serve() -> int:
    """The `aid-lsp` command, which is `aid lsp`."""
    return main(["lsp", *sys.argv[1:]])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aid",
        description="AID: an instruction becomes a built, multi-file diff of an OCaml workspace.",
        epilog="Exit codes: 0 green or done, 1 red or not applicable, 2 usage, 3 could not try.",
    )
    parser.add_argument("--version", action="version", version=f"aid {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    lsp = commands.add_parser("lsp", help="speak LSP on stdin and stdout; what an editor starts", description=_LSP)
    lsp.add_argument("--stdio", action="store_true", help="taken for editors that add it; stdio is all there is")
    arguments.common(lsp, json_output=False)
    lsp.set_defaults(run=_serve, json=False)
    for command in _COMMANDS:
        command.add(commands)
    return parser


_LSP = "Speaks the Language Server Protocol on stdin and stdout. An editor starts this; see the README for its configuration."


async def _serve(options: argparse.Namespace) -> int:
    from aid_lsp.server.server import serve_stdio  # costs a second that no other command has to pay

    return await serve_stdio(command_line=arguments.overrides(options))
