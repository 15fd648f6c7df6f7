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
from aid_lsp.cli import apply, ask, change, check, context, daemon, decide, doctor, fix, recipes, status
from aid_lsp.cli.render import progress
from aid_lsp.errors import AidError


class Exit(IntEnum):
    """What the exit code says."""

    DONE = 0
    RED = 1
    USAGE = 2
    COULD_NOT_TRY = 3
    INTERRUPTED = 130


_COMMANDS = (change, fix, ask, recipes, context, check, apply, decide, status, daemon, doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `aid` with the given arguments, by default the process's own, and answers with the exit code.

    `aid lsp` does not come here: `aid_lsp.__main__` hands it to the front.
    """
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
    lsp.add_argument("--root", metavar="DIR", help="the workspace; by default that of the editor's first folder")
    lsp.add_argument("--with", metavar="COMMAND", help="run another server behind the same pipe, such as 'ocamllsp'")
    for command in _COMMANDS:
        command.add(commands)
    return parser


_LSP = (
    "Speaks the Language Server Protocol on stdin and stdout. An editor starts this; see the README for its configuration. "
    "It keeps the editor's session while AID behind it is restarted, upgraded or killed (`aid restart`, `aid stop`, `aid logs`)."
)
