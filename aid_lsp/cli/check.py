"""`aid check`: the verdict for a unified diff, the user's tree untouched."""

import argparse
import asyncio
import json
import sys

from aid_lsp.app import open_workspace
from aid_lsp.build.verdict import Tier, Verdict
from aid_lsp.cli import arguments
from aid_lsp.cli.answer import read_answer
from aid_lsp.cli.render import paper, progress
from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import Patch
from aid_lsp.ocaml.anchor import heading
from aid_lsp.proposals.proposal import complaint_json
from aid_lsp.workspace.view import View


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "check",
        help="say whether a unified diff builds and passes the tests",
        description="Applies a unified diff to a shadow of the workspace, builds and tests it there, and prints the verdict.",
        epilog="example:  git diff | aid check -",
    )
    parser.add_argument("patch", metavar="PATCH", help="a unified diff; `-` reads stdin")
    arguments.judging(parser)
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Reads, judges, prints."""
    workspace = await open_workspace(arguments.root_of(options), command_line=arguments.overrides(options))
    said = progress(options.color)
    try:
        view = await asyncio.to_thread(View.freeze, workspace.root)
        reading = await asyncio.to_thread(read_answer, arguments.read_input(options.patch), view, "unified_diff")
        patch = reading.patch or Patch(())
        if reading.patch is None:
            verdict = Verdict("red", Tier.APPLY, note="It does not apply.")
        else:
            said.line(f"· judging {len(patch.changes)} file(s) in a shadow of {workspace.root}", "dim")
            verdict = await workspace.judge.judge(view, patch, Tier.named(workspace.settings.judge.tier))
    finally:
        await workspace.close()
    if options.json:
        result = {
            "verdict": verdict.as_json(),
            "diff": unified(patch, heading),
            "files": list(patch.paths),
            "proposer": "you",
            "timings": dict(verdict.timings),
            "complaints": [complaint_json(complaint) for complaint in reading.complaints],
        }
        print(json.dumps(result))
    else:
        paper(sys.stdout, options.color).verdict(verdict)
        paper(sys.stdout, options.color).complaints(reading.complaints)
    return {"green": 0, "red": 1, "unknown": 3}[verdict.state]
