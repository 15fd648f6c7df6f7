"""`aid context`: what a model would be shown for an instruction, with the reason and the tokens of each piece."""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from aid_lsp.app import Workspace, open_workspace
from aid_lsp.cli import arguments
from aid_lsp.cli.place import read_place
from aid_lsp.cli.render import Paper, paper, progress
from aid_lsp.context.snippet import Snippet, estimate, pieces, prices, reason
from aid_lsp.context.strategy import Strategy, strategies
from aid_lsp.edits.lines import Lines
from aid_lsp.errors import NotFound
from aid_lsp.workspace.request import Request
from aid_lsp.workspace.view import View

_LIBRARIES_S = 60.0
"""How long the libraries' interfaces are waited for; a version is printed only once."""
_EXAMPLES = """examples:
  aid context --at lib/queue.ml:12 'return an option instead of raising'
  aid context --at lib/queue.ml:12 --budget 4000 --text 'return an option'
  aid context --strategy callers --strategy triad --at lib/queue.ml:12 ''"""


def add(commands: arguments.Commands) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "context",
        help="what a model would be shown, and why",
        description="Prints the pieces of the workspace that a model would be shown for an instruction, each with its reason and its "
        "tokens. Asks no model and builds nothing; keeps an index of the workspace in AID's state folder.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("instruction", metavar="INSTRUCTION", help="what should change, in your words")
    parser.add_argument("--at", metavar="PLACE", help="where: FILE[:LINE[:COL]][-LINE[:COL]], lines and columns from 1")
    parser.add_argument("--budget", type=int, metavar="N", help="tokens (default: `model.context_tokens` of the settings)")
    names = [strategy.name for strategy in strategies()]
    parser.add_argument(
        "--strategy",
        action="append",
        metavar="NAME",
        help=f"use this one alone; may be repeated: {', '.join(names)} (default: all)",
    )
    parser.add_argument("--text", action="store_true", help="print the pieces themselves too")
    arguments.common(parser)
    parser.set_defaults(run=run)


async def run(options: argparse.Namespace) -> int:
    """Gathers and prints."""
    chosen = _chosen(options.strategy)
    workspace = await open_workspace(arguments.root_of(options))
    said = progress(options.color)
    try:
        view = await asyncio.to_thread(View.freeze, workspace.root)
        place = read_place(options.at, view, Path.cwd()) if options.at else None
        request = Request(options.instruction.strip(), view, place)
        budget = workspace.settings.model.context_tokens if options.budget is None else max(0, options.budget)
        await workspace.context.warm(
            view, lambda done, of: said.line(f"· indexed {done} of {of} files", "dim") if of > 200 else None
        )
        await workspace.context.libraries.at(request, _LIBRARIES_S)
        started = time.perf_counter()
        snippets = await workspace.context.gather(request, budget, strategies=chosen)
        seconds = time.perf_counter() - started
        known = await workspace.context.facts(request)
    finally:
        await workspace.close()
    if options.json:
        print(json.dumps(_as_json(workspace, snippets, known, budget, seconds, view)))
    else:
        _print(paper(sys.stdout, options.color), snippets, known, budget, seconds, view, text=options.text)
    return 0 if snippets else 1


def _chosen(names: list[str] | None) -> tuple[Strategy, ...] | None:
    if not names:
        return None
    known = {strategy.name: strategy for strategy in strategies()}
    for name in names:
        if name not in known:
            raise NotFound(f"There is no strategy {name!r}; there are {', '.join(known)}.")
    return tuple(known[name] for name in dict.fromkeys(names))


def _as_json(workspace: Workspace, snippets: tuple[Snippet, ...], known: str, budget: int, seconds: float, view: View) -> object:
    tokens = prices(snippets, estimate)
    return {
        "root": str(workspace.root),
        "budget": budget,
        "tokens": sum(tokens),
        "seconds": round(seconds, 4),
        "facts": known,
        "snippets": [
            {
                "path": snippet.path,
                "lines": list(_lines(snippet, view)),
                "tokens": price,
                "evidence": round(snippet.evidence, 2),
                "use": round(snippet.use, 2),
                "head": snippet.head,
                "why": snippet.why,
                "aside": snippet.aside,
                "text": snippet.text,
            }
            for snippet, price in zip(snippets, tokens, strict=True)
        ],
    }


def _print(out: Paper, snippets: tuple[Snippet, ...], known: str, budget: int, seconds: float, view: View, *, text: bool) -> None:
    if known:
        out.line(known)
    for piece in pieces(snippets):
        first, last = _lines(piece[0], view)[0], _lines(piece[-1], view)[1]
        where = piece[0].path if piece[0].aside else f"{piece[0].path}:{first}-{last}"
        out.line(f"{where}  {sum(prices(piece, estimate))} tokens", "bold")
        out.line(f"  {reason(piece)}", "dim")
        if text:
            for line in "\n".join(snippet.text.rstrip("\n") for snippet in piece).split("\n"):
                out.line(f"    {line}")
    files = len({snippet.path for snippet in snippets if not snippet.aside})
    total = sum(prices(snippets, estimate))
    out.line(f"{total} of {budget} tokens, {len(pieces(snippets))} pieces of {files} files, gathered in {1000 * seconds:.0f} ms")
    if not snippets:
        out.line("Nothing fits: say where with --at, name things in the instruction, or give a larger --budget.", "yellow")


def _lines(snippet: Snippet, view: View) -> tuple[int, int]:
    lines = Lines(snippet.text if snippet.aside else view.text(snippet.path) or "")
    return lines.position(snippet.span.start)[0] + 1, lines.position(max(snippet.span.start, snippet.span.end - 1))[0] + 1
