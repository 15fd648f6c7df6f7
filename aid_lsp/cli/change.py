"""`aid change`: instruction in, diff and verdict out."""

import argparse
import asyncio
import json
import signal
import sys
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from aid_lsp.app import Workspace, open_workspace
from aid_lsp.cli import arguments
from aid_lsp.cli.decide import write_proposal
from aid_lsp.cli.place import read_place
from aid_lsp.cli.render import Paper, paper, progress
from aid_lsp.edits.diff import unified
from aid_lsp.ocaml.anchor import heading
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_EXAMPLES = """examples:
  aid change 'rename value area to surface'
  aid change --at lib/shape.ml:12 'fix this error'
  aid change --at lib/shape.ml:12-20 --model anthropic:claude-sonnet-5-5 'return an option instead of raising'
  aid change --apply 'fix the build'"""


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "change",
        help="make a change from an instruction, built before you see it",
        description="Turns an instruction into a diff, builds and tests it in a shadow of the workspace, and prints both. "
        "Your own tree is written only with --apply, and only if the verdict is green.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("instruction", metavar="INSTRUCTION", help="what should change, in your words")
    parser.add_argument("--at", metavar="PLACE", help="where: FILE[:LINE[:COL]][-LINE[:COL]], lines and columns from 1")
    parser.add_argument("--apply", action="store_true", help="write the files if the verdict is green")
    parser.add_argument("--force", action="store_true", help="with --apply: write them even if it is not green")
    parser.add_argument("--refine", metavar="N", help="change proposal N instead of starting anew")
    arguments.model(parser)
    arguments.judging(parser)
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Makes the proposal, prints it, and writes it if asked to."""
    task = asyncio.current_task()
    with suppress(NotImplementedError):  # platforms whose loops take no signal handlers
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel if task else lambda: False)
    workspace = await open_workspace(arguments.root_of(options), command_line=arguments.overrides(options))
    said = progress(options.color)
    for warning in workspace.settings.warnings:
        said.line(f"aid: {warning}", "yellow")
    try:
        view = await asyncio.to_thread(View.freeze, workspace.root)
        place = read_place(options.at, view, Path.cwd()) if options.at else None
        request = Request(options.instruction.strip(), view, place)
        proposal = await workspace.propose(
            request, lambda line: said.line(f"· {line}", "dim"), job=uuid.uuid4().hex[:8], entry="cli", parent=options.refine
        )
        written = False
        if options.apply and proposal.patch is not None and (proposal.green or options.force):
            await write_proposal(workspace, proposal)
            written = True
    finally:
        await workspace.close()
    if options.json:
        print(json.dumps(proposal.as_json() | {"applied": written}))
    else:
        _print(paper(sys.stdout, options.color), workspace, proposal, written, options)
    return exit_code(proposal)


def exit_code(proposal: Proposal) -> int:
    """0 green, 1 red or nothing to offer, 3 not judged."""
    if proposal.patch is None:
        return 1
    return {"green": 0, "red": 1, "unknown": 3}[proposal.verdict.state if proposal.verdict else "unknown"]


def _print(out: Paper, workspace: Workspace, proposal: Proposal, written: bool, options: Any) -> None:
    if proposal.patch is None or proposal.verdict is None:
        out.line(proposal.declined or "There is nothing to offer.", "yellow")
        out.complaints(proposal.complaints)
        return
    out.diff(unified(proposal.patch, heading))
    out.line(f"Proposal {proposal.id}: {proposal.understood}  (by {proposal.proposer})", "bold")
    out.verdict(proposal.verdict)
    if proposal.verdict.before and not proposal.green:
        out.line(f"Errors that were there before and remain ({len(proposal.verdict.before)}):")
        out.diagnostics(proposal.verdict.before)
    if written:
        out.line(f"Applied to {len(proposal.patch.changes)} file(s) below {workspace.root}.", "green")
    elif options.apply:
        out.line(f"Not applied, as it is not green; `aid accept {proposal.id}` applies it all the same.", "yellow")
    else:
        out.line(f"`aid accept {proposal.id}` applies it; `aid change --refine {proposal.id} '…'` changes it.", "dim")
