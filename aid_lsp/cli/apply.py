"""`aid apply`: reads a model's answer in any format, prints the diff or the complaints."""

import argparse
import asyncio
import json
import sys

from aid_lsp.cli import arguments
from aid_lsp.cli.answer import read_answer
from aid_lsp.cli.render import Paper, paper
from aid_lsp.edits.diff import unified
from aid_lsp.edits.patch import Reading
from aid_lsp.edits.read import FORMATS
from aid_lsp.ocaml.anchor import OCamlAnchor, heading
from aid_lsp.proposals.proposal import complaint_json
from aid_lsp.workspace.view import View
from aid_lsp.workspace.write import write_all


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "apply",
        help="read a model's answer and print the diff it means, or what is wrong with it",
        description="Reads a model's answer (search/replace blocks, a diff, whole files, …) against the workspace. Every block must "
        "fit in exactly one place, all of them or none. Nothing is built; `aid check` does that. A file that parsed and would no more is "
        "pointed out.",
        epilog="example:  aid apply --write answer.md",
    )
    parser.add_argument("answer", metavar="ANSWER", help="a file with the answer; `-` reads stdin")
    parser.add_argument("--format", choices=FORMATS, default="auto", help="the format to try first (default: auto)")
    parser.add_argument("--write", action="store_true", help="write the files, all or none")
    parser.add_argument("--explain", action="store_true", help="say how each block was placed: by which rung of docs/formats.md")
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Reads, prints, and writes if asked to."""
    root = arguments.root_of(options)
    view = await asyncio.to_thread(View.freeze, root)
    reading = await asyncio.to_thread(read_answer, arguments.read_input(options.answer), view, options.format)
    written = False
    if reading.patch is not None and options.write:
        await asyncio.to_thread(write_all, root, {change.path: change.after for change in reading.patch.changes})
        written = True
    diff = unified(reading.patch, heading) if reading.patch else ""
    if options.json:
        result = {
            "diff": diff,
            "files": list(reading.patch.paths) if reading.patch else [],
            "complaints": [complaint_json(complaint) for complaint in reading.complaints],
            "placements": [{"block": p.block, "file": p.path, "rung": p.rung} for p in reading.placements],
            "broken": broken(reading),
            "applied": written,
        }
        print(json.dumps(result))
        return 0 if reading.patch else 1
    out = paper(sys.stdout, options.color)
    if reading.patch is None:
        out.complaints(reading.complaints)
        if options.explain:
            explain(out, reading, "would be placed by ")
        return 1
    out.diff(diff)
    if options.explain:
        explain(out, reading)
    for path in broken(reading):
        out.line(f"{path} does not parse with this change.", "yellow")
    if reading.patch.empty:
        out.line("The answer changes nothing.", "yellow")
    if written:
        changes = reading.patch.changes
        for did, paths in (
            ("Wrote", [one.path for one in changes if one.after is not None]),
            ("Removed", [one.path for one in changes if one.after is None]),
        ):
            if paths:
                out.line(f"{did} {', '.join(paths)}.", "green")
    return 0


def broken(reading: Reading) -> list[str]:
    """The files that parse before the patch and do not after it; new ones count as files that parse."""
    anchor = OCamlAnchor()
    return [
        change.path
        for change in (reading.patch.changes if reading.patch else ())
        if change.after is not None
        and not anchor.sound(change.path, change.after)
        and anchor.sound(change.path, change.before or "")
    ]


def explain(out: Paper, reading: Reading, how: str = "") -> None:
    """Prints the rung of each block that has a place."""
    for placement in reading.placements:
        out.line(f"block {placement.block} in {placement.path}: {how}{placement.rung}", "cyan")
