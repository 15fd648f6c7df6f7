"""`aid accept`, `aid reject`, `aid show`: what becomes of a proposal, in a terminal."""

import argparse
import asyncio
import json
import sys

from aid_lsp.app import Workspace, open_workspace
from aid_lsp.cli import arguments
from aid_lsp.cli.render import paper
from aid_lsp.edits.diff import unified
from aid_lsp.errors import NotFound, Stale
from aid_lsp.ocaml.anchor import heading
from aid_lsp.outcomes.events import EditApplied, ProposalAccepted, ProposalRejected, ProposalStale
from aid_lsp.proposals.offer import moved_or_stale
from aid_lsp.proposals.proposal import Proposal
from aid_lsp.workspace.view import View
from aid_lsp.workspace.write import write_all


def add(commands: arguments.Commands) -> None:
    """Adds the three commands."""
    for name, run, help_text in (
        ("accept", accept, "write a proposal's changes into your files"),
        ("reject", reject, "turn a proposal down"),
        ("show", show, "print a proposal again"),
    ):
        parser = commands.add_parser(name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.")
        parser.add_argument("proposal", metavar="N", nargs="?", help="the proposal's number; by default the newest open one")
        arguments.common(parser)
        parser.set_defaults(run=run)


async def accept(options: argparse.Namespace) -> int:
    """Writes the proposal, rebased onto the files as they are now; all of them or none."""
    workspace = await open_workspace(arguments.root_of(options))
    try:
        proposal = await _find(workspace, options.proposal)
        await write_proposal(workspace, proposal)
    finally:
        await workspace.close()
    paths = proposal.patch.paths if proposal.patch else ()
    if options.json:
        print(json.dumps({"id": proposal.id, "applied": True, "files": list(paths)}))
    else:
        paper(sys.stdout, options.color).line(f"Applied proposal {proposal.id}: {', '.join(paths)}.", "green")
    return 0


async def reject(options: argparse.Namespace) -> int:
    """Records that the user does not want it."""
    workspace = await open_workspace(arguments.root_of(options))
    try:
        proposal = await _find(workspace, options.proposal)
        await workspace.ledger.decide(proposal.id, "rejected")
        await workspace.journal.record(ProposalRejected(proposal.id))
    finally:
        await workspace.close()
    if options.json:
        print(json.dumps({"id": proposal.id, "applied": False}))
    else:
        paper(sys.stdout, options.color).line(f"Rejected proposal {proposal.id}.")
    return 0


async def show(options: argparse.Namespace) -> int:
    """Prints the proposal as it was offered."""
    workspace = await open_workspace(arguments.root_of(options))
    try:
        proposal = await _find(workspace, options.proposal)
    finally:
        await workspace.close()
    if options.json:
        print(json.dumps(proposal.as_json()))
        return 0
    out = paper(sys.stdout, options.color)
    out.line(f"Proposal {proposal.id} ({proposal.outcome}): {proposal.request.instruction}", "bold")
    if proposal.patch is not None:
        out.diff(unified(proposal.patch, heading))
    if proposal.verdict is not None:
        out.verdict(proposal.verdict)
    return 0


async def write_proposal(workspace: Workspace, proposal: Proposal) -> None:
    """Rebases a proposal onto the disk and writes it. Raises `Stale` where it no longer fits; then nothing is written."""
    if proposal.patch is None:
        raise NotFound(f"Proposal {proposal.id} changes nothing.")
    view = await asyncio.to_thread(View.freeze, workspace.root)
    try:
        rebased = moved_or_stale(proposal.patch, view)
    except Stale:
        await workspace.journal.record(ProposalStale(proposal.id, 1))
        raise
    await asyncio.to_thread(write_all, workspace.root, {change.path: change.after for change in rebased.changes})
    await workspace.ledger.decide(proposal.id, "accepted")
    await workspace.journal.record(ProposalAccepted(proposal.id))
    await workspace.journal.record(EditApplied(proposal.id, len(rebased.changes)))


async def _find(workspace: Workspace, number: str | None) -> Proposal:
    if number is not None:
        return await workspace.ledger.find(number)
    waiting = workspace.ledger.open()
    if not waiting:
        raise NotFound("No proposal is open; make one with `aid change INSTRUCTION`.")
    return waiting[-1]
