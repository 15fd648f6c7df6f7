"""`aid recipes`: what AID understands without a model."""

import argparse
import json
import sys
from dataclasses import asdict
from itertools import groupby

from aid_lsp.cli import arguments
from aid_lsp.cli.render import paper
from aid_lsp.recipes.catalogue import catalogue, repaired


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "recipes",
        help="what AID understands without a model, with examples",
        description="Lists the instructions that need no model. Any other instruction is for a model; `aid doctor` says how to add one.",
    )
    arguments.common(parser, root=False)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Prints the catalogue."""
    if options.json:
        print(json.dumps([asdict(entry) for entry in catalogue()]))
        return 0
    out = paper(sys.stdout, options.color)
    for recipe, entries in groupby(catalogue(), key=lambda entry: entry.recipe):
        out.line(recipe, "bold")
        for entry in entries:
            out.line(f"  aid change '{entry.example}'", "green")
            out.line(f"      {entry.does}")
    out.line()
    out.line("fix knows these errors (`aid fix --all`, `aid fix --at FILE:LINE`):", "bold")
    for title, example in repaired():
        out.line(f"  {title:34} {example}")
    return 0
